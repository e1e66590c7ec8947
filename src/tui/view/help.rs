//! The help: keys by topic, and a legend of the symbols.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Widget as _};

use super::glyphs::Symbol;
use super::widgets::popup;
use crate::config::keymap::{Action, Mode};
use crate::tui::model::geometry::Geometry;
use crate::tui::model::role::Role;
use crate::tui::model::{Pane, State};
use crate::util::text;

/// Width of one column.
const WIDTH: u16 = 76;

/// From this width on there are two columns.
const TWO_COLUMNS_FROM: u16 = 118;

/// Width of the keys within a column.
const KEY_WIDTH: usize = 18;

/// The keys of the two panes by topic. In the detail the second topic comes first.
const TOPICS: [(&str, &[Action]); 7] = {
    use Action as A;
    [
        (
            "Look",
            &[
                A::Open,
                A::OtherPane,
                A::Filter,
                A::Sort,
                A::Reverse,
                A::Group,
                A::Context,
                A::Journal,
                A::Zone,
                A::Help,
                A::Back,
            ],
        ),
        (
            "Read the detail",
            &[A::Cause, A::NextMatch, A::PreviousMatch, A::Raw, A::Wrap, A::Left, A::Right],
        ),
        ("Ask", &[A::Refresh, A::RefreshAll, A::Pause]),
        ("Copy", &[A::Copy, A::CopyRestart, A::CopyStrategy]),
        ("Watch and follow", &[A::Add, A::Pick, A::Follow, A::Pin, A::Remove, A::Undo, A::Note]),
        ("Move", &[A::Down, A::Up, A::PageDown, A::PageUp, A::First, A::Last]),
        ("The program", &[A::Quit, A::Suspend, A::Repaint]),
    ]
};

pub(super) fn draw(
    area: Rect,
    buffer: &mut Buffer,
    state: &State,
    scroll: u16,
    geometry: &mut Geometry,
) {
    let two_columns = area.width >= TWO_COLUMNS_FROM;
    let width = popup::width_in(area, if two_columns { 2 * WIDTH } else { WIDTH });
    let inside = usize::from(width).saturating_sub(2);
    let room = if two_columns { (inside - 2) / 2 } else { inside };
    let sections = sections(state, room);
    let columns = if two_columns { split(sections) } else { [sections.concat(), Vec::new()] };
    let count = columns.iter().map(Vec::len).max().unwrap_or_default();
    let height = u16::try_from(count + 2).unwrap_or(u16::MAX);
    geometry.help_lines = count;
    geometry.help_rows = usize::from(height.min(area.height).saturating_sub(2));
    let last = count.saturating_sub(geometry.help_rows);
    let first = usize::from(scroll).min(last);
    let title = match last - first {
        0 => "keys".to_owned(),
        below => format!("keys ({below} more below)"),
    };
    let inner = popup::draw(area, buffer, state, (width, height), &title);
    let constraints = vec![Constraint::Fill(1); if two_columns { 2 } else { 1 }];
    let areas = Layout::horizontal(constraints).spacing(2).split(inner);
    for (lines, area) in columns.into_iter().zip(areas.iter()) {
        let shown: Vec<Line> = lines.into_iter().skip(first).collect();
        Paragraph::new(shown).render(*area, buffer);
    }
}

/// Splits the sections into two columns of about the same length.
fn split(sections: Vec<Vec<Line<'static>>>) -> [Vec<Line<'static>>; 2] {
    let all: usize = sections.iter().map(Vec::len).sum();
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for section in sections {
        let fits = right.is_empty() && 2 * left.len() + section.len() <= all;
        if fits { left.extend(section) } else { right.extend(section) }
    }
    [left, right]
}

/// The topics, the legend, and the keys of the journal and the picker.
fn sections(state: &State, room: usize) -> Vec<Vec<Line<'static>>> {
    let mut topics = TOPICS.to_vec();
    if state.pane != Pane::List {
        topics.swap(0, 1);
    }
    let mut sections: Vec<Vec<Line>> = Vec::new();
    for (name, actions) in topics {
        let lines =
            actions.iter().flat_map(|action| keys(state, room, Mode::Browse, Some(*action)));
        sections.push(section(state, name, lines.collect()));
    }
    sections.push(section(state, "Signs", legend(state, room)));
    for (name, mode) in [("In the journal", Mode::Journal), ("In the picker", Mode::Picker)] {
        sections.push(section(state, name, keys(state, room, mode, None)));
    }
    sections
}

fn section(state: &State, name: &str, lines: Vec<Line<'static>>) -> Vec<Line<'static>> {
    let heading = Span::styled(format!(" {name}"), state.settings.theme.style(Role::Title));
    [Line::from(heading)].into_iter().chain(lines).chain([Line::default()]).collect()
}

/// The keys of one action, or all keys of a mode that the panes do not have.
fn keys(state: &State, room: usize, mode: Mode, action: Option<Action>) -> Vec<Line<'static>> {
    let bindings = state.settings.keys.bindings(mode).filter(|(binding, keys)| {
        let wanted = match action {
            Some(action) => binding.action == action,
            None => !binding.modes.contains(&Mode::Browse),
        };
        wanted && !keys.is_empty()
    });
    let lines = bindings.flat_map(|(binding, keys)| {
        let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
        described(state, room, &keys.join(" "), Role::Key, binding.help)
    });
    lines.collect()
}

/// A key or symbol, and beside it its description, wrapped.
fn described(
    state: &State,
    room: usize,
    what: &str,
    role: Role,
    words: &str,
) -> Vec<Line<'static>> {
    let theme = state.settings.theme;
    let mut what = what;
    let words = text::wrap(words, room.saturating_sub(KEY_WIDTH + 2));
    let lines = words.into_iter().map(|words| {
        let what = std::mem::take(&mut what);
        let what = Span::styled(format!(" {what:<KEY_WIDTH$}"), theme.style(role));
        Line::from(vec![what, Span::raw(format!(" {words}"))])
    });
    lines.collect()
}

fn legend(state: &State, room: usize) -> Vec<Line<'static>> {
    let symbol = |symbol| state.settings.glyphs.symbol(symbol);
    let with_symbol = |it: Symbol, word: &str| format!("{} {word}", symbol(it));
    let lines = [
        (with_symbol(Symbol::Completed, "COMPLETED"), Role::Good, "one can restart from it"),
        (with_symbol(Symbol::Started, "STARTED"), Role::Active, "it is being taken"),
        (
            with_symbol(Symbol::Started, "... x2.4"),
            Role::Active,
            "overdue: it takes 2.4 times as long as the slowest before it",
        ),
        (
            with_symbol(Symbol::Failed, "FAILED"),
            Role::Bad,
            "the service says so, not that a poll failed",
        ),
        (
            with_symbol(Symbol::NotFound, "not found"),
            Role::Missing,
            "the service knows no such savepoint",
        ),
        (symbol(Symbol::Other).to_owned(), Role::Unknown, "another state, verbatim"),
        (with_symbol(Symbol::Waiting, "asking"), Role::Label, "the first answer is awaited"),
        (
            with_symbol(Symbol::NoAnswer, "no answer"),
            Role::Text,
            "polls fail, and none was answered so far",
        ),
        ("*".to_owned(), Role::Text, "something changed that you have not looked at"),
        (
            "SEEN".to_owned(),
            Role::Label,
            "the age of the service's last word: stale after two missed polls, error while polls fail. A failed poll never changes the data.",
        ),
        (
            symbol(Symbol::Live).to_owned(),
            Role::Good,
            "live: as fresh as asking every so often makes it",
        ),
        (
            symbol(Symbol::Warning).to_owned(),
            Role::Text,
            "what is shown may be old, or something needs you",
        ),
        (symbol(Symbol::Paused).to_owned(), Role::Text, "paused: nothing is asked"),
    ];
    lines
        .into_iter()
        .flat_map(|(what, role, words)| described(state, room, &what, role, words))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::keymap::TABLE;

    #[test]
    fn every_key_of_the_list_is_in_the_help_once() {
        let listed: Vec<Action> = TOPICS.iter().flat_map(|(_, actions)| actions.to_vec()).collect();
        for binding in TABLE.iter().filter(|binding| binding.modes.contains(&Mode::Browse)) {
            let count = listed.iter().filter(|action| **action == binding.action).count();
            assert_eq!(count, 1, "{:?}", binding.action);
        }
    }
}
