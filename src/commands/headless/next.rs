//! `savepeek wait --next`: the savepoint of a deployment that appears next, until it is final.
//!
//! What the first answer names was there before and does not count, nor does what comes into sight
//! because something newer was deleted. The service's clock alone decides what is newer.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::io::Write;
use std::pin::pin;
use std::sync::Arc;

use futures_util::future::OptionFuture;
use jiff::Timestamp;
use tokio::time::{Instant, sleep_until};

use super::progress::{Display, HEARTBEAT, SECOND, erase};
use super::reader::{Patience, Reader, Stop};
use super::report::complaint;
use super::wait::{Goal, Outcome, wait};
use super::{Exit, Failure, Request, deployment, wait_tracker};
use crate::api::lists::{Page, PageRequest, SavepointQuery};
use crate::api::{Answer, Error, Retry};
use crate::domain::savepoint::Savepoint;
use crate::poller::{Fetch, Query, Reply};
use crate::util::text::{self, clean};

/// How many of the newest are looked at: more than appear between two looks. After a long outage
/// the oldest of these is taken.
const SEEN: u32 = 50;

/// How many intervals lie between two looks, by default ten seconds: nothing is known to change.
const PACE: u32 = 2;

/// Waits for the next savepoint of the deployment with this name or ID, and then for its end, as
/// [`wait`] does; `request`'s total timeout is that of both.
pub async fn next(
    client: Arc<impl Fetch>,
    request: &Request,
    deployment: &str,
    (goal, display): (Goal, Display),
    clock: impl Fn() -> Timestamp + Clone + Send + 'static,
    interrupted: impl Future<Output = u8>,
    (out, mut err): (impl Write, impl Write),
) -> Result<Outcome, Failure> {
    let limit = request.timeout_total.map(|limit| Instant::now() + limit);
    let mut interrupted = pin!(interrupted);
    let telling = RefCell::new(Telling::new(&mut err, deployment, display));
    let outcome = tokio::select! {
        biased;
        code = &mut interrupted => Err(Outcome::Interrupted(code)),
        found = search(Arc::clone(&client), request, deployment, clock.clone(), &telling) => {
            match found {
                Err(Stop::Failure(failure)) => return Err(failure),
                Err(Stop::Unread(what, error)) => {
                    telling.borrow_mut().say(&format!("{}: {}", clean(&what), complaint(&error)));
                    return Ok(refused(&error));
                }
                Ok(id) => Ok(id),
            }
        }
        Some(()) = OptionFuture::from(limit.map(sleep_until)) => Err(Outcome::TimedOut),
        never = beat(&telling) => match never {},
    };
    let id = match outcome {
        Ok(id) => id,
        Err(outcome) => {
            telling.borrow_mut().part(outcome);
            return Ok(outcome);
        }
    };
    let left = limit.map(|limit| limit.saturating_duration_since(Instant::now()));
    let request = Request { ids: vec![id], timeout_total: left, ..request.clone() };
    wait(client, &request, (goal, display), clock, interrupted, out, err).await
}

/// How it ends when asking is in vain.
fn refused(error: &Error) -> Outcome {
    match Exit::of_cause(&error.cause) {
        Exit::Missing => Outcome::Missing,
        _ => Outcome::Refused,
    }
}

/// The ID of the next one.
async fn search(
    client: Arc<impl Fetch>,
    request: &Request,
    name_or_id: &str,
    clock: impl Fn() -> Timestamp + Send + 'static,
    telling: &RefCell<Telling<'_, impl Write>>,
) -> Result<String, Stop> {
    let trouble = |error: &Error| telling.borrow_mut().trouble(error);
    let patience = Patience::Endless(wait_tracker::PATIENCE);
    let mut reader = Reader::new(client, request, clock, patience, trouble);
    let deployment = deployment::find(&mut reader, &request.place, name_or_id).await?;
    let query = SavepointQuery { deployment: Some(deployment), job: None };
    let query = Query::Savepoints(request.place.clone(), query, PageRequest::new(1, SEEN));
    let mut before: Option<Before> = None;
    loop {
        let again_at = Instant::now() + request.poller.interval * PACE;
        match reader.ask("the list of savepoints", query.clone()).await {
            Ok((Reply::Savepoints(page), _)) => {
                telling.borrow_mut().answered();
                match &before {
                    None => {
                        before = Some(Before::of(&page));
                        telling.borrow_mut().begun();
                    }
                    Some(before) => {
                        if let Some(id) = before.next(&page) {
                            telling.borrow_mut().found(&id);
                            return Ok(id);
                        }
                    }
                }
            }
            // What was once answered will be answered again.
            Err(Stop::Unread(_, error)) if before.is_some() && error.retry() == Retry::Never => {
                telling.borrow_mut().trouble(&error);
            }
            Err(stop) => return Err(stop),
            Ok(_) => {}
        }
        sleep_until(again_at).await;
    }
}

/// Says from time to time that it still waits.
async fn beat(telling: &RefCell<Telling<'_, impl Write>>) -> Infallible {
    loop {
        let due = telling.borrow().due();
        if due <= Instant::now() {
            telling.borrow_mut().beat();
        } else {
            sleep_until(due).await;
        }
    }
}

/// What was there before.
struct Before {
    ids: BTreeSet<String>,
    /// When the newest of them was created.
    newest: Option<Timestamp>,
}

impl Before {
    fn of(page: &Page<Answer>) -> Self {
        let ids = page.items.iter().filter_map(|item| item.savepoint.savepoint_id.clone());
        let newest = page.items.iter().filter_map(|item| item.savepoint.created_at).max();
        Self { ids: ids.collect(), newest }
    }

    /// The first one that appeared since; the service names the newest first.
    fn next(&self, page: &Page<Answer>) -> Option<String> {
        let known = |savepoint: &Savepoint| {
            savepoint.savepoint_id.as_ref().is_none_or(|id| self.ids.contains(id))
        };
        let items = || page.items.iter().map(|item| &item.savepoint);
        let first_known = items().position(known).unwrap_or(0);
        let newer = |(at, it): &(usize, &Savepoint)| match (self.newest, it.created_at) {
            (Some(newest), Some(created_at)) => newest <= created_at,
            // Where nobody says when, its place in the list has to do.
            (Some(_), None) => *at < first_known,
            (None, _) => true,
        };
        let items: Vec<_> =
            items().enumerate().filter(|(_, it)| !known(it)).filter(newer).collect();
        items.last()?.1.savepoint_id.clone()
    }
}

/// What it says meanwhile, and at the end if nothing appeared.
struct Telling<'a, E> {
    err: &'a mut E,
    deployment: &'a str,
    display: Display,
    began: Instant,
    shown: Instant,
    /// Whether the last line is a live one, to be replaced by the next.
    live: bool,
    /// Why the last poll failed, if it did.
    error: Option<Error>,
}

impl<'a, E: Write> Telling<'a, E> {
    fn new(err: &'a mut E, deployment: &'a str, display: Display) -> Self {
        let now = Instant::now();
        Self { err, deployment, display, began: now, shown: now, live: false, error: None }
    }

    fn say(&mut self, line: &str) {
        let erase = erase(usize::from(std::mem::take(&mut self.live)));
        // There is nowhere left to report that nothing can be reported.
        drop(writeln!(self.err, "{erase}savepeek: {line}"));
    }

    /// Says it where progress is shown.
    fn note(&mut self, line: &str) {
        self.shown = Instant::now();
        if !matches!(self.display, Display::Off) {
            self.say(line);
        }
    }

    fn begun(&mut self) {
        let deployment = clean(self.deployment).into_owned();
        self.note(&format!("waiting for the next savepoint of {deployment}"));
    }

    fn found(&mut self, id: &str) {
        let line =
            format!("{}: appeared after {}", clean(id), text::duration(self.began.elapsed()));
        self.note(&line);
    }

    fn trouble(&mut self, error: &Error) {
        if self.error.as_ref().is_none_or(|before| before.kind() != error.kind()) {
            self.note(&format!("{}: {}", clean(self.deployment), complaint(error)));
        }
        self.error = Some(error.clone());
    }

    fn answered(&mut self) {
        if self.error.take().is_some() {
            self.note(&format!("{}: answered again", clean(self.deployment)));
        }
    }

    fn beat(&mut self) {
        let why = self.error.as_ref().map(|error| format!(" ({})", clean(&error.summary())));
        let line = format!(
            "waiting for the next savepoint of {}, {} so far{}",
            clean(self.deployment),
            text::duration(self.began.elapsed()),
            why.unwrap_or_default(),
        );
        match self.display {
            Display::Live(size) => {
                let room = size().0.saturating_sub("savepeek: ".len() + 1);
                self.note(&text::fit(&line, room));
                self.live = true;
            }
            Display::Plain | Display::Off => self.note(&line),
        }
    }

    /// When it is to be said again that it still waits.
    fn due(&self) -> Instant {
        let live = matches!(self.display, Display::Live(_));
        self.shown + if live { SECOND } else { HEARTBEAT }
    }

    fn part(&mut self, outcome: Outcome) {
        if let Some(error) = self.error.take() {
            self.say(&format!("{}: {}", clean(self.deployment), complaint(&error)));
        }
        let why = if outcome == Outcome::TimedOut { "time ran out" } else { "interrupted" };
        let after = text::duration(self.began.elapsed());
        let deployment = clean(self.deployment).into_owned();
        self.say(&format!("after {after}, no savepoint of {deployment} has appeared: {why}"));
    }
}

#[cfg(test)]
mod tests;
