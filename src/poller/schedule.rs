//! Which query runs next, and when. Pure: callers pass the time.
//!
//! Every query is in exactly one [`EntryState`]. Waiting queries are sorted by when they are due, so
//! that each step takes logarithmic time. There are few [`EndpointQueue`]s: one for each endpoint
//! and profile.

mod identity;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use tokio::time::Instant;

use super::entry::{BlockReason, Entry, EntryState, Priority};
use super::limit::Limit;
use super::query::{Query, Recurrence};
use super::queue::EndpointQueue;
use super::{Settings, backoff};
use crate::api::{Cause, Error, Retry};
use crate::domain::endpoint::Endpoint;
use crate::domain::savepoint::Profile;

/// Maximum number of requests in flight over all queues, so that file descriptors suffice. Beyond it
/// each queue may still have one, so that no queue waits for another.
const MAX_IN_FLIGHT: usize = 128;

/// The longest wait accepted from the service: a longer one is a mistake, and may overflow a clock.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(24 * 3600);

/// How many failures in a row still count after an outage. Low enough to notice the end of the next
/// outage soon, high enough not to keep retrying a query with a problem of its own.
const MAX_FAILURES_AFTER_OUTAGE: u32 = 3;

/// The shortest time until a retry in an outage that affects several queries.
const MIN_OUTAGE_DELAY: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(super) struct Schedule {
    settings: Settings,
    rng: fastrand::Rng,
    entries: IndexMap<Arc<Query>, Entry>,
    queues: Vec<EndpointQueue>,
    /// As many as queues; each belongs to one identity, or is unused.
    limits: Vec<Limit>,
    queue_indices: BTreeMap<(Endpoint, Option<Profile>), usize>,
    paused: bool,
    next_sequence: u64,
}

impl Schedule {
    pub(super) fn new(settings: Settings, rng: fastrand::Rng) -> Self {
        Self {
            settings,
            rng,
            entries: IndexMap::new(),
            queues: Vec::new(),
            limits: Vec::new(),
            queue_indices: BTreeMap::new(),
            paused: false,
            next_sequence: 0,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn is_paused(&self) -> bool {
        self.paused
    }

    pub(super) fn pause(&mut self, paused: bool) {
        self.paused = paused;
    }

    /// Adds a query. A watched savepoint that is subscribed already goes on as before; any other
    /// query that is subscribed already is due now.
    pub(super) fn subscribe(&mut self, query: Query, recurrence: Recurrence, now: Instant) {
        if self.entries.contains_key(&query) {
            if recurrence != Recurrence::Watch {
                self.expedite(&query, Priority::repeated(recurrence), now);
            }
            return;
        }
        let query = Arc::new(query);
        let place = query.place();
        let (endpoint, profile) = (place.endpoint.clone(), place.profile.clone());
        let name = (endpoint.clone(), profile.clone());
        let queue = *self.queue_indices.entry(name).or_insert_with(|| {
            let at = self.queues.len();
            self.queues.push(EndpointQueue::new(endpoint, profile, at));
            self.limits.push(Limit::default());
            at
        });
        self.entries.insert(Arc::clone(&query), Entry::new(queue, recurrence));
        self.enqueue(&query, Priority::initial(recurrence), now);
    }

    pub(super) fn unsubscribe(&mut self, query: &Query) {
        self.dequeue(query);
        if let Some(entry) = self.entries.swap_remove(query) {
            let queue = &mut self.queues[entry.queue];
            queue.outage.remove(query);
            self.limits[queue.limit].release(entry.slots, entry.recurrence.is_background());
        }
    }

    /// Puts a query before all others, unless it is in flight.
    pub(super) fn fetch(&mut self, query: &Query, now: Instant) {
        self.expedite(query, Priority::Manual, now);
    }

    /// Makes a query due now. One in flight is fresh enough, but is marked as manual in case it is
    /// cancelled. Blocked and failed queries are only expedited manually, and a query that is due
    /// already keeps its place.
    fn expedite(&mut self, query: &Query, priority: Priority, now: Instant) {
        let Some((known, entry)) = self.entries.get_key_value(query) else { return };
        match entry.state {
            EntryState::InFlight { since, manual } => {
                let manual = manual || priority == Priority::Manual;
                if let Some(entry) = self.entries.get_mut(query) {
                    entry.state = EntryState::InFlight { since, manual };
                }
            }
            EntryState::Waiting(Priority::Manual, _) => {}
            EntryState::Blocked | EntryState::Waiting(..)
                if priority != Priority::Manual
                    && (entry.failures > 0 || entry.block_reason.is_some()) => {}
            EntryState::Waiting(before, (due, _)) if before == priority && due <= now => {}
            EntryState::Waiting(_, (due, _)) if priority != Priority::Manual => {
                let query = Arc::clone(known);
                self.enqueue(&query, priority, due.min(now));
            }
            _ => {
                let query = Arc::clone(known);
                self.enqueue(&query, priority, now);
            }
        }
    }

    /// When the next request may start, if time alone decides that.
    pub(super) fn next_start(&self) -> Option<Instant> {
        let queues = self.with_free_slot();
        queues
            .filter_map(|(queue, limit)| queue.next_start(&self.settings, limit, self.paused))
            .min()
    }

    /// Returns the query to send now, if one is due and the rate and a free slot allow it. It holds
    /// the slot until [`release`](Self::release).
    pub(super) fn start(&mut self, now: Instant) -> Option<Arc<Query>> {
        let queues = self.with_free_slot();
        let heads = queues.filter_map(|(queue, limit)| {
            queue.most_urgent(&self.settings, limit, self.paused, now)
        });
        let query = Arc::clone(heads.min_by_key(|(rank, _)| *rank)?.1);
        let manual = matches!(self.dequeue(&query), Some(EntryState::Waiting(Priority::Manual, _)));
        let entry = self.entries.get_mut(&query)?;
        entry.state = EntryState::InFlight { since: now, manual };
        entry.slots += 1;
        let limit = &mut self.limits[self.queues[entry.queue].limit];
        limit.start(&self.settings, now, entry.recurrence.is_background());
        Some(query)
    }

    /// Frees a slot of a query whose response was read or whose request was cancelled.
    pub(super) fn release(&mut self, query: &Query) {
        let Some(entry) = self.entries.get_mut(query).filter(|entry| entry.slots > 0) else {
            return;
        };
        entry.slots -= 1;
        self.limits[self.queues[entry.queue].limit].release(1, entry.recurrence.is_background());
        if entry.slots == 0 && entry.recurrence.is_once() && matches!(entry.state, EntryState::Done)
        {
            self.entries.swap_remove(query);
        }
    }

    /// The queues that may start another request.
    fn with_free_slot(&self) -> impl Iterator<Item = (&EndpointQueue, &Limit)> {
        let all: usize = self.limits.iter().map(|limit| limit.in_use).sum();
        let max = if all < MAX_IN_FLIGHT { self.settings.concurrency } else { 1 };
        let queues = self.queues.iter().map(|queue| (queue, &self.limits[queue.limit]));
        queues.filter(move |(_, limit)| limit.in_use < max)
    }

    /// Plans the next request after a response, given whether the reply is final; returns when it is
    /// due, if it is retried automatically.
    pub(super) fn record_response(
        &mut self,
        query: &Arc<Query>,
        result: Result<bool, &Error>,
        now: Instant,
    ) -> Option<Instant> {
        let entry = self.entries.get_mut(query)?;
        let EntryState::InFlight { since, .. } = entry.state else { return None };
        let at = entry.queue;
        let queue = &mut self.queues[at];
        let limit = &mut self.limits[queue.limit];
        queue.outage.remove(query);
        let failures = std::mem::take(&mut entry.failures);
        let failed_at = entry.failed_at.take();
        let previous_block = entry.block_reason.take();
        let due = match result.map_err(|error| (error.retry(), &error.cause)) {
            Ok(settled) => {
                entry.settled = settled;
                let again = match entry.recurrence {
                    Recurrence::Watch if settled => Some(self.settings.recheck),
                    Recurrence::Watch => Some(self.settings.interval),
                    Recurrence::Every(period) => Some(period),
                    Recurrence::Now | Recurrence::Once => None,
                };
                entry.state = EntryState::Done;
                self.record_success(at, query, previous_block, now);
                since + again?
            }
            Err((Retry::After(wait), cause)) => {
                entry.failures = failures.saturating_add(1);
                let wait = wait.min(MAX_RETRY_AFTER);
                let due = now + backoff::delay(failures, wait, &mut self.rng);
                let soonest = now + entry.recurrence.min_retry_delay();
                let due = if matches!(cause, Cause::Throttled { .. }) {
                    limit.held_until = Some(limit.after_hold(now + wait));
                    due
                } else {
                    entry.failed_at = Some(now);
                    let shared = queue.outage.record_failure(query, failed_at);
                    // Others fail as well: one of them notices the end of the outage.
                    let several = queue.outage.affects_others(query);
                    let due = if several { due.max(now + MIN_OUTAGE_DELAY) } else { due };
                    // Without a probe the end of the outage would be noticed late.
                    let probe = now + self.settings.interval;
                    let first = queue.first_due(&self.settings, limit);
                    let needed = shared && first.is_none_or(|first| first > probe);
                    if needed { due.min(probe) } else { due }
                };
                due.max(soonest)
            }
            Err((Retry::WhenChanged, cause)) => {
                entry.state = EntryState::Blocked;
                entry.block_reason = Some(BlockReason::from_cause(cause, previous_block));
                queue.blocked.insert(Arc::clone(query));
                return None;
            }
            Err((Retry::Never, cause)) => {
                let once = entry.recurrence.is_once() || *cause == Cause::InvalidId;
                entry.settled = true;
                entry.state = EntryState::Done;
                if *cause == Cause::NotFound {
                    self.record_success(at, query, previous_block, now);
                }
                if once {
                    return None;
                }
                since + self.settings.recheck
            }
        };
        let regular = self.entries.get(query)?.regular();
        self.enqueue(query, regular, due);
        Some(self.limits[self.queues[at].limit].after_hold(due).max(now))
    }

    /// Records a success of a queue: its outage ends, queries blocked by credentials are due, and so
    /// are those blocked by the permission for the same operation in the same place. If the query
    /// that succeeded had been blocked, all blocked queries of the queue are due.
    fn record_success(
        &mut self,
        at: usize,
        succeeded: &Query,
        previous_block: Option<BlockReason>,
        now: Instant,
    ) {
        let affected = self.queues[at].outage.end(now);
        for query in &affected {
            if let Some(entry) = self.entries.get_mut(query) {
                entry.failures = entry.failures.min(MAX_FAILURES_AFTER_OUTAGE);
            }
        }
        self.bring_forward(affected, now);
        for query in self.queues[at].blocked.clone() {
            let Some(entry) = self.entries.get_mut(&query) else { continue };
            let helped = match entry.block_reason {
                Some(BlockReason::Credentials) => true,
                Some(BlockReason::Permission) => query.is_like(succeeded),
                _ => false,
            };
            if previous_block.is_some() || helped {
                // Once: if it fails again, that was not the reason.
                entry.block_reason = Some(BlockReason::Other);
                self.unblock(&query, now);
            }
        }
    }

    /// The profiles with blocked queries, and whether one of these is worth a request
    /// to the credential provider.
    pub(super) fn blocked_profiles(&self) -> BTreeMap<Option<Profile>, bool> {
        let mut profiles = BTreeMap::new();
        for queue in self.queues.iter().filter(|queue| !queue.blocked.is_empty()) {
            let entries = || queue.blocked.iter().filter_map(|it| self.entries.get(it));
            let needs = profiles.entry(queue.profile.clone()).or_default();
            *needs |= entries().any(Entry::needs_credentials);
        }
        profiles
    }

    /// Makes the blocked queries of a profile due, because its credentials changed.
    pub(super) fn unblock_all(&mut self, profile: Option<&Profile>, now: Instant) {
        for at in 0..self.queues.len() {
            if self.queues[at].profile.as_ref() == profile {
                self.unblock_queue(at, now);
            }
        }
    }

    fn unblock_queue(&mut self, at: usize, now: Instant) {
        for query in self.queues[at].blocked.clone() {
            self.unblock(&query, now);
        }
    }

    fn unblock(&mut self, query: &Arc<Query>, now: Instant) {
        if let Some(entry) = self.entries.get(query) {
            let priority = entry.regular();
            self.enqueue(query, priority, now);
        }
    }

    /// Makes everything due, except what needs manual action, after the machine slept: requests in
    /// flight get no response, and waits have lost their meaning.
    pub(super) fn wake(&mut self, now: Instant) {
        for limit in &mut self.limits {
            limit.held_until = None;
        }
        let all: Vec<_> = self.entries.keys().cloned().collect();
        for query in &all {
            if let Some(entry) = self.entries.get(query)
                && let EntryState::InFlight { manual, .. } = entry.state
            {
                let priority = if manual { Priority::Manual } else { entry.regular() };
                self.release(query);
                self.enqueue(query, priority, now);
            }
        }
        self.bring_forward(all, now);
    }

    /// Makes due which of these wait for a later time.
    fn bring_forward(&mut self, queries: impl IntoIterator<Item = Arc<Query>>, now: Instant) {
        for query in queries {
            if let Some(Entry { state: EntryState::Waiting(priority, (due, _)), .. }) =
                self.entries.get(&query)
                && *due > now
            {
                let priority = *priority;
                self.enqueue(&query, priority, now);
            }
        }
    }

    fn enqueue(&mut self, query: &Arc<Query>, priority: Priority, due: Instant) {
        self.dequeue(query);
        let Some(entry) = self.entries.get_mut(query) else { return };
        self.next_sequence += 1;
        let key = (due, self.next_sequence);
        self.queues[entry.queue].with_priority(priority).insert(key, Arc::clone(query));
        entry.state = EntryState::Waiting(priority, key);
    }

    /// Takes a query out of its state, and returns that state.
    fn dequeue(&mut self, query: &Query) -> Option<EntryState> {
        let entry = self.entries.get_mut(query)?;
        let queue = &mut self.queues[entry.queue];
        let state = std::mem::replace(&mut entry.state, EntryState::Done);
        match state {
            EntryState::Waiting(priority, key) => drop(queue.with_priority(priority).remove(&key)),
            EntryState::Blocked => drop(queue.blocked.remove(query)),
            EntryState::InFlight { .. } | EntryState::Done => {}
        }
        Some(state)
    }
}
