//! The heading of a group in the list: its name, its status, and a rule to the edge.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget as _;
use unicode_width::UnicodeWidthStr as _;

use super::glyphs::Sign;
use crate::tui::model::State;
use crate::tui::model::meaning::Meaning;
use crate::util::text;

/// The least columns of a name.
const NAME: usize = 12;

/// Draws it. Where there is little room the name is cut first, then what is said last.
pub(super) fn draw(
    area: Rect,
    buffer: &mut Buffer,
    state: &State,
    name: &str,
    parts: Vec<(String, Meaning)>,
) {
    let (theme, glyphs) = (state.settings.theme, state.settings.glyphs);
    let dot = format!(" {} ", glyphs.sign(Sign::Dot));
    let mut left = usize::from(area.width).saturating_sub(1);
    let needed: usize = parts.iter().map(|(words, _)| words.width() + dot.width()).sum();
    let room = left.saturating_sub(needed).max(NAME);
    let mut spans = vec![Span::raw(" ")];
    let mut push = |words: &str, style| {
        let words = text::fit(words, left).into_owned();
        left -= words.width();
        spans.push(Span::styled(words, style));
        left
    };
    push(&text::fit(name, room), theme.style(Meaning::Title));
    for (words, meaning) in parts {
        push(&dot, theme.style(Meaning::Label));
        push(&words, theme.words(meaning));
    }
    let left = push(" ", theme.style(Meaning::Label));
    push(&glyphs.sign(Sign::Rule).repeat(left), theme.style(Meaning::Label));
    Line::from(spans).render(area, buffer);
}
