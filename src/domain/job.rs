//! A job as the service describes it: one run of a deployment.

use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::deployment::DeploymentId;
use crate::domain::savepoint::{Failure, name, path_segment};

/// A job's ID: any text that fits into one path segment.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(Arc<str>);

name!(JobId, |text| path_segment("the job ID", text));

/// A job; fields that the service left out are `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Job {
    pub job_id: Option<JobId>,
    pub deployment_id: Option<DeploymentId>,
    pub deployment_name: Option<String>,
    pub namespace: Option<String>,
    /// `executionMode`, verbatim: STREAMING or BATCH.
    pub execution_mode: Option<String>,
    /// `status.currentJobStatus`, verbatim: RUNNING, FAILED, ...; an open set.
    pub state: Option<String>,
    /// `status.failure`; means something only while the state is FAILED.
    pub failure: Option<Box<Failure>>,
    /// `status.running.observedFlinkJobStatus`, as Flink itself reports it.
    pub observed_state: Option<String>,
    /// `status.running.observedFlinkJobRestarts`.
    pub restarts: Option<u64>,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub created_at: Option<Timestamp>,
    pub modified_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_must_be_one_path_segment() {
        assert!(JobId::new("").unwrap_err().to_string().contains("the job ID is empty"));
    }
}
