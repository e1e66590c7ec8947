//! How long the program has run.
//!
//! A stopped process, or one whose machine sleeps, receives no response: that time must not count
//! against the service. No clock leaves it out: the monotonic one stands still while the machine
//! sleeps, but goes on while the process is stopped. So the poller notes before each wait when it
//! wakes at the latest, and time beyond that does not count as running time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How late a wake may be and still count as running time: a busy machine is late, too.
const TOLERANCE: Duration = Duration::from_secs(1);

/// The time for which the program has run since the poller started; clones share it.
#[derive(Debug, Clone)]
pub struct Heartbeat(Arc<Mutex<LastWake>>);

#[derive(Debug)]
struct LastWake {
    at: Instant,
    /// For how long the program had run by then.
    uptime: Duration,
    /// When the next wake comes at the latest; `None` if no wake is planned.
    next: Option<Instant>,
}

impl Heartbeat {
    pub(super) fn new(now: Instant) -> Self {
        Self(Arc::new(Mutex::new(LastWake { at: now, uptime: Duration::ZERO, next: None })))
    }

    /// For how long the program has run so far.
    pub fn uptime(&self) -> Duration {
        self.last_wake().ran_at(Instant::now())
    }

    /// The poller woke; for how long the program has run so far.
    pub(super) fn record_wake(&self, now: Instant) -> Duration {
        let mut last_wake = self.last_wake();
        last_wake.uptime = last_wake.ran_at(now);
        (last_wake.at, last_wake.next) = (now, None);
        last_wake.uptime
    }

    /// Notes that the poller wakes at `next` at the latest.
    pub(super) fn expect_wake_by(&self, next: Option<Instant>) {
        self.last_wake().next = next;
    }

    fn last_wake(&self) -> MutexGuard<'_, LastWake> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LastWake {
    fn ran_at(&self, now: Instant) -> Duration {
        let passed = now.saturating_duration_since(self.at);
        let limit = self.next.map(|next| next.saturating_duration_since(self.at) + TOLERANCE);
        self.uptime + limit.map_or(passed, |limit| passed.min(limit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn time_after_the_planned_wake_is_not_running_time() {
        let start = Instant::now();
        let heart = Heartbeat::new(start);
        assert_eq!(heart.record_wake(start + SECOND), SECOND);
        heart.expect_wake_by(Some(start + 6 * SECOND));
        let ran_at = |seconds| heart.last_wake().ran_at(start + seconds * SECOND);
        assert_eq!((ran_at(5), ran_at(7), ran_at(3600)), (5 * SECOND, 7 * SECOND, 7 * SECOND));
        assert_eq!(heart.record_wake(start + 3600 * SECOND), 7 * SECOND);
        // It goes on from there, also if no wake is planned.
        assert_eq!(heart.record_wake(start + 3700 * SECOND), 107 * SECOND);
    }
}
