//! Everything that can happen to the program, as values.

use ratatui::crossterm::event::KeyEvent;
use ratatui::layout::Position;

use crate::api::Identity;
use crate::domain::savepoint::{Profile, Target};
use crate::poller;
use crate::storage::journal;
use crate::storage::watch_list::WatchList;
use crate::util::clock::Now;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// The time; applied before every batch of other messages.
    Clock(Now),
    /// The user did something.
    Terminal(Input),
    /// The poller said something.
    Poller(poller::Event),
    /// The poller is gone, which must never be silent: why.
    PollerDied(String),
    /// An effect that left the program came back.
    Done(Outcome),
    /// The program is back in the foreground after it was stopped.
    Resumed,
}

/// What the terminal sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A key was pressed (or repeats).
    Key(KeyEvent),
    /// Text was pasted (bracketed paste).
    Paste(String),
    /// The screen has a new size; the next frame will have it.
    Resize,
    /// The left button was pressed here.
    Click(Position),
    /// The wheel was turned by a notch here.
    Wheel(Position, Turn),
}

/// Which way a wheel was turned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Towards the top.
    Up,
    /// Towards the bottom.
    Down,
}

/// How an effect ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A copy was sent, or could not be.
    Copied {
        /// What was copied, for the notice: `ID`, `location`.
        what: String,
        /// Where it went, in words that claim no more than is known; or why it went nowhere.
        result: Result<String, String>,
    },
    /// Who we are to the services with a profile, or why we are nobody and what to do about it.
    Identity(Option<Profile>, Result<Identity, String>),
    /// The embedded service is up with these savepoints, or is not.
    Demo(Result<Vec<Target>, String>),
    /// The user's command for a change did its work, or did not: which command, and why.
    Ran(Result<(), String>),
    /// What there is to tell about the journal on disk.
    Journal(journal::WriterReport),
    /// What was watched the last time, with something to tell the user if something was found amiss.
    WatchListRead(Box<WatchList>, Option<String>),
    /// The watch list is saved, with something to tell the user if something was found amiss; or
    /// cannot be, and why.
    Saved(Result<Option<String>, String>),
    /// The program cannot be stopped: why.
    CannotSuspend(String),
}
