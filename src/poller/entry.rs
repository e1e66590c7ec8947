//! One query in the schedule.

use std::time::Duration;

use tokio::time::Instant;

use super::query::Recurrence;
use crate::api::Cause;

/// When a query is due; the sequence number breaks a tie.
pub(super) type QueueKey = (Instant, u64);

/// How long a savepoint that may still change goes before another query that is due. The delay is
/// finite, so that no query starves.
const BACKGROUND_DELAY: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Priority {
    /// Refreshed by the user.
    Manual,
    /// May still change or was never seen, or the user waits for it.
    Active,
    /// In a final state, or gone.
    Settled,
    /// Savepoints go first for this long.
    Background(Duration),
}

impl Priority {
    /// Returns the priority of a new query.
    pub(super) fn initial(recurrence: Recurrence) -> Self {
        match recurrence {
            Recurrence::Now => Self::Manual,
            _ => Self::regular(recurrence, false),
        }
    }

    /// Returns the priority of a query that is not refreshed manually.
    pub(super) fn regular(recurrence: Recurrence, settled: bool) -> Self {
        match recurrence {
            Recurrence::Watch if settled => Self::Settled,
            Recurrence::Watch | Recurrence::Now => Self::Active,
            Recurrence::Once => Self::Background(BACKGROUND_DELAY),
            Recurrence::Every(period) => Self::Background(head_start(period)),
        }
    }

    /// Returns the priority of a subscribed query that is subscribed once more, because its reply is
    /// expected to have changed.
    pub(super) fn repeated(recurrence: Recurrence) -> Self {
        match recurrence {
            Recurrence::Now => Self::Manual,
            _ => Self::Background(Duration::ZERO),
        }
    }

    /// Returns how long others that are due go first.
    pub(super) fn delay(self) -> Duration {
        match self {
            Self::Manual | Self::Active => Duration::ZERO,
            Self::Settled => BACKGROUND_DELAY,
            Self::Background(delay) => delay,
        }
    }
}

/// Returns how long savepoints go before a background query with this period.
pub fn head_start(period: Duration) -> Duration {
    BACKGROUND_DELAY.min(period / 3)
}

#[derive(Debug)]
pub(super) enum EntryState {
    Waiting(Priority, QueueKey),
    InFlight {
        since: Instant,
        manual: bool,
    },
    /// Waits for changed credentials or a manual refresh.
    Blocked,
    /// Waits for a manual refresh: a retry would change nothing.
    Done,
}

/// Where a query is, and how its last requests went.
#[derive(Debug)]
pub(super) struct Entry {
    /// Index of its queue in the schedule.
    pub(super) queue: usize,
    /// How many slots of that queue its requests and unread responses use.
    pub(super) slots: usize,
    pub(super) state: EntryState,
    pub(super) recurrence: Recurrence,
    /// The last reply was final.
    pub(super) settled: bool,
    /// Failures in a row, as the backoff counts them.
    pub(super) failures: u32,
    /// When the last request failed, if a retry may help.
    pub(super) failed_at: Option<Instant>,
    /// What blocked the last request, if anything did.
    pub(super) block_reason: Option<BlockReason>,
}

/// What has to change before a retry makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BlockReason {
    /// Credentials, which a whole queue shares.
    Credentials,
    /// A permission, which all queries of one operation and place share.
    Permission,
    /// The clock; or credentials or a permission that work for other queries.
    Other,
}

impl BlockReason {
    /// Returns what blocks a request after an error, given what blocked the one before.
    pub(super) fn from_cause(cause: &Cause, previous_block: Option<Self>) -> Self {
        match cause {
            _ if previous_block == Some(Self::Other) => Self::Other,
            Cause::CredentialsNotFound
            | Cause::CredentialsUnusable
            | Cause::CredentialsRejected
            | Cause::TokenExpired => Self::Credentials,
            Cause::NoPermission { .. } => Self::Permission,
            _ => Self::Other,
        }
    }
}

impl Entry {
    pub(super) fn new(queue: usize, recurrence: Recurrence) -> Self {
        Self {
            queue,
            slots: 0,
            state: EntryState::Done,
            recurrence,
            settled: false,
            failures: 0,
            failed_at: None,
            block_reason: None,
        }
    }

    pub(super) fn regular(&self) -> Priority {
        Priority::regular(self.recurrence, self.settled)
    }

    /// Whether it is worth fetching other credentials: they block it, or it is no background query.
    pub(super) fn needs_credentials(&self) -> bool {
        self.block_reason == Some(BlockReason::Credentials) || !self.recurrence.is_background()
    }
}
