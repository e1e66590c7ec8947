//! Finds a deployment by its ID or its whole name.
//!
//! A script depends on the result, so a part of a name never counts as the name.

use std::fmt::Write as _;

use super::Error;
use super::fetch::{FetchError, Fetcher, MAX_PAGES};
use super::request::invalid_id;
use crate::api::lists::MAX_PAGE_SIZE;
use crate::api::pagination::Paging;
use crate::api::{self, Cause};
use crate::domain::deployment::{Deployment, DeploymentId};
use crate::domain::savepoint::Place;
use crate::domain::savepoint::ids::is_uuid;
use crate::poller::{Query, Reply};
use crate::util::text::clean;

/// The name of the list in errors.
pub(super) const LIST: &str = "the list of deployments";

/// How many deployments an error names.
const MAX_NAMED: usize = 5;

/// Returns the ID of the deployment with this name or ID.
pub(super) async fn find(
    fetcher: &mut Fetcher<'_>,
    place: &Place,
    name_or_id: &str,
) -> Result<DeploymentId, FetchError> {
    let what = format!("the deployment {name_or_id}");
    if is_uuid(name_or_id) || name_or_id.is_empty() {
        return DeploymentId::new(name_or_id)
            .map_err(|why| FetchError::query(&what, invalid_id(&why)));
    }
    let fitting = list(fetcher, place, Some(name_or_id.to_owned()), |_| false).await?.into_items();
    let exact: Vec<_> =
        fitting.iter().filter(|it| it.name.as_deref() == Some(name_or_id)).collect();
    match exact[..] {
        [Deployment { deployment_id: Some(id), .. }] => Ok(id.clone()),
        [] if fitting.is_empty() => {
            let message = "no deployment of the namespace is called so";
            Err(FetchError::query(&what, api::Error::local(Cause::NotFound, message)))
        }
        [] => {
            let which = names_and_ids(&fitting.iter().collect::<Vec<_>>());
            Err(ambiguous(name_or_id, &format!("is the whole name of none; it is part of {which}")))
        }
        _ => Err(ambiguous(name_or_id, &format!("is the name of {}", names_and_ids(&exact)))),
    }
}

/// Reads the deployments whose names contain `name`, to the end of the list or until they are
/// `enough`.
pub(super) async fn list(
    fetcher: &mut Fetcher<'_>,
    place: &Place,
    name: Option<String>,
    enough: impl Fn(&Paging<Deployment>) -> bool,
) -> Result<Paging<Deployment>, FetchError> {
    let query = |at| Query::Deployments(place.clone(), name.clone().map(Into::into), at);
    let take = |reply, _| match reply {
        Reply::Deployments(page) => Some(page),
        _ => None,
    };
    fetcher.list(LIST, Paging::new(MAX_PAGE_SIZE, MAX_PAGES), query, take, enough).await
}

fn ambiguous(name: &str, why: &str) -> FetchError {
    let name = clean(name);
    let text = format!("--deployment {name}: {why}; give the whole name or the ID");
    FetchError::Command(Error::Ambiguous(text))
}

fn names_and_ids(deployments: &[&Deployment]) -> String {
    let mut text = String::new();
    for (nth, deployment) in deployments.iter().take(MAX_NAMED).enumerate() {
        let name = clean(deployment.name.as_deref().unwrap_or("-"));
        let id = deployment.deployment_id.as_ref().map_or("-", DeploymentId::as_str);
        let separator = if nth == 0 { "" } else { ", " };
        let _ = write!(text, "{separator}{name} ({})", clean(id));
    }
    match deployments.len().saturating_sub(MAX_NAMED) {
        0 => text,
        more => format!("{text} and {more} more"),
    }
}
