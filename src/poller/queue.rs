//! What waits for one service, asked with one profile: a line has its own trouble, and its own
//! [`Limit`](super::limit::Limit) unless another profile has the same keys, and so never slows another.

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

/// Those that wait, by their turn.
pub(super) type Queue = BTreeMap<QueueKey, Arc<Query>>;

/// Who comes first, of several lines: who was refreshed by hand, then by turn.
pub(super) type Rank = (bool, QueueKey);

/// One line.
#[derive(Debug)]
pub(super) struct EndpointQueue {
    pub(super) endpoint: Endpoint,
    /// Whose credentials it is asked with.
    pub(super) profile: Option<Profile>,
    /// As which identity it was asked last, once that is known.
    pub(super) identity: Option<String>,
    /// Which of the schedule's limits holds for it.
    pub(super) limit: usize,
    /// Those that wait for a turn, by urgency; of few kinds.
    by_priority: BTreeMap<Priority, Queue>,
    /// Those that wait for a person.
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

    /// One class of urgency.
    pub(super) fn with_priority(&mut self, priority: Priority) -> &mut Queue {
        self.by_priority.entry(priority).or_default()
    }

    /// The first one of each class that may have a slot now.
    fn heads(&self, background: bool) -> impl Iterator<Item = (Priority, &QueueKey, &Arc<Query>)> {
        let open = move |priority| background || !matches!(priority, Priority::Background(_));
        let by_priority = self.by_priority.iter().filter(move |(priority, _)| open(**priority));
        by_priority.filter_map(|(priority, queue)| {
            let (key, query) = queue.first_key_value()?;
            Some((*priority, key, query))
        })
    }

    /// When the first one is due that nobody refreshed.
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

    /// The one to ask now, if somebody is due and the rate allows it.
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
