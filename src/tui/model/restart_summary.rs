//! Summary of a followed deployment: the savepoint to restart from, and recent failures.

use jiff::Timestamp;

use super::feed::DisplayStatus;
use super::feeds::Feeds;
use super::history::History;
use crate::domain::deployment::DeploymentTarget;
use crate::domain::duration_stats::SavepointSummary;
use crate::domain::savepoint::{SavepointId, State, Target};

/// Derived whenever the list or one of its savepoints changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RestartSummary {
    /// The newest COMPLETED savepoint.
    pub restart: Option<Restart>,
    /// The oldest STARTED savepoint.
    pub started: Option<Started>,
    /// Number of FAILED savepoints newer than the newest COMPLETED one.
    pub failures: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    pub created_at: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restart {
    pub id: SavepointId,
    pub created_at: Option<Timestamp>,
    /// Whether it is a retained checkpoint, which a restart by
    /// `LATEST_SAVEPOINT` does not use.
    pub retained: bool,
}

/// A savepoint to restart from, with its name for the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabeledRestart {
    pub restart: Restart,
    pub label: String,
}

impl RestartSummary {
    /// Summarizes a list, newest first. The state of a polled savepoint is newer than the
    /// list and takes precedence.
    pub fn of(deployment: &DeploymentTarget, history: &History, feeds: &Feeds) -> Self {
        let mut summary = Self::default();
        for item in &history.items {
            let target = Target { place: deployment.place.clone(), id: item.id.clone() };
            let state = match feeds.get(&target).map(super::feed::Feed::display_status) {
                Some(DisplayStatus::NotFound) => continue,
                Some(DisplayStatus::State(state)) => state,
                Some(DisplayStatus::Waiting | DisplayStatus::NoAnswer) | None => {
                    item.state.as_ref()
                }
            };
            summary.add(item, state);
        }
        summary
    }

    fn add(&mut self, item: &SavepointSummary, state: Option<&State>) {
        match state {
            Some(State::Completed) if self.restart.is_none() => {
                let retained = item.origin.as_deref() == Some("RETAINED_CHECKPOINT");
                let id = item.id.clone();
                self.restart = Some(Restart { id, created_at: item.created_at, retained });
            }
            Some(State::Failed) if self.restart.is_none() => self.failures += 1,
            Some(State::Started) => {
                self.started = Some(Started { created_at: item.created_at });
            }
            _ => {}
        }
    }
}
