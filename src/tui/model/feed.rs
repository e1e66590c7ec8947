//! Polled data of one savepoint, and its freshness.
//!
//! The last successful answer always stays. A failed poll changes the freshness, never the
//! data. Only the service's own "no such savepoint" marks it as missing, and its last data stay
//! readable.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::history::LIST_INTERVAL;
use crate::api::{Answer, Cause, Error, Unreachable};
use crate::domain::savepoint::State;
use crate::poller::{self, Poll};
use crate::storage::watch_list::Annotation;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Feed {
    /// The last successful answer.
    pub answer: Option<Answer>,
    /// When that answer arrived.
    pub answered_at: Option<Timestamp>,
    /// Set while the service knows no such savepoint.
    pub missing: Option<Box<Missing>>,
    /// Failed polls since the last answer, found or not found.
    pub trouble: Option<Box<Trouble>>,
    /// When the next poll is planned; `None` while none is.
    pub next_at: Option<Timestamp>,
    /// Whether a refresh by the user is unanswered.
    pub refreshing: bool,
    /// Running time (see [`State::uptime`](super::State::uptime)) at the last answer, or at
    /// a new request: an answer is due from then on.
    pub due_since: Duration,
    /// Why the polls failed when the feed was found to be no longer live.
    pub lost: Option<String>,
    /// Whether a change has not been viewed yet.
    pub marked: bool,
    /// Whether it has been reported as STARTED for longer than any earlier savepoint.
    pub overdue: bool,
    /// Why it is in the list, and whether it is polled by itself.
    pub membership: Membership,
    /// The user's note; may be empty.
    pub note: String,
    /// When it was added to the watch list; `None` for savepoints that are not saved,
    /// such as the demo's.
    pub added_at: Option<Timestamp>,
}

/// Load of one endpoint: its savepoints may share a rate limit and request slots. Which
/// profiles share credentials is unknown here, so all of them count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LoadShare {
    /// Number of savepoints polled.
    pub count: usize,
    /// Time that one request for each savepoint takes over all slots, estimated from the last
    /// latencies. Whole seconds, so that displayed values stay still.
    pub busy: Duration,
}

/// Why a savepoint is in the list, and whether it is polled by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Membership {
    /// The user added or pinned it; it is polled by itself and never drops out.
    #[default]
    UserAdded,
    /// Its deployment is followed; it is polled by itself, because it may still change or
    /// the list contradicts it.
    PolledMember,
    /// Its deployment is followed, and the deployment's list confirms it.
    ListedMember,
}

/// The service knows no such savepoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// When it was first reported missing.
    pub since: Timestamp,
    /// When it was last reported missing.
    pub confirmed_at: Timestamp,
    /// The error of the service.
    pub error: Error,
}

/// A series of failed polls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    pub since: Timestamp,
    pub error: Error,
    /// Failed polls in a row.
    pub attempts: u32,
}

/// How often savepoints are polled; decides when an answer is late.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PollTiming {
    /// Time between two polls of a savepoint that can still change.
    pub interval: Duration,
    /// Time between two polls of a final savepoint.
    pub recheck: Duration,
    /// Polls per second, for each endpoint and identity.
    pub rate: f64,
    /// Longest round of polls over everything watched: that of the endpoint with the most
    /// savepoints or the slowest answers.
    pub round: Duration,
    /// Timeout of one request.
    pub timeout: Duration,
    /// Load of the endpoint.
    pub load: LoadShare,
}

/// How often a savepoint is confirmed; decides how long its answer stays fresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PollCycle {
    /// Every interval: it can still change.
    Interval,
    /// Every recheck: it is final or missing.
    Recheck,
    /// By the list of its deployment.
    List,
}

impl PollTiming {
    /// Duration of one round of polls under this load: bounded by the rate limit or by the
    /// latency over all slots.
    pub fn round_of(rate: f64, load: LoadShare) -> Duration {
        let count = u32::try_from(load.count).unwrap_or(u32::MAX);
        let round = f64::from(count) / rate.max(0.01);
        Duration::try_from_secs_f64(round).unwrap_or(Duration::MAX / 4).max(load.busy)
    }

    pub fn fresh_for(self, cycle: PollCycle) -> Duration {
        match cycle {
            PollCycle::Interval => self.fresh_for_period(self.interval),
            PollCycle::Recheck => self.fresh_for_period(self.recheck),
            PollCycle::List => self.list_fresh_for(LIST_INTERVAL),
        }
    }

    /// How long an answer stays fresh when polled `every` so often: two
    /// polls and a timeout.
    pub fn fresh_for_period(self, every: Duration) -> Duration {
        every.max(Self::round_of(self.rate, self.load)) * 2 + self.timeout
    }

    /// How long a list stays fresh. A list yields to savepoints for a while, so where they
    /// use up the rate or the slots it is as late as they are.
    pub fn list_fresh_for(self, every: Duration) -> Duration {
        let late = Self::round_of(self.rate, self.load).saturating_sub(self.interval);
        (every + poller::head_start(every) + late) * 2 + self.timeout
    }
}

/// How far to trust the displayed data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness<'a> {
    Never,
    /// The last answer is as fresh as the poll timing allows.
    Live,
    /// Two polls were due since, and neither answered.
    Stale,
    /// The last poll failed.
    Failing(&'a Trouble),
}

/// What the state column shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisplayStatus<'a> {
    /// No poll has ended yet.
    Waiting,
    /// No answer yet, and the polls fail.
    NoAnswer,
    /// The service knows no such savepoint.
    NotFound,
    /// The service's state; `None` where the answer had none.
    State(Option<&'a State>),
}

impl Feed {
    /// Applies the result of a poll at this running time.
    pub fn apply(&mut self, poll: Poll, uptime: Duration) {
        self.refreshing = false;
        self.next_at = poll.next_at;
        let at = poll.received_at;
        match poll.result {
            Ok(answer) => {
                self.answer = Some(answer);
                self.answered_at = Some(at);
                self.due_since = uptime;
                self.missing = None;
                self.trouble = None;
                self.lost = None;
            }
            Err(error) if error.cause == Cause::NotFound => {
                let since = self.missing.as_ref().map_or(at, |missing| missing.since);
                self.missing = Some(Box::new(Missing { since, confirmed_at: at, error }));
                self.due_since = uptime;
                self.trouble = None;
                self.lost = None;
            }
            Err(error) => {
                let (since, attempts) =
                    self.trouble.as_ref().map_or((at, 0), |t| (t.since, t.attempts));
                let attempts = attempts.saturating_add(1);
                self.trouble = Some(Box::new(Trouble { since, error, attempts }));
            }
        }
    }

    /// Shifts all times after the clock was set back (`by` is negative). Otherwise old
    /// answers would look fresh until the clock catches up.
    pub fn shift_back(&mut self, by: SignedDuration) {
        let missing = self.missing.iter_mut().flat_map(|it| [&mut it.since, &mut it.confirmed_at]);
        let trouble = self.trouble.iter_mut().map(|it| &mut it.since);
        for at in self.answered_at.iter_mut().chain(missing).chain(trouble) {
            *at = at.saturating_add(by).unwrap_or(*at);
        }
    }

    /// What the watch list stores about it; `None` if it is not on the list.
    pub fn remark(&self) -> Option<Annotation> {
        Some(Annotation { note: self.note.clone(), added_at: self.added_at? })
    }

    /// When the service last answered: found or not found.
    pub fn confirmed_at(&self) -> Option<Timestamp> {
        self.missing.as_ref().map(|missing| missing.confirmed_at).or(self.answered_at)
    }

    /// How long its last request occupied a slot: the whole timeout if it timed
    /// out, zero if unknown.
    pub fn last_latency(&self, timeout: Duration) -> Duration {
        let timeout_cause = Cause::Unreachable(Unreachable::Timeout);
        if self.trouble.as_ref().is_some_and(|trouble| trouble.error.cause == timeout_cause) {
            return timeout;
        }
        self.answer.as_ref().map(|answer| answer.round_trip).unwrap_or_default()
    }

    pub fn display_status(&self) -> DisplayStatus<'_> {
        match (&self.missing, &self.answer, &self.trouble) {
            (Some(_), ..) => DisplayStatus::NotFound,
            (None, Some(answer), _) => DisplayStatus::State(answer.savepoint.state.as_ref()),
            (None, None, Some(_)) => DisplayStatus::NoAnswer,
            (None, None, None) => DisplayStatus::Waiting,
        }
    }

    pub fn freshness(&self, now: Timestamp, timing: PollTiming) -> Freshness<'_> {
        match (&self.trouble, self.stale_at(timing)) {
            (Some(trouble), _) => Freshness::Failing(trouble),
            (None, None) => Freshness::Never,
            (None, Some(stale_at)) if now >= stale_at || self.lost.is_some() => Freshness::Stale,
            (None, Some(_)) => Freshness::Live,
        }
    }

    pub fn cycle(&self) -> PollCycle {
        let settled = match self.display_status() {
            DisplayStatus::NotFound => true,
            DisplayStatus::State(state) => state.is_some_and(State::is_final),
            DisplayStatus::Waiting | DisplayStatus::NoAnswer => false,
        };
        match (self.membership, settled) {
            (Membership::ListedMember, _) => PollCycle::List,
            (_, true) => PollCycle::Recheck,
            (_, false) => PollCycle::Interval,
        }
    }

    /// When the last answer turns stale: after two missed polls. By the wall clock, because
    /// a displayed answer must never look younger than it is.
    pub fn stale_at(&self, timing: PollTiming) -> Option<Timestamp> {
        Some(later(self.confirmed_at()?, timing.fresh_for(self.cycle())))
    }
}

/// `at + by`, saturating at the maximum timestamp.
pub fn later(at: Timestamp, by: Duration) -> Timestamp {
    let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}

/// Elapsed time, never negative even if the clock was set back.
pub fn elapsed(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}
