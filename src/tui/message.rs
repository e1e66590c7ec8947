//! Messages: every event that `update` handles.

use ratatui::crossterm::event::KeyEvent;
use ratatui::layout::Position;

use crate::api::Identity;
use crate::domain::savepoint::{Profile, Target};
use crate::poller;
use crate::storage::journal;
use crate::storage::watch_list::WatchList;
use crate::util::clock::Now;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// The current time; applied before every batch of other messages.
    Clock(Now),
    Terminal(Input),
    Poller(poller::Event),
    /// The poller task ended, with the reason. It is always shown.
    PollerDied(String),
    /// The result of an effect.
    Done(Outcome),
    /// The program is in the foreground again after a suspend (Ctrl-Z).
    Resumed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A key press or repeat.
    Key(KeyEvent),
    /// Pasted text (bracketed paste).
    Paste(String),
    /// The screen was resized; the next frame reads the new size.
    Resize,
    /// The left button was pressed at a position.
    Click(Position),
    /// The wheel was turned by one notch at a position.
    Wheel(Position, ScrollDirection),
}

/// Direction of the mouse wheel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScrollDirection {
    Up,
    Down,
}

/// The result of an effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Text was sent to the clipboard, or could not be.
    Copied {
        /// Label for the notice: `ID`, `location`.
        what: String,
        /// Where the text was sent, claiming no more than is known; or
        /// the reason why not.
        result: Result<String, String>,
    },
    /// The identity used with a profile, or why there is none and what to do about it.
    Identity(Option<Profile>, Result<Identity, String>),
    /// The demo service is running with these savepoints, or the reason why not.
    Demo(Result<Vec<Target>, String>),
    /// The `--on-change` command ended: success, or which command failed and why.
    Ran(Result<(), String>),
    /// A report of the journal writer.
    Journal(journal::WriterReport),
    /// The stored watch list, with a warning to show if the file was damaged.
    WatchListRead(Box<WatchList>, Option<String>),
    /// The watch list is saved, with an optional warning; or the reason why it is not.
    Saved(Result<Option<String>, String>),
    /// Suspending failed, with the reason.
    CannotSuspend(String),
}
