//! The help: the keys of the keymap by topic, and a legend of the signs.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Widget as _};

use super::glyphs::Sign;
use super::widgets::popup;
use crate::config::keymap::{Action, Mode};
use crate::tui::model::geometry::Geometry;
use crate::tui::model::meaning::Meaning;
use crate::tui::model::{Pane, State};
use crate::util::text;

/// The columns of the help, and of each half where there are two.
const WIDTH: u16 = 76;

/// From how many columns on there are two halves.
const TWO: u16 = 118;

/// The columns of the keys.
const KEYS: usize = 18;

/// What keys are for, in the order of the list; of those of the detail the second is the first.
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

/// Draws it, and measures it.
pub(super) fn draw(
    area: Rect,
    buffer: &mut Buffer,
    state: &State,
    scroll: u16,
    geometry: &mut Geometry,
) {
    let two = area.width >= TWO;
    let width = popup::width_in(area, if two { 2 * WIDTH } else { WIDTH });
    let inside = usize::from(width).saturating_sub(2);
    let room = if two { (inside - 2) / 2 } else { inside };
    let sections = sections(state, room);
    let halves = if two { halved(sections) } else { [sections.concat(), Vec::new()] };
    let count = halves.iter().map(Vec::len).max().unwrap_or_default();
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
    let columns = if two {
        vec![Constraint::Fill(1), Constraint::Fill(1)]
    } else {
        vec![Constraint::Fill(1)]
    };
    let columns = Layout::horizontal(columns).spacing(2).split(inner);
    for (lines, area) in halves.into_iter().zip(columns.iter()) {
        let shown: Vec<Line> = lines.into_iter().skip(first).collect();
        Paragraph::new(shown).render(*area, buffer);
    }
}

/// The sections in two columns, both about as long.
fn halved(sections: Vec<Vec<Line<'static>>>) -> [Vec<Line<'static>>; 2] {
    let all: usize = sections.iter().map(Vec::len).sum();
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for section in sections {
        let fits = right.is_empty() && 2 * left.len() + section.len() <= all;
        if fits { left.extend(section) } else { right.extend(section) }
    }
    [left, right]
}

/// Each topic with its keys, those of the pane one comes from first; then the signs, then what has
/// keys of its own.
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
    let heading = Span::styled(format!(" {name}"), state.settings.theme.style(Meaning::Title));
    [Line::from(heading)].into_iter().chain(lines).chain([Line::default()]).collect()
}

/// The lines of the table for an action, or for all that apply in a mode and not in the list.
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
        described(state, room, &keys.join(" "), Meaning::Key, binding.help)
    });
    lines.collect()
}

/// Something short, and beside it what it means, in as many lines as that takes.
fn described(
    state: &State,
    room: usize,
    what: &str,
    meaning: Meaning,
    words: &str,
) -> Vec<Line<'static>> {
    let theme = state.settings.theme;
    let mut what = what;
    let words = text::wrap(words, room.saturating_sub(KEYS + 2));
    let lines = words.into_iter().map(|words| {
        let what = std::mem::take(&mut what);
        let what = Span::styled(format!(" {what:<KEYS$}"), theme.style(meaning));
        Line::from(vec![what, Span::raw(format!(" {words}"))])
    });
    lines.collect()
}

fn legend(state: &State, room: usize) -> Vec<Line<'static>> {
    let sign = |sign| state.settings.glyphs.sign(sign);
    let signed = |it: Sign, word: &str| format!("{} {word}", sign(it));
    let lines = [
        (signed(Sign::Completed, "COMPLETED"), Meaning::Good, "one can restart from it"),
        (signed(Sign::Started, "STARTED"), Meaning::Active, "it is being taken"),
        (
            signed(Sign::Started, "... x2.4"),
            Meaning::Active,
            "overdue: it takes 2.4 times as long as the slowest before it",
        ),
        (
            signed(Sign::Failed, "FAILED"),
            Meaning::Bad,
            "the service says so, not that a poll failed",
        ),
        (signed(Sign::NotFound, "not found"), Meaning::Gone, "the service knows no such savepoint"),
        (sign(Sign::Other).to_owned(), Meaning::Odd, "another state, verbatim"),
        (signed(Sign::Waiting, "asking"), Meaning::Label, "the first answer is awaited"),
        (
            signed(Sign::NoAnswer, "no answer"),
            Meaning::Text,
            "polls fail, and none was answered so far",
        ),
        ("*".to_owned(), Meaning::Text, "something changed that you have not looked at"),
        (
            "SEEN".to_owned(),
            Meaning::Label,
            "the age of the service's last word: stale after two missed polls, error while polls fail. A failed poll never changes the data.",
        ),
        (
            sign(Sign::Live).to_owned(),
            Meaning::Good,
            "live: as fresh as asking every so often makes it",
        ),
        (
            sign(Sign::Worry).to_owned(),
            Meaning::Text,
            "what is shown may be old, or something needs you",
        ),
        (sign(Sign::Paused).to_owned(), Meaning::Text, "paused: nothing is asked"),
    ];
    lines
        .into_iter()
        .flat_map(|(what, meaning, words)| described(state, room, &what, meaning, words))
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
