//! The window title's escape sequences.

use std::ffi::OsString;

use crate::util::text;

/// The maximum width of a title.
const MAX_COLUMNS: usize = 100;

/// Saves the window's current title (`XTWINOPS` 22).
pub(super) const SAVE: &str = "\x1b[22;0t";

/// Restores the saved title (`XTWINOPS` 23). Clears the title first, for terminals
/// that cannot save one.
pub(super) const RESTORE: &str = "\x1b]2;\x07\x1b[23;0t";

/// Whether the terminal supports OSC strings. The Linux console does not recognise their end.
pub(super) fn supports_osc(variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let term = variable("TERM").unwrap_or_default();
    !matches!(term.to_string_lossy().as_ref(), "" | "dumb" | "linux")
}

/// The sequence that sets the title (OSC 2); inside tmux it sets the pane's.
pub(super) fn sequence(title: &str) -> String {
    format!("\x1b]2;{}\x07", text::fit(&text::clean(title), MAX_COLUMNS))
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
    fn dumb_terminals_and_the_console_support_no_osc(
        #[case] term: Option<&str>,
        #[case] supported: bool,
    ) {
        assert_eq!(supports_osc(|_| term.map(Into::into)), supported);
    }

    #[test]
    fn a_title_cannot_end_its_sequence() {
        let sequence = sequence("1 failed\x07\x1b]0;x\x1b\\\u{9c}\n");
        assert_eq!(sequence, "\x1b]2;1 failed\\x07\\x1b]0;x\\x1b\\\\x9c\\x0a\x07");
    }
}
