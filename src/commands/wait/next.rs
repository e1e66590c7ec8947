//! `savepeek wait --next`: waits for the next savepoint of a deployment, and then until it is final.
//!
//! The savepoints of the first response do not count, nor do older ones that move up in the list
//! because a newer one was deleted. Only times of the service are compared.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::io::Write;
use std::pin::pin;
use std::sync::Arc;

use futures_util::future::OptionFuture;
use jiff::Timestamp;
use tokio::time::{Instant, sleep_until};

use super::progress::{Display, HEARTBEAT, REDRAW, erase};
use super::{Goal, tracker, wait};
use crate::api::lists::{Page, PageRequest, SavepointQuery};
use crate::api::{self, Answer, Retry};
use crate::commands::exit::{FetchOutcome, WaitOutcome};
use crate::commands::fetch::{Deadline, FetchError, Fetcher};
use crate::commands::request::Request;
use crate::commands::results::{ResultWriter, error_line};
use crate::commands::{Error, deployment_lookup};
use crate::domain::savepoint::Savepoint;
use crate::poller::{Fetch, Query, Reply};
use crate::util::text::{self, clean};

/// How many of the newest savepoints are read: more than appear between two polls. After a long
/// outage the oldest of these is taken.
const PAGE_SIZE: u32 = 50;

/// How many intervals lie between two polls: by default ten seconds, because nothing is expected
/// at a certain time.
const INTERVALS: u32 = 2;

/// Waits for the next savepoint of the deployment with this name or ID, and then like [`wait`].
/// `request`'s total timeout is that of both.
pub(super) async fn next(
    client: Arc<impl Fetch>,
    deployment: &str,
    goal: Goal,
    display: Display,
    clock: impl Fn() -> Timestamp + Clone + Send + 'static,
    signal: impl Future<Output = u8>,
    mut results: ResultWriter<'_, impl Write, impl Write>,
) -> Result<WaitOutcome, Error> {
    let request = results.request;
    let limit = request.timeout_total.map(|limit| Instant::now() + limit);
    let mut signal = pin!(signal);
    let status = RefCell::new(StatusLine::new(&mut results.err, deployment, display));
    let outcome = tokio::select! {
        biased;
        code = &mut signal => Err(WaitOutcome::Interrupted(code)),
        found = search(Arc::clone(&client), request, deployment, clock.clone(), &status) => {
            match found {
                Err(FetchError::Command(error)) => return Err(error),
                Err(FetchError::Query { what, error }) => {
                    status.borrow_mut().print(&format!("{}: {}", clean(&what), error_line(&error)));
                    return Ok(outcome_of(&error));
                }
                Ok(id) => Ok(id),
            }
        }
        Some(()) = OptionFuture::from(limit.map(sleep_until)) => Err(WaitOutcome::TimedOut),
        never = heartbeat(&status) => match never {},
    };
    let id = match outcome {
        Ok(id) => id,
        Err(outcome) => {
            status.borrow_mut().end(outcome);
            return Ok(outcome);
        }
    };
    let left = limit.map(|limit| limit.saturating_duration_since(Instant::now()));
    let request = Request { ids: vec![id], timeout_total: left, ..request.clone() };
    let results = ResultWriter::new(&request, results.out, results.err);
    wait(client, goal, display, clock, signal, results).await
}

fn outcome_of(error: &api::Error) -> WaitOutcome {
    match FetchOutcome::from_cause(&error.cause) {
        FetchOutcome::Missing => WaitOutcome::Missing,
        _ => WaitOutcome::Refused,
    }
}

/// Polls the list until a new savepoint appears, and returns its ID.
async fn search(
    client: Arc<impl Fetch>,
    request: &Request,
    name_or_id: &str,
    clock: impl Fn() -> Timestamp + Send + 'static,
    status: &RefCell<StatusLine<'_, impl Write>>,
) -> Result<String, FetchError> {
    let on_retry = |error: &api::Error| status.borrow_mut().failed(error);
    let deadline = Deadline::Never { grace: tracker::GRACE_PERIOD };
    let mut fetcher = Fetcher::new(client, request, clock, deadline, on_retry);
    let deployment = deployment_lookup::find(&mut fetcher, &request.place, name_or_id).await?;
    let query = SavepointQuery { deployment: Some(deployment), job: None };
    let query =
        Query::Savepoints(request.place.clone(), query.into(), PageRequest::new(1, PAGE_SIZE));
    let mut baseline: Option<Baseline> = None;
    loop {
        let next_poll = Instant::now() + request.poller.interval * INTERVALS;
        match fetcher.fetch("the list of savepoints", query.clone()).await {
            Ok((Reply::Savepoints(page), _)) => {
                status.borrow_mut().answered();
                match &baseline {
                    None => {
                        baseline = Some(Baseline::new(&page));
                        status.borrow_mut().waiting();
                    }
                    Some(baseline) => {
                        if let Some(id) = baseline.next(&page) {
                            status.borrow_mut().found(&id);
                            return Ok(id);
                        }
                    }
                }
            }
            // The first response has shown that the query is valid: try again.
            Err(FetchError::Query { error, .. })
                if baseline.is_some() && error.retry() == Retry::Never =>
            {
                status.borrow_mut().failed(&error);
            }
            Err(error) => return Err(error),
            Ok(_) => {}
        }
        sleep_until(next_poll).await;
    }
}

/// Shows from time to time that the wait goes on.
async fn heartbeat(status: &RefCell<StatusLine<'_, impl Write>>) -> Infallible {
    loop {
        let due = status.borrow().due();
        if due <= Instant::now() {
            status.borrow_mut().heartbeat();
        } else {
            sleep_until(due).await;
        }
    }
}

/// The savepoints of the first response.
struct Baseline {
    ids: BTreeSet<String>,
    newest_created_at: Option<Timestamp>,
}

impl Baseline {
    fn new(page: &Page<Answer>) -> Self {
        let ids = page.items.iter().filter_map(|item| item.savepoint.savepoint_id.clone());
        let created_at = page.items.iter().filter_map(|item| item.savepoint.created_at);
        Self { ids: ids.collect(), newest_created_at: created_at.max() }
    }

    /// Returns the first savepoint that appeared since. The service lists the newest first.
    fn next(&self, page: &Page<Answer>) -> Option<String> {
        let known = |savepoint: &Savepoint| {
            savepoint.savepoint_id.as_ref().is_none_or(|id| self.ids.contains(id))
        };
        let items = || page.items.iter().map(|item| &item.savepoint);
        let first_known = items().position(known).unwrap_or(0);
        let newer = |(at, it): &(usize, &Savepoint)| match (self.newest_created_at, it.created_at) {
            (Some(newest), Some(created_at)) => newest <= created_at,
            // Without a time, its position in the list decides.
            (Some(_), None) => *at < first_known,
            (None, _) => true,
        };
        let items: Vec<_> =
            items().enumerate().filter(|(_, it)| !known(it)).filter(newer).collect();
        items.last()?.1.savepoint_id.clone()
    }
}

/// What the search shows on standard error.
struct StatusLine<'a, E> {
    err: &'a mut E,
    deployment: &'a str,
    display: Display,
    began: Instant,
    shown_at: Instant,
    /// Whether the next line replaces the last.
    live: bool,
    /// The error of the last poll.
    error: Option<api::Error>,
}

impl<'a, E: Write> StatusLine<'a, E> {
    fn new(err: &'a mut E, deployment: &'a str, display: Display) -> Self {
        let now = Instant::now();
        Self { err, deployment, display, began: now, shown_at: now, live: false, error: None }
    }

    fn print(&mut self, line: &str) {
        let erase = erase(usize::from(std::mem::take(&mut self.live)));
        // There is nowhere to report a failure of standard error.
        drop(writeln!(self.err, "{erase}savepeek: {line}"));
    }

    /// Prints a line unless progress is off.
    fn show(&mut self, line: &str) {
        self.shown_at = Instant::now();
        if !matches!(self.display, Display::Off) {
            self.print(line);
        }
    }

    fn waiting(&mut self) {
        let deployment = clean(self.deployment).into_owned();
        self.show(&format!("waiting for the next savepoint of {deployment}"));
    }

    fn found(&mut self, id: &str) {
        let line =
            format!("{}: appeared after {}", clean(id), text::duration(self.began.elapsed()));
        self.show(&line);
    }

    fn failed(&mut self, error: &api::Error) {
        if self.error.as_ref().is_none_or(|before| before.kind() != error.kind()) {
            self.show(&format!("{}: {}", clean(self.deployment), error_line(error)));
        }
        self.error = Some(error.clone());
    }

    fn answered(&mut self) {
        if self.error.take().is_some() {
            self.show(&format!("{}: answered again", clean(self.deployment)));
        }
    }

    fn heartbeat(&mut self) {
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
                self.show(&text::fit(&line, room));
                self.live = true;
            }
            Display::Plain | Display::Off => self.show(&line),
        }
    }

    /// When the next heartbeat is due.
    fn due(&self) -> Instant {
        let live = matches!(self.display, Display::Live(_));
        self.shown_at + if live { REDRAW } else { HEARTBEAT }
    }

    fn end(&mut self, outcome: WaitOutcome) {
        if let Some(error) = self.error.take() {
            self.print(&format!("{}: {}", clean(self.deployment), error_line(&error)));
        }
        let why = if outcome == WaitOutcome::TimedOut { "time ran out" } else { "interrupted" };
        let after = text::duration(self.began.elapsed());
        let deployment = clean(self.deployment).into_owned();
        self.print(&format!("after {after}, no savepoint of {deployment} has appeared: {why}"));
    }
}

#[cfg(test)]
mod tests;
