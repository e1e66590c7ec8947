//! The window's title, which says how it is to whoever looks elsewhere.

use std::ffi::OsString;

use crate::util::text;

/// The longest title, in columns.
const LONGEST: usize = 100;

/// Keeps the title that the window has (`XTWINOPS` 22).
pub(super) const PUSH: &str = "\x1b[22;0t";

/// Gives it back (`XTWINOPS` 23). Terminals that keep no titles are left with an empty one, which
/// they show as none.
pub(super) const POP: &str = "\x1b]2;\x07\x1b[23;0t";

/// Whether the terminal takes strings to itself (OSC): the Linux console does not know their end.
pub(super) fn is_understood(variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let term = variable("TERM").unwrap_or_default();
    !matches!(term.to_string_lossy().as_ref(), "" | "dumb" | "linux")
}

/// The sequence that sets the title (OSC 2); inside tmux it is the pane's.
pub(super) fn sequence(title: &str) -> String {
    format!("\x1b]2;{}\x07", text::fit(&text::clean(title), LONGEST))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(Some("xterm-256color"), true)]
    #[case(Some("tmux"), true)]
    #[case(Some("linux"), false)]
    #[case(Some("dumb"), false)]
    #[case(Some(""), false)]
    #[case(None, false)]
    fn not_every_terminal_has_a_title(#[case] term: Option<&str>, #[case] has: bool) {
        assert_eq!(is_understood(|_| term.map(Into::into)), has);
    }

    #[test]
    fn nothing_in_it_ends_it() {
        let sequence = sequence("1 failed\x07\x1b]0;x\x1b\\\u{9c}\n");
        assert_eq!(sequence, "\x1b]2;1 failed\\x07\\x1b]0;x\\x1b\\\\x9c\\x0a\x07");
    }
}
