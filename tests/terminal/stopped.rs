//! SIGSTOP, which a program cannot notice: no savepoint counts as lost, even with short timeouts.

use std::time::Duration;

use rustix::process::Signal;
use savepeek::domain::savepoint::SavepointId;

use crate::support::service::DemoService;

#[test]
fn a_stopped_program_reports_no_savepoint_lost() {
    let running = DemoService::with_one_transition("stopped", "COMPLETED");
    let state = tempfile::tempdir().unwrap();
    // Without the stop, two polls would be missed after three seconds.
    let flags = ["--request-timeout", "1s"];
    let launch = running.launch_watching(&flags);
    let mut session = launch.environment("XDG_STATE_HOME", state.path().to_str().unwrap()).start();
    session.wait_for("live");
    session.signal(Signal::STOP);
    // Real time has to pass: the test is that it does not count.
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
