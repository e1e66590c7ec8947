//! The lock of the watch list: one program holds it at a time, others wait with a timeout.
//!
//! The kernel knows whether the lock is held, but not by whom. So the holder writes its process ID
//! into the lock file. That name is read only while the lock is held, and trusted only if the
//! process still runs, because a killed process leaves its name behind.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use crate::util::small_file::{self, Accept};

/// The pause between two attempts.
const PAUSE: Duration = Duration::from_millis(20);

/// The size limit of the lock file, in bytes.
const NAME: u64 = 4096;

/// The held lock. Dropping it, or the end of the process, releases it.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // A program that writes no name must not be taken for this one, which may still run.
        let _name_stays = self.file.set_len(0);
    }
}

/// Why the lock is not held.
#[derive(Debug)]
pub(super) enum LockError {
    /// The lock file cannot be opened or locked.
    File(io::Error),
    /// Another program holds the lock; its description.
    Held(String),
}

impl From<io::Error> for LockError {
    fn from(error: io::Error) -> Self {
        Self::File(error)
    }
}

/// Takes the lock, retrying until `patience` is over. Calls `waiting` once, with a description of the
/// holder, if another program holds it.
pub(super) fn acquire(
    path: &Path,
    patience: Duration,
    waiting: &mut dyn FnMut(&str),
) -> Result<Lock, LockError> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    let file = small_file::open(path, &options, Accept::Regular)?;
    let until = Instant::now() + patience;
    let mut reported = false;
    loop {
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => break,
            Err(Errno::WOULDBLOCK) if Instant::now() >= until => {
                return Err(LockError::Held(holder(path)));
            }
            Err(Errno::WOULDBLOCK) => {
                if !std::mem::replace(&mut reported, true) {
                    waiting(&holder(path));
                }
                sleep(PAUSE);
            }
            Err(Errno::INTR) => {}
            Err(error) => return Err(io::Error::from(error).into()),
        }
    }
    // The name is only for messages: a full disk must not prevent the edit.
    let _nameless = write_name(&file);
    Ok(Lock { file })
}

/// The content of the lock file.
#[derive(Debug, Serialize, Deserialize)]
struct Name {
    pid: u32,
    host: String,
    /// Start time of the process, in clock ticks since boot: a later process may have the same ID.
    started: u64,
}

fn write_name(file: &File) -> io::Result<()> {
    let pid = std::process::id();
    let Some((_, started)) = process(pid) else { return Ok(()) };
    let name = serde_json::to_vec(&Name { pid, host: host(), started })?;
    file.set_len(0)?;
    file.write_all_at(&name, 0)
}

/// Describes the program that holds the lock.
fn holder(path: &Path) -> String {
    let name = small_file::read(path, NAME, Accept::Regular).ok();
    let Some(name) = name.and_then(|name| serde_json::from_slice::<Name>(&name).ok()) else {
        return "another program".to_owned();
    };
    let Name { pid, host: there, started } = name;
    if there != host() {
        return format!("savepeek pid {pid} on {there}");
    }
    match process(pid) {
        Some(('T' | 't', since)) if since == started => {
            format!("savepeek pid {pid} (stopped: continue or end it)")
        }
        Some(('D', since)) if since == started => format!("savepeek pid {pid} (waits for a disk)"),
        Some((_, since)) if since == started => format!("savepeek pid {pid}"),
        _ => "another program".to_owned(),
    }
}

/// The state letter and the start time of a process, from `/proc`; `None` without it.
fn process(pid: u32) -> Option<(char, u64)> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The program's name stands in parentheses and may hold any character.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace();
    let state = fields.next()?.chars().next()?;
    let started = fields.nth(18)?.parse().ok()?;
    Some((state, started))
}

fn host() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    host.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_WAIT: Duration = Duration::ZERO;

    #[test]
    fn a_held_lock_names_its_holder_and_is_free_after_release() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("lock");
        let held = acquire(&path, NO_WAIT, &mut |_| {}).unwrap();
        let mut reported = Vec::new();
        let refused =
            acquire(&path, Duration::from_millis(50), &mut |who| reported.push(who.to_owned()));
        let me = format!("savepeek pid {}", std::process::id());
        assert!(matches!(refused, Err(LockError::Held(who)) if who == me));
        assert_eq!(reported, [me]);
        drop(held);
        acquire(&path, NO_WAIT, &mut |_| {}).unwrap();
    }

    #[test]
    fn a_program_without_a_name_is_not_taken_for_the_holder_before_it() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("lock");
        drop(acquire(&path, NO_WAIT, &mut |_| {}).unwrap());
        let nameless = File::open(&path).unwrap();
        flock(&nameless, FlockOperation::NonBlockingLockExclusive).unwrap();
        let refused = acquire(&path, NO_WAIT, &mut |_| {});
        assert!(matches!(refused, Err(LockError::Held(who)) if who == "another program"));
    }

    #[rstest::rstest]
    #[case::nothing("", "another program")]
    #[case::an_older_version("4711\n", "another program")]
    #[case::elsewhere(
        r#"{"pid":4711,"host":"build-3.example","started":1}"#,
        "savepeek pid 4711 on build-3.example"
    )]
    #[case::a_process_that_is_gone(
        r#"{"pid":4294967295,"host":"HERE","started":1}"#,
        "another program"
    )]
    #[case::another_process_by_now(r#"{"pid":PID,"host":"HERE","started":1}"#, "another program")]
    fn a_stale_holder_name_is_not_trusted(#[case] text: &str, #[case] words: &str) {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("lock");
        let text = text.replace("HERE", &host()).replace("PID", &std::process::id().to_string());
        std::fs::write(&path, text).unwrap();
        assert_eq!(holder(&path), words);
    }
}
