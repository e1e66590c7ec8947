//! Detects that the terminal has hung up.
//!
//! SIGHUP may be ignored (nohup, sudo, a multiplexer), and on a dead terminal crossterm spins at
//! full speed without returning. `poll` always reports a hang-up.

use std::sync::OnceLock;
use std::{io, thread};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::stdio::stdin;
use signal_hook::consts::SIGHUP;
use signal_hook::low_level::exit;

/// The exit code after a hang-up.
pub(super) const HUNG_UP: i32 = 128 + SIGHUP;

/// Runs before the program exits.
static BEFORE_END: OnceLock<fn()> = OnceLock::new();

/// Starts a thread that waits for the hang-up, then runs `before_end` and exits the program.
pub fn watch(before_end: fn()) -> io::Result<()> {
    BEFORE_END.get_or_init(|| before_end);
    thread::Builder::new().name("hangup".into()).spawn(|| {
        loop {
            match wait(None) {
                Ok(_) => exit_hung_up(),
                Err(Errno::INTR) => {}
                Err(_cannot_watch) => return,
            }
        }
    })?;
    Ok(())
}

/// Exits because the terminal is gone: without destructors and without output, which a
/// dead terminal would reject.
pub fn exit_hung_up() -> ! {
    if let Some(before_end) = BEFORE_END.get() {
        before_end();
    }
    exit(HUNG_UP)
}

pub(super) fn has_hung_up() -> bool {
    wait(Some(&Timespec::default())).is_ok_and(|hung_up| hung_up)
}

/// Waits for a hang-up or an error, which `poll` reports even without requested events.
fn wait(limit: Option<&Timespec>) -> rustix::io::Result<bool> {
    Ok(poll(&mut [PollFd::new(&stdin(), PollFlags::empty())], limit)? > 0)
}
