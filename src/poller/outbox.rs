//! Events that wait for room in the channel.

use std::collections::VecDeque;
use std::sync::Arc;

use super::Event;
use super::query::Query;

/// Events in order. Bounded: responses hold slots until they are read, and of the other events only
/// the last one that still matters is kept.
#[derive(Debug, Default)]
pub(super) struct Outbox(VecDeque<(Option<Arc<Query>>, Event)>);

impl Outbox {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn push_response(&mut self, query: Arc<Query>, event: Event) {
        self.0.push_back((Some(query), event));
    }

    /// Adds an event that belongs to no query.
    pub(super) fn push(&mut self, event: Event) {
        let replaced = |old: &Event| match event {
            Event::Polled(_) | Event::Replied(_) => false,
            Event::Paused | Event::Resumed => matches!(old, Event::Paused | Event::Resumed),
            Event::Woke => *old == Event::Woke,
        };
        self.0.retain(|(_, old)| !replaced(old));
        self.0.push_back((None, event));
    }

    /// Removes the first event, with its query if it is a response.
    pub(super) fn pop(&mut self) -> Option<(Option<Arc<Query>>, Event)> {
        self.0.pop_front()
    }

    /// Drops the responses to a query.
    pub(super) fn remove(&mut self, query: &Query) {
        self.0.retain(|(of, _)| of.as_deref() != Some(query));
    }
}
