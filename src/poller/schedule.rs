//! Who is asked next, and when: pure, told the time.
//!
//! Every watched savepoint is in exactly one [`Place`]. Those that wait are in queues sorted by
//! when they are due, so that each step costs a logarithm of their number. The queues are those of
//! [`Line`]s, one for each service and identity, of which there are few.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::entry::{Entry, Lack, Lane, Place};
use super::line::Line;
use super::{Settings, backoff};
use crate::api::{Answer, Cause, Error, Retry};
use crate::endpoint::Endpoint;
use crate::savepoint::{Profile, State, Target};

/// How many requests may be under way over all lines, so that they do not run out of descriptors.
/// Beyond that each line may have one, so that none waits for another.
const MOST: usize = 128;

/// The longest wait that is taken from the service: a longer one is a mistake, and would not fit
/// every clock.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);

/// How many failures in a row still count after an outage, should it come back: few enough that
/// its next end is noticed soon, enough that one in trouble of its own is not asked all the time.
const EASED: u32 = 3;

/// The whole plan.
#[derive(Debug)]
pub(super) struct Schedule {
    settings: Settings,
    rng: fastrand::Rng,
    entries: BTreeMap<Arc<Target>, Entry>,
    lines: Vec<Line>,
    /// Which line is whose.
    names: BTreeMap<(Endpoint, Option<Profile>), usize>,
    paused: bool,
    /// How many turns were given out.
    turns: u64,
}

impl Schedule {
    pub(super) fn new(settings: Settings, rng: fastrand::Rng) -> Self {
        Self {
            settings,
            rng,
            entries: BTreeMap::new(),
            lines: Vec::new(),
            names: BTreeMap::new(),
            paused: false,
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
        self.lines.iter().any(|line| !line.blocked.is_empty())
    }

    pub(super) fn watch(&mut self, target: Target, now: Instant) {
        if self.entries.contains_key(&target) {
            return;
        }
        let target = Arc::new(target);
        let profile = &target.place.profile;
        let name = (target.place.endpoint.clone(), profile.clone());
        let line = *self.names.entry(name).or_insert_with(|| {
            self.lines.push(Line::new(profile.clone()));
            self.lines.len() - 1
        });
        self.entries.insert(Arc::clone(&target), Entry::new(line));
        self.wait(&target, Lane::Lively, now);
    }

    pub(super) fn unwatch(&mut self, target: &Target) {
        self.leave(target);
        if let Some(entry) = self.entries.remove(target) {
            let line = &mut self.lines[entry.line];
            line.outage.forget(target);
            line.taken -= entry.slots;
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
        let lines = self.with_room();
        lines.filter_map(|line| line.next_start(&self.settings, self.paused)).min()
    }

    /// Takes the one to ask now, if somebody is due and the rate and a free slot allow it. The
    /// slot is taken until [`release`](Self::release).
    pub(super) fn start(&mut self, now: Instant) -> Option<Arc<Target>> {
        let lines = self.with_room();
        let heads = lines.filter_map(|line| line.most_urgent(&self.settings, self.paused, now));
        let target = Arc::clone(heads.min_by_key(|(rank, _)| *rank)?.1);
        let manual = matches!(self.leave(&target), Some(Place::Waiting(Lane::Manual, _)));
        let entry = self.entries.get_mut(&target)?;
        entry.place = Place::UnderWay { since: now, manual };
        entry.slots += 1;
        self.lines[entry.line].start(&self.settings, now);
        Some(target)
    }

    /// Somebody took the result of one request, or it was cancelled: its slot is free.
    pub(super) fn release(&mut self, target: &Target) {
        if let Some(entry) = self.entries.get_mut(target).filter(|entry| entry.slots > 0) {
            entry.slots -= 1;
            self.lines[entry.line].taken -= 1;
        }
    }

    /// The lines of which another request may be under way.
    fn with_room(&self) -> impl Iterator<Item = &Line> {
        let all: usize = self.lines.iter().map(|line| line.taken).sum();
        let most = if all < MOST { self.settings.concurrency } else { 1 };
        self.lines.iter().filter(move |line| line.taken < most)
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
        let at = entry.line;
        let line = &mut self.lines[at];
        line.outage.forget(target);
        let failures = std::mem::take(&mut entry.failures);
        let failed_at = entry.failed_at.take();
        let lacked = entry.lacks.take();
        let due = match result.as_ref().map_err(|error| (error.retry(), &error.cause)) {
            Ok(answer) => {
                entry.settled = answer.savepoint.state.as_ref().is_some_and(State::is_final);
                let again =
                    if entry.settled { self.settings.recheck } else { self.settings.interval };
                self.is_back(at, lacked, now);
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
                line.blocked.insert(Arc::clone(target));
                return None;
            }
            Err((Retry::Never, Cause::InvalidId)) => {
                entry.place = Place::Over;
                return None;
            }
            Err((Retry::Never, cause)) => {
                entry.settled = true;
                if *cause == Cause::NotFound {
                    self.is_back(at, lacked, now);
                }
                since + self.settings.recheck
            }
        };
        let usual = Lane::usual(self.entries.get(target)?.settled);
        self.wait(target, usual, due);
        Some(self.lines[at].after_hold(due).max(now))
    }

    /// A line answered somebody. An outage is over for all who suffered from it; the keys are
    /// good for all who lack them; and what helped one who `lacked` something may help the others.
    fn is_back(&mut self, at: usize, lacked: Option<Lack>, now: Instant) {
        let sufferers = self.lines[at].outage.over(now);
        for target in &sufferers {
            if let Some(entry) = self.entries.get_mut(target) {
                entry.failures = entry.failures.min(EASED);
            }
        }
        self.bring_forward(sufferers, now);
        for target in self.lines[at].blocked.clone() {
            if let Some(entry) = self.entries.get_mut(&target)
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
        let blocked = self.lines.iter().filter(|line| !line.blocked.is_empty());
        blocked.map(|line| line.profile.clone()).collect()
    }

    /// A profile's credentials changed: whatever waited for that is due.
    pub(super) fn unblock_all(&mut self, profile: Option<&Profile>, now: Instant) {
        let lines = self.lines.iter().filter(|line| line.profile.as_ref() == profile);
        let blocked: Vec<_> = lines.flat_map(|line| line.blocked.iter().cloned()).collect();
        for target in blocked {
            self.unblock(&target, now);
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
        for line in &mut self.lines {
            line.held_until = None;
        }
        let all: Vec<_> = self.entries.keys().cloned().collect();
        for target in &all {
            if let Some(Entry { place: Place::UnderWay { manual, .. }, settled, .. }) =
                self.entries.get(target)
            {
                let lane = if *manual { Lane::Manual } else { Lane::usual(*settled) };
                self.release(target);
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
        let Some(entry) = self.entries.get_mut(target) else { return };
        self.turns += 1;
        let turn = (due, self.turns);
        self.lines[entry.line].queue(lane).insert(turn, Arc::clone(target));
        entry.place = Place::Waiting(lane, turn);
    }

    /// Takes it out of where it is; where that was.
    fn leave(&mut self, target: &Target) -> Option<Place> {
        let entry = self.entries.get_mut(target)?;
        let line = &mut self.lines[entry.line];
        let place = std::mem::replace(&mut entry.place, Place::Over);
        match place {
            Place::Waiting(queue, turn) => drop(line.queue(queue).remove(&turn)),
            Place::Blocked => drop(line.blocked.remove(target)),
            Place::UnderWay { .. } | Place::Over => {}
        }
        Some(place)
    }
}
