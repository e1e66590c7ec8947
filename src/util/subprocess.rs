//! Runs the user's programs, each in a session of its own. Such a program has no terminal, so it can
//! neither write over the screen nor prompt there, and no key reaches it.
//!
//! Only a process itself can become the leader of a session, so savepeek runs itself first, with
//! the argument `NEW_SESSION`. Stopping background writers (`TOSTOP`) is not enough: inside tmux a
//! program starts with the signal for that ignored.
//!
//! On Linux the process in between stays, and ensures that nothing which the program started outlives
//! savepeek (see `supervisor`); a crate that only calls `setsid`, as process-wrap, cannot. Elsewhere
//! it execs the program, and processes that call `setsid` or remain when savepeek is killed go on.

#[cfg(test)]
pub(crate) mod probe;
#[cfg(target_os = "linux")]
mod supervisor;
mod variables;

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::OnceLock;

use rustix::process::{Pid, Signal, getpid, kill_process_group, setsid};
use tokio::process::{Child, Command};

pub(crate) use variables::{passed_on, passed_on_to_tmux};

/// The first argument that makes savepeek run another program; not a flag. It is followed by what
/// happens to leftover processes, savepeek's process ID, the program and its arguments.
const NEW_SESSION: &str = "--in-a-session-of-its-own";

/// The exit codes of a shell for a program that does not exist, and for one that cannot be run.
const NOT_FOUND: u8 = 127;
const NOT_RUN: u8 = 126;

/// The path of this program. Unset in other programs that link the library.
static SELF: OnceLock<PathBuf> = OnceLock::new();

/// What happens to the processes that a program leaves behind when it ends by itself. When it is
/// stopped, or savepeek ends, they are killed in either case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leftovers {
    End,
    /// They stay: an agent that caches a password serves the next start, too.
    Stay,
}

impl Leftovers {
    const fn word(self) -> &'static str {
        match self {
            Self::End => "end",
            Self::Stay => "stay",
        }
    }
}

/// Runs the program in the arguments, if savepeek was started as `NEW_SESSION`, and returns its exit
/// code. Must come first in `main`.
pub fn run_if_requested() -> Option<u8> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_none_or(|first| first != NEW_SESSION) {
        // This link stays right after an update has replaced the file.
        let linux = Path::new("/proc/self/exe");
        let path = linux.exists().then(|| Ok(linux.to_owned()));
        if let Ok(path) = path.unwrap_or_else(std::env::current_exe) {
            let _the_first_one_stays = SELF.set(path);
        }
        return None;
    }
    Some(run_in_new_session(arguments))
}

fn run_in_new_session(mut words: impl Iterator<Item = OsString>) -> u8 {
    let (Some(leftovers), Some(savepeek)) = (words.next(), words.next()) else { return NOT_FOUND };
    let leftovers =
        if leftovers == Leftovers::End.word() { Leftovers::End } else { Leftovers::Stay };
    let savepeek = savepeek.to_str().and_then(|id| id.parse().ok()).and_then(Pid::from_raw);
    let Some(program) = words.next() else { return NOT_FOUND };
    // Fails only for the leader of a process group, which needs no new session.
    let _session = setsid();
    let mut command = std::process::Command::new(program);
    command.args(words);
    run_here(command, leftovers, savepeek)
}

#[cfg(target_os = "linux")]
use supervisor::run as run_here;

#[cfg(not(target_os = "linux"))]
fn run_here(mut command: std::process::Command, _: Leftovers, _: Option<Pid>) -> u8 {
    code_of(&std::os::unix::process::CommandExt::exec(&mut command))
}

/// The exit code for a command that cannot be started.
fn code_of(error: &io::Error) -> u8 {
    if error.kind() == io::ErrorKind::NotFound { NOT_FOUND } else { NOT_RUN }
}

/// Returns a command that runs a program in a session of its own.
pub(crate) fn command(program: impl AsRef<OsStr>, leftovers: Leftovers) -> Command {
    let Some(this) = SELF.get() else {
        let mut command = Command::new(program);
        command.process_group(0);
        return command;
    };
    let mut command = Command::new(this);
    let savepeek = getpid().as_raw_nonzero().to_string();
    command.args([NEW_SESSION, leftovers.word(), &savepeek]).arg(program);
    command
}

/// Returns why a command did not start, if its exit status says so.
pub(crate) fn not_started(status: ExitStatus) -> Option<io::Error> {
    let kind = match u8::try_from(status.code()?).ok()? {
        NOT_FOUND => io::ErrorKind::NotFound,
        NOT_RUN => io::ErrorKind::PermissionDenied,
        _ => return None,
    };
    SELF.get().map(|_| kind.into())
}

/// A program in a session of its own, with all processes it started. Dropping it kills them.
#[derive(Debug)]
pub(crate) struct Group(pub Child);

impl Drop for Group {
    fn drop(&mut self) {
        // The ID is gone once the program has been waited for, and may then be another's.
        let id = self.0.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        let Some(id) = id else { return };
        #[cfg(target_os = "linux")]
        if SELF.get().is_some() {
            // The process in between kills the rest.
            let _gone_already = rustix::process::kill_process(id, Signal::TERM);
            return;
        }
        let _gone_already = kill_process_group(id, Signal::KILL);
        // It may not lead a group yet.
        let _gone_already = self.0.start_kill();
    }
}
