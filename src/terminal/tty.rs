//! The terminal as a device: bytes out, size in.

use std::io::{self, Write};

use ratatui::layout::Size;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::stdio::{stdin, stdout};
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcgetwinsize, tcsetattr};

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

/// Lets nobody but the job in the foreground write to the terminal (`TOSTOP`): a command that is run
/// in the background may open `/dev/tty` to ask for a password in the middle of the picture. It is
/// stopped instead. Leaving raw mode takes this back.
pub(super) fn keep_others_out() -> io::Result<()> {
    let mut modes = tcgetattr(stdin())?;
    modes.local_modes.insert(LocalModes::TOSTOP);
    Ok(tcsetattr(stdin(), OptionalActions::Now, &modes)?)
}

/// The size now. A system call, where crossterm opens a file and may start a program.
pub(super) fn size() -> io::Result<Size> {
    let size = tcgetwinsize(stdout())?;
    Ok(match (size.ws_col, size.ws_row) {
        (0, _) | (_, 0) => UNKNOWN,
        (width, height) => Size { width, height },
    })
}
