//! Copies text to the terminal's clipboard, which may be on another machine.
//!
//! OSC 52 sets the clipboard, and no terminal confirms it. tmux 3.3a with its default configuration
//! drops OSC 52, bare or wrapped, so `tmux load-buffer` is tried first; GNU screen passes on what is
//! wrapped in DCS.

use std::io;
use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::multiplexer::Multiplexer;
use crate::util::subprocess::passed_on_to_tmux;
use crate::util::text::is_control;

const TMUX_TIMEOUT: Duration = Duration::from_secs(2);

/// The longest text that is safe everywhere: common terminals accept 100,000 bytes of OSC 52, which
/// carry this much in base64.
const SAFE_BYTES: usize = 74_994;

/// A copy before the terminal is written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The bytes to write to the terminal; may be empty.
    pub bytes: Vec<u8>,
    /// Where the copy is once `bytes` are written, claiming no more than is known.
    pub message: String,
}

/// Prepares a copy: runs tmux where it is in use, and encodes what is left for the terminal.
pub async fn deliver(text: &str, multiplexer: Multiplexer) -> Delivery {
    let text = strip_controls(text);
    let place = match multiplexer {
        Multiplexer::None => "sent to the terminal (not confirmed)",
        Multiplexer::Screen => "sent to the terminal through screen (not confirmed)",
        Multiplexer::Tmux if load_buffer(&text, &["-w"]).await.is_ok() => {
            let place = "in tmux's paste buffer and, where tmux may, on the terminal's clipboard";
            return Delivery { bytes: Vec::new(), message: place.to_owned() };
        }
        Multiplexer::Tmux => match load_buffer(&text, &[]).await {
            Ok(()) => "in tmux's paste buffer, and sent to the terminal (not confirmed)",
            Err(_no_tmux) => "sent to the terminal through tmux (not confirmed)",
        },
    };
    let caveat =
        if text.len() > SAFE_BYTES { "; some terminals cut what is this long" } else { "" };
    Delivery { bytes: multiplexer.wrap(osc52(&text)), message: format!("{place}{caveat}") }
}

/// Removes characters that a terminal, or a shell the text is pasted into, would act on. Callers
/// have already escaped them visibly; this is the last guard.
fn strip_controls(text: &str) -> String {
    text.chars().filter(|&c| matches!(c, '\n' | '\t') || !is_control(c)).collect()
}

fn osc52(text: &str) -> Vec<u8> {
    format!("\x1b]52;c;{}\x07", STANDARD.encode(text)).into_bytes()
}

/// Runs `tmux load-buffer` and discards its output.
async fn load_buffer(text: &str, options: &[&str]) -> io::Result<()> {
    let load = async {
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
    tokio::time::timeout(TMUX_TIMEOUT, load).await?
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
    fn control_characters_are_removed(#[case] text: &str, #[case] copied: &str) {
        assert_eq!(strip_controls(text), copied);
    }

    #[rstest]
    #[case::empty("", b"\x1b]52;c;\x07")]
    #[case::ascii("ID-1", b"\x1b]52;c;SUQtMQ==\x07")]
    #[case::chinese("快照", b"\x1b]52;c;5b+r54Wn\x07")]
    fn osc_52_carries_base64(#[case] text: &str, #[case] bytes: &[u8]) {
        assert_eq!(osc52(text), bytes);
    }

    #[rstest]
    #[case::terminal(
        Multiplexer::None,
        "\x1b]52;c;SUQ=\x07",
        "sent to the terminal (not confirmed)"
    )]
    #[case::screen(
        Multiplexer::Screen,
        "\x1bP\x1b]52;c;SUQ=\x07\x1b\\",
        "sent to the terminal through screen (not confirmed)"
    )]
    #[tokio::test]
    async fn an_unconfirmed_copy_is_reported_as_unconfirmed(
        #[case] multiplexer: Multiplexer,
        #[case] bytes: &str,
        #[case] message: &str,
    ) {
        let delivery = deliver("I\x1bD", multiplexer).await;
        assert_eq!(delivery, Delivery { bytes: bytes.into(), message: message.to_owned() });
    }

    #[rstest]
    #[case(SAFE_BYTES, false)]
    #[case(SAFE_BYTES + 1, true)]
    #[tokio::test]
    async fn a_copy_that_may_be_truncated_is_reported(#[case] length: usize, #[case] warned: bool) {
        let delivery = deliver(&"x".repeat(length), Multiplexer::None).await;
        assert_eq!(delivery.bytes.len() > 100_000, warned);
        assert_eq!(delivery.message.contains("cut"), warned, "{}", delivery.message);
    }
}
