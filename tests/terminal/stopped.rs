//! SIGSTOP, which no program sees coming: nothing is lost by it, however short the patience.

use std::time::Duration;

use rustix::process::Signal;
use savepeek::domain::savepoint::SavepointId;

use crate::support::service::Running;

#[test]
fn no_savepoint_is_lost_because_the_program_was_stopped() {
    let running = Running::one_that_changes("stopped", "COMPLETED");
    let state = tempfile::tempdir().unwrap();
    // Two polls are missed after three seconds.
    let flags = ["--request-timeout", "1s"];
    let launch = running.watched_with(&flags);
    let mut session = launch.environment("XDG_STATE_HOME", state.path().to_str().unwrap()).start();
    session.wait_for("live");
    session.signal(Signal::STOP);
    // What is tested is that this time counts for nothing.
    std::thread::sleep(Duration::from_secs(5));
    let id = SavepointId::new("79b4e2ca-ad85-46da-8cff-c2c0e8d40303").unwrap();
    let before = running.service.request_count(&id);
    session.signal(Signal::CONT);
    session.wait("it to ask again", |_| running.service.request_count(&id) > before + 2);
    session.wait_for("live");
    session.send("q");
    assert_eq!(session.exit(), 0);
    let journal = std::fs::read_to_string(state.path().join("savepeek/journal.jsonl")).unwrap();
    assert!(journal.contains(r#""event":"first""#), "{journal}");
    assert!(!journal.contains(r#""event":"lost""#), "{journal}");
}
