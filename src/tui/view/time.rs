//! Ages and times, relative to the time of the last message.

use std::time::Duration;

use jiff::Timestamp;

use crate::tui::model::feed::elapsed;
use crate::tui::model::{COUNTDOWN, State};
use crate::util::text;

/// An age for a column. While paused nothing on the screen moves, so then it is the time instead.
pub(super) fn age(state: &State, at: Timestamp) -> String {
    if state.paused() { when(state, at) } else { text::age(elapsed(at, state.now)) }
}

/// An age for a sentence: `2 min ago`, or `at 21:03:11` while paused.
pub(super) fn ago(state: &State, at: Timestamp) -> String {
    if state.paused() {
        format!("at {}", when(state, at))
    } else {
        text::ago(elapsed(at, state.now))
    }
}

/// A time, as short as is unambiguous: without the date if it is today's.
pub(super) fn when(state: &State, at: Timestamp) -> String {
    text::when(at, state.now, &state.time_zone())
}

/// The time left until `at`, rounded up to steps of [`COUNTDOWN`].
pub(super) fn until(now: Timestamp, at: Timestamp) -> String {
    let step = COUNTDOWN.unsigned_abs().as_secs();
    match elapsed(now, at).as_secs().div_ceil(step) {
        0 => "a moment".to_owned(),
        steps => text::duration(Duration::from_secs(steps * step)),
    }
}
