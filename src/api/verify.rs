//! Checks that a response is about the requested object.
//!
//! A cache may mix up paths, a gateway may drop a filter, and on a reused connection a surplus
//! response is taken for the next request's. A response is rejected if it names another savepoint,
//! deployment, job or namespace than the request. It is accepted if it names none: the real
//! service always sends `savepointId` and `namespace`, but every field is optional.

use super::lists::Items;
use super::response::RawSavepoint;
use crate::domain::deployment::{Deployment, DeploymentId};
use crate::domain::job::{Job, JobId};
use crate::domain::savepoint::{Place, Target};

/// How much of a response is about the requested object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Match {
    Full,
    /// Some items of a list. The others were removed.
    Partial,
    /// Nothing. Holds the kind of object that was requested.
    Mismatch(&'static str),
}

/// IDs are compared without case, because the service accepts either.
pub(super) fn matches_or_absent(expected: &str, actual: Option<&str>) -> bool {
    actual.is_none_or(|actual| actual.eq_ignore_ascii_case(expected))
}

fn is_in(place: &Place, namespace: Option<&str>) -> bool {
    matches_or_absent(place.namespace.as_str(), namespace)
}

fn single(matches: bool, what: &'static str) -> Match {
    if matches { Match::Full } else { Match::Mismatch(what) }
}

pub(super) fn savepoint(target: &Target, answer: &RawSavepoint) -> Match {
    let savepoint = &answer.savepoint;
    let matches = matches_or_absent(target.id.as_str(), savepoint.savepoint_id.as_deref())
        && is_in(&target.place, savepoint.namespace.as_deref());
    single(matches, "savepoint")
}

pub(super) fn deployment(place: &Place, id: &DeploymentId, answer: &Deployment) -> Match {
    let actual = answer.deployment_id.as_ref().map(DeploymentId::as_str);
    let matches =
        matches_or_absent(id.as_str(), actual) && is_in(place, answer.namespace.as_deref());
    single(matches, "deployment")
}

pub(super) fn job(place: &Place, id: &JobId, answer: &Job) -> Match {
    let actual = answer.job_id.as_ref().map(JobId::as_str);
    let matches =
        matches_or_absent(id.as_str(), actual) && is_in(place, answer.namespace.as_deref());
    single(matches, "job")
}

/// Removes the items of a list that belong to another namespace or do not fit the filter, and
/// counts them as unreadable.
pub(super) fn list<T>(
    place: &Place,
    items: &mut Items<T>,
    what: &'static str,
    namespace: impl Fn(&T) -> Option<&str>,
    fits: impl Fn(&T) -> bool,
) -> Match {
    let read = items.read.len();
    items.read.retain(|item| is_in(place, namespace(item)) && fits(item));
    let others = read - items.read.len();
    items.unreadable += others;
    match others {
        0 => Match::Full,
        _ if items.read.is_empty() => Match::Mismatch(what),
        _ => Match::Partial,
    }
}
