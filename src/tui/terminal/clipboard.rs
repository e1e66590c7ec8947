//! Copying: a text on its way to a clipboard that may be on another machine.
//!
//! OSC 52 asks the terminal to take it, and no terminal says whether it did. Multiplexers stand in
//! between: tmux 3.3a with its default configuration swallows OSC 52, bare or wrapped, so there its
//! own command is used first; GNU screen passes on what is wrapped in DCS.

use std::io;
use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::route::Route;
use crate::util::subprocess::passed_on_to_tmux;
use crate::util::text::is_control;

/// How long tmux may take.
const TMUX_LIMIT: Duration = Duration::from_secs(2);

/// The longest text that is safe everywhere: widespread terminals take 100,000 bytes of OSC 52, of
/// which base64 leaves this.
const SAFE_BYTES: usize = 74_994;

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
    let place = match route {
        Route::Terminal => "sent to the terminal (not confirmed)",
        Route::Screen => "sent to the terminal through screen (not confirmed)",
        Route::Tmux if load_buffer(&text, &["-w"]).await.is_ok() => {
            let place = "in tmux's paste buffer and, where tmux may, on the terminal's clipboard";
            return Delivery { bytes: Vec::new(), words: place.to_owned() };
        }
        Route::Tmux => match load_buffer(&text, &[]).await {
            Ok(()) => "in tmux's paste buffer, and sent to the terminal (not confirmed)",
            Err(_no_tmux) => "sent to the terminal through tmux (not confirmed)",
        },
    };
    let caveat =
        if text.len() > SAFE_BYTES { "; some terminals cut what is this long" } else { "" };
    Delivery { bytes: route.wrap(osc52(&text)), words: format!("{place}{caveat}") }
}

/// Leaves out what a terminal, or a shell that it is pasted into, would act on. Whoever makes a clip
/// cleans it so that what was there stays visible; this is the last guard.
fn cleaned(text: &str) -> String {
    text.chars().filter(|&c| matches!(c, '\n' | '\t') || !is_control(c)).collect()
}

/// The sequence that puts a text on the clipboard.
fn osc52(text: &str) -> Vec<u8> {
    format!("\x1b]52;c;{}\x07", STANDARD.encode(text)).into_bytes()
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
            .env_clear()
            .envs(passed_on_to_tmux())
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
    #[case::lines_and_tabs("a\n\tb", "a\n\tb")]
    #[case::chinese_and_emoji("快照 💻", "快照 💻")]
    #[case::invisible("a\u{3164}\u{fe0f}\u{200d}b", "ab")]
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
