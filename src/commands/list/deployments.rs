//! `savepeek list --deployments`.

use std::io::Write;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::{Limit, max_items, print_notes};
use crate::api::pagination::Paging;
use crate::commands::exit::FetchOutcome;
use crate::commands::fetch::{Deadline, Fetcher};
use crate::commands::request::Request;
use crate::commands::results::{ResultWriter, Row, cell, ignore_closed_pipe, table, time};
use crate::commands::selection::fail;
use crate::commands::{Error, Output, deployment_lookup};
use crate::domain::deployment::{Deployment, DeploymentId, JobSummary};
use crate::poller::Fetch;
use crate::util::json;

const HEADER: [&str; 5] = ["ID", "NAME", "STATE", "MODE", "MODIFIED"];

/// Prints the newest deployments whose names contain `name`.
pub(super) async fn list(
    client: Arc<impl Fetch>,
    name: Option<String>,
    limit: Option<Limit>,
    clock: impl Fn() -> Timestamp + Send + 'static,
    mut results: ResultWriter<'_, impl Write, impl Write>,
) -> Result<FetchOutcome, Error> {
    let request = results.request;
    let mut fetcher = Fetcher::new(client, request, clock, Deadline::from_request(request), |_| {});
    let enough = |paging: &Paging<_>| paging.items().len() >= max_items(limit);
    let paging = match deployment_lookup::list(&mut fetcher, &request.place, name, enough).await {
        Ok(paging) => paging,
        Err(error) => return fail(&mut results, error),
    };
    let items = paging.items().take(max_items(limit));
    let printed = match request.output {
        Output::Json => items.map(|item| json_line(request, item)).collect(),
        Output::Table => {
            table(HEADER, &items.map(|item| row(item, &request.zone)).collect::<Vec<_>>())
        }
    };
    ignore_closed_pipe(results.print(&printed).map_err(Error::from))?;
    let found = paging.items().len();
    print_notes(&mut results, deployment_lookup::LIST, "deployment", &paging, found, limit, true);
    Ok(results.outcome)
}

fn row(deployment: &Deployment, zone: &TimeZone) -> Row<5> {
    let cells = [
        cell(deployment.deployment_id.as_ref().map(DeploymentId::as_str)),
        cell(deployment.name.as_deref()),
        cell(state(deployment)),
        cell(deployment.execution_mode.as_deref()),
        time(deployment.modified_at, zone),
    ];
    Row { cells, failure: None }
}

fn state(deployment: &Deployment) -> Option<&'static str> {
    deployment.jobs.as_ref().and_then(JobSummary::state)
}

/// The columns of the table. A deployment's whole data can be large, and hold secrets that do not
/// belong in a log.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DeploymentObject<'a> {
    deployment_id: Option<&'a str>,
    name: Option<&'a str>,
    namespace: &'a str,
    workspace: &'a str,
    state: Option<&'a str>,
    execution_mode: Option<&'a str>,
    modified_at: Option<String>,
}

fn json_line(request: &Request, deployment: &Deployment) -> String {
    json::line(&DeploymentObject {
        deployment_id: deployment.deployment_id.as_ref().map(DeploymentId::as_str),
        name: deployment.name.as_deref(),
        namespace: request.place.namespace.as_str(),
        workspace: request.place.workspace.as_str(),
        state: state(deployment),
        execution_mode: deployment.execution_mode.as_deref(),
        modified_at: deployment.modified_at.map(|at| at.to_string()),
    })
}
