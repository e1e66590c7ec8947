//! The program's side of the PTY as a device, for what a user or another program can do to it.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rustix::termios::{self, Action, Winsize};

/// The device, opened without becoming the controlling terminal.
pub struct Tty(File);

impl Tty {
    pub fn open(path: &Path) -> Self {
        let no_controlling = rustix::fs::OFlags::NOCTTY.bits().cast_signed();
        let mut options = OpenOptions::new();
        Self(options.read(true).write(true).custom_flags(no_controlling).open(path).unwrap())
    }

    /// Its modes (echo, line editing, signals by key...), to compare.
    pub fn modes(&self) -> String {
        format!("{:?}", termios::tcgetattr(&self.0).unwrap())
    }

    /// Stops output, as after Ctrl-S: writers block.
    pub fn stall(&self) {
        termios::tcflow(&self.0, Action::OOff).unwrap();
    }

    /// Resumes output, as after Ctrl-Q.
    pub fn resume(&self) {
        termios::tcflow(&self.0, Action::OOn).unwrap();
    }

    /// Gives the window a size that no emulator of a test could have.
    pub fn set_size(&self, columns: u16, rows: u16) {
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        termios::tcsetwinsize(&self.0, size).unwrap();
    }

    /// Writes to the screen, as another program may.
    pub fn print(&self, text: &str) {
        (&self.0).write_all(text.as_bytes()).unwrap();
    }
}
