//! A terminal that takes no bytes stops only the drawing.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rstest::rstest;
use rustix::process::Signal;

use crate::support::service::DemoService;
use crate::support::session::{Captured, Launch, Session};
use crate::support::wait_until;

/// Freezes the terminal and makes sure that a frame is stuck in it.
fn freeze(session: &mut Session) {
    session.tty().stall();
    session.send("\x0c");
}

/// Whether the whole screen is there, and not only what has changed.
fn is_whole(screen: &str) -> bool {
    let lines: Vec<&str> = screen.lines().collect();
    matches!(lines.as_slice(), [title, _, top, .., bottom, footer]
        if title.contains("savepeek") && top.starts_with('┌') && bottom.starts_with('└')
            && !footer.is_empty())
}

#[test]
fn polls_journal_and_commands_continue_and_the_newest_state_is_drawn_after_it() {
    let directory = tempfile::tempdir().unwrap();
    let hook = directory.path().join("ran");
    let service = DemoService::with_one_transition("before 4.2", "FAILED");
    let command = format!("sh -c 'echo $SAVEPEEK_STATE > $0' {}", hook.display());
    let mut session = service.launch_watching(&["--on-change", &command]).start();
    session.wait_for("STARTED");
    freeze(&mut session);
    service.change();
    wait_until("the hook ran", || fs::read_to_string(&hook).is_ok_and(|text| text == "FAILED\n"));
    let journal = session.home().join("state/savepeek/journal.jsonl");
    wait_until("the journal has it", || {
        fs::read_to_string(&journal).is_ok_and(|text| text.contains("FAILED"))
    });
    assert!(!session.screen().contains("FAILED"), "the terminal is not frozen");
    session.tty().resume();
    session.wait_for("FAILED");
    session.wait("a whole screen", |seen| is_whole(&seen.emulator.screen().contents()));
    session.send("q");
    assert_eq!(session.exit(), 0);
    session.assert_restored();
}

#[rstest]
#[case::q("q")]
#[case::control_c("\x03")]
fn a_key_quits_while_frozen(#[case] key: &str) {
    let mut session = Launch::demo().start();
    session.wait_until_drawn();
    freeze(&mut session);
    session.send(key);
    assert_eq!(session.exit(), 0);
    session.assert_modes_restored();
}

#[test]
fn unsaved_edits_do_not_delay_quitting() {
    let service = DemoService::with_one_transition("x", "FAILED");
    let launch = service.launch_watching(&[]).environment("XDG_STATE_HOME", "/dev/null/nowhere");
    let mut session = launch.start();
    session.wait_for("STARTED");
    freeze(&mut session);
    session.send("q");
    assert_eq!(session.exit(), 7);
    session.assert_modes_restored();
}

#[test]
fn a_signal_quits_while_frozen() {
    let mut session = Launch::demo().start();
    session.wait_until_drawn();
    freeze(&mut session);
    session.signal(Signal::TERM);
    assert_eq!(session.exit(), 143);
    session.assert_modes_restored();
}

#[test]
fn a_window_resized_while_frozen_is_drawn_whole_after_it() {
    let mut session = Launch::demo().start();
    session.wait_until_drawn();
    freeze(&mut session);
    for columns in [60, 140, 80] {
        session.resize(columns, 20);
    }
    session.tty().resume();
    session.wait("a whole screen", |seen| is_whole(&seen.emulator.screen().contents()));
    session.send("q");
    assert_eq!(session.exit(), 0);
    session.assert_restored();
}

#[test]
fn the_latest_copy_is_sent_after_the_freeze() {
    let mut session = Launch::demo().start();
    session.wait_for("FAILED");
    let screen = session.screen();
    let title = screen.lines().filter_map(|line| line.strip_prefix("┌ ")).next_back().unwrap();
    let first = title.split(' ').next().unwrap().to_owned();
    assert_eq!(first.len(), 36, "{screen}");
    freeze(&mut session);
    session.send("yi");
    session.send("j");
    session.send("yi");
    session.tty().resume();
    let last_copy = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        let (payload, _) = text.rsplit_once("\x1b]52;c;")?.1.split_once('\x07')?;
        String::from_utf8(STANDARD.decode(payload).ok()?).ok()
    };
    // The detail has the ID of the selected savepoint as its title.
    let selected =
        |seen: &Captured, id: &str| seen.emulator.screen().contents().contains(&format!("┌ {id} "));
    session.wait("the copy of the selected ID", |seen| {
        last_copy(&seen.bytes).is_some_and(|id| id != first && selected(seen, &id))
    });
    session.wait_for("sent to the terminal");
}

#[test]
fn a_program_started_while_frozen_draws_after_it() {
    let mut session = Launch::demo_under("read go; exec $SAVEPEEK").start();
    session.tty().stall();
    session.send("\r");
    wait_until("the terminal is taken", || !session.tty().modes().contains("ICANON"));
    session.tty().resume();
    session.wait("a whole screen", |seen| is_whole(&seen.emulator.screen().contents()));
    session.send("q");
    assert_eq!(session.exit(), 0);
    session.assert_restored();
}

#[cfg(debug_assertions)]
#[test]
fn a_panic_while_frozen_exits_101() {
    let launch = Launch::demo_under("read go; exec $SAVEPEEK");
    let mut session = launch.environment("SAVEPEEK_PANIC", "ui").start();
    session.tty().stall();
    session.send("\r");
    assert_eq!(session.exit(), 101);
    session.assert_modes_restored();
}
