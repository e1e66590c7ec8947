//! Which lines are asked as the same identity, and so share a limit: known only once they were asked.

use tokio::time::Instant;

use super::Schedule;
use crate::poller::query::Query;

impl Schedule {
    /// A question was asked as this identity. A line that turns out to be asked as the same one as
    /// another shares its limit; and where a line is asked as another one than before, what waited
    /// for that is due.
    pub(in crate::poller) fn asked_as(&mut self, query: &Query, identity: &str, now: Instant) {
        let Some(at) = self.entries.get(query).map(|entry| entry.line) else { return };
        if self.lines[at].identity.as_deref() == Some(identity) {
            return;
        }
        let before = self.lines[at].identity.replace(identity.to_owned());
        let mine = &self.lines[at];
        let others = || self.lines.iter().enumerate().filter(|(other, _)| *other != at);
        let same = others()
            .find(|(_, other)| other.endpoint == mine.endpoint && other.identity == mine.identity);
        let from = mine.limit;
        let shared = others().any(|(_, other)| other.limit == from);
        let to = match same {
            Some((_, same)) => Some(same.limit),
            // There are as many limits as lines: where one is shared, another one is free.
            None if shared => (0..self.limits.len())
                .find(|limit| self.lines.iter().all(|line| line.limit != *limit)),
            None => None,
        };
        if let Some(to) = to {
            self.move_line(at, to);
        }
        if before.is_some() {
            self.unblock_line(at, now);
        }
    }

    /// Brings a line under another limit, with the slots that its requests have taken.
    fn move_line(&mut self, at: usize, to: usize) {
        let from = std::mem::replace(&mut self.lines[at].limit, to);
        if from == to {
            return;
        }
        for entry in self.entries.values().filter(|entry| entry.line == at) {
            self.limits[from].give_back(entry.slots, entry.recurrence.only_helps());
            self.limits[to].take(entry.slots, entry.recurrence.only_helps());
        }
        if self.lines.iter().all(|line| line.limit != from) {
            let left = std::mem::take(&mut self.limits[from]);
            self.limits[to].apply_retry_after(&self.settings, &left);
        }
    }
}
