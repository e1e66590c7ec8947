//! Which queues use the same identity, and so share a limit: known only after a request.

use tokio::time::Instant;

use super::Schedule;
use crate::poller::query::Query;

impl Schedule {
    /// Records the identity of a request. A queue with the same identity as another one shares its
    /// limit; if the identity of a queue changed, its blocked queries are due.
    pub(in crate::poller) fn set_identity(&mut self, query: &Query, identity: &str, now: Instant) {
        let Some(at) = self.entries.get(query).map(|entry| entry.queue) else { return };
        if self.queues[at].identity.as_deref() == Some(identity) {
            return;
        }
        let before = self.queues[at].identity.replace(identity.to_owned());
        let mine = &self.queues[at];
        let others = || self.queues.iter().enumerate().filter(|(other, _)| *other != at);
        let same = others()
            .find(|(_, other)| other.endpoint == mine.endpoint && other.identity == mine.identity);
        let from = mine.limit;
        let shared = others().any(|(_, other)| other.limit == from);
        let to = match same {
            Some((_, same)) => Some(same.limit),
            // There are as many limits as queues: if one is shared, another one is free.
            None if shared => (0..self.limits.len())
                .find(|limit| self.queues.iter().all(|queue| queue.limit != *limit)),
            None => None,
        };
        if let Some(to) = to {
            self.move_to_limit(at, to);
        }
        if before.is_some() {
            self.unblock_queue(at, now);
        }
    }

    /// Moves a queue to another limit, with the slots that its requests use.
    fn move_to_limit(&mut self, at: usize, to: usize) {
        let from = std::mem::replace(&mut self.queues[at].limit, to);
        if from == to {
            return;
        }
        for entry in self.entries.values().filter(|entry| entry.queue == at) {
            self.limits[from].release(entry.slots, entry.recurrence.is_background());
            self.limits[to].acquire(entry.slots, entry.recurrence.is_background());
        }
        if self.queues.iter().all(|queue| queue.limit != from) {
            let left = std::mem::take(&mut self.limits[from]);
            self.limits[to].merge(&self.settings, &left);
        }
    }
}
