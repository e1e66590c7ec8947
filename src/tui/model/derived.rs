//! Derived state: places, groups, order, summaries.
//!
//! [`State::derive`] updates all of it and may be called at any time. It processes only what
//! changed since the last call, so that an answer costs the same with ten savepoints as with
//! ten thousand.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;

use super::State;
use super::feed::{LoadShare, PollTiming};
use super::feeds;
use super::history;
use super::list::{GroupKey, ListData};
use super::restart_summary::RestartSummary;
use super::summary::Summary;
use super::tally::{Contribution, Tally};
use crate::domain::deployment::DeploymentTarget;
use crate::domain::endpoint::Endpoint;
use crate::domain::savepoint::Place;

/// Intermediate results for incremental updates.
#[derive(Debug, Clone, Default)]
pub(super) struct Derived {
    /// Contribution of each feed to the totals of its place.
    shares: Vec<Contribution>,
    tallies: Vec<Tally>,
    /// Load that each place adds to its endpoint.
    loads: Vec<LoadShare>,
    /// Load of each place's endpoint.
    load: Vec<LoadShare>,
    /// Headings of each feed, and whether they include places.
    place_indices: (Vec<GroupKey>, bool),
    /// Poll timing and concurrency of the last derivation.
    settings: Option<(PollTiming, usize)>,
    /// Time and end of the grace period at the last summary.
    times: Option<(Timestamp, Duration)>,
}

/// Effects of changed feeds on groups and order.
#[derive(Default)]
struct Affected {
    /// Places whose totals changed.
    places: BTreeSet<usize>,
    /// Whether an urgency or a heading changed.
    groups: bool,
}

impl State {
    /// Updates everything derived from feeds, lists, settings and time.
    pub fn derive(&mut self) {
        let feeds = self.feeds.take_changes();
        let lists = self.histories.take_changes();
        let settings = Some((self.timing_without_load(), self.settings.concurrency));
        let other = std::mem::replace(&mut self.derived.settings, settings) != settings;
        let changes = feeds::Changes { all: feeds.all || lists.moved || other, ..feeds };
        let mut affected =
            if changes.all { self.recount_all() } else { self.recount(&changes.feeds) };
        if self.derived.place_indices.1 != self.is_grouped() || changes.all {
            self.derived.place_indices = (self.groups_of_all(), self.is_grouped());
            affected.groups = true;
        }
        self.update_restart_summaries(&changes, &lists, &affected);
        self.share_load(&mut affected, changes.all);
        self.summarize(affected.places, changes.all);
        self.arrange(&changes, affected.groups);
    }

    /// Poll timing for a place.
    pub fn timing_for(&self, place: &Place) -> PollTiming {
        let at = self.places.binary_search(place).ok();
        let load = at.and_then(|at| self.derived.load.get(at)).copied();
        PollTiming { load: load.unwrap_or_default(), ..self.timing() }
    }

    /// Poll timing without the load of other savepoints.
    fn timing_without_load(&self) -> PollTiming {
        PollTiming { round: Duration::ZERO, load: LoadShare::default(), ..self.timing() }
    }

    /// Whether the list is grouped under place headings.
    pub fn is_grouped(&self) -> bool {
        self.list.grouped && self.places.len() > 1
    }

    /// Sorted indices of feeds that are lost by now and not yet marked so.
    pub(crate) fn newly_lost(&self) -> Vec<usize> {
        let places = self.places.iter().zip(&self.derived.tallies);
        let newly_lost = places.flat_map(|(place, tally)| {
            tally.newly_lost(self.uptime, self.timing_for(place), self.grace_until)
        });
        let mut newly_lost: Vec<usize> = newly_lost.collect();
        newly_lost.sort_unstable();
        newly_lost
    }

    /// Rebuilds places and totals from all feeds.
    fn recount_all(&mut self) -> Affected {
        let watched = self.feeds.keys().map(|target| &target.place);
        let followed = self.histories.followed().map(|(_, deployment, _)| &deployment.place);
        let mut indices: BTreeMap<&Place, usize> =
            watched.chain(followed).map(|it| (it, 0)).collect();
        indices.values_mut().enumerate().for_each(|(at, index)| *index = at);
        self.place_indices = self.feeds.keys().map(|target| indices[&target.place]).collect();
        self.places = indices.into_keys().cloned().collect();
        let timeout = self.settings.timeout;
        let mut tallies = vec![Tally::default(); self.places.len()];
        let all = self.feeds.values().zip(&self.place_indices).enumerate();
        let share = |(index, (feed, &place)): (usize, (_, &usize))| {
            Some(tallies.get_mut(place)?.add(place, index, feed, timeout))
        };
        let shares = all.filter_map(share).collect();
        let derived = &mut self.derived;
        (derived.shares, derived.tallies) = (shares, tallies);
        derived.loads = vec![LoadShare::default(); self.places.len()];
        derived.load = vec![LoadShare::default(); self.places.len()];
        self.place_summaries = vec![Summary::default(); self.places.len()];
        Affected { places: (0..self.places.len()).collect(), groups: true }
    }

    /// Updates the totals for the changed feeds.
    fn recount(&mut self, feeds: &BTreeSet<usize>) -> Affected {
        let mut changed = Affected::default();
        let timeout = self.settings.timeout;
        for &index in feeds {
            let Some((_, feed)) = self.feeds.get_index(index) else { continue };
            let home = self.group_of(index);
            let Derived { shares, tallies, place_indices, .. } = &mut self.derived;
            let Some(share) = shares.get_mut(index) else { continue };
            let Some(tally) = tallies.get_mut(share.place) else { continue };
            tally.remove(index, share);
            let new = tally.add(share.place, index, feed, timeout);
            changed.places.insert(share.place);
            changed.groups |= new.rank != share.rank;
            *share = new;
            if let (Some(known), Some(home)) = (place_indices.0.get_mut(index), home) {
                changed.groups |= *known != home;
                *known = home;
            }
        }
        changed
    }

    /// Updates the restart summaries that may have changed.
    fn update_restart_summaries(
        &mut self,
        feeds: &feeds::Changes,
        lists: &history::Changes,
        changed: &Affected,
    ) {
        let due = |(index, deployment, _): &(usize, &DeploymentTarget, _)| {
            feeds.all
                || lists.histories.contains(index)
                || changed.groups
                    && self
                        .places
                        .binary_search(&deployment.place)
                        .is_ok_and(|place| changed.places.contains(&place))
        };
        let followed = self.histories.followed().filter(due);
        let summaries: Vec<(usize, RestartSummary)> = followed
            .map(|(index, deployment, history)| {
                (index, RestartSummary::of(deployment, history, &self.feeds))
            })
            .collect();
        for (index, summary) in summaries {
            self.histories.set_restart_summary(index, summary);
        }
    }

    /// Updates the load per endpoint.
    fn share_load(&mut self, changed: &mut Affected, all: bool) {
        let Derived { tallies, loads, load, .. } = &mut self.derived;
        let mut same = true;
        for &place in &changed.places {
            if let (Some(load), Some(tally)) = (loads.get_mut(place), tallies.get(place)) {
                let new = tally.load();
                same &= *load == new;
                *load = new;
            }
        }
        if same && !all {
            return;
        }
        let mut services: BTreeMap<&Endpoint, LoadShare> = BTreeMap::new();
        for (place, of) in self.places.iter().zip(&*loads) {
            let all = services.entry(&place.endpoint).or_default();
            (all.count, all.busy) = (all.count + of.count, all.busy + of.busy);
        }
        let slots = u64::try_from(self.settings.concurrency).unwrap_or(u64::MAX).max(1);
        for all in services.values_mut() {
            all.busy = Duration::from_secs(all.busy.as_secs() / slots);
        }
        for (at, (place, of)) in self.places.iter().zip(load.iter_mut()).enumerate() {
            let new = services.get(&place.endpoint).copied().unwrap_or_default();
            if *of != new {
                changed.places.insert(at);
                *of = new;
            }
        }
        let most = |most: LoadShare, of: &LoadShare| LoadShare {
            count: most.count.max(of.count),
            busy: most.busy.max(of.busy),
        };
        self.max_load = load.iter().fold(LoadShare::default(), most);
    }

    /// Updates the summaries of changed places and of the whole.
    fn summarize(&mut self, mut changed: BTreeSet<usize>, all: bool) {
        let due = self.derived.times.is_none_or(|(at, grace_until)| {
            let aged = self.summary.stale_from.is_some_and(|from| from <= self.now);
            aged || self.now < at || grace_until != self.grace_until
        });
        if due {
            changed.extend(0..self.places.len());
        }
        if changed.is_empty() && !all {
            return;
        }
        self.derived.times = Some((self.now, self.grace_until));
        let base = self.timing_without_load();
        for place in changed {
            let (Some(tally), Some(&load)) =
                (self.derived.tallies.get(place), self.derived.load.get(place))
            else {
                continue;
            };
            let timing = PollTiming { load, ..base };
            let group = tally.summary(&self.feeds, self.now, timing, self.grace_until);
            if let Some(known) = self.place_summaries.get_mut(place) {
                *known = group;
            }
        }
        self.summary = Summary::default();
        for group in &self.place_summaries {
            self.summary.merge(group);
        }
    }

    /// Updates the order of the list.
    fn arrange(&mut self, changes: &feeds::Changes, regroup: bool) {
        let scope = self.list.scope.as_ref();
        let shown = |it: &DeploymentTarget| scope.is_none_or(|scope| scope.contains(&it.place));
        let followed = self.histories.followed().filter(|(_, it, _)| shown(it));
        let grouped = self.is_grouped();
        let place = |it: &Place| self.places.binary_search(it).ok().filter(|_| grouped);
        let home = |(index, it, _): (usize, &DeploymentTarget, _)| GroupKey {
            place: place(&it.place),
            deployment: Some(index),
        };
        let followed: Vec<GroupKey> = followed.map(home).collect();
        let headed = grouped || !followed.is_empty();
        let known = ListData {
            feeds: &self.feeds,
            metadata: &self.metadata,
            place_indices: headed.then_some(&self.derived.place_indices.0),
            followed: &followed,
            regroup: headed && regroup,
        };
        self.list.arrange(&known, changes);
    }
}

#[cfg(test)]
mod tests;
