//! Which deployment is meant: an ID is taken as it is, a name is looked up.
//!
//! What a script does next depends on it, so a part of a name is never taken for the name.

use std::fmt::Write as _;

use super::reader::{MOST_PAGES, Reader, Stop};
use super::{Failure, invalid};
use crate::api::lists::{DeploymentQuery, MAX_PAGE_SIZE};
use crate::api::pagination::Paging;
use crate::api::{Cause, Error};
use crate::domain::deployment::{Deployment, DeploymentId};
use crate::domain::savepoint::Place;
use crate::domain::savepoint::ids::is_uuid;
use crate::poller::{Query, Reply};
use crate::util::text::clean;

/// What a failed list is called.
pub(super) const LIST: &str = "the list of deployments";

/// How many deployments an error names.
const NAMED: usize = 5;

/// The ID of the deployment that is called so, or has this ID.
pub(super) async fn find(
    reader: &mut Reader<'_>,
    place: &Place,
    name_or_id: &str,
) -> Result<DeploymentId, Stop> {
    let what = format!("the deployment {name_or_id}");
    if is_uuid(name_or_id) || name_or_id.is_empty() {
        return DeploymentId::new(name_or_id).map_err(|why| Stop::unread(&what, invalid(&why)));
    }
    let fitting = list(reader, place, Some(name_or_id.to_owned()), |_| false).await?.into_items();
    let exact: Vec<_> =
        fitting.iter().filter(|it| it.name.as_deref() == Some(name_or_id)).collect();
    match exact[..] {
        [Deployment { deployment_id: Some(id), .. }] => Ok(id.clone()),
        [] if fitting.is_empty() => {
            let message = "no deployment of the namespace is called so";
            Err(Stop::unread(&what, Error::local(Cause::NotFound, message)))
        }
        [] => {
            let which = named(&fitting.iter().collect::<Vec<_>>());
            Err(ambiguous(name_or_id, &format!("is the whole name of none; it is part of {which}")))
        }
        _ => Err(ambiguous(name_or_id, &format!("is the name of {}", named(&exact)))),
    }
}

/// Those with this in their names, to the end of the list or until they are `enough`.
pub(super) async fn list(
    reader: &mut Reader<'_>,
    place: &Place,
    name: Option<String>,
    enough: impl Fn(&Paging<Deployment>) -> bool,
) -> Result<Paging<Deployment>, Stop> {
    let query = DeploymentQuery { name, ..DeploymentQuery::default() };
    let query = |at| Query::Deployments(place.clone(), Box::new(query.clone()), at);
    let take = |reply, _| match reply {
        Reply::Deployments(page) => Some(page),
        _ => None,
    };
    reader.list(LIST, Paging::new(MAX_PAGE_SIZE, MOST_PAGES), query, take, enough).await
}

fn ambiguous(name: &str, why: &str) -> Stop {
    let name = clean(name);
    let text = format!("--deployment {name}: {why}; give the whole name or the ID");
    Stop::Failure(Failure::Ambiguous(text))
}

fn named(deployments: &[&Deployment]) -> String {
    let mut text = String::new();
    for (nth, deployment) in deployments.iter().take(NAMED).enumerate() {
        let name = clean(deployment.name.as_deref().unwrap_or("-"));
        let id = deployment.deployment_id.as_ref().map_or("-", DeploymentId::as_str);
        let separator = if nth == 0 { "" } else { ", " };
        let _ = write!(text, "{separator}{name} ({})", clean(id));
    }
    match deployments.len().saturating_sub(NAMED) {
        0 => text,
        more => format!("{text} and {more} more"),
    }
}
