//! The list: one line a savepoint, as many columns as there is room for.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Widget as _};
use unicode_width::UnicodeWidthStr as _;

use super::glyphs::Sign;
use super::theme::Meaning;
use super::{Geometry, followed, words};
use crate::keymap::{Action, Mode};
use crate::savepoint::{Place, Target};
use crate::state::columns::Cell;
use crate::state::feed::{Feed, Trust, elapsed};
use crate::state::list::{Column, Row, called};
use crate::state::{Pane, State};
use crate::text;

/// Draws the list with its border, and measures it.
pub(super) fn draw(area: Rect, buffer: &mut Buffer, state: &State, geometry: &mut Geometry) {
    let theme = state.settings.theme;
    let glyphs = state.settings.glyphs;
    let focused = state.pane == Pane::List;
    let rows = state.list.rows();
    let title = title(state);
    // Where there is hardly any room, what the border and the heading say is worth less than a row.
    let (block, headings) = if area.height < 6 {
        (Block::new(), 0)
    } else {
        let title = text::fit(&title, usize::from(area.width).saturating_sub(2)).into_owned();
        let [border, heading] = words::frame(theme, focused);
        let block = glyphs.bordered().border_style(border).title(Span::styled(title, heading));
        let unsaved =
            state.unsaved.as_ref().map(|why| format!(" not saved: {} ", text::clean(why)));
        let block = unsaved.into_iter().fold(block, Block::title_bottom);
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
    geometry.list_rows = usize::from(below);
    geometry.list_area = Rect { y: inner.bottom() - below, height: below, ..inner };
    if inner.is_empty() {
        return;
    }
    let columns = columns(
        usize::from(inner.width),
        state.places.len() > 1 && !state.is_grouped(),
        state.names.is_known(),
        &state.settings.columns,
    );
    if headings > 0 {
        let style = theme.style(Meaning::Label).add_modifier(Modifier::BOLD);
        put(inner, 0, buffer, &columns, |cell, _| (heading_of(cell, state).to_owned(), style));
    }
    let first = state.list.first(geometry.list_rows);
    geometry.list_first = first;
    let pinned = state.list.pinned(first, geometry.list_rows);
    let below = rows.iter().copied().skip(first + usize::from(pinned.is_some()));
    for (line, row) in (headings..inner.height).zip(pinned.into_iter().chain(below)) {
        let row = match row {
            Row::Savepoint(row) => row,
            Row::Deployment(index) => {
                let whole = Rect { y: inner.y + line, height: 1, ..inner };
                followed::heading(whole, buffer, state, index);
                continue;
            }
            Row::Heading(place) => {
                let whole = Rect { y: inner.y + line, height: 1, ..inner };
                heading(whole, buffer, state, place);
                continue;
            }
        };
        let Some((target, feed)) = state.feeds.get_index(row) else { continue };
        let live = !state.paused() && feed.trust(state.now, state.cadence()) == Trust::Live;
        let doubtful = !live && feed.answer.is_some();
        put(inner, line, buffer, &columns, |cell, room| {
            let (text, meaning) = content(cell, room, state, target, feed);
            let style = theme.style(meaning);
            (text, if doubtful && cell != Cell::Seen { theme.doubtful(style) } else { style })
        });
        if feed.marked {
            buffer.set_stringn(inner.x + 1, inner.y + line, "*", 1, theme.style(Meaning::Worry));
        }
        if state.list.selected.as_ref() == Some(target) {
            let whole = Rect { y: inner.y + line, height: 1, ..inner };
            buffer.set_stringn(whole.x, whole.y, ">", 1, Style::new());
            buffer.set_style(whole, theme.style(Meaning::Selected));
        }
    }
    if rows.is_empty() && inner.height > headings {
        let key = |action| state.settings.keys.key(Mode::Browse, action);
        let hint = match &state.list.scope {
            _ if !state.list.filter.is_empty() => {
                format!("no row has this text; {} shows all", key(Action::Back))
            }
            Some(context) => {
                let name = text::clean(&context.name);
                let keys = [Action::Add, Action::Pick, Action::Context];
                let [add, browse, others] = keys.map(key);
                format!(
                    "nothing of {name} is watched: {add} adds, {browse} browses, {others} leaves it"
                )
            }
            None => format!("{} adds savepoints", key(Action::Add)),
        };
        buffer.set_stringn(
            inner.x + 1,
            inner.y + headings,
            hint,
            usize::from(inner.width - 1),
            theme.style(Meaning::Label),
        );
    }
}

/// How many are shown, of how many, and in which order.
fn title(state: &State) -> String {
    if state.list.filter.is_empty() && state.list.scope.is_some() {
        let (shown, all) = (state.list.shown(), state.feeds.len());
        format!(" {shown} of {all} savepoints, {} ", sort_words(state))
    } else if state.list.filter.is_empty() {
        format!(" {}, {} ", savepoints(state.list.shown()), sort_words(state))
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

fn savepoints(count: usize) -> String {
    format!("{count} savepoint{}", if count == 1 { "" } else { "s" })
}

/// Draws the heading of a place: where, as whom, how many, and how far to trust them. Where
/// there is little room, the name is only what tells the place from the others.
fn heading(area: Rect, buffer: &mut Buffer, state: &State, index: usize) {
    let (Some(place), Some(group)) = (state.places.get(index), state.groups.get(index)) else {
        return;
    };
    let theme = state.settings.theme;
    let (trust, meaning) = words::group(state, group);
    let dot = format!(" {} ", state.settings.glyphs.sign(Sign::Dot));
    let mut count = format!("{dot}{}", savepoints(group.count()));
    if trust.is_some() {
        count.push_str(&dot);
    }
    let trust = trust.unwrap_or_default();
    let width = usize::from(area.width);
    let room = width.saturating_sub(count.width() + trust.width()).max(width / 2);
    let known = state.name_of(place).map(|name| text::clean(name).into_owned());
    let mut name = known.unwrap_or_else(|| name(parts(place).iter()));
    if name.width() > room {
        // What all have in common is also in the header.
        let others: Vec<_> = state.places.iter().map(parts).collect();
        let differs = |at: usize, part: &String| others.iter().any(|other| other[at] != *part);
        let parts = parts(place);
        let own = parts.iter().enumerate().filter(|&(at, part)| differs(at, part));
        name = self::name(own.map(|(_, part)| part));
    }
    let name = text::fit(&name, room).into_owned();
    let room = width.saturating_sub(name.width() + count.width());
    let trust = text::fit(&trust, room).into_owned();
    let style = theme.style(Meaning::Title);
    Line::from(vec![
        Span::styled(name, style),
        Span::styled(count, theme.style(Meaning::Label)),
        Span::styled(trust, theme.style(meaning)),
    ])
    .render(area, buffer);
}

/// Region, workspace, namespace and profile of a place; empty where there is none.
fn parts(place: &Place) -> [String; 4] {
    let profile = place.profile.as_ref().map(|profile| format!("as {profile}"));
    let names = [place.workspace.as_str(), place.namespace.as_str(), &profile.unwrap_or_default()]
        .map(|name| text::clean(name).into_owned());
    let [workspace, namespace, profile] = names;
    [place.endpoint.to_string(), workspace, namespace, profile]
}

fn name<'a>(parts: impl Iterator<Item = &'a String>) -> String {
    parts.filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join("  ")
}

fn sort_words(state: &State) -> String {
    let way = if state.list.reversed { " reversed" } else { "" };
    match state.list.sort {
        Column::Problem => format!("problems first{way}"),
        column => format!("by {}{way}", column.name()),
    }
}

/// Which columns have room, and how wide they are. The description takes what is left.
fn columns(width: usize, many_places: bool, names: bool, wanted: &[Cell]) -> Vec<(Cell, usize)> {
    const SHORT_ID: usize = 14;
    const FULL_ID: usize = 36;
    let mut columns = vec![(Cell::State, 11), (Cell::Id, SHORT_ID), (Cell::Seen, 12)];
    let used =
        |columns: &[(Cell, usize)]| columns.iter().map(|(_, width)| width + 1).sum::<usize>() + 1;
    let extras = [
        (Cell::Description, 12),
        (Cell::Created, 10),
        (Cell::Deployment, 17),
        (Cell::Origin, 19),
        (Cell::Id, FULL_ID),
        (Cell::Namespace, 16),
    ];
    for (cell, extra) in extras {
        let useless =
            (cell == Cell::Namespace && !many_places) || (cell == Cell::Deployment && !names);
        if useless || !wanted.contains(&cell) {
            continue;
        }
        let more = if cell == Cell::Id { FULL_ID - SHORT_ID } else { extra + 1 };
        if used(&columns) + more > width {
            break;
        }
        match cell {
            Cell::Id => columns[1].1 = FULL_ID,
            _ => columns.push((cell, extra)),
        }
    }
    let mut left = width.saturating_sub(used(&columns));
    // Room for the longest state known from sibling products, FAILED_DELETION and its kin.
    if left >= 7 {
        columns[0].1 += 7;
        left -= 7;
    }
    if let Some(widest) = columns.iter_mut().find(|(cell, _)| *cell == Cell::Description) {
        widest.1 += left;
    } else {
        columns[0].1 += left.min(8);
    }
    columns.sort_by_key(|(cell, _)| wanted.iter().position(|other| other == cell));
    columns
}

/// Puts one line of cells on the screen.
fn put(
    inner: Rect,
    line: u16,
    buffer: &mut Buffer,
    columns: &[(Cell, usize)],
    content: impl Fn(Cell, usize) -> (String, Style),
) {
    let mut x = inner.x.saturating_add(2);
    for &(cell, width) in columns {
        let room = width.min(usize::from(inner.right().saturating_sub(x)));
        let (words, style) = content(cell, room);
        buffer.set_stringn(x, inner.y + line, text::fit(&words, room), room, style);
        x = x.saturating_add(u16::try_from(width + 1).unwrap_or(u16::MAX));
        if x >= inner.right() {
            break;
        }
    }
}

fn heading_of(cell: Cell, state: &State) -> &'static str {
    let sorted = |column| state.list.sort == column;
    match cell {
        Cell::State if sorted(Column::State) => "STATE ^",
        Cell::State => "STATE",
        Cell::Id if sorted(Column::Id) => "ID ^",
        Cell::Id => "ID",
        Cell::Seen if sorted(Column::Seen) => "SEEN ^",
        Cell::Seen => "SEEN",
        Cell::Description if sorted(Column::Description) => "DESCRIPTION ^",
        Cell::Description => "DESCRIPTION",
        Cell::Created if sorted(Column::Created) => "CREATED ^",
        Cell::Created => "CREATED",
        Cell::Origin if sorted(Column::Origin) => "ORIGIN ^",
        Cell::Origin => "ORIGIN",
        Cell::Namespace => "NAMESPACE",
        Cell::Deployment if sorted(Column::Deployment) => "DEPLOYMENT ^",
        Cell::Deployment => "DEPLOYMENT",
    }
}

/// By how much a savepoint takes longer than any before it; said only of what is live.
fn overdue(state: &State, target: &Target, feed: &Feed) -> Option<String> {
    let verdict = state.verdict(target, feed).filter(|_| feed.overdue && state.is_live(feed))?;
    verdict.is_overdue().then(|| followed::times(&verdict))
}

fn content(
    cell: Cell,
    room: usize,
    state: &State,
    target: &Target,
    feed: &Feed,
) -> (String, Meaning) {
    let savepoint = feed.answer.as_ref().map(|answer| &answer.savepoint);
    let service =
        |text: Option<&str>| (text::clean(text.unwrap_or_default()).into_owned(), Meaning::Text);
    match cell {
        Cell::State => {
            let (sign, word, meaning) = words::standing(feed.standing());
            let sign = state.settings.glyphs.sign(sign);
            let words = format!("{sign} {}", text::clean(word));
            match overdue(state, target, feed) {
                // Where there is no room for how much, there is for the fact.
                Some(times) if words.width() + 1 + times.width() <= room => {
                    (format!("{words} {times}"), Meaning::Worry)
                }
                Some(_) => (format!("{words} !"), Meaning::Worry),
                None => (words, meaning),
            }
        }
        Cell::Id => service(Some(target.id.as_str())),
        Cell::Namespace => service(Some(target.place.namespace.as_str())),
        Cell::Deployment => service(Some(called(target, feed, &state.names))),
        Cell::Origin => service(savepoint.and_then(|savepoint| savepoint.origin.as_deref())),
        Cell::Description => {
            service(savepoint.and_then(|savepoint| savepoint.description.as_deref()))
        }
        Cell::Seen => words::seen(state, feed),
        Cell::Created => {
            let created = savepoint.and_then(|savepoint| savepoint.created_at);
            let text = created.map(|at| {
                if state.paused() {
                    text::time_of_day(at, &state.time_zone())
                } else {
                    text::age(elapsed(at, state.now))
                }
            });
            (text.unwrap_or_default(), Meaning::Text)
        }
    }
}
