//! What changed about a savepoint, as far as it was observed.
//!
//! The service is asked now and then, so a change lies somewhere between the last answer before
//! it and the answer that showed it: both times are kept, and nothing is claimed in between.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::savepoint::Target;

/// One thing that was observed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Of which savepoint.
    pub target: Target,
    /// When it was observed.
    pub at: Timestamp,
    /// When the service had last said anything about it before.
    pub since: Option<Timestamp>,
    /// What.
    pub kind: Kind,
}

/// What can be observed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Kind {
    /// The first answer: what the state was; no transition.
    First {
        /// The service's word; empty where it gave none.
        state: String,
    },
    /// The first answer: the service knows no such savepoint.
    FirstMissing,
    /// The state is another one.
    State {
        /// The word before.
        from: String,
        /// The word now.
        to: String,
    },
    /// The service no longer knows the savepoint.
    Vanished {
        /// Its last state.
        was: String,
    },
    /// The service knows a savepoint that it did not know.
    Appeared {
        /// Its state.
        state: String,
    },
    /// A savepoint of a followed deployment that was not there before.
    New {
        /// Its state; empty where the service gave none.
        state: String,
    },
    /// It has been STARTED for longer than any of the earlier ones took.
    Overdue {
        /// For how many seconds.
        elapsed: u64,
        /// How many seconds the slowest of them took, by a proxy: modified - created.
        slowest: u64,
        /// How many earlier ones there are.
        of: usize,
    },
    /// Two polls should have answered and none did: what is shown is no longer live.
    Lost {
        /// What the polls fail of, in a few words.
        cause: String,
    },
    /// An answer came again; what happened since `Change::since` was not observed.
    Back {
        /// What the polls had failed of.
        cause: String,
    },
}

impl Kind {
    /// Whether it is a transition, which the user is told of, rather than a first answer.
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
