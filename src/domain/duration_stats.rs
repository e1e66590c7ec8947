//! How long a deployment's savepoints took, and whether one in progress takes longer.
//!
//! The service sends no duration. The time from creation to the last modification is an estimate,
//! because a complete savepoint is hardly modified any more; the screen says that it is one.

use std::time::Duration;

use jiff::Timestamp;

use super::savepoint::{SavepointId, State};

/// Minimum number of earlier savepoints for a verdict.
const MIN_SAMPLES: usize = 3;

/// Maximum number of earlier savepoints in the statistics.
const MAX_SAMPLES: usize = 20;

/// A savepoint as `ListSavepoints` returns it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavepointSummary {
    pub id: SavepointId,
    pub state: Option<State>,
    /// `savepointOrigin`, verbatim.
    pub origin: Option<String>,
    pub created_at: Option<Timestamp>,
    pub modified_at: Option<Timestamp>,
}

/// Durations of the last COMPLETED savepoints, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DurationStats(Vec<Duration>);

/// A savepoint in progress, compared with earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    pub elapsed: Duration,
    /// How many earlier savepoints there are.
    pub count: usize,
    pub quickest: Duration,
    pub slowest: Duration,
    pub median: Duration,
}

impl DurationStats {
    /// Takes savepoints in the order of a list, newest first. Retained checkpoints are excluded: they
    /// were not written as savepoints. So are savepoints that were never modified.
    pub fn of(items: &[SavepointSummary]) -> Self {
        let took = |item: &SavepointSummary| {
            let completed = item.state == Some(State::Completed)
                && item.origin.as_deref() != Some("RETAINED_CHECKPOINT");
            let (from, to) = item.created_at.zip(item.modified_at).filter(|_| completed)?;
            Duration::try_from(to.duration_since(from)).ok().filter(|took| !took.is_zero())
        };
        let mut last: Vec<Duration> = items.iter().filter_map(took).take(MAX_SAMPLES).collect();
        last.reverse();
        Self(last)
    }

    /// The durations, oldest first.
    pub fn durations(&self) -> &[Duration] {
        &self.0
    }

    /// Compares the time elapsed so far; `None` if there are too few earlier savepoints.
    pub fn verdict(&self, elapsed: Duration) -> Option<Verdict> {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        if sorted.len() < MIN_SAMPLES {
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

    /// The longest duration, if there are enough for a verdict.
    pub fn slowest(&self) -> Option<Duration> {
        self.verdict(Duration::ZERO).map(|verdict| verdict.slowest)
    }
}

impl Verdict {
    /// Whether it takes longer than any earlier one.
    pub fn is_overdue(&self) -> bool {
        // The service's times are whole seconds.
        self.elapsed.as_secs() > self.slowest.as_secs()
    }

    /// The time elapsed as a multiple of the slowest.
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
    fn failed_and_retained_savepoints_are_excluded() {
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
    fn only_the_last_savepoints_count() {
        let mut seconds = vec![60; MAX_SAMPLES];
        seconds.push(9000);
        assert_eq!(
            DurationStats::of(&completed(&seconds)).slowest(),
            Some(Duration::from_secs(60))
        );
    }
}
