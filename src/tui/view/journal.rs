//! The journal, over the panes: one line for each entry, newest first; the selected one in full.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget as _;
use unicode_width::UnicodeWidthStr as _;

use super::glyphs::Symbol;
use super::widgets::{popup, table};
use crate::config::keymap::{Action, Mode};
use crate::domain::change::Kind;
use crate::domain::savepoint::{SavepointId, Target};
use crate::storage::journal::{Entry, Observation, Subject, describe, format_line};
use crate::tui::model::State;
use crate::tui::model::geometry::Geometry;
use crate::tui::model::journal::{JournalStorage, JournalView};
use crate::tui::model::list::called;
use crate::tui::model::role::Role;
use crate::util::text;

/// Lines for the selected entry in full, with the rule above them.
const DETAIL_HEIGHT: u16 = 4;

/// From this width on rows show the date.
const DATE_FROM: u16 = 60;

/// With less room left, a row shows neither deployment nor description.
const MIN_OWNER_WIDTH: usize = 15;

pub(super) fn draw(
    area: Rect,
    buffer: &mut Buffer,
    state: &State,
    view: &JournalView,
    geometry: &mut Geometry,
) {
    let theme = state.settings.theme;
    let glyphs = state.settings.glyphs;
    let zone = state.time_zone();
    let rows = view.rows(&state.journal, &zone);
    let (title, note) = (title(view, rows.len()), storage_note(&state.journal.disk));
    let inner = popup::draw_full(area, buffer, state, &title, &note);
    let detail_height = if inner.height >= 3 * DETAIL_HEIGHT { DETAIL_HEIGHT } else { 0 };
    let [list, below] =
        Layout::vertical([Constraint::Fill(1), Constraint::Length(detail_height)]).areas(inner);
    geometry.journal.area = list;
    if rows.is_empty() && !list.is_empty() {
        let hint = if view.filter.is_empty() {
            "nothing was observed so far".to_owned()
        } else {
            let back = state.settings.keys.key(Mode::Journal, Action::Back);
            format!("no entry has this text; {back} shows all")
        };
        Line::from(Span::styled(hint, theme.style(Role::Label))).render(list, buffer);
    }
    let cursor = view.cursor(&rows);
    geometry.journal.first = cursor.first(rows.len(), geometry.journal.height());
    let selected = Some(cursor.selected);
    table::draw_rows(geometry.journal, buffer, theme, rows.len(), selected, |row, line, buffer| {
        let Some((_, entry)) = rows.get(row) else { return };
        let width = usize::from(line.width);
        let format = if line.width < DATE_FROM { "%H:%M:%S" } else { "%m-%d %H:%M:%S" };
        let time = entry.at.to_zoned_datetime(zone.clone()).strftime(format).to_string();
        let id = if view.of.is_some() { String::new() } else { id(entry, width) };
        let room = width.saturating_sub(time.len() + 4 + id.width());
        let what = describe(entry, &zone, text::clean);
        let what = text::fit(&what, room).into_owned();
        let left = room - what.width();
        // If the journal is of one savepoint, the title already names it.
        let owner = owner(state, entry).filter(|_| view.of.is_none() && left >= MIN_OWNER_WIDTH);
        let dot = glyphs.symbol(Symbol::Separator);
        let owner = owner.map(|owner| format!(" {dot} {owner}")).unwrap_or_default();
        Line::from(vec![
            Span::raw("  "),
            Span::styled(format!("{time}  "), theme.style(Role::Label)),
            Span::raw(id),
            Span::styled(what, theme.text(role(entry))),
            Span::styled(text::fit(&owner, left), theme.style(Role::Label)),
        ])
        .render(line, buffer);
    });
    if let (Some((_, entry)), false) = (rows.get(cursor.selected), below.is_empty()) {
        let rule = glyphs.symbol(Symbol::Rule).repeat(usize::from(below.width));
        buffer.set_string(below.x, below.y, rule, theme.style(Role::Label));
        let lines = text::wrap(&format_line(entry, &zone), usize::from(below.width));
        for (words, y) in lines.iter().zip(below.top() + 1..below.bottom()) {
            buffer.set_stringn(below.x, y, words, usize::from(below.width), Style::new());
        }
    }
}

fn title(view: &JournalView, count: usize) -> String {
    let of = match &view.of {
        Some(subject) => text::clean(&subject.savepoint_id).into_owned(),
        None => "everything".to_owned(),
    };
    let plural = if count == 1 { "entry" } else { "entries" };
    let filter = if view.filter.is_empty() {
        String::new()
    } else {
        format!(" with {:?}", text::clean(&view.filter))
    };
    format!(" journal of {of}: {count} {plural}{filter}, newest first ")
}

fn storage_note(storage_note: &JournalStorage) -> String {
    match storage_note {
        JournalStorage::Off => " in memory only ".to_owned(),
        JournalStorage::Loading => " earlier ones are being read ".to_owned(),
        JournalStorage::Writing => String::new(),
        JournalStorage::Failing(why) => format!(" not on disk: {} ", text::clean(why)),
    }
}

/// The ID of the savepoint, padded to a column.
fn id(entry: &Entry, width: usize) -> String {
    let room = match width {
        120.. => 36,
        70.. => 14,
        _ => 9,
    };
    let id = text::clean(entry.subject().map_or("", |subject| &subject.savepoint_id)).into_owned();
    let id = text::fit(&id, room);
    let gap = room.saturating_sub(id.width());
    format!("{id}{}", " ".repeat(gap + 2))
}

/// Name of the savepoint's deployment, else its description. Known only while it is watched.
fn owner(state: &State, entry: &Entry) -> Option<String> {
    let subject = entry.subject()?;
    let id = SavepointId::new(&subject.savepoint_id).ok()?;
    let (target, feed) = state.places().find_map(|place| {
        let target = Target { place: place.clone(), id: id.clone() };
        state.feeds.get_key_value(&target).filter(|(it, _)| Subject::from_target(it) == *subject)
    })?;
    let described = || feed.answer.as_ref()?.savepoint.description.as_deref();
    let name = Some(called(target, feed, &state.metadata)).filter(|name| !name.is_empty());
    let words = name.or_else(described).filter(|words| !words.is_empty())?;
    Some(text::clean(words).into_owned())
}

fn role(entry: &Entry) -> Role {
    let Observation::Savepoint { kind, .. } = &entry.what else { return Role::Label };
    let state = match kind {
        Kind::First { state }
        | Kind::New { state }
        | Kind::Appeared { state }
        | Kind::State { to: state, .. } => state,
        Kind::FirstMissing | Kind::Vanished { .. } => return Role::Missing,
        Kind::Lost { .. } | Kind::Back { .. } | Kind::Overdue { .. } => return Role::Warning,
    };
    match state.as_str() {
        "COMPLETED" => Role::Good,
        "FAILED" => Role::Bad,
        "STARTED" => Role::Active,
        _ => Role::Unknown,
    }
}
