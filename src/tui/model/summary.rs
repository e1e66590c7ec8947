//! Summary of the watch list: counts per state and freshness.

use std::time::Duration;

use jiff::Timestamp;

use super::failures::FailureSummary;
use super::feed::{Freshness, PollTiming};
use super::history::DeploymentHistories;
use crate::domain::savepoint::Place;

/// Derived from all feeds or those of one place, whenever one changes or time makes one stale.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    pub failed: usize,
    pub started: usize,
    pub completed: usize,
    pub not_found: usize,
    /// In another state, or without one.
    pub other: usize,
    /// Display width of the longest other state.
    pub longest: usize,
    /// STARTED for longer than any earlier savepoint.
    pub overdue: usize,
    /// Without an answer so far.
    pub unanswered: usize,
    /// Without an answer so far, and polls fail.
    pub no_answer: usize,
    pub failing: FailureSummary,
    /// Doubtful for longer than one failed poll: lost, failing twice in a row, or in
    /// need of manual action.
    pub not_live: usize,
    pub stale: Option<Stale>,
    /// The oldest displayed answer.
    pub oldest: Option<Timestamp>,
    /// When the next answer turns stale by the wall clock, unless a newer one arrives.
    pub stale_from: Option<Timestamp>,
    /// Running time at which the next answer is lost, unless a newer one arrives.
    pub lost_from: Option<Duration>,
}

/// Summary of the lists of followed deployments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListsSummary {
    pub count: usize,
    /// Lists not received so far.
    pub unanswered: usize,
    pub failing: FailureSummary,
    pub stale: Option<Stale>,
}

impl ListsSummary {
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
                    let oldest = history.answered_at.unwrap_or(now);
                    sum.stale = Stale::sum(sum.stale, Some(Stale { count: 1, oldest }));
                }
                Freshness::Failing(trouble) => sum.failing.add(trouble, history.next_at),
            }
        }
        sum
    }
}

/// Answers that are no longer fresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stale {
    pub count: usize,
    pub oldest: Timestamp,
}

impl Stale {
    pub(super) fn sum(a: Option<Self>, b: Option<Self>) -> Option<Self> {
        let sum =
            |a: Self, b: Self| Self { count: a.count + b.count, oldest: a.oldest.min(b.oldest) };
        a.into_iter().chain(b).reduce(sum)
    }
}

pub(super) fn earliest<T: Ord>(a: Option<T>, b: Option<T>) -> Option<T> {
    a.into_iter().chain(b).min()
}

impl Summary {
    /// Total number of feeds.
    pub fn count(&self) -> usize {
        let Self { failed, started, completed, not_found, other, unanswered, .. } = self;
        failed + started + completed + not_found + other + unanswered
    }

    /// Adds the summary of another place.
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
        self.stale = Stale::sum(self.stale, other.stale);
        self.oldest = earliest(self.oldest, other.oldest);
        self.stale_from = earliest(self.stale_from, other.stale_from);
        self.lost_from = earliest(self.lost_from, other.lost_from);
    }
}
