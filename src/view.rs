//! The screen, drawn from the state; it changes nothing.

use ratatui::Frame;

use crate::state::State;

/// What a frame measured, for the update of the next message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Geometry {}

/// Draws the whole screen.
pub fn draw(frame: &mut Frame, state: &State) -> Geometry {
    frame.render_widget(format!("savepeek {}", state.now), frame.area());
    Geometry {}
}
