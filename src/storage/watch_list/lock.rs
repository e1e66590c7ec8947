//! The right to change the watch list: held by one program at a time, waited for within a limit.
//!
//! The kernel knows whether the lock is held, but does not tell by whom. So the holder writes its
//! name into the lock file. A name that stays behind is read only while the lock is held, and is
//! believed only if that process still runs.

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

/// How long to pause between two tries.
const PAUSE: Duration = Duration::from_millis(20);

/// The size limit of the holder's name, in bytes.
const NAME: u64 = 4096;

/// The lock while it is held; it ends with the value, or with the process.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

/// Why the lock is not held.
#[derive(Debug)]
pub(super) enum Refused {
    /// The file system refuses.
    File(io::Error),
    /// Another program holds it: who that is, in words.
    Held(String),
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self::File(error)
    }
}

/// Takes the lock, and tries again until `patience` is over. The first time that another program
/// holds it, `waiting` is told who that is.
pub(super) fn acquire(
    path: &Path,
    patience: Duration,
    waiting: &mut dyn FnMut(&str),
) -> Result<Lock, Refused> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    let file = small_file::open(path, &options, Accept::Regular)?;
    let until = Instant::now() + patience;
    let mut told = false;
    loop {
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => break,
            Err(Errno::WOULDBLOCK) if Instant::now() >= until => {
                return Err(Refused::Held(holder(path)));
            }
            Err(Errno::WOULDBLOCK) => {
                if !std::mem::replace(&mut told, true) {
                    waiting(&holder(path));
                }
                sleep(PAUSE);
            }
            Err(Errno::INTR) => {}
            Err(error) => return Err(io::Error::from(error).into()),
        }
    }
    // Only for the words that another program may need: a full disk is no reason not to go on.
    let _nameless = sign(&file);
    Ok(Lock { _file: file })
}

/// How a holder is named in the lock file.
#[derive(Debug, Serialize, Deserialize)]
struct Name {
    pid: u32,
    host: String,
    /// When the process started, in ticks since the machine did: tells it from a later process
    /// with the same ID.
    started: u64,
}

fn sign(file: &File) -> io::Result<()> {
    let pid = std::process::id();
    let Some((_, started)) = process(pid) else { return Ok(()) };
    let name = serde_json::to_vec(&Name { pid, host: host(), started })?;
    file.set_len(0)?;
    file.write_all_at(&name, 0)
}

/// Who holds the lock, in words.
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

/// The state of a process, as one letter, and when it started; where the system tells.
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

    const AT_ONCE: Duration = Duration::ZERO;

    #[test]
    fn a_lock_that_is_held_names_its_holder_and_is_free_afterwards() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("lock");
        let held = acquire(&path, AT_ONCE, &mut |_| {}).unwrap();
        let mut told = Vec::new();
        let refused =
            acquire(&path, Duration::from_millis(50), &mut |who| told.push(who.to_owned()));
        let me = format!("savepeek pid {}", std::process::id());
        assert!(matches!(refused, Err(Refused::Held(who)) if who == me));
        assert_eq!(told, [me]);
        drop(held);
        acquire(&path, AT_ONCE, &mut |_| {}).unwrap();
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
    fn a_name_that_stayed_behind_is_not_believed(#[case] text: &str, #[case] words: &str) {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("lock");
        let text = text.replace("HERE", &host()).replace("PID", &std::process::id().to_string());
        std::fs::write(&path, text).unwrap();
        assert_eq!(holder(&path), words);
    }
}
