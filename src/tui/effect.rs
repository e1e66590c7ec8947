//! Everything that `update` can ask of the world, as values.

use crate::domain::savepoint::Profile;
use crate::poller::Command;
use crate::storage::journal::Entry;
use crate::storage::watch_list::Edit;
use crate::tui::model::alerts::ChangeReport;
use crate::tui::model::alerts::batch::Alert;

/// One thing to do outside the state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// A command to the poller; its responses come back as
    /// [`Message::Poller`](crate::tui::message::Message::Poller).
    Poller(Command),
    /// Ring for the user, in the ways that were chosen.
    Alert(Alert),
    /// Run the user's command for a change, if there is one; ends in
    /// [`Outcome::Ran`](crate::tui::message::Outcome::Ran).
    OnChange(Box<ChangeReport>),
    /// Write these down; ends in an [`Outcome::Journal`](crate::tui::message::Outcome::Journal) only where
    /// that fails.
    Record(Vec<Entry>),
    /// Write down what the user changed. What comes quickly is written together; each write ends in
    /// [`Outcome::Saved`](crate::tui::message::Outcome::Saved).
    Save(Vec<Edit>),
    /// Read what was watched the last time; ends in
    /// [`Outcome::WatchListRead`](crate::tui::message::Outcome::WatchListRead), once the disk answers.
    ReadWatchList,
    /// Put a text on the clipboard; ends in [`Outcome::Copied`](crate::tui::message::Outcome::Copied).
    Copy(Clip),
    /// Find out who we are to the services with a profile, or the default one; ends in
    /// [`Outcome::Identity`](crate::tui::message::Outcome::Identity).
    Identify(Option<Profile>),
    /// Start the embedded service; ends in [`Outcome::Demo`](crate::tui::message::Outcome::Demo).
    OpenDemo,
    /// Paint the whole screen anew, whatever is thought to be on it.
    Repaint,
    /// Stop the program, as Ctrl-Z does; ends in [`Message::Resumed`](crate::tui::message::Message::Resumed)
    /// or in [`Outcome::CannotSuspend`](crate::tui::message::Outcome::CannotSuspend).
    Suspend,
    /// Leave.
    Quit,
}

/// A text to copy, and what to call it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clip {
    /// What it is: `ID`, `location`.
    pub what: String,
    /// The full value, already cleaned.
    pub text: String,
}
