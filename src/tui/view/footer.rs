//! The footer: a text input, the last notice, or the keys that apply.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget as _;

use super::widgets::text_input;
use crate::config::keymap::{Action, Mode};
use crate::tui::model::geometry::Geometry;
use crate::tui::model::notices::Severity;
use crate::tui::model::role::Role;
use crate::tui::model::{DetailMode, Overlay, Pane, State};
use crate::util::text;

/// Draws the line. Returns the cursor position while an input is open.
pub(super) fn draw(
    area: Rect,
    buffer: &mut Buffer,
    state: &State,
    geometry: &Geometry,
) -> Option<Position> {
    let theme = state.settings.theme;
    let width = usize::from(area.width);
    let open_input = match &state.overlay {
        Some(Overlay::Filter(typing) | Overlay::Search(typing)) => Some(("/", &typing.input)),
        Some(Overlay::Journal(log)) => log.typing.as_ref().map(|typing| ("/", &typing.input)),
        Some(Overlay::Picker(picker)) => picker.typing.as_ref().map(|it| ("/", &it.input)),
        Some(Overlay::Note(input, _)) => Some((" note: ", input)),
        _ => None,
    };
    if let Some((prompt, input)) = open_input {
        let (cursor, used) = text_input::draw(area, buffer, theme, prompt, input);
        // The keys that end the input, while there is room beside it.
        let hint = Line::from(key_hints(state, geometry, usize::MAX));
        if used + hint.width() < width {
            hint.right_aligned().render(area, buffer);
        }
        return Some(cursor);
    }
    if let Some(notice) = state.notices.shown() {
        let role = match notice.severity {
            Severity::Problem => Role::Warning,
            Severity::Info => Role::Title,
        };
        let words = text::clean(&notice.text);
        let words = text::fit(&words, width.saturating_sub(1)).into_owned();
        let notice = vec![Span::raw(" "), Span::styled(words, theme.style(role))];
        Line::from(notice).render(area, buffer);
        return None;
    }
    Line::from(key_hints(state, geometry, width)).render(area, buffer);
    None
}

/// The keys that apply, each with a word, as many as there is room for. The key that goes
/// back is always shown.
fn key_hints(state: &State, geometry: &Geometry, width: usize) -> Vec<Span<'static>> {
    let theme = state.settings.theme;
    let mode = state.mode();
    let table = &state.settings.keys;
    let hint = |action, key: &str, word: &str| {
        let key = Span::styled(format!(" {key}"), theme.style(Role::Key));
        (action, [key, Span::raw(format!(" {word} "))])
    };
    let mut hints = Vec::new();
    if mode == Mode::Help {
        let [down, up] = [Action::Down, Action::Up].map(|action| table.key(mode, action));
        hints.push(hint(Action::Down, &format!("{down} {up}"), "scroll"));
    }
    for (binding, keys) in table.bindings(mode) {
        let word = hint_word(state, geometry, mode, binding.action, binding.word);
        if let (Some(key), Some(word)) = (keys.first(), word) {
            hints.push(hint(binding.action, &key.to_string(), word));
        }
    }
    let width_of = |spans: &[Span; 2]| spans.iter().map(Span::width).sum::<usize>();
    let back = hints.iter().find(|(action, _)| *action == Action::Back);
    let mut reserved = back.map_or(0, |(_, spans)| width_of(spans));
    let mut shown = Vec::new();
    let (mut used, mut full) = (0, false);
    for (action, spans) in hints {
        if action == Action::Back {
            reserved = 0;
        }
        full |= used + width_of(&spans) + reserved > width;
        if !full || action == Action::Back {
            used += width_of(&spans);
            shown.extend(spans);
        }
    }
    shown
}

/// The word for a key; `None` if it does nothing here, or is not worth the room.
fn hint_word<'a>(
    state: &State,
    geometry: &Geometry,
    mode: Mode,
    action: Action,
    word: &'a str,
) -> Option<&'a str> {
    use Action as A;
    let word = match (mode, action) {
        (Mode::Browse, _) if state.pane == Pane::List => list_word(state, action, word),
        (Mode::Browse, A::Cause) if !geometry.detail_cause => "",
        (Mode::Browse, _) => detail_word(state, action, word),
        (Mode::Picker, _) => picker_word(state, action, word),
        (Mode::Filter, A::Quit) => "",
        _ => word,
    };
    (!word.is_empty()).then_some(word)
}

fn list_word<'a>(state: &State, action: Action, word: &'a str) -> &'a str {
    use Action as A;
    let applies = match action {
        A::Cause | A::NextMatch | A::PreviousMatch | A::Wrap | A::Raw => false,
        A::Back => state.detail.mode == DetailMode::Json || !state.list.filter.is_empty(),
        A::CopyRestart => state.restart().is_some(),
        A::Context => !state.settings.contexts.is_empty(),
        _ if state.list.selected.is_none() => {
            !matches!(action, A::Open | A::Copy | A::Refresh | A::Note | A::Remove)
        }
        _ => true,
    };
    if applies { word } else { "" }
}

fn detail_word<'a>(state: &State, action: Action, word: &'a str) -> &'a str {
    use Action as A;
    match action {
        A::Filter => "search",
        A::Context if state.settings.contexts.is_empty() => "",
        A::NextMatch | A::PreviousMatch if state.detail.search.is_empty() => "",
        A::Open | A::Add | A::Pick | A::Sort | A::RefreshAll | A::Remove | A::CopyRestart => "",
        _ => word,
    }
}

/// Not every key applies at every level of the picker.
fn picker_word<'a>(state: &State, action: Action, word: &'a str) -> &'a str {
    use Action as A;
    let Some(Overlay::Picker(picker)) = &state.overlay else { return word };
    let (savepoints, deployments) = (picker.savepoints.is_some(), picker.deployments.is_some());
    match action {
        A::Accept if savepoints => "watch",
        A::Accept => "open",
        A::Mark | A::MarkAll if !savepoints => "",
        A::Filter | A::Follow | A::RefreshAll if !savepoints && !deployments => "",
        _ => word,
    }
}
