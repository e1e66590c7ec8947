//! One question in the schedule.

use std::time::Duration;

use tokio::time::Instant;

use super::query::Recurrence;
use crate::api::Cause;

/// When it is due; who came first breaks a tie.
pub(super) type QueueKey = (Instant, u64);

/// How much longer one in a final state waits than one that may still change, when both are due
/// and the rate allows only one. Being finite, it starves nobody.
const BACKGROUND_DELAY: Duration = Duration::from_secs(60);

/// Which queue: the class of urgency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Priority {
    /// Refreshed by hand.
    Manual,
    /// May still change, or was never seen; or somebody waits for it.
    Active,
    /// In a final state, or gone.
    Settled,
    /// What only helps: it lets savepoints pass for so long.
    Background(Duration),
}

impl Priority {
    /// Of a question that is asked for the first time.
    pub(super) fn initial(recurrence: Recurrence) -> Self {
        match recurrence {
            Recurrence::Now => Self::Manual,
            _ => Self::regular(recurrence, false),
        }
    }

    /// Of one that nobody refreshes.
    pub(super) fn regular(recurrence: Recurrence, settled: bool) -> Self {
        match recurrence {
            Recurrence::Watch if settled => Self::Settled,
            Recurrence::Watch | Recurrence::Now => Self::Active,
            Recurrence::Once => Self::Background(BACKGROUND_DELAY),
            Recurrence::Every(period) => Self::Background(head_start(period)),
        }
    }

    /// Of one that is asked already, and again: something happened that its answer will tell.
    pub(super) fn repeated(recurrence: Recurrence) -> Self {
        match recurrence {
            Recurrence::Now => Self::Manual,
            _ => Self::Background(Duration::ZERO),
        }
    }

    /// For how long it lets others pass that are due.
    pub(super) fn delay(self) -> Duration {
        match self {
            Self::Manual | Self::Active => Duration::ZERO,
            Self::Settled => BACKGROUND_DELAY,
            Self::Background(delay) => delay,
        }
    }
}

/// For how long what is asked every so often lets savepoints pass.
pub fn head_start(period: Duration) -> Duration {
    BACKGROUND_DELAY.min(period / 3)
}

/// Where a question is.
#[derive(Debug)]
pub(super) enum EntryState {
    Waiting(Priority, QueueKey),
    InFlight {
        since: Instant,
        manual: bool,
    },
    /// Waits for changed credentials, or to be refreshed.
    Blocked,
    /// Waits to be refreshed: asking again would change nothing.
    Done,
}

/// Where it is, and how its last requests went.
#[derive(Debug)]
pub(super) struct Entry {
    /// Which of the schedule's lines it is in.
    pub(super) queue: usize,
    /// How many of that line's slots its requests and their results take.
    pub(super) slots: usize,
    pub(super) state: EntryState,
    pub(super) recurrence: Recurrence,
    /// The last answer was a final one.
    pub(super) settled: bool,
    /// How many failures in a row, as the backoff counts them.
    pub(super) failures: u32,
    /// When the last request failed for a while, if it did.
    pub(super) failed_at: Option<Instant>,
    /// What the last request failed for want of, if it did.
    pub(super) block_reason: Option<BlockReason>,
}

/// What somebody has to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BlockReason {
    /// Credentials, which all of a line share.
    Credentials,
    /// A permission, which all of one operation and place share.
    Permission,
    /// The right time; or keys or a permission although it is good for others.
    Other,
}

impl BlockReason {
    /// What a request failed for want of, where before it `previous_block` something already.
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
    /// One that nothing is known of.
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

    /// Which queue it waits in when nobody refreshes it.
    pub(super) fn regular(&self) -> Priority {
        Priority::regular(self.recurrence, self.settled)
    }

    /// Whether it needs other credentials: it lacks some, or more than help would come of them.
    pub(super) fn needs_credentials(&self) -> bool {
        self.block_reason == Some(BlockReason::Credentials) || !self.recurrence.is_background()
    }
}
