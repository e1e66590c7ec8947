//! A deployment as the service describes it.
//!
//! As with a savepoint every field is optional, open sets stay open and nothing is inferred, except
//! for [`JobSummary::state`].

use std::sync::Arc;

use jiff::Timestamp;

/// How many of a deployment's savepoints are requested: one page.
pub const HISTORY_LIMIT: u32 = 50;

/// Default number of newest savepoints shown, in addition to those that may still change.
pub const DEFAULT_NEWEST: usize = 10;

use crate::domain::savepoint::{Place, name, path_segment};

/// A deployment's ID: any text that fits into one path segment.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeploymentId(Arc<str>);

name!(DeploymentId, |text| path_segment("the deployment ID", text));

/// Identifies a deployment everywhere in the program.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeploymentTarget {
    pub place: Place,
    pub id: DeploymentId,
}

/// A deployment; fields that the service left out are `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deployment {
    pub deployment_id: Option<DeploymentId>,
    pub name: Option<String>,
    pub namespace: Option<String>,
    /// `executionMode`, verbatim: STREAMING or BATCH.
    pub execution_mode: Option<String>,
    pub jobs: Option<JobSummary>,
    pub description: Option<String>,
    pub engine_version: Option<String>,
    /// `creatorName`, or `creator`, which is an account's number.
    pub creator: Option<String>,
    pub created_at: Option<Timestamp>,
    pub modified_at: Option<Timestamp>,
}

/// How many of a deployment's jobs are in each state; a missing count is zero.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JobSummary {
    pub starting: u64,
    pub running: u64,
    pub cancelling: u64,
    pub cancelled: u64,
    pub failed: u64,
    pub finished: u64,
}

impl JobSummary {
    /// Returns the filter word of `ListDeployments` that fits the counts best: active states come
    /// before ended ones. The service itself sends only the counts.
    pub fn state(&self) -> Option<&'static str> {
        let words = [
            (self.running, "RUNNING"),
            (self.starting, "TRANSITIONING"),
            (self.cancelling, "TRANSITIONING"),
            (self.failed, "FAILED"),
            (self.finished, "FINISHED"),
            (self.cancelled, "CANCELLED"),
        ];
        words.into_iter().find_map(|(count, word)| (count > 0).then_some(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case(JobSummary { running: 1, failed: 3, ..JobSummary::default() }, Some("RUNNING"))]
    #[case(JobSummary { cancelling: 1, cancelled: 2, ..JobSummary::default() }, Some("TRANSITIONING"))]
    #[case(JobSummary { failed: 1, cancelled: 2, ..JobSummary::default() }, Some("FAILED"))]
    #[case(JobSummary::default(), None)]
    fn active_states_come_before_ended_ones(
        #[case] jobs: JobSummary,
        #[case] expected: Option<&str>,
    ) {
        assert_eq!(jobs.state(), expected);
    }

    #[test]
    fn an_id_must_be_one_path_segment() {
        assert!(DeploymentId::new("..").unwrap_err().to_string().contains("deployment ID"));
        assert_eq!(DeploymentId::new("a/b").unwrap().as_str(), "a/b");
    }
}
