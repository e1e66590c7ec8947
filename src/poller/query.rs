//! Queries to the service, their recurrence, and the replies.

use std::time::Duration;
use std::{fmt, mem};

use crate::api::lists::{Page, PageRequest, SavepointQuery};
use crate::api::{Answer, Client, Error};
use crate::domain::deployment::{Deployment, DeploymentId};
use crate::domain::job::{Job, JobId};
use crate::domain::savepoint::{Place, State, Target};
use crate::util::text::clean;

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Query {
    Savepoint(Target),
    /// Its filter is boxed, so that each of ten thousand savepoint queries takes less memory.
    Savepoints(Place, Box<SavepointQuery>, PageRequest),
    /// The deployments whose names contain this text.
    Deployments(Place, Option<Box<str>>, PageRequest),
    Deployment(Place, DeploymentId),
    Job(Place, JobId),
}

/// The service's reply to a [`Query`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    Savepoint(Answer),
    Savepoints(Page<Answer>),
    Deployments(Page<Deployment>),
    Deployment(Deployment),
    Job(Job),
}

/// When a query runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recurrence {
    /// As a watched savepoint: often while it may still change, and before background queries.
    Watch,
    /// Once, before all others and even while paused: the user waits for it.
    Now,
    /// Once, in the background.
    Once,
    /// Repeatedly in the background, this long after the last request started.
    Every(Duration),
}

impl Query {
    pub fn place(&self) -> &Place {
        match self {
            Self::Savepoint(target) => &target.place,
            Self::Savepoints(place, ..)
            | Self::Deployments(place, ..)
            | Self::Deployment(place, _)
            | Self::Job(place, _) => place,
        }
    }

    /// Whether both are the same operation in the same place, so that one permission covers both.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        mem::discriminant(self) == mem::discriminant(other) && self.place() == other.place()
    }

    pub(super) async fn send(&self, client: &Client) -> Result<Reply, Error> {
        match self {
            Self::Savepoint(target) => client.get_savepoint(target).await.map(Reply::Savepoint),
            Self::Savepoints(place, query, at) => {
                client.list_savepoints(place, query, *at).await.map(Reply::Savepoints)
            }
            Self::Deployments(place, name, at) => {
                let page = client.list_deployments(place, name.as_deref(), *at).await;
                page.map(Reply::Deployments)
            }
            Self::Deployment(place, id) => {
                client.get_deployment(place, id).await.map(Reply::Deployment)
            }
            Self::Job(place, id) => client.get_job(place, id).await.map(Reply::Job),
        }
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Savepoint(target) => write!(f, "savepoint {}", clean(target.id.as_str())),
            Self::Savepoints(..) => f.write_str("a list of savepoints"),
            Self::Deployments(..) => f.write_str("a list of deployments"),
            Self::Deployment(_, id) => write!(f, "deployment {}", clean(id.as_str())),
            Self::Job(_, id) => write!(f, "job {}", clean(id.as_str())),
        }
    }
}

impl Reply {
    /// Whether the reply will hardly ever change.
    pub(super) fn is_final(&self) -> bool {
        match self {
            Self::Savepoint(answer) => answer.savepoint.state.as_ref().is_some_and(State::is_final),
            Self::Savepoints(_) | Self::Deployments(_) | Self::Deployment(_) | Self::Job(_) => true,
        }
    }
}

/// Minimum delay before a failed query that runs once is retried.
const ONCE_RETRY_DELAY: Duration = Duration::from_secs(60);

impl Recurrence {
    /// Returns the minimum delay before a retry.
    pub(super) fn min_retry_delay(self) -> Duration {
        match self {
            Self::Watch | Self::Now => Duration::ZERO,
            Self::Once => ONCE_RETRY_DELAY,
            Self::Every(period) => period,
        }
    }

    /// Whether it may wait for savepoints and for what the user waits for.
    pub(super) fn is_background(self) -> bool {
        matches!(self, Self::Once | Self::Every(_))
    }

    /// Whether it ends with one reply, or with an error that no retry would change.
    pub(super) fn is_once(self) -> bool {
        matches!(self, Self::Now | Self::Once)
    }
}
