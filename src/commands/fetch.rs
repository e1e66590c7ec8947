//! Sends one query after the other, and reads lists page by page.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::OptionFuture;
use jiff::Timestamp;
use tokio::time::{Instant, sleep_until};

use super::Error;
use super::request::{DEFAULT_TIMEOUT, Request, too_late};
use crate::api::lists::{ListItem, Page, PageRequest};
use crate::api::pagination::Paging;
use crate::api::{self, Cause, Retry};
use crate::poller::{self, Command, Event, Fetch, Handle, Query, Recurrence, Reply};

/// The most pages of a list, a hundred items each: they bound the memory.
pub(super) const MAX_PAGES: u32 = 1000;

#[derive(Debug, Clone, Copy)]
pub(super) enum Deadline {
    /// This long after each query.
    PerQuery(Duration),
    /// At this time for all queries.
    At(Instant),
    /// Never for errors that can pass. For credentials, permission and clock, once the service has
    /// answered anything: after this grace period.
    Never { grace: Duration },
}

impl Deadline {
    pub(super) fn from_request(request: &Request) -> Self {
        match request.timeout_total {
            Some(total) => Self::At(Instant::now() + total),
            None => Self::PerQuery(DEFAULT_TIMEOUT),
        }
    }
}

/// Why a query has no result.
#[derive(Debug)]
pub(super) enum FetchError {
    /// The last error of this query, after retries.
    Query { what: String, error: Box<api::Error> },
    /// The command cannot go on.
    Command(Error),
}

impl From<Error> for FetchError {
    fn from(error: Error) -> Self {
        Self::Command(error)
    }
}

impl FetchError {
    pub(super) fn query(what: &str, error: api::Error) -> Self {
        Self::Query { what: what.to_owned(), error: Box::new(error) }
    }
}

/// Sends one query after the other, and retries each until its deadline.
pub(super) struct Fetcher<'a> {
    poller: Handle,
    deadline: Deadline,
    /// Called for each error before a retry.
    on_retry: Box<dyn FnMut(&api::Error) + 'a>,
    /// Whether the service has answered anything.
    answered: bool,
}

impl<'a> Fetcher<'a> {
    pub(super) fn new(
        client: Arc<impl Fetch>,
        request: &Request,
        clock: impl Fn() -> Timestamp + Send + 'static,
        deadline: Deadline,
        on_retry: impl FnMut(&api::Error) + 'a,
    ) -> Self {
        let poller = poller::spawn(client, request.poller.clone(), clock, fastrand::Rng::new());
        Self { poller, deadline, on_retry: Box::new(on_retry), answered: false }
    }

    /// Returns the reply to one query, and when it was received.
    pub(super) async fn fetch(
        &mut self,
        what: &str,
        query: Query,
    ) -> Result<(Reply, Timestamp), FetchError> {
        let (timeout, until) = match self.deadline {
            Deadline::PerQuery(span) => (span, Some(Instant::now() + span)),
            Deadline::At(then) => (then.saturating_duration_since(Instant::now()), Some(then)),
            Deadline::Never { .. } => (Duration::ZERO, None),
        };
        let mut give_up_at = None;
        let mut last = None;
        self.poller
            .commands
            .send(Command::Subscribe(vec![query.clone()], Recurrence::Now))
            .await
            .map_err(Error::from)?;
        loop {
            // The grace period counts only the time that the program runs: while it is stopped, it
            // cannot see that the cause is gone.
            let ran = self.poller.heartbeat.uptime();
            let grace = give_up_at.map(|at: Duration| Instant::now() + at.saturating_sub(ran));
            let alarm = [until, grace].into_iter().flatten().min();
            let event = tokio::select! {
                biased;
                event = self.poller.events.recv() => event.ok_or(Error::PollerDied)?,
                Some(()) = OptionFuture::from(alarm.map(sleep_until)) => {
                    let ran = self.poller.heartbeat.uptime();
                    let over = until.is_some_and(|until| until <= Instant::now());
                    if !over && give_up_at.is_some_and(|at| ran < at) {
                        continue;
                    }
                    return Err(FetchError::query(what, last.unwrap_or_else(|| too_late(timeout))));
                }
            };
            let Event::Replied(replied) = event else { continue };
            if replied.query != query {
                continue;
            }
            let error = match replied.result {
                Ok(reply) => {
                    self.answered = true;
                    return Ok((reply, replied.received_at));
                }
                Err(error) => error,
            };
            let now = Instant::now();
            let give_up = match error.retry() {
                Retry::Never => true,
                Retry::WhenChanged => match self.deadline {
                    Deadline::Never { grace } if self.answered => {
                        give_up_at = give_up_at.or(Some(self.poller.heartbeat.uptime() + grace));
                        false
                    }
                    _ => true,
                },
                Retry::After(_) => {
                    give_up_at = None;
                    let wait = replied.next_at.map(|at| at.duration_since(replied.received_at));
                    let next = wait.map(|wait| now + wait.unsigned_abs());
                    until.is_some_and(|until| next.is_none_or(|next| next > until))
                }
            };
            if give_up {
                return Err(FetchError::query(what, error));
            }
            (self.on_retry)(&error);
            last = Some(error);
        }
    }

    /// Reads a list page by page, to its end or until it is `enough`. A page that fails makes
    /// the whole list fail.
    pub(super) async fn list<T: ListItem>(
        &mut self,
        what: &str,
        mut paging: Paging<T>,
        query: impl Fn(PageRequest) -> Query,
        take: impl Fn(Reply, Timestamp) -> Option<Page<T>>,
        enough: impl Fn(&Paging<T>) -> bool,
    ) -> Result<Paging<T>, FetchError> {
        while let Some(at) = paging.next() {
            let so_far = match paging.items().len() {
                0 => what.to_owned(),
                read => format!("{what}, of which only {read} could be read"),
            };
            let (reply, received_at) = self.fetch(&so_far, query(at)).await?;
            let no_list = || api::Error::local(Cause::Unreadable, "a reply to something else");
            paging.add_page(
                take(reply, received_at).ok_or_else(|| FetchError::query(&so_far, no_list()))?,
            );
            if enough(&paging) {
                break;
            }
        }
        Ok(paging)
    }
}
