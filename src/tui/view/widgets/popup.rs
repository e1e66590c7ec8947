//! Bordered boxes over the panes.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;
use ratatui::widgets::{Clear, Widget as _};

use crate::tui::model::State;
use crate::tui::model::role::Role;
use crate::util::text;

/// The width of a popup: the whole area where only a few columns would be left beside it.
pub(in crate::tui::view) fn width_in(area: Rect, width: u16) -> u16 {
    if area.width < width.saturating_add(8) { area.width } else { width }
}

/// Draws the border of a box in the middle of the area, and clears it. Returns the area inside.
pub(in crate::tui::view) fn draw(
    area: Rect,
    buffer: &mut Buffer,
    state: &State,
    (width, height): (u16, u16),
    title: &str,
) -> Rect {
    let width = width_in(area, width);
    let height = height.min(area.height);
    let frame = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    };
    draw_bordered(frame, buffer, state, format!(" {title} "), String::new())
}

/// Draws a border around the whole area, and clears it. Returns the area inside.
pub(in crate::tui::view) fn draw_full(
    area: Rect,
    buffer: &mut Buffer,
    state: &State,
    title: &str,
    bottom: &str,
) -> Rect {
    let room = usize::from(area.width).saturating_sub(2);
    let [title, bottom] = [title, bottom].map(|words| text::fit(words, room).into_owned());
    draw_bordered(area, buffer, state, title, bottom)
}

fn draw_bordered(
    area: Rect,
    buffer: &mut Buffer,
    state: &State,
    title: String,
    bottom: String,
) -> Rect {
    let (theme, glyphs) = (state.settings.theme, state.settings.glyphs);
    Clear.render(area, buffer);
    let block = glyphs
        .bordered()
        .border_style(theme.style(Role::Focus))
        .title(Span::styled(title, theme.style(Role::Title)))
        .title_bottom(bottom);
    let inner = block.inner(area);
    block.render(area, buffer);
    inner
}
