//! Failures grouped by cause.

use std::cmp::Reverse;

use jiff::Timestamp;

use super::feed::Trouble;
use crate::api::Error;

/// Maximum number of distinct causes: error codes come from the service and can be anything.
pub(super) const MAX_CAUSES: usize = 16;

/// Failing feeds or lists, grouped by cause.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FailureSummary {
    count: usize,
    causes: Vec<FailureCause>,
}

/// Feeds or lists that fail for the same cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailureCause {
    pub count: usize,
    /// When the first of them started to fail.
    pub since: Timestamp,
    pub error: Error,
    /// The earliest retry; `None` when all need manual action.
    pub next_at: Option<Timestamp>,
}

impl FailureSummary {
    /// Adds a failure and its next retry.
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

    pub(super) fn new(causes: Vec<FailureCause>, others: usize) -> Self {
        let count = causes.iter().map(|cause| cause.count).sum::<usize>() + others;
        Self { count, causes }
    }

    /// Adds the failures of another place.
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

    /// Whether a failure with the same cause is known.
    pub fn knows(&self, error: &Error) -> bool {
        self.causes.iter().any(|it| it.error.same_summary(error))
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The cause to show, and how many fail for other causes. Manual action goes before
    /// automatic retries, then the most frequent cause, then the oldest.
    pub fn most_important(&self) -> Option<(&FailureCause, usize)> {
        let rank = |it: &&FailureCause| (it.next_at.is_none(), it.count, Reverse(it.since));
        let cause = self.causes.iter().max_by_key(rank)?;
        Some((cause, self.count.saturating_sub(cause.count)))
    }
}
