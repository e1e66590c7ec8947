//! What is known of every savepoint that is waited for, and whether the wait is over: pure, told
//! the time.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use super::Fetched;
use super::wait::{Goal, Outcome};
use crate::api::{Cause, Error, Retry};
use crate::commands::cli::Until;
use crate::domain::savepoint::State;
use crate::poller::Poll;

/// How long a person has to mend credentials, permission or clock, once anything was answered at
/// all. The poller looks for other credentials every ten seconds of it.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// What became of one savepoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WaitStatus {
    Open,
    Completed,
    Failed,
    /// Not found twice in a row: one that was just triggered can be unknown for a moment. Or its
    /// ID can name nothing.
    Missing,
}

/// What a poll brought that was not known before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WaitEvent {
    /// The first answer.
    First,
    /// Another state.
    Changed,
    /// COMPLETED or FAILED.
    Final,
    /// The same by the first answer: nothing was waited for.
    Already,
    /// Not found.
    Missing,
    /// The poll failed, and not as the one before.
    Error,
    /// The state is what it was before the polls failed.
    Recovered,
}

impl WaitEvent {
    /// The word for scripts.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Changed => "changed",
            Self::Final | Self::Already => "final",
            Self::Missing => "missing",
            Self::Error => "error",
            Self::Recovered => "recovered",
        }
    }
}

/// One savepoint.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) fate: WaitStatus,
    /// The last answer.
    pub(super) good: Option<Fetched>,
    /// The last poll, if that failed.
    pub(super) bad: Option<Fetched>,
    /// Since when it waits for a person.
    blocked_since: Option<Instant>,
}

impl Entry {
    fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            fate: WaitStatus::Open,
            good: None,
            bad: None,
            blocked_since: None,
        }
    }

    /// The state by the last answer.
    pub(super) fn state(&self) -> Option<&State> {
        self.good.as_ref()?.result.as_ref().ok()?.savepoint.state.as_ref()
    }

    /// Why the last poll failed.
    pub(super) fn error(&self) -> Option<&Error> {
        self.bad.as_ref()?.result.as_ref().err()
    }

    fn answered(&mut self, fetched: Fetched, state: Option<&State>) -> Option<WaitEvent> {
        self.blocked_since = None;
        self.fate = match state {
            Some(State::Completed) => WaitStatus::Completed,
            Some(State::Failed) => WaitStatus::Failed,
            _ => WaitStatus::Open,
        };
        let had_failed = self.bad.take().is_some();
        let news = if self.fate != WaitStatus::Open {
            Some(if self.good.is_none() { WaitEvent::Already } else { WaitEvent::Final })
        } else if self.good.is_none() {
            Some(WaitEvent::First)
        } else if self.state() != state {
            Some(WaitEvent::Changed)
        } else {
            had_failed.then_some(WaitEvent::Recovered)
        };
        self.good = Some(fetched);
        news
    }

    fn failed(
        &mut self,
        fetched: Fetched,
        error: &Error,
        blocked: Option<Instant>,
    ) -> Option<WaitEvent> {
        let repeated = self.error().is_some_and(|before| before.kind() == error.kind());
        self.blocked_since = blocked.map(|now| self.blocked_since.unwrap_or(now));
        self.bad = Some(fetched);
        match error.cause {
            Cause::NotFound if repeated => self.fate = WaitStatus::Missing,
            Cause::InvalidId => self.fate = WaitStatus::Missing,
            _ => return (!repeated).then_some(WaitEvent::Error),
        }
        Some(WaitEvent::Missing)
    }
}

/// All of them, in the order in which they were given, each once.
#[derive(Debug)]
pub(super) struct WaitTracker {
    goal: Goal,
    entries: Vec<Entry>,
    places: HashMap<String, usize>,
    /// Whether the service ever took us for somebody.
    accepted: bool,
}

impl WaitTracker {
    pub(super) fn new(goal: Goal, ids: &[String]) -> Self {
        let mut ledger =
            Self { goal, entries: Vec::new(), places: HashMap::new(), accepted: false };
        for id in ids {
            if !ledger.places.contains_key(id) {
                ledger.places.insert(id.clone(), ledger.entries.len());
                ledger.entries.push(Entry::new(id));
            }
        }
        ledger
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// How many are neither final nor missing.
    pub(super) fn open(&self) -> usize {
        self.entries.iter().filter(|entry| entry.fate == WaitStatus::Open).count()
    }

    /// Takes the result of a poll; what is new, and of whom.
    pub(super) fn polled(&mut self, poll: Poll, now: Instant) -> Option<(WaitEvent, &Entry)> {
        let id = poll.target.id.as_str().to_owned();
        self.take(&id, poll.into(), now)
    }

    /// The same of a result that took no poll.
    pub(super) fn take(
        &mut self,
        id: &str,
        fetched: Fetched,
        now: Instant,
    ) -> Option<(WaitEvent, &Entry)> {
        let entry = self.places.get(id).and_then(|&place| self.entries.get_mut(place))?;
        if entry.fate != WaitStatus::Open {
            return None;
        }
        let news = match &fetched.result {
            Ok(answer) => {
                self.accepted = true;
                let state = answer.savepoint.state.clone();
                entry.answered(fetched, state.as_ref())
            }
            Err(error) => {
                self.accepted |= error.cause == Cause::NotFound;
                let refused = error.cause == Cause::Service { transient: false };
                let blocked = error.retry() == Retry::WhenChanged || refused;
                let error = error.clone();
                entry.failed(fetched, &error, blocked.then_some(now))
            }
        };
        Some((news?, entry))
    }

    /// Why the wait is over, if it is.
    pub(super) fn verdict(&self, now: Instant) -> Option<Outcome> {
        let so_far = self.worst(Outcome::Completed);
        let hopeless = match (so_far, self.goal.until) {
            _ if self.goal.keep_going => false,
            (Outcome::Failed, Until::Final) => self.has(WaitStatus::Missing),
            _ => so_far != Outcome::Completed,
        };
        if hopeless || self.open() == 0 {
            return Some(so_far);
        }
        let over = self.patience_ends().is_some_and(|end| end <= now);
        over.then_some(Outcome::Refused)
    }

    /// When a person will have had long enough; `None` while something can go on without one.
    pub(super) fn patience_ends(&self) -> Option<Instant> {
        let patience = if self.accepted { PATIENCE } else { Duration::ZERO };
        let open = self.entries.iter().filter(|entry| entry.fate == WaitStatus::Open);
        let last = open
            .map(|entry| entry.blocked_since)
            .try_fold(None, |last, since| since.map(|since| last.max(Some(since))))?;
        Some(last? + patience)
    }

    /// This outcome, or a worse one that some savepoint has come to.
    pub(super) fn worst(&self, outcome: Outcome) -> Outcome {
        let of = |entry: &Entry| match entry.fate {
            WaitStatus::Open | WaitStatus::Completed => Outcome::Completed,
            WaitStatus::Failed => Outcome::Failed,
            WaitStatus::Missing => Outcome::Missing,
        };
        self.entries.iter().map(of).fold(outcome, Ord::max)
    }

    fn has(&self, fate: WaitStatus) -> bool {
        self.entries.iter().any(|entry| entry.fate == fate)
    }
}
