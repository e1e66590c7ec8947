//! `savepeek wait` on a terminal: live lines, which leave nothing behind.

use rustix::process::Signal;

use crate::support::session::{Launch, Session};

/// Waits for something that nobody answers for.
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
fn ctrl_c_takes_the_live_lines_away_and_says_where_things_stand() {
    let mut session = waiting();
    session.send("\x03");
    assert_eq!(session.exit(), 130);
    session.wait_for("2 of 2 still open: interrupted");
    assert!(!session.screen().contains("waiting for"), "{}", session.screen());
    session.assert_given_back();
}

#[test]
fn even_killed_it_has_nothing_to_give_back() {
    let session = waiting();
    session.signal(Signal::KILL);
    session.assert_given_back();
}
