//! The task: waits for a command, capacity for an event, a response, or a timer.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::OptionFuture;
use jiff::Timestamp;
use tokio::sync::mpsc::{Permit, Receiver, Sender};
use tokio::time::{Instant, sleep_until};

use super::heartbeat::Heartbeat;
use super::in_flight::InFlight;
use super::outbox::Outbox;
use super::query::{Query, Reply};
use super::schedule::Schedule;
use super::{Command, Event, Fetch, Poll, Replied, Settings};
use crate::api::Error;
use crate::domain::savepoint::{Profile, Target};
use crate::util::clock::Now;
use crate::util::text::duration;

/// How often credentials are reloaded while a query needs others.
const RELOAD_INTERVAL: Duration = Duration::from_secs(10);

/// How often the wall clock is checked, unless the polling interval is longer.
const CLOCK_CHECK_INTERVAL: Duration = Duration::from_secs(5);

/// What the task waited for.
#[expect(clippy::large_enum_variant, reason = "it lives for one turn of the loop")]
enum Wake<'a> {
    /// A command; `None` if the sender is gone.
    Command(Option<Command>),
    /// Capacity for an event; `None` if the receiver is gone.
    Capacity(Option<Permit<'a, Event>>),
    Answer(Arc<Query>, Result<Reply, Error>),
    /// The credentials of a profile were reloaded; whether they changed.
    Reload(Option<Profile>, bool),
    Alarm,
}

pub(super) struct Task<A, C> {
    client: Arc<A>,
    clock: C,
    settings: Settings,
    schedule: Schedule,
    in_flight: InFlight<Arc<Query>, Result<Reply, Error>>,
    outbox: Outbox,
    /// A pause is requested, and [`Event::Paused`] not yet sent.
    pausing: bool,
    /// When credentials are reloaded.
    reload_at: Option<Instant>,
    /// Reloads in flight, by profile.
    reloads: InFlight<Option<Profile>, bool>,
    heartbeat: Heartbeat,
    last_wake: Now,
}

impl<A: Fetch, C: Fn() -> Timestamp> Task<A, C> {
    pub(super) fn new(
        client: Arc<A>,
        settings: Settings,
        clock: C,
        rng: fastrand::Rng,
        heartbeat: Heartbeat,
    ) -> Self {
        Self {
            client,
            last_wake: Now { wall: clock(), uptime: heartbeat.uptime() },
            heartbeat,
            clock,
            schedule: Schedule::new(settings.clone(), rng),
            settings,
            in_flight: InFlight::default(),
            outbox: Outbox::default(),
            pausing: false,
            reload_at: None,
            reloads: InFlight::default(),
        }
    }

    /// Runs until the sender of commands or the receiver of events is gone.
    pub(super) async fn run(mut self, mut commands: Receiver<Command>, events: Sender<Event>) {
        loop {
            self.start_due_requests();
            self.start_credential_reloads();
            if self.pausing && self.in_flight.is_empty() {
                self.pausing = false;
                self.outbox.push(Event::Paused);
            }
            let next_wake = self.next_wake();
            self.heartbeat.expect_wake_by(next_wake);
            let alarm = OptionFuture::from(next_wake.map(sleep_until));
            let wake = tokio::select! {
                biased;
                command = commands.recv() => Wake::Command(command),
                permit = events.reserve(), if !self.outbox.is_empty() => Wake::Capacity(permit.ok()),
                (query, result) = self.in_flight.next() => Wake::Answer(query, result),
                (profile, changed) = self.reloads.next() => Wake::Reload(profile, changed),
                Some(()) = alarm => Wake::Alarm,
            };
            let jumped = self.detect_clock_jump();
            match wake {
                Wake::Command(None) => return,
                Wake::Command(Some(command)) => {
                    self.apply(command);
                    // Commands that arrived together are planned together.
                    while let Ok(command) = commands.try_recv() {
                        self.apply(command);
                    }
                }
                Wake::Capacity(permit) => match (permit, self.outbox.pop()) {
                    (Some(permit), Some((query, event))) => {
                        if let Some(query) = query {
                            self.schedule.release(&query);
                        }
                        permit.send(event);
                    }
                    _ => return,
                },
                // It may be old, and its deadline may have passed while nothing ran.
                Wake::Answer(..) if jumped => {}
                Wake::Answer(query, result) => self.handle_response(query, result),
                Wake::Reload(profile, changed) => {
                    tracing::debug!(changed, "read the credentials again");
                    if changed {
                        self.schedule.unblock_all(profile.as_ref(), Instant::now());
                    }
                }
                Wake::Alarm => {}
            }
        }
    }

    fn apply(&mut self, command: Command) {
        let now = Instant::now();
        match command {
            Command::Subscribe(queries, recurrence) => {
                for query in queries {
                    self.schedule.subscribe(query, recurrence, now);
                }
            }
            Command::Unsubscribe(queries) => queries.iter().for_each(|it| self.unsubscribe(it)),
            Command::Fetch(queries) => {
                for query in &queries {
                    self.schedule.fetch(query, now);
                }
            }
            Command::Pause => {
                self.schedule.pause(true);
                self.pausing = true;
            }
            Command::Resume => {
                self.schedule.pause(false);
                self.pausing = false;
                self.outbox.push(Event::Resumed);
            }
        }
    }

    fn unsubscribe(&mut self, query: &Query) {
        self.schedule.unsubscribe(query);
        self.in_flight.cancel(|requested| **requested == *query);
        self.outbox.remove(query);
    }

    fn handle_response(&mut self, query: Arc<Query>, result: Result<Reply, Error>) {
        let now = Instant::now();
        let received_at = (self.clock)();
        if let Some(identity) = self.client.identity(query.place()) {
            self.schedule.set_identity(&query, &identity, now);
        }
        let is_final = result.as_ref().map(Reply::is_final);
        let due = self.schedule.record_response(&query, is_final, now);
        let next_at = due.and_then(|due| received_at.checked_add(due - now).ok());
        match (&result, due) {
            (Ok(_), _) => {}
            (Err(_), Some(due)) => {
                tracing::debug!(%query, "asked again in {}", duration(due - now));
            }
            (Err(_), None) => tracing::info!(%query, "waits for a person"),
        }
        let polled = |target: &Target, result| {
            let target = target.clone();
            Event::Polled(Box::new(Poll { target, result, received_at, next_at }))
        };
        let event = match (&*query, result) {
            (Query::Savepoint(target), Ok(Reply::Savepoint(answer))) => polled(target, Ok(answer)),
            (Query::Savepoint(target), Err(error)) => polled(target, Err(error)),
            (query, result) => {
                let query = query.clone();
                Event::Replied(Box::new(Replied { query, result, received_at, next_at }))
            }
        };
        self.outbox.push_response(query, event);
    }

    fn start_due_requests(&mut self) {
        // One time for all, so that queues that start together stay together: each wake costs.
        let now = Instant::now();
        while let Some(query) = self.schedule.start(now) {
            let (client, requested) = (Arc::clone(&self.client), Arc::clone(&query));
            let request = async move { client.fetch(&requested).await };
            self.in_flight.push(query, Box::pin(request));
        }
    }

    fn start_credential_reloads(&mut self) {
        let profiles = self.schedule.blocked_profiles();
        if profiles.is_empty() || self.schedule.is_paused() {
            self.reload_at = None;
            self.reloads.cancel_all();
            return;
        }
        let now = Instant::now();
        if *self.reload_at.get_or_insert(now + RELOAD_INTERVAL) <= now {
            self.reload_at = Some(now + RELOAD_INTERVAL);
            // A reload that hangs is cancelled.
            self.reloads.cancel_all();
            for (profile, needs) in profiles {
                let (client, requested) = (Arc::clone(&self.client), profile.clone());
                let reload =
                    async move { client.reload_credentials(requested.as_ref(), needs).await };
                self.reloads.push(profile, Box::pin(reload));
            }
        }
    }

    /// Returns whether the program was stopped, the machine slept, or the clock was set since the last
    /// wake; if so, makes everything due.
    fn detect_clock_jump(&mut self) -> bool {
        let now = Instant::now();
        let last_wake = Now { wall: (self.clock)(), uptime: self.heartbeat.record_wake(now) };
        let before = std::mem::replace(&mut self.last_wake, last_wake);
        let jumped = last_wake.jump_since(before).is_some() && !self.schedule.is_empty();
        if jumped {
            tracing::info!(
                "the program or the machine stood still, or the clock was set: everything is due"
            );
            self.in_flight.cancel_all();
            self.schedule.wake(now);
            self.outbox.push(Event::Woke);
        }
        jumped
    }

    /// When to wake without a command or a response; `None` if there is nothing to do.
    fn next_wake(&self) -> Option<Instant> {
        let start = self.schedule.next_start();
        let watching = !self.schedule.is_paused() && !self.schedule.is_empty();
        let clock_check =
            watching.then(|| Instant::now() + self.settings.interval.max(CLOCK_CHECK_INTERVAL));
        [start, self.reload_at, clock_check].into_iter().flatten().min()
    }
}
