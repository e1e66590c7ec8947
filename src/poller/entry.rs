//! One question in the schedule.

use tokio::time::Instant;

use super::question::Manner;
use crate::api::Cause;

/// When it is due; who came first breaks a tie.
pub(super) type Turn = (Instant, u64);

/// Which queue: the class of urgency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    /// Refreshed by hand.
    Manual,
    /// May still change, or was never seen.
    Lively,
    /// In a final state, or gone; or no savepoint.
    Settled,
}

impl Lane {
    /// Of a question that is asked for the first time.
    pub(super) fn first(manner: Manner) -> Self {
        match manner {
            Manner::Now => Self::Manual,
            Manner::Watch => Self::Lively,
            Manner::Once | Manner::Every(_) => Self::Settled,
        }
    }

    /// Of one that nobody refreshes.
    pub(super) fn usual(settled: bool) -> Self {
        if settled { Self::Settled } else { Self::Lively }
    }
}

/// Where a question is.
#[derive(Debug)]
pub(super) enum Place {
    Waiting(Lane, Turn),
    UnderWay {
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
    pub(super) place: Place,
    pub(super) manner: Manner,
    /// The last answer was a final one, or it is no savepoint's.
    pub(super) settled: bool,
    /// How many failures in a row, as the backoff counts them.
    pub(super) failures: u32,
    /// When the last request failed for a while, if it did.
    pub(super) failed_at: Option<Instant>,
    /// What the last request failed for want of, if it did.
    pub(super) lacks: Option<Lack>,
}

/// What somebody has to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lack {
    /// Credentials, which all of a line share.
    Keys,
    /// A permission, the right time, or keys although they are good for others.
    Other,
}

impl Lack {
    /// What a request failed for want of, where before it `lacked` something already.
    pub(super) fn of(cause: &Cause, lacked: Option<Self>) -> Self {
        match cause {
            Cause::NoneFound
            | Cause::NoCredentials
            | Cause::CredentialsRefused
            | Cause::TokenExpired
                if lacked != Some(Self::Other) =>
            {
                Self::Keys
            }
            _ => Self::Other,
        }
    }
}

impl Entry {
    /// One that nothing is known of.
    pub(super) fn new(line: usize, manner: Manner) -> Self {
        Self {
            line,
            slots: 0,
            place: Place::Over,
            manner,
            settled: manner != Manner::Watch,
            failures: 0,
            failed_at: None,
            lacks: None,
        }
    }
}
