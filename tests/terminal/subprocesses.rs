//! The user's programs cannot use the terminal, even if they ignore its signals, and none of their
//! processes outlives savepeek.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::Path;

use rstest::rstest;
use rustix::process::{Pid, Signal, kill_process};

use crate::support::service::DemoService;
use crate::support::session::{Launch, Session};
use crate::support::{count, is_running, wait_until, write_process_command};

/// A command that writes to and reads from the terminal, then writes `end` to a file.
fn script(file: &Path) -> String {
    let shout = "trap \"\" TTIN TTOU; (echo GARBAGE >/dev/tty; read x </dev/tty) 2>/dev/null";
    format!("sh -c '{shout}; echo end > $0; cat 2>/dev/null' {}", file.display())
}

fn assert_undisturbed(session: Session, file: &Path) {
    wait_until("the command ends without a terminal", || {
        std::fs::read_to_string(file).is_ok_and(|text| text == "end\n")
    });
    let mut session = session;
    session.wait_until_drawn();
    session.send("\x03");
    assert_eq!(session.exit(), 0);
    session.assert_restored();
    assert_eq!(count(&session.bytes(), "GARBAGE"), 0);
}

/// savepeek in this home, with a command that prints the credentials.
fn launch_with_credentials_command(home: &Path, command: &str) -> Launch {
    write_process_command(home, command);
    Launch::form().environment("HOME", home.to_str().unwrap())
}

#[test]
fn a_credentials_command_has_no_terminal() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("end");
    let session = launch_with_credentials_command(home.path(), &script(&file)).start();
    assert_undisturbed(session, &file);
}

#[test]
fn an_on_change_command_has_no_terminal() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("end");
    let service = DemoService::with_one_transition("x", "FAILED");
    let session = service.run_transition(&["--on-change", &script(&file)]);
    assert_undisturbed(session, &file);
}

/// A command that starts two processes which leave its session and group, one directly and one by
/// forking twice, and then continues with `then`.
fn detaching(file: &Path, then: &str) -> String {
    let one = "setsid sleep 1000 >/dev/null & echo $! >> $0";
    let two = "(setsid sh -c \"sleep 1000 >/dev/null & echo \\$! >> $0\" &)";
    format!("sh -c '{one}; {two}; {then}' {}", file.display())
}

/// The processes that a [`detaching`] command has started.
fn detached_processes(file: &Path) -> Vec<String> {
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

/// Ends savepeek in one of these ways.
fn end(mut session: Session, way: &str) {
    match way {
        "quit" => session.send("\x03"),
        "hang-up" => session.hang_up(),
        // Dropping the session kills it.
        _ => return,
    }
    session.exit();
}

#[cfg(target_os = "linux")]
#[rstest]
fn processes_of_an_on_change_command_end_with_savepeek(
    #[values("quit", "hang-up", "kill")] way: &str,
) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("processes");
    let service = DemoService::with_one_transition("x", "FAILED");
    let session = service.run_transition(&["--on-change", &detaching(&file, "wait")]);
    let processes = detached_processes(&file);
    end(session, way);
    assert_all_end(&processes);
}

#[cfg(target_os = "linux")]
#[test]
fn processes_left_by_an_on_change_command_are_killed() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("processes");
    let service = DemoService::with_one_transition("x", "FAILED");
    let last = "while [ $(wc -l < $0) -lt 2 ]; do :; done";
    let _session = service.run_transition(&["--on-change", &detaching(&file, last)]);
    assert_all_end(&detached_processes(&file));
}

#[cfg(target_os = "linux")]
#[rstest]
fn a_credentials_command_ends_with_savepeek(#[values("quit", "hang-up", "kill")] way: &str) {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("processes");
    let session = launch_with_credentials_command(home.path(), &detaching(&file, "wait")).start();
    let processes = detached_processes(&file);
    session.wait_until_drawn();
    end(session, way);
    assert_all_end(&processes);
}

#[cfg(target_os = "linux")]
#[test]
fn an_agent_started_by_a_credentials_command_survives() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("processes");
    let printed = r#"echo "{\"mode\": \"AK\", \"access_key_id\": \"LTAI5tFAKEwxyz\", \"access_key_secret\": \"s\"}""#;
    let last = format!("while [ $(wc -l < $0) -lt 2 ]; do :; done; {printed}");
    let command = detaching(&file, &last);
    let session = launch_with_credentials_command(home.path(), &command).start();
    session.wait_for("LTAI…wxyz");
    let processes = detached_processes(&file);
    drop(session);
    for process in processes {
        assert!(is_running(&process), "{process} has ended");
        let pid = Pid::from_raw(process.parse().unwrap()).unwrap();
        kill_process(pid, Signal::KILL).unwrap();
    }
}
