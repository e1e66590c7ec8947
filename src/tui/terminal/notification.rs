//! Alerts in bytes: the bell, and the desktop notifications that terminals know.
//!
//! No terminal is asked what it knows. One that does not know a sequence ignores it, and the
//! environment says enough to choose the right one of three.

use std::ffi::OsString;

use super::route::Route;
use crate::config::notifications::Notify;
use crate::tui::model::alerts::batch::Alert;
use crate::util::text;

/// The longest text, in columns.
const LONGEST: usize = 250;

/// How a terminal is told to notify the desktop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protocol {
    /// `OSC 9`: iTerm2's; also `WezTerm`, Ghostty, mintty, Windows Terminal.
    Osc9,
    /// `OSC 777`: urxvt's; also foot, terminals on VTE.
    Osc777,
    /// `OSC 99`: kitty's.
    Osc99,
}

impl Protocol {
    /// Reads it from the environment. Inside a multiplexer `TERM` and `TERM_PROGRAM` name that,
    /// so what a terminal leaves behind besides comes first.
    fn of(variable: &impl Fn(&str) -> Option<OsString>) -> Self {
        let set = |name| variable(name).is_some_and(|value| !value.is_empty());
        let term = variable("TERM").unwrap_or_default();
        let term = term.to_string_lossy();
        if set("KITTY_WINDOW_ID") || term == "xterm-kitty" {
            Self::Osc99
        } else if set("VTE_VERSION") || ["rxvt", "foot"].iter().any(|name| term.starts_with(name)) {
            Self::Osc777
        } else {
            Self::Osc9
        }
    }

    fn sequence(self, title: &str, body: &str) -> Vec<u8> {
        let line = if body.is_empty() { title.to_owned() } else { format!("{title} - {body}") };
        match self {
            Self::Osc9 => format!("\x1b]9;{line}\x07"),
            Self::Osc777 => format!("\x1b]777;notify;{title};{body}\x07"),
            // No identifier, for one notification must not replace the one before.
            Self::Osc99 => format!("\x1b]99;;{line}\x07"),
        }
        .into_bytes()
    }
}

/// What an alert writes to the terminal, given how to look up an environment variable.
pub fn bytes(
    alert: &Alert,
    notify: Notify,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Vec<u8> {
    let mut bytes = Vec::new();
    if notify.bell() {
        bytes.push(0x07);
    }
    if notify.desktop() && super::title::is_understood(&variable) {
        let sequence = Protocol::of(&variable).sequence(&tame(&alert.title), &tame(&alert.body));
        bytes.extend(Route::of(variable).wrap(sequence));
    }
    bytes
}

/// How a desktop notification is written to this terminal; `None` where none is.
pub fn sequence_name(variable: impl Fn(&str) -> Option<OsString>) -> Option<&'static str> {
    super::title::is_understood(&variable).then(|| match Protocol::of(&variable) {
        Protocol::Osc9 => "OSC 9",
        Protocol::Osc777 => "OSC 777",
        Protocol::Osc99 => "OSC 99",
    })
}

/// Nothing that acts, nor what separates fields, nor too much.
fn tame(text: &str) -> String {
    text::fit(&text::clean(text).replace(';', ","), LONGEST).into_owned()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn rung(notify: Notify, variables: &[(&str, &str)], title: &str, body: &str) -> String {
        let lookup = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into())
        };
        let alert = Alert { title: title.to_owned(), body: body.to_owned() };
        String::from_utf8(bytes(&alert, notify, lookup)).unwrap()
    }

    const XTERM: (&str, &str) = ("TERM", "xterm-256color");
    const IN_TMUX: [(&str, &str); 2] = [("TERM", "tmux-256color"), ("TMUX", "/tmp/tmux-0/x,1,0")];

    #[rstest]
    #[case::off(Notify::Off, "")]
    #[case::bell(Notify::Bell, "\x07")]
    #[case::desktop(Notify::Desktop, "\x1b]9;t - b\x07")]
    #[case::all(Notify::All, "\x07\x1b]9;t - b\x07")]
    fn rings_as_was_chosen(#[case] notify: Notify, #[case] bytes: &str) {
        assert_eq!(rung(notify, &[XTERM], "t", "b"), bytes);
    }

    #[rstest]
    #[case::unknown(&[XTERM], "\x1b]9;t - b\x07")]
    #[case::iterm(&[XTERM, ("TERM_PROGRAM", "iTerm.app")], "\x1b]9;t - b\x07")]
    #[case::kitty(&[("TERM", "xterm-kitty")], "\x1b]99;;t - b\x07")]
    #[case::kitty_by_window(&[XTERM, ("KITTY_WINDOW_ID", "1")], "\x1b]99;;t - b\x07")]
    #[case::urxvt(&[("TERM", "rxvt-unicode-256color")], "\x1b]777;notify;t;b\x07")]
    #[case::foot(&[("TERM", "foot")], "\x1b]777;notify;t;b\x07")]
    #[case::vte(&[XTERM, ("VTE_VERSION", "7600")], "\x1b]777;notify;t;b\x07")]
    #[case::the_console(&[("TERM", "linux")], "")]
    #[case::dumb(&[("TERM", "dumb")], "")]
    #[case::no_terminal_at_all(&[], "")]
    #[case::tmux(&IN_TMUX, "\x1bPtmux;\x1b\x1b]9;t - b\x07\x1b\\")]
    #[case::screen(&[("TERM", "screen")], "\x1bP\x1b]9;t - b\x07\x1b\\")]
    fn the_environment_chooses_the_sequence(
        #[case] variables: &[(&str, &str)],
        #[case] bytes: &str,
    ) {
        assert_eq!(rung(Notify::Desktop, variables, "t", "b"), bytes);
    }

    #[rstest]
    #[case::osc_9(&[XTERM], "\x1b]9;", 0)]
    #[case::osc_777(&[("TERM", "foot")], "\x1b]777;notify;", 1)]
    #[case::osc_99(&[("TERM", "xterm-kitty")], "\x1b]99;;", 0)]
    fn text_ends_no_sequence_and_no_field(
        #[case] variables: &[(&str, &str)],
        #[case] begin: &str,
        #[case] separators: usize,
    ) {
        let hostile = "4;1\x07\x1b\\\x1b]52;c;eA==\x07\u{9c}\u{9d}\u{202e}\u{0}\n\r";
        let bytes = rung(Notify::Desktop, variables, hostile, hostile);
        let payload = bytes.strip_prefix(begin).and_then(|rest| rest.strip_suffix('\x07')).unwrap();
        assert!(!payload.contains(|c: char| c.is_control() || c == '\u{202e}'), "{payload:?}");
        assert_eq!(payload.matches(';').count(), separators, "{payload:?}");
    }

    #[test]
    fn a_long_text_is_cut() {
        let bytes = rung(Notify::Desktop, &[XTERM], &"x".repeat(1 << 20), "");
        assert!(bytes.len() < 300, "{}", bytes.len());
    }
}
