//! The watched savepoints, with change tracking.
//!
//! Mutable access records which feeds may have changed, so that
//! [`State::derive`](super::State::derive) recomputes only what depends on them.

use std::collections::BTreeSet;
use std::ops::Deref;

use indexmap::IndexMap;

use super::feed::Feed;
use crate::domain::savepoint::Target;

/// Watched savepoints in insertion order.
#[derive(Debug, Clone, Default)]
pub struct Feeds {
    all: IndexMap<Target, Feed>,
    changes: Changes,
}

/// What may have changed since [`Feeds::take_changes`] was called last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Changes {
    /// Feeds came or went, which moves indices, or all feeds may have changed.
    pub all: bool,
    /// The indices of single feeds that may have changed.
    pub feeds: BTreeSet<usize>,
}

impl Feeds {
    pub fn get_mut(&mut self, target: &Target) -> Option<&mut Feed> {
        let (index, _, feed) = self.all.get_full_mut(target)?;
        self.changes.feeds.insert(index);
        Some(feed)
    }

    pub fn get_index_mut(&mut self, index: usize) -> Option<(&Target, &mut Feed)> {
        let found = self.all.get_index_mut(index);
        if found.is_some() {
            self.changes.feeds.insert(index);
        }
        found
    }

    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Feed> {
        self.changes.all = true;
        self.all.values_mut()
    }

    /// Adds or replaces a feed.
    pub fn insert(&mut self, target: Target, feed: Feed) {
        self.changes.all = true;
        self.all.insert(target, feed);
    }

    /// Returns a feed, inserting an empty one if needed.
    pub fn get_or_insert(&mut self, target: &Target) -> &mut Feed {
        if let Some(index) = self.all.get_index_of(target) {
            self.changes.feeds.insert(index);
        } else {
            self.changes.all = true;
        }
        self.all.entry(target.clone()).or_default()
    }

    /// Removes a feed; the others keep their order.
    pub fn remove(&mut self, target: &Target) -> Option<(Target, Feed)> {
        let removed = self.all.shift_remove_entry(target);
        self.changes.all |= removed.is_some();
        removed
    }

    /// Returns and clears the recorded changes.
    pub(super) fn take_changes(&mut self) -> Changes {
        std::mem::take(&mut self.changes)
    }
}

impl Extend<(Target, Feed)> for Feeds {
    fn extend<T: IntoIterator<Item = (Target, Feed)>>(&mut self, feeds: T) {
        self.changes.all = true;
        self.all.extend(feeds);
    }
}

impl Deref for Feeds {
    type Target = IndexMap<Target, Feed>;

    fn deref(&self) -> &Self::Target {
        &self.all
    }
}

impl<'a> IntoIterator for &'a Feeds {
    type Item = (&'a Target, &'a Feed);
    type IntoIter = indexmap::map::Iter<'a, Target, Feed>;

    fn into_iter(self) -> Self::IntoIter {
        self.all.iter()
    }
}

impl IntoIterator for Feeds {
    type Item = (Target, Feed);
    type IntoIter = indexmap::map::IntoIter<Target, Feed>;

    fn into_iter(self) -> Self::IntoIter {
        self.all.into_iter()
    }
}
