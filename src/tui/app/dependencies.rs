//! What the event loop needs from the rest of the program.

use futures_util::future::BoxFuture;

use crate::api::Identity;
use crate::domain::savepoint::{Profile, Target};
use crate::poller;
use crate::storage::journal::JournalStore;
use crate::storage::watch_list::WatchListStore;
use crate::tui::on_change::OnChange;

/// Fetches the identity behind a profile, or behind the default credentials.
pub type FetchIdentity =
    Box<dyn Fn(Option<Profile>) -> BoxFuture<'static, (Option<Profile>, Result<Identity, String>)>>;

/// Starts the embedded service and returns its savepoints, or why it cannot start.
pub type StartDemo = Box<dyn Fn() -> BoxFuture<'static, Result<Vec<Target>, String>>>;

/// The services and files that effects act on.
pub struct Dependencies {
    /// Makes the client and the poller; called once the first frame is on the screen.
    pub start_poller: Box<dyn FnOnce() -> poller::Handle>,
    /// Performs [`Effect::Identify`](crate::tui::effect::Effect::Identify).
    pub fetch_identity: FetchIdentity,
    /// Performs [`Effect::OpenDemo`](crate::tui::effect::Effect::OpenDemo).
    pub start_demo: StartDemo,
    /// The watch list's file; `None` if it is not saved.
    pub watch_list: Option<WatchListStore>,
    /// The command of `--on-change`.
    pub on_change: Option<OnChange>,
    /// Whether to capture the mouse.
    pub mouse: bool,
    /// The journal's file; `None` if it is not saved.
    pub journal: Option<JournalStore>,
}
