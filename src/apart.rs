//! Programs of the user's, each in a session of its own: it has no terminal, so that it can neither
//! write nor ask in the middle of the picture, and no key reaches it.
//!
//! A process can only make itself the leader of a session, so this program runs itself first, does
//! that, and becomes the other one. Stopping whoever writes in the background (`TOSTOP`) is not
//! enough: inside tmux a program begins with the signal for that ignored.

#[cfg(test)]
pub(crate) mod probe;

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::OnceLock;

use rustix::process::{Pid, Signal, kill_process_group, setsid};
use tokio::process::{Child, Command};

/// The first argument by which this program is told to become another; no flag of its own.
const STEP: &str = "--in-a-session-of-its-own";

/// What a shell says of a program that is not there, and of one that cannot be run.
const NOT_FOUND: u8 = 127;
const NOT_RUN: u8 = 126;

/// Where this program is. Unset in whatever else the library is linked into.
static SELF: OnceLock<PathBuf> = OnceLock::new();

/// The first thing that the program does. Where it was told to become another it does so; the exit
/// code, where it cannot.
pub fn step() -> Option<u8> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_none_or(|first| first != STEP) {
        // Right also after an update has put another file in its place.
        let linux = Path::new("/proc/self/exe");
        let path = linux.exists().then(|| Ok(linux.to_owned()));
        if let Ok(path) = path.unwrap_or_else(std::env::current_exe) {
            let _the_first_one_stays = SELF.set(path);
        }
        return None;
    }
    Some(become_another(arguments))
}

fn become_another(mut words: impl Iterator<Item = OsString>) -> u8 {
    let Some(program) = words.next() else { return NOT_FOUND };
    // Fails only for who leads a group already, and then nothing is lost.
    let _session = setsid();
    match std::process::Command::new(program).args(words).exec().kind() {
        io::ErrorKind::NotFound => NOT_FOUND,
        _ => NOT_RUN,
    }
}

/// A command that runs this program apart.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let Some(this) = SELF.get() else {
        let mut command = Command::new(program);
        command.process_group(0);
        return command;
    };
    let mut command = Command::new(this);
    command.arg(STEP).arg(program);
    command
}

/// Why a command was not started, where that is how it ended.
pub(crate) fn not_started(status: ExitStatus) -> Option<io::Error> {
    let kind = match u8::try_from(status.code()?).ok()? {
        NOT_FOUND => io::ErrorKind::NotFound,
        NOT_RUN => io::ErrorKind::PermissionDenied,
        _ => return None,
    };
    SELF.get().map(|_| kind.into())
}

/// A program that runs apart, and whatever it started; killed together when nobody waits for it any
/// more. What it left behind after it ended by itself was meant to stay.
#[derive(Debug)]
pub(crate) struct Group(pub Child);

impl Drop for Group {
    fn drop(&mut self) {
        // The ID is gone once the program has been waited for, and may then be another's.
        let id = self.0.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        if let Some(id) = id {
            let _gone_already = kill_process_group(id, Signal::KILL);
            // It may not have come to lead a group yet.
            let _gone_already = self.0.start_kill();
        }
    }
}
