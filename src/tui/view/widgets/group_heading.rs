//! The heading of a group of rows: its name, further parts, and a rule to the edge.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget as _;
use unicode_width::UnicodeWidthStr as _;

use crate::tui::model::State;
use crate::tui::model::role::Role;
use crate::tui::view::glyphs::Symbol;
use crate::util::text;

/// The name is not cut below this width.
const MIN_NAME_WIDTH: usize = 12;

/// Draws the heading. With little room the name is cut first, then the last parts.
pub(in crate::tui::view) fn draw(
    area: Rect,
    buffer: &mut Buffer,
    state: &State,
    name: &str,
    parts: Vec<(String, Role)>,
) {
    let (theme, glyphs) = (state.settings.theme, state.settings.glyphs);
    let dot = format!(" {} ", glyphs.symbol(Symbol::Separator));
    let mut left = usize::from(area.width).saturating_sub(1);
    let needed: usize = parts.iter().map(|(words, _)| words.width() + dot.width()).sum();
    let room = left.saturating_sub(needed).max(MIN_NAME_WIDTH);
    let mut spans = vec![Span::raw(" ")];
    let mut push = |words: &str, style| {
        let words = text::fit(words, left).into_owned();
        left -= words.width();
        spans.push(Span::styled(words, style));
        left
    };
    push(&text::fit(name, room), theme.style(Role::Title));
    for (words, role) in parts {
        push(&dot, theme.style(Role::Label));
        push(&words, theme.text(role));
    }
    let left = push(" ", theme.style(Role::Label));
    push(&glyphs.symbol(Symbol::Rule).repeat(left), theme.style(Role::Label));
    Line::from(spans).render(area, buffer);
}
