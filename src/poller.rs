//! When to ask: schedule, rate limit, backoff, cancellation. Owns no state of the program; sends
//! messages.
//!
//! One task holds everything: a schedule that decides who is next (pure, no
//! clock), the few requests under way, and an outbox. It serves commands whatever else it waits
//! for, so that a slow reader of its events cannot lock up whoever sends it commands.
//!
//! | last answer                              | asked again                                    |
//! |------------------------------------------|------------------------------------------------|
//! | STARTED, an unknown state or none        | an interval after the last request began       |
//! | COMPLETED, FAILED, not found, refused    | a recheck after the last request began         |
//! | throttled, unreachable, service trouble  | after a backoff with full jitter, or when the  |
//! |                                          | line answers again                             |
//! | credentials, permission, clock           | when refreshed, when credentials changed, or   |
//! |                                          | when another one of the line was helped, or is |
//! |                                          | allowed the same                               |
//! | an ID that cannot be asked for           | when refreshed                                 |
//!
//! Savepoints of one service that are asked for with one profile are in one line. Lines know nothing
//! of each other: each has its own rate and its own requests under way, and one that hangs, fails or
//! is throttled slows no other. Only where two profiles turn out to have the same keys do their lines
//! share rate, slots and waits: the service counts by identity.
//!
//! What only helps (lists, names, jobs) has its turn after the savepoints, and half the slots at the
//! most: where such requests hang, the savepoints keep theirs.
//!
//! A throttled answer that names a wait holds back its whole line for so long, because the service
//! counts requests by account and not by savepoint; only what the user refreshes by hand is still
//! asked for. A result that nobody reads yet counts as under way, so that a slow reader slows the
//! requests down instead of piling up their results.
//!
//! A line that answers nobody is still asked once an interval, whatever the backoff; as soon as it
//! answers one, all who suffered from its trouble are due, at the usual rate. One savepoint
//! that fails while others are answered is left to its backoff.

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

/// How many events, and how many commands, may wait to be read.
const CHANNEL_CAPACITY: usize = 64;

/// Whoever can be asked: the client, or a test's script.
pub trait Fetch: Send + Sync + 'static {
    /// The reply to one question, of the kind that belongs to it. Dropping the future cancels the
    /// request.
    fn fetch(&self, query: &Query) -> impl Future<Output = Result<Reply, Error>> + Send;

    /// Whether a profile has other credentials by now than something was asked with in vain. Only
    /// where something `needs` others is it worth more than a look at files.
    fn reload_credentials(
        &self,
        profile: Option<&Profile>,
        needs: bool,
    ) -> impl Future<Output = bool> + Send;

    /// What tells the identity apart as which a place was asked last, if that is known: the service
    /// counts by it.
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

/// How often to ask.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Between two requests for a savepoint that may still change.
    pub interval: Duration,
    /// Between two requests for one in a final state, which can still be deleted.
    pub recheck: Duration,
    /// How many requests may be under way at once, for each service and identity.
    pub concurrency: usize,
    /// How many requests may start in a second, for each service and identity; they are spread
    /// evenly, see [`Settings::burst`].
    /// More than zero.
    pub rate: f64,
}

impl Settings {
    /// How many requests may start together: one, or above eight a second those of half a second.
    ///
    /// There waking up for each would cost more than asking does, and half a second is even enough.
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
    /// What it is told.
    pub commands: mpsc::Sender<Command>,
    /// What it tells.
    pub events: mpsc::Receiver<Event>,
    /// The task itself: it ends early only by a panic, which must not go unnoticed.
    pub task: JoinHandle<()>,
    /// For how long the program has run.
    pub heartbeat: Heartbeat,
}

/// Starts a poller that watches nothing yet.
///
/// `clock` is the wall clock: it dates the answers, and where it goes on although the program did not
/// run, or jumps, everything is due.
///
/// How late an answer is cannot be told by it: see [`Heartbeat`].
///
/// # Panics
/// Outside a tokio runtime.
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

/// The result of one request: a value with the question it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Poll {
    /// What was asked for.
    pub target: Target,
    /// What came.
    pub result: Result<Answer, Error>,
    /// When it came.
    pub received_at: Timestamp,
    /// When it is planned to be asked for next, if nothing is paused and the rate allows it;
    /// `None` while that waits for a person.
    pub next_at: Option<Timestamp>,
}

/// The reply to any other question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replied {
    /// What was asked.
    pub query: Query,
    /// What came.
    pub result: Result<Reply, Error>,
    /// When it came.
    pub received_at: Timestamp,
    /// When it is planned to be asked next, as in [`Poll`]; `None` also where once was enough.
    pub next_at: Option<Timestamp>,
}

/// What the poller tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// An answer or an error for a watched savepoint.
    Polled(Box<Poll>),
    /// A reply or an error to what was asked beside that.
    Replied(Box<Replied>),
    /// Nothing is under way any more; nothing will be asked until resumed.
    Paused,
    /// Asking goes on.
    Resumed,
    /// The program was stopped, the machine slept, or its clock was set: everything is due at once,
    /// except what waits for a person.
    Woke,
}

/// What the poller is told.
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
    /// Subscribes to savepoints.
    pub fn watch(targets: Vec<Target>) -> Self {
        Self::Subscribe(savepoints(targets), Recurrence::Watch)
    }

    /// Unsubscribes from savepoints.
    pub fn unwatch(targets: Vec<Target>) -> Self {
        Self::Unsubscribe(savepoints(targets))
    }

    /// Fetches savepoints.
    pub fn fetch(targets: Vec<Target>) -> Self {
        Self::Fetch(savepoints(targets))
    }
}

fn savepoints(targets: Vec<Target>) -> Vec<Query> {
    targets.into_iter().map(Query::Savepoint).collect()
}
