//! The context picker.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget as _;
use unicode_width::UnicodeWidthStr as _;

use super::widgets::{popup, table, text_input};
use crate::config::keymap::{Action, Mode};
use crate::tui::model::State;
use crate::tui::model::contexts::{ALL, ContextPicker};
use crate::tui::model::geometry::{Geometry, Viewport};
use crate::tui::model::role::Role;
use crate::util::text;

/// Draws the contexts, each with its place beside it. Returns the cursor position.
pub(super) fn draw(
    area: Rect,
    buffer: &mut Buffer,
    state: &State,
    picker: &ContextPicker,
    geometry: &mut Geometry,
) -> Option<Position> {
    let theme = state.settings.theme;
    let height = u16::try_from(state.settings.contexts.len() + 4).unwrap_or(u16::MAX);
    let inner = popup::draw(area, buffer, state, (78, height), "context");
    if inner.is_empty() {
        return None;
    }
    let width = usize::from(inner.width);
    let line = Rect { height: 1, ..inner };
    let (cursor, _) = text_input::draw(line, buffer, theme, " name: ", &picker.input);
    let choices = picker.choices(&state.settings.contexts);
    let list = Rect { y: inner.y + 1, height: inner.height - 1, ..inner };
    let first = picker.cursor.first(choices.len(), usize::from(list.height));
    geometry.choices = Viewport { area: list, first };
    let (rows, selected) = (choices.len(), Some(picker.cursor.selected));
    table::draw_rows(geometry.choices, buffer, theme, rows, selected, |row, line, buffer| {
        let (name, fields) = match choices.get(row).copied().flatten() {
            Some(context) => (context.name.as_str(), context.fields.in_order().join("  ")),
            None => (ALL, "everything that is watched".to_owned()),
        };
        let name = text::fit(&text::clean(name), 20).into_owned();
        let fields = text::clean(fields.trim()).into_owned();
        let gap = " ".repeat(22_usize.saturating_sub(name.width()));
        let spans = vec![
            Span::raw(format!("  {name}{gap}")),
            Span::styled(
                text::fit(&fields, width.saturating_sub(24)).into_owned(),
                theme.style(Role::Label),
            ),
        ];
        Line::from(spans).render(line, buffer);
    });
    if choices.is_empty() && !list.is_empty() {
        let back = state.settings.keys.key(Mode::Contexts, Action::Back);
        let words = format!(" no context is called so; {back} goes back");
        Line::from(Span::styled(words, theme.style(Role::Label))).render(list, buffer);
    }
    Some(cursor)
}
