//! The wall clock, which only this module reads, and how to detect that it jumped.

use std::time::{Duration, SystemTime};

use jiff::{SignedDuration, Timestamp};

/// How far the wall clock may deviate from the running time. Less than that is a correction of the
/// clock, or a busy machine.
const TOLERANCE: SignedDuration = SignedDuration::from_secs(5);

/// One moment on both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// The wall clock, for display.
    pub wall: Timestamp,
    /// How long the program has run, see [`Heartbeat`](crate::poller::Heartbeat): shows whether
    /// a response is late.
    pub uptime: Duration,
}

impl Now {
    /// Returns by how much the wall clock advanced more than the running time, if that is more than a
    /// correction: the program was stopped, the machine slept, or the clock was set. Negative if
    /// it was set back.
    pub fn jump_since(self, before: Self) -> Option<SignedDuration> {
        if self.wall == before.wall && [Timestamp::MIN, Timestamp::MAX].contains(&self.wall) {
            // The clock is beyond what a timestamp can say, and `now` holds it at that end.
            return None;
        }
        let uptime = self.uptime.saturating_sub(before.uptime);
        let uptime = SignedDuration::try_from(uptime).unwrap_or(SignedDuration::MAX);
        let jump = self.wall.duration_since(before.wall).saturating_sub(uptime);
        (jump.unsigned_abs() > TOLERANCE.unsigned_abs()).then_some(jump)
    }
}

/// Returns the time now. A clock that is set outside the range of [`Timestamp`] (the years -9999 to
/// 9999) returns the nearest end of it.
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
    fn a_clock_held_at_an_end_of_time_does_not_jump() {
        let at = |wall, seconds| Now { wall, uptime: Duration::from_secs(seconds) };
        for end in [Timestamp::MIN, Timestamp::MAX] {
            assert_eq!(at(end, 60).jump_since(at(end, 0)), None);
        }
        let (now, end) = (Timestamp::UNIX_EPOCH, Timestamp::MAX);
        let jump = |from, to| at(to, 60).jump_since(at(from, 0));
        assert!(jump(now, end).is_some_and(|jump| jump.is_positive()));
        assert!(jump(end, now).is_some_and(|jump| jump.is_negative()));
        assert!(jump(now, now).is_some_and(|jump| jump.is_negative()));
    }

    #[test]
    fn a_clock_out_of_range_stays_at_the_end() {
        let epoch = SystemTime::UNIX_EPOCH;
        assert_eq!(nearest(epoch), Timestamp::UNIX_EPOCH);
        assert_eq!(nearest(epoch + 9 * THOUSAND_YEARS), Timestamp::MAX);
        assert_eq!(nearest(epoch + 200 * THOUSAND_YEARS), Timestamp::MAX);
        assert_eq!(nearest(epoch - 20 * THOUSAND_YEARS), Timestamp::MIN);
    }
}
