//! The queries that wait for one endpoint with one profile. Each queue has its own outage, and its own
//! [`Limit`](super::limit::Limit) unless another profile has the same access key, so that no queue
//! slows another.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::time::Instant;

use super::Settings;
use super::entry::{Priority, QueueKey};
use super::limit::Limit;
use super::outage::Outage;
use super::query::Query;
use crate::domain::endpoint::Endpoint;
use crate::domain::savepoint::Profile;

/// Waiting queries, the first due first.
pub(super) type Queue = BTreeMap<QueueKey, Arc<Query>>;

/// Order among queues: manual refreshes (`false`) first, then by key.
pub(super) type Rank = (bool, QueueKey);

#[derive(Debug)]
pub(super) struct EndpointQueue {
    pub(super) endpoint: Endpoint,
    pub(super) profile: Option<Profile>,
    /// The identity of its last request, once known.
    pub(super) identity: Option<String>,
    /// Index of its limit in the schedule.
    pub(super) limit: usize,
    by_priority: BTreeMap<Priority, Queue>,
    /// Queries that need manual action.
    pub(super) blocked: BTreeSet<Arc<Query>>,
    pub(super) outage: Outage,
}

impl EndpointQueue {
    pub(super) fn new(endpoint: Endpoint, profile: Option<Profile>, limit: usize) -> Self {
        Self {
            endpoint,
            profile,
            identity: None,
            limit,
            by_priority: BTreeMap::new(),
            blocked: BTreeSet::new(),
            outage: Outage::default(),
        }
    }

    pub(super) fn with_priority(&mut self, priority: Priority) -> &mut Queue {
        self.by_priority.entry(priority).or_default()
    }

    /// The first query of each priority that may take a slot now.
    fn heads(&self, background: bool) -> impl Iterator<Item = (Priority, &QueueKey, &Arc<Query>)> {
        let open = move |priority| background || !matches!(priority, Priority::Background(_));
        let by_priority = self.by_priority.iter().filter(move |(priority, _)| open(**priority));
        by_priority.filter_map(|(priority, queue)| {
            let (key, query) = queue.first_key_value()?;
            Some((*priority, key, query))
        })
    }

    /// When the first query is due, manual refreshes aside.
    pub(super) fn first_due(&self, settings: &Settings, limit: &Limit) -> Option<Instant> {
        let heads = self.heads(limit.has_background_slot(settings));
        let others = heads.filter(|(priority, ..)| *priority != Priority::Manual);
        others.map(|(_, key, _)| limit.after_hold(key.0)).min()
    }

    /// When the next request may start, if time alone decides that.
    pub(super) fn next_start(
        &self,
        settings: &Settings,
        limit: &Limit,
        paused: bool,
    ) -> Option<Instant> {
        let due =
            match self.by_priority.get(&Priority::Manual).and_then(|queue| queue.keys().next()) {
                Some(key) => key.0,
                None if paused => return None,
                None => self.first_due(settings, limit)?,
            };
        Some(limit.next_allowed(settings).map_or(due, |pace| due.max(pace)))
    }

    /// The query to send now, if one is due and the rate allows it.
    pub(super) fn most_urgent(
        &self,
        settings: &Settings,
        limit: &Limit,
        paused: bool,
        now: Instant,
    ) -> Option<(Rank, &Arc<Query>)> {
        if limit.next_allowed(settings).is_some_and(|pace| now < pace) {
            return None;
        }
        let held = paused || limit.after_hold(now) > now;
        let heads = self.heads(limit.has_background_slot(settings));
        heads
            .filter(|&(priority, (due, _), _)| {
                priority == Priority::Manual || (!held && *due <= now)
            })
            .map(|(priority, &(due, key), query)| {
                ((priority != Priority::Manual, (due + priority.delay(), key)), query)
            })
            .min_by_key(|(rank, _)| *rank)
    }
}
