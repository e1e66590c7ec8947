//! The terminal device: writes bytes, reads the size.

use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use ratatui::layout::Size;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags, open};
use rustix::stdio::stdout;
use rustix::termios::{tcgetsid, tcgetwinsize};
use tokio::time::Instant;

/// The size assumed for a terminal that reports none, as in terminfo.
const DEFAULT_SIZE: Size = Size { width: 80, height: 24 };

/// The largest area that is drawn; the rest of a larger window stays empty. Any program can set a
/// window to 65,535 x 65,535, which no memory would suffice for. This exceeds the largest screens
/// with the smallest fonts, and takes 40 MB.
const MAX_SIZE: Size = Size { width: 1000, height: 500 };

/// Standard output, unbuffered and non-blocking: a write fails with [`io::ErrorKind::WouldBlock`]
/// while the terminal accepts no bytes.
#[derive(Debug)]
pub(super) struct Tty {
    /// The terminal opened a second time: `O_NONBLOCK` belongs to the open file description, which
    /// standard output shares with the shell. `None` where it cannot be opened: then a write blocks
    /// if the terminal stops accepting bytes in the middle of it.
    reopened: Option<OwnedFd>,
}

impl Tty {
    pub(super) fn open() -> Self {
        let flags = OFlags::WRONLY | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let open = |path: &str| open(path, flags, Mode::empty()).ok();
        // After `su` the device belongs to another user, and only /dev/tty can be opened: the
        // controlling terminal, which need not be standard output.
        let is_controlling = || tcgetsid(stdout()).is_ok();
        let reopened =
            open("/proc/self/fd/1").or_else(|| open("/dev/tty").filter(|_| is_controlling()));
        Self { reopened }
    }

    /// Writes all bytes; fails if the terminal has not accepted them within `limit`.
    pub(super) fn write_within(&mut self, limit: Duration, mut bytes: &[u8]) -> io::Result<()> {
        let end = Instant::now() + limit;
        while !bytes.is_empty() {
            match self.write(bytes) {
                Ok(count) => bytes = &bytes[count..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let left = end.saturating_duration_since(Instant::now());
                    if left.is_zero() || !self.is_writable(left)? {
                        return Err(io::ErrorKind::TimedOut.into());
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Whether the terminal accepts bytes within `limit`.
    fn is_writable(&self, limit: Duration) -> io::Result<bool> {
        let limit = Timespec::try_from(limit).map_err(io::Error::other)?;
        Ok(poll(&mut [PollFd::new(self, PollFlags::OUT)], Some(&limit))? > 0)
    }
}

impl Write for Tty {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.reopened.is_none() && !self.is_writable(Duration::ZERO)? {
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
        match &self.reopened {
            Some(reopened) => reopened.as_fd(),
            None => stdout(),
        }
    }
}

/// Returns the size to draw. A system call; crossterm would open a file and may start a program.
pub(super) fn size() -> io::Result<Size> {
    let size = tcgetwinsize(stdout())?;
    Ok(drawable(Size { width: size.ws_col, height: size.ws_row }))
}

/// Limits a window's size to what can be drawn.
fn drawable(window: Size) -> Size {
    match window {
        Size { width: 0, .. } | Size { height: 0, .. } => DEFAULT_SIZE,
        Size { width, height } => {
            Size { width: width.min(MAX_SIZE.width), height: height.min(MAX_SIZE.height) }
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
    fn window_sizes_are_limited(#[case] window: (u16, u16), #[case] drawn: (u16, u16)) {
        assert_eq!(drawable(window.into()), drawn.into());
    }
}
