//! What can be asked of the service, how often, and what it replies.

use std::time::Duration;
use std::{fmt, mem};

use crate::api::lists::{DeploymentQuery, Page, PageRequest, SavepointQuery};
use crate::api::{Answer, Client, Error};
use crate::domain::deployment::{Deployment, DeploymentId};
use crate::domain::job::{Job, JobId};
use crate::domain::savepoint::{Place, State, Target};
use crate::util::text::clean;

/// One thing to ask the service.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Query {
    /// `GetSavepoint`.
    Savepoint(Target),
    /// `ListSavepoints`.
    Savepoints(Place, SavepointQuery, PageRequest),
    /// `ListDeployments`; in a box, so that each of ten thousand savepoints asks in less memory.
    Deployments(Place, Box<DeploymentQuery>, PageRequest),
    /// `GetDeployment`.
    Deployment(Place, DeploymentId),
    /// `GetJob`.
    Job(Place, JobId),
}

/// What the service says to a [`Query`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// To [`Query::Savepoint`].
    Savepoint(Answer),
    /// To [`Query::Savepoints`].
    Savepoints(Page<Answer>),
    /// To [`Query::Deployments`].
    Deployments(Page<Deployment>),
    /// To [`Query::Deployment`].
    Deployment(Deployment),
    /// To [`Query::Job`].
    Job(Job),
}

/// How a question is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recurrence {
    /// As a watched savepoint: often while it may still change, and before what only helps.
    Watch,
    /// Once, before all others and even while paused: somebody waits for it.
    Now,
    /// Once, when the savepoints leave time for it.
    Once,
    /// Again so long after the last request began, when the savepoints leave time for it.
    Every(Duration),
}

impl Query {
    /// Where, and as whom, it is asked.
    pub fn place(&self) -> &Place {
        match self {
            Self::Savepoint(target) => &target.place,
            Self::Savepoints(place, ..)
            | Self::Deployments(place, ..)
            | Self::Deployment(place, _)
            | Self::Job(place, _) => place,
        }
    }

    /// Whether it is the same operation in the same place, so that one permission allows both.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        mem::discriminant(self) == mem::discriminant(other) && self.place() == other.place()
    }

    /// Asks it.
    pub(super) async fn send(&self, client: &Client) -> Result<Reply, Error> {
        match self {
            Self::Savepoint(target) => client.get_savepoint(target).await.map(Reply::Savepoint),
            Self::Savepoints(place, query, at) => {
                client.list_savepoints(place, query, *at).await.map(Reply::Savepoints)
            }
            Self::Deployments(place, query, at) => {
                client.list_deployments(place, query, *at).await.map(Reply::Deployments)
            }
            Self::Deployment(place, id) => {
                client.get_deployment(place, id).await.map(Reply::Deployment)
            }
            Self::Job(place, id) => client.get_job(place, id).await.map(Reply::Job),
        }
    }
}

impl fmt::Display for Query {
    /// For the log.
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
    /// Whether it will hardly ever be another one.
    pub(super) fn is_final(&self) -> bool {
        match self {
            Self::Savepoint(answer) => answer.savepoint.state.as_ref().is_some_and(State::is_final),
            Self::Savepoints(_) | Self::Deployments(_) | Self::Deployment(_) | Self::Job(_) => true,
        }
    }
}

/// How long what failed and only helps is left alone.
const ONCE_RETRY_DELAY: Duration = Duration::from_secs(60);

impl Recurrence {
    /// How long it is not asked again, at least, when it failed for a while.
    pub(super) fn min_retry_delay(self) -> Duration {
        match self {
            Self::Watch | Self::Now => Duration::ZERO,
            Self::Once => ONCE_RETRY_DELAY,
            Self::Every(period) => period,
        }
    }

    /// Whether no savepoint and nobody waits for it.
    pub(super) fn is_background(self) -> bool {
        matches!(self, Self::Once | Self::Every(_))
    }

    /// Whether one reply, or a refusal that asking again would not change, is enough.
    pub(super) fn is_once(self) -> bool {
        matches!(self, Self::Now | Self::Once)
    }
}
