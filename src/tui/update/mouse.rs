//! The mouse, if enabled: a click selects, the wheel scrolls. It never changes data; that is
//! left to keys.

use ratatui::layout::Position;

use super::{browse, contexts, dialog, journal, picker};
use crate::config::keymap::Action;
use crate::tui::effect::Effect;
use crate::tui::message::Turn;
use crate::tui::model::{Overlay, Pane, State};

/// Lines per notch of the wheel.
const NOTCH: usize = 3;

pub(super) fn click(state: &mut State, at: Position) -> Vec<Effect> {
    let (list, detail) = (state.geometry.list_area, state.geometry.detail_area);
    let (log, choices) = (state.geometry.journal_area, state.geometry.choices_area);
    let choice = state.geometry.choices_first + usize::from(at.y.saturating_sub(choices.y));
    match &state.overlay {
        None if list.contains(at) => {
            let (first, line) = (state.geometry.list_first, usize::from(at.y - list.y));
            state.pane = Pane::List;
            if line > 0 || state.list.pinned(first, state.geometry.list_rows).is_none() {
                browse::select(state, first + line);
            }
        }
        None if detail.contains(at) && state.pane == Pane::List => state.pane = Pane::Detail,
        Some(Overlay::Journal(_)) if log.contains(at) => {
            let row = state.geometry.journal_first + usize::from(at.y - log.y);
            journal::mark(state, row);
        }
        Some(Overlay::Copy(_)) if choices.contains(at) => dialog::mark(state, choice),
        Some(Overlay::Contexts(_)) if choices.contains(at) => contexts::mark(state, choice),
        Some(Overlay::Picker(_)) if state.geometry.picker_area.contains(at) => {
            let row =
                state.geometry.picker_first + usize::from(at.y - state.geometry.picker_area.y);
            return picker::go(state, row);
        }
        _ => {}
    }
    Vec::new()
}

pub(super) fn wheel(state: &mut State, at: Position, turn: Turn) -> Vec<Effect> {
    let action = match turn {
        Turn::Up => Action::Up,
        Turn::Down => Action::Down,
    };
    let mut effects = Vec::new();
    for _ in 0..NOTCH {
        match &state.overlay {
            None if state.geometry.list_area.contains(at) => {
                browse::move_or_scroll(state, Pane::List, action);
                browse::mark_seen(state);
            }
            None if state.geometry.detail_area.contains(at) => {
                browse::move_or_scroll(state, Pane::Detail, action);
            }
            Some(Overlay::Journal(log)) if log.typing.is_none() => {
                journal::act(state, action);
            }
            Some(Overlay::Picker(picker)) if picker.typing.is_none() => {
                effects.extend(picker::act(state, action));
            }
            Some(Overlay::Help(_) | Overlay::Copy(_)) => {
                dialog::act(state, action);
            }
            Some(Overlay::Contexts(_)) => contexts::act(state, action),
            _ => {}
        }
    }
    effects
}
