//! Effects: the side effects that `update` requests from the loop.

use crate::domain::savepoint::Profile;
use crate::poller::Command;
use crate::storage::journal::Entry;
use crate::storage::watch_list::Edit;
use crate::tui::model::alerts::ChangeReport;
use crate::tui::model::alerts::batch::Alert;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// A command to the poller; its responses
    /// come back as [`Message::Poller`](crate::tui::message::Message::Poller).
    Poller(Command),
    /// Alerts the user in the configured ways.
    Alert(Alert),
    /// Runs the user's `--on-change` command, if
    /// configured; ends in [`Outcome::Ran`](crate::tui::message::Outcome::Ran).
    OnChange(Box<ChangeReport>),
    /// Appends entries to the journal on disk; only a failure
    /// is reported, as [`Outcome::Journal`](crate::tui::message::Outcome::Journal).
    Record(Vec<Entry>),
    /// Saves edits of the watch list. Edits in quick succession are written together; each
    /// write ends in [`Outcome::Saved`](crate::tui::message::Outcome::Saved).
    Save(Vec<Edit>),
    /// Reads the stored watch list; ends in
    /// [`Outcome::WatchListRead`](crate::tui::message::Outcome::WatchListRead) once the disk answers.
    ReadWatchList,
    /// Copies a text to the
    /// clipboard; ends in [`Outcome::Copied`](crate::tui::message::Outcome::Copied).
    Copy(Clip),
    /// Resolves the identity used with a profile, or with the default
    /// one; ends in [`Outcome::Identity`](crate::tui::message::Outcome::Identity).
    Identify(Option<Profile>),
    /// Starts the demo service; ends in
    /// [`Outcome::Demo`](crate::tui::message::Outcome::Demo).
    OpenDemo,
    /// Clears and redraws the whole screen, whatever is believed to be on it.
    Repaint,
    /// Suspends the program (Ctrl-Z); ends in
    /// [`Message::Resumed`](crate::tui::message::Message::Resumed) or
    /// [`Outcome::CannotSuspend`](crate::tui::message::Outcome::CannotSuspend).
    Suspend,
    Quit,
}

/// A text to copy, with a label for the notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clip {
    /// Label: `ID`, `location`.
    pub what: String,
    /// The full value, already cleaned.
    pub text: String,
}
