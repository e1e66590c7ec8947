//! The end of the terminal itself.
//!
//! SIGHUP may be ignored (nohup, sudo, a multiplexer), and on a dead terminal crossterm spins at
//! full speed without ever returning. The kernel, though, reports a hang-up to anyone who polls.

use std::sync::OnceLock;
use std::{io, thread};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::stdio::stdin;
use signal_hook::consts::SIGHUP;
use signal_hook::low_level::exit;

/// The exit code of a program that a hang-up ended.
pub(super) const HUNG_UP: i32 = 128 + SIGHUP;

/// What is to be done before the program ends.
static BEFORE_END: OnceLock<fn()> = OnceLock::new();

/// Begins to watch; at the hang-up the program ends, whatever it is doing, as soon as `before_end`
/// returns.
pub fn watch(before_end: fn()) -> io::Result<()> {
    BEFORE_END.get_or_init(|| before_end);
    thread::Builder::new().name("hangup".into()).spawn(|| {
        loop {
            match wait(None) {
                Ok(_) => gone(),
                Err(Errno::INTR) => {}
                Err(_cannot_watch) => return,
            }
        }
    })?;
    Ok(())
}

/// Ends the program because its terminal is gone: without destructors and without a word, for a
/// word to a dead terminal is one more failure.
pub fn gone() -> ! {
    if let Some(before_end) = BEFORE_END.get() {
        before_end();
    }
    exit(HUNG_UP)
}

/// Whether the terminal is gone already.
pub(super) fn has_happened() -> bool {
    wait(Some(&Timespec::default())).is_ok_and(|gone| gone)
}

/// Waits for a hang-up or an error, which are reported although no event is asked for.
fn wait(limit: Option<&Timespec>) -> rustix::io::Result<bool> {
    Ok(poll(&mut [PollFd::new(&stdin(), PollFlags::empty())], limit)? > 0)
}
