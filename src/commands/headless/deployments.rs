//! `savepeek list --deployments`: which deployments there are, by the rules of [`list`].
//!
//! [`list`]: super::list

use std::io::Write;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::list::{fail, most, tell};
use super::reader::{Patience, Reader};
use super::report::{Report, Row, cell, table, time};
use super::{Exit, Failure, Request, deployment, read_or_left};
use crate::api::pagination::Paging;
use crate::commands::cli::{Limit, Output};
use crate::domain::deployment::{Deployment, DeploymentId, JobSummary};
use crate::poller::Fetch;
use crate::util::json;

const HEADER: [&str; 5] = ["ID", "NAME", "STATE", "MODE", "MODIFIED"];

/// Prints the newest with this in their names, at most so many.
pub async fn list(
    client: Arc<impl Fetch>,
    request: &Request,
    name: Option<String>,
    limit: Option<Limit>,
    clock: impl Fn() -> Timestamp + Send + 'static,
    (out, err): (impl Write, impl Write),
) -> Result<Exit, Failure> {
    let mut report = Report::new(request, out, err);
    let mut reader = Reader::new(client, request, clock, Patience::of(request), |_| {});
    let enough = |paging: &Paging<_>| paging.items().len() >= most(limit);
    let paging = match deployment::list(&mut reader, &request.place, name, enough).await {
        Ok(paging) => paging,
        Err(stop) => return fail(&mut report, stop),
    };
    let items = paging.items().take(most(limit));
    let printed = match request.output {
        Output::Json => items.map(|item| json_line(request, item)).collect(),
        Output::Table => {
            table(HEADER, &items.map(|item| row(item, &request.zone)).collect::<Vec<_>>())
        }
    };
    read_or_left(report.print(&printed).map_err(Failure::from))?;
    let found = paging.items().len();
    tell(&mut report, deployment::LIST, "deployment", &paging, found, limit, true);
    Ok(report.exit)
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

/// One object, with its line break: what the table has. A deployment's whole data can be large, and
/// hold what nobody wants in a log.
fn json_line(request: &Request, deployment: &Deployment) -> String {
    let text = |text: Option<&str>| text.map_or("null".to_owned(), json::string);
    let modified_at = deployment.modified_at.map(|at| at.to_string());
    format!(
        "{{\"deploymentId\":{},\"name\":{},\"namespace\":{},\"workspace\":{},\"state\":{},\"executionMode\":{},\"modifiedAt\":{}}}\n",
        text(deployment.deployment_id.as_ref().map(DeploymentId::as_str)),
        text(deployment.name.as_deref()),
        json::string(request.place.namespace.as_str()),
        json::string(request.place.workspace.as_str()),
        text(state(deployment)),
        text(deployment.execution_mode.as_deref()),
        text(modified_at.as_deref()),
    )
}
