//! The bottom line: what is being typed, the last notice, or the keys that apply now.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget as _;
use unicode_width::UnicodeWidthStr as _;

use super::theme::Meaning;
use super::typed;
use crate::keymap::Action;
use crate::state::{Overlay, State};
use crate::text;

/// Draws the line; says where the cursor is while something is typed in it.
pub(super) fn draw(area: Rect, buffer: &mut Buffer, state: &State) -> Option<Position> {
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
        let (shown, cursor) = typed::line(input, width.saturating_sub(prompt.len()));
        Line::from(vec![Span::styled(prompt, theme.style(Meaning::Key)), Span::raw(shown)])
            .render(area, buffer);
        let x = area.x.saturating_add(u16::try_from(prompt.len() + cursor).unwrap_or(u16::MAX));
        let x = x.min(area.right().saturating_sub(1));
        return Some(Position::new(x, area.y));
    }
    if let Some(notice) = &state.notice {
        let meaning = if notice.bad { Meaning::Worry } else { Meaning::Title };
        let words = format!(" {}", text::clean(&notice.text));
        Line::from(Span::styled(text::fit(&words, width).into_owned(), theme.style(meaning)))
            .render(area, buffer);
        return None;
    }
    let mut spans = Vec::new();
    let mut used = 0;
    for (binding, keys) in state.settings.keys.bindings(state.mode()) {
        let nowhere = binding.action == Action::Context && state.settings.contexts.is_empty();
        let said = !binding.word.is_empty() && !nowhere;
        let Some(key) = keys.first().filter(|_| said) else { continue };
        let (key, word) = (format!(" {key}"), format!(" {} ", binding.word));
        used += key.width() + word.width();
        if used > width {
            break;
        }
        spans.push(Span::styled(key, theme.style(Meaning::Key)));
        spans.push(Span::raw(word));
    }
    Line::from(spans).render(area, buffer);
    None
}
