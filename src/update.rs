//! The only writer of the state: a message in, the state changed, effects out.

use ratatui::crossterm::event::{KeyCode, KeyModifiers};

use crate::effect::Effect;
use crate::message::{Input, Message};
use crate::state::State;

#[expect(clippy::needless_pass_by_value, reason = "a stub")]
/// Applies one message. No I/O, no clock, no task.
pub fn update(state: &mut State, message: Message) -> Vec<Effect> {
    match message {
        Message::Clock(now) => {
            state.now = now;
            return Vec::new();
        }
        Message::Terminal(Input::Key(key)) => {
            state.quiet = false;
            let control = key.modifiers == KeyModifiers::CONTROL;
            match key.code {
                KeyCode::Char('c') if control => return vec![Effect::Quit],
                KeyCode::Char('z') if control => return vec![Effect::Suspend],
                KeyCode::Char('l') if control => return vec![Effect::Repaint],
                KeyCode::Char('i') => {
                    let (what, text) = ("ID".to_owned(), "savepeek".to_owned());
                    return vec![Effect::Copy(crate::effect::Clip { what, text })];
                }
                KeyCode::Char('q') => return vec![Effect::Quit],
                _ => {}
            }
        }
        _ => state.quiet = false,
    }
    Vec::new()
}
