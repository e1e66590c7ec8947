//! `savepeek wait` on a terminal: live lines, which are removed at the end.

use rustix::process::Signal;

use crate::support::session::{Launch, Session};

/// Waits for two savepoints at an address where nothing listens.
fn waiting() -> Session {
    let place = ["--endpoint", "http://127.0.0.1:1", "-w", "w", "-n", "n"];
    let command = [&[env!("CARGO_BIN_EXE_savepeek"), "wait", "one", "two"][..], &place].concat();
    let session = Launch::command(&command)
        .environment("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI-invented")
        .environment("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "invented")
        .start();
    session.wait_for("two  no connection");
    session.wait_for("waiting for 2 of 2");
    session
}

#[test]
fn ctrl_c_removes_the_live_lines_and_reports_what_is_open() {
    let mut session = waiting();
    session.send("\x03");
    assert_eq!(session.exit(), 130);
    session.wait_for("2 of 2 still open: interrupted");
    assert!(!session.screen().contains("waiting for"), "{}", session.screen());
    session.assert_restored();
}

#[test]
fn a_killed_wait_leaves_the_terminal_as_it_was() {
    let session = waiting();
    session.signal(Signal::KILL);
    session.assert_restored();
}
