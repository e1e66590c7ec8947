//! The wall clock, in the one place where it is read; and how far to believe it.

use std::time::{Duration, SystemTime};

use jiff::{SignedDuration, Timestamp};

/// By how much the wall clock may disagree with the time for which the program ran. Less is a
/// correction of the clock, or a busy machine.
const CORRECTION: SignedDuration = SignedDuration::from_secs(5);

/// One moment, by both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// The wall clock: for what is shown.
    pub wall: Timestamp,
    /// For how long the program has run, see [`Heartbeat`](crate::poller::Heartbeat): for whether
    /// an answer is late.
    pub uptime: Duration,
}

impl Now {
    /// By how much the wall clock went further than the program ran, where that is more than a
    /// correction: the program was stopped, the machine slept, or the clock was set. Negative where
    /// it was set back.
    pub fn jump_since(self, before: Self) -> Option<SignedDuration> {
        let uptime = self.uptime.saturating_sub(before.uptime);
        let uptime = SignedDuration::try_from(uptime).unwrap_or(SignedDuration::MAX);
        let jump = self.wall.duration_since(before.wall).saturating_sub(uptime);
        (jump.unsigned_abs() > CORRECTION.unsigned_abs()).then_some(jump)
    }
}

/// The time now. A clock that is set beyond what a [`Timestamp`] can say (the years -9999 to 9999)
/// stands still at the nearest that it can.
#[expect(clippy::disallowed_methods, reason = "this is the place that the lint sends everybody to")]
pub fn now() -> Timestamp {
    nearest(SystemTime::now())
}

fn nearest(time: SystemTime) -> Timestamp {
    let end = if time < SystemTime::UNIX_EPOCH { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::try_from(time).unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    const THOUSAND_YEARS: Duration = Duration::from_secs(1000 * 31_556_952);

    #[test]
    fn no_clock_is_too_far_away() {
        let epoch = SystemTime::UNIX_EPOCH;
        assert_eq!(nearest(epoch), Timestamp::UNIX_EPOCH);
        assert_eq!(nearest(epoch + 9 * THOUSAND_YEARS), Timestamp::MAX);
        assert_eq!(nearest(epoch + 200 * THOUSAND_YEARS), Timestamp::MAX);
        assert_eq!(nearest(epoch - 20 * THOUSAND_YEARS), Timestamp::MIN);
    }
}
