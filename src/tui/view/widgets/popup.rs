//! A bordered box in the middle of an area.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;
use ratatui::widgets::{Clear, Widget as _};

use crate::tui::model::State;
use crate::tui::model::meaning::Meaning;

/// The width of a popup: the whole area where only a few columns would be left beside it.
pub(in crate::tui::view) fn width_in(area: Rect, width: u16) -> u16 {
    if area.width < width.saturating_add(8) { area.width } else { width }
}

/// Clears the box and draws its border. Returns the area inside.
pub(in crate::tui::view) fn draw(
    area: Rect,
    buffer: &mut Buffer,
    state: &State,
    (width, height): (u16, u16),
    title: &str,
) -> Rect {
    let (theme, glyphs) = (state.settings.theme, state.settings.glyphs);
    let width = width_in(area, width);
    let height = height.min(area.height);
    let frame = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    };
    Clear.render(frame, buffer);
    let title = Span::styled(format!(" {title} "), theme.style(Meaning::Title));
    let block = glyphs.bordered().border_style(theme.style(Meaning::Focus)).title(title);
    let inner = block.inner(frame);
    block.render(frame, buffer);
    inner
}
