//! The user's programs cannot use the terminal, even if they ignore its signals, and none of their
//! processes outlives savepeek.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::Path;

use rstest::rstest;
use rustix::process::{Pid, Signal, kill_process};

use crate::support::service::Running;
use crate::support::session::{Launch, Session};
use crate::support::{count, is_running, wait_until, write_process_command};

/// Writes and asks on the terminal, then says that it has come to its end.
fn script(file: &Path) -> String {
    let shout = "trap \"\" TTIN TTOU; (echo GARBAGE >/dev/tty; read x </dev/tty) 2>/dev/null";
    format!("sh -c '{shout}; echo end > $0; cat 2>/dev/null' {}", file.display())
}

fn assert_undisturbed(session: Session, file: &Path) {
    wait_until("it has come to its end without a terminal", || {
        std::fs::read_to_string(file).is_ok_and(|text| text == "end\n")
    });
    let mut session = session;
    session.wait_until_drawn();
    session.send("\x03");
    session.exit();
    session.assert_given_back();
    assert_eq!(count(&session.bytes(), "GARBAGE"), 0);
}

/// savepeek in this home, where a program prints the credentials.
fn with_credentials_of(home: &Path, command: &str) -> Launch {
    write_process_command(home, command);
    Launch::form().environment("HOME", home.to_str().unwrap())
}

#[test]
fn a_program_that_prints_credentials_has_no_terminal() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("end");
    let session = with_credentials_of(home.path(), &script(&file)).start();
    assert_undisturbed(session, &file);
}

#[test]
fn a_command_for_changes_has_no_terminal() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("end");
    let service = Running::one_that_changes("x", "FAILED");
    let session = service.seen_changing(&["--on-change", &script(&file)]);
    assert_undisturbed(session, &file);
}

/// Starts what leaves session and group, directly and by forking twice, and goes on like this.
fn scattering(file: &Path, then: &str) -> String {
    let one = "setsid sleep 1000 >/dev/null & echo $! >> $0";
    let two = "(setsid sh -c \"sleep 1000 >/dev/null & echo \\$! >> $0\" &)";
    format!("sh -c '{one}; {two}; {then}' {}", file.display())
}

/// The processes that a [`scattering`] command has started.
fn scattered(file: &Path) -> Vec<String> {
    let lines = || {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        text.lines().map(ToOwned::to_owned).collect::<Vec<_>>()
    };
    wait_until("both are started", || lines().len() == 2);
    lines()
}

fn assert_all_end(processes: &[String]) {
    for process in processes {
        wait_until("the process ends", || !is_running(process));
    }
}

/// Ends a savepeek in one of the ways in which it can end.
fn end(mut session: Session, way: &str) {
    match way {
        "quit" => session.send("\x03"),
        "hang-up" => session.hang_up(),
        // When it is dropped.
        _ => return,
    }
    session.exit();
}

#[cfg(target_os = "linux")]
#[rstest]
fn what_a_command_for_changes_started_ends_with_savepeek(
    #[values("quit", "hang-up", "kill")] way: &str,
) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("processes");
    let service = Running::one_that_changes("x", "FAILED");
    let session = service.seen_changing(&["--on-change", &scattering(&file, "wait")]);
    let processes = scattered(&file);
    end(session, way);
    assert_all_end(&processes);
}

#[cfg(target_os = "linux")]
#[test]
fn what_a_command_for_changes_left_behind_ends_with_it() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("processes");
    let service = Running::one_that_changes("x", "FAILED");
    let last = "while [ $(wc -l < $0) -lt 2 ]; do :; done";
    let _session = service.seen_changing(&["--on-change", &scattering(&file, last)]);
    assert_all_end(&scattered(&file));
}

#[cfg(target_os = "linux")]
#[rstest]
fn a_program_that_prints_credentials_does_not_outlive_savepeek(
    #[values("quit", "hang-up", "kill")] way: &str,
) {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("processes");
    let session = with_credentials_of(home.path(), &scattering(&file, "wait")).start();
    let processes = scattered(&file);
    session.wait_until_drawn();
    end(session, way);
    assert_all_end(&processes);
}

#[cfg(target_os = "linux")]
#[test]
fn an_agent_that_a_program_for_credentials_started_stays() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("processes");
    let printed = r#"echo "{\"mode\": \"AK\", \"access_key_id\": \"LTAI5tFAKEwxyz\", \"access_key_secret\": \"s\"}""#;
    let last = format!("while [ $(wc -l < $0) -lt 2 ]; do :; done; {printed}");
    let command = scattering(&file, &last);
    let session = with_credentials_of(home.path(), &command).start();
    session.wait_for("LTAI…wxyz");
    let processes = scattered(&file);
    drop(session);
    for process in processes {
        assert!(is_running(&process), "{process} has ended");
        let pid = Pid::from_raw(process.parse().unwrap()).unwrap();
        kill_process(pid, Signal::KILL).unwrap();
    }
}
