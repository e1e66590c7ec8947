//! The journal that the screen writes.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use rustix::process::Signal;
use serde_json::Value;

use super::{BINARY, journal, savepeek, state};
use crate::support::embedded::Embedded;
use crate::support::session::{Launch, Session};
use crate::support::wait_until;

/// The screen watching every savepoint of the embedded service.
fn watch(service: &Embedded, state: &Path) -> Session {
    let ids = service.variable("SAVEPEEK_IDS").split(' ');
    let command: Vec<&str> = [BINARY, "--interval", "1"].into_iter().chain(ids).collect();
    // The session has a home of its own.
    let environment = service.environment.iter().filter(|(name, _)| name != "HOME");
    let launch = launch(&command, state);
    let session = environment.fold(launch, |it, (name, value)| it.environment(name, value)).start();
    session.wait_until_drawn();
    session
}

fn launch(command: &[&str], state: &Path) -> Launch {
    Launch::command(command).environment("XDG_STATE_HOME", state.to_str().unwrap())
}

/// The screen with nothing to watch.
fn form(state: &Path) -> Session {
    let session = launch(&[BINARY], state).start();
    session.wait_until_drawn();
    session
}

/// Closes the form and opens the journal: Esc and e in one write.
fn open_journal(session: &mut Session) {
    session.send("\x1be");
}

/// The journal's entries; every line must be complete.
fn entries(state: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(journal(state)).unwrap_or_default();
    assert!(text.is_empty() || text.ends_with('\n'), "{text}");
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn events(state: &Path) -> Vec<String> {
    entries(state).iter().map(|entry| entry["event"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn two_programs_write_to_one_journal_and_the_next_one_shows_it() {
    let (service, state) = (Embedded::start(), state(None));
    let mut screens = [watch(&service, state.path()), watch(&service, state.path())];
    let pids = |event: &str| -> BTreeSet<u64> {
        let entries = entries(state.path());
        let those = entries.iter().filter(|entry| entry["event"] == event);
        those.map(|entry| entry["pid"].as_u64().unwrap()).collect()
    };
    wait_until("both programs recorded an answer", || pids("first").len() == 2);
    for screen in &mut screens {
        screen.send("q");
        assert_eq!(screen.exit(), 0);
    }
    assert_eq!(pids("started"), pids("first"));
    assert_eq!(pids("stopped"), pids("first"));
    let path = journal(state.path());
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    let text = std::fs::read_to_string(path).unwrap();
    let secret = service.variable("ALIBABA_CLOUD_ACCESS_KEY_SECRET");
    assert!(secret.len() > 8 && !text.contains(secret));

    let mut next = form(state.path());
    open_journal(&mut next);
    // A savepoint is selected, so a second `e` shows the entries of all.
    next.send("e");
    next.wait_for("savepeek stopped");
    next.send("/");
    next.send("first seen");
    next.wait_for("first seen: ");
    next.send("\x03");
    assert_eq!(next.exit(), 0);
}

#[test]
fn a_signal_also_writes_the_final_entry() {
    let state = state(None);
    let mut session = form(state.path());
    session.signal(Signal::TERM);
    assert_eq!(session.exit(), 143);
    assert_eq!(events(state.path()), ["started", "stopped"]);
}

#[test]
fn an_entry_after_a_truncated_line_starts_a_new_line() {
    let whole = r#"{"v":1,"at":"2026-11-23T05:00:00Z","event":"stopped","pid":7}"#;
    let state = state(Some(&format!("{whole}\n{}", &whole[..30])));
    let mut session = form(state.path());
    session.send("\x03");
    assert_eq!(session.exit(), 0);
    let text = std::fs::read_to_string(journal(state.path())).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines.len(), lines[0], lines[1]), (4, whole, &whole[..30]));
    assert!(lines[2].contains("started") && lines[3].contains("stopped"), "{text}");
}

#[test]
fn a_large_journal_is_rotated() {
    let line = r#"{"v":1,"at":"2026-11-23T05:00:00Z","event":"stopped","pid":7}"#.to_owned() + "\n";
    let old = line.repeat(10 * 1024 * 1024 / line.len() + 1);
    let state = state(Some(&old));
    let mut session = form(state.path());
    wait_until("the journal is rotated", || state.path().join("savepeek/journal.1.jsonl").exists());
    session.send("\x03");
    assert_eq!(session.exit(), 0);
    assert_eq!(events(state.path()), ["started", "stopped"]);
    let aside = std::fs::read_to_string(state.path().join("savepeek/journal.1.jsonl")).unwrap();
    assert!(aside == old);
}

#[test]
fn a_full_disk_is_reported_and_entries_are_written_when_it_recovers() {
    let state = state(Some(""));
    let path = journal(state.path());
    std::fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink("/dev/full", &path).unwrap();
    let mut session = form(state.path());
    session.wait_for("journal not written (the next entry tries again): No space left on device");
    std::fs::remove_file(&path).unwrap();
    session.send("\x03");
    assert_eq!(session.exit(), 0);
    assert_eq!(events(state.path()), ["started", "stopped"]);
}

#[test]
fn a_folder_that_cannot_be_created_is_reported_and_the_program_continues() {
    let state = state(Some(""));
    let below_a_file = journal(state.path());
    let mut session = launch(&[BINARY], &below_a_file).start();
    // The watch list cannot be read either, so this warning may be the second one shown.
    session.wait_for("journal not written (the next entry tries again): Not a directory");
    open_journal(&mut session);
    session.wait_for("not on disk: Not a directory");
    session.send("\x03");
    assert_eq!(session.exit(), 7);
    session.wait_for("savepeek: 2 entries are not in the journal: Not a directory");
    session.assert_restored();
}

#[test]
fn unwritten_entries_are_counted_at_the_end() {
    let state = state(Some(""));
    let path = journal(state.path());
    std::fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink("/dev/full", &path).unwrap();
    let mut session = form(state.path());
    session.send("\x03");
    assert_eq!(session.exit(), 7);
    session.wait_for("savepeek: 2 entries are not in the journal: No space left on device");
    session.assert_restored();
}

#[test]
fn a_pipe_in_place_of_the_journal_is_reported_without_waiting() {
    let state = state(Some(""));
    let path = journal(state.path());
    std::fs::remove_file(&path).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let mut session = form(state.path());
    session.wait_for("it is no regular file but a pipe");
    session.send("\x03");
    assert_eq!(session.exit(), 7);
    for command in ["journal", "report"] {
        let output = savepeek(state.path()).arg(command).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let words = String::from_utf8(output.stderr).unwrap();
        assert!(words.contains("it is no regular file but a pipe"), "{words}");
    }
}

#[test]
fn the_demo_writes_no_journal() {
    let state = state(None);
    let mut session = launch(&[BINARY, "demo"], state.path()).start();
    session.wait_for("live");
    session.send("ee");
    session.wait_for("in memory only");
    session.wait_for("first seen: ");
    session.send("\x03");
    assert_eq!(session.exit(), 0);
    assert_eq!(std::fs::read_dir(state.path()).unwrap().count(), 0);
}
