//! When to send a request: schedule, rate limit, backoff, cancellation. It holds no state of the
//! program and reports by events.
//!
//! One task owns everything: the schedule, which picks the next query and reads no clock; the
//! requests in flight; and an outbox. It accepts commands whatever else it waits for, so that a slow
//! reader of its events cannot block the sender of commands.
//!
//! | last response                            | next request                                   |
//! |------------------------------------------|------------------------------------------------|
//! | STARTED, an unknown state or none        | an interval after the last request started     |
//! | COMPLETED, FAILED, not found, refused    | a recheck after the last request started       |
//! | throttled, unreachable, service trouble  | after a backoff with full jitter, or when the  |
//! |                                          | queue's outage ends                            |
//! | credentials, permission, clock           | on a manual refresh, when credentials changed, |
//! |                                          | or when another query of the queue succeeds    |
//! |                                          | with the same credentials or permission        |
//! | an invalid ID                            | on a manual refresh                            |
//!
//! Queries with the same endpoint and profile share a queue. Queues are independent: each has its
//! own rate and its own requests in flight, and one that hangs, fails or is throttled slows no other.
//! Only queues whose profiles turn out to have the same access key share rate, slots and waits,
//! because the service counts by identity.
//!
//! Background queries (lists, names, jobs) run after the savepoints and take half the slots at most,
//! so that the savepoints keep theirs when background requests hang.
//!
//! A throttled response that names a wait holds back its whole queue for that long, because the
//! service counts requests by account and not by savepoint; only manual refreshes are still sent. A
//! response that is not read yet counts as in flight, so that a slow reader slows the requests down
//! and responses do not pile up.
//!
//! In an outage the queue still sends one request an interval, whatever the backoff; the first
//! success makes every affected query due, at the usual rate. A savepoint that fails while others
//! succeed keeps its own backoff.

mod backoff;
mod entry;
mod heartbeat;
mod in_flight;
mod limit;
mod outage;
mod outbox;
mod query;
mod queue;
mod schedule;
mod task;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::api::{Answer, Client, Error};
use crate::domain::savepoint::{Place, Profile, Target};
pub use entry::head_start;
pub use heartbeat::Heartbeat;
pub use query::{Query, Recurrence, Reply};

/// Capacity of the channel of events, and of that of commands.
const CHANNEL_CAPACITY: usize = 64;

/// Sends requests: the client, or a script in tests.
pub trait Fetch: Send + Sync + 'static {
    /// Returns the reply to a query, of the query's kind. Dropping the future cancels the request.
    fn fetch(&self, query: &Query) -> impl Future<Output = Result<Reply, Error>> + Send;

    /// Returns whether a profile now has other credentials than those that were rejected. Unless
    /// something `needs` them, only local files are read.
    fn reload_credentials(
        &self,
        profile: Option<&Profile>,
        needs: bool,
    ) -> impl Future<Output = bool> + Send;

    /// Identifies the caller of the last request to a place, if known: the service
    /// counts requests by identity.
    fn identity(&self, _place: &Place) -> Option<String> {
        None
    }
}

impl Fetch for Client {
    async fn fetch(&self, query: &Query) -> Result<Reply, Error> {
        query.send(self).await
    }

    async fn reload_credentials(&self, profile: Option<&Profile>, needs: bool) -> bool {
        Client::reload_credentials(self, profile, needs).await
    }

    fn identity(&self, place: &Place) -> Option<String> {
        self.access_key_id(place)
    }
}

/// How often to send requests.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Time between two requests for a savepoint that may still change.
    pub interval: Duration,
    /// Time between two requests for a savepoint in a final state, which can still be deleted.
    pub recheck: Duration,
    /// Maximum number of requests in flight, for each service and identity.
    pub concurrency: usize,
    /// Maximum number of requests started per second, for each service and identity, spread evenly
    /// (see [`Settings::burst`]). More than zero.
    pub rate: f64,
}

impl Settings {
    /// Returns how many requests may start together: one, or those of half a second if the rate is
    /// above eight a second.
    ///
    /// At such rates waking up for each request would cost more than the request itself.
    pub fn burst(&self) -> u8 {
        if self.rate <= 8.0 {
            return 1;
        }
        // A rate is at most a hundred, so counting finds it at once.
        (2..=50_u8).rev().find(|&burst| f64::from(burst) <= self.rate / 2.0).unwrap_or(1)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(5),
            recheck: Duration::from_secs(60),
            concurrency: 4,
            rate: 5.0,
        }
    }
}

/// A running poller. Dropping `commands` ends it.
#[derive(Debug)]
pub struct Handle {
    pub commands: mpsc::Sender<Command>,
    pub events: mpsc::Receiver<Event>,
    /// Ends early only by a panic, which must not go unnoticed.
    pub task: JoinHandle<()>,
    pub heartbeat: Heartbeat,
}

/// Starts a poller without subscriptions.
///
/// `clock` is the wall clock: it dates the responses. When it jumps, or goes on while the program
/// does not run, everything is due. [`Heartbeat`], not this clock, measures how late a response is.
///
/// # Panics
/// Panics outside a tokio runtime.
pub fn spawn(
    client: Arc<impl Fetch>,
    settings: Settings,
    clock: impl Fn() -> Timestamp + Send + 'static,
    rng: fastrand::Rng,
) -> Handle {
    let (commands, inbox) = mpsc::channel(CHANNEL_CAPACITY);
    let (sender, events) = mpsc::channel(CHANNEL_CAPACITY);
    let heartbeat = Heartbeat::new(Instant::now());
    let task = task::Task::new(client, settings, clock, rng, heartbeat.clone());
    let task = tokio::spawn(task.run(inbox, sender));
    Handle { commands, events, task, heartbeat }
}

/// The response for a watched savepoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Poll {
    pub target: Target,
    pub result: Result<Answer, Error>,
    pub received_at: Timestamp,
    /// When the next request is planned, unless the poller is paused or the rate delays it; `None`
    /// while polling needs manual action.
    pub next_at: Option<Timestamp>,
}

/// The response to any other query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replied {
    pub query: Query,
    pub result: Result<Reply, Error>,
    pub received_at: Timestamp,
    /// When the next request is planned, as in [`Poll`]; `None` also if the query ran once.
    pub next_at: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A watched savepoint was polled.
    Polled(Box<Poll>),
    /// Any other query was answered or failed.
    Replied(Box<Replied>),
    /// Nothing is in flight any more; no request starts before [`Command::Resume`].
    Paused,
    Resumed,
    /// The program was stopped, the machine slept, or its clock was set: everything is due at once,
    /// except what needs manual action.
    Woke,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Poll these too. One that is subscribed already keeps its recurrence: it goes on as before
    /// with [`Recurrence::Watch`]; with any other it is due now, unless its last request failed and
    /// this is not [`Recurrence::Now`].
    Subscribe(Vec<Query>, Recurrence),
    /// Poll these no more; a late response is dropped.
    Unsubscribe(Vec<Query>),
    /// Poll these now if they are subscribed, before all others and even while paused. A request
    /// that is in flight is fresh enough.
    Fetch(Vec<Query>),
    /// Start no more requests; ends in [`Event::Paused`].
    Pause,
    /// Start requests again; ends in [`Event::Resumed`].
    Resume,
}

impl Command {
    pub fn watch(targets: Vec<Target>) -> Self {
        Self::Subscribe(savepoints(targets), Recurrence::Watch)
    }

    pub fn unwatch(targets: Vec<Target>) -> Self {
        Self::Unsubscribe(savepoints(targets))
    }

    pub fn fetch(targets: Vec<Target>) -> Self {
        Self::Fetch(savepoints(targets))
    }
}

fn savepoints(targets: Vec<Target>) -> Vec<Query> {
    targets.into_iter().map(Query::Savepoint).collect()
}
