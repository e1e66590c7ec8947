//! The mouse, if enabled: a click selects, the wheel scrolls. It never changes data; that is
//! left to keys.

use ratatui::layout::Position;

use super::{browse, contexts, dialog, journal, picker};
use crate::config::keymap::Action;
use crate::tui::effect::Effect;
use crate::tui::message::ScrollDirection;
use crate::tui::model::{Overlay, Pane, State};

/// Lines per notch of the wheel.
const NOTCH: usize = 3;

pub(super) fn click(state: &mut State, at: Position) -> Vec<Effect> {
    let geometry = state.geometry;
    let viewport = match &state.overlay {
        None => geometry.list,
        Some(Overlay::Journal(_)) => geometry.journal,
        Some(Overlay::Copy(_) | Overlay::Contexts(_)) => geometry.choices,
        Some(Overlay::Picker(_)) => geometry.picker,
        _ => return Vec::new(),
    };
    let Some(row) = viewport.row_at(at) else {
        let in_detail = state.overlay.is_none() && geometry.detail_area.contains(at);
        if in_detail && state.pane == Pane::List {
            state.pane = Pane::Detail;
        }
        return Vec::new();
    };
    match &state.overlay {
        Some(Overlay::Journal(_)) => journal::select(state, row),
        Some(Overlay::Copy(_)) => dialog::select(state, row),
        Some(Overlay::Contexts(_)) => contexts::select(state, row),
        Some(Overlay::Picker(_)) => return picker::select(state, row),
        _ => {
            state.pane = Pane::List;
            if row > viewport.first || state.list.pinned(row, viewport.height()).is_none() {
                browse::select(state, row);
            }
        }
    }
    Vec::new()
}

pub(super) fn wheel(state: &mut State, at: Position, direction: ScrollDirection) -> Vec<Effect> {
    let action = match direction {
        ScrollDirection::Up => Action::Up,
        ScrollDirection::Down => Action::Down,
    };
    let mut effects = Vec::new();
    for _ in 0..NOTCH {
        match &state.overlay {
            None if state.geometry.list.area.contains(at) => {
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
