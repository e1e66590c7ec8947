//! The wall clock: the one place it is read.

use std::time::SystemTime;

use jiff::Timestamp;

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
    use std::time::Duration;

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
