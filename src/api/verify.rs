//! Whether an answer is about what was asked for.
//!
//! A cache may mix up paths, a gateway may lose a filter, and on a connection that is kept an
//! answer that was sent too early passes for the next request's. Whatever names another savepoint,
//! deployment, job or namespace than was asked for is not believed. What names none is: the real
//! service always sends `savepointId` and `namespace`, but every field of an answer is optional.

use super::lists::Items;
use super::response::RawSavepoint;
use crate::domain::deployment::{Deployment, DeploymentId};
use crate::domain::job::{Job, JobId};
use crate::domain::savepoint::{Place, Target};

/// How much of an answer is about what was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Match {
    /// All of it.
    Full,
    /// Some items of a list; the others were taken out.
    Partial,
    /// Nothing; this is what was asked for.
    Mismatch(&'static str),
}

/// Whether an answer says nothing else than was asked for. The service takes IDs in any case.
pub(super) fn matches_or_absent(expected: &str, actual: Option<&str>) -> bool {
    actual.is_none_or(|actual| actual.eq_ignore_ascii_case(expected))
}

fn is_in(place: &Place, namespace: Option<&str>) -> bool {
    matches_or_absent(place.namespace.as_str(), namespace)
}

fn single(matches: bool, what: &'static str) -> Match {
    if matches { Match::Full } else { Match::Mismatch(what) }
}

/// A savepoint that was asked for by its ID.
pub(super) fn savepoint(target: &Target, answer: &RawSavepoint) -> Match {
    let savepoint = &answer.savepoint;
    let matches = matches_or_absent(target.id.as_str(), savepoint.savepoint_id.as_deref())
        && is_in(&target.place, savepoint.namespace.as_deref());
    single(matches, "savepoint")
}

/// A deployment that was asked for by its ID.
pub(super) fn deployment(place: &Place, id: &DeploymentId, answer: &Deployment) -> Match {
    let actual = answer.deployment_id.as_ref().map(DeploymentId::as_str);
    let matches =
        matches_or_absent(id.as_str(), actual) && is_in(place, answer.namespace.as_deref());
    single(matches, "deployment")
}

/// A job that was asked for by its ID.
pub(super) fn job(place: &Place, id: &JobId, answer: &Job) -> Match {
    let actual = answer.job_id.as_ref().map(JobId::as_str);
    let matches =
        matches_or_absent(id.as_str(), actual) && is_in(place, answer.namespace.as_deref());
    single(matches, "job")
}

/// A list of a place: takes out every item that is of another one, or that does not fit what was
/// asked for, and counts it as unreadable.
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
