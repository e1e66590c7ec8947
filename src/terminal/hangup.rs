//! The end of the terminal itself.
//!
//! SIGHUP may be ignored (nohup, sudo, a multiplexer), and on a dead terminal crossterm spins at
//! full speed without ever returning. The kernel, though, reports a hang-up to anyone who polls.

use std::{io, thread};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::stdio::stdin;
use signal_hook::consts::SIGHUP;
use signal_hook::low_level::exit;

/// Begins to watch; at the hang-up the program ends at once, whatever it is doing.
pub fn watch() -> io::Result<()> {
    thread::Builder::new().name("hangup".into()).spawn(|| {
        loop {
            // No event is asked for: hang-up and error are reported regardless.
            match poll(&mut [PollFd::new(&stdin(), PollFlags::empty())], None) {
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
    exit(128 + SIGHUP)
}
