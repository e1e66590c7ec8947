//! One question in the schedule.

use std::time::Duration;

use tokio::time::Instant;

use super::query::Recurrence;
use crate::api::Cause;

/// When it is due; who came first breaks a tie.
pub(super) type QueueKey = (Instant, u64);

/// How much longer one in a final state waits than one that may still change, when both are due
/// and the rate allows only one. Being finite, it starves nobody.
const HEAD_START: Duration = Duration::from_secs(60);

/// Which queue: the class of urgency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Priority {
    /// Refreshed by hand.
    Manual,
    /// May still change, or was never seen; or somebody waits for it.
    Lively,
    /// In a final state, or gone.
    Settled,
    /// What only helps: it lets savepoints pass for so long.
    Helping(Duration),
}

impl Priority {
    /// Of a question that is asked for the first time.
    pub(super) fn first(recurrence: Recurrence) -> Self {
        match recurrence {
            Recurrence::Now => Self::Manual,
            _ => Self::usual(recurrence, false),
        }
    }

    /// Of one that nobody refreshes.
    pub(super) fn usual(recurrence: Recurrence, settled: bool) -> Self {
        match recurrence {
            Recurrence::Watch if settled => Self::Settled,
            Recurrence::Watch | Recurrence::Now => Self::Lively,
            Recurrence::Once => Self::Helping(HEAD_START),
            Recurrence::Every(period) => Self::Helping(head_start(period)),
        }
    }

    /// Of one that is asked already, and again: something happened that its answer will tell.
    pub(super) fn again(recurrence: Recurrence) -> Self {
        match recurrence {
            Recurrence::Now => Self::Manual,
            _ => Self::Helping(Duration::ZERO),
        }
    }

    /// For how long it lets others pass that are due.
    pub(super) fn handicap(self) -> Duration {
        match self {
            Self::Manual | Self::Lively => Duration::ZERO,
            Self::Settled => HEAD_START,
            Self::Helping(handicap) => handicap,
        }
    }
}

/// For how long what is asked every so often lets savepoints pass.
pub fn head_start(period: Duration) -> Duration {
    HEAD_START.min(period / 3)
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
    Over,
}

/// Where it is, and how its last requests went.
#[derive(Debug)]
pub(super) struct Entry {
    /// Which of the schedule's lines it is in.
    pub(super) line: usize,
    /// How many of that line's slots its requests and their results take.
    pub(super) slots: usize,
    pub(super) place: EntryState,
    pub(super) recurrence: Recurrence,
    /// The last answer was a final one.
    pub(super) settled: bool,
    /// How many failures in a row, as the backoff counts them.
    pub(super) failures: u32,
    /// When the last request failed for a while, if it did.
    pub(super) failed_at: Option<Instant>,
    /// What the last request failed for want of, if it did.
    pub(super) lacks: Option<BlockReason>,
}

/// What somebody has to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BlockReason {
    /// Credentials, which all of a line share.
    Keys,
    /// A permission, which all of one operation and place share.
    Permission,
    /// The right time; or keys or a permission although it is good for others.
    Other,
}

impl BlockReason {
    /// What a request failed for want of, where before it `lacked` something already.
    pub(super) fn of(cause: &Cause, lacked: Option<Self>) -> Self {
        match cause {
            _ if lacked == Some(Self::Other) => Self::Other,
            Cause::CredentialsNotFound
            | Cause::CredentialsUnusable
            | Cause::CredentialsRejected
            | Cause::TokenExpired => Self::Keys,
            Cause::NoPermission { .. } => Self::Permission,
            _ => Self::Other,
        }
    }
}

impl Entry {
    /// One that nothing is known of.
    pub(super) fn new(line: usize, recurrence: Recurrence) -> Self {
        Self {
            line,
            slots: 0,
            place: EntryState::Over,
            recurrence,
            settled: false,
            failures: 0,
            failed_at: None,
            lacks: None,
        }
    }

    /// Which queue it waits in when nobody refreshes it.
    pub(super) fn usual(&self) -> Priority {
        Priority::usual(self.recurrence, self.settled)
    }

    /// Whether it needs other credentials: it lacks some, or more than help would come of them.
    pub(super) fn needs_credentials(&self) -> bool {
        self.lacks == Some(BlockReason::Keys) || !self.recurrence.only_helps()
    }
}
