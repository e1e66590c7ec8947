//! Events that wait for room in the channel.

use std::collections::VecDeque;

use super::Event;
use crate::savepoint::Target;

/// Events in the order in which they happened, bounded by construction: results take slots until
/// they are read, and of the others only the last that still means something is kept.
#[derive(Debug, Default)]
pub(super) struct Outbox(VecDeque<Event>);

impl Outbox {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn push(&mut self, event: Event) {
        let replaced = |old: &Event| match event {
            Event::Polled(_) => false,
            Event::Paused | Event::Resumed => matches!(old, Event::Paused | Event::Resumed),
            Event::Woke => *old == Event::Woke,
        };
        self.0.retain(|old| !replaced(old));
        self.0.push_back(event);
    }

    pub(super) fn pop(&mut self) -> Option<Event> {
        self.0.pop_front()
    }

    /// Drops the results for a savepoint that is watched no more.
    pub(super) fn forget(&mut self, target: &Target) {
        self.0.retain(|event| !matches!(event, Event::Polled(poll) if poll.target == *target));
    }
}
