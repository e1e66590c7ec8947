//! A deployment as the service describes it: what takes savepoints.
//!
//! As with a savepoint every field is optional, open sets stay open and nothing is inferred; only
//! [`JobSummary::state`] is our own reading, and says so.

use std::sync::Arc;

use jiff::Timestamp;

/// How many of a deployment's savepoints are asked for: one page.
pub const HISTORY_LIMIT: u32 = 50;

/// How many of the newest are shown unless another number is wished, beside those that may still
/// change.
pub const DEFAULT_NEWEST: usize = 10;

use crate::domain::savepoint::{Place, name, path_segment};

/// A deployment's ID: any text that can travel as one path segment.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeploymentId(Arc<str>);

name!(DeploymentId, |text| path_segment("the deployment ID", text));

/// One deployment to ask for: its identity everywhere in the program.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeploymentTarget {
    /// Where it lives, and as whom it is asked for.
    pub place: Place,
    /// Its ID there.
    pub id: DeploymentId,
}

/// One deployment, as far as the service said anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deployment {
    /// `deploymentId`.
    pub deployment_id: Option<DeploymentId>,
    /// `name`.
    pub name: Option<String>,
    /// `namespace`.
    pub namespace: Option<String>,
    /// `executionMode`, verbatim: STREAMING or BATCH.
    pub execution_mode: Option<String>,
    /// `jobSummary`.
    pub jobs: Option<JobSummary>,
    /// `description`.
    pub description: Option<String>,
    /// `engineVersion`.
    pub engine_version: Option<String>,
    /// `creatorName`, or `creator`, which is an account's number.
    pub creator: Option<String>,
    /// `createdAt`.
    pub created_at: Option<Timestamp>,
    /// `modifiedAt`.
    pub modified_at: Option<Timestamp>,
}

/// How many of a deployment's jobs are in each state; what was not said counts as none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JobSummary {
    /// `starting`
    pub starting: u64,
    /// `running`
    pub running: u64,
    /// `cancelling`
    pub cancelling: u64,
    /// `cancelled`
    pub cancelled: u64,
    /// `failed`
    pub failed: u64,
    /// `finished`
    pub finished: u64,
}

impl JobSummary {
    /// The word by which `ListDeployments` filters that fits these counts best: what runs or is
    /// about to comes before what is over. The service itself sends the counts alone.
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
    fn what_runs_comes_before_what_is_over(
        #[case] jobs: JobSummary,
        #[case] expected: Option<&str>,
    ) {
        assert_eq!(jobs.state(), expected);
    }

    #[test]
    fn an_id_must_fit_a_path() {
        assert!(DeploymentId::new("..").unwrap_err().to_string().contains("deployment ID"));
        assert_eq!(DeploymentId::new("a/b").unwrap().as_str(), "a/b");
    }
}
