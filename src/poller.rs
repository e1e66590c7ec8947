//! When to ask: schedule, rate limit, backoff. Owns no state of the program; sends messages.

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::api::{Answer, Error};
use crate::savepoint::Target;

/// The result of one request: a value with the question it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Poll {
    /// What was asked for.
    pub target: Target,
    /// What came.
    pub result: Result<Answer, Error>,
    /// When it came.
    pub received_at: Timestamp,
    /// When it will be asked for next; `None` while that waits for a person.
    pub next_at: Option<Timestamp>,
}

/// What the poller tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// An answer or an error.
    Polled(Box<Poll>),
    /// Nothing is under way any more; nothing will be asked until resumed.
    Paused,
    /// Asking goes on.
    Resumed,
    /// The machine slept, or its clock was set: everything is asked for at once.
    Woke,
}

/// What the poller is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Ask for these too.
    Watch(Vec<Target>),
    /// Ask for these no more; a late answer is dropped.
    Unwatch(Vec<Target>),
    /// Ask for these now, before all others.
    Refresh(Vec<Target>),
    /// Start no more requests.
    Pause,
    /// Go on.
    Resume,
}

/// A poller that runs.
#[derive(Debug)]
pub struct Handle {
    /// What it is told.
    pub commands: mpsc::Sender<Command>,
    /// What it tells.
    pub events: mpsc::Receiver<Event>,
    /// Its task. It ends only by mistake, or when nobody is left to talk to.
    pub task: JoinHandle<()>,
}
