//! Which key does what: one table, from which keys are looked up and footer and help are printed.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use Action as A;
use KeyCode::{
    BackTab, Char, Down, End, Enter, Esc, F, Home, Left, PageDown, PageUp, Right, Tab, Up,
};
use Mode::{Browse, Clips, Filter, Form, Help, Journal, Picker};

/// What the keys apply to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The two panes.
    Browse,
    /// A line is being typed in the footer: the filter, a search, a note.
    Filter,
    /// The form is open.
    Form,
    /// The copy menu is open.
    Clips,
    /// The help is open.
    Help,
    /// The journal is open.
    Journal,
    /// The picker is open.
    Picker,
}

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the table says what each does, in the words the user reads")]
pub enum Action {
    Down,
    Up,
    PageDown,
    PageUp,
    First,
    Last,
    OtherPane,
    Open,
    Back,
    Add,
    Remove,
    Undo,
    Note,
    Refresh,
    RefreshAll,
    Pause,
    Copy,
    Filter,
    Sort,
    Reverse,
    Group,
    Raw,
    Zone,
    Wrap,
    Left,
    Right,
    NextMatch,
    PreviousMatch,
    Cause,
    Journal,
    CopyAll,
    Help,
    Repaint,
    Suspend,
    Quit,
    Accept,
    NextField,
    PreviousField,
    Demo,
    Pick,
    Mark,
    MarkAll,
}

/// A key with or without Ctrl.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    code: KeyCode,
    ctrl: bool,
}

const fn key(code: KeyCode) -> Key {
    Key { code, ctrl: false }
}

const fn ctrl(letter: char) -> Key {
    Key { code: Char(letter), ctrl: true }
}

/// One line of the table.
#[derive(Debug)]
pub struct Binding {
    /// Where it applies.
    pub modes: &'static [Mode],
    /// The keys, the one to show first.
    pub keys: &'static [Key],
    /// What they do.
    pub action: Action,
    /// One word for the footer; empty where the footer need not say it.
    pub word: &'static str,
    /// A sentence for the help.
    pub help: &'static str,
}

const fn bind(
    modes: &'static [Mode],
    keys: &'static [Key],
    action: Action,
    word: &'static str,
    help: &'static str,
) -> Binding {
    Binding { modes, keys, action, word, help }
}

/// The table. The footer shows the words from left to right as far as there is room.
pub const TABLE: &[Binding] = &[
    bind(&[Browse], &[key(Char('?')), key(F(1))], A::Help, "help", "show these keys"),
    bind(&[Browse], &[key(Char('q')), ctrl('c')], A::Quit, "quit", "quit"),
    bind(&[Browse], &[key(Char('a'))], A::Add, "add", "add savepoints, here or in another place"),
    bind(&[Browse], &[key(Char('b'))], A::Pick, "browse", "browse deployments and savepoints"),
    bind(
        &[Browse],
        &[key(Char('y'))],
        A::Copy,
        "copy",
        "copy an ID, the location, the failure, ...",
    ),
    bind(&[Browse], &[key(Char('r'))], A::Refresh, "refresh", "ask for the selected one now"),
    bind(&[Browse], &[key(Char('R'))], A::RefreshAll, "all", "ask for all of them now"),
    bind(&[Browse], &[key(Char('p'))], A::Pause, "pause", "stop asking; again: go on"),
    bind(&[Browse], &[key(Enter)], A::Open, "detail", "detail on the full screen; again: back"),
    bind(
        &[Browse],
        &[key(Char('e'))],
        A::Journal,
        "events",
        "the journal: what was observed, and when",
    ),
    bind(
        &[Browse],
        &[key(Char('/'))],
        A::Filter,
        "filter",
        "show only rows that contain a text; in the detail: search",
    ),
    bind(&[Browse], &[key(Char('n'))], A::NextMatch, "", "to the next match in the detail"),
    bind(&[Browse], &[key(Char('N'))], A::PreviousMatch, "", "to the match before"),
    bind(
        &[Browse],
        &[key(Char('c'))],
        A::Cause,
        "cause",
        "to the last \"Caused by:\", the likely root; again: the one above",
    ),
    bind(&[Browse], &[key(Char('w'))], A::Wrap, "", "leave long lines whole; again: wrap them"),
    bind(
        &[Browse],
        &[key(Left), key(Char('h'))],
        A::Left,
        "",
        "sideways to the left, where lines are whole",
    ),
    bind(&[Browse], &[key(Right), key(Char('l'))], A::Right, "", "sideways to the right"),
    bind(&[Browse], &[key(Char('s'))], A::Sort, "sort", "sort by the next column"),
    bind(&[Browse], &[key(Char('S'))], A::Reverse, "", "sort the other way round"),
    bind(&[Browse], &[key(Char('o'))], A::Group, "", "group the list by place; again: one list"),
    bind(
        &[Browse],
        &[key(Char('J'))],
        A::Raw,
        "JSON",
        "the service's answer as raw JSON; again: fields",
    ),
    bind(&[Browse], &[key(Char('t'))], A::Zone, "zone", "times in UTC; again: local time"),
    bind(&[Browse], &[key(Char('d'))], A::Remove, "drop", "stop watching the selected one"),
    bind(&[Browse], &[key(Char('u'))], A::Undo, "", "watch the last dropped one again"),
    bind(&[Browse], &[key(Char('m'))], A::Note, "note", "note something about the selected one"),
    bind(&[Browse], &[key(Tab), key(BackTab)], A::OtherPane, "", "go to the other pane"),
    bind(
        &[Journal],
        &[key(Char('e'))],
        A::Journal,
        "one/all",
        "of all; again: of the selected one",
    ),
    bind(&[Journal], &[key(Char('/'))], A::Filter, "filter", "only entries that contain a text"),
    bind(&[Journal], &[key(Char('y'))], A::Copy, "copy", "copy the marked entry"),
    bind(
        &[Journal],
        &[key(Char('Y'))],
        A::CopyAll,
        "copy all",
        "copy all entries that are shown, oldest first",
    ),
    bind(&[Journal], &[key(Char('t'))], A::Zone, "zone", "times in UTC; again: local time"),
    bind(
        &[Picker],
        &[key(Enter)],
        A::Accept,
        "open/watch",
        "open; of savepoints: watch the marked ones",
    ),
    bind(
        &[Picker],
        &[key(Char('/'))],
        A::Filter,
        "filter",
        "only rows that contain a text; deployments also on the service",
    ),
    bind(&[Picker], &[key(Char(' '))], A::Mark, "mark", "mark the savepoint; again: not"),
    bind(
        &[Picker],
        &[key(Char('a'))],
        A::MarkAll,
        "mark all",
        "mark all that are shown; again: none of them",
    ),
    bind(
        &[Picker],
        &[key(Char('R')), key(Char('r'))],
        A::RefreshAll,
        "again",
        "ask for the list again",
    ),
    bind(&[Picker], &[key(PageDown), ctrl('f')], A::PageDown, "", "a page down"),
    bind(
        &[Browse, Help, Clips, Journal, Picker],
        &[key(Char('j')), key(Down)],
        A::Down,
        "",
        "down",
    ),
    bind(&[Browse, Help, Clips, Journal, Picker], &[key(Char('k')), key(Up)], A::Up, "", "up"),
    bind(
        &[Browse, Help, Journal],
        &[key(PageDown), key(Char(' ')), ctrl('f')],
        A::PageDown,
        "",
        "a page down",
    ),
    bind(&[Browse, Help, Journal, Picker], &[key(PageUp), ctrl('b')], A::PageUp, "", "a page up"),
    bind(
        &[Browse, Help, Journal, Picker],
        &[key(Char('g')), key(Home)],
        A::First,
        "",
        "to the top",
    ),
    bind(
        &[Browse, Help, Journal, Picker],
        &[key(Char('G')), key(End)],
        A::Last,
        "",
        "to the bottom",
    ),
    bind(&[Filter], &[key(Enter)], A::Accept, "keep", "keep the filter"),
    bind(&[Filter], &[key(Esc)], A::Back, "drop the change", "leave the filter as it was"),
    bind(&[Form], &[key(Enter)], A::Accept, "watch", "watch these savepoints"),
    bind(&[Form], &[key(Tab), key(Down)], A::NextField, "next field", "to the next field"),
    bind(&[Form], &[key(BackTab), key(Up)], A::PreviousField, "", "to the field before"),
    bind(
        &[Form],
        &[key(F(2)), ctrl('d')],
        A::Demo,
        "demo",
        "open the demo: an embedded service, no account needed",
    ),
    bind(&[Clips], &[key(Enter)], A::Accept, "copy", "copy the marked one; or press its letter"),
    bind(&[Browse, Form, Clips, Help, Journal, Picker], &[key(Esc)], A::Back, "back", "back"),
    bind(
        &[Help],
        &[key(Char('?')), key(Char('q')), key(F(1)), key(Enter)],
        A::Back,
        "",
        "close the help",
    ),
    bind(&[Journal], &[key(Char('q'))], A::Back, "", "back; where there is a filter: show all"),
    bind(&[Picker], &[key(Char('q'))], A::Back, "", "back; at last: close"),
    bind(&[Form, Filter, Clips, Help, Journal, Picker], &[ctrl('c')], A::Quit, "quit", "quit"),
    bind(
        &[Browse, Form, Filter, Clips, Help, Journal, Picker],
        &[ctrl('l')],
        A::Repaint,
        "",
        "paint the screen anew",
    ),
    bind(
        &[Browse, Form, Filter, Clips, Help, Journal, Picker],
        &[ctrl('z')],
        A::Suspend,
        "",
        "stop the program; fg brings it back",
    ),
];

/// What a key does in a mode.
pub fn action(mode: Mode, event: KeyEvent) -> Option<Action> {
    if event.modifiers.intersects(KeyModifiers::ALT | KeyModifiers::SUPER | KeyModifiers::META) {
        return None;
    }
    let pressed = Key { code: event.code, ctrl: event.modifiers.contains(KeyModifiers::CONTROL) };
    let binding = TABLE
        .iter()
        .find(|binding| binding.modes.contains(&mode) && binding.keys.contains(&pressed))?;
    Some(binding.action)
}

/// The lines of the table for a mode.
pub fn bindings(mode: Mode) -> impl Iterator<Item = &'static Binding> {
    TABLE.iter().filter(move |binding| binding.modes.contains(&mode))
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.ctrl {
            f.write_str("Ctrl-")?;
        }
        match self.code {
            Char(' ') => f.write_str("Space"),
            Char(letter) if self.ctrl => write!(f, "{}", letter.to_ascii_uppercase()),
            Char(letter) => write!(f, "{letter}"),
            F(number) => write!(f, "F{number}"),
            Up => f.write_str("up"),
            Down => f.write_str("down"),
            Left => f.write_str("left"),
            Right => f.write_str("right"),
            PageUp => f.write_str("PgUp"),
            PageDown => f.write_str("PgDn"),
            BackTab => f.write_str("Shift-Tab"),
            other => write!(f, "{other:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things_in_a_mode() {
        for mode in [Browse, Filter, Form, Clips, Help, Journal, Picker] {
            let keys: Vec<Key> = bindings(mode).flat_map(|binding| binding.keys).copied().collect();
            assert!(!keys.is_empty());
            for (at, key) in keys.iter().enumerate() {
                assert!(!keys[..at].contains(key), "{key} in {mode:?}");
            }
        }
    }

    #[test]
    fn the_letters_of_the_copy_menu_are_free() {
        for letter in "ilfdbapmrs".chars() {
            assert_eq!(action(Clips, KeyEvent::from(Char(letter))), None, "{letter}");
        }
    }
}
