//! Whether a whole queue fails, or only some of its queries.
//!
//! A query that fails twice without a success of its queue in between is affected by the queue's
//! outage, which ends for all with the first success. A query that fails twice although others
//! succeed has a problem of its own, and keeps its own backoff.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::time::Instant;

use super::query::Query;

/// The outage of one queue.
#[derive(Debug, Default)]
pub(super) struct Outage {
    affected: BTreeSet<Arc<Query>>,
    last_success: Option<Instant>,
}

impl Outage {
    /// Records a failure of a query, with the time of its `previous_failure` if that was its last
    /// request; returns whether the failure may be the whole queue's.
    pub(super) fn record_failure(
        &mut self,
        query: &Arc<Query>,
        previous_failure: Option<Instant>,
    ) -> bool {
        let shared = previous_failure.is_none_or(|previous_failure| {
            self.last_success.is_none_or(|at| at < previous_failure)
        });
        if shared {
            self.affected.insert(Arc::clone(query));
        }
        shared
    }

    /// Whether this query and at least one other are affected.
    pub(super) fn affects_others(&self, query: &Query) -> bool {
        self.affected.len() > 1 && self.affected.contains(query)
    }

    /// Records a success of the queue; returns the queries that were affected.
    pub(super) fn end(&mut self, now: Instant) -> BTreeSet<Arc<Query>> {
        self.last_success = Some(now);
        std::mem::take(&mut self.affected)
    }

    pub(super) fn remove(&mut self, query: &Query) {
        self.affected.remove(query);
    }
}
