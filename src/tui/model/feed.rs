//! One savepoint's polled data, and how far to trust it.
//!
//! The last good answer always stays. A failed poll changes the trust, never the data; only the
//! service's own "no such savepoint" makes one vanish, and even then what it was stays readable.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::history::LIST_INTERVAL;
use crate::api::{Answer, Cause, Error, Unreachable};
use crate::domain::savepoint::State;
use crate::poller::{self, Poll};
use crate::storage::watch_list::Annotation;

/// What is known of one savepoint.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Feed {
    /// The last good answer.
    pub answer: Option<Answer>,
    /// When that answer came.
    pub answered_at: Option<Timestamp>,
    /// Since when, and until when last asked, the service has known no such savepoint.
    pub missing: Option<Box<Missing>>,
    /// The polls that have failed since the last answer of either kind.
    pub trouble: Option<Box<Trouble>>,
    /// When it will be asked next; `None` while nothing is planned.
    pub next_at: Option<Timestamp>,
    /// Whether the user asked for it and no answer has come since.
    pub refreshing: bool,
    /// For how long the program had run (see [`State::uptime`](super::State::ran)) when the service
    /// last said anything about it, or when it was asked for anew: from then on an answer is due.
    pub due_since: Duration,
    /// What the polls failed of when the last answer was found to be no longer live.
    pub lost: Option<String>,
    /// Whether something changed that the user has not looked at.
    pub marked: bool,
    /// Whether it has been STARTED for longer than any before it, and the user was told so.
    pub overdue: bool,
    /// Why it is in the list, and who answers for it.
    pub membership: Membership,
    /// The user's own words about it; empty for none.
    pub note: String,
    /// When it was put on the watch list; `None` for what is forgotten at the end: the demo's.
    pub added_at: Option<Timestamp>,
}

/// The savepoints of one service that are asked for: they may share a rate and slots. Which profiles
/// have the same keys is not known here, so all of them count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LoadShare {
    /// How many.
    pub count: usize,
    /// How long one request for each takes all slots together, as long as the last ones took; in
    /// whole seconds, for what is said of it would never stand still.
    pub busy: Duration,
}

/// Why a savepoint is in the list, and who answers for it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Membership {
    /// The user named it or pinned it; it is asked for by itself and never falls out.
    #[default]
    UserAdded,
    /// Its deployment is followed; it is asked for by itself, because it may still change or the
    /// list did not say what was expected.
    PolledMember,
    /// Its deployment is followed, and the deployment's list answers for it.
    ListedMember,
}

/// The service knows no such savepoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// When it said so first.
    pub since: Timestamp,
    /// When it said so last.
    pub confirmed_at: Timestamp,
    /// Its own words.
    pub error: Error,
}

/// Polls that keep failing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// When the first one failed.
    pub since: Timestamp,
    /// What the last one failed of.
    pub error: Error,
    /// How many in a row.
    pub attempts: u32,
}

/// How often a savepoint is asked for: what "late" is measured against.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PollTiming {
    /// Between two polls of one that can still change.
    pub interval: Duration,
    /// Between two polls of a final one.
    pub recheck: Duration,
    /// How many polls a second there are, for each service and identity.
    pub rate: f64,
    /// The most that one round of polls over everything watched can take: that of the service with
    /// the most savepoints, or with the slowest answers.
    pub round: Duration,
    /// The deadline of one request.
    pub timeout: Duration,
    /// The savepoints of the service, which share the rate and the slots of requests.
    pub load: LoadShare,
}

/// How often a savepoint is confirmed, which decides how long its answer stays fresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PollCycle {
    /// It can still change: every interval.
    Interval,
    /// It is final or gone: at every recheck.
    Recheck,
    /// The list of its deployment confirms it.
    List,
}

impl PollTiming {
    /// How long one round of polls over so many savepoints takes: at the rate limit, or as long as
    /// their answers take the slots.
    pub fn round_of(rate: f64, load: LoadShare) -> Duration {
        let count = u32::try_from(load.count).unwrap_or(u32::MAX);
        let round = f64::from(count) / rate.max(0.01);
        Duration::try_from_secs_f64(round).unwrap_or(Duration::MAX / 4).max(load.busy)
    }

    /// How long an answer stays fresh.
    pub fn fresh_for(self, cycle: PollCycle) -> Duration {
        match cycle {
            PollCycle::Interval => self.fresh_for_period(self.interval),
            PollCycle::Recheck => self.fresh_for_period(self.recheck),
            PollCycle::List => self.list_fresh_for(LIST_INTERVAL),
        }
    }

    /// How long two polls in a row may take to answer.
    pub fn fresh_for_period(self, every: Duration) -> Duration {
        every.max(Self::round_of(self.rate, self.load)) * 2 + self.timeout
    }

    /// How long two requests in a row for a list may take to answer. A list lets savepoints pass for
    /// a while, and where they take the whole rate or all slots it is as late as they are.
    pub fn list_fresh_for(self, every: Duration) -> Duration {
        let late = Self::round_of(self.rate, self.load).saturating_sub(self.interval);
        (every + poller::head_start(every) + late) * 2 + self.timeout
    }
}

/// How far to trust what is shown of one savepoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness<'a> {
    /// No answer yet.
    Never,
    /// The last answer is as fresh as asking every so often makes it.
    Live,
    /// Two polls should have answered since, and none did.
    Stale,
    /// The last poll failed.
    Failing(&'a Trouble),
}

/// What is shown in the place of the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisplayStatus<'a> {
    /// Nothing is known yet.
    Waiting,
    /// No answer yet, and the polls fail.
    NoAnswer,
    /// The service knows no such savepoint.
    NotFound,
    /// The service's own word; `None` where the answer gave none.
    State(Option<&'a State>),
}

impl Feed {
    /// Takes the result of a poll after the program `uptime` for so long.
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

    /// The clock was set back by so much (which is negative): everything is dated by the new one, or
    /// it would pass for fresh until that time comes again.
    pub fn shift_back(&mut self, by: SignedDuration) {
        let missing = self.missing.iter_mut().flat_map(|it| [&mut it.since, &mut it.confirmed_at]);
        let trouble = self.trouble.iter_mut().map(|it| &mut it.since);
        for at in self.answered_at.iter_mut().chain(missing).chain(trouble) {
            *at = at.saturating_add(by).unwrap_or(*at);
        }
    }

    /// What the watch list keeps of it, if it is on it.
    pub fn remark(&self) -> Option<Annotation> {
        Some(Annotation { note: self.note.clone(), added_at: self.added_at? })
    }

    /// When the service last said anything about it.
    pub fn confirmed_at(&self) -> Option<Timestamp> {
        self.missing.as_ref().map(|missing| missing.confirmed_at).or(self.answered_at)
    }

    /// How long its last request took a slot, as far as that is known: without an answer for the
    /// whole deadline.
    pub fn last_latency(&self, timeout: Duration) -> Duration {
        let in_vain = Cause::Unreachable(Unreachable::Timeout);
        if self.trouble.as_ref().is_some_and(|trouble| trouble.error.cause == in_vain) {
            return timeout;
        }
        self.answer.as_ref().map(|answer| answer.round_trip).unwrap_or_default()
    }

    /// What to show in the place of the state.
    pub fn display_status(&self) -> DisplayStatus<'_> {
        match (&self.missing, &self.answer, &self.trouble) {
            (Some(_), ..) => DisplayStatus::NotFound,
            (None, Some(answer), _) => DisplayStatus::State(answer.savepoint.state.as_ref()),
            (None, None, Some(_)) => DisplayStatus::NoAnswer,
            (None, None, None) => DisplayStatus::Waiting,
        }
    }

    /// How far to trust what is shown, at a time.
    pub fn freshness(&self, now: Timestamp, timing: PollTiming) -> Freshness<'_> {
        match (&self.trouble, self.stale_at(timing)) {
            (Some(trouble), _) => Freshness::Failing(trouble),
            (None, None) => Freshness::Never,
            (None, Some(stale_at)) if now >= stale_at || self.lost.is_some() => Freshness::Stale,
            (None, Some(_)) => Freshness::Live,
        }
    }

    /// How often it is confirmed.
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

    /// When the last answer turns stale unless another one comes: after two missed polls. By the
    /// wall clock, for what is shown must never look younger than it is.
    pub fn stale_at(&self, timing: PollTiming) -> Option<Timestamp> {
        Some(later(self.confirmed_at()?, timing.fresh_for(self.cycle())))
    }
}

/// A time that much later, or the end of time.
pub fn later(at: Timestamp, by: Duration) -> Timestamp {
    let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}

/// The time from one moment to a later one; a clock that was set back never makes it negative.
pub fn elapsed(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}
