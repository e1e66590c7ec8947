//! When the next frame is due: soon, but not oftener than anybody can see.

use std::time::Duration;

use tokio::time::Instant;

/// The least time from one frame to the next.
pub(super) const FRAME: Duration = Duration::from_millis(16);

/// The time of the last frame, and the deadline of the next if one is wanted.
#[derive(Debug)]
pub(super) struct Pace {
    last: Instant,
    due: Option<Instant>,
}

impl Pace {
    /// A frame has just been drawn; none is wanted yet.
    pub(super) fn drawn_at(now: Instant) -> Self {
        Self { last: now, due: None }
    }

    /// Wants a frame after `patience`, counted from the first wish that was that patient.
    pub(super) fn want(&mut self, now: Instant, patience: Duration) {
        let wanted = (now + patience).max(self.last + FRAME);
        self.due = Some(self.due.map_or(wanted, |due| due.min(wanted)));
    }

    /// When the next frame is to be drawn.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Whether that is now.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.due.is_some_and(|due| due <= now)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    /// Wishes as (when, patience), in milliseconds after the last frame, and when that is due.
    #[rstest]
    #[case::nothing(&[], None)]
    #[case::at_once_after_a_rest(&[(500, 0)], Some(500))]
    #[case::too_soon_waits_for_the_frame(&[(3, 0)], Some(16))]
    #[case::a_burst_is_one_frame(&[(3, 0), (4, 0), (15, 0)], Some(16))]
    #[case::patient(&[(100, 250)], Some(350))]
    #[case::patience_counts_from_the_first(&[(100, 250), (300, 250)], Some(350))]
    #[case::a_key_does_not_wait_for_the_patient(&[(100, 250), (120, 0)], Some(120))]
    #[case::the_patient_do_not_hold_up_a_key(&[(3, 0), (4, 250)], Some(16))]
    fn the_first_deadline_wins(#[case] wishes: &[(u64, u64)], #[case] due: Option<u64>) {
        let start = Instant::now();
        let mut pace = Pace::drawn_at(start);
        for &(at, patience) in wishes {
            pace.want(start + Duration::from_millis(at), Duration::from_millis(patience));
        }
        assert_eq!(pace.due(), due.map(|due| start + Duration::from_millis(due)));
    }

    #[test]
    fn a_frame_is_due_at_its_deadline_and_not_before() {
        let start = Instant::now();
        let mut pace = Pace::drawn_at(start);
        pace.want(start, Duration::ZERO);
        assert!(!pace.is_due(start + FRAME.saturating_sub(Duration::from_nanos(1))));
        assert!(pace.is_due(start + FRAME));
    }
}
