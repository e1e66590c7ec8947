//! What the program knows: plain data, no handles, no clocks.

use std::time::Duration;

use jiff::Timestamp;

/// Everything that is on the screen, and everything needed to decide what comes next.
#[derive(Debug, Clone)]
pub struct State {
    /// The wall clock, as of the last message.
    pub now: Timestamp,
    /// What the last frame measured.
    pub geometry: crate::view::Geometry,
    /// Whether the next frame may wait: nothing but confirmations came since the last one.
    pub quiet: bool,
    /// How long a quiet frame may wait, counted from the first confirmation.
    pub calm: Duration,
}

impl State {
    /// When something on the screen will read differently just because time passed.
    pub fn next_tick(&self) -> Option<Timestamp> {
        None
    }
}
