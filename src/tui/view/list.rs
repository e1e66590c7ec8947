//! The list: one line for each savepoint, as many columns as there is room for.

mod columns;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Widget as _};
use unicode_width::UnicodeWidthStr as _;

use super::widgets::table::{self, Cell};
use super::{followed, place, status, time};
use crate::config::columns::ListColumn;
use crate::config::keymap::{Action, Mode};
use crate::domain::savepoint::Target;
use crate::tui::model::feed::Feed;
use crate::tui::model::geometry::Geometry;
use crate::tui::model::list::{Column, Row, called};
use crate::tui::model::role::Role;
use crate::tui::model::{Pane, State};
use crate::util::text;
use columns::ContentWidths;

/// With less height the list has neither border nor heading.
pub(super) const MIN_BORDERED_HEIGHT: u16 = 5;

/// Shown until the stored watch list is loaded.
const LOADING: &str = "reading the watch list ...";

pub(super) fn draw(area: Rect, buffer: &mut Buffer, state: &State, geometry: &mut Geometry) {
    let theme = state.settings.theme;
    let glyphs = state.settings.glyphs;
    let focused = state.pane == Pane::List;
    let rows = state.list.rows();
    let title = title(state);
    let (block, heading_height) = if area.height < MIN_BORDERED_HEIGHT {
        (Block::new(), 0)
    } else {
        let title = text::fit(&title, usize::from(area.width).saturating_sub(2)).into_owned();
        let [border, heading] = theme.pane(focused);
        let block = glyphs.bordered().border_style(border).title(Span::styled(title, heading));
        let save_error = state
            .watch_list
            .save_error
            .as_ref()
            .map(|why| format!(" not saved: {} ", text::clean(why)));
        let loading = state.watch_list.edits_while_loading.as_ref().map(|_| format!(" {LOADING} "));
        let block = save_error.or(loading).into_iter().fold(block, Block::title_bottom);
        // Border and heading take three lines.
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
    let below = inner.height.saturating_sub(heading_height);
    geometry.list.area = Rect { y: inner.bottom() - below, height: below, ..inner };
    if inner.is_empty() {
        return;
    }
    let places = place_names(state);
    let widths = ContentWidths {
        state: state_width(state),
        place: places.iter().map(|name| name.width().clamp(5, 24)).max().unwrap_or_default(),
        has_names: state.metadata.has_names(),
    };
    let columns = columns::fit(usize::from(inner.width), widths, &state.settings.columns);
    if heading_height > 0 {
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
            Some(Row::Place(place)) => place::draw_heading(line, buffer, state, place),
            Some(Row::Deployment(index)) => followed::draw_heading(line, buffer, state, index),
            Some(Row::Savepoint(index)) => {
                draw_savepoint(line, buffer, state, index, &columns, &places);
            }
            None => {}
        }
    });
    if rows.is_empty() && inner.height > heading_height {
        let (x, y) = (inner.x + 1, inner.y + heading_height);
        let style = theme.style(Role::Label);
        buffer.set_stringn(x, y, empty_hint(state), usize::from(inner.width - 1), style);
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
    let is_stale = !state.is_live(target, feed) && feed.answer.is_some();
    table::draw_cells(line, buffer, columns, |column, room| {
        let dimmed = |style| {
            if is_stale && column != ListColumn::Seen { theme.stale(style) } else { style }
        };
        let (text, role) = match column {
            ListColumn::Namespace => {
                let place = state.place_index(index).and_then(|place| places.get(place));
                (place.cloned().unwrap_or_default(), Role::Text)
            }
            _ => cell_content(column, room, state, target, feed),
        };
        let symbol = (column == ListColumn::State).then(|| dimmed(theme.style(role)));
        Cell { text, style: dimmed(theme.text(role)), symbol }
    });
    if feed.marked {
        buffer.set_stringn(line.x + 1, line.y, "*", 1, theme.text(Role::Warning));
    }
}

/// What to do about an empty list.
fn empty_hint(state: &State) -> String {
    let key = |action| state.settings.keys.key(Mode::Browse, action);
    if !state.list.filter.is_empty() {
        return format!("no row has this text; {} shows all", key(Action::Back));
    }
    if state.watch_list.edits_while_loading.is_some() {
        return LOADING.to_owned();
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

fn title(state: &State) -> String {
    let (shown, all, order) = (state.list.shown(), state.feeds.len(), sort_order(state));
    let filter = text::clean(&state.list.filter);
    match (state.list.filter.is_empty(), &state.list.scope) {
        (false, _) => format!(" {shown} of {all} savepoints with {filter:?}, {order} "),
        (true, Some(_)) => format!(" {shown} of {all} savepoints, {order} "),
        (true, None) => format!(" {}, {order} ", status::savepoint_count(shown)),
    }
}

/// Names for the column of places; empty if rows need not name their place.
fn place_names(state: &State) -> Vec<String> {
    if state.places().len() < 2 || state.is_grouped() || state.list.scope.is_some() {
        return Vec::new();
    }
    state.places().map(|it| place::name(state, it)).collect()
}

/// Width of the longest state with its symbol, and with its factor if any is overdue.
fn state_width(state: &State) -> usize {
    let overdue = if state.summary().overdue > 0 { "> STARTED x2.4".len() } else { 0 };
    overdue.max(state.summary().longest + 2)
}

fn sort_order(state: &State) -> String {
    match (state.list.sort, state.list.reversed) {
        (Column::Problem, true) => "problems last".to_owned(),
        (Column::Problem, false) => "problems first".to_owned(),
        (column, true) => format!("by {}, reversed", column.name()),
        (column, false) => format!("by {}", column.name()),
    }
}

/// The factor by which a savepoint is overdue, as of its last answer.
fn overdue_factor(state: &State, target: &Target, feed: &Feed) -> Option<String> {
    let verdict = state.verdict(target, feed).filter(|_| feed.overdue)?;
    verdict.is_overdue().then(|| followed::slowdown(&verdict))
}

fn cell_content(
    cell: ListColumn,
    room: usize,
    state: &State,
    target: &Target,
    feed: &Feed,
) -> (String, Role) {
    let savepoint = feed.answer.as_ref().map(|answer| &answer.savepoint);
    let service =
        |text: Option<&str>| (text::clean(text.unwrap_or_default()).into_owned(), Role::Text);
    match cell {
        ListColumn::State => {
            let (symbol, word, role) = status::display_status(feed.display_status());
            let symbol = state.settings.glyphs.symbol(symbol);
            let words = format!("{symbol} {}", text::clean(word));
            match overdue_factor(state, target, feed) {
                Some(slowdown) if words.width() + 1 + slowdown.width() <= room => {
                    (format!("{words} {slowdown}"), Role::Warning)
                }
                Some(slowdown) => (format!("{symbol} late {slowdown}"), Role::Warning),
                None => (words, role),
            }
        }
        ListColumn::Id => service(Some(target.id.as_str())),
        // Filled in by the caller, once for each place.
        ListColumn::Namespace => (String::new(), Role::Text),
        ListColumn::Deployment => service(Some(called(target, feed, &state.metadata))),
        ListColumn::Origin => service(savepoint.and_then(|savepoint| savepoint.origin.as_deref())),
        ListColumn::Description => {
            service(savepoint.and_then(|savepoint| savepoint.description.as_deref()))
        }
        ListColumn::Seen => status::last_seen(state, target, feed),
        ListColumn::Created => {
            let created = savepoint.and_then(|savepoint| savepoint.created_at);
            (created.map(|at| time::age(state, at)).unwrap_or_default(), Role::Text)
        }
    }
}
