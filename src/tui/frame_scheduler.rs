//! Schedules frames: soon after a cause, but not more often than the eye can follow.
//!
//! User input and the outcomes of effects are drawn at once. New data is drawn at most four times a
//! second, and not shortly after input, so that it does not delay the frame of the next key.

use std::time::Duration;

use tokio::time::Instant;

/// The minimum time between two frames caused by input or outcomes.
pub(super) const FRAME: Duration = Duration::from_millis(16);

/// The minimum time between two frames caused by data only.
const DATA_FRAME: Duration = Duration::from_millis(250);

/// How long data waits after a frame caused by input.
const INPUT_PRIORITY: Duration = Duration::from_millis(50);

#[derive(Debug, Default)]
pub(super) struct FrameScheduler {
    input: FrameDeadline,
    outcomes: FrameDeadline,
    data: FrameDeadline,
}

/// The last and the next frame of one cause.
#[derive(Debug, Default)]
struct FrameDeadline {
    last: Option<Instant>,
    due: Option<Instant>,
}

impl FrameScheduler {
    /// Requests a frame for input or a repaint.
    pub(super) fn on_input(&mut self, now: Instant) {
        self.input.request(self.input.after(FRAME).max(Some(now)));
    }

    /// Requests a frame for the outcome of an effect.
    pub(super) fn on_outcome(&mut self, now: Instant) {
        self.outcomes.request(self.outcomes.after(FRAME).max(Some(now)));
    }

    /// Requests a frame for data within `max_delay`, counted from the first pending request.
    pub(super) fn on_data(&mut self, now: Instant, max_delay: Duration) {
        let rest = self.data.after(DATA_FRAME).max(self.input.after(INPUT_PRIORITY));
        self.data.request(rest.max(Some(now + max_delay)));
    }

    /// Records that a frame was drawn, which fulfils all requests.
    pub(super) fn on_drawn(&mut self, now: Instant) {
        for deadline in [&mut self.input, &mut self.outcomes, &mut self.data] {
            if deadline.due.take().is_some() {
                deadline.last = Some(now);
            }
        }
    }

    /// When the next frame is due, if one is requested.
    pub(super) fn due(&self) -> Option<Instant> {
        [self.input.due, self.outcomes.due, self.data.due].into_iter().flatten().min()
    }

    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.due().is_some_and(|due| due <= now)
    }
}

impl FrameDeadline {
    fn after(&self, gap: Duration) -> Option<Instant> {
        self.last.map(|last| last + gap)
    }

    fn request(&mut self, at: Option<Instant>) {
        self.due = [self.due, at].into_iter().flatten().min();
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[derive(Clone, Copy)]
    enum Request {
        Key,
        Outcome,
        Data { max_delay: u64 },
    }
    use Request::{Data, Key, Outcome};

    const ANSWER: Request = Data { max_delay: 0 };

    /// Both in milliseconds after the start. Each frame is drawn when it is due.
    #[rstest]
    #[case::nothing(&[], &[])]
    #[case::at_once(&[(500, Key)], &[500])]
    #[case::the_first_answer_at_once(&[(7, ANSWER)], &[7])]
    #[case::keys_too_soon_wait_for_the_frame(&[(0, Key), (3, Key), (4, Key)], &[0, 16])]
    #[case::a_burst_of_data_is_few_frames(&[(0, ANSWER), (50, ANSWER), (200, ANSWER), (300, ANSWER)], &[0, 250, 500])]
    #[case::a_key_does_not_wait_for_data(&[(0, ANSWER), (3, Key)], &[0, 3])]
    #[case::a_keys_frame_includes_the_data(&[(0, ANSWER), (50, ANSWER), (100, Key)], &[0, 100])]
    #[case::data_waits_after_a_key(&[(0, Key), (2, ANSWER)], &[0, 50])]
    #[case::the_first_answer_does_not_wait_for_an_outcome(&[(5, Outcome), (7, ANSWER)], &[5, 7])]
    #[case::delayed_data(&[(100, Data { max_delay: 5000 })], &[5100])]
    #[case::the_delay_counts_from_the_first_request(&[(100, Data { max_delay: 900 }), (300, Data { max_delay: 900 })], &[1000])]
    #[case::delayed_data_does_not_delay_others(&[(100, Data { max_delay: 5000 }), (120, ANSWER)], &[120])]
    fn frames_come_when_they_are_due(#[case] requests: &[(u64, Request)], #[case] frames: &[u64]) {
        let start = Instant::now();
        let at = |millis: u64| start + Duration::from_millis(millis);
        let mut scheduler = FrameScheduler::default();
        let mut drawn = Vec::new();
        let draw_until =
            |frames: &mut FrameScheduler, end: Option<Instant>, drawn: &mut Vec<u128>| {
                while let Some(due) = frames.due().filter(|&due| end.is_none_or(|end| due <= end)) {
                    assert!(frames.is_due(due) && !frames.is_due(due - Duration::from_nanos(1)));
                    frames.on_drawn(due);
                    drawn.push((due - start).as_millis());
                }
            };
        for &(millis, request) in requests {
            draw_until(&mut scheduler, Some(at(millis)), &mut drawn);
            match request {
                Key => scheduler.on_input(at(millis)),
                Outcome => scheduler.on_outcome(at(millis)),
                Data { max_delay } => {
                    scheduler.on_data(at(millis), Duration::from_millis(max_delay));
                }
            }
        }
        draw_until(&mut scheduler, None, &mut drawn);
        assert_eq!(drawn, frames.iter().map(|&at| u128::from(at)).collect::<Vec<_>>());
    }
}
