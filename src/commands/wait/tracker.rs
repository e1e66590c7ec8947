//! What is known of each savepoint of a wait, and whether the wait is over. Pure: the caller passes
//! the time.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use super::{Goal, Until};
use crate::api::{Cause, Error, Retry};
use crate::commands::exit::WaitOutcome;
use crate::commands::request::Fetched;
use crate::domain::savepoint::State;
use crate::poller::Poll;

/// How long the wait goes on with wrong credentials, permission or clock, once the service has
/// answered anything. The poller looks for new credentials every ten seconds of it.
pub(super) const GRACE_PERIOD: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WaitStatus {
    Open,
    Completed,
    Failed,
    /// Not found twice in a row, because a new savepoint can be unknown for a moment. Or
    /// the ID is invalid.
    Missing,
}

/// What is new in a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WaitEvent {
    /// The first answer, of a savepoint that is not final.
    First,
    /// Another state, not final.
    Changed,
    /// COMPLETED or FAILED.
    Final,
    /// COMPLETED or FAILED in the first answer.
    Already,
    Missing,
    /// The poll failed, and with another error than the one before.
    Error,
    /// An answer after failed polls, with the state of before.
    Recovered,
}

impl WaitEvent {
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

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) status: WaitStatus,
    pub(super) last_answer: Option<Fetched>,
    /// The last result, if it is an error.
    pub(super) last_error: Option<Fetched>,
    /// Since when its error needs manual action.
    blocked_since: Option<Instant>,
}

impl Entry {
    fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            status: WaitStatus::Open,
            last_answer: None,
            last_error: None,
            blocked_since: None,
        }
    }

    pub(super) fn state(&self) -> Option<&State> {
        self.last_answer.as_ref()?.result.as_ref().ok()?.savepoint.state.as_ref()
    }

    pub(super) fn error(&self) -> Option<&Error> {
        self.last_error.as_ref()?.result.as_ref().err()
    }

    fn record_answer(&mut self, fetched: Fetched, state: Option<&State>) -> Option<WaitEvent> {
        self.blocked_since = None;
        self.status = match state {
            Some(State::Completed) => WaitStatus::Completed,
            Some(State::Failed) => WaitStatus::Failed,
            _ => WaitStatus::Open,
        };
        let had_failed = self.last_error.take().is_some();
        let event = if self.status != WaitStatus::Open {
            Some(if self.last_answer.is_none() { WaitEvent::Already } else { WaitEvent::Final })
        } else if self.last_answer.is_none() {
            Some(WaitEvent::First)
        } else if self.state() != state {
            Some(WaitEvent::Changed)
        } else {
            had_failed.then_some(WaitEvent::Recovered)
        };
        self.last_answer = Some(fetched);
        event
    }

    fn record_error(
        &mut self,
        fetched: Fetched,
        error: &Error,
        blocked: Option<Instant>,
    ) -> Option<WaitEvent> {
        let repeated = self.error().is_some_and(|before| before.kind() == error.kind());
        self.blocked_since = blocked.map(|now| self.blocked_since.unwrap_or(now));
        self.last_error = Some(fetched);
        match error.cause {
            Cause::NotFound if repeated => self.status = WaitStatus::Missing,
            Cause::InvalidId => self.status = WaitStatus::Missing,
            _ => return (!repeated).then_some(WaitEvent::Error),
        }
        Some(WaitEvent::Missing)
    }
}

/// The savepoints of a wait, in the order of the arguments, each once.
#[derive(Debug)]
pub(super) struct WaitTracker {
    goal: Goal,
    entries: Vec<Entry>,
    index_by_id: HashMap<String, usize>,
    /// Whether the service has accepted the credentials at least once.
    accepted: bool,
}

impl WaitTracker {
    pub(super) fn new(goal: Goal, ids: &[String]) -> Self {
        let mut tracker =
            Self { goal, entries: Vec::new(), index_by_id: HashMap::new(), accepted: false };
        for id in ids {
            if !tracker.index_by_id.contains_key(id) {
                tracker.index_by_id.insert(id.clone(), tracker.entries.len());
                tracker.entries.push(Entry::new(id));
            }
        }
        tracker
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// How many are neither final nor missing.
    pub(super) fn open(&self) -> usize {
        self.entries.iter().filter(|entry| entry.status == WaitStatus::Open).count()
    }

    /// Records the result of a poll. Returns what is new, and its savepoint.
    pub(super) fn record_poll(&mut self, poll: Poll, now: Instant) -> Option<(WaitEvent, &Entry)> {
        let id = poll.target.id.as_str().to_owned();
        self.record(&id, poll.into(), now)
    }

    /// Records a result. Returns what is new, and its savepoint.
    pub(super) fn record(
        &mut self,
        id: &str,
        fetched: Fetched,
        now: Instant,
    ) -> Option<(WaitEvent, &Entry)> {
        let entry = self.index_by_id.get(id).and_then(|&index| self.entries.get_mut(index))?;
        if entry.status != WaitStatus::Open {
            return None;
        }
        let event = match &fetched.result {
            Ok(answer) => {
                self.accepted = true;
                let state = answer.savepoint.state.clone();
                entry.record_answer(fetched, state.as_ref())
            }
            Err(error) => {
                self.accepted |= error.cause == Cause::NotFound;
                let refused = error.cause == Cause::Service { transient: false };
                let blocked = error.retry() == Retry::WhenChanged || refused;
                let error = error.clone();
                entry.record_error(fetched, &error, blocked.then_some(now))
            }
        };
        Some((event?, entry))
    }

    /// Returns how the wait ends, if it is over.
    pub(super) fn verdict(&self, now: Instant) -> Option<WaitOutcome> {
        let so_far = self.worst(WaitOutcome::Completed);
        let hopeless = match (so_far, self.goal.until) {
            _ if self.goal.keep_going => false,
            (WaitOutcome::Failed, Until::Final) => self.has(WaitStatus::Missing),
            _ => so_far != WaitOutcome::Completed,
        };
        if hopeless || self.open() == 0 {
            return Some(so_far);
        }
        let over = self.grace_ends().is_some_and(|end| end <= now);
        over.then_some(WaitOutcome::Refused)
    }

    /// When the grace period ends; `None` while a savepoint is open that needs no manual action.
    pub(super) fn grace_ends(&self) -> Option<Instant> {
        let grace = if self.accepted { GRACE_PERIOD } else { Duration::ZERO };
        let open = self.entries.iter().filter(|entry| entry.status == WaitStatus::Open);
        let last = open
            .map(|entry| entry.blocked_since)
            .try_fold(None, |last, since| since.map(|since| last.max(Some(since))))?;
        Some(last? + grace)
    }

    /// Returns the worst of this outcome and those of the savepoints.
    pub(super) fn worst(&self, outcome: WaitOutcome) -> WaitOutcome {
        let outcome_of = |entry: &Entry| match entry.status {
            WaitStatus::Open | WaitStatus::Completed => WaitOutcome::Completed,
            WaitStatus::Failed => WaitOutcome::Failed,
            WaitStatus::Missing => WaitOutcome::Missing,
        };
        self.entries.iter().map(outcome_of).fold(outcome, Ord::max)
    }

    fn has(&self, status: WaitStatus) -> bool {
        self.entries.iter().any(|entry| entry.status == status)
    }
}
