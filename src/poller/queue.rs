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
    queues: BTreeMap<Priority, Queue>,
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
            queues: BTreeMap::new(),
            blocked: BTreeSet::new(),
            outage: Outage::default(),
        }
    }

    /// One class of urgency.
    pub(super) fn queue(&mut self, lane: Priority) -> &mut Queue {
        self.queues.entry(lane).or_default()
    }

    /// The first one of each class that may have a slot now.
    fn heads(&self, help: bool) -> impl Iterator<Item = (Priority, &QueueKey, &Arc<Query>)> {
        let open = move |lane| help || !matches!(lane, Priority::Helping(_));
        let queues = self.queues.iter().filter(move |(lane, _)| open(**lane));
        queues.filter_map(|(lane, queue)| {
            let (turn, query) = queue.first_key_value()?;
            Some((*lane, turn, query))
        })
    }

    /// When the first one is due that nobody refreshed.
    pub(super) fn first_due(&self, settings: &Settings, limit: &Limit) -> Option<Instant> {
        let heads = self.heads(limit.has_room_for_help(settings));
        let others = heads.filter(|(lane, ..)| *lane != Priority::Manual);
        others.map(|(_, turn, _)| limit.after_hold(turn.0)).min()
    }

    /// When the next request may start, if time alone decides that.
    pub(super) fn next_start(
        &self,
        settings: &Settings,
        limit: &Limit,
        paused: bool,
    ) -> Option<Instant> {
        let due = match self.queues.get(&Priority::Manual).and_then(|queue| queue.keys().next()) {
            Some(turn) => turn.0,
            None if paused => return None,
            None => self.first_due(settings, limit)?,
        };
        Some(limit.paced(settings).map_or(due, |pace| due.max(pace)))
    }

    /// The one to ask now, if somebody is due and the rate allows it.
    pub(super) fn most_urgent(
        &self,
        settings: &Settings,
        limit: &Limit,
        paused: bool,
        now: Instant,
    ) -> Option<(Rank, &Arc<Query>)> {
        if limit.paced(settings).is_some_and(|pace| now < pace) {
            return None;
        }
        let held = paused || limit.after_hold(now) > now;
        let heads = self.heads(limit.has_room_for_help(settings));
        heads
            .filter(|&(lane, (due, _), _)| lane == Priority::Manual || (!held && *due <= now))
            .map(|(lane, &(due, turn), query)| {
                ((lane != Priority::Manual, (due + lane.handicap(), turn)), query)
            })
            .min_by_key(|(rank, _)| *rank)
    }
}
