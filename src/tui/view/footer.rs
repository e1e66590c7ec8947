//! The footer: a text input, the last notice, or the keys that apply.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget as _;
use unicode_width::UnicodeWidthStr as _;

use super::widgets::text_input;
use crate::config::keymap::{Action, Mode};
use crate::tui::model::geometry::Geometry;
use crate::tui::model::meaning::Meaning;
use crate::tui::model::{DetailMode, Overlay, Pane, State};
use crate::tui::update;
use crate::util::text;

/// Draws the line; says where the cursor is while something is typed in it.
pub(super) fn draw(
    area: Rect,
    buffer: &mut Buffer,
    state: &State,
    geometry: &Geometry,
) -> Option<Position> {
    let theme = state.settings.theme;
    let width = usize::from(area.width);
    let typing = match &state.overlay {
        Some(Overlay::Filter(typing) | Overlay::Search(typing)) => Some(("/", &typing.input)),
        Some(Overlay::Journal(log)) => log.typing.as_ref().map(|typing| ("/", &typing.input)),
        Some(Overlay::Picker(picker)) => picker.typing.as_ref().map(|it| ("/", &it.input)),
        Some(Overlay::Note(input, _)) => Some((" note: ", input)),
        _ => None,
    };
    if let Some((prompt, input)) = typing {
        let (shown, cursor) = text_input::visible(input, width.saturating_sub(prompt.len()));
        let used = prompt.len() + shown.width().max(cursor + 1);
        let typed = vec![Span::styled(prompt, theme.style(Meaning::Key)), Span::raw(shown)];
        Line::from(typed).render(area, buffer);
        // Beside it, as long as it leaves room, how it ends.
        let hint = Line::from(keys(state, geometry, usize::MAX));
        if used + hint.width() < width {
            hint.right_aligned().render(area, buffer);
        }
        let x = area.x.saturating_add(u16::try_from(prompt.len() + cursor).unwrap_or(u16::MAX));
        let x = x.min(area.right().saturating_sub(1));
        return Some(Position::new(x, area.y));
    }
    if let Some(notice) = &state.notice {
        let meaning = if notice.bad { Meaning::Worry } else { Meaning::Title };
        let words = text::clean(&notice.text);
        let words = text::fit(&words, width.saturating_sub(1)).into_owned();
        let notice = vec![Span::raw(" "), Span::styled(words, theme.style(meaning))];
        Line::from(notice).render(area, buffer);
        return None;
    }
    Line::from(keys(state, geometry, width)).render(area, buffer);
    None
}

/// The keys that apply, each with its word, as many as there is room for: whatever gives way, the
/// way back is seen.
fn keys(state: &State, geometry: &Geometry, width: usize) -> Vec<Span<'static>> {
    let theme = state.settings.theme;
    let mode = state.mode();
    let table = &state.settings.keys;
    let mut pairs: Vec<(Action, String, String)> = Vec::new();
    if mode == Mode::Help {
        let [down, up] = [Action::Down, Action::Up].map(|action| table.key(mode, action));
        pairs.push((Action::Down, format!(" {down} {up}"), " scroll ".to_owned()));
    }
    for (binding, keys) in table.bindings(mode) {
        let word = word(state, geometry, mode, binding.action, binding.word);
        if let (Some(key), Some(word)) = (keys.first(), word) {
            pairs.push((binding.action, format!(" {key}"), format!(" {word} ")));
        }
    }
    let width_of = |(_, key, word): &(Action, String, String)| key.width() + word.width();
    let mut back = pairs.iter().find(|it| it.0 == Action::Back).map_or(0, width_of);
    let mut spans = Vec::new();
    let (mut used, mut full) = (0, false);
    for pair in pairs {
        let is_back = pair.0 == Action::Back;
        if is_back {
            back = 0;
        }
        full |= used + width_of(&pair) + back > width;
        if full && !is_back {
            continue;
        }
        used += width_of(&pair);
        spans.push(Span::styled(pair.1, theme.style(Meaning::Key)));
        spans.push(Span::raw(pair.2));
    }
    spans
}

/// The word for what a key does here; nothing where it does nothing, or nothing worth the room.
fn word<'a>(
    state: &State,
    geometry: &Geometry,
    mode: Mode,
    action: Action,
    word: &'a str,
) -> Option<&'a str> {
    use Action as A;
    let word = match (mode, action) {
        (Mode::Browse, _) if state.pane == Pane::List => of_list(state, action, word),
        (Mode::Browse, A::Cause) if !geometry.detail_cause => "",
        (Mode::Browse, _) => of_detail(state, action, word),
        (Mode::Picker, _) => of_picker(state, action, word),
        (Mode::Filter, A::Quit) => "",
        _ => word,
    };
    (!word.is_empty()).then_some(word)
}

fn of_list<'a>(state: &State, action: Action, word: &'a str) -> &'a str {
    use Action as A;
    let applies = match action {
        A::Cause | A::NextMatch | A::PreviousMatch | A::Wrap | A::Raw => false,
        A::Back => state.detail_mode == DetailMode::Json || !state.list.filter.is_empty(),
        A::CopyRestart => update::restart(state).is_some(),
        A::Context => !state.settings.contexts.is_empty(),
        _ if state.list.selected.is_none() => {
            !matches!(action, A::Open | A::Copy | A::Refresh | A::Note | A::Remove)
        }
        _ => true,
    };
    if applies { word } else { "" }
}

fn of_detail<'a>(state: &State, action: Action, word: &'a str) -> &'a str {
    use Action as A;
    match action {
        A::Filter => "search",
        A::Context if state.settings.contexts.is_empty() => "",
        A::NextMatch | A::PreviousMatch if state.detail.search.is_empty() => "",
        A::Open | A::Add | A::Pick | A::Sort | A::RefreshAll | A::Remove | A::CopyRestart => "",
        _ => word,
    }
}

/// Each of its levels has keys of its own.
fn of_picker<'a>(state: &State, action: Action, word: &'a str) -> &'a str {
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
