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
use crate::domain::savepoint::{Place, Target};

/// What is derived, with the intermediate results of incremental updates.
#[derive(Debug, Clone, Default)]
pub(super) struct Derived {
    /// Counts and freshness over all feeds.
    summary: Summary,
    /// All places with something watched or followed, sorted, without duplicates.
    places: Vec<PlaceTotals>,
    /// Contribution of each feed to the totals of its place.
    shares: Vec<Contribution>,
    /// Worst-case load of any one endpoint: savepoints polled and seconds of latency.
    max_load: LoadShare,
    /// Headings of each feed.
    groups: Vec<GroupKey>,
    /// Whether the headings include places.
    groups_have_places: bool,
    /// Poll timing and concurrency of the last derivation.
    settings: Option<(PollTiming, usize)>,
    /// Time and end of the grace period at the last summary.
    summarized_at: Option<(Timestamp, Duration)>,
}

/// A place with something watched or followed.
#[derive(Debug, Clone)]
struct PlaceTotals {
    place: Place,
    tally: Tally,
    /// Load that it adds to its endpoint.
    load: LoadShare,
    /// Load of its endpoint.
    endpoint_load: LoadShare,
    summary: Summary,
}

impl PlaceTotals {
    fn new(place: Place) -> Self {
        Self {
            place,
            tally: Tally::default(),
            load: LoadShare::default(),
            endpoint_load: LoadShare::default(),
            summary: Summary::default(),
        }
    }
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
    ///
    /// `update` calls it once for each message, and in between only where a message goes on with
    /// what its first half has moved.
    pub fn derive(&mut self) {
        let feeds = self.feeds.take_changes();
        let lists = self.histories.take_changes();
        let settings = Some((self.timing_without_load(), self.settings.concurrency));
        let other = std::mem::replace(&mut self.derived.settings, settings) != settings;
        let changes = feeds::Changes { all: feeds.all || lists.moved || other, ..feeds };
        let mut affected =
            if changes.all { self.recount_all() } else { self.recount(&changes.feeds) };
        if self.derived.groups_have_places != self.is_grouped() || changes.all {
            self.derived.groups = self.groups_of_all();
            self.derived.groups_have_places = self.is_grouped();
            affected.groups = true;
        }
        self.update_restart_summaries(&changes, &lists, &affected);
        self.share_load(&mut affected, changes.all);
        self.summarize(affected.places, changes.all);
        self.arrange(&changes, affected.groups);
    }

    /// Counts and freshness over all feeds.
    pub fn summary(&self) -> &Summary {
        &self.derived.summary
    }

    /// All places with something watched or followed, sorted, without duplicates.
    pub fn places(&self) -> impl ExactSizeIterator<Item = &Place> {
        self.derived.places.iter().map(|totals| &totals.place)
    }

    /// A place by its index in [`Self::places`], with its counts and freshness.
    pub fn place_summary(&self, index: usize) -> Option<(&Place, &Summary)> {
        self.derived.places.get(index).map(|totals| (&totals.place, &totals.summary))
    }

    /// The index of a feed's place in [`Self::places`].
    pub fn place_index(&self, feed: usize) -> Option<usize> {
        self.derived.shares.get(feed).map(|share| share.place)
    }

    fn find_place(&self, place: &Place) -> Option<usize> {
        self.derived.places.binary_search_by(|totals| totals.place.cmp(place)).ok()
    }

    /// Poll timing under the worst-case load of any one endpoint.
    pub fn timing(&self) -> PollTiming {
        let rate = self.settings.rate;
        let load = self.derived.max_load;
        PollTiming {
            interval: self.settings.interval,
            recheck: self.settings.recheck,
            rate,
            round: PollTiming::round_of(rate, load),
            timeout: self.settings.timeout,
            load,
        }
    }

    /// Poll timing for a place.
    pub fn timing_for(&self, place: &Place) -> PollTiming {
        let totals = self.find_place(place).and_then(|at| self.derived.places.get(at));
        let load = totals.map(|totals| totals.endpoint_load);
        PollTiming { load: load.unwrap_or_default(), ..self.timing() }
    }

    /// Poll timing without the load of other savepoints.
    fn timing_without_load(&self) -> PollTiming {
        PollTiming { round: Duration::ZERO, load: LoadShare::default(), ..self.timing() }
    }

    /// Whether the list is grouped under place headings.
    pub fn is_grouped(&self) -> bool {
        self.list.grouped && self.derived.places.len() > 1
    }

    /// Sorted indices of feeds that are lost by now and not yet marked so.
    pub(crate) fn newly_lost(&self) -> Vec<usize> {
        let newly_lost = self.derived.places.iter().flat_map(|totals| {
            let timing = self.timing_for(&totals.place);
            totals.tally.newly_lost(self.uptime, timing, self.grace_until)
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
        let mut places: Vec<PlaceTotals> =
            indices.keys().map(|&place| PlaceTotals::new(place.clone())).collect();
        let timeout = self.settings.timeout;
        let share = |(index, (target, feed)): (usize, (&Target, _))| {
            let place = *indices.get(&target.place)?;
            Some(places.get_mut(place)?.tally.add(place, index, feed, timeout))
        };
        self.derived.shares = self.feeds.iter().enumerate().filter_map(share).collect();
        self.derived.places = places;
        Affected { places: (0..self.derived.places.len()).collect(), groups: true }
    }

    /// Updates the totals for the changed feeds.
    fn recount(&mut self, feeds: &BTreeSet<usize>) -> Affected {
        let mut changed = Affected::default();
        let timeout = self.settings.timeout;
        for &index in feeds {
            let Some((_, feed)) = self.feeds.get_index(index) else { continue };
            let group = self.group_of(index);
            let Derived { shares, places, groups, .. } = &mut self.derived;
            let Some(share) = shares.get_mut(index) else { continue };
            let Some(PlaceTotals { tally, .. }) = places.get_mut(share.place) else { continue };
            tally.remove(index, share);
            let new = tally.add(share.place, index, feed, timeout);
            changed.places.insert(share.place);
            changed.groups |= new.rank != share.rank;
            *share = new;
            if let (Some(known), Some(group)) = (groups.get_mut(index), group) {
                changed.groups |= *known != group;
                *known = group;
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
                        .find_place(&deployment.place)
                        .is_some_and(|place| changed.places.contains(&place))
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
        let Derived { places, max_load, .. } = &mut self.derived;
        let mut same = true;
        for &place in &changed.places {
            if let Some(PlaceTotals { tally, load, .. }) = places.get_mut(place) {
                let new = tally.load();
                same &= *load == new;
                *load = new;
            }
        }
        if same && !all {
            return;
        }
        let mut endpoints: BTreeMap<&Endpoint, LoadShare> = BTreeMap::new();
        for PlaceTotals { place, load, .. } in &*places {
            let all = endpoints.entry(&place.endpoint).or_default();
            (all.count, all.busy) = (all.count + load.count, all.busy + load.busy);
        }
        let slots = u64::try_from(self.settings.concurrency).unwrap_or(u64::MAX).max(1);
        for all in endpoints.values_mut() {
            all.busy = Duration::from_secs(all.busy.as_secs() / slots);
        }
        let load_of = |totals: &PlaceTotals| endpoints.get(&totals.place.endpoint).copied();
        let loads: Vec<LoadShare> = places.iter().filter_map(load_of).collect();
        *max_load = LoadShare::default();
        for (at, (PlaceTotals { endpoint_load, .. }, new)) in
            places.iter_mut().zip(loads).enumerate()
        {
            if *endpoint_load != new {
                changed.places.insert(at);
                *endpoint_load = new;
            }
            max_load.count = max_load.count.max(new.count);
            max_load.busy = max_load.busy.max(new.busy);
        }
    }

    /// Updates the summaries of changed places and of the whole.
    fn summarize(&mut self, mut changed: BTreeSet<usize>, all: bool) {
        let due = self.derived.summarized_at.is_none_or(|(at, grace_until)| {
            let aged = self.summary().stale_from.is_some_and(|from| from <= self.now);
            aged || self.now < at || grace_until != self.grace_until
        });
        if due {
            changed.extend(0..self.derived.places.len());
        }
        if changed.is_empty() && !all {
            return;
        }
        self.derived.summarized_at = Some((self.now, self.grace_until));
        let base = self.timing_without_load();
        let Derived { places, summary, .. } = &mut self.derived;
        for place in changed {
            let Some(totals) = places.get_mut(place) else { continue };
            let timing = PollTiming { load: totals.endpoint_load, ..base };
            totals.summary = totals.tally.summary(&self.feeds, self.now, timing, self.grace_until);
        }
        *summary = Summary::default();
        for totals in places {
            summary.merge(&totals.summary);
        }
    }

    /// Updates the order of the list.
    fn arrange(&mut self, changes: &feeds::Changes, regroup: bool) {
        let scope = self.list.scope.as_ref();
        let shown = |it: &DeploymentTarget| scope.is_none_or(|scope| scope.contains(&it.place));
        let followed = self.histories.followed().filter(|(_, it, _)| shown(it));
        let grouped = self.is_grouped();
        let group = |(index, it, _): (usize, &DeploymentTarget, _)| GroupKey {
            place: self.find_place(&it.place).filter(|_| grouped),
            deployment: Some(index),
        };
        let followed: Vec<GroupKey> = followed.map(group).collect();
        let headed = grouped || !followed.is_empty();
        let known = ListData {
            feeds: &self.feeds,
            metadata: &self.metadata,
            groups: headed.then_some(&self.derived.groups),
            followed: &followed,
            regroup: headed && regroup,
        };
        self.list.arrange(&known, changes);
    }
}

#[cfg(test)]
mod tests;
