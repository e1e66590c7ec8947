//! The story's format: which savepoints exist, and how they change over time.
//!
//! ```toml
//! workspace = "a14bd5d90a0001"
//! namespace = "demo-default"
//! missing = ["9acaff2d-be4b-4947-a4d0-a24534442c8d"]   # in the list of IDs, but never found
//!
//! [[savepoint]]
//! id = "79b4e2ca-ad85-46da-8cff-c2c0e8d40303"
//! deploymentId = "..."                # and jobId, savepointOrigin, nativeFormat, description,
//!                                     # stopWithDrainEnabled: the service's own fields
//! steps = [                           # the first one creates it
//!   { at = "-40s", state = "STARTED" },
//!   { at = "8s", state = "COMPLETED", location = "oss://..." },
//! ]
//! delay = "2s"                        # latency of every response
//! throttle = { every = 3, wait = "4s" }   # every third request is throttled, with this wait
//! flap = 3                            # every third request fails with an internal error
//! vanish = "90s"                      # deleted at this time
//! noError = '""'                      # errorCode and errorMessage of a success
//! ```
//!
//! The lists also contain the deployments of these savepoints, and thousands of synthetic items:
//!
//! ```toml
//! crowd = { deployments = 2000, savepoints = 5000 }   # generated on request
//!
//! [[deployment]]                      # at most 256
//! id = "2a74656a-14a9-4827-8ea0-076d5c7c514f"
//! name = "orders-enrichment"          # and description, executionMode (else STREAMING)
//! created = "-2100h"
//! modified = "-26h"
//! jobs = [{ id = "...", state = "RUNNING", started = "-300h" }]   # newest first; also `ended`, `failure`
//!
//! [[deployment.series]]               # savepoints at regular intervals, with generated IDs
//! job = "..."
//! origin = "AUTO_TRIGGERED"
//! from = "-5m"                        # when the first one is triggered
//! every = "20s"
//! until = "-1h"                       # default: no end
//! took = ["4s", "6s"]                 # durations, in turn
//! fails = 5                           # every fifth fails
//! keep = 200                          # deletes older ones
//! ```
//!
//! Times are relative to the start of the service; negative ones are in the past. A step may have a
//! `failure = { message, reason, at }`, whose `at` defaults to that of the step.

mod deployment;

use std::collections::HashSet;
use std::num::NonZeroU64;
use std::time::Duration;

use jiff::SignedDuration;
use serde::de::{Deserialize, Deserializer, Error as _};

pub(super) use self::deployment::{Deployment, Job, Series, SyntheticCounts};
use crate::domain::savepoint::{Namespace, SavepointId, Workspace};
use crate::util::toml::{self, TomlError};

#[derive(Debug, Clone, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Story {
    #[serde(deserialize_with = "workspace")]
    pub(super) workspace: Workspace,
    #[serde(deserialize_with = "namespace")]
    pub(super) namespace: Namespace,
    #[serde(default)]
    missing: Vec<Id>,
    #[serde(default, rename = "savepoint")]
    pub(super) roles: Vec<ScriptedSavepoint>,
    #[serde(default, rename = "deployment")]
    pub(super) deployments: Vec<Deployment>,
    #[serde(default)]
    pub(super) crowd: SyntheticCounts,
}

#[derive(Debug, thiserror::Error)]
pub enum StoryError {
    #[error("the story cannot be read: {0}")]
    Format(#[from] TomlError),
    /// Two savepoints have this ID.
    #[error("the story names {0} twice")]
    DuplicateId(SavepointId),
    /// The steps are missing, or one lies before its predecessor.
    #[error("the steps of {0} must be at least one, in order of time")]
    Steps(SavepointId),
    /// The interval or a duration of a series is not positive.
    #[error("the series of {0:?} must come every so often and take some time")]
    Series(String),
}

#[derive(Debug, Clone, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ScriptedSavepoint {
    #[serde(deserialize_with = "id")]
    pub(super) id: SavepointId,
    pub(super) deployment_id: String,
    pub(super) job_id: String,
    pub(super) savepoint_origin: String,
    pub(super) native_format: bool,
    #[serde(default)]
    pub(super) stop_with_drain_enabled: bool,
    pub(super) description: Option<String>,
    pub(super) steps: Vec<Step>,
    #[serde(default, deserialize_with = "length")]
    pub(super) delay: Duration,
    pub(super) throttle: Option<Throttle>,
    pub(super) flap: Option<NonZeroU64>,
    #[serde(default, deserialize_with = "optional_moment")]
    pub(super) vanish: Option<SignedDuration>,
    #[serde(default)]
    pub(super) no_error: String,
}

impl ScriptedSavepoint {
    /// The current step; `None` before the first one and after `vanish`.
    pub(super) fn step(&self, elapsed: SignedDuration) -> Option<&Step> {
        if self.vanish.is_some_and(|at| at <= elapsed) {
            return None;
        }
        self.steps.iter().take_while(|step| step.at <= elapsed).last()
    }
}

/// The state of a savepoint from a moment on.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    #[serde(deserialize_with = "moment")]
    pub(super) at: SignedDuration,
    pub(super) state: String,
    pub(super) location: Option<String>,
    pub(super) failure: Option<Failure>,
}

#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Failure {
    pub(super) message: String,
    pub(super) reason: String,
    #[serde(default, deserialize_with = "optional_moment")]
    pub(super) at: Option<SignedDuration>,
}

/// Which requests are throttled, and the wait in the response.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Throttle {
    pub(super) every: NonZeroU64,
    #[serde(deserialize_with = "length")]
    pub(super) wait: Duration,
}

/// An ID in a list, where `deserialize_with` cannot reach.
#[derive(Debug, Clone, serde::Deserialize)]
struct Id(#[serde(deserialize_with = "id")] SavepointId);

impl Story {
    /// Parses and validates a story.
    ///
    /// # Errors
    /// [`StoryError`], with the place in the text where there is one.
    pub fn parse(text: &str) -> Result<Self, StoryError> {
        let story: Self = toml::parse(text)?;
        let mut seen = HashSet::new();
        if let Some(id) = story.ids().find(|id| !seen.insert(*id)) {
            return Err(StoryError::DuplicateId(id.clone()));
        }
        let ordered = |role: &&ScriptedSavepoint| {
            !role.steps.is_empty() && role.steps.is_sorted_by_key(|step| step.at)
        };
        if let Some(role) = story.roles.iter().find(|role| !ordered(role)) {
            return Err(StoryError::Steps(role.id.clone()));
        }
        let sound = |deployment: &&Deployment| deployment.series.iter().all(Series::is_sound);
        if let Some(deployment) = story.deployments.iter().find(|deployment| !sound(deployment)) {
            return Err(StoryError::Series(deployment.name.clone()));
        }
        Ok(story)
    }

    /// The story that `savepeek demo` plays.
    ///
    /// # Panics
    /// Never: it is part of the program, and the tests play it.
    pub fn embedded() -> Self {
        Self::parse(include_str!("../../assets/story.toml")).expect("the embedded story is right")
    }

    /// All IDs; those in `missing` come last.
    pub fn ids(&self) -> impl Iterator<Item = &SavepointId> {
        let missing = self.missing.iter().map(|Id(id)| id);
        self.roles.iter().map(|role| &role.id).chain(missing)
    }
}

fn workspace<'de, D: Deserializer<'de>>(value: D) -> Result<Workspace, D::Error> {
    Workspace::new(&String::deserialize(value)?).map_err(D::Error::custom)
}

fn namespace<'de, D: Deserializer<'de>>(value: D) -> Result<Namespace, D::Error> {
    Namespace::new(&String::deserialize(value)?).map_err(D::Error::custom)
}

pub(super) fn id<'de, D: Deserializer<'de>>(value: D) -> Result<SavepointId, D::Error> {
    SavepointId::new(&uuid(value)?).map_err(D::Error::custom)
}

/// A UUID, as the service uses them: what users copy from the demo should look real.
fn uuid<'de, D: Deserializer<'de>>(value: D) -> Result<String, D::Error> {
    let text = String::deserialize(value)?;
    let uuid = text.len() == 36
        && text.bytes().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        });
    if !uuid {
        return Err(D::Error::custom(format!("{text:?} is not a UUID")));
    }
    Ok(text)
}

/// A time relative to the start: `8s`, `-3m`, `-1h 20m`.
pub(super) fn moment<'de, D: Deserializer<'de>>(value: D) -> Result<SignedDuration, D::Error> {
    String::deserialize(value)?.parse().map_err(D::Error::custom)
}

fn optional_moment<'de, D: Deserializer<'de>>(
    value: D,
) -> Result<Option<SignedDuration>, D::Error> {
    moment(value).map(Some)
}

/// A length of time, which cannot be negative.
pub(super) fn length<'de, D: Deserializer<'de>>(value: D) -> Result<Duration, D::Error> {
    moment(value)?.try_into().map_err(D::Error::custom)
}
