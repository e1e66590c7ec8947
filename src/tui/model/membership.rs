//! What comes onto the watch list, and what goes from it.

use std::collections::BTreeSet;

use super::feed::{Feed, Membership};
use super::{Removed, State};
use crate::config::context::Context;
use crate::domain::deployment::DeploymentTarget;
use crate::domain::savepoint::{Place, Target};
use crate::storage::watch_list::{Annotation, Edit, WatchList};

/// How many removals can be taken back.
const UNDO: usize = 20;

impl State {
    /// Begins to watch what is not watched yet, and says what that is. What is there only because
    /// its deployment is followed is the user's own from now on.
    pub fn watch(&mut self, targets: Vec<Target>) -> Vec<Target> {
        let own = |feed: &Feed| feed.membership == Membership::UserAdded;
        let new: Vec<Target> =
            targets.into_iter().filter(|target| !self.feeds.get(target).is_some_and(own)).collect();
        for target in &new {
            self.feeds.get_or_insert(target).membership = Membership::UserAdded;
        }
        for target in &new {
            self.histories.drop_member(target);
        }
        self.reveal(new.iter().map(|target| &target.place));
        self.derive();
        new
    }

    /// Leaves the context where one of these places would be hidden.
    pub fn reveal<'a>(&mut self, mut places: impl Iterator<Item = &'a Place>) {
        let hidden = |scope: &Context| places.any(|place| !scope.contains(place));
        if self.list.scope.as_ref().is_some_and(hidden) {
            self.list.scope = None;
        }
    }

    /// Watches and follows what was watched and followed when the program ended, before what is
    /// there already; what of it is new. No answer is remembered.
    pub fn restore(&mut self, list: WatchList) -> (Vec<Target>, Vec<DeploymentTarget>) {
        let mut there = std::mem::take(&mut self.feeds);
        let mut watched = Vec::with_capacity(list.watched.len());
        // The file names the place of each: here they share one.
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
            let feed = Feed { membership: Membership::UserAdded, note, added_at, ..feed };
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
        self.derive();
        (watched, followed)
    }

    /// Puts what is newly watched on the watch list, but for what is invented.
    pub fn keep(&mut self, new: &[Target]) -> Vec<Edit> {
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

    /// Stops watching one, and remembers it; whether it was on the watch list.
    pub fn unwatch(&mut self, target: &Target) -> bool {
        let Some((target, feed)) = self.feeds.remove(target) else { return false };
        let kept = feed.added_at.is_some();
        self.alerts.forget(&target);
        for (deployment, history) in self.histories.iter_mut() {
            if history.followed_since.is_none() || deployment.place != target.place {
                continue;
            }
            // Also a member that the list does not have just now: it may have it again.
            let known = history.members.contains(&target.id)
                || history.items.iter().any(|item| item.id == target.id);
            history.members.retain(|id| *id != target.id);
            if known && !history.dropped.contains(&target.id) {
                history.dropped.push(target.id.clone());
            }
        }
        self.remove(Removed::Savepoint(target, Box::new(feed)));
        self.derive();
        kept
    }

    /// Remembers what was removed.
    pub fn remove(&mut self, removed: Removed) {
        if self.removed.len() == UNDO {
            self.removed.remove(0);
        }
        self.removed.push(removed);
    }

    /// Watches again one that was removed, with what was known of it.
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
            // The list of its deployment has brought it back meanwhile, and knows it better.
            Some(known) if feed.membership == Membership::UserAdded => {
                let Feed { membership, note, added_at, .. } = feed;
                (known.membership, known.note, known.added_at) = (membership, note, added_at);
                self.histories.drop_member(target);
            }
            Some(_) => {}
        }
        if let Some(feed) = self.feeds.get_mut(target) {
            // Nobody asked meanwhile.
            feed.due_since = self.uptime;
        }
        self.list.selected = Some(target.clone());
        self.list.held = true;
        self.reveal([&target.place].into_iter());
        self.derive();
    }
}
