//! Reads what the service lists, for commands that need an answer before they go on.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::OptionFuture;
use jiff::Timestamp;
use tokio::time::{Instant, sleep_until};

use super::{Failure, PATIENCE, Request, too_late};
use crate::api::lists::{ListItem, Page, PageRequest};
use crate::api::pagination::Paging;
use crate::api::{Cause, Error, Retry};
use crate::poller::{self, Command, Event, Fetch, Handle, Query, Recurrence, Reply};

/// The largest list that is read, in pages of a hundred: beyond it memory would have no bound.
pub(super) const MOST_PAGES: u32 = 1000;

/// How long to go on.
#[derive(Debug, Clone, Copy)]
pub(super) enum Patience {
    /// For so long with each question.
    Each(Duration),
    /// Until then, with all of them.
    Until(Instant),
    /// As long as it takes; and, once anything was answered, for so long with what only a person
    /// can mend.
    Endless(Duration),
}

impl Patience {
    /// What a request for a list asks for.
    pub(super) fn of(request: &Request) -> Self {
        match request.timeout_total {
            Some(total) => Self::Until(Instant::now() + total),
            None => Self::Each(PATIENCE),
        }
    }
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Stop {
    /// So it is with this, which was asked for.
    Unread(String, Box<Error>),
    Failure(Failure),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl Stop {
    pub(super) fn unread(what: &str, error: Error) -> Self {
        Self::Unread(what.to_owned(), Box::new(error))
    }
}

/// Asks one question after the other, each until it is answered.
pub(super) struct Reader<'a> {
    poller: Handle,
    patience: Patience,
    /// Told of each poll that fails and is tried again.
    trouble: Box<dyn FnMut(&Error) + 'a>,
    /// Whether the service ever answered.
    pub(super) accepted: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        client: Arc<impl Fetch>,
        request: &Request,
        clock: impl Fn() -> Timestamp + Send + 'static,
        patience: Patience,
        trouble: impl FnMut(&Error) + 'a,
    ) -> Self {
        let poller = poller::spawn(client, request.poller.clone(), clock, fastrand::Rng::new());
        Self { poller, patience, trouble: Box::new(trouble), accepted: false }
    }

    /// The reply to one question, and when it came.
    pub(super) async fn ask(
        &mut self,
        what: &str,
        query: Query,
    ) -> Result<(Reply, Timestamp), Stop> {
        let (began, until) = match self.patience {
            Patience::Each(span) => (span, Some(Instant::now() + span)),
            Patience::Until(then) => (then.saturating_duration_since(Instant::now()), Some(then)),
            Patience::Endless(_) => (Duration::ZERO, None),
        };
        let mut mended_by = None;
        let mut last = None;
        self.poller
            .commands
            .send(Command::Subscribe(vec![query.clone()], Recurrence::Now))
            .await
            .map_err(Failure::from)?;
        loop {
            // A person has so much time while the program runs: before, nothing is found mended.
            let ran = self.poller.heartbeat.uptime();
            let grace = mended_by.map(|by: Duration| Instant::now() + by.saturating_sub(ran));
            let alarm = [until, grace].into_iter().flatten().min();
            let event = tokio::select! {
                biased;
                event = self.poller.events.recv() => event.ok_or(Failure::PollerDied)?,
                Some(()) = OptionFuture::from(alarm.map(sleep_until)) => {
                    let ran = self.poller.heartbeat.uptime();
                    let over = until.is_some_and(|until| until <= Instant::now());
                    if !over && mended_by.is_some_and(|by| ran < by) {
                        continue;
                    }
                    return Err(Stop::unread(what, last.unwrap_or_else(|| too_late(began))));
                }
            };
            let Event::Replied(replied) = event else { continue };
            if replied.query != query {
                continue;
            }
            let error = match replied.result {
                Ok(reply) => {
                    self.accepted = true;
                    return Ok((reply, replied.received_at));
                }
                Err(error) => error,
            };
            let now = Instant::now();
            let in_vain = match error.retry() {
                Retry::Never => true,
                Retry::WhenChanged => match self.patience {
                    Patience::Endless(grace) if self.accepted => {
                        mended_by = mended_by.or(Some(self.poller.heartbeat.uptime() + grace));
                        false
                    }
                    _ => true,
                },
                Retry::After(_) => {
                    mended_by = None;
                    let wait = replied.next_at.map(|at| at.duration_since(replied.received_at));
                    let next = wait.map(|wait| now + wait.unsigned_abs());
                    until.is_some_and(|until| next.is_none_or(|next| next > until))
                }
            };
            if in_vain {
                return Err(Stop::unread(what, error));
            }
            (self.trouble)(&error);
            last = Some(error);
        }
    }

    /// Reads a list page by page, to its end or until it is `enough`. One that could not be read
    /// so far is none at all.
    pub(super) async fn list<T: ListItem>(
        &mut self,
        what: &str,
        mut paging: Paging<T>,
        query: impl Fn(PageRequest) -> Query,
        take: impl Fn(Reply, Timestamp) -> Option<Page<T>>,
        enough: impl Fn(&Paging<T>) -> bool,
    ) -> Result<Paging<T>, Stop> {
        while let Some(at) = paging.next() {
            let so_far = match paging.items().len() {
                0 => what.to_owned(),
                read => format!("{what}, of which only {read} could be read"),
            };
            let (reply, received_at) = self.ask(&so_far, query(at)).await?;
            let no_list = || Error::local(Cause::Unreadable, "a reply to something else");
            paging.add_page(
                take(reply, received_at).ok_or_else(|| Stop::unread(&so_far, no_list()))?,
            );
            if enough(&paging) {
                break;
            }
        }
        Ok(paging)
    }
}
