//! When the next frame is due: soon, but not oftener than anybody can see.
//!
//! What the user does is answered at once, and so is what comes of it. News comes when it comes, so
//! a burst of it is one frame a quarter of a second, and it leaves a moment after a key to the key's
//! own frame.

use std::time::Duration;

use tokio::time::Instant;

/// The least time between two frames that the user asked for.
pub(super) const FRAME: Duration = Duration::from_millis(16);

/// The least time between two frames that only news asked for.
const NEWS: Duration = Duration::from_millis(250);

/// How long news waits after a frame for a key.
const KEY: Duration = Duration::from_millis(50);

/// When frames were drawn, and the deadline of the next if one is wanted.
#[derive(Debug, Default)]
pub(super) struct FrameScheduler {
    keys: Beat,
    outcomes: Beat,
    news: Beat,
}

/// The frames of one cause.
#[derive(Debug, Default)]
struct Beat {
    last: Option<Instant>,
    due: Option<Instant>,
}

impl FrameScheduler {
    /// The user did something, or the terminal must be painted.
    pub(super) fn key(&mut self, now: Instant) {
        self.keys.want(self.keys.after(FRAME).max(Some(now)));
    }

    /// Something that was set going has ended.
    pub(super) fn outcome(&mut self, now: Instant) {
        self.outcomes.want(self.outcomes.after(FRAME).max(Some(now)));
    }

    /// Something happened that may wait for so long, counted from the first that may.
    pub(super) fn tell(&mut self, now: Instant, patience: Duration) {
        let rest = self.news.after(NEWS).max(self.keys.after(KEY));
        self.news.want(rest.max(Some(now + patience)));
    }

    /// A frame has been drawn: it shows everything.
    pub(super) fn drawn(&mut self, now: Instant) {
        for beat in [&mut self.keys, &mut self.outcomes, &mut self.news] {
            if beat.due.take().is_some() {
                beat.last = Some(now);
            }
        }
    }

    /// When the next frame is to be drawn.
    pub(super) fn due(&self) -> Option<Instant> {
        [self.keys.due, self.outcomes.due, self.news.due].into_iter().flatten().min()
    }

    /// Whether that is now.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.due().is_some_and(|due| due <= now)
    }
}

impl Beat {
    fn after(&self, gap: Duration) -> Option<Instant> {
        self.last.map(|last| last + gap)
    }

    fn want(&mut self, at: Option<Instant>) {
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
        ChangeReport { patience: u64 },
    }
    use Request::{ChangeReport, Key, Outcome};

    const ANSWER: Request = ChangeReport { patience: 0 };

    /// Wishes, in milliseconds after the start, each frame drawn when it is due, until the last
    /// wish is shown: when the frames were.
    #[rstest]
    #[case::nothing(&[], &[])]
    #[case::at_once(&[(500, Key)], &[500])]
    #[case::the_first_answer_at_once(&[(7, ANSWER)], &[7])]
    #[case::keys_too_soon_wait_for_the_frame(&[(0, Key), (3, Key), (4, Key)], &[0, 16])]
    #[case::a_burst_of_news_is_few_frames(&[(0, ANSWER), (50, ANSWER), (200, ANSWER), (300, ANSWER)], &[0, 250, 500])]
    #[case::a_key_does_not_wait_for_news(&[(0, ANSWER), (3, Key)], &[0, 3])]
    #[case::a_keys_frame_shows_the_news(&[(0, ANSWER), (50, ANSWER), (100, Key)], &[0, 100])]
    #[case::news_leaves_a_key_its_moment(&[(0, Key), (2, ANSWER)], &[0, 50])]
    #[case::the_first_answer_does_not_wait_for_an_outcome(&[(5, Outcome), (7, ANSWER)], &[5, 7])]
    #[case::patient(&[(100, ChangeReport { patience: 5000 })], &[5100])]
    #[case::patience_counts_from_the_first(&[(100, ChangeReport { patience: 900 }), (300, ChangeReport { patience: 900 })], &[1000])]
    #[case::the_patient_do_not_hold_up_others(&[(100, ChangeReport { patience: 5000 }), (120, ANSWER)], &[120])]
    fn frames_come_when_they_are_due(#[case] wishes: &[(u64, Request)], #[case] frames: &[u64]) {
        let start = Instant::now();
        let at = |millis: u64| start + Duration::from_millis(millis);
        let mut pace = FrameScheduler::default();
        let mut drawn = Vec::new();
        let draw_until =
            |pace: &mut FrameScheduler, end: Option<Instant>, drawn: &mut Vec<u128>| {
                while let Some(due) = pace.due().filter(|&due| end.is_none_or(|end| due <= end)) {
                    assert!(pace.is_due(due) && !pace.is_due(due - Duration::from_nanos(1)));
                    pace.drawn(due);
                    drawn.push((due - start).as_millis());
                }
            };
        for &(millis, wish) in wishes {
            draw_until(&mut pace, Some(at(millis)), &mut drawn);
            match wish {
                Key => pace.key(at(millis)),
                Outcome => pace.outcome(at(millis)),
                ChangeReport { patience } => pace.tell(at(millis), Duration::from_millis(patience)),
            }
        }
        draw_until(&mut pace, None, &mut drawn);
        assert_eq!(drawn, frames.iter().map(|&at| u128::from(at)).collect::<Vec<_>>());
    }
}
