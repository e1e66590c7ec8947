//! Popups over the panes: the copy menu and the form.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Widget as _};
use unicode_width::UnicodeWidthStr as _;

use super::identity;
use super::widgets::{popup, table, text_input};
use crate::config::keymap::{Action, Mode};
use crate::tui::model::State;
use crate::tui::model::copy_menu::CopyMenu;
use crate::tui::model::cursor::Cursor;
use crate::tui::model::form::{Field, Form};
use crate::tui::model::geometry::{Geometry, Viewport};
use crate::tui::model::role::Role;
use crate::util::text;

/// The copy menu: each item with its value beside it.
pub(super) fn draw_copy_menu(
    area: Rect,
    buffer: &mut Buffer,
    state: &State,
    menu: &CopyMenu,
    geometry: &mut Geometry,
) {
    let theme = state.settings.theme;
    let height = u16::try_from(menu.items.len() + 2).unwrap_or(u16::MAX);
    let inner = popup::draw(area, buffer, state, (110, height), "copy");
    let first = menu.cursor.first(menu.items.len(), usize::from(inner.height));
    geometry.choices = Viewport { area: inner, first };
    let width = usize::from(inner.width);
    let longest = menu.items.iter().map(|item| item.what.width()).max().unwrap_or_default();
    let label_width = longest.min((width / 2).saturating_sub(3));
    let (rows, selected) = (menu.items.len(), Some(menu.cursor.selected));
    table::draw_rows(geometry.choices, buffer, theme, rows, selected, |row, line, buffer| {
        let Some(item) = menu.items.get(row) else { return };
        let value = item.text.as_deref().unwrap_or("not given");
        let value =
            text::clean(&value.split_whitespace().collect::<Vec<_>>().join(" ")).into_owned();
        let role = if item.text.is_some() { Role::Text } else { Role::Missing };
        let label = text::fit(&item.what, label_width);
        let gap = " ".repeat(label_width + 1 - label.width().min(label_width));
        let room = width.saturating_sub(label_width + 6);
        let spans = vec![
            Span::raw("  "),
            Span::styled(format!("{}  ", item.key), theme.style(Role::Key)),
            Span::raw(format!("{label}{gap}")),
            Span::styled(text::fit(&value, room).into_owned(), theme.style(role)),
        ];
        Line::from(spans).render(line, buffer);
    });
}

const FORM_WIDTH: u16 = 78;

/// The form. Returns the cursor position.
pub(super) fn draw_form(
    area: Rect,
    buffer: &mut Buffer,
    state: &State,
    form: &Form,
) -> Option<Position> {
    let theme = state.settings.theme;
    let title = if state.feeds.is_empty() { "watch savepoints" } else { "add savepoints" };
    let inside = usize::from(popup::width_in(area, FORM_WIDTH)).saturating_sub(2);
    let hints = hints(state, form, inside);
    let height = u16::try_from(Field::ALL.len() + hints.len() + 3).unwrap_or(u16::MAX);
    let inner = popup::draw(area, buffer, state, (FORM_WIDTH, height), title);
    // With little room: the current field and the first hints.
    let rows = usize::from(inner.height);
    let hint_rows = hints.len().min(rows.saturating_sub(Field::ALL.len() + 1).max(rows / 3));
    let gap = usize::from(rows > Field::ALL.len() + hint_rows);
    let field_rows = rows - hint_rows - gap;
    let at = Field::ALL.iter().position(|field| *field == form.field).unwrap_or_default();
    let first = Cursor::new(at).first(Field::ALL.len(), field_rows);
    let label = 15_u16.min(inner.width / 3);
    let room = usize::from(inner.width.saturating_sub(label + 1));
    let mut cursor = None;
    let mut y = inner.y;
    for field in Field::ALL.into_iter().skip(first).take(field_rows) {
        let name = match field {
            Field::Service => "Region or URL",
            Field::Workspace => "Workspace",
            Field::Namespace => "Namespace",
            Field::Profile => "Profile",
            Field::Ids => "Savepoints",
        };
        let is_current = form.field == field;
        let style = theme.style(if is_current { Role::Focus } else { Role::Label });
        buffer.set_stringn(
            inner.x,
            y,
            format!("{}{name}", if is_current { ">" } else { " " }),
            usize::from(label),
            style,
        );
        let input = form.input(field);
        let (visible, at) = text_input::visible(input, room);
        let (shown, role) = if field == Field::Profile && visible.is_empty() {
            ("the default credentials", Role::Label)
        } else {
            (visible.as_str(), Role::Text)
        };
        buffer.set_stringn(inner.x + label + 1, y, text::fit(shown, room), room, theme.style(role));
        if is_current {
            let x = (inner.x + label + 1).saturating_add(u16::try_from(at).unwrap_or(u16::MAX));
            cursor = Some(Position::new(x.min(inner.right().saturating_sub(1)), y));
        }
        y += 1;
    }
    let y = y.saturating_add(u16::from(gap > 0)).min(inner.bottom());
    let below = Rect { y, height: inner.bottom().saturating_sub(y), ..inner };
    Paragraph::new(hints).render(below, buffer);
    cursor
}

/// Below the fields: the problem, the IDs found, and the credentials.
fn hints(state: &State, form: &Form, width: usize) -> Vec<Line<'static>> {
    let theme = state.settings.theme;
    let mut lines = Vec::new();
    let mut say = |words: &str, role: Role| {
        for line in text::wrap(&text::clean(words), width.saturating_sub(2)) {
            lines.push(Line::from(Span::styled(format!(" {line}"), theme.text(role))));
        }
    };
    if let Some(problem) = &form.problem {
        say(problem, Role::Bad);
    }
    let found = form.found();
    match (found.ids.as_slice(), found.rejected.as_slice()) {
        ([], []) => {
            say("paste IDs in any shape: commas, lines, JSON, a line of the console", Role::Label);
            let back = state.settings.keys.key(Mode::Form, Action::Back);
            let browse = state.settings.keys.key(Mode::Browse, Action::Pick);
            say(&format!("without an ID: {back}, then {browse} browses deployments"), Role::Label);
        }
        (ids, rejected) => {
            let plural = if ids.len() == 1 { "" } else { "s" };
            say(&format!("{} savepoint ID{plural} found", ids.len()), Role::Good);
            if !rejected.is_empty() {
                say(
                    &format!("no savepoint ID: {}", text::fit(&rejected.join(" "), 3 * width)),
                    Role::Warning,
                );
            }
        }
    }
    // The identity is known for the default profile only.
    let known = form.profile.value().trim() == state.defaults.profile;
    match state.default_identity().filter(|_| known) {
        None => {}
        Some(Ok(known)) => {
            let (words, role) = identity::full_text(known, state.now);
            say(&format!("credentials: {words}"), role);
        }
        Some(Err(why)) => {
            say(&format!("no credentials: {why}"), Role::Warning);
            let demo = state.settings.keys.key(Mode::Form, Action::Demo);
            say(&format!("{demo} opens the demo, which needs none"), Role::Label);
        }
    }
    lines
}
