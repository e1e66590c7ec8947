//! A copy reaches the terminal as OSC 52, or tmux's paste buffer.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rstest::rstest;

use crate::support::session::{Launch, Session};
use crate::support::tmux::Tmux;

/// The keys that copy the ID of the selected savepoint.
const COPY_ID: &str = "yi";

/// The copied text, given how its escape sequence begins and ends.
fn copied(session: &Session, begin: &str, end: &str) -> String {
    session.wait("a copy", |seen| between(&seen.bytes, begin, end).is_some());
    between(&session.bytes(), begin, end).unwrap_or_default()
}

fn between(bytes: &[u8], begin: &str, end: &str) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    let (payload, _) = text.split_once(begin)?.1.split_once(end)?;
    String::from_utf8(STANDARD.decode(payload).ok()?).ok()
}

#[rstest]
#[case::bare("", "", "\x1b]52;c;", "\x07")]
#[case::in_gnu_screen("STY", "1.pts-0.host", "\x1bP\x1b]52;c;", "\x07\x1b\\")]
// No tmux answers at that socket, so the copy goes to the terminal.
#[case::in_a_tmux_that_does_not_answer(
    "TMUX",
    "nowhere,1,0",
    "\x1bPtmux;\x1b\x1b]52;c;",
    "\x07\x1b\\"
)]
fn a_copy_reaches_the_terminal(
    #[case] variable: &str,
    #[case] value: &str,
    #[case] begin: &str,
    #[case] end: &str,
) {
    let launch = Launch::demo();
    let launch = if variable.is_empty() { launch } else { launch.environment(variable, value) };
    let mut session = launch.start();
    session.wait_for("FAILED");
    session.send(COPY_ID);
    let copied = copied(&session, begin, end);
    let screen = session.screen();
    assert!(!copied.is_empty() && screen.contains(&copied), "{copied:?} from\n{screen}");
}

#[test]
fn a_copy_reaches_tmux_with_its_default_configuration() {
    let tmux = Tmux::with_demo();
    tmux.send(COPY_ID);
    let copied = tmux.paste_buffer();
    let screen = tmux.screen();
    assert!(!copied.is_empty() && screen.contains(&copied), "{copied:?} from\n{screen}");
}
