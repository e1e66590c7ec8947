//! Alerts outside the screen: the bell, the window title, desktop notifications, the command.

use std::path::Path;

use crate::support::service::DemoService;
use crate::support::session::{Launch, Session};
use crate::support::tmux::Tmux;
use crate::support::{count, is_running, wait_until};

/// The payload of each escape sequence that starts with `begin` and ends with BEL.
fn sequences(bytes: &[u8], begin: &str) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let ends = text.split(begin).skip(1).filter_map(|rest| Some(rest.split_once('\x07')?.0));
    ends.map(ToOwned::to_owned).collect()
}

/// How often the bell rang: BELs that do not end a sequence.
fn bells(bytes: &[u8]) -> usize {
    count(bytes, "\x07") - sequences(bytes, "\x1b]").len()
}

/// The text that a command wrote, once it has written `end`.
fn wait_for_output(path: &Path) -> String {
    let text = || std::fs::read_to_string(path).unwrap_or_default();
    wait_until("the command has written its end", || text().ends_with("end\n"));
    text()
}

fn quit(mut session: Session) -> Vec<u8> {
    session.send("q");
    assert_eq!(session.exit(), 0);
    session.assert_restored();
    session.bytes()
}

#[test]
fn a_change_rings_once_and_the_title_is_updated_and_restored() {
    let service = DemoService::with_one_transition("before 4.2", "FAILED");
    let session = service.run_transition(&[]);
    session.wait("the first title", |seen| {
        sequences(&seen.bytes, "\x1b]2;").iter().any(|title| title == "1 started - savepeek")
    });
    assert_eq!(bells(&session.bytes()), 0);
    session.wait("the bell", |seen| bells(&seen.bytes) > 0);
    let bytes = quit(session);
    assert_eq!(bells(&bytes), 1);
    let titles = sequences(&bytes, "\x1b]2;");
    // The title is cleared before the user's own is restored.
    assert_eq!(titles, ["savepeek", "1 started - savepeek", "1 failed - savepeek", ""]);
    assert_eq!(count(&bytes, "\x1b[22;0t"), 1);
}

#[test]
fn desktop_notifications_have_no_control_characters() {
    let hostile = r"a\u0007\u001b]52;c;eA==\u0007\u009d\u202eb";
    let service = DemoService::with_one_transition(hostile, r"X\u001b]0;y\u0007");
    let session = service.run_transition(&["--notify", "desktop"]);
    session.wait("a notification", |seen| !sequences(&seen.bytes, "\x1b]9;").is_empty());
    let bytes = quit(session);
    assert_eq!(
        sequences(&bytes, "\x1b]9;"),
        [
            r"79b4e2ca-ad85-46da-8cff-c2c0e8d40303: STARTED -> X\x1b]0,y\x07 - a\x07\x1b]52,c,eA==\x07\x9d\u{202e}b"
        ]
    );
    assert_eq!((bells(&bytes), count(&bytes, "\x1b]52")), (0, 0));
    assert_eq!(count(&bytes, "\x1b]0"), 0);
}

#[test]
fn an_on_change_command_gets_the_change_but_no_credentials() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("output");
    let service = DemoService::with_one_transition(r"a\u0000\u001b[2Jb", "FAILED");
    let command = format!("sh -c '{{ cat; env; echo end; }} > $0' {}", file.display());
    let flags = ["--notify", "off", "--on-change", &command, "--on-change-env", "NAMED"];
    let secrets = [
        ("ALIBABA_CLOUD_CREDENTIALS_URI", "http://127.0.0.1:1/MARK"),
        ("https_proxy", "http://user:MARK@127.0.0.1:1"),
        ("ACCESS_KEY_SECRET", "MARK"),
        ("AccessKeySecret", "MARK"),
        ("GITLAB_TOKEN", "MARK"),
        ("SAVEPEEK_TIME_ZONE", "utc"),
    ];
    let launch = service.launch_watching(&flags).environment("NAMED", "this one");
    let launch =
        secrets.iter().fold(launch, |launch, (name, value)| launch.environment(name, value));
    let session = service.run_transition_in(launch);
    let output = wait_for_output(&file);
    let (json, variables) = output.split_once('\n').unwrap();
    let json: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!(json["event"], "state");
    assert_eq!((&json["previous"], &json["state"]), (&"STARTED".into(), &"FAILED".into()));
    assert_eq!(json["description"], "a\0\x1b[2Jb");
    for line in [
        "SAVEPEEK_EVENT=state",
        "SAVEPEEK_ID=79b4e2ca-ad85-46da-8cff-c2c0e8d40303",
        "SAVEPEEK_PREVIOUS=STARTED",
        "SAVEPEEK_STATE=FAILED",
        "SAVEPEEK_WORKSPACE=w-1",
        "SAVEPEEK_NAMESPACE=prod",
        r"SAVEPEEK_DESCRIPTION=a\x00\x1b[2Jb",
        "LC_ALL=C.UTF-8",
        "NAMED=this one",
    ] {
        assert!(variables.lines().any(|seen| seen == line), "no {line} in\n{variables}");
    }
    for secret in [service.secret(), "ACCESS_KEY", "MARK", "SAVEPEEK_TIME_ZONE"] {
        assert!(!output.contains(secret), "{secret} in {output}");
    }
    assert_eq!(bells(&quit(session)), 0);
}

#[test]
fn a_hanging_noisy_command_is_not_seen_and_is_killed_at_exit() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("pid");
    let service = DemoService::with_one_transition("x", "FAILED");
    let shout = "while :; do echo GARBAGE; echo GARBAGE >&2; echo GARBAGE >/dev/tty; done";
    let command = format!("sh -c 'echo $$ > $0; echo end >> $0; {shout}' {}", file.display());
    let mut session = service.run_transition(&["--on-change", &command]);
    let pid = wait_for_output(&file).lines().next().unwrap().to_owned();
    session.wait("the bell", |seen| bells(&seen.bytes) > 0);
    session.send("?");
    session.wait_for("show these keys");
    session.send("\x1b");
    session.wait("the help to close", |seen| {
        !seen.emulator.screen().contents().contains("show these keys")
    });
    let bytes = quit(session);
    assert_eq!(count(&bytes, "GARBAGE"), 0);
    wait_until("the command ends", || !is_running(&pid));
}

#[test]
fn a_command_that_cannot_run_is_reported() {
    let service = DemoService::with_one_transition("x", "FAILED");
    let session = service.run_transition(&["--on-change", "no-such-command -x"]);
    session.wait_for("--on-change: no-such-command: not found");
}

#[test]
fn the_linux_console_gets_no_title() {
    let session = Launch::demo().environment("TERM", "linux").start();
    session.wait_until_drawn();
    let bytes = quit(session);
    assert_eq!((count(&bytes, "\x1b]"), count(&bytes, "2;0t")), (0, 0));
}

#[test]
fn the_demo_accepts_the_alert_flags() {
    let flags = ["demo", "--notify", "all", "--notify-on", "state,lost", "--on-change", "true"];
    let session = Launch::savepeek(&flags).start();
    session.wait_until_drawn();
    quit(session);
}

#[test]
fn tmux_shows_the_title_on_its_pane() {
    let tmux = Tmux::with_demo();
    tmux.wait_for_title(" - savepeek");
}
