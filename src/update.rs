//! The only writer of the state: a message in, the state changed, effects out.

use crate::effect::Effect;
use crate::message::{Input, Message};
use crate::state::State;

/// Applies one message. No I/O, no clock, no task.
pub fn update(state: &mut State, message: Message) -> Vec<Effect> {
    match message {
        Message::Clock(now) => state.now = now,
        Message::Terminal(Input::Key(key))
            if key.code == ratatui::crossterm::event::KeyCode::Char('q') =>
        {
            return vec![Effect::Quit];
        }
        _ => {}
    }
    Vec::new()
}
