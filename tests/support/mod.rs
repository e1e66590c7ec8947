//! Shared by the tests of the real binary.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

pub mod canned;
pub mod embedded;
pub mod service;
pub mod session;
pub mod tmux;
pub mod tty;

use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use savepeek::domain::savepoint::Target;
use savepeek::storage::watch_list::{Annotation, Edit, WatchListStore};

/// The deadline for a condition. It is long because a test machine may be busy; a test that passes
/// does not use it up.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// Waits until a condition comes true.
pub fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let within = Instant::now() + DEADLINE;
    while !condition() {
        assert!(Instant::now() < within, "timed out waiting until {what}");
        sleep(Duration::from_millis(5));
    }
}

/// Whether a process exists and is no zombie.
pub fn is_running(process: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, state)| !state.starts_with('Z'))
}

/// The text of a file, once its last line is complete.
pub fn wait_for_file(path: &Path) -> String {
    let whole = || std::fs::read_to_string(path).ok().filter(|text| text.ends_with('\n'));
    wait_until(&format!("{} is written", path.display()), || whole().is_some());
    whole().unwrap_or_default()
}

/// Puts savepoints on a watch list, without notes.
pub fn watch(store: &WatchListStore, targets: &[Target]) {
    let added_at = "2026-11-23T03:00:00Z".parse().unwrap();
    let remark = Annotation { note: String::new(), added_at };
    let edits = targets.iter().map(|target| Edit::Add(target.clone(), remark.clone()));
    store.edit(&edits.collect::<Vec<_>>()).unwrap();
}

/// Makes the `aliyun` CLI's current profile, `p`, one whose command prints the credentials.
pub fn write_process_command(home: &Path, command: &str) {
    let profile = serde_json::json!({"name": "p", "mode": "External", "process_command": command});
    let config = serde_json::json!({"current": "p", "profiles": [profile]});
    std::fs::create_dir(home.join(".aliyun")).unwrap();
    std::fs::write(home.join(".aliyun/config.json"), config.to_string()).unwrap();
}

pub fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// How often the bytes contain a sequence.
pub fn count(bytes: &[u8], sequence: &str) -> usize {
    bytes.windows(sequence.len()).filter(|seen| *seen == sequence.as_bytes()).count()
}
