//! Whether a line is in trouble as a whole, or only some of its savepoints are.
//!
//! What fails twice while nobody is answered in between suffers from the line's trouble, which is
//! over for all when it is over for one. What fails twice although others are answered has
//! trouble of its own, and is left to its own backoff.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::time::Instant;

use super::query::Query;

/// The trouble of one line.
#[derive(Debug, Default)]
pub(super) struct Outage {
    /// Who suffers from it.
    affected: BTreeSet<Arc<Query>>,
    /// When somebody was answered last.
    last_success: Option<Instant>,
}

impl Outage {
    /// Somebody was asked in vain, who `previous_failure` had been so too; whether the trouble may be the
    /// line's.
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

    /// Somebody was answered: who suffered until now.
    pub(super) fn end(&mut self, now: Instant) -> BTreeSet<Arc<Query>> {
        self.last_success = Some(now);
        std::mem::take(&mut self.affected)
    }

    /// It suffers no more, for whatever reason.
    pub(super) fn remove(&mut self, query: &Query) {
        self.affected.remove(query);
    }
}
