//! Programs of the user's that would like the terminal, also such as cannot be stopped for it.

use std::path::Path;

use crate::support::service::Running;
use crate::support::session::{Launch, Session};
use crate::support::{count, wait_until};

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

#[test]
fn a_program_that_prints_credentials_has_no_terminal() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("end");
    std::fs::create_dir(home.path().join(".aliyun")).unwrap();
    let profile = serde_json::json!({
        "name": "p", "mode": "External", "process_command": script(&file),
    });
    let config = serde_json::json!({"current": "p", "profiles": [profile]});
    std::fs::write(home.path().join(".aliyun/config.json"), config.to_string()).unwrap();
    let session = Launch::form().environment("HOME", home.path().to_str().unwrap()).start();
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
