//! The picker: from a place to its deployments to the savepoints of one, to watch some of them.
//!
//! It holds what was loaded and where the user is. Which page is asked for next follows from that,
//! and a reply finds its list by the question it answers, or none if the user has moved on.

mod level;
mod paged_list;

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::typing::FilterEdit;
use crate::api::lists::{DeploymentQuery, SavepointQuery};
use crate::domain::deployment::{Deployment, DeploymentId, DeploymentTarget};
use crate::domain::savepoint::{Place, Savepoint};
use crate::poller::Query;
pub use level::{AnyLevel, PickerItem, PickerLevel};
pub use paged_list::{PagedList, Trouble};

/// What is to be done with a list as soon as it is there, without the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PendingAction {
    /// Follow the deployment of this name.
    Find(String),
    /// Watch the newest savepoints.
    Newest,
}

/// Of what savepoints are listed, as it is called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owner {
    /// Which they are.
    pub query: SavepointQuery,
    /// What the deployment is called, where that is known.
    pub name: Option<String>,
}

impl Owner {
    /// A deployment.
    pub fn deployment(id: DeploymentId, name: Option<String>) -> Self {
        Self { query: SavepointQuery { deployment: Some(id), job: None }, name }
    }
}

/// What is browsed, and how far.
#[derive(Debug, Clone)]
pub struct Picker {
    /// Where there is something to browse; never empty.
    pub places: Vec<Place>,
    /// Which of them is chosen, or has the cursor.
    pub place: usize,
    /// The deployments of the chosen place; `None` while it is being chosen.
    pub deployments: Option<PickerLevel<Deployment>>,
    /// The savepoints of one of them, and of which.
    pub savepoints: Option<(Owner, PickerLevel<Savepoint>)>,
    /// The marked savepoints, by ID.
    pub marks: BTreeSet<String>,
    /// The filter while it is being typed.
    pub typing: Option<FilterEdit>,
    /// What the service was asked and has not answered: at most one page at a time.
    pub asked: Option<Query>,
    /// What is still to be done without the user.
    pub pending_action: Option<PendingAction>,
    /// What became of that, where it needs the user.
    pub message: Option<String>,
}

impl Picker {
    /// One that begins with the choice of a place, where there is a choice.
    pub fn new(places: Vec<Place>, place: usize) -> Self {
        let deployments = (places.len() == 1).then(PickerLevel::default);
        Self {
            places,
            place,
            deployments,
            savepoints: None,
            marks: BTreeSet::new(),
            typing: None,
            asked: None,
            pending_action: None,
            message: None,
        }
    }

    /// The place that is chosen, or has the cursor.
    pub fn place(&self) -> Option<&Place> {
        self.places.get(self.place)
    }

    /// The deployment under the cursor, or the one in view, and what it is called.
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

    /// The question for the next page of what is loaded last.
    pub fn query(&self) -> Option<Query> {
        let (place, savepoints) = (self.place()?.clone(), self.savepoints.as_ref());
        if let Some((owner, level)) = savepoints {
            let at = level.loading()?.next()?;
            return Some(Query::Savepoints(place, owner.query.clone(), at));
        }
        let level = self.deployments.as_ref()?;
        let sought = level.found.as_ref().map(|(needle, _)| needle.clone());
        let name = sought.filter(|needle| *needle == level.filter());
        let query = DeploymentQuery { name, ..DeploymentQuery::default() };
        Some(Query::Deployments(place, Box::new(query), level.loading()?.next()?))
    }

    /// The level in view; none while a place is being chosen.
    pub fn level(&self) -> Option<&dyn AnyLevel> {
        match (&self.savepoints, &self.deployments) {
            (Some((_, level)), _) => Some(level),
            (None, Some(level)) => Some(level),
            (None, None) => None,
        }
    }

    /// The same, to change it.
    pub fn level_mut(&mut self) -> Option<&mut dyn AnyLevel> {
        match (&mut self.savepoints, &mut self.deployments) {
            (Some((_, level)), _) => Some(level),
            (None, Some(level)) => Some(level),
            (None, None) => None,
        }
    }

    /// What is in the way of the next page of the level in view.
    pub fn trouble(&self) -> Option<&Trouble> {
        self.level()?.trouble()
    }

    /// The filter of the level in view.
    pub fn filter(&self) -> &str {
        self.level().map_or("", AnyLevel::filter)
    }

    /// Changes it.
    pub fn set_filter(&mut self, filter: String, now: Timestamp) {
        if let Some(level) = self.level_mut() {
            level.set_filter(filter, now);
        }
    }

    /// The row that has the cursor, and how many there are.
    pub fn position(&self) -> (usize, usize) {
        self.level().map_or((self.place, self.places.len()), AnyLevel::position)
    }

    /// Moves the cursor, in a window of some height.
    pub fn go(&mut self, to: usize, height: usize) {
        match self.level_mut() {
            Some(level) => level.go(to, height),
            None => self.place = to.min(self.places.len().saturating_sub(1)),
        }
    }

    /// When something is to be done or shown just because time passed: what was typed is looked
    /// for, and ages grow by the minute, unless everything stands still.
    pub fn next_tick(&self, now: Timestamp, paused: bool) -> Option<Timestamp> {
        let minute = Timestamp::from_second((now.as_second().div_euclid(60) + 1) * 60).ok();
        let minute = minute.filter(|_| !paused);
        let sought = self.deployments.as_ref().filter(|_| self.savepoints.is_none());
        let due = sought.and_then(PickerLevel::due);
        due.into_iter().chain(minute).min()
    }
}
