//! What a followed deployment's savepoints come to: which one to restart from, and what goes wrong.

use jiff::Timestamp;

use super::feed::DisplayStatus;
use super::feeds::Feeds;
use super::history::History;
use crate::domain::deployment::DeploymentTarget;
use crate::domain::duration_stats::SavepointSummary;
use crate::domain::savepoint::{SavepointId, State, Target};

/// Derived when the list or a savepoint of it changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RestartSummary {
    /// The newest COMPLETED one: the one to restart from.
    pub restart: Option<Restart>,
    /// When the oldest one that is STARTED was created, if there is one.
    pub started: Option<Option<Timestamp>>,
    /// How many of the newest FAILED, one after the other, without one COMPLETED after them.
    pub failures: usize,
}

/// A savepoint to restart from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restart {
    /// Its ID.
    pub id: SavepointId,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// Whether it is a checkpoint that was kept, which a restart by `LATEST_SAVEPOINT` does not use.
    pub retained: bool,
}

impl RestartSummary {
    /// Of a list, newest first; what the service says of a savepoint itself is newer than the list.
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
            Some(State::Started) => self.started = Some(item.created_at),
            _ => {}
        }
    }
}
