//! The deployments of a story: their jobs, and series of savepoints.

use std::num::NonZeroU64;

use jiff::SignedDuration;

use super::{Failure, moment, optional_moment, uuid};

#[derive(Debug, Clone, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in super::super) struct Deployment {
    #[serde(deserialize_with = "uuid")]
    pub(in super::super) id: String,
    pub(in super::super) name: String,
    pub(in super::super) description: Option<String>,
    #[serde(default = "streaming")]
    pub(in super::super) execution_mode: String,
    #[serde(deserialize_with = "moment")]
    pub(in super::super) created: SignedDuration,
    #[serde(deserialize_with = "moment")]
    pub(in super::super) modified: SignedDuration,
    /// Newest first.
    #[serde(default)]
    pub(in super::super) jobs: Vec<Job>,
    #[serde(default)]
    pub(in super::super) series: Vec<Series>,
}

#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Job {
    #[serde(deserialize_with = "uuid")]
    pub(in super::super) id: String,
    pub(in super::super) state: String,
    #[serde(deserialize_with = "moment")]
    pub(in super::super) started: SignedDuration,
    #[serde(default, deserialize_with = "optional_moment")]
    pub(in super::super) ended: Option<SignedDuration>,
    pub(in super::super) failure: Option<Failure>,
}

/// Savepoints that are triggered at regular intervals.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Series {
    #[serde(deserialize_with = "uuid")]
    pub(in super::super) job: String,
    pub(in super::super) origin: String,
    /// When the first savepoint is triggered.
    #[serde(deserialize_with = "moment")]
    pub(in super::super) from: SignedDuration,
    #[serde(deserialize_with = "moment")]
    pub(in super::super) every: SignedDuration,
    /// When the series ends; `None` for never.
    #[serde(default, deserialize_with = "optional_moment")]
    pub(in super::super) until: Option<SignedDuration>,
    /// How long the savepoints take, in turn.
    pub(in super::super) took: Vec<SeriesDuration>,
    /// Every nth savepoint fails.
    pub(in super::super) fails: Option<NonZeroU64>,
    /// How many savepoints are kept; older ones are deleted.
    #[serde(default = "keep")]
    pub(in super::super) keep: u32,
}

/// A duration in a list, where `deserialize_with` does not work.
#[derive(Debug, Clone, Copy, serde::Deserialize)]
pub(in super::super) struct SeriesDuration(
    #[serde(deserialize_with = "moment")] pub(in super::super) SignedDuration,
);

/// How many synthetic deployments and savepoints there are; they are generated on request.
#[derive(Debug, Clone, Copy, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct SyntheticCounts {
    pub(in super::super) deployments: u32,
    pub(in super::super) savepoints: u32,
}

impl Series {
    /// Whether the interval and all durations are positive.
    pub(super) fn is_sound(&self) -> bool {
        let positive = |length: SignedDuration| length > SignedDuration::ZERO;
        positive(self.every)
            && !self.took.is_empty()
            && self.took.iter().all(|took| positive(took.0))
    }
}

fn streaming() -> String {
    "STREAMING".to_owned()
}

fn keep() -> u32 {
    200
}
