//! Delay before the next request after a failure: full jitter, its cap doubling from 1 s to 60 s.
//!
//! Full jitter (uniform from zero to the cap) keeps savepoints that failed together from being
//! retried together. `Error::retry` of the client says whether to retry at all, and
//! `Schedule::record_response` lengthens or shortens the delay in an outage.

use std::time::Duration;

/// The cap of the first delay.
const INITIAL: Duration = Duration::from_secs(1);

/// The cap of every delay.
const MAX: Duration = Duration::from_secs(60);

/// Returns the delay after a failure that follows `failures` others in a row; never shorter than the
/// `wait` that the service demands.
pub(super) fn delay(failures: u32, wait: Duration, rng: &mut fastrand::Rng) -> Duration {
    let cap = MAX.min(INITIAL.saturating_mul(2_u32.saturating_pow(failures)));
    cap.mul_f64(rng.f64()).max(wait)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case::the_first(0, 1)]
    #[case::doubling(1, 2)]
    #[case::and_again(4, 16)]
    #[case::capped(6, 60)]
    #[case::without_overflow(u32::MAX, 60)]
    fn uniform_from_zero_to_the_cap(#[case] failures: u32, #[case] cap: u64) {
        let mut rng = fastrand::Rng::with_seed(7);
        let cap = Duration::from_secs(cap);
        let delays: Vec<_> = (0..1000).map(|_| delay(failures, Duration::ZERO, &mut rng)).collect();
        assert!(delays.iter().all(|delay| *delay <= cap));
        let mean = delays.iter().sum::<Duration>() / 1000;
        assert!((cap.mul_f64(0.45)..cap.mul_f64(0.55)).contains(&mean), "{mean:?} of {cap:?}");
    }

    #[test]
    fn never_shorter_than_the_service_demands() {
        let mut rng = fastrand::Rng::with_seed(7);
        for wait in [3, 90].map(Duration::from_secs) {
            assert!((0..100).all(|_| delay(0, wait, &mut rng) == wait));
        }
    }
}
