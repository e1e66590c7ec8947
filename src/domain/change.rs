//! Observed changes of a savepoint.
//!
//! The service is polled, so a change lies somewhere between the last response before it and the
//! response that showed it: both times are kept, and nothing is claimed in between.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::savepoint::Target;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub target: Target,
    /// When it was observed.
    pub at: Timestamp,
    /// When the service last confirmed the savepoint before that.
    pub since: Option<Timestamp>,
    pub kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Kind {
    /// The first response: the state, which is no transition.
    First {
        /// The service's word; empty where it gave none.
        state: String,
    },
    /// The first response: the service knows no such savepoint.
    FirstMissing,
    State {
        from: String,
        to: String,
    },
    /// The service no longer knows the savepoint.
    Vanished {
        was: String,
    },
    /// The service knows a savepoint that was missing before.
    Appeared {
        state: String,
    },
    /// A new savepoint of a followed deployment.
    New {
        /// Its state; empty where the service gave none.
        state: String,
    },
    /// STARTED for longer than any earlier savepoint of the deployment took.
    Overdue {
        /// For how many seconds.
        elapsed: u64,
        /// How many seconds the slowest took, estimated as modified - created.
        slowest: u64,
        /// How many earlier savepoints it is compared with.
        of: usize,
    },
    /// Two polls in a row got no response: what is shown is stale.
    Lost {
        /// Why the polls fail, in a few words.
        cause: String,
    },
    /// A response came again; what happened since `Change::since` was not observed.
    Back {
        /// Why the polls had failed.
        cause: String,
    },
}

impl Kind {
    /// Whether the user is alerted: any change but a first response.
    pub fn is_transition(&self) -> bool {
        !matches!(self, Self::First { .. } | Self::FirstMissing)
    }

    /// The stable word for configuration, scripts and the journal.
    pub fn word(&self) -> &'static str {
        match self {
            Self::First { .. } => "first",
            Self::FirstMissing => "first-missing",
            Self::State { .. } => "state",
            Self::Vanished { .. } => "vanished",
            Self::Appeared { .. } => "appeared",
            Self::New { .. } => "new",
            Self::Overdue { .. } => "overdue",
            Self::Lost { .. } => "lost",
            Self::Back { .. } => "back",
        }
    }
}
