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
    sufferers: BTreeSet<Arc<Query>>,
    /// When somebody was answered last.
    answered_at: Option<Instant>,
}

impl Outage {
    /// Somebody was asked in vain, who `before` had been so too; whether the trouble may be the
    /// line's.
    pub(super) fn record_failure(&mut self, query: &Arc<Query>, before: Option<Instant>) -> bool {
        let shared = before.is_none_or(|before| self.answered_at.is_none_or(|at| at < before));
        if shared {
            self.sufferers.insert(Arc::clone(query));
        }
        shared
    }

    /// Somebody was answered: who suffered until now.
    pub(super) fn over(&mut self, now: Instant) -> BTreeSet<Arc<Query>> {
        self.answered_at = Some(now);
        std::mem::take(&mut self.sufferers)
    }

    /// It suffers no more, for whatever reason.
    pub(super) fn forget(&mut self, query: &Query) {
        self.sufferers.remove(query);
    }
}
