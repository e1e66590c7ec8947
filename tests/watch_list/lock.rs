//! A lock that another program holds.

use std::fs::File;
use std::process::{Child, Command};

use rustix::fs::{FlockOperation, flock};
use rustix::process::{Pid, kill_process};

use super::*;
use crate::support::wait_until;

/// Holds the watch list's lock until it is dropped. The lock file names a stopped process.
struct HeldLock {
    _lock: File,
    holder: Child,
}

impl HeldLock {
    fn of(sandbox: &Sandbox) -> Self {
        let holder = Command::new("sleep").arg("1000").spawn().unwrap();
        let pid = holder.id();
        kill_process(Pid::from_raw(pid.cast_signed()).unwrap(), Signal::STOP).unwrap();
        let stat = || fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        wait_until("it is stopped", || stat().contains(") T "));
        let started = stat().split_whitespace().nth(21).unwrap().to_owned();
        let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
        let path = sandbox.file().with_file_name("watch-list.lock");
        let name = format!(r#"{{"pid":{pid},"host":"{}","started":{started}}}"#, host.trim());
        fs::write(&path, name).unwrap();
        let lock = File::open(path).unwrap();
        flock(&lock, FlockOperation::LockExclusive).unwrap();
        Self { _lock: lock, holder }
    }
}

impl Drop for HeldLock {
    fn drop(&mut self) {
        let _ended_already = self.holder.kill();
        let _reaped_already = self.holder.wait();
    }
}

/// Everything written so far, with `\n` as line ends.
fn written(session: &Session) -> String {
    String::from_utf8_lossy(&session.bytes()).replace("\r\n", "\n")
}

#[rstest::rstest]
#[case::by_q(None, 7)]
#[case::by_a_signal(Some(Signal::TERM), 143)]
fn unsaved_changes_are_reported_at_the_end(#[case] signal: Option<Signal>, #[case] code: u32) {
    let sandbox = Sandbox::new();
    sandbox.watch(0..3);
    let mut session = sandbox.start(&[]);
    session.wait_for(" 3 savepoints");
    let held = HeldLock::of(&sandbox);
    session.send("dmmine\r");
    session.wait_for("Note        mine");
    match signal {
        None => session.send("q"),
        Some(signal) => session.signal(signal),
    }
    assert_eq!(session.exit(), code);
    session.assert_restored();
    let holder =
        format!("is held by savepeek pid {} (stopped: continue or end it)", held.holder.id());
    session.wait("what is not saved", |seen| {
        String::from_utf8_lossy(&seen.bytes).contains("with the note \"mine\"")
            || String::from_utf8_lossy(&seen.bytes).contains("note \"mine\" at ")
    });
    let written = written(&session);
    let words = ["savepeek: 2 changes are not in the watch list: ", &holder, "  stop watching "];
    for words in words {
        assert!(written.contains(words), "{words:?} is missing: {written}");
    }
    drop(held);
    assert_eq!(sandbox.stored_ids().len(), 3, "the file is as it was");
}

#[test]
fn closing_the_window_right_after_a_key_loses_no_edit() {
    let sandbox = Sandbox::new();
    sandbox.watch(0..3);
    let mut session = sandbox.start(&[]);
    session.wait_for(" 3 savepoints");
    let held = HeldLock::of(&sandbox);
    session.send("d");
    session.wait_for("no longer watched");
    session.hang_up();
    drop(held);
    assert_eq!(session.exit(), 129);
    assert_eq!(sandbox.stored_ids().len(), 2);
}

#[test]
fn changes_are_saved_once_the_lock_is_free() {
    let sandbox = Sandbox::new();
    sandbox.watch(0..3);
    let mut session = sandbox.start(&[]);
    session.wait_for(" 3 savepoints");
    let held = HeldLock::of(&sandbox);
    session.send("d");
    session.wait_for(" not saved: ");
    drop(held);
    quit(session);
    assert_eq!(sandbox.stored_ids().len(), 2);
}

#[test]
fn a_damaged_list_and_a_held_lock_do_not_delay_the_screen() {
    let sandbox = Sandbox::new();
    sandbox.watch(0..3);
    let whole = fs::read_to_string(sandbox.file()).unwrap();
    let damaged = whole.replacen("\"note\"", "\"notte\"", 1);
    fs::write(sandbox.file(), &damaged).unwrap();
    let held = HeldLock::of(&sandbox);
    let session = sandbox.launch(&[sandbox.id(4)]);
    // The screen shows this while the program waits for the lock.
    session.wait_for("reading the watch list ...");
    session.wait_for(" 3 savepoints");
    session.wait_for("damaged watch list not set aside (entry 1: unknown key \"notte\"");
    assert_eq!(fs::read_to_string(sandbox.file()).unwrap(), damaged);
    drop(held);
    quit(session);
    assert_eq!(sandbox.set_aside().len(), 1, "with the first change that can be written");
    assert_eq!(sandbox.stored_ids(), [sandbox.id(1), sandbox.id(2), sandbox.id(4)]);
}
