//! The terminal as a device: bytes out, size in.

use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use ratatui::layout::Size;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags, open};
use rustix::stdio::stdout;
use rustix::termios::{tcgetsid, tcgetwinsize};
use tokio::time::Instant;

/// The size of a terminal that does not know its own, as in terminfo.
const UNKNOWN: Size = Size { width: 80, height: 24 };

/// The largest size that is drawn on; of a larger window the rest stays empty. Any program can set
/// a window to 65,535 x 65,535, for which no memory suffices. This is more than the largest screens
/// have with the smallest fonts, and takes 40 MB.
const LARGEST: Size = Size { width: 1000, height: 500 };

/// Standard output, unbuffered: a write never waits, but fails with [`io::ErrorKind::WouldBlock`]
/// while the terminal takes no bytes.
#[derive(Debug)]
pub(super) struct Tty {
    /// The terminal opened a second time. `O_NONBLOCK` belongs to an open file, and the one behind
    /// standard output is the shell's too. `None` where it cannot be opened: then a write can
    /// wait, if the terminal stops taking bytes in the middle of it.
    own: Option<OwnedFd>,
}

impl Tty {
    pub(super) fn open() -> Self {
        let flags = OFlags::WRONLY | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let open = |path: &str| open(path, flags, Mode::empty()).ok();
        // After `su` the device belongs to another user, and only the second way is left; it leads
        // to the controlling terminal, which need not be standard output.
        let is_controlling = || tcgetsid(stdout()).is_ok();
        let own = open("/proc/self/fd/1").or_else(|| open("/dev/tty").filter(|_| is_controlling()));
        Self { own }
    }

    /// Writes everything, unless the terminal has not taken it within `limit`.
    pub(super) fn write_within(&mut self, limit: Duration, mut bytes: &[u8]) -> io::Result<()> {
        let end = Instant::now() + limit;
        while !bytes.is_empty() {
            match self.write(bytes) {
                Ok(count) => bytes = &bytes[count..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let left = end.saturating_duration_since(Instant::now());
                    if left.is_zero() || !self.takes_bytes(left)? {
                        return Err(io::ErrorKind::TimedOut.into());
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Whether the terminal takes bytes, or comes to within `limit`.
    fn takes_bytes(&self, limit: Duration) -> io::Result<bool> {
        let limit = Timespec::try_from(limit).map_err(io::Error::other)?;
        Ok(poll(&mut [PollFd::new(self, PollFlags::OUT)], Some(&limit))? > 0)
    }
}

impl Write for Tty {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.own.is_none() && !self.takes_bytes(Duration::ZERO)? {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(rustix::io::write(self.as_fd(), bytes)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsFd for Tty {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.own {
            Some(own) => own.as_fd(),
            None => stdout(),
        }
    }
}

/// The size to draw on now. A system call, where crossterm opens a file and may start a program.
pub(super) fn size() -> io::Result<Size> {
    let size = tcgetwinsize(stdout())?;
    Ok(drawable(Size { width: size.ws_col, height: size.ws_row }))
}

/// What is drawn on in a window of this size.
fn drawable(window: Size) -> Size {
    match window {
        Size { width: 0, .. } | Size { height: 0, .. } => UNKNOWN,
        Size { width, height } => {
            Size { width: width.min(LARGEST.width), height: height.min(LARGEST.height) }
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::usual((100, 30), (100, 30))]
    #[case::smallest((1, 1), (1, 1))]
    #[case::none((0, 0), (80, 24))]
    #[case::no_width((0, 30), (80, 24))]
    #[case::largest((65_535, 65_535), (1000, 500))]
    #[case::wide((65_535, 30), (1000, 30))]
    fn every_window_has_a_size_that_can_be_drawn_on(
        #[case] window: (u16, u16),
        #[case] drawn: (u16, u16),
    ) {
        assert_eq!(drawable(window.into()), drawn.into());
    }
}
