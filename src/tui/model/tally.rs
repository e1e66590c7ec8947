//! Running totals behind a [`Summary`]: a changed feed costs O(log n).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use unicode_width::UnicodeWidthStr as _;

use super::failures::{FailureCause, FailureSummary, MAX_CAUSES};
use super::feed::{DisplayStatus, Feed, LoadShare, Membership, PollCycle, PollTiming, later};
use super::feeds::Feeds;
use super::list::{problem, urgency};
use super::summary::{Stale, Summary, earliest};
use crate::api::Error;
use crate::domain::savepoint::State;
use crate::util::text;

/// Totals over the feeds of one place.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    counts: Summary,
    /// Number of other states by display width.
    widths: BTreeMap<usize, usize>,
    /// Confirmation times and feed indices, oldest first.
    confirmed: BTreeMap<FreshnessClass, BTreeSet<(Timestamp, usize)>>,
    /// Running times since which answers are due, and feed indices; without lost feeds.
    due: BTreeMap<PollCycle, BTreeSet<(Duration, usize)>>,
    causes: Vec<CauseTotals>,
    /// Feeds whose cause did not fit into `causes`.
    other_causes: usize,
    /// Feeds polled by themselves.
    asked: usize,
    /// Sum of their last latencies.
    latency: Duration,
}

/// Feeds with the same freshness period and the same treatment after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct FreshnessClass {
    cycle: PollCycle,
    failing: bool,
    lost: bool,
}

/// Feeds that fail for the same cause.
#[derive(Debug, Clone)]
struct CauseTotals {
    error: Error,
    since: BTreeSet<(Timestamp, usize)>,
    next_at: BTreeSet<(Timestamp, usize)>,
}

/// Contribution of one feed to the totals, kept so that it can be subtracted again.
#[derive(Debug, Clone)]
pub(super) struct Contribution {
    /// Index of its place.
    pub place: usize,
    /// Its rank in the list.
    pub rank: Rank,
    kind: StatusKind,
    width: usize,
    overdue: bool,
    not_live: bool,
    confirmed: Option<(FreshnessClass, Timestamp)>,
    due: Option<(PollCycle, Duration)>,
    failing: Option<Box<FailingContribution>>,
    latency: Option<Duration>,
}

/// Urgency of a feed, and how far it lifts its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rank {
    urgency: u8,
    problem: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StatusKind {
    Waiting,
    NoAnswer,
    NotFound,
    Failed,
    Started,
    Completed,
    Other,
}

/// Index into [`Tally::causes`], and its times there.
#[derive(Debug, Clone)]
struct FailingContribution {
    cause: Option<usize>,
    since: Timestamp,
    next_at: Option<Timestamp>,
}

impl Rank {
    pub(super) fn of(feed: &Feed) -> Self {
        Self { urgency: urgency(feed), problem: problem(feed) }
    }
}

impl Tally {
    /// Adds the feed with an index.
    pub(super) fn add(
        &mut self,
        place: usize,
        index: usize,
        feed: &Feed,
        timeout: Duration,
    ) -> Contribution {
        let (kind, width) = match feed.display_status() {
            DisplayStatus::Waiting => (StatusKind::Waiting, 0),
            DisplayStatus::NoAnswer => (StatusKind::NoAnswer, 0),
            DisplayStatus::NotFound => (StatusKind::NotFound, 0),
            DisplayStatus::State(Some(State::Failed)) => (StatusKind::Failed, 0),
            DisplayStatus::State(Some(State::Started)) => (StatusKind::Started, 0),
            DisplayStatus::State(Some(State::Completed)) => (StatusKind::Completed, 0),
            DisplayStatus::State(None) => (StatusKind::Other, 0),
            DisplayStatus::State(Some(State::Other(word))) => {
                (StatusKind::Other, text::clean(word).width())
            }
        };
        let trouble = feed.trouble.as_ref();
        let lasts = trouble.is_some_and(|it| it.attempts > 1 || feed.next_at.is_none());
        let class = FreshnessClass {
            cycle: feed.cycle(),
            failing: trouble.is_some(),
            lost: feed.lost.is_some(),
        };
        let failing = trouble.map(|trouble| {
            let (since, next_at) = (trouble.since, feed.next_at);
            let cause = self.cause(&trouble.error);
            Box::new(FailingContribution { cause, since, next_at })
        });
        let asked = feed.membership != Membership::ListedMember;
        let share = Contribution {
            place,
            rank: Rank::of(feed),
            kind,
            width,
            overdue: kind == StatusKind::Started && feed.overdue,
            not_live: feed.lost.is_some() || lasts,
            confirmed: feed.confirmed_at().map(|at| (class, at)),
            due: feed
                .confirmed_at()
                .filter(|_| feed.lost.is_none())
                .map(|_| (class.cycle, feed.due_since)),
            failing,
            latency: asked.then(|| feed.last_latency(timeout)),
        };
        self.count(&share, |count| *count += 1);
        if width > 0 {
            *self.widths.entry(width).or_default() += 1;
        }
        if let Some((class, at)) = share.confirmed {
            self.confirmed.entry(class).or_default().insert((at, index));
        }
        if let Some((cycle, since)) = share.due {
            self.due.entry(cycle).or_default().insert((since, index));
        }
        if let Some(failing) = &share.failing
            && let Some(cause) = failing.cause.and_then(|at| self.causes.get_mut(at))
        {
            cause.since.insert((failing.since, index));
            cause.next_at.extend(failing.next_at.map(|at| (at, index)));
        }
        self.latency += share.latency.unwrap_or_default();
        share
    }

    /// Subtracts the contribution of a feed.
    pub(super) fn remove(&mut self, index: usize, share: &Contribution) {
        self.count(share, |count| *count -= 1);
        if let Some(count) = self.widths.get_mut(&share.width) {
            *count -= 1;
            if *count == 0 {
                self.widths.remove(&share.width);
            }
        }
        if let Some((class, at)) = share.confirmed
            && let Some(confirmed) = self.confirmed.get_mut(&class)
        {
            confirmed.remove(&(at, index));
        }
        if let Some((cycle, since)) = share.due
            && let Some(due) = self.due.get_mut(&cycle)
        {
            due.remove(&(since, index));
        }
        if let Some(failing) = &share.failing
            && let Some(cause) = failing.cause.and_then(|at| self.causes.get_mut(at))
        {
            cause.since.remove(&(failing.since, index));
            if let Some(at) = failing.next_at {
                cause.next_at.remove(&(at, index));
            }
        }
        self.latency = self.latency.saturating_sub(share.latency.unwrap_or_default());
    }

    fn count(&mut self, share: &Contribution, one: impl Fn(&mut usize)) {
        let counts = &mut self.counts;
        match share.kind {
            StatusKind::Waiting => one(&mut counts.unanswered),
            StatusKind::NoAnswer => {
                one(&mut counts.unanswered);
                one(&mut counts.no_answer);
            }
            StatusKind::NotFound => one(&mut counts.not_found),
            StatusKind::Failed => one(&mut counts.failed),
            StatusKind::Started => one(&mut counts.started),
            StatusKind::Completed => one(&mut counts.completed),
            StatusKind::Other => one(&mut counts.other),
        }
        if share.overdue {
            one(&mut counts.overdue);
        }
        if share.not_live {
            one(&mut counts.not_live);
        }
        if share.failing.as_ref().is_some_and(|failing| failing.cause.is_none()) {
            one(&mut self.other_causes);
        }
        if share.latency.is_some() {
            one(&mut self.asked);
        }
    }

    /// Index of a cause, reusing the slot of a cause without feeds; `None` if
    /// all slots are taken.
    fn cause(&mut self, error: &Error) -> Option<usize> {
        let known = self.causes.iter().position(|it| it.error.same_summary(error));
        if known.is_some() {
            return known;
        }
        let new =
            CauseTotals { error: error.clone(), since: BTreeSet::new(), next_at: BTreeSet::new() };
        match self.causes.iter_mut().position(|it| it.since.is_empty()) {
            Some(free) => {
                self.causes[free] = new;
                Some(free)
            }
            None if self.causes.len() < MAX_CAUSES => {
                self.causes.push(new);
                Some(self.causes.len() - 1)
            }
            None => None,
        }
    }

    /// Load of the feeds polled by themselves.
    pub(super) fn load(&self) -> LoadShare {
        LoadShare { count: self.asked, busy: self.latency }
    }

    /// The summary at a time.
    pub(super) fn summary(
        &self,
        feeds: &Feeds,
        now: Timestamp,
        timing: PollTiming,
        grace_until: Duration,
    ) -> Summary {
        let mut sum = self.counts.clone();
        sum.longest = self.widths.last_key_value().map_or(0, |(&width, _)| width);
        sum.failing = self.failing(feeds);
        for (class, confirmed) in &self.confirmed {
            let Some(&(oldest, _)) = confirmed.first() else { continue };
            sum.oldest = Some(sum.oldest.map_or(oldest, |at| at.min(oldest)));
            let patience = timing.fresh_for(class.cycle);
            if !class.failing {
                let old = |(at, _): &&(Timestamp, usize)| later(*at, patience) <= now;
                let count = if class.lost {
                    confirmed.len()
                } else {
                    confirmed.iter().take_while(old).count()
                };
                if count > 0 {
                    sum.stale = Stale::sum(sum.stale, Some(Stale { count, oldest }));
                }
            }
            let next = confirmed.iter().map(|(at, _)| later(*at, patience)).find(|at| *at > now);
            sum.stale_from = earliest(sum.stale_from, next);
        }
        for (cycle, due) in &self.due {
            // A smaller load shortens the freshness period, so this may be in the
            // past already.
            let first = due.first().map(|(since, _)| lost_at(*since, *cycle, timing, grace_until));
            sum.lost_from = earliest(sum.lost_from, first);
        }
        sum
    }

    /// Failures by cause, longest failing first.
    fn failing(&self, feeds: &Feeds) -> FailureSummary {
        let mut causes: Vec<_> =
            self.causes.iter().filter_map(|cause| Some((*cause.since.first()?, cause))).collect();
        causes.sort_unstable_by_key(|(first, _)| *first);
        let causes = causes.into_iter().map(|((since, index), cause)| {
            let trouble = feeds.get_index(index).and_then(|(_, feed)| feed.trouble.as_ref());
            FailureCause {
                count: cause.since.len(),
                since,
                error: trouble.map_or_else(|| cause.error.clone(), |it| it.error.clone()),
                next_at: cause.next_at.first().map(|(at, _)| *at),
            }
        });
        FailureSummary::new(causes.collect(), self.other_causes)
    }

    /// Indices of feeds that are lost by now and not yet marked so.
    pub(super) fn newly_lost(
        &self,
        uptime: Duration,
        timing: PollTiming,
        grace_until: Duration,
    ) -> impl Iterator<Item = usize> {
        self.due.iter().flat_map(move |(&cycle, due)| {
            let newly_lost = move |(since, _): &&(Duration, usize)| {
                lost_at(*since, cycle, timing, grace_until) <= uptime
            };
            due.iter().take_while(newly_lost).map(|(_, index)| *index)
        })
    }
}

/// Running time at which an answer due since `since` is lost: after two missed polls, and not
/// before the end of the grace period.
fn lost_at(
    since: Duration,
    cycle: PollCycle,
    timing: PollTiming,
    grace_until: Duration,
) -> Duration {
    since.saturating_add(timing.fresh_for(cycle)).max(grace_until)
}
