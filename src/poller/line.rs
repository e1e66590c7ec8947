//! What waits for one service, asked as one identity: a line has its own rate, its own slots for
//! requests under way, and its own trouble, and so never slows another.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::Settings;
use super::entry::{Lane, Turn};
use super::outage::Outage;
use super::question::Question;
use crate::savepoint::Profile;

/// How much longer one in a final state waits than one that may still change, when both are due
/// and the rate allows only one. Being finite, it starves nobody.
const HEAD_START: Duration = Duration::from_secs(60);

/// Those that wait, by their turn.
pub(super) type Queue = BTreeMap<Turn, Arc<Question>>;

/// Who comes first, of several lines: who was refreshed by hand, then by turn.
pub(super) type Rank = (bool, Turn);

/// One line.
#[derive(Debug)]
pub(super) struct Line {
    /// Whose credentials it is asked with.
    pub(super) profile: Option<Profile>,
    manual: Queue,
    lively: Queue,
    settled: Queue,
    /// Those that wait for a person.
    pub(super) blocked: BTreeSet<Arc<Question>>,
    /// Nothing of this line is due before, unless by hand.
    pub(super) held_until: Option<Instant>,
    pub(super) outage: Outage,
    /// When the last requests started, as many as may start together: what keeps the rate.
    started: VecDeque<Instant>,
    /// How many of its slots are taken.
    pub(super) taken: usize,
}

impl Line {
    pub(super) fn new(profile: Option<Profile>) -> Self {
        Self {
            profile,
            manual: Queue::new(),
            lively: Queue::new(),
            settled: Queue::new(),
            blocked: BTreeSet::new(),
            held_until: None,
            outage: Outage::default(),
            started: VecDeque::new(),
            taken: 0,
        }
    }

    /// One class of urgency.
    pub(super) fn queue(&mut self, lane: Lane) -> &mut Queue {
        match lane {
            Lane::Manual => &mut self.manual,
            Lane::Lively => &mut self.lively,
            Lane::Settled => &mut self.settled,
        }
    }

    /// When the first one is due that nobody refreshed.
    pub(super) fn first_due(&self) -> Option<Instant> {
        let heads = [self.lively.keys().next(), self.settled.keys().next()];
        heads.into_iter().flatten().map(|turn| self.after_hold(turn.0)).min()
    }

    pub(super) fn after_hold(&self, due: Instant) -> Instant {
        self.held_until.map_or(due, |until| due.max(until))
    }

    /// When the next request may start, if time alone decides that.
    pub(super) fn next_start(&self, settings: &Settings, paused: bool) -> Option<Instant> {
        let due = match self.manual.keys().next() {
            Some(turn) => turn.0,
            None if paused => return None,
            None => self.first_due()?,
        };
        Some(self.paced(settings).map_or(due, |pace| due.max(pace)))
    }

    /// The one to ask now, if somebody is due and the rate allows it.
    pub(super) fn most_urgent(
        &self,
        settings: &Settings,
        paused: bool,
        now: Instant,
    ) -> Option<(Rank, &Arc<Question>)> {
        if self.paced(settings).is_some_and(|pace| now < pace) {
            return None;
        }
        if let Some((turn, question)) = self.manual.first_key_value() {
            return Some(((false, *turn), question));
        }
        if paused || self.after_hold(now) > now {
            return None;
        }
        [(&self.lively, Duration::ZERO), (&self.settled, HEAD_START)]
            .into_iter()
            .filter_map(|(queue, handicap)| {
                let (&(due, turn), question) = queue.first_key_value()?;
                (due <= now).then_some(((true, (due + handicap, turn)), question))
            })
            .min_by_key(|(rank, _)| *rank)
    }

    /// Notes that a request started, which takes a slot.
    pub(super) fn start(&mut self, settings: &Settings, now: Instant) {
        self.taken += 1;
        if self.started.len() == usize::from(settings.share()) {
            self.started.pop_front();
        }
        self.started.push_back(now);
    }

    /// Before when the rate allows no further request.
    fn paced(&self, settings: &Settings) -> Option<Instant> {
        let share = settings.share();
        let first = self.started.front().filter(|_| self.started.len() == usize::from(share))?;
        Some(*first + Duration::from_secs_f64(f64::from(share) / settings.rate))
    }
}
