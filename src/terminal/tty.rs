//! The terminal as a device: bytes out, size in.

use std::io::{self, Write};

use ratatui::layout::Size;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::stdio::stdout;
use rustix::termios::tcgetwinsize;

/// What a terminal without a size is taken for, as terminfo does.
const UNKNOWN: Size = Size { width: 80, height: 24 };

/// Standard output, unbuffered: one write is one write, and no lock is held while it blocks.
#[derive(Debug)]
pub(super) struct Tty;

impl Write for Tty {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match rustix::io::write(stdout(), bytes) {
                // An earlier program left the terminal non-blocking.
                Err(Errno::AGAIN) => {
                    poll(&mut [PollFd::new(&stdout(), PollFlags::OUT)], None)?;
                }
                written => return Ok(written?),
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The size now. A system call, where crossterm opens a file and may start a program.
pub(super) fn size() -> io::Result<Size> {
    let size = tcgetwinsize(stdout())?;
    Ok(match (size.ws_col, size.ws_row) {
        (0, _) | (_, 0) => UNKNOWN,
        (width, height) => Size { width, height },
    })
}
