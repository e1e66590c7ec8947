//! The process between savepeek and the user's program, on Linux.
//!
//! It is the subreaper of that program: each process that the program starts, even one that calls
//! `setsid` or forks twice, becomes a child of this process when its own parent ends, and so can be
//! found. The kernel signals when savepeek ends, however that happens.
//!
//! Out of its reach are what runs as another user (a setuid program), what the program asks another
//! service to start (`systemd-run`, `at`, a container), and everything if this process itself is
//! killed with SIGKILL.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{
    Pid, Resource, Rlimit, Signal, WaitOptions, WaitStatus, getpid, getppid, getrlimit,
    kill_process, set_child_subreaper, set_parent_process_death_signal, setrlimit, wait,
};
use signal_hook::consts::{SIGCHLD, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use super::{Leftovers, NOT_RUN, code_of};

/// How often the children are killed before giving up: for 2 s.
const ATTEMPTS: usize = 1000;
const PAUSE: Duration = Duration::from_millis(2);

/// Runs a command and ends as it ends; at SIGTERM, or when `savepeek` ends, kills it with
/// all that it started.
pub(super) fn run(mut command: Command, leftovers: Leftovers, savepeek: Option<Pid>) -> u8 {
    let Ok(mut signals) = Signals::new([SIGTERM, SIGCHLD]) else { return NOT_RUN };
    // Neither fails on a current kernel; the command runs in any case.
    let _not_known = set_child_subreaper(Some(getpid()));
    let _not_known = set_parent_process_death_signal(Some(Signal::TERM));
    if getppid() != savepeek {
        // It ended before the signal was set.
        return NOT_RUN;
    }
    // A group of its own, so that a signal to its group does not end this process.
    let command = match command.process_group(0).spawn() {
        Ok(child) => child.id(),
        Err(error) => return code_of(&error),
    };
    for signal in signals.forever() {
        if signal == SIGTERM {
            end_children();
            return end_by(SIGTERM);
        }
        while let Ok(Some((process, status))) = wait(WaitOptions::NOHANG) {
            if process.as_raw_nonzero().get().cast_unsigned() == command {
                if leftovers == Leftovers::End {
                    end_children();
                }
                return end_as(status);
            }
        }
    }
    NOT_RUN
}

/// Kills the children until there are none: what a killed one leaves becomes a child in its turn.
fn end_children() {
    for _ in 0..ATTEMPTS {
        // An ID cannot be reused by another process, because only this process reaps its children.
        for child in children().unwrap_or_default() {
            let _another_user_s = kill_process(child, Signal::KILL);
        }
        loop {
            match wait(WaitOptions::NOHANG) {
                Ok(Some(_ended)) => {}
                Err(Errno::CHILD) => return,
                Ok(None) | Err(_) => break,
            }
        }
        sleep(PAUSE);
    }
}

/// The children of this process, which has one thread.
fn children() -> io::Result<Vec<Pid>> {
    let mine = getpid().as_raw_nonzero().get().to_string();
    let mut children = Vec::new();
    for entry in std::fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(process) = name.to_str().and_then(|name| name.parse().ok()) else { continue };
        // It may have ended meanwhile.
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        // The name is in brackets and may hold anything; state and parent follow.
        let after_name = stat.rsplit_once(") ").map(|(_, rest)| rest);
        if after_name.and_then(|rest| rest.split(' ').nth(1)) == Some(mine.as_str()) {
            children.extend(Pid::from_raw(process));
        }
    }
    Ok(children)
}

fn end_as(status: WaitStatus) -> u8 {
    match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => u8::try_from(code).unwrap_or(u8::MAX),
        (None, Some(signal)) => end_by(signal),
        (None, None) => NOT_RUN,
    }
}

/// Ends this process by a signal, as the command was.
fn end_by(signal: i32) -> u8 {
    // The command has dumped its core already, where that is wanted.
    let limit = getrlimit(Resource::Core);
    let _kept = setrlimit(Resource::Core, Rlimit { current: Some(0), ..limit });
    // Not for SIGKILL, which has no handler.
    let _not_possible = emulate_default_handler(signal);
    if let Some(signal) = Signal::from_named_raw(signal) {
        let _no_right = kill_process(getpid(), signal);
    }
    u8::try_from(128 + signal).unwrap_or(u8::MAX)
}
