//! Copying: a text on its way to a clipboard that may be on another machine.
//!
//! OSC 52 asks the terminal to take it, and no terminal says whether it did. Multiplexers stand in
//! between: tmux 3.3a with its default configuration swallows OSC 52, bare or wrapped, so there its
//! own command is used first; GNU screen passes on what is wrapped in DCS.

use std::ffi::OsString;
use std::io;
use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

/// How long tmux may take.
const TMUX_LIMIT: Duration = Duration::from_secs(2);

/// The longest text that is safe everywhere: widespread terminals take 100,000 bytes of OSC 52, of
/// which base64 leaves this.
const SAFE_BYTES: usize = 74_994;

/// The longest string sequence that GNU screen takes (`MAXSTR` in its source), with its frame.
const SCREEN_BYTES: usize = 768;

/// Who stands between the program and the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// Nobody.
    Terminal,
    /// tmux.
    Tmux,
    /// GNU screen.
    Screen,
}

impl Route {
    /// Reads it from the environment, given how to look up a variable.
    pub fn of(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let set = |name| variable(name).is_some_and(|value| !value.is_empty());
        let term = variable("TERM").unwrap_or_default();
        if set("TMUX") {
            Self::Tmux
        } else if set("STY") || term.to_string_lossy().starts_with("screen") {
            Self::Screen
        } else {
            Self::Terminal
        }
    }
}

/// A copy as far as it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// What is left to write to the terminal; may be empty.
    pub bytes: Vec<u8>,
    /// Where the copy is once that is written, claiming no more than is known.
    pub words: String,
}

/// Brings a text as far along its route as it goes without the screen.
pub async fn deliver(text: &str, route: Route) -> Delivery {
    let text = cleaned(text);
    let (bytes, place) = match route {
        Route::Terminal => (osc52(&text), "sent to the terminal (not confirmed)"),
        Route::Screen => {
            (through_screen(&osc52(&text)), "sent to the terminal through screen (not confirmed)")
        }
        Route::Tmux if load_buffer(&text, &["-w"]).await.is_ok() => {
            let place = "in tmux's paste buffer and, where tmux may, on the terminal's clipboard";
            return Delivery { bytes: Vec::new(), words: place.to_owned() };
        }
        Route::Tmux => {
            let place = match load_buffer(&text, &[]).await {
                Ok(()) => "in tmux's paste buffer, and sent to the terminal (not confirmed)",
                Err(_no_tmux) => "sent to the terminal through tmux (not confirmed)",
            };
            (through_tmux(&osc52(&text)), place)
        }
    };
    let caveat =
        if text.len() > SAFE_BYTES { "; some terminals cut what is this long" } else { "" };
    Delivery { bytes, words: format!("{place}{caveat}") }
}

/// Leaves out what a terminal, or a shell that it is pasted into, would act on.
fn cleaned(text: &str) -> String {
    let acts = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().filter(|&c| !acts(c)).collect()
}

/// The sequence that puts a text on the clipboard.
fn osc52(text: &str) -> Vec<u8> {
    format!("\x1b]52;c;{}\x07", STANDARD.encode(text)).into_bytes()
}

/// Wraps a sequence for tmux's `allow-passthrough`: every escape in it is doubled.
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

/// Wraps a sequence for GNU screen, in pieces that it takes.
fn through_screen(sequence: &[u8]) -> Vec<u8> {
    let (open, close) = (b"\x1bP", b"\x1b\\");
    let pieces = sequence.chunks(SCREEN_BYTES - open.len() - close.len());
    pieces.flat_map(|piece| [open, piece, close].concat()).collect()
}

/// Gives a text to tmux. Whatever tmux prints goes nowhere.
async fn load_buffer(text: &str, options: &[&str]) -> io::Result<()> {
    let give = async {
        let mut tmux = Command::new("tmux")
            .arg("load-buffer")
            .args(options)
            .arg("-")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        if let Some(mut stdin) = tmux.stdin.take() {
            stdin.write_all(text.as_bytes()).await?;
        }
        let status = tmux.wait().await?;
        if status.success() { Ok(()) } else { Err(io::Error::other(status.to_string())) }
    };
    tokio::time::timeout(TMUX_LIMIT, give).await?
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::bare(&[("TERM", "xterm-256color")], Route::Terminal)]
    #[case::tmux(&[("TERM", "screen-256color"), ("TMUX", "/tmp/tmux-0/default,1,0")], Route::Tmux)]
    #[case::screen(&[("TERM", "xterm"), ("STY", "1.pts-0.host")], Route::Screen)]
    #[case::screen_behind_ssh(&[("TERM", "screen.xterm-256color")], Route::Screen)]
    #[case::screen_in_tmux(&[("STY", "1.pts-0.host"), ("TMUX", "/tmp/tmux-0/default,1,0")], Route::Tmux)]
    #[case::empty(&[("TMUX", ""), ("STY", "")], Route::Terminal)]
    fn the_environment_says_who_stands_between(
        #[case] variables: &[(&str, &str)],
        #[case] route: Route,
    ) {
        let lookup = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into())
        };
        assert_eq!(Route::of(lookup), route);
    }

    #[rstest]
    #[case::lines_and_tabs("a\n\tb", "a\n\tb")]
    #[case::chinese_and_emoji("快照 👩‍💻", "快照 👩‍💻")]
    #[case::escape("a\x1b[201~rm -rf\x1b]52;c;eA==\x07", "a[201~rm -rf]52;c;eA==")]
    #[case::carriage_return("a\rb", "ab")]
    #[case::c1("a\u{9b}31m\u{9d}b", "a31mb")]
    #[case::delete("a\x7fb", "ab")]
    #[case::bidi("a\u{202e}b\u{2066}c\u{200f}d\u{61c}e", "abcde")]
    fn what_acts_is_left_out(#[case] text: &str, #[case] copied: &str) {
        assert_eq!(cleaned(text), copied);
    }

    #[rstest]
    #[case::empty("", b"\x1b]52;c;\x07")]
    #[case::ascii("ID-1", b"\x1b]52;c;SUQtMQ==\x07")]
    #[case::chinese("快照", b"\x1b]52;c;5b+r54Wn\x07")]
    fn osc_52_carries_base64(#[case] text: &str, #[case] bytes: &[u8]) {
        assert_eq!(osc52(text), bytes);
    }

    #[test]
    fn tmux_gets_every_escape_twice() {
        assert_eq!(through_tmux(b"\x1b]52;c;eA==\x07"), b"\x1bPtmux;\x1b\x1b]52;c;eA==\x07\x1b\\");
    }

    #[test]
    fn screen_gets_a_short_sequence_whole() {
        assert_eq!(through_screen(b"\x1b]52;c;eA==\x07"), b"\x1bP\x1b]52;c;eA==\x07\x1b\\");
    }

    #[test]
    fn screen_gets_a_long_sequence_in_pieces_that_add_up() {
        let sequence = osc52(&"x".repeat(2000));
        let wrapped = String::from_utf8(through_screen(&sequence)).unwrap();
        let pieces: Vec<&str> = wrapped.split_inclusive("\x1b\\").collect();
        assert_eq!(pieces.len(), 4);
        assert!(pieces.iter().all(|piece| piece.len() <= SCREEN_BYTES));
        let inside =
            |piece: &&str| piece.strip_prefix("\x1bP")?.strip_suffix("\x1b\\").map(String::from);
        let joined: String = pieces.iter().map(|piece| inside(piece).unwrap()).collect();
        assert_eq!(joined.as_bytes(), sequence);
    }

    #[rstest]
    #[case::terminal(Route::Terminal, "\x1b]52;c;SUQ=\x07", "sent to the terminal (not confirmed)")]
    #[case::screen(
        Route::Screen,
        "\x1bP\x1b]52;c;SUQ=\x07\x1b\\",
        "sent to the terminal through screen (not confirmed)"
    )]
    #[tokio::test]
    async fn words_claim_no_more_than_is_known(
        #[case] route: Route,
        #[case] bytes: &str,
        #[case] words: &str,
    ) {
        let delivery = deliver("I\x1bD", route).await;
        assert_eq!(delivery, Delivery { bytes: bytes.into(), words: words.to_owned() });
    }

    #[rstest]
    #[case(SAFE_BYTES, false)]
    #[case(SAFE_BYTES + 1, true)]
    #[tokio::test]
    async fn what_may_be_cut_is_said(#[case] length: usize, #[case] warned: bool) {
        let delivery = deliver(&"x".repeat(length), Route::Terminal).await;
        assert_eq!(delivery.bytes.len() > 100_000, warned);
        assert_eq!(delivery.words.contains("cut"), warned, "{}", delivery.words);
    }
}
