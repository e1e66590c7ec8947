//! Without a screen: `savepeek get`, here, prints each savepoint once; `savepeek wait`, in
//! [`wait`], prints what becomes of them, and in [`next`] of the one that appears next;
//! `savepeek list` and `savepeek latest`, in [`list`], print which there are; of deployments that is
//! in [`deployments`].
//!
//! The same poller asks as behind the screen, so that the rate, the backoff and the service's own
//! waits are kept here too. A savepoint is unwatched as soon as its result can get no better.

mod deployment;
pub mod deployments;
pub mod list;
pub mod next;
pub mod progress;
mod reader;
mod report;
#[cfg(test)]
mod tests;
pub mod wait;
mod wait_tracker;

use std::collections::HashMap;
use std::io::{self, BufRead, Write};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::mpsc::error::SendError;
use tokio::time::{Instant, timeout_at};

use crate::api::{Answer, Cause, Error, Retry, Unreachable};
use crate::commands::cli::Output;
use crate::config::{self, Config};
use crate::domain::savepoint::{InvalidName, Place, SavepointId, Target};
use crate::poller::{self, Command, Event, Fetch, Poll};
use report::Report;
pub(crate) use report::told;

/// How long to try, beyond what the rate needs to ask for all of them once.
const PATIENCE: Duration = Duration::from_secs(30);

/// What to ask for, and how to print it.
#[derive(Debug, Clone)]
pub struct Request {
    place: Place,
    ids: Vec<String>,
    output: Output,
    /// In which zone a table shows times.
    zone: TimeZone,
    poller: poller::Settings,
    timeout_total: Option<Duration>,
}

/// How it went, from good to bad: the worst decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// All were fetched.
    Fetched,
    /// Not found, or not an ID.
    Missing,
    /// Unreachable, throttled, failed or unreadable.
    NoAnswer,
    /// Credentials, permission or clock.
    Refused,
}

impl Exit {
    /// The code for the shell.
    pub fn code(self) -> u8 {
        match self {
            Self::Fetched => 0,
            Self::Missing => 4,
            Self::NoAnswer => 5,
            Self::Refused => 3,
        }
    }

    fn of(result: &Result<Answer, Error>) -> Self {
        result.as_ref().map_or_else(|error| Self::of_cause(&error.cause), |_| Self::Fetched)
    }

    /// How a request that failed so ends.
    pub(crate) fn of_cause(cause: &Cause) -> Self {
        match cause {
            Cause::NotFound | Cause::InvalidId => Self::Missing,
            Cause::Throttled { .. }
            | Cause::Service { .. }
            | Cause::Unreachable(_)
            | Cause::Unreadable => Self::NoAnswer,
            Cause::CredentialsNotFound
            | Cause::CredentialsUnusable
            | Cause::CredentialsRejected
            | Cause::TokenExpired
            | Cause::NoPermission { .. }
            | Cause::ClockSkew { .. } => Self::Refused,
        }
    }
}

/// What keeps results from being printed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Standard output takes no more, and not because its reader went away.
    #[error("cannot write the results: {0}")]
    Write(#[from] io::Error),
    /// A deployment was named by a text that is not the name of just one.
    #[error("{0}")]
    Ambiguous(String),
    /// A panic in the poller, which has already been reported.
    #[error("the poller died")]
    PollerDied,
}

impl<T> From<SendError<T>> for Failure {
    fn from(_: SendError<T>) -> Self {
        Self::PollerDied
    }
}

/// The last word on one savepoint.
#[derive(Debug)]
struct Fetched {
    result: Result<Answer, Error>,
    /// When it came; `None` if nothing did.
    at: Option<Timestamp>,
}

impl From<Poll> for Fetched {
    fn from(poll: Poll) -> Self {
        Self { result: poll.result, at: Some(poll.received_at) }
    }
}

impl From<InvalidName> for Fetched {
    fn from(why: InvalidName) -> Self {
        Self { result: Err(invalid(&why)), at: None }
    }
}

fn invalid(why: &InvalidName) -> Error {
    Error::local(Cause::InvalidId, why.to_string())
}

impl Request {
    /// What the configuration asks for.
    ///
    /// # Errors
    /// When it leaves open where to ask, or names no place that there can be.
    pub fn new(
        config: Config,
        output: Output,
        timeout_total: Option<Duration>,
    ) -> Result<Self, config::Error> {
        Ok(Self {
            place: config.place.complete()?,
            ids: config.ids,
            output,
            zone: config.options.time_zone(),
            poller: config.options.poller(),
            timeout_total,
        })
    }

    /// Replaces each `-` among the IDs by the lines of `input`, without blank ones; how many IDs
    /// there are then.
    pub fn read_ids(&mut self, input: impl BufRead) -> io::Result<usize> {
        let mut lines = input.lines();
        let mut ids = Vec::with_capacity(self.ids.len());
        for id in self.ids.drain(..) {
            if id != "-" {
                ids.push(id);
                continue;
            }
            for line in lines.by_ref() {
                let line = line?;
                if !line.trim().is_empty() {
                    ids.push(line);
                }
            }
        }
        self.ids = ids;
        Ok(self.ids.len())
    }

    /// For how long to try.
    fn patience(&self) -> Duration {
        self.timeout_total.unwrap_or_else(|| {
            let asking = f64::from(u32::try_from(self.ids.len()).unwrap_or(u32::MAX));
            PATIENCE + Duration::from_secs_f64(asking / self.poller.rate)
        })
    }

    fn target(&self, id: &str) -> Result<Target, InvalidName> {
        Ok(Target { place: self.place.clone(), id: SavepointId::new(id)? })
    }
}

/// Gets and prints. A reader that goes away ends it early, with what is known so far.
pub async fn get(
    client: Arc<impl Fetch>,
    request: &Request,
    clock: impl Fn() -> Timestamp + Send + 'static,
    out: impl Write,
    err: impl Write,
) -> Result<Exit, Failure> {
    let mut report = Report::new(request, out, err);
    read_or_left(fetch(client, request, clock, &mut report).await)?;
    Ok(report.exit)
}

/// A reader that went away has had enough.
fn read_or_left(printed: Result<(), Failure>) -> Result<(), Failure> {
    match printed {
        Err(Failure::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        printed => printed,
    }
}

async fn fetch(
    client: Arc<impl Fetch>,
    request: &Request,
    clock: impl Fn() -> Timestamp + Send + 'static,
    report: &mut Report<'_, impl Write, impl Write>,
) -> Result<(), Failure> {
    let patience = request.patience();
    let deadline = Instant::now() + patience;
    let mut done: HashMap<String, Fetched> = HashMap::new();
    let mut targets = Vec::new();
    for id in &request.ids {
        match request.target(id) {
            Ok(target) => targets.push(target),
            Err(why) => drop(done.insert(id.clone(), why.into())),
        }
    }
    let mut poller = poller::spawn(client, request.poller.clone(), clock, fastrand::Rng::new());
    poller.commands.send(Command::watch(targets)).await?;

    let mut so_far: HashMap<String, Fetched> = HashMap::new();
    for id in &request.ids {
        while !done.contains_key(id) {
            match timeout_at(deadline, poller.events.recv()).await {
                Ok(Some(Event::Polled(poll))) => {
                    let target = poll.target.clone();
                    let id = target.id.to_string();
                    if is_final(&poll, deadline) {
                        done.insert(id, Fetched::from(*poll));
                        poller.commands.send(Command::unwatch(vec![target])).await?;
                    } else {
                        so_far.insert(id, Fetched::from(*poll));
                    }
                }
                Ok(Some(_)) => {}
                Ok(None) => return Err(Failure::PollerDied),
                Err(_elapsed) => {
                    let last = so_far
                        .remove(id)
                        .unwrap_or_else(|| Fetched { result: Err(too_late(patience)), at: None });
                    done.insert(id.clone(), last);
                }
            }
        }
        if let Some(fetched) = done.get(id) {
            report.add(id, fetched)?;
        }
    }
    report.finish()?;
    Ok(())
}

/// Whether nothing better can come before the deadline.
fn is_final(poll: &Poll, deadline: Instant) -> bool {
    let Err(error) = &poll.result else { return true };
    let Retry::After(_) = error.retry() else { return true };
    let wait = poll.next_at.map_or(jiff::SignedDuration::MAX, |at| at - poll.received_at);
    wait.unsigned_abs() > deadline.saturating_duration_since(Instant::now())
}

fn too_late(patience: Duration) -> Error {
    let message = format!("not within {} in all", crate::util::text::duration(patience));
    Error::local(Cause::Unreachable(Unreachable::Timeout), message)
}
