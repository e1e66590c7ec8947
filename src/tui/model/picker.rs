//! The picker: browse from a place to its deployments to their savepoints, and watch some.
//!
//! Holds loaded pages and cursors. The next query follows from them. A reply is matched by its
//! query and dropped if the user has moved on.

mod level;
mod paged_list;

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::cursor::Cursor;
use super::typing::FilterEdit;
use crate::api::lists::SavepointQuery;
use crate::domain::deployment::{Deployment, DeploymentId, DeploymentTarget};
use crate::domain::savepoint::{Place, Savepoint};
use crate::poller::Query;
pub use level::{AnyLevel, PickerItem, PickerLevel, Trigger};
pub use paged_list::{PagedList, Trouble};

/// An action to finish without the user once the list is loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PendingAction {
    Find(String),
    Newest,
}

/// Owner of the listed savepoints: a deployment or a job.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owner {
    /// Query for its savepoints.
    pub query: SavepointQuery,
    /// Deployment name, if known.
    pub name: Option<String>,
}

impl Owner {
    pub fn deployment(id: DeploymentId, name: Option<String>) -> Self {
        Self { query: SavepointQuery { deployment: Some(id), job: None }, name }
    }
}

#[derive(Debug, Clone)]
pub struct Picker {
    /// Places to choose from; never empty.
    pub places: Vec<Place>,
    /// On the chosen place, or on the current one while choosing.
    pub places_cursor: Cursor,
    /// Deployments of the chosen place; `None` while choosing one.
    pub deployments: Option<PickerLevel<Deployment>>,
    /// Savepoints, and their owner.
    pub savepoints: Option<(Owner, PickerLevel<Savepoint>)>,
    /// IDs of marked savepoints.
    pub marks: BTreeSet<String>,
    /// Input of the filter.
    pub typing: Option<FilterEdit>,
    /// The query in flight: at most one page at a time.
    pub asked: Option<Query>,
    /// Action to finish without the user.
    pub pending_action: Option<PendingAction>,
    /// Outcome of that action, if the user has to decide.
    pub message: Option<String>,
}

/// A picker that is kept after it was closed.
#[derive(Debug, Clone)]
pub struct ClosedPicker {
    pub picker: Box<Picker>,
    pub closed_at: Timestamp,
}

impl Picker {
    /// Starts with the choice of a place, if there are several.
    pub fn new(places: Vec<Place>, place: usize) -> Self {
        let deployments = (places.len() == 1).then(PickerLevel::default);
        Self {
            places,
            places_cursor: Cursor::new(place),
            deployments,
            savepoints: None,
            marks: BTreeSet::new(),
            typing: None,
            asked: None,
            pending_action: None,
            message: None,
        }
    }

    /// The chosen place, or the one under the cursor.
    pub fn place(&self) -> Option<&Place> {
        self.places.get(self.places_cursor.selected)
    }

    /// The deployment under the cursor or in view, with its name.
    pub fn deployment(&self) -> Option<(DeploymentTarget, Option<String>)> {
        let (id, name) = match (&self.savepoints, &self.deployments) {
            (Some((owner, _)), _) => (owner.query.deployment.clone(), owner.name.clone()),
            (None, level) => {
                let current = level.as_ref()?.current()?;
                (current.deployment_id.clone(), current.name.clone())
            }
        };
        Some((DeploymentTarget { place: self.place()?.clone(), id: id? }, name))
    }

    /// Query for the next page of the level in view.
    pub fn query(&self) -> Option<Query> {
        let (place, savepoints) = (self.place()?.clone(), self.savepoints.as_ref());
        if let Some((owner, level)) = savepoints {
            let at = level.loading()?.next()?;
            return Some(Query::Savepoints(place, owner.query.clone().into(), at));
        }
        let level = self.deployments.as_ref()?;
        let sought = level.found.as_ref().map(|(needle, _)| needle.clone());
        let name = sought.filter(|needle| *needle == level.filter());
        Some(Query::Deployments(place, name.map(Into::into), level.loading()?.next()?))
    }

    /// The level in view; `None` while choosing a place.
    pub fn level(&self) -> Option<&dyn AnyLevel> {
        match (&self.savepoints, &self.deployments) {
            (Some((_, level)), _) => Some(level),
            (None, Some(level)) => Some(level),
            (None, None) => None,
        }
    }

    pub fn level_mut(&mut self) -> Option<&mut dyn AnyLevel> {
        match (&mut self.savepoints, &mut self.deployments) {
            (Some((_, level)), _) => Some(level),
            (None, Some(level)) => Some(level),
            (None, None) => None,
        }
    }

    /// Why the next page of the level in view is missing.
    pub fn trouble(&self) -> Option<&Trouble> {
        self.level()?.trouble()
    }

    pub fn filter(&self) -> &str {
        self.level().map_or("", AnyLevel::filter)
    }

    pub fn set_filter(&mut self, filter: String, now: Timestamp) {
        if let Some(level) = self.level_mut() {
            level.set_filter(filter, now);
        }
    }

    /// Cursor and number of rows of the level in view.
    pub fn cursor(&self) -> (Cursor, usize) {
        self.level().map_or((self.places_cursor, self.places.len()), AnyLevel::cursor)
    }

    /// Selected row and number of rows.
    pub fn position(&self) -> (usize, usize) {
        let (cursor, rows) = self.cursor();
        (cursor.selected, rows)
    }

    /// Moves the cursor; `height` is the window height.
    pub fn go(&mut self, to: usize, height: usize) {
        match self.level_mut() {
            Some(level) => level.go(to, height),
            None => self.places_cursor.select(to, self.places.len()),
        }
    }

    /// When time alone changes something: a typed filter is sent to the service, and ages
    /// grow every minute unless paused.
    pub fn next_tick(&self, now: Timestamp, paused: bool) -> Option<Timestamp> {
        let minute = Timestamp::from_second((now.as_second().div_euclid(60) + 1) * 60).ok();
        let minute = minute.filter(|_| !paused);
        let sought = self.deployments.as_ref().filter(|_| self.savepoints.is_none());
        let due = sought.and_then(PickerLevel::due);
        due.into_iter().chain(minute).min()
    }
}
