//! Values derived from feeds and deployment lists: group headings, elapsed time, freshness.

use std::time::Duration;

use jiff::Timestamp;

use super::feed::{DisplayStatus, Feed, Freshness, Membership, elapsed};
use super::history::History;
use super::list::GroupKey;
use super::restart_summary::LabeledRestart;
use super::{Polling, State};
use crate::domain::deployment::DeploymentTarget;
use crate::domain::duration_stats::Verdict;
use crate::domain::savepoint::{self, Target};
use crate::util::text;

impl State {
    /// The headings of one feed.
    pub(super) fn group_of(&self, index: usize) -> Option<GroupKey> {
        let (target, feed) = self.feeds.get_index(index)?;
        let place = self.place_index(index).filter(|_| self.is_grouped());
        let followed = |&index: &usize| {
            self.histories.at(index).is_some_and(|(_, history)| history.followed_since.is_some())
        };
        let says = self.histories.index_of(target, feed).filter(followed);
        let member = |(index, of, history): (usize, &DeploymentTarget, &History)| {
            (of.place == target.place && history.members.contains(&target.id)).then_some(index)
        };
        let asked_for = feed.membership != Membership::UserAdded;
        let member = self.histories.followed().filter(|_| asked_for).filter_map(member).last();
        Some(GroupKey { place, deployment: member.or(says) })
    }

    /// The headings of every feed.
    pub(super) fn groups_of_all(&self) -> Vec<GroupKey> {
        let grouped = self.is_grouped();
        let followed = |&index: &usize| {
            self.histories.at(index).is_some_and(|(_, history)| history.followed_since.is_some())
        };
        let all = self.feeds.iter().enumerate();
        let mut groups: Vec<GroupKey> = all
            .map(|(index, (target, feed))| {
                let deployment = self.histories.index_of(target, feed).filter(followed);
                GroupKey { place: self.place_index(index).filter(|_| grouped), deployment }
            })
            .collect();
        for (index, deployment, history) in self.histories.followed() {
            for id in &history.members {
                let target = Target { place: deployment.place.clone(), id: id.clone() };
                let feed = self.feeds.get_index_of(&target);
                if let Some(group) = feed.and_then(|feed| groups.get_mut(feed)) {
                    group.deployment = Some(index);
                }
            }
        }
        groups
    }

    /// The followed deployment that has put a savepoint into the list.
    pub fn followed_deployment_of(&self, target: &Target) -> Option<DeploymentTarget> {
        let mut followed = self.histories.followed();
        let found = followed.find(|(_, deployment, history)| {
            deployment.place == target.place && history.members.contains(&target.id)
        });
        found.map(|(_, deployment, _)| deployment.clone())
    }

    /// The savepoint to restart the selected one's deployment from.
    pub fn restart(&self) -> Option<LabeledRestart> {
        let (target, feed) = self.selected()?;
        let followed = self.followed_deployment_of(target);
        let (deployment, history) = match &followed {
            Some(deployment) => (deployment, self.histories.get(deployment)?),
            None => self.histories.of(target, feed)?,
        };
        let restart = history.restart_summary.restart.clone()?;
        let at = text::time_of_day(history.answered_at?, &self.time_zone());
        let name = self.deployment_name(deployment);
        Some(LabeledRestart { restart, label: format!("newest COMPLETED of {name}, as of {at}") })
    }

    /// Name or ID of a deployment.
    pub fn deployment_name(&self, deployment: &DeploymentTarget) -> String {
        let name = self.metadata.deployment(deployment).unwrap_or(deployment.id.as_str());
        text::clean(name).into_owned()
    }

    /// Time since a savepoint was created: until now while it is live, else
    /// until its last answer.
    pub fn elapsed(&self, target: &Target, feed: &Feed) -> Option<Duration> {
        let DisplayStatus::State(_) = feed.display_status() else { return None };
        let created_at = feed.answer.as_ref()?.savepoint.created_at?;
        Some(elapsed(created_at, by_the_service(feed, self.as_of(target, feed)?)))
    }

    /// Compares a STARTED savepoint with earlier ones; `None` where too few are known.
    pub fn verdict(&self, target: &Target, feed: &Feed) -> Option<Verdict> {
        self.verdict_at(target, feed, self.as_of(target, feed)?)
    }

    /// Like [`Self::verdict`], as of another time.
    pub fn verdict_at(&self, target: &Target, feed: &Feed, at: Timestamp) -> Option<Verdict> {
        let DisplayStatus::State(Some(savepoint::State::Started)) = feed.display_status() else {
            return None;
        };
        let created_at = feed.answer.as_ref()?.savepoint.created_at?;
        let so_far = elapsed(created_at, by_the_service(feed, at));
        self.histories.of(target, feed)?.1.durations.verdict(so_far)
    }

    fn as_of(&self, target: &Target, feed: &Feed) -> Option<Timestamp> {
        if self.is_live(target, feed) { Some(self.now) } else { feed.confirmed_at() }
    }

    pub fn freshness<'a>(&self, target: &Target, feed: &'a Feed) -> Freshness<'a> {
        feed.freshness(self.now, self.timing_for(&target.place))
    }

    /// Whether the displayed data of a savepoint are current.
    pub fn is_live(&self, target: &Target, feed: &Feed) -> bool {
        self.polling == Polling::Running && self.freshness(target, feed) == Freshness::Live
    }
}

/// Converts a local time to the service's clock, which dates everything the service sends.
fn by_the_service(feed: &Feed, at: Timestamp) -> Timestamp {
    let correction = feed.answer.as_ref().and_then(|answer| answer.clock_correction);
    at.saturating_add(correction.unwrap_or_default()).unwrap_or(at)
}
