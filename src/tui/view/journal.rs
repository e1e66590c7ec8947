//! The journal over the panes: one line for each entry, newest first, and the selected one in full.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget as _};
use unicode_width::UnicodeWidthStr as _;

use super::glyphs::Sign;
use super::widgets::table;
use crate::config::keymap::{Action, Mode};
use crate::domain::change::Kind;
use crate::domain::savepoint::{SavepointId, Target};
use crate::storage::journal::{Entry, Observation, Subject, describe, format_line};
use crate::tui::model::State;
use crate::tui::model::geometry::Geometry;
use crate::tui::model::journal::{JournalStorage, JournalView};
use crate::tui::model::list::called;
use crate::tui::model::meaning::Meaning;
use crate::util::text;

/// The lines for the marked entry, with the rule above them.
const FULL: u16 = 4;

/// With less columns a row does not say the day.
const NARROW: u16 = 60;

/// With less columns left in a row it does not say whose savepoint it is about.
const WHOSE: usize = 15;

/// Draws the pane, and measures it.
pub(super) fn draw(
    area: Rect,
    buffer: &mut Buffer,
    state: &State,
    log: &JournalView,
    geometry: &mut Geometry,
) {
    let theme = state.settings.theme;
    let glyphs = state.settings.glyphs;
    let zone = state.time_zone();
    let rows = log.rows(&state.journal, &zone);
    Clear.render(area, buffer);
    let width = usize::from(area.width).saturating_sub(2);
    let block = glyphs
        .bordered()
        .border_style(theme.style(Meaning::Focus))
        .title(Span::styled(
            text::fit(&title(log, rows.len()), width).into_owned(),
            theme.style(Meaning::Title),
        ))
        .title_bottom(text::fit(&disk(&state.journal.disk), width).into_owned());
    let inner = block.inner(area);
    block.render(area, buffer);
    let full = if inner.height >= 3 * FULL { FULL } else { 0 };
    let [list, below] =
        Layout::vertical([Constraint::Fill(1), Constraint::Length(full)]).areas(inner);
    geometry.journal.area = list;
    if rows.is_empty() && !list.is_empty() {
        let hint = if log.filter.is_empty() {
            "nothing was observed so far".to_owned()
        } else {
            let back = state.settings.keys.key(Mode::Journal, Action::Back);
            format!("no entry has this text; {back} shows all")
        };
        Line::from(Span::styled(hint, theme.style(Meaning::Label))).render(list, buffer);
    }
    let cursor = log.cursor(&rows);
    geometry.journal.first = cursor.first(rows.len(), geometry.journal.height());
    let selected = Some(cursor.selected);
    table::draw_rows(geometry.journal, buffer, theme, rows.len(), selected, |row, line, buffer| {
        let Some((_, entry)) = rows.get(row) else { return };
        let width = usize::from(line.width);
        // Where there is hardly room for what happened, the marked entry alone says the day.
        let format = if line.width < NARROW { "%H:%M:%S" } else { "%m-%d %H:%M:%S" };
        let day = entry.at.to_zoned_datetime(zone.clone()).strftime(format).to_string();
        let id = if log.of.is_some() { String::new() } else { id(entry, width) };
        let room = width.saturating_sub(day.len() + 4 + id.width());
        let what = describe(entry, &zone, text::clean);
        let what = text::fit(&what, room).into_owned();
        let left = room - what.width();
        // Below a title that names it this would say nothing new.
        let whose = whose(state, entry).filter(|_| log.of.is_none() && left >= WHOSE);
        let dot = glyphs.sign(Sign::Dot);
        let whose = whose.map(|whose| format!(" {dot} {whose}")).unwrap_or_default();
        Line::from(vec![
            Span::raw("  "),
            Span::styled(format!("{day}  "), theme.style(Meaning::Label)),
            Span::raw(id),
            Span::styled(what, theme.words(meaning(entry))),
            Span::styled(text::fit(&whose, left), theme.style(Meaning::Label)),
        ])
        .render(line, buffer);
    });
    if let (Some((_, entry)), false) = (rows.get(cursor.selected), below.is_empty()) {
        let rule = glyphs.sign(Sign::Rule).repeat(usize::from(below.width));
        buffer.set_string(below.x, below.y, rule, theme.style(Meaning::Label));
        let lines = text::wrap(&format_line(entry, &zone), usize::from(below.width));
        for (words, y) in lines.iter().zip(below.top() + 1..below.bottom()) {
            buffer.set_stringn(below.x, y, words, usize::from(below.width), Style::new());
        }
    }
}

fn title(log: &JournalView, count: usize) -> String {
    let of = match &log.of {
        Some(subject) => text::clean(&subject.savepoint_id).into_owned(),
        None => "everything".to_owned(),
    };
    let plural = if count == 1 { "entry" } else { "entries" };
    let filter = if log.filter.is_empty() {
        String::new()
    } else {
        format!(" with {:?}", text::clean(&log.filter))
    };
    format!(" journal of {of}: {count} {plural}{filter}, newest first ")
}

fn disk(disk: &JournalStorage) -> String {
    match disk {
        JournalStorage::Off => " in memory only ".to_owned(),
        JournalStorage::Loading => " earlier ones are being read ".to_owned(),
        JournalStorage::Writing => String::new(),
        JournalStorage::Failing(why) => format!(" not on disk: {} ", text::clean(why)),
    }
}

/// The savepoint's ID in a column of its own.
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

/// What the deployment of an entry's savepoint is called, else how the savepoint is described, as
/// far as that is known of what is watched now.
fn whose(state: &State, entry: &Entry) -> Option<String> {
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

fn meaning(entry: &Entry) -> Meaning {
    let Observation::Savepoint { kind, .. } = &entry.what else { return Meaning::Label };
    let state = match kind {
        Kind::First { state }
        | Kind::New { state }
        | Kind::Appeared { state }
        | Kind::State { to: state, .. } => state,
        Kind::FirstMissing | Kind::Vanished { .. } => return Meaning::Gone,
        Kind::Lost { .. } | Kind::Back { .. } | Kind::Overdue { .. } => return Meaning::Worry,
    };
    match state.as_str() {
        "COMPLETED" => Meaning::Good,
        "FAILED" => Meaning::Bad,
        "STARTED" => Meaning::Active,
        _ => Meaning::Odd,
    }
}
