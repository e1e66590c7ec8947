//! What the list of a deployment's savepoints last said: for whoever follows the deployment, and to
//! judge how long one of its savepoints may take.

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use indexmap::{Equivalent, IndexMap};
use jiff::{SignedDuration, Timestamp};

use super::feed::{Feed, Freshness, PollTiming, Trouble, later};
use super::restart_summary::RestartSummary;
use crate::api::lists::{PageRequest, SavepointQuery};
use crate::api::{Answer, Error};
use crate::domain::deployment::{DeploymentId, DeploymentTarget, HISTORY_LIMIT};
use crate::domain::duration_stats::{DurationStats, SavepointSummary};
use crate::domain::savepoint::{Place, SavepointId, State, Target};
use crate::poller::Query;

/// Between two questions for the list of a followed deployment.
pub const LIST_INTERVAL: Duration = Duration::from_secs(30);

/// How long what was asked only to judge a savepoint is good enough.
const GOOD_FOR: SignedDuration = SignedDuration::from_mins(10);

/// How many deployments that nobody follows are remembered, beside those with something STARTED.
const MOST: usize = 64;

/// What is known of one deployment's savepoints.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// Since when the user has followed it, if he does.
    pub followed_since: Option<Timestamp>,
    /// The newest savepoints, newest first; at most [`HISTORY_LIMIT`].
    pub items: Vec<SavepointSummary>,
    /// When the newest savepoint that any list had was created.
    pub newest: Option<Timestamp>,
    /// Which feeds are there only because it is followed.
    pub members: Vec<SavepointId>,
    /// What the user dropped: what the list has of it, and the rest up to [`HISTORY_LIMIT`].
    pub dropped: Vec<SavepointId>,
    /// When the list was asked for, if nobody follows it.
    pub asked_at: Timestamp,
    /// When the list came.
    pub answered_at: Option<Timestamp>,
    /// The requests for the list that have failed since.
    pub trouble: Option<Trouble>,
    /// When it will be asked for next; `None` while that waits for a person.
    pub next_at: Option<Timestamp>,
    /// The service knows no such deployment.
    pub unknown: bool,
    /// How long its savepoints took.
    pub durations: DurationStats,
    /// What its heading says.
    pub restart_summary: RestartSummary,
}

/// All of them; bounded but for what the user follows or watches being taken.
///
/// Notes what may have changed, as [`Feeds`](super::feeds::Feeds) does.
#[derive(Debug, Clone, Default)]
pub struct DeploymentHistories {
    all: IndexMap<DeploymentTarget, History>,
    changes: Changes,
}

/// What may have changed since [`DeploymentHistories::take_changes`] was called last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Changes {
    /// A followed one came, went or has another index.
    pub moved: bool,
    /// The indices of single ones that may have changed.
    pub histories: BTreeSet<usize>,
}

/// A deployment by what names it, without a copy.
#[derive(Hash)]
struct Named<'a> {
    place: &'a Place,
    id: &'a str,
}

impl Equivalent<DeploymentTarget> for Named<'_> {
    fn equivalent(&self, key: &DeploymentTarget) -> bool {
        *self.place == key.place && self.id == key.id.as_str()
    }
}

/// What asks for a deployment's list.
pub fn list_query(deployment: &DeploymentTarget) -> Query {
    let query = SavepointQuery { deployment: Some(deployment.id.clone()), job: None };
    Query::Savepoints(deployment.place.clone(), query, PageRequest::new(1, HISTORY_LIMIT))
}

/// The deployment whose list a question asks for, if it is one of ours.
pub fn deployment_of_query(query: &Query) -> Option<DeploymentTarget> {
    let Query::Savepoints(place, SavepointQuery { deployment: Some(id), job: None }, at) = query
    else {
        return None;
    };
    (*at == PageRequest::new(1, HISTORY_LIMIT))
        .then(|| DeploymentTarget { place: place.clone(), id: id.clone() })
}

/// The deployment that a savepoint says it is of.
pub fn deployment_of(target: &Target, feed: &Feed) -> Option<DeploymentTarget> {
    let id = feed.answer.as_ref()?.savepoint.deployment_id.as_deref()?;
    Some(DeploymentTarget { place: target.place.clone(), id: DeploymentId::new(id).ok()? })
}

impl DeploymentHistories {
    /// That of a deployment.
    pub fn get(&self, deployment: &DeploymentTarget) -> Option<&History> {
        self.all.get(deployment)
    }

    /// That of a deployment, to change it.
    pub fn get_mut(&mut self, deployment: &DeploymentTarget) -> Option<&mut History> {
        let (index, _, history) = self.all.get_full_mut(deployment)?;
        self.changes.histories.insert(index);
        Some(history)
    }

    /// Keeps what the heading of one says.
    pub(super) fn set_restart_summary(&mut self, index: usize, restart_summary: RestartSummary) {
        if let Some((_, history)) = self.all.get_index_mut(index) {
            history.restart_summary = restart_summary;
        }
    }

    /// What may have changed since the last call.
    pub(super) fn take_changes(&mut self) -> Changes {
        std::mem::take(&mut self.changes)
    }

    /// The one with an index, as long as none comes or goes.
    pub fn at(&self, index: usize) -> Option<(&DeploymentTarget, &History)> {
        self.all.get_index(index)
    }

    /// The index of the deployment that a savepoint says it is of.
    pub fn index_of(&self, target: &Target, feed: &Feed) -> Option<usize> {
        if self.all.is_empty() {
            return None;
        }
        let id = feed.answer.as_ref()?.savepoint.deployment_id.as_deref()?;
        self.all.get_index_of(&Named { place: &target.place, id })
    }

    /// That of the deployment that a savepoint says it is of.
    pub fn of(&self, target: &Target, feed: &Feed) -> Option<(&DeploymentTarget, &History)> {
        self.all.get_index(self.index_of(target, feed)?)
    }

    /// Those that the user follows, each with its index, in the order in which he began.
    pub fn followed(&self) -> impl Iterator<Item = (usize, &DeploymentTarget, &History)> {
        let all = self.all.iter().enumerate().map(|(index, (target, it))| (index, target, it));
        all.filter(|(.., history)| history.followed_since.is_some())
    }

    /// Whether the user follows none.
    pub fn is_following_none(&self) -> bool {
        self.followed().next().is_none()
    }

    /// All of them, to change them.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&DeploymentTarget, &mut History)> {
        self.changes.histories.extend(0..self.all.len());
        self.all.iter_mut()
    }

    /// A savepoint is the user's own from now on, and no longer there because of its deployment.
    pub fn drop_member(&mut self, target: &Target) {
        for (_, history) in self.all.iter_mut().filter(|(of, _)| of.place == target.place) {
            history.members.retain(|id| *id != target.id);
        }
    }

    /// Begins to follow one; whether that is new.
    pub fn follow(&mut self, deployment: DeploymentTarget, at: Timestamp) -> bool {
        if self.all.get(&deployment).is_some_and(|known| known.followed_since.is_some()) {
            return false;
        }
        // The order is that of following, and what was asked to judge a savepoint is too old to
        // tell what is new.
        self.changes.moved = true;
        self.all.shift_remove(&deployment);
        self.all.insert(deployment, History { followed_since: Some(at), ..History::default() });
        true
    }

    /// Forgets one.
    pub fn forget(&mut self, deployment: &DeploymentTarget) -> Option<History> {
        self.changes.moved = true;
        self.all.shift_remove(deployment)
    }

    /// Whether to ask for the list of a deployment that nobody follows; if so, remembers that it was
    /// asked for. Where many are remembered the oldest makes room, of those that nothing `needs`;
    /// as long as there is none, so many more are remembered as are needed.
    pub fn fetch_history(
        &mut self,
        deployment: &DeploymentTarget,
        now: Timestamp,
        needs: impl FnOnce() -> HashSet<DeploymentTarget>,
    ) -> bool {
        if let Some(history) = self.all.get_mut(deployment) {
            let age = now.duration_since(history.asked_at);
            let good = !age.is_negative() && age < GOOD_FOR;
            if history.followed_since.is_some() || good {
                return false;
            }
            history.asked_at = now;
            return true;
        }
        let others = self.all.iter().filter(|(_, it)| it.followed_since.is_none());
        if others.clone().count() >= MOST {
            let needed = needs();
            let spare = others.clone().filter(|(it, _)| !needed.contains(*it));
            let mut spare: Vec<_> = spare.map(|(it, known)| (known.asked_at, it.clone())).collect();
            spare.sort_unstable();
            let surplus = others.count() + 1 - MOST;
            for (_, oldest) in spare.into_iter().take(surplus) {
                self.all.shift_remove(&oldest);
                self.changes.moved = true;
            }
        }
        self.all.insert(deployment.clone(), History { asked_at: now, ..History::default() });
        true
    }
}

impl History {
    /// Takes a list: the IDs of those that are new since the one before.
    pub fn take(
        &mut self,
        answers: &[Answer],
        at: Timestamp,
        next_at: Option<Timestamp>,
    ) -> Vec<SavepointId> {
        let mut items: Vec<SavepointSummary> = Vec::with_capacity(answers.len());
        for item in answers.iter().filter_map(SavepointSummary::of) {
            if !items.iter().any(|other| other.id == item.id) {
                items.push(item);
            }
        }
        items.sort_by_key(|item| std::cmp::Reverse(item.created_at));
        items.truncate(usize::try_from(HISTORY_LIMIT).unwrap_or(usize::MAX));
        let new = if self.answered_at.is_some() { self.new_among(&items) } else { Vec::new() };
        self.drop_surplus(&items);
        self.newest = self.newest.max(items.first().and_then(|item| item.created_at));
        self.durations = DurationStats::of(&items);
        self.items = items;
        self.answered_at = Some(at);
        self.next_at = next_at;
        self.trouble = None;
        new
    }

    /// The clock was set back by so much, as for a [`Feed`].
    pub fn shift_back(&mut self, by: SignedDuration) {
        let trouble = self.trouble.iter_mut().map(|it| &mut it.since);
        for at in self.answered_at.iter_mut().chain(trouble) {
            *at = at.saturating_add(by).unwrap_or(*at);
        }
    }

    /// Forgets what was dropped first, of what a list no longer has, as far as there is too much.
    fn drop_surplus(&mut self, items: &[SavepointSummary]) {
        let most = usize::try_from(HISTORY_LIMIT).unwrap_or(usize::MAX);
        let mut surplus = self.dropped.len().saturating_sub(most);
        self.dropped.retain(|id| {
            let stays = surplus == 0 || items.iter().any(|item| item.id == *id);
            surplus -= usize::from(!stays);
            stays
        });
    }

    /// Takes a failure to get the list.
    pub fn fail(&mut self, error: Error, at: Timestamp, next_at: Option<Timestamp>) {
        let (since, attempts) = self.trouble.as_ref().map_or((at, 0), |it| (it.since, it.attempts));
        self.trouble = Some(Trouble { since, error, attempts: attempts.saturating_add(1) });
        self.next_at = next_at;
    }

    /// What the list before did not have, and not because it was too old for it.
    fn new_among(&self, items: &[SavepointSummary]) -> Vec<SavepointId> {
        let fits = |created_at: Option<Timestamp>| match self.items.last() {
            Some(oldest) => created_at >= oldest.created_at,
            // An empty list may come between two others, and makes nothing in the second one new.
            None => self.newest.is_none() || created_at > self.newest,
        };
        let unknown = items.iter().filter(|item| {
            let known = self.items.iter().any(|old| old.id == item.id)
                || self.members.contains(&item.id)
                || self.dropped.contains(&item.id);
            !known && fits(item.created_at)
        });
        unknown.map(|item| item.id.clone()).collect()
    }

    /// How far to trust the list.
    pub fn freshness(&self, now: Timestamp, timing: PollTiming) -> Freshness<'_> {
        if let Some(trouble) = &self.trouble {
            return Freshness::Failing(trouble);
        }
        let Some(at) = self.answered_at else { return Freshness::Never };
        let stale_at = later(at, timing.list_fresh_for(LIST_INTERVAL));
        if now >= stale_at { Freshness::Stale } else { Freshness::Live }
    }
}

impl SavepointSummary {
    fn of(answer: &Answer) -> Option<Self> {
        let savepoint = &answer.savepoint;
        Some(Self {
            id: SavepointId::new(savepoint.savepoint_id.as_deref()?).ok()?,
            state: savepoint.state.clone(),
            origin: savepoint.origin.clone(),
            created_at: savepoint.created_at,
            modified_at: savepoint.modified_at,
        })
    }

    /// Whether it will hardly ever be another one.
    pub fn is_final(&self) -> bool {
        self.state.as_ref().is_some_and(State::is_final)
    }
}
