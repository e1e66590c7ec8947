//! What fails, by cause: one of them is told, and how many fail of others.

use std::cmp::Reverse;

use jiff::Timestamp;

use super::feed::Trouble;
use crate::api::Error;

/// More causes at once are not told apart: the codes are the service's, and may be any.
pub(super) const MAX_CAUSES: usize = 16;

/// Failing polls, or lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FailureSummary {
    count: usize,
    causes: Vec<FailureCause>,
}

/// Those that fail of one cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailureCause {
    /// How many.
    pub count: usize,
    /// When the first of them began to fail.
    pub since: Timestamp,
    /// What they fail of.
    pub error: Error,
    /// The earliest next try; `None` when all wait for a person.
    pub next_at: Option<Timestamp>,
}

impl FailureSummary {
    /// Counts one more, with when it is tried again.
    pub fn add(&mut self, trouble: &Trouble, next_at: Option<Timestamp>) {
        let Trouble { since, error, .. } = trouble;
        self.count += 1;
        let room = self.causes.len() < MAX_CAUSES;
        match self.causes.iter_mut().find(|it| it.error.same_summary(error)) {
            Some(cause) => {
                cause.count += 1;
                cause.since = cause.since.min(*since);
                cause.next_at = cause.next_at.into_iter().chain(next_at).min();
            }
            None if room => {
                let error = error.clone();
                self.causes.push(FailureCause { count: 1, since: *since, error, next_at });
            }
            None => {}
        }
    }

    /// What fails of known causes, and how many fail of others.
    pub(super) fn new(causes: Vec<FailureCause>, others: usize) -> Self {
        let count = causes.iter().map(|cause| cause.count).sum::<usize>() + others;
        Self { count, causes }
    }

    /// Counts those of another place too.
    pub(super) fn merge(&mut self, other: &Self) {
        self.count += other.count;
        for cause in &other.causes {
            let room = self.causes.len() < MAX_CAUSES;
            match self.causes.iter_mut().find(|it| it.error.same_summary(&cause.error)) {
                Some(known) => {
                    known.count += cause.count;
                    known.since = known.since.min(cause.since);
                    known.next_at = known.next_at.into_iter().chain(cause.next_at).min();
                }
                None if room => self.causes.push(cause.clone()),
                None => {}
            }
        }
    }

    #[cfg(test)]
    pub(super) fn causes(&self) -> &[FailureCause] {
        &self.causes
    }

    /// Whether anything fails of the same cause as this.
    pub fn knows(&self, error: &Error) -> bool {
        self.causes.iter().any(|it| it.error.same_summary(error))
    }

    /// Whether nothing fails.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The cause that is told, and how many fail of others: what waits for a person goes before
    /// what is tried again, then what fails most, then what fails longest.
    pub fn most_important(&self) -> Option<(&FailureCause, usize)> {
        let rank = |it: &&FailureCause| (it.next_at.is_none(), it.count, Reverse(it.since));
        let told = self.causes.iter().max_by_key(rank)?;
        Some((told, self.count.saturating_sub(told.count)))
    }
}
