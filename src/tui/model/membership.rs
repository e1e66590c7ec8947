//! Adding to and removing from the watch list.

use std::collections::BTreeSet;

use super::State;
use super::feed::{Feed, Membership};
use crate::config::context::Context;
use crate::domain::deployment::DeploymentTarget;
use crate::domain::savepoint::{Place, Target};
use crate::storage::watch_list::{Annotation, Edit, WatchList};

/// Maximum number of removals that can be undone.
const MAX_UNDO: usize = 20;

/// The watch list beside its savepoints and deployments: its file, and what can be undone.
#[derive(Debug, Clone, Default)]
pub struct WatchListState {
    /// Edits made while the watch list is being loaded; `None` once it is loaded,
    /// or where none is.
    pub edits_while_loading: Option<Vec<Edit>>,
    /// Why the watch list could not be saved, until a save succeeds.
    pub save_error: Option<String>,
    /// Removals that can be undone; at most `MAX_UNDO`.
    pub removed: Vec<Removed>,
}

/// A removal that the user can undo.
#[derive(Debug, Clone)]
pub enum Removed {
    /// A savepoint, with its last data.
    Savepoint(Target, Box<Feed>),
    Deployment(DeploymentTarget),
}

impl WatchListState {
    pub fn push_undo(&mut self, removed: Removed) {
        if self.removed.len() == MAX_UNDO {
            self.removed.remove(0);
        }
        self.removed.push(removed);
    }
}

impl State {
    /// Watches targets and returns those that are new. Members of a
    /// followed deployment become pinned.
    pub fn watch(&mut self, targets: Vec<Target>) -> Vec<Target> {
        let own = |feed: &Feed| feed.membership == Membership::UserAdded;
        let new: Vec<Target> =
            targets.into_iter().filter(|target| !self.feeds.get(target).is_some_and(own)).collect();
        for target in &new {
            let feed = self.feeds.get_or_insert(target);
            // What a list answered for is polled by itself from now on.
            (feed.membership, feed.due_since) = (Membership::UserAdded, self.uptime);
        }
        for target in &new {
            self.histories.drop_member(target);
        }
        self.reveal(new.iter().map(|target| &target.place));
        new
    }

    /// Leaves the active context if it would hide one of these places.
    pub fn reveal<'a>(&mut self, mut places: impl Iterator<Item = &'a Place>) {
        let hidden = |scope: &Context| places.any(|place| !scope.contains(place));
        if self.list.scope.as_ref().is_some_and(hidden) {
            self.list.scope = None;
        }
    }

    /// Restores a stored watch list before the current entries. Returns what is new. Stored
    /// lists contain no answers.
    pub fn restore(&mut self, list: WatchList) -> (Vec<Target>, Vec<DeploymentTarget>) {
        let mut there = std::mem::take(&mut self.feeds);
        let mut watched = Vec::with_capacity(list.watched.len());
        // The file repeats the place for each savepoint: share one here.
        let mut places = BTreeSet::new();
        for (mut target, Annotation { note, added_at }) in list.watched {
            if let Some(place) = places.get(&target.place) {
                target.place = Place::clone(place);
            } else {
                places.insert(target.place.clone());
            }
            let known = there.remove(&target).map(|(_, feed)| feed);
            if known.is_some() {
                self.histories.drop_member(&target);
            } else {
                watched.push(target.clone());
            }
            let feed = known.unwrap_or_default();
            let added_at = Some(added_at);
            let (membership, due_since) = (Membership::UserAdded, self.uptime);
            let feed = Feed { due_since, membership, note, added_at, ..feed };
            self.feeds.insert(target, feed);
        }
        self.feeds.extend(there);
        let mut followed = Vec::with_capacity(list.followed.len());
        for (deployment, since) in list.followed {
            if self.histories.follow(deployment.clone(), since) {
                followed.push(deployment);
            }
        }
        self.list.filter_again();
        (watched, followed)
    }

    /// Adds new targets to the stored watch list, except the demo's.
    pub fn save_new(&mut self, new: &[Target]) -> Vec<Edit> {
        let added_at = self.now;
        let mut edits = Vec::with_capacity(new.len());
        for target in new {
            if self.is_demo(&target.place) {
                continue;
            }
            if let Some(feed) = self.feeds.get_mut(target) {
                feed.added_at = Some(added_at);
                edits.extend(feed.remark().map(|remark| Edit::Add(target.clone(), remark)));
            }
        }
        edits
    }

    /// Stops watching a savepoint, with undo. Returns whether it was on
    /// the stored watch list.
    pub fn unwatch(&mut self, target: &Target) -> bool {
        let Some((target, feed)) = self.feeds.remove(target) else { return false };
        let kept = feed.added_at.is_some();
        self.alerts.forget(&target);
        for (deployment, history) in self.histories.iter_mut() {
            if history.followed_since.is_none() || deployment.place != target.place {
                continue;
            }
            // Also for a member that the list lacks just now: it may come back.
            let known = history.members.contains(&target.id)
                || history.items.iter().any(|item| item.id == target.id);
            history.members.retain(|id| *id != target.id);
            if known && !history.dropped.contains(&target.id) {
                history.dropped.push(target.id.clone());
            }
        }
        self.watch_list.push_undo(Removed::Savepoint(target, Box::new(feed)));
        kept
    }

    /// Undoes the removal of a savepoint, with its last data.
    pub fn rewatch(&mut self, target: &Target, mut feed: Feed) {
        let mut followed = false;
        for (deployment, history) in self.histories.iter_mut() {
            if deployment.place == target.place && history.dropped.contains(&target.id) {
                history.dropped.retain(|id| *id != target.id);
                followed = true;
                if feed.membership != Membership::UserAdded {
                    history.members.push(target.id.clone());
                }
            }
        }
        feed.membership = match feed.membership {
            Membership::PolledMember | Membership::ListedMember if followed => {
                Membership::PolledMember
            }
            _ => Membership::UserAdded,
        };
        match self.feeds.get_mut(target) {
            None => self.feeds.insert(target.clone(), feed),
            // The deployment's list has added it again meanwhile, with newer data.
            Some(known) if feed.membership == Membership::UserAdded => {
                let Feed { membership, note, added_at, .. } = feed;
                (known.membership, known.note, known.added_at) = (membership, note, added_at);
                self.histories.drop_member(target);
            }
            Some(_) => {}
        }
        if let Some(feed) = self.feeds.get_mut(target) {
            // It was not polled meanwhile.
            feed.due_since = self.uptime;
        }
        self.list.selected = Some(target.clone());
        self.list.held = true;
        self.reveal([&target.place].into_iter());
    }
}
