//! Programs of the user's, each in a session of its own: it has no terminal, so that it can neither
//! write nor ask in the middle of the picture, and no key reaches it.
//!
//! A process can only make itself the leader of a session, so this program runs itself first and
//! does that. Stopping whoever writes in the background (`TOSTOP`) is not enough: inside tmux a
//! program begins with the signal for that ignored.
//!
//! On Linux the process in between stays, and sees to it that nothing of the program's outlives
//! savepeek (see `supervisor`). Elsewhere it becomes the program, and what calls `setsid` or is
//! left when savepeek is killed goes on.

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

/// The first argument by which this program is told to run another; no flag of its own. What becomes
/// of the other's children and this program's process ID follow, then the other and its arguments.
const STEP: &str = "--in-a-session-of-its-own";

/// What a shell says of a program that is not there, and of one that cannot be run.
const NOT_FOUND: u8 = 127;
const NOT_RUN: u8 = 126;

/// Where this program is. Unset in whatever else the library is linked into.
static SELF: OnceLock<PathBuf> = OnceLock::new();

/// What becomes of the processes that a program leaves behind when it ends by itself. If it is
/// stopped, or savepeek ends, they end with it in either case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leftovers {
    /// They end with the program.
    End,
    /// They stay: an agent that keeps a password serves the next start, too.
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

/// The first thing that the program does. Where it was told to run another it does so; the exit code
/// is that one's.
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
    Some(run_another(arguments))
}

fn run_another(mut words: impl Iterator<Item = OsString>) -> u8 {
    let (Some(leftovers), Some(savepeek)) = (words.next(), words.next()) else { return NOT_FOUND };
    let leftovers =
        if leftovers == Leftovers::End.word() { Leftovers::End } else { Leftovers::Stay };
    let savepeek = savepeek.to_str().and_then(|id| id.parse().ok()).and_then(Pid::from_raw);
    let Some(program) = words.next() else { return NOT_FOUND };
    // Fails only for who leads a group already, and then nothing is lost.
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

/// A command that runs this program apart.
pub(crate) fn command(program: impl AsRef<OsStr>, leftovers: Leftovers) -> Command {
    let Some(this) = SELF.get() else {
        let mut command = Command::new(program);
        command.process_group(0);
        return command;
    };
    let mut command = Command::new(this);
    let savepeek = getpid().as_raw_nonzero().to_string();
    command.args([STEP, leftovers.word(), &savepeek]).arg(program);
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
/// more.
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
        // It may not have come to lead a group yet.
        let _gone_already = self.0.start_kill();
    }
}
