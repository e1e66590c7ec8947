//! The list: one line a savepoint, as many columns as there is room for.

mod columns;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Widget as _};
use unicode_width::UnicodeWidthStr as _;

use super::widgets::table::{self, Cell};
use super::{followed, place, words};
use crate::config::columns::ListColumn;
use crate::config::keymap::{Action, Mode};
use crate::domain::savepoint::Target;
use crate::tui::model::feed::Feed;
use crate::tui::model::geometry::Geometry;
use crate::tui::model::list::{Column, Row, called};
use crate::tui::model::meaning::Meaning;
use crate::tui::model::{Pane, State};
use crate::util::text;
use columns::Needs;

/// The least lines of the list that has a border and a heading: with less it has only rows.
pub(super) const LEAST: u16 = 5;

/// What is said as long as the disk does not give what was watched the last time.
const READING: &str = "reading the watch list ...";

/// Draws the list with its border, and measures it.
pub(super) fn draw(area: Rect, buffer: &mut Buffer, state: &State, geometry: &mut Geometry) {
    let theme = state.settings.theme;
    let glyphs = state.settings.glyphs;
    let focused = state.pane == Pane::List;
    let rows = state.list.rows();
    let title = title(state);
    // Where there is hardly any room, what the border and the heading say is worth less than a row.
    let (block, headings) = if area.height < LEAST {
        (Block::new(), 0)
    } else {
        let title = text::fit(&title, usize::from(area.width).saturating_sub(2)).into_owned();
        let [border, heading] = words::frame(theme, focused);
        let block = glyphs.bordered().border_style(border).title(Span::styled(title, heading));
        let unsaved =
            state.save_error.as_ref().map(|why| format!(" not saved: {} ", text::clean(why)));
        let unread = state.edits_while_loading.as_ref().map(|_| format!(" {READING} "));
        let block = unsaved.or(unread).into_iter().fold(block, Block::title_bottom);
        // The border and the heading take three lines.
        if rows.len() + 3 > usize::from(area.height) {
            let above = rows.iter().take(state.list.position() + 1);
            let number = above.filter(|row| row.savepoint().is_some()).count();
            let place = format!(" {number} of {} ", state.list.shown());
            (block.title_bottom(Line::styled(place, heading).right_aligned()), 1)
        } else {
            (block, 1)
        }
    };
    let inner = block.inner(area);
    block.render(area, buffer);
    let below = inner.height.saturating_sub(headings);
    geometry.list.area = Rect { y: inner.bottom() - below, height: below, ..inner };
    if inner.is_empty() {
        return;
    }
    let places = places(state);
    let needs = Needs {
        state: widest_state(state),
        place: places.iter().map(|name| name.width().clamp(5, 24)).max().unwrap_or_default(),
        names: state.metadata.has_names(),
    };
    let columns = columns::of(usize::from(inner.width), needs, &state.settings.columns);
    if headings > 0 {
        let line = Rect { height: 1, ..inner };
        let name = |column| columns::heading(column, state);
        table::draw_heading(line, buffer, theme, &columns, name);
    }
    let (list, height) = (&state.list, geometry.list.height());
    let first = list.first(height);
    geometry.list.first = first;
    let pinned = list.pinned(first, height);
    let selected = Some(list.position()).filter(|&row| !list.is_heading(row));
    table::draw_rows(geometry.list, buffer, theme, rows.len(), selected, |row, line, buffer| {
        match pinned.filter(|_| row == first).or(rows.get(row).copied()) {
            Some(Row::Place(place)) => place::head(line, buffer, state, place),
            Some(Row::Deployment(index)) => followed::head(line, buffer, state, index),
            Some(Row::Savepoint(index)) => {
                draw_savepoint(line, buffer, state, index, &columns, &places);
            }
            None => {}
        }
    });
    if rows.is_empty() && inner.height > headings {
        let (x, y) = (inner.x + 1, inner.y + headings);
        let style = theme.style(Meaning::Label);
        buffer.set_stringn(x, y, hint(state), usize::from(inner.width - 1), style);
    }
}

fn draw_savepoint(
    line: Rect,
    buffer: &mut Buffer,
    state: &State,
    index: usize,
    columns: &[(ListColumn, usize)],
    places: &[String],
) {
    let theme = state.settings.theme;
    let Some((target, feed)) = state.feeds.get_index(index) else { return };
    let doubtful = !state.is_live(target, feed) && feed.answer.is_some();
    table::draw_cells(line, buffer, columns, |column, room| {
        let doubted = |style| {
            if doubtful && column != ListColumn::Seen { theme.doubtful(style) } else { style }
        };
        let (text, meaning) = match column {
            ListColumn::Namespace => {
                let place = state.place_index(index).and_then(|place| places.get(place));
                (place.cloned().unwrap_or_default(), Meaning::Text)
            }
            _ => content(column, room, state, target, feed),
        };
        let sign = (column == ListColumn::State).then(|| doubted(theme.style(meaning)));
        Cell { text, style: doubted(theme.words(meaning)), sign }
    });
    if feed.marked {
        buffer.set_stringn(line.x + 1, line.y, "*", 1, theme.words(Meaning::Worry));
    }
}

/// What to do where there is no row.
fn hint(state: &State) -> String {
    let key = |action| state.settings.keys.key(Mode::Browse, action);
    if !state.list.filter.is_empty() {
        return format!("no row has this text; {} shows all", key(Action::Back));
    }
    if state.edits_while_loading.is_some() {
        return READING.to_owned();
    }
    let [add, browse, others] = [Action::Add, Action::Pick, Action::Context].map(key);
    match &state.list.scope {
        None => format!("{add} adds savepoints, {browse} browses"),
        Some(context) => {
            let name = text::clean(&context.name);
            format!(
                "nothing of {name} is watched: {add} adds, {browse} browses, {others} leaves it"
            )
        }
    }
}

/// How many are shown, of how many, and in which order.
fn title(state: &State) -> String {
    if state.list.filter.is_empty() && state.list.scope.is_some() {
        let (shown, all) = (state.list.shown(), state.feeds.len());
        format!(" {shown} of {all} savepoints, {} ", sort_words(state))
    } else if state.list.filter.is_empty() {
        format!(" {}, {} ", words::savepoints(state.list.shown()), sort_words(state))
    } else {
        let filter = text::clean(&state.list.filter).into_owned();
        format!(
            " {} of {} savepoints with {filter:?}, {} ",
            state.list.shown(),
            state.feeds.len(),
            sort_words(state)
        )
    }
}

/// What each place is called in a row; nothing where a row need not say it.
fn places(state: &State) -> Vec<String> {
    if state.places().len() < 2 || state.is_grouped() || state.list.scope.is_some() {
        return Vec::new();
    }
    state.places().map(|it| place::name(state, it)).collect()
}

/// The columns of the longest state with its sign, and with the word on what takes too long.
fn widest_state(state: &State) -> usize {
    let overdue = if state.summary().overdue > 0 { "> STARTED x2.4".len() } else { 0 };
    overdue.max(state.summary().longest + 2)
}

fn sort_words(state: &State) -> String {
    match (state.list.sort, state.list.reversed) {
        (Column::Problem, true) => "problems last".to_owned(),
        (Column::Problem, false) => "problems first".to_owned(),
        (column, true) => format!("by {}, reversed", column.name()),
        (column, false) => format!("by {}", column.name()),
    }
}

/// By how much a savepoint takes longer than any before it: of what is not live, as of when it was
/// last seen. Then it looks like everything else that may no longer be so.
fn overdue(state: &State, target: &Target, feed: &Feed) -> Option<String> {
    let verdict = state.verdict(target, feed).filter(|_| feed.overdue)?;
    verdict.is_overdue().then(|| followed::times(&verdict))
}

fn content(
    cell: ListColumn,
    room: usize,
    state: &State,
    target: &Target,
    feed: &Feed,
) -> (String, Meaning) {
    let savepoint = feed.answer.as_ref().map(|answer| &answer.savepoint);
    let service =
        |text: Option<&str>| (text::clean(text.unwrap_or_default()).into_owned(), Meaning::Text);
    match cell {
        ListColumn::State => {
            let (sign, word, meaning) = words::display_status(feed.display_status());
            let sign = state.settings.glyphs.sign(sign);
            let words = format!("{sign} {}", text::clean(word));
            match overdue(state, target, feed) {
                Some(times) if words.width() + 1 + times.width() <= room => {
                    (format!("{words} {times}"), Meaning::Worry)
                }
                Some(times) => (format!("{sign} late {times}"), Meaning::Worry),
                None => (words, meaning),
            }
        }
        ListColumn::Id => service(Some(target.id.as_str())),
        // By the place, not by the savepoint.
        ListColumn::Namespace => (String::new(), Meaning::Text),
        ListColumn::Deployment => service(Some(called(target, feed, &state.metadata))),
        ListColumn::Origin => service(savepoint.and_then(|savepoint| savepoint.origin.as_deref())),
        ListColumn::Description => {
            service(savepoint.and_then(|savepoint| savepoint.description.as_deref()))
        }
        ListColumn::Seen => words::seen(state, target, feed),
        ListColumn::Created => {
            let created = savepoint.and_then(|savepoint| savepoint.created_at);
            (created.map(|at| words::age(state, at)).unwrap_or_default(), Meaning::Text)
        }
    }
}
