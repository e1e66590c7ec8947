//! The watch list at a glance: counts per state, and how far to trust the screen.

use std::time::Duration;

use jiff::Timestamp;
use unicode_width::UnicodeWidthStr as _;

use super::failures::Failures;
use super::feed::{Cadence, Feed, Standing, Trouble, Trust};
use super::history::Histories;
use super::list::Feeds;
use crate::savepoint::State;
use crate::text;

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
    pub failing: Failures,
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
pub struct Lists {
    /// How many deployments are followed.
    pub count: usize,
    /// How many lists have not come so far.
    pub unanswered: usize,
    /// Those that fail.
    pub failing: Failures,
    /// How many are stale, and the oldest answer among them.
    pub stale: Option<(usize, Timestamp)>,
}

impl Lists {
    /// Counts them at a time.
    pub fn of(histories: &Histories, now: Timestamp, cadence: Cadence) -> Self {
        let mut sum = Self::default();
        for (.., history) in histories.followed() {
            sum.count += 1;
            match history.trust(now, cadence) {
                Trust::Never => sum.unanswered += 1,
                Trust::Live => {}
                Trust::Stale => {
                    sum.stale = Some(one_more(sum.stale, history.answered_at.unwrap_or(now)));
                }
                Trust::Failing(trouble) => sum.failing.add(trouble, history.next_at),
            }
        }
        sum
    }
}

/// One more that is stale, and the oldest answer among them.
fn one_more(stale: Option<(usize, Timestamp)>, at: Timestamp) -> (usize, Timestamp) {
    stale.map_or((1, at), |(count, oldest)| (count + 1, oldest.min(at)))
}

impl Summary {
    /// Counts the feeds at a time.
    pub fn of(feeds: &Feeds, now: Timestamp, cadence: Cadence, settled_at: Duration) -> Self {
        let mut sum = Self::default();
        for feed in feeds.values() {
            sum.add(feed, now, cadence, settled_at);
        }
        sum
    }

    /// How many were counted.
    pub fn count(&self) -> usize {
        let Self { failed, started, completed, not_found, other, unanswered, .. } = self;
        failed + started + completed + not_found + other + unanswered
    }

    /// Counts one more.
    pub fn add(&mut self, feed: &Feed, now: Timestamp, cadence: Cadence, settled_at: Duration) {
        match feed.standing() {
            Standing::Waiting => self.unanswered += 1,
            Standing::NoAnswer => {
                self.unanswered += 1;
                self.no_answer += 1;
            }
            Standing::NotFound => self.not_found += 1,
            Standing::State(Some(State::Failed)) => self.failed += 1,
            Standing::State(Some(State::Started)) => {
                self.started += 1;
                self.overdue += usize::from(feed.overdue);
            }
            Standing::State(Some(State::Completed)) => self.completed += 1,
            Standing::State(None) => self.other += 1,
            Standing::State(Some(State::Other(word))) => {
                self.other += 1;
                self.longest = self.longest.max(text::clean(word).width());
            }
        }
        if let Some(at) = feed.confirmed_at() {
            self.oldest = Some(self.oldest.map_or(at, |oldest| oldest.min(at)));
        }
        let lasts = |trouble: &Trouble| trouble.attempts > 1 || feed.next_at.is_none();
        if feed.lost.is_some() || feed.trouble.as_deref().is_some_and(lasts) {
            self.not_live += 1;
        }
        if let Some(at) = feed.stale_at(cadence).filter(|&at| at > now) {
            self.stale_from = Some(self.stale_from.map_or(at, |next| next.min(at)));
        }
        // Fewer savepoints make impatient: then it is past already.
        if let Some(at) = feed.lost_at(cadence, settled_at) {
            self.lost_from = Some(self.lost_from.map_or(at, |next| next.min(at)));
        }
        match feed.trust(now, cadence) {
            Trust::Never | Trust::Live => {}
            Trust::Stale => {
                let at = feed.confirmed_at().unwrap_or(now);
                self.stale = Some(one_more(self.stale, at));
            }
            Trust::Failing(trouble) => self.failing.add(trouble, feed.next_at),
        }
    }
}
