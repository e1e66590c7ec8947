//! What follows from the feeds: places, groups, order, summary. Derived when they change, not when
//! they are drawn.

use std::collections::BTreeMap;
use std::time::Duration;

use super::State;
use super::feed::{Fellows, Membership};
use super::history::History;
use super::list::Home;
use super::outlook::Outlook;
use super::summary::Summary;
use crate::deployment::DeploymentTarget;
use crate::endpoint::Endpoint;
use crate::savepoint::Place;

impl State {
    /// Derives everything again after something was added or removed, or is asked for in another way.
    pub fn regroup(&mut self) {
        let watched = self.feeds.keys().map(|target| &target.place);
        let followed = self.histories.followed().map(|(_, deployment, _)| &deployment.place);
        let mut indices: BTreeMap<&Place, usize> =
            watched.chain(followed).map(|it| (it, 0)).collect();
        indices.values_mut().enumerate().for_each(|(at, index)| *index = at);
        self.homes = self.feeds.keys().map(|target| indices[&target.place]).collect();
        self.places = indices.into_keys().cloned().collect();
        self.changed();
    }

    /// Derives order and summary again after the feeds changed.
    pub fn changed(&mut self) {
        for (deployment, history) in self.histories.iter_mut() {
            if history.followed.is_some() {
                history.outlook = Outlook::of(deployment, history, &self.feeds);
            }
        }
        self.arrange();
        self.count();
    }

    /// Whether the list has headings.
    pub fn is_grouped(&self) -> bool {
        self.list.grouped && self.places.len() > 1
    }

    /// Derives the order again after the sort or the filter changed.
    pub fn arrange(&mut self) {
        let scope = self.list.scope.as_ref();
        let shown = |it: &DeploymentTarget| scope.is_none_or(|scope| scope.has(&it.place));
        let followed = self.histories.followed().filter(|(_, it, _)| shown(it));
        let grouped = self.is_grouped();
        let place = |it: &Place| self.places.binary_search(it).ok().filter(|_| grouped);
        let home = |(index, it, _): (usize, &DeploymentTarget, &History)| Home {
            place: place(&it.place),
            deployment: Some(index),
        };
        let followed: Vec<Home> = followed.map(home).collect();
        let homes = (self.is_grouped() || !followed.is_empty()).then(|| self.groups_of_all());
        self.list.arrange(&self.feeds, &self.names, homes.as_deref(), &followed);
    }

    /// Derives again with whom each savepoint and each list shares the rate and the slots.
    fn share(&mut self) {
        let mut fellows = vec![Fellows::default(); self.places.len()];
        for (feed, &home) in self.feeds.values().zip(&self.homes) {
            if let Some(of) =
                fellows.get_mut(home).filter(|_| feed.membership != Membership::Listed)
            {
                of.count += 1;
                of.busy += feed.took(self.settings.timeout);
            }
        }
        let mut services: BTreeMap<&Endpoint, Fellows> = BTreeMap::new();
        for (place, of) in self.places.iter().zip(&fellows) {
            let all = services.entry(&place.endpoint).or_default();
            (all.count, all.busy) = (all.count + of.count, all.busy + of.busy);
        }
        let slots = u64::try_from(self.settings.concurrency).unwrap_or(u64::MAX).max(1);
        for all in services.values_mut() {
            all.busy = Duration::from_secs(all.busy.as_secs() / slots);
        }
        let of = |place: &Place| services.get(&place.endpoint).copied().unwrap_or_default();
        fellows = self.places.iter().map(of).collect();
        for (feed, &home) in self.feeds.values_mut().zip(&self.homes) {
            feed.fellows = fellows.get(home).copied().unwrap_or_default();
        }
        for (deployment, history) in self.histories.iter_mut() {
            history.fellows = of(&deployment.place);
        }
        let most = |most: Fellows, of: &Fellows| Fellows {
            count: most.count.max(of.count),
            busy: most.busy.max(of.busy),
        };
        self.fullest = fellows.iter().fold(Fellows::default(), most);
    }

    /// Derives the summary again.
    pub fn count(&mut self) {
        self.share();
        let (now, cadence, settled_at) = (self.now, self.cadence(), self.settled_at);
        self.summary = Summary::of(&self.feeds, now, cadence, settled_at);
        let places = if self.is_grouped() { self.places.len() } else { 0 };
        self.groups = vec![Summary::default(); places];
        for (feed, &home) in self.feeds.values().zip(&self.homes) {
            if let Some(group) = self.groups.get_mut(home) {
                group.add(feed, now, cadence, settled_at);
            }
        }
    }
}
