//! Encodes alerts for the terminal: the bell and desktop notifications.
//!
//! The environment decides which of three protocols to use; a terminal ignores a sequence that it
//! does not support.

use std::ffi::OsString;

use super::multiplexer::Multiplexer;
use crate::config::notifications::Notify;
use crate::tui::model::alerts::batch::Alert;
use crate::util::text;

/// The maximum width of a title or body.
const MAX_COLUMNS: usize = 250;

/// The escape sequence of a desktop notification.
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
    /// Detects the protocol from the environment. Inside a multiplexer `TERM` and `TERM_PROGRAM`
    /// name the multiplexer, so variables that only a terminal sets come first.
    fn detect(variable: &impl Fn(&str) -> Option<OsString>) -> Self {
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
            // No identifier: a notification must not replace the previous one.
            Self::Osc99 => format!("\x1b]99;;{line}\x07"),
        }
        .into_bytes()
    }
}

/// Encodes an alert; `variable` looks up an environment variable.
pub fn encode(
    alert: &Alert,
    notify: Notify,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Vec<u8> {
    let mut bytes = Vec::new();
    if notify.bell() {
        bytes.push(0x07);
    }
    if notify.desktop() && super::title::supports_osc(&variable) {
        let sequence =
            Protocol::detect(&variable).sequence(&sanitize(&alert.title), &sanitize(&alert.body));
        bytes.extend(Multiplexer::detect(variable).wrap(sequence));
    }
    bytes
}

/// The name of the desktop notification protocol; `None` where the terminal supports none.
pub fn sequence_name(variable: impl Fn(&str) -> Option<OsString>) -> Option<&'static str> {
    super::title::supports_osc(&variable).then(|| match Protocol::detect(&variable) {
        Protocol::Osc9 => "OSC 9",
        Protocol::Osc777 => "OSC 777",
        Protocol::Osc99 => "OSC 99",
    })
}

/// Escapes control characters, replaces the field separator `;`, and limits the width.
fn sanitize(text: &str) -> String {
    text::fit(&text::clean(text).replace(';', ","), MAX_COLUMNS).into_owned()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn encoded(notify: Notify, variables: &[(&str, &str)], title: &str, body: &str) -> String {
        let lookup = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into())
        };
        let alert = Alert { title: title.to_owned(), body: body.to_owned() };
        String::from_utf8(encode(&alert, notify, lookup)).unwrap()
    }

    const XTERM: (&str, &str) = ("TERM", "xterm-256color");
    const IN_TMUX: [(&str, &str); 2] = [("TERM", "tmux-256color"), ("TMUX", "/tmp/tmux-0/x,1,0")];

    #[rstest]
    #[case::off(Notify::Off, "")]
    #[case::bell(Notify::Bell, "\x07")]
    #[case::desktop(Notify::Desktop, "\x1b]9;t - b\x07")]
    #[case::all(Notify::All, "\x07\x1b]9;t - b\x07")]
    fn notify_selects_bell_and_notification(#[case] notify: Notify, #[case] bytes: &str) {
        assert_eq!(encoded(notify, &[XTERM], "t", "b"), bytes);
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
    fn the_environment_selects_the_protocol(
        #[case] variables: &[(&str, &str)],
        #[case] bytes: &str,
    ) {
        assert_eq!(encoded(Notify::Desktop, variables, "t", "b"), bytes);
    }

    #[rstest]
    #[case::osc_9(&[XTERM], "\x1b]9;", 0)]
    #[case::osc_777(&[("TERM", "foot")], "\x1b]777;notify;", 1)]
    #[case::osc_99(&[("TERM", "xterm-kitty")], "\x1b]99;;", 0)]
    fn text_cannot_end_the_sequence_or_a_field(
        #[case] variables: &[(&str, &str)],
        #[case] begin: &str,
        #[case] separators: usize,
    ) {
        let hostile = "4;1\x07\x1b\\\x1b]52;c;eA==\x07\u{9c}\u{9d}\u{202e}\u{0}\n\r";
        let bytes = encoded(Notify::Desktop, variables, hostile, hostile);
        let payload = bytes.strip_prefix(begin).and_then(|rest| rest.strip_suffix('\x07')).unwrap();
        assert!(!payload.contains(|c: char| c.is_control() || c == '\u{202e}'), "{payload:?}");
        assert_eq!(payload.matches(';').count(), separators, "{payload:?}");
    }

    #[test]
    fn long_text_is_truncated() {
        let bytes = encoded(Notify::Desktop, &[XTERM], &"x".repeat(1 << 20), "");
        assert!(bytes.len() < 300, "{}", bytes.len());
    }
}
