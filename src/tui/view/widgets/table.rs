//! A table: a heading, and one line for each visible row, the selected one marked.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use crate::config::appearance::Theme;
use crate::tui::model::geometry::Viewport;
use crate::tui::model::role::Role;
use crate::util::text;

pub(in crate::tui::view) struct Cell {
    pub(in crate::tui::view) text: String,
    pub(in crate::tui::view) style: Style,
    /// The style of the first column, where it is a symbol.
    pub(in crate::tui::view) symbol: Option<Style>,
}

/// Draws each visible row with `draw`, and marks the selected one.
pub(in crate::tui::view) fn draw_rows(
    viewport: Viewport,
    buffer: &mut Buffer,
    theme: Theme,
    rows: usize,
    selected: Option<usize>,
    mut draw: impl FnMut(usize, Rect, &mut Buffer),
) {
    let area = viewport.area;
    for (row, y) in (viewport.first..rows).zip(area.top()..area.bottom()) {
        let line = Rect { y, height: 1, ..area };
        draw(row, line, buffer);
        if selected == Some(row) {
            buffer.set_stringn(line.x, y, ">", usize::from(line.width), Style::new());
            buffer.set_style(line, theme.style(Role::Selected));
        }
    }
}

/// Draws the names of the columns.
pub(in crate::tui::view) fn draw_heading<C: Copy>(
    line: Rect,
    buffer: &mut Buffer,
    theme: Theme,
    columns: &[(C, usize)],
    name: impl Fn(C) -> String,
) {
    let style = theme.style(Role::Label).add_modifier(Modifier::BOLD);
    draw_cells(line, buffer, columns, |column, _| Cell { text: name(column), style, symbol: None });
}

/// Draws a line of cells, to the right of the mark of the selected row. `cell` gets the width that
/// is left for it.
pub(in crate::tui::view) fn draw_cells<C: Copy>(
    line: Rect,
    buffer: &mut Buffer,
    columns: &[(C, usize)],
    cell: impl Fn(C, usize) -> Cell,
) {
    let mut x = line.x.saturating_add(2);
    for &(column, width) in columns {
        if x >= line.right() {
            break;
        }
        let room = width.min(usize::from(line.right() - x));
        let Cell { text, style, symbol } = cell(column, room);
        buffer.set_stringn(x, line.y, text::fit(&text, room), room, style);
        if let Some(symbol) = symbol {
            buffer.set_style(Rect { x, width: 1, ..line }, symbol);
        }
        x = x.saturating_add(u16::try_from(width + 1).unwrap_or(u16::MAX));
    }
}
