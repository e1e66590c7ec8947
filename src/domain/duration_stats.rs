//! How long a deployment's savepoints took, and whether one that is under way takes longer.
//!
//! The service gives no duration. From creation to the last modification is a proxy, because a
//! savepoint that is complete is hardly modified any more; whoever shows it says so.

use std::time::Duration;

use jiff::Timestamp;

use super::savepoint::{SavepointId, State};

/// Without so many earlier ones there is no verdict.
const LEAST: usize = 3;

/// So many of the last ones are looked at.
const LAST: usize = 20;

/// One savepoint, as the list had it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavepointSummary {
    /// Its ID.
    pub id: SavepointId,
    /// Its state.
    pub state: Option<State>,
    /// Its origin, verbatim.
    pub origin: Option<String>,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// When it was modified last.
    pub modified_at: Option<Timestamp>,
}

/// How long the last COMPLETED savepoints took, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DurationStats(Vec<Duration>);

/// A savepoint that is under way, against the earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// How long it has taken so far.
    pub elapsed: Duration,
    /// How many earlier ones there are.
    pub count: usize,
    /// What the quickest of them took.
    pub quickest: Duration,
    /// What the slowest of them took.
    pub slowest: Duration,
    /// What half of them took at most.
    pub median: Duration,
}

impl DurationStats {
    /// Of savepoints in the order of a list, newest first. A checkpoint that was kept took another
    /// way, and one that was never modified says nothing.
    pub fn of(items: &[SavepointSummary]) -> Self {
        let took = |item: &SavepointSummary| {
            let completed = item.state == Some(State::Completed)
                && item.origin.as_deref() != Some("RETAINED_CHECKPOINT");
            let (from, to) = item.created_at.zip(item.modified_at).filter(|_| completed)?;
            Duration::try_from(to.duration_since(from)).ok().filter(|took| !took.is_zero())
        };
        let mut last: Vec<Duration> = items.iter().filter_map(took).take(LAST).collect();
        last.reverse();
        Self(last)
    }

    /// Each, oldest first.
    pub fn durations(&self) -> &[Duration] {
        &self.0
    }

    /// What is to be said of one that has taken so long; nothing where too little is known.
    pub fn verdict(&self, elapsed: Duration) -> Option<Verdict> {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        if sorted.len() < LEAST {
            return None;
        }
        Some(Verdict {
            elapsed,
            count: sorted.len(),
            quickest: *sorted.first()?,
            slowest: *sorted.last()?,
            median: *sorted.get((sorted.len() - 1) / 2)?,
        })
    }

    /// What the slowest took, where that is enough for a verdict.
    pub fn slowest(&self) -> Option<Duration> {
        self.verdict(Duration::ZERO).map(|verdict| verdict.slowest)
    }
}

impl Verdict {
    /// Whether it takes longer than each of them did.
    pub fn is_overdue(&self) -> bool {
        // The service's times have no fractions.
        self.elapsed.as_secs() > self.slowest.as_secs()
    }

    /// How many times the slowest it has taken.
    pub fn times(&self) -> f64 {
        self.elapsed.as_secs_f64() / self.slowest.as_secs_f64().max(0.001)
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::*;
    use crate::domain::savepoint::SavepointId;

    fn took(seconds: i64, state: &str, origin: &str) -> SavepointSummary {
        let created: Timestamp = "2026-11-23T03:00:00Z".parse().unwrap();
        SavepointSummary {
            id: SavepointId::new("x").unwrap(),
            state: Some(State::parse(state)),
            origin: Some(origin.to_owned()),
            created_at: Some(created),
            modified_at: Some(created + SignedDuration::from_secs(seconds)),
        }
    }

    fn completed(seconds: &[i64]) -> Vec<SavepointSummary> {
        seconds.iter().map(|&it| took(it, "COMPLETED", "AUTO_TRIGGERED")).collect()
    }

    #[rstest::rstest]
    #[case::no_data(&[], None)]
    #[case::too_little(&[60, 70], None)]
    #[case::no_durations(&[0, 0, 0, 0], None)]
    #[case::set_back(&[-5, -5, -5], None)]
    #[case::three(&[60, 30, 90], Some((3, 30, 60, 90)))]
    #[case::even(&[60, 30, 90, 120], Some((4, 30, 60, 120)))]
    fn no_verdict_without_data(
        #[case] took: &[i64],
        #[case] expected: Option<(usize, u64, u64, u64)>,
    ) {
        let verdict = DurationStats::of(&completed(took)).verdict(Duration::from_secs(100));
        let seen = verdict
            .map(|it| (it.count, it.quickest.as_secs(), it.median.as_secs(), it.slowest.as_secs()));
        assert_eq!(seen, expected);
    }

    #[test]
    fn what_failed_or_was_only_kept_is_no_measure() {
        let mut items = completed(&[60, 30, 90]);
        items.insert(0, took(4000, "FAILED", "AUTO_TRIGGERED"));
        items.insert(0, took(4000, "COMPLETED", "RETAINED_CHECKPOINT"));
        items.insert(0, took(4000, "STARTED", "USER_REQUEST"));
        assert_eq!(DurationStats::of(&items).slowest(), Some(Duration::from_secs(90)));
        let oldest_first: Vec<u64> =
            DurationStats::of(&items).durations().iter().map(Duration::as_secs).collect();
        assert_eq!(oldest_first, [90, 30, 60]);
    }

    #[rstest::rstest]
    #[case(89, false)]
    #[case(90, false)]
    #[case(91, true)]
    fn overdue_is_longer_than_the_slowest(#[case] elapsed: u64, #[case] overdue: bool) {
        let verdict =
            DurationStats::of(&completed(&[60, 30, 90])).verdict(Duration::from_secs(elapsed));
        assert_eq!(verdict.unwrap().is_overdue(), overdue);
    }

    #[test]
    fn only_the_last_ones_count() {
        let mut seconds = vec![60; LAST];
        seconds.push(9000);
        assert_eq!(
            DurationStats::of(&completed(&seconds)).slowest(),
            Some(Duration::from_secs(60))
        );
    }
}
