//! The key bindings: one table, used for key lookup, footer and help.
//!
//! The table holds the default keys; [`Keymap`] applies those of the configuration file.

mod effective;
mod key;

use clap::ValueEnum;
use ratatui::crossterm::event::KeyCode;

#[cfg(test)]
pub(crate) use effective::COPY_LETTERS;
pub use effective::Keymap;
pub use key::Key;

use Action as A;
use KeyCode::{
    BackTab, Char, Down, End, Enter, Esc, F, Home, Left, PageDown, PageUp, Right, Tab, Up,
};
use Mode::{Browse, Contexts, CopyMenu, Filter, Form, Help, Journal, Picker};

/// What has the focus, and so which bindings apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The list and the detail.
    Browse,
    /// A text field in the footer: filter, search or note.
    Filter,
    Form,
    CopyMenu,
    Help,
    Journal,
    Picker,
    Contexts,
}

impl Mode {
    pub const ALL: [Self; 8] = [Browse, Filter, Form, CopyMenu, Help, Journal, Picker, Contexts];

    /// Whether characters are typed as text.
    pub fn takes_text(self) -> bool {
        matches!(self, Filter | Form | Contexts)
    }

    /// The mode in words, for errors.
    fn name(self) -> &'static str {
        match self {
            Browse => "the list",
            Filter => "the line at the bottom",
            Form => "the form",
            CopyMenu => "the copy menu",
            Help => "the help",
            Journal => "the journal",
            Picker => "the picker",
            Contexts => "the choice of a context",
        }
    }
}

/// What a key does. The names are used in the configuration file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
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
    Follow,
    Pin,
    CopyRestart,
    CopyStrategy,
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
    Context,
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

impl Action {
    /// The name in the configuration file.
    pub fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// The action that the footer shows as this word.
    pub fn from_footer_word(word: &str) -> Option<Self> {
        let found = TABLE.iter().find(|it| !word.is_empty() && it.word.eq_ignore_ascii_case(word));
        found.map(|binding| binding.action)
    }
}

const fn key(code: KeyCode) -> Key {
    Key::plain(code)
}

const fn ctrl(letter: char) -> Key {
    Key::ctrl(letter)
}

/// How a binding reacts when the user changes the keys of its action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rebind {
    /// It gets the user's keys.
    All,
    /// It gets those of the user's keys that are not bound otherwise in its modes.
    Free,
    /// It keeps its keys: it is an additional way.
    Never,
}

/// One line of the table: some keys that trigger an action in some modes.
#[derive(Debug)]
pub struct Binding {
    pub modes: &'static [Mode],
    /// The keys; the first one is shown.
    pub keys: &'static [Key],
    pub action: Action,
    /// A word for the footer; empty if the footer does not show the binding.
    pub word: &'static str,
    /// A sentence for the help.
    pub help: &'static str,
    /// How the binding reacts to the user's keys.
    pub rebind: Rebind,
}

impl Binding {
    const fn rebinding(self, rebind: Rebind) -> Self {
        Self { rebind, ..self }
    }
}

const fn bind(
    modes: &'static [Mode],
    keys: &'static [Key],
    action: Action,
    word: &'static str,
    help: &'static str,
) -> Binding {
    Binding { modes, keys, action, word, help, rebind: Rebind::All }
}

/// All bindings. The footer shows the words of those that apply, in this order, until it is full.
pub const TABLE: &[Binding] = &[
    bind(&[Browse], &[key(Char('?')), key(F(1))], A::Help, "help", "show these keys"),
    bind(&[Browse], &[key(Enter)], A::Open, "detail", "detail on the full screen; again: back"),
    bind(
        &[Browse],
        &[key(Char('c'))],
        A::Cause,
        "cause",
        "to the last \"Caused by:\", the likely root; again: the one above",
    ),
    bind(
        &[Browse],
        &[key(Char('/'))],
        A::Filter,
        "filter",
        "show only rows that contain a text; in the detail: search",
    ),
    bind(&[Browse], &[key(Char('n'))], A::NextMatch, "next", "to the next match in the detail"),
    bind(&[Browse], &[key(Char('N'))], A::PreviousMatch, "before", "to the match before"),
    bind(&[Browse], &[key(Char('w'))], A::Wrap, "wrap", "leave long lines whole; again: wrap them"),
    bind(
        &[Browse],
        &[key(Char('J'))],
        A::Raw,
        "JSON",
        "the service's answer as raw JSON; again: fields",
    ),
    bind(
        &[Browse],
        &[key(Char('e'))],
        A::Journal,
        "events",
        "the journal: what was observed, and when",
    ),
    bind(
        &[Browse],
        &[key(Char('y'))],
        A::Copy,
        "copy",
        "copy an ID, the location, the failure, ...",
    ),
    bind(
        &[Browse],
        &[key(Char('Y'))],
        A::CopyRestart,
        "restart ID",
        "copy the ID of the followed deployment's newest COMPLETED one",
    ),
    bind(&[Browse], &[key(Char('r'))], A::Refresh, "refresh", "ask for the selected one now"),
    bind(&[Browse], &[key(Char('a'))], A::Add, "add", "add savepoints, here or in another place"),
    bind(&[Browse], &[key(Char('b'))], A::Pick, "browse", "browse deployments and savepoints"),
    bind(
        &[Browse],
        &[key(Char('f'))],
        A::Follow,
        "follow",
        "follow the deployment: its savepoints come as they appear; again: stop",
    ),
    bind(&[Browse], &[key(Char('p'))], A::Pause, "pause", "stop asking; again: go on"),
    bind(&[Browse], &[key(Char('s'))], A::Sort, "sort", "sort by the next column"),
    bind(&[Browse], &[key(Char('R'))], A::RefreshAll, "refresh all", "ask for all of them now"),
    bind(&[Browse], &[key(Char('m'))], A::Note, "note", "note something about the selected one"),
    bind(&[Browse], &[key(Char('d'))], A::Remove, "drop", "stop watching the selected one"),
    bind(&[Browse], &[key(Char('t'))], A::Zone, "zone", "times in UTC; again: local time"),
    bind(&[Browse], &[key(Char('q')), ctrl('c')], A::Quit, "quit", "quit"),
    bind(&[Browse], &[key(Char('S'))], A::Reverse, "", "sort the other way round"),
    bind(&[Browse], &[key(Char('o'))], A::Group, "", "group the list by place; again: one list"),
    bind(
        &[Browse],
        &[key(Char('x'))],
        A::Context,
        "context",
        "another context of the configuration file, or all",
    ),
    bind(&[Browse], &[key(Char('u'))], A::Undo, "", "watch the last dropped one again"),
    bind(&[Browse], &[key(Char('P'))], A::Pin, "", "keep the selected one, however old it gets"),
    bind(
        &[Browse],
        &[key(Char('M'))],
        A::CopyStrategy,
        "",
        "copy the restore strategy with that ID, as JSON",
    ),
    bind(&[Browse], &[key(Tab), key(BackTab)], A::OtherPane, "", "go to the other pane"),
    bind(
        &[Browse],
        &[key(Left), key(Char('h'))],
        A::Left,
        "",
        "sideways to the left, where lines are whole",
    ),
    bind(&[Browse], &[key(Right), key(Char('l'))], A::Right, "", "sideways to the right"),
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
    bind(&[Picker], &[key(Char('f'))], A::Follow, "follow", "follow the deployment; again: stop"),
    bind(&[Picker], &[key(Char(' '))], A::Mark, "mark", "mark the savepoint; again: not"),
    bind(
        &[Picker],
        &[key(Char('a'))],
        A::MarkAll,
        "mark all",
        "mark all that are shown; again: none of them",
    ),
    bind(&[Picker], &[key(Char('R'))], A::RefreshAll, "refresh", "ask for the list now"),
    bind(
        &[Browse, Help, CopyMenu, Journal, Picker],
        &[key(Char('j')), key(Down)],
        A::Down,
        "",
        "down",
    ),
    bind(&[Browse, Help, CopyMenu, Journal, Picker], &[key(Char('k')), key(Up)], A::Up, "", "up"),
    bind(
        &[Browse, Help, Journal],
        &[key(PageDown), key(Char(' ')), ctrl('f')],
        A::PageDown,
        "",
        "a page down",
    ),
    // In the picker the space key marks.
    bind(&[Picker], &[key(PageDown), ctrl('f')], A::PageDown, "", "a page down")
        .rebinding(Rebind::Free),
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
    bind(&[Filter], &[key(Enter)], A::Accept, "keep", "keep what was typed"),
    bind(&[Filter], &[key(Esc)], A::Back, "cancel", "leave it as it was"),
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
    bind(&[CopyMenu], &[key(Enter)], A::Accept, "copy", "copy the marked one; or press its letter"),
    bind(&[Contexts], &[key(Enter)], A::Accept, "choose", "choose the marked one"),
    bind(&[Contexts], &[key(Down)], A::Down, "", "down").rebinding(Rebind::Free),
    bind(&[Contexts], &[key(Up)], A::Up, "", "up").rebinding(Rebind::Free),
    bind(
        &[Browse, Form, CopyMenu, Help, Journal, Picker, Contexts],
        &[key(Esc)],
        A::Back,
        "back",
        "back",
    ),
    bind(&[Help], &[key(Char('?')), key(F(1))], A::Help, "", "close the help"),
    bind(&[Help], &[key(Char('q')), key(Enter)], A::Back, "", "close the help")
        .rebinding(Rebind::Never),
    bind(&[Journal], &[key(Char('q'))], A::Back, "", "back; where there is a filter: show all")
        .rebinding(Rebind::Never),
    bind(&[Picker], &[key(Char('q'))], A::Back, "", "back; at last: close")
        .rebinding(Rebind::Never),
    bind(
        &[Form, Filter, CopyMenu, Help, Journal, Picker, Contexts],
        &[ctrl('c')],
        A::Quit,
        "quit",
        "quit",
    )
    .rebinding(Rebind::Never),
    bind(
        &[Browse, Form, Filter, CopyMenu, Help, Journal, Picker, Contexts],
        &[ctrl('l')],
        A::Repaint,
        "",
        "paint the screen anew",
    ),
    bind(
        &[Browse, Form, Filter, CopyMenu, Help, Journal, Picker, Contexts],
        &[ctrl('z')],
        A::Suspend,
        "",
        "stop the program; fg brings it back",
    ),
];
