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
    Whole,
    /// Some items of a list; the others were taken out.
    Part,
    /// Nothing; this is what was asked for.
    Nothing(&'static str),
}

/// Whether an answer says nothing else than was asked for. The service takes IDs in any case.
pub(super) fn is_same(asked: &str, said: Option<&str>) -> bool {
    said.is_none_or(|said| said.eq_ignore_ascii_case(asked))
}

fn is_in(place: &Place, namespace: Option<&str>) -> bool {
    is_same(place.namespace.as_str(), namespace)
}

fn single(is_it: bool, what: &'static str) -> Match {
    if is_it { Match::Whole } else { Match::Nothing(what) }
}

/// A savepoint that was asked for by its ID.
pub(super) fn savepoint(target: &Target, answer: &RawSavepoint) -> Match {
    let savepoint = &answer.savepoint;
    let is_it = is_same(target.id.as_str(), savepoint.savepoint_id.as_deref())
        && is_in(&target.place, savepoint.namespace.as_deref());
    single(is_it, "savepoint")
}

/// A deployment that was asked for by its ID.
pub(super) fn deployment(place: &Place, id: &DeploymentId, answer: &Deployment) -> Match {
    let said = answer.deployment_id.as_ref().map(DeploymentId::as_str);
    let is_it = is_same(id.as_str(), said) && is_in(place, answer.namespace.as_deref());
    single(is_it, "deployment")
}

/// A job that was asked for by its ID.
pub(super) fn job(place: &Place, id: &JobId, answer: &Job) -> Match {
    let said = answer.job_id.as_ref().map(JobId::as_str);
    let is_it = is_same(id.as_str(), said) && is_in(place, answer.namespace.as_deref());
    single(is_it, "job")
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
        0 => Match::Whole,
        _ if items.read.is_empty() => Match::Nothing(what),
        _ => Match::Part,
    }
}
