//! Test helpers that observe subprocesses. They wait in real time, whatever clock tokio uses.

use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, test_kill_process};

fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let within = Instant::now() + Duration::from_secs(30);
    while !condition() {
        assert!(Instant::now() < within, "timed out waiting until {what}");
        sleep(Duration::from_millis(5));
    }
}

/// Waits for a file's only line.
pub(crate) fn line(file: &Path) -> String {
    let whole = || std::fs::read_to_string(file).ok().filter(|text| text.ends_with('\n'));
    wait_until("the file is written", || whole().is_some());
    whole().unwrap_or_default().trim_end().to_owned()
}

/// Waits until a process is gone, or is a zombie.
pub(crate) fn wait_for_the_end_of(process: &str) {
    let pid = Pid::from_raw(process.parse().unwrap()).unwrap();
    let zombie = || {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        stat.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with('Z'))
    };
    wait_until("the process ends", || test_kill_process(pid).is_err() || zombie());
}
