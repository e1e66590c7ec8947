//! What follows from the feeds and the lists: places, groups, order, summary.
//!
//! [`State::derive`] brings all of it up to date. It may be called after any change and at any time:
//! it looks only at what changed since, so that an answer costs the same with ten savepoints as with
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

/// What is kept to derive only what changed.
#[derive(Debug, Clone, Default)]
pub(super) struct Derived {
    /// What each of the feeds adds to the totals of its place.
    shares: Vec<Contribution>,
    /// The totals of each place.
    tallies: Vec<Tally>,
    /// What each place adds to the load of its service.
    loads: Vec<LoadShare>,
    /// The load of the service of each place.
    load: Vec<LoadShare>,
    /// Under which headings each of the feeds is, and whether those of places are among them.
    place_indices: (Vec<GroupKey>, bool),
    /// By which settings everything was derived.
    settings: Option<(PollTiming, usize)>,
    /// The times by which the summary was derived: now, and when everything has settled.
    times: Option<(Timestamp, Duration)>,
}

/// What changed about single feeds that decides in which group they are, and which comes first.
#[derive(Default)]
struct Affected {
    /// The places whose totals changed.
    places: BTreeSet<usize>,
    /// Whether the urgency of any changed, or its headings.
    groups: bool,
}

impl State {
    /// Brings up to date what follows from the feeds, the lists, the settings and the time.
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

    /// How often savepoints of a place are asked for.
    pub fn timing_for(&self, place: &Place) -> PollTiming {
        let at = self.places.binary_search(place).ok();
        let load = at.and_then(|at| self.derived.load.get(at)).copied();
        PollTiming { load: load.unwrap_or_default(), ..self.timing() }
    }

    /// As if nothing else were asked for.
    fn timing_without_load(&self) -> PollTiming {
        PollTiming { round: Duration::ZERO, load: LoadShare::default(), ..self.timing() }
    }

    /// Whether the list has headings.
    pub fn is_grouped(&self) -> bool {
        self.list.grouped && self.places.len() > 1
    }

    /// The indices of the feeds that are lost by now, and were not yet, in order.
    pub(crate) fn newly_lost(&self) -> Vec<usize> {
        let places = self.places.iter().zip(&self.derived.tallies);
        let newly_lost = places.flat_map(|(place, tally)| {
            tally.newly_lost(self.uptime, self.timing_for(place), self.grace_until)
        });
        let mut newly_lost: Vec<usize> = newly_lost.collect();
        newly_lost.sort_unstable();
        newly_lost
    }

    /// Finds the places anew, and counts all feeds.
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

    /// Counts anew those that changed.
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

    /// What the headings of followed deployments say, where it may have changed.
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

    /// How many savepoints of one service share the rate and the slots.
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

    /// The feeds at a glance, of all and of each place, where it may have changed.
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

    /// The order of the list.
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
