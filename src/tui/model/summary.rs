//! The watch list at a glance: counts per state, and how far to trust the screen.

use std::time::Duration;

use jiff::Timestamp;

use super::failures::FailureSummary;
use super::feed::{Freshness, PollTiming};
use super::history::DeploymentHistories;
use crate::domain::savepoint::Place;

/// Derived from the feeds, or from those of one place, whenever one changes, and again when time
/// alone makes one stale.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// FAILED, as the service says.
    pub failed: usize,
    /// STARTED.
    pub started: usize,
    /// COMPLETED.
    pub completed: usize,
    /// The service knows no such savepoint.
    pub not_found: usize,
    /// In another state, or in none.
    pub other: usize,
    /// The columns of the longest word of those.
    pub longest: usize,
    /// STARTED for longer than any before it.
    pub overdue: usize,
    /// Without any answer so far.
    pub unanswered: usize,
    /// Those of them whose polls fail.
    pub no_answer: usize,
    /// Failing polls.
    pub failing: FailureSummary,
    /// How many are worth doubt for longer than one failed poll: lost, failing twice in a row, or
    /// waiting for a person.
    pub not_live: usize,
    /// How many are stale, and the oldest answer among them.
    pub stale: Option<(usize, Timestamp)>,
    /// The oldest of all answers shown.
    pub oldest: Option<Timestamp>,
    /// When the next answer turns stale, by the wall clock, unless another comes.
    pub stale_from: Option<Timestamp>,
    /// For how long the program will have run when the next answer is lost, unless another comes.
    pub lost_from: Option<Duration>,
}

/// The lists of the followed deployments at a glance.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListsSummary {
    /// How many deployments are followed.
    pub count: usize,
    /// How many lists have not come so far.
    pub unanswered: usize,
    /// Those that fail.
    pub failing: FailureSummary,
    /// How many are stale, and the oldest answer among them.
    pub stale: Option<(usize, Timestamp)>,
}

impl ListsSummary {
    /// Counts them at a time.
    pub fn of(
        histories: &DeploymentHistories,
        now: Timestamp,
        timing: impl Fn(&Place) -> PollTiming,
    ) -> Self {
        let mut sum = Self::default();
        for (_, deployment, history) in histories.followed() {
            sum.count += 1;
            match history.freshness(now, timing(&deployment.place)) {
                Freshness::Never => sum.unanswered += 1,
                Freshness::Live => {}
                Freshness::Stale => {
                    sum.stale = Some(one_more(sum.stale, history.answered_at.unwrap_or(now)));
                }
                Freshness::Failing(trouble) => sum.failing.add(trouble, history.next_at),
            }
        }
        sum
    }
}

/// One more that is stale, and the oldest answer among them.
pub(super) fn one_more(stale: Option<(usize, Timestamp)>, at: Timestamp) -> (usize, Timestamp) {
    stale.map_or((1, at), |(count, oldest)| (count + 1, oldest.min(at)))
}

/// The earlier of two times, or the one that there is.
pub(super) fn earliest<T: Ord>(a: Option<T>, b: Option<T>) -> Option<T> {
    a.into_iter().chain(b).min()
}

impl Summary {
    /// How many were counted.
    pub fn count(&self) -> usize {
        let Self { failed, started, completed, not_found, other, unanswered, .. } = self;
        failed + started + completed + not_found + other + unanswered
    }

    /// Adds that of another place.
    pub(super) fn merge(&mut self, other: &Self) {
        self.failed += other.failed;
        self.started += other.started;
        self.completed += other.completed;
        self.not_found += other.not_found;
        self.other += other.other;
        self.longest = self.longest.max(other.longest);
        self.overdue += other.overdue;
        self.unanswered += other.unanswered;
        self.no_answer += other.no_answer;
        self.not_live += other.not_live;
        self.failing.merge(&other.failing);
        self.stale = match (self.stale, other.stale) {
            (Some((a, at)), Some((b, bt))) => Some((a + b, at.min(bt))),
            (one, other) => one.or(other),
        };
        self.oldest = earliest(self.oldest, other.oldest);
        self.stale_from = earliest(self.stale_from, other.stale_from);
        self.lost_from = earliest(self.lost_from, other.lost_from);
    }
}
