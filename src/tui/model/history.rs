//! Savepoint lists of deployments: for deployments that are followed, and to compare how long a
//! savepoint takes.

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

/// Poll interval of the list of a followed deployment.
pub const LIST_INTERVAL: Duration = Duration::from_secs(30);

/// Maximum age of a list that was fetched only to compare durations.
const MAX_AGE: SignedDuration = SignedDuration::from_mins(10);

/// Maximum number of unfollowed deployments kept, beside those with a STARTED savepoint.
const MAX_UNFOLLOWED: usize = 64;

/// Savepoint list of one deployment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// When the user started to follow it; `None` if not followed.
    pub followed_since: Option<Timestamp>,
    /// The newest savepoints, newest first; at most [`HISTORY_LIMIT`].
    pub items: Vec<SavepointSummary>,
    /// Creation time of the newest savepoint in any list so far.
    pub newest: Option<Timestamp>,
    /// Feeds that are in the list only because this deployment is followed.
    pub members: Vec<SavepointId>,
    /// Savepoints that the user removed: all that the list still has, and
    /// others up to [`HISTORY_LIMIT`].
    pub dropped: Vec<SavepointId>,
    /// When the list was requested, if it is not followed.
    pub asked_at: Timestamp,
    /// When the last list arrived.
    pub answered_at: Option<Timestamp>,
    /// Failed requests since the last list.
    pub trouble: Option<Trouble>,
    /// When the next request is planned; `None` while manual action is needed.
    pub next_at: Option<Timestamp>,
    pub not_found: bool,
    /// Durations of its savepoints.
    pub durations: DurationStats,
    /// Content of its heading.
    pub restart_summary: RestartSummary,
}

/// Histories by deployment. Evicts unfollowed ones beyond `MAX_UNFOLLOWED`, except those with a STARTED
/// savepoint.
///
/// Tracks changes as [`Feeds`](super::feeds::Feeds) does.
#[derive(Debug, Clone, Default)]
pub struct DeploymentHistories {
    all: IndexMap<DeploymentTarget, History>,
    changes: Changes,
}

/// What may have changed since [`DeploymentHistories::take_changes`] was called last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Changes {
    /// A followed deployment was added, removed or reordered.
    pub moved: bool,
    /// Indices of histories that may have changed.
    pub histories: BTreeSet<usize>,
}

/// A borrowed lookup key.
#[derive(Hash)]
struct DeploymentKey<'a> {
    place: &'a Place,
    id: &'a str,
}

impl Equivalent<DeploymentTarget> for DeploymentKey<'_> {
    fn equivalent(&self, key: &DeploymentTarget) -> bool {
        *self.place == key.place && self.id == key.id.as_str()
    }
}

/// The query for a deployment's list.
pub fn list_query(deployment: &DeploymentTarget) -> Query {
    let query = SavepointQuery { deployment: Some(deployment.id.clone()), job: None };
    Query::Savepoints(deployment.place.clone(), query.into(), PageRequest::new(1, HISTORY_LIMIT))
}

/// The deployment of a query made by [`list_query`].
pub fn deployment_of_query(query: &Query) -> Option<DeploymentTarget> {
    let Query::Savepoints(place, query, at) = query else { return None };
    let SavepointQuery { deployment: Some(id), job: None } = &**query else { return None };
    (*at == PageRequest::new(1, HISTORY_LIMIT))
        .then(|| DeploymentTarget { place: place.clone(), id: id.clone() })
}

/// The deployment named in a savepoint's answer.
pub fn deployment_of(target: &Target, feed: &Feed) -> Option<DeploymentTarget> {
    let id = feed.answer.as_ref()?.savepoint.deployment_id.as_deref()?;
    Some(DeploymentTarget { place: target.place.clone(), id: DeploymentId::new(id).ok()? })
}

impl DeploymentHistories {
    pub fn get(&self, deployment: &DeploymentTarget) -> Option<&History> {
        self.all.get(deployment)
    }

    pub fn get_mut(&mut self, deployment: &DeploymentTarget) -> Option<&mut History> {
        let (index, _, history) = self.all.get_full_mut(deployment)?;
        self.changes.histories.insert(index);
        Some(history)
    }

    pub(super) fn set_restart_summary(&mut self, index: usize, restart_summary: RestartSummary) {
        if let Some((_, history)) = self.all.get_index_mut(index) {
            history.restart_summary = restart_summary;
        }
    }

    /// Returns and clears the recorded changes.
    pub(super) fn take_changes(&mut self) -> Changes {
        std::mem::take(&mut self.changes)
    }

    /// The history with an index. Indices are valid until one is added or removed.
    pub fn at(&self, index: usize) -> Option<(&DeploymentTarget, &History)> {
        self.all.get_index(index)
    }

    /// Index of the deployment named in a savepoint's answer.
    pub fn index_of(&self, target: &Target, feed: &Feed) -> Option<usize> {
        if self.all.is_empty() {
            return None;
        }
        let id = feed.answer.as_ref()?.savepoint.deployment_id.as_deref()?;
        self.all.get_index_of(&DeploymentKey { place: &target.place, id })
    }

    /// History of the deployment named in a savepoint's answer.
    pub fn of(&self, target: &Target, feed: &Feed) -> Option<(&DeploymentTarget, &History)> {
        self.all.get_index(self.index_of(target, feed)?)
    }

    /// Followed deployments with their indices, in the order of following.
    pub fn followed(&self) -> impl Iterator<Item = (usize, &DeploymentTarget, &History)> {
        let all = self.all.iter().enumerate().map(|(index, (target, it))| (index, target, it));
        all.filter(|(.., history)| history.followed_since.is_some())
    }

    pub fn is_following_none(&self) -> bool {
        self.followed().next().is_none()
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&DeploymentTarget, &mut History)> {
        self.changes.histories.extend(0..self.all.len());
        self.all.iter_mut()
    }

    /// Removes a savepoint from all members, because the user pinned it.
    pub fn drop_member(&mut self, target: &Target) {
        for (_, history) in self.all.iter_mut().filter(|(of, _)| of.place == target.place) {
            history.members.retain(|id| *id != target.id);
        }
    }

    /// Starts to follow a deployment. Returns false if it is followed already.
    pub fn follow(&mut self, deployment: DeploymentTarget, at: Timestamp) -> bool {
        if self.all.get(&deployment).is_some_and(|known| known.followed_since.is_some()) {
            return false;
        }
        // A new entry keeps the order of following. A list fetched only to compare
        // durations is too old to show what is new.
        self.changes.moved = true;
        self.all.shift_remove(&deployment);
        self.all.insert(deployment, History { followed_since: Some(at), ..History::default() });
        true
    }

    pub fn forget(&mut self, deployment: &DeploymentTarget) -> Option<History> {
        self.changes.moved = true;
        self.all.shift_remove(deployment)
    }

    /// Whether the list of an unfollowed deployment is due. If so, marks it as requested.
    /// At the limit the oldest unfollowed one that is not in `needs` is evicted; if all are
    /// needed, the limit is exceeded.
    pub fn request_history(
        &mut self,
        deployment: &DeploymentTarget,
        now: Timestamp,
        needs: impl FnOnce() -> HashSet<DeploymentTarget>,
    ) -> bool {
        if let Some(history) = self.all.get_mut(deployment) {
            let age = now.duration_since(history.asked_at);
            let good = !age.is_negative() && age < MAX_AGE;
            if history.followed_since.is_some() || good {
                return false;
            }
            history.asked_at = now;
            return true;
        }
        let others = self.all.iter().filter(|(_, it)| it.followed_since.is_none());
        if others.clone().count() >= MAX_UNFOLLOWED {
            let needed = needs();
            let spare = others.clone().filter(|(it, _)| !needed.contains(*it));
            let mut spare: Vec<_> = spare.map(|(it, known)| (known.asked_at, it.clone())).collect();
            spare.sort_unstable();
            let surplus = others.count() + 1 - MAX_UNFOLLOWED;
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
    /// Applies a list. Returns the IDs that are new since the previous one.
    pub fn apply_list(
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

    /// Shifts all times after the clock was set back, as [`Feed::shift_back`] does.
    pub fn shift_back(&mut self, by: SignedDuration) {
        let trouble = self.trouble.iter_mut().map(|it| &mut it.since);
        for at in self.answered_at.iter_mut().chain(trouble) {
            *at = at.saturating_add(by).unwrap_or(*at);
        }
    }

    /// Forgets the oldest removals that the list no longer has, beyond the limit.
    fn drop_surplus(&mut self, items: &[SavepointSummary]) {
        let most = usize::try_from(HISTORY_LIMIT).unwrap_or(usize::MAX);
        let mut surplus = self.dropped.len().saturating_sub(most);
        self.dropped.retain(|id| {
            let stays = surplus == 0 || items.iter().any(|item| item.id == *id);
            surplus -= usize::from(!stays);
            stays
        });
    }

    /// Records a failed request for the list.
    pub fn record_failure(&mut self, error: Error, at: Timestamp, next_at: Option<Timestamp>) {
        let (since, attempts) = self.trouble.as_ref().map_or((at, 0), |it| (it.since, it.attempts));
        self.trouble = Some(Trouble { since, error, attempts: attempts.saturating_add(1) });
        self.next_at = next_at;
    }

    /// IDs missing from the previous list although they are not too old for it.
    fn new_among(&self, items: &[SavepointSummary]) -> Vec<SavepointId> {
        let fits = |created_at: Option<Timestamp>| match self.items.last() {
            Some(oldest) => created_at >= oldest.created_at,
            // An empty list between two others does not make everything in the
            // second one new.
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

    /// Freshness of the list.
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

    /// Whether its state is final.
    pub fn is_final(&self) -> bool {
        self.state.as_ref().is_some_and(State::is_final)
    }
}
