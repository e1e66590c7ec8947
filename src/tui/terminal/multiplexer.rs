//! The multiplexer between the program and the terminal, and how to pass sequences through it.

use std::ffi::OsString;

/// The longest string sequence that GNU screen accepts
/// (`MAXSTR` in its source), delimiters included.
const SCREEN_BYTES: usize = 768;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Multiplexer {
    None,
    Tmux,
    /// GNU screen.
    Screen,
}

impl Multiplexer {
    /// Detects the multiplexer; `variable` looks up an environment variable.
    pub fn detect(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let set = |name| variable(name).is_some_and(|value| !value.is_empty());
        let term = variable("TERM").unwrap_or_default();
        if set("TMUX") {
            Self::Tmux
        } else if set("STY") || term.to_string_lossy().starts_with("screen") {
            Self::Screen
        } else {
            Self::None
        }
    }

    /// Wraps a sequence so that the multiplexer passes it on, where its configuration allows that.
    pub fn wrap(self, sequence: Vec<u8>) -> Vec<u8> {
        match self {
            Self::None => sequence,
            Self::Tmux => through_tmux(&sequence),
            Self::Screen => through_screen(&sequence),
        }
    }
}

/// Wraps a sequence for tmux's `allow-passthrough`, which needs every escape doubled.
fn through_tmux(sequence: &[u8]) -> Vec<u8> {
    let mut wrapped = b"\x1bPtmux;".to_vec();
    for &byte in sequence {
        if byte == 0x1b {
            wrapped.push(byte);
        }
        wrapped.push(byte);
    }
    wrapped.extend_from_slice(b"\x1b\\");
    wrapped
}

/// Wraps a sequence for GNU screen, in pieces of the size that it accepts.
fn through_screen(sequence: &[u8]) -> Vec<u8> {
    let (open, close) = (b"\x1bP", b"\x1b\\");
    let pieces = sequence.chunks(SCREEN_BYTES - open.len() - close.len());
    pieces.flat_map(|piece| [open, piece, close].concat()).collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::bare(&[("TERM", "xterm-256color")], Multiplexer::None)]
    #[case::tmux(&[("TERM", "screen-256color"), ("TMUX", "/tmp/tmux-0/default,1,0")], Multiplexer::Tmux)]
    #[case::screen(&[("TERM", "xterm"), ("STY", "1.pts-0.host")], Multiplexer::Screen)]
    #[case::screen_behind_ssh(&[("TERM", "screen.xterm-256color")], Multiplexer::Screen)]
    #[case::screen_in_tmux(&[("STY", "1.pts-0.host"), ("TMUX", "/tmp/tmux-0/default,1,0")], Multiplexer::Tmux)]
    #[case::empty(&[("TMUX", ""), ("STY", "")], Multiplexer::None)]
    fn the_environment_names_the_multiplexer(
        #[case] variables: &[(&str, &str)],
        #[case] multiplexer: Multiplexer,
    ) {
        let lookup = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into())
        };
        assert_eq!(Multiplexer::detect(lookup), multiplexer);
    }

    #[test]
    fn escapes_are_doubled_for_tmux() {
        assert_eq!(through_tmux(b"\x1b]52;c;eA==\x07"), b"\x1bPtmux;\x1b\x1b]52;c;eA==\x07\x1b\\");
    }

    #[test]
    fn a_short_sequence_is_wrapped_once_for_screen() {
        assert_eq!(through_screen(b"\x1b]52;c;eA==\x07"), b"\x1bP\x1b]52;c;eA==\x07\x1b\\");
    }

    #[test]
    fn a_long_sequence_is_split_for_screen() {
        let sequence = [b"\x1b]52;c;", "x".repeat(2668).as_bytes(), b"\x07"].concat();
        let wrapped = String::from_utf8(through_screen(&sequence)).unwrap();
        let pieces: Vec<&str> = wrapped.split_inclusive("\x1b\\").collect();
        assert_eq!(pieces.len(), 4);
        assert!(pieces.iter().all(|piece| piece.len() <= SCREEN_BYTES));
        let inside =
            |piece: &&str| piece.strip_prefix("\x1bP")?.strip_suffix("\x1b\\").map(String::from);
        let joined: String = pieces.iter().map(|piece| inside(piece).unwrap()).collect();
        assert_eq!(joined.as_bytes(), sequence);
    }
}
