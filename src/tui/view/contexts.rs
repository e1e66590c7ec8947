//! The context picker.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget as _;

use super::dialog::boxed;
use super::theme::Meaning;
use super::typed;
use super::{Geometry, Viewport};
use crate::config::keymap::{Action, Mode};
use crate::tui::model::State;
use crate::tui::model::contexts::{ALL, ContextPicker};
use crate::util::text;

/// Draws the contexts, each with its place beside it; says where the cursor is.
pub(super) fn draw(
    area: Rect,
    buffer: &mut Buffer,
    state: &State,
    picker: &ContextPicker,
    geometry: &mut Geometry,
) -> Option<Position> {
    let theme = state.settings.theme;
    let height = u16::try_from(state.settings.contexts.len() + 4).unwrap_or(u16::MAX);
    let inner = boxed(area, buffer, 78, height, "context", state);
    if inner.is_empty() {
        return None;
    }
    let width = usize::from(inner.width);
    let prompt = " name: ";
    let (shown, cursor) = typed::line(&picker.input, width.saturating_sub(prompt.len()));
    let line = Line::from(vec![Span::styled(prompt, theme.style(Meaning::Key)), Span::raw(shown)]);
    line.render(Rect { height: 1, ..inner }, buffer);
    let choices = picker.choices(&state.settings.contexts);
    let list = Rect { y: inner.y + 1, height: inner.height - 1, ..inner };
    let first = picker.cursor.first(choices.len(), usize::from(list.height));
    geometry.choices = Viewport { area: list, first };
    let shown = choices.iter().enumerate().skip(first);
    for ((at, choice), y) in shown.zip(list.top()..list.bottom()) {
        let mark = if at == picker.cursor.selected { '>' } else { ' ' };
        let (name, fields) = match choice {
            Some(context) => (context.name.as_str(), context.fields.join("  ")),
            None => (ALL, "everything that is watched".to_owned()),
        };
        let name = text::fit(&text::clean(name), 20).into_owned();
        let fields = text::clean(fields.trim()).into_owned();
        let line = Line::from(vec![
            Span::raw(format!("{mark} {name}")),
            Span::raw(" ".repeat(
                22_usize.saturating_sub(unicode_width::UnicodeWidthStr::width(name.as_str())),
            )),
            Span::styled(
                text::fit(&fields, width.saturating_sub(24)).into_owned(),
                theme.style(Meaning::Label),
            ),
        ]);
        let row = Rect { y, height: 1, ..list };
        line.render(row, buffer);
        if at == picker.cursor.selected {
            buffer.set_style(row, theme.style(Meaning::Selected));
        }
    }
    if choices.is_empty() && !list.is_empty() {
        let back = state.settings.keys.key(Mode::Contexts, Action::Back);
        let words = format!(" no context is called so; {back} goes back");
        Line::from(Span::styled(words, theme.style(Meaning::Label))).render(list, buffer);
    }
    let x = inner.x.saturating_add(u16::try_from(prompt.len() + cursor).unwrap_or(u16::MAX));
    Some(Position::new(x.min(inner.right().saturating_sub(1)), inner.y))
}
