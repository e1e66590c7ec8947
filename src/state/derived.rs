//! What follows from the feeds: places, groups, order, summary. Derived when they change, not when
//! they are drawn.

use std::collections::BTreeMap;

use super::State;
use super::feed::Membership;
use super::history::History;
use super::list::Home;
use super::outlook::Outlook;
use super::summary::Summary;
use crate::deployment::DeploymentTarget;
use crate::savepoint::Place;

impl State {
    /// Derives everything again after something was added or removed, or is asked for in another way.
    pub fn regroup(&mut self) {
        let mut counts: BTreeMap<&Place, usize> = BTreeMap::new();
        for (target, feed) in &self.feeds {
            let asked = usize::from(feed.membership != Membership::Listed);
            *counts.entry(&target.place).or_default() += asked;
        }
        let mut lines: BTreeMap<_, usize> = BTreeMap::new();
        for (place, count) in &counts {
            *lines.entry((&place.endpoint, &place.profile)).or_default() += count;
        }
        for (_, DeploymentTarget { place, .. }, _) in self.histories.followed() {
            counts.entry(place).or_default();
        }
        let of_line = |place: &Place| lines.get(&(&place.endpoint, &place.profile)).copied();
        let fellows: Vec<usize> =
            counts.keys().map(|place| of_line(place).unwrap_or_default()).collect();
        self.places = counts.keys().map(|&place| place.clone()).collect();
        counts.values_mut().enumerate().for_each(|(index, count)| *count = index);
        self.homes = self.feeds.keys().map(|target| counts[&target.place]).collect();
        self.fullest = fellows.iter().copied().max().unwrap_or_default();
        for (feed, &home) in self.feeds.values_mut().zip(&self.homes) {
            feed.fellows = fellows[home];
        }
        for (deployment, history) in self.histories.iter_mut() {
            let home = self.places.binary_search(&deployment.place).ok();
            history.fellows = home.map_or(0, |home| fellows[home]);
        }
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

    /// Derives the summary again.
    pub fn count(&mut self) {
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
