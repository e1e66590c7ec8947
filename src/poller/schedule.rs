//! Who is asked next, and when: pure, told the time.
//!
//! Every watched savepoint is in exactly one [`Place`]. Those that wait are in queues sorted by
//! when they are due, so that each step costs a logarithm of their number. There is one queue of
//! manual refreshes, and two for each endpoint, because an endpoint that throttles holds back
//! everything it answers for.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::entry::{Entry, Lack, Lane, Place, Turn};
use super::outage::Outage;
use super::{Settings, backoff};
use crate::api::{Answer, Cause, Error, Retry};
use crate::endpoint::Endpoint;
use crate::savepoint::{Profile, State, Target};

/// How much longer one in a final state waits than one that may still change, when both are due
/// and the rate allows only one. Being finite, it starves nobody.
const HEAD_START: Duration = Duration::from_secs(60);

/// The longest wait that is taken from the service: a longer one is a mistake, and would not fit
/// every clock.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);

/// How many failures in a row still count after an outage, should it come back: few enough that
/// its next end is noticed soon, enough that one in trouble of its own is not asked all the time.
const EASED: u32 = 3;

/// Those that wait, by their turn.
type Queue = BTreeMap<Turn, Arc<Target>>;

/// What waits for one endpoint.
#[derive(Debug, Default)]
struct Line {
    lively: Queue,
    settled: Queue,
    /// Nothing of this endpoint is due before, unless by hand.
    held_until: Option<Instant>,
    outage: Outage,
}

impl Line {
    /// When the first one is due.
    fn first_due(&self) -> Option<Instant> {
        let heads = [self.lively.keys().next(), self.settled.keys().next()];
        heads.into_iter().flatten().map(|turn| self.after_hold(turn.0)).min()
    }

    fn after_hold(&self, due: Instant) -> Instant {
        self.held_until.map_or(due, |until| due.max(until))
    }
}

/// The whole plan.
#[derive(Debug)]
pub(super) struct Schedule {
    settings: Settings,
    rng: fastrand::Rng,
    entries: BTreeMap<Arc<Target>, Entry>,
    manual: Queue,
    lines: BTreeMap<Endpoint, Line>,
    blocked: BTreeSet<Arc<Target>>,
    paused: bool,
    /// When the last requests started, as many as may start together: what keeps the rate.
    started: VecDeque<Instant>,
    /// How many turns were given out.
    turns: u64,
}

impl Schedule {
    pub(super) fn new(settings: Settings, rng: fastrand::Rng) -> Self {
        Self {
            settings,
            rng,
            entries: BTreeMap::new(),
            manual: Queue::new(),
            lines: BTreeMap::new(),
            blocked: BTreeSet::new(),
            paused: false,
            started: VecDeque::new(),
            turns: 0,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn is_paused(&self) -> bool {
        self.paused
    }

    pub(super) fn pause(&mut self, paused: bool) {
        self.paused = paused;
    }

    /// Whether something waits for changed credentials.
    pub(super) fn is_blocked(&self) -> bool {
        !self.blocked.is_empty()
    }

    pub(super) fn watch(&mut self, target: Target, now: Instant) {
        if self.entries.contains_key(&target) {
            return;
        }
        let target = Arc::new(target);
        self.lines.entry(target.place.endpoint.clone()).or_default();
        self.entries.insert(Arc::clone(&target), Entry::new());
        self.wait(&target, Lane::Lively, now);
    }

    pub(super) fn unwatch(&mut self, target: &Target) {
        self.leave(target);
        self.entries.remove(target);
        if let Some(line) = self.lines.get_mut(&target.place.endpoint) {
            line.outage.forget(target);
        }
    }

    /// Puts it before all others, unless it is under way.
    pub(super) fn refresh(&mut self, target: &Target, now: Instant) {
        let Some((target, entry)) = self.entries.get_key_value(target) else { return };
        if !matches!(entry.place, Place::UnderWay { .. } | Place::Waiting(Lane::Manual, _)) {
            let target = Arc::clone(target);
            self.wait(&target, Lane::Manual, now);
        }
    }

    /// When the next request may start, if time alone decides that.
    pub(super) fn next_start(&self) -> Option<Instant> {
        let due = match self.manual.keys().next() {
            Some(turn) => turn.0,
            None if self.paused => return None,
            None => self.lines.values().filter_map(Line::first_due).min()?,
        };
        Some(self.paced().map_or(due, |pace| due.max(pace)))
    }

    /// Before when the rate allows no further request.
    fn paced(&self) -> Option<Instant> {
        let share = self.settings.share();
        let first = self.started.front().filter(|_| self.started.len() == usize::from(share))?;
        Some(*first + Duration::from_secs_f64(f64::from(share) / self.settings.rate))
    }

    /// Takes the one to ask now, if somebody is due and the rate allows it.
    pub(super) fn start(&mut self, now: Instant) -> Option<Arc<Target>> {
        if self.paced().is_some_and(|pace| now < pace) {
            return None;
        }
        let target = self.most_urgent(now)?;
        let manual = matches!(self.leave(&target), Some(Place::Waiting(Lane::Manual, _)));
        self.set(&target, Place::UnderWay { since: now, manual });
        if self.started.len() == usize::from(self.settings.share()) {
            self.started.pop_front();
        }
        self.started.push_back(now);
        Some(target)
    }

    fn most_urgent(&self, now: Instant) -> Option<Arc<Target>> {
        if let Some(target) = self.manual.values().next() {
            return Some(Arc::clone(target));
        }
        if self.paused {
            return None;
        }
        let lines = self.lines.values().filter(|line| line.after_hold(now) == now);
        lines
            .flat_map(|line| [(&line.lively, Duration::ZERO), (&line.settled, HEAD_START)])
            .filter_map(|(queue, handicap)| {
                let (&(due, turn), target) = queue.first_key_value()?;
                (due <= now).then_some(((due + handicap, turn), target))
            })
            .min_by_key(|(turn, _)| *turn)
            .map(|(_, target)| Arc::clone(target))
    }

    /// Plans by the answer; when it is due again, if ever by itself.
    pub(super) fn answered(
        &mut self,
        target: &Arc<Target>,
        result: &Result<Answer, Error>,
        now: Instant,
    ) -> Option<Instant> {
        let entry = self.entries.get_mut(target)?;
        let Place::UnderWay { since, .. } = entry.place else { return None };
        let line = self.lines.entry(target.place.endpoint.clone()).or_default();
        line.outage.forget(target);
        let failures = std::mem::take(&mut entry.failures);
        let failed_at = entry.failed_at.take();
        let lacked = entry.lacks.take();
        let due = match result.as_ref().map_err(|error| (error.retry(), &error.cause)) {
            Ok(answer) => {
                entry.settled = answer.savepoint.state.as_ref().is_some_and(State::is_final);
                let again =
                    if entry.settled { self.settings.recheck } else { self.settings.interval };
                self.is_back(&target.place.endpoint, lacked, now);
                since + again
            }
            Err((Retry::After(wait), cause)) => {
                entry.failures = failures.saturating_add(1);
                let wait = wait.min(LONGEST_WAIT);
                let due = now + backoff::delay(failures, wait, &mut self.rng);
                if matches!(cause, Cause::Throttled { .. }) {
                    line.held_until = Some(line.after_hold(now + wait));
                    due
                } else {
                    entry.failed_at = Some(now);
                    let shared = line.outage.suffered(target, failed_at);
                    // Somebody must be asked, or the end of the outage would be noticed late.
                    let probe = now + self.settings.interval;
                    let needed = shared && line.first_due().is_none_or(|first| first > probe);
                    if needed { due.min(probe) } else { due }
                }
            }
            Err((Retry::WhenChanged, cause)) => {
                entry.place = Place::Blocked;
                entry.lacks = Some(Lack::of(cause, lacked));
                self.blocked.insert(Arc::clone(target));
                return None;
            }
            Err((Retry::Never, Cause::InvalidId)) => {
                entry.place = Place::Over;
                return None;
            }
            Err((Retry::Never, cause)) => {
                entry.settled = true;
                if *cause == Cause::NotFound {
                    self.is_back(&target.place.endpoint, lacked, now);
                }
                since + self.settings.recheck
            }
        };
        let usual = Lane::usual(self.entries.get(target)?.settled);
        self.wait(target, usual, due);
        let line = self.lines.get(&target.place.endpoint)?;
        Some(line.after_hold(due).max(now))
    }

    /// An endpoint answered somebody. An outage is over for all who suffered from it; the keys are
    /// good for all who lack them; and what helped one who `lacked` something may help the others.
    fn is_back(&mut self, endpoint: &Endpoint, lacked: Option<Lack>, now: Instant) {
        let Some(line) = self.lines.get_mut(endpoint) else { return };
        let sufferers = line.outage.over(now);
        for target in &sufferers {
            if let Some(entry) = self.entries.get_mut(target) {
                entry.failures = entry.failures.min(EASED);
            }
        }
        self.bring_forward(sufferers, now);
        for target in self.blocked.clone() {
            if target.place.endpoint == *endpoint
                && let Some(entry) = self.entries.get_mut(&target)
                && (lacked.is_some() || entry.lacks == Some(Lack::Keys))
            {
                // Once: should it fail again, then not of the keys.
                entry.lacks = Some(Lack::Other);
                self.unblock(&target, now);
            }
        }
    }

    /// The profiles with something that waits for changed credentials.
    pub(super) fn blocked_profiles(&self) -> BTreeSet<Option<Profile>> {
        self.blocked.iter().map(|target| target.place.profile.clone()).collect()
    }

    /// A profile's credentials changed: whatever waited for that is due.
    pub(super) fn unblock_all(&mut self, profile: Option<&Profile>, now: Instant) {
        for target in self.blocked.clone() {
            if target.place.profile.as_ref() == profile {
                self.unblock(&target, now);
            }
        }
    }

    fn unblock(&mut self, target: &Arc<Target>, now: Instant) {
        if let Some(entry) = self.entries.get(target) {
            let lane = Lane::usual(entry.settled);
            self.wait(target, lane, now);
        }
    }

    /// The machine slept: nothing under way will be answered, no wait means anything any more,
    /// and everything is due, except what waits for a person.
    pub(super) fn wake(&mut self, now: Instant) {
        for line in self.lines.values_mut() {
            line.held_until = None;
        }
        let all: Vec<_> = self.entries.keys().cloned().collect();
        for target in &all {
            if let Some(Entry { place: Place::UnderWay { manual, .. }, settled, .. }) =
                self.entries.get(target)
            {
                let lane = if *manual { Lane::Manual } else { Lane::usual(*settled) };
                self.wait(target, lane, now);
            }
        }
        self.bring_forward(all, now);
    }

    /// Makes those due that wait for a later time.
    fn bring_forward(&mut self, targets: impl IntoIterator<Item = Arc<Target>>, now: Instant) {
        for target in targets {
            if let Some(Entry { place: Place::Waiting(lane, (due, _)), .. }) =
                self.entries.get(&target)
                && *due > now
            {
                let lane = *lane;
                self.wait(&target, lane, now);
            }
        }
    }

    /// Moves a watched one to a queue, wherever it was.
    fn wait(&mut self, target: &Arc<Target>, lane: Lane, due: Instant) {
        self.leave(target);
        self.turns += 1;
        let turn = (due, self.turns);
        if let Some(queue) = self.queue(lane, &target.place.endpoint) {
            queue.insert(turn, Arc::clone(target));
        }
        self.set(target, Place::Waiting(lane, turn));
    }

    /// Takes it out of where it is; where that was.
    fn leave(&mut self, target: &Target) -> Option<Place> {
        let entry = self.entries.get_mut(target)?;
        let place = std::mem::replace(&mut entry.place, Place::Over);
        match place {
            Place::Waiting(lane, turn) => {
                if let Some(queue) = self.queue(lane, &target.place.endpoint) {
                    queue.remove(&turn);
                }
            }
            Place::Blocked => drop(self.blocked.remove(target)),
            Place::UnderWay { .. } | Place::Over => {}
        }
        Some(place)
    }

    fn set(&mut self, target: &Target, place: Place) {
        if let Some(entry) = self.entries.get_mut(target) {
            entry.place = place;
        }
    }

    fn queue(&mut self, lane: Lane, endpoint: &Endpoint) -> Option<&mut Queue> {
        match lane {
            Lane::Manual => Some(&mut self.manual),
            Lane::Lively => self.lines.get_mut(endpoint).map(|line| &mut line.lively),
            Lane::Settled => self.lines.get_mut(endpoint).map(|line| &mut line.settled),
        }
    }
}
