//! Deployments and jobs as the service describes them: scripted ones from the story's file, and
//! synthetic ones.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde::Serialize;

use super::error_response::ErrorResponse;
use super::response::{Failure, Payload};
use super::scenario::Scenario;
use super::story::{Deployment, Job};
use super::synthetic::{self, IdKind};

/// A deployment from either source; synthetic ones have a number.
#[derive(Debug, Clone, Copy)]
pub(super) enum AnyDeployment<'a> {
    Scripted(&'a Deployment),
    Synthetic(u32),
}

/// A job from either source; synthetic deployments have one job each.
#[derive(Debug, Clone, Copy)]
pub(super) enum AnyJob<'a> {
    Scripted(&'a Deployment, &'a Job),
    Synthetic(u32),
}

/// The fields of the service's `Deployment` that clients here read.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeploymentData<'a> {
    deployment_id: Cow<'a, str>,
    name: Cow<'a, str>,
    workspace: &'a str,
    namespace: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    engine_version: &'static str,
    execution_mode: &'a str,
    job_summary: BTreeMap<&'static str, u32>,
    creator: &'static str,
    creator_name: &'static str,
    modifier: &'static str,
    modifier_name: &'static str,
    /// Seconds: the metadata say text, a real answer had numbers.
    created_at: i64,
    modified_at: i64,
}

/// The fields of the service's `Job` that clients here read.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct JobData<'a> {
    job_id: Cow<'a, str>,
    deployment_id: Cow<'a, str>,
    deployment_name: Cow<'a, str>,
    workspace: &'a str,
    namespace: &'a str,
    execution_mode: &'a str,
    status: JobStatus<'a>,
    start_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time: Option<i64>,
    /// Text, as the metadata say.
    created_at: String,
    modified_at: String,
}

/// `status` of a job
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct JobStatus<'a> {
    #[serde(rename = "currentJobStatus")]
    current: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<Failure<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    running: Option<Running<'a>>,
}

/// `status.running`
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Running<'a> {
    observed_flink_job_restarts: u32,
    observed_flink_job_status: &'a str,
}

impl Scenario {
    /// All deployments, scripted ones first.
    pub(super) fn all_deployments(&self) -> impl Iterator<Item = AnyDeployment<'_>> {
        let scripted = self.story.deployments.iter().map(AnyDeployment::Scripted);
        scripted.chain((0..self.story.crowd.deployments).map(AnyDeployment::Synthetic))
    }

    pub(super) fn deployment_by_id(&self, id: &str) -> Option<AnyDeployment<'_>> {
        let scripted = self.story.deployments.iter().find(|deployment| deployment.id == id);
        scripted.map(AnyDeployment::Scripted).or_else(|| {
            Some(AnyDeployment::Synthetic(self.synthetic_number(IdKind::Deployment, id)?))
        })
    }

    fn synthetic_number(&self, kind: IdKind, id: &str) -> Option<u32> {
        let number = u32::try_from(synthetic::number(kind, id)?).ok()?;
        (number < self.story.crowd.deployments).then_some(number)
    }

    pub(super) fn get_deployment(&self, id: &str) -> Result<Payload<'_>, ErrorResponse> {
        let deployment =
            self.deployment_by_id(id).ok_or_else(|| ErrorResponse::not_found("deployment"))?;
        Ok(Payload::of("", &deployment.data(self)))
    }

    pub(super) fn get_job(&self, id: &str) -> Result<Payload<'_>, ErrorResponse> {
        let scripted = self.story.deployments.iter().find_map(|deployment| {
            let job = deployment.jobs.iter().find(|job| job.id == id)?;
            Some(AnyJob::Scripted(deployment, job))
        });
        let run =
            scripted.or_else(|| Some(AnyJob::Synthetic(self.synthetic_number(IdKind::Job, id)?)));
        Ok(Payload::of("", &run.ok_or_else(|| ErrorResponse::not_found("job"))?.data(self)))
    }
}

impl<'a> AnyDeployment<'a> {
    /// The account that created everything here.
    pub(super) const CREATOR: &'static str = "183899668000001";

    pub(super) fn name(self) -> Cow<'a, str> {
        match self {
            Self::Scripted(deployment) => deployment.name.as_str().into(),
            Self::Synthetic(number) => synthetic::name(number).into(),
        }
    }

    pub(super) fn execution_mode(self) -> &'a str {
        match self {
            Self::Scripted(deployment) => &deployment.execution_mode,
            Self::Synthetic(number) => synthetic::state(number).1,
        }
    }

    pub(super) fn created(self) -> SignedDuration {
        match self {
            Self::Scripted(deployment) => deployment.created,
            Self::Synthetic(number) => synthetic::created(number),
        }
    }

    pub(super) fn modified(self) -> SignedDuration {
        match self {
            Self::Scripted(deployment) => deployment.modified,
            Self::Synthetic(number) => {
                synthetic::created(number) + SignedDuration::from_hours(i64::from(number % 600))
            }
        }
    }

    /// The value of the `status` filter: the state of the newest job.
    pub(super) fn status(self) -> &'a str {
        match self.jobs().first().map_or("CANCELLED", AnyJob::state) {
            "STARTING" | "CANCELLING" => "TRANSITIONING",
            state => state,
        }
    }

    /// The deployment's jobs, newest first.
    pub(super) fn jobs(self) -> Vec<AnyJob<'a>> {
        match self {
            Self::Scripted(deployment) => {
                deployment.jobs.iter().map(|job| AnyJob::Scripted(deployment, job)).collect()
            }
            Self::Synthetic(number) => vec![AnyJob::Synthetic(number)],
        }
    }

    fn id(self) -> Cow<'a, str> {
        match self {
            Self::Scripted(deployment) => deployment.id.as_str().into(),
            Self::Synthetic(number) => synthetic::uuid(IdKind::Deployment, number.into()).into(),
        }
    }

    pub(super) fn data(self, scenario: &'a Scenario) -> DeploymentData<'a> {
        let names = [
            ("STARTING", "starting"),
            ("RUNNING", "running"),
            ("CANCELLING", "cancelling"),
            ("CANCELLED", "cancelled"),
            ("FAILED", "failed"),
            ("FINISHED", "finished"),
        ];
        let mut job_summary: BTreeMap<_, _> = names.iter().map(|(_, name)| (*name, 0)).collect();
        for run in self.jobs() {
            let name = names.iter().find(|(state, _)| *state == run.state());
            if let Some(count) = name.and_then(|(_, name)| job_summary.get_mut(name)) {
                *count += 1;
            }
        }
        let description = match self {
            Self::Scripted(deployment) => deployment.description.as_deref(),
            Self::Synthetic(_) => None,
        };
        DeploymentData {
            deployment_id: self.id(),
            name: self.name(),
            workspace: scenario.story.workspace.as_str(),
            namespace: scenario.story.namespace.as_str(),
            description,
            engine_version: "vvr-8.0.9-flink-1.17",
            execution_mode: self.execution_mode(),
            job_summary,
            creator: Self::CREATOR,
            creator_name: "data-platform",
            modifier: Self::CREATOR,
            modifier_name: "data-platform",
            created_at: scenario.seconds(self.created()),
            modified_at: scenario.seconds(self.modified()),
        }
    }
}

impl<'a> AnyJob<'a> {
    pub(super) fn id(&self) -> Cow<'a, str> {
        match *self {
            Self::Scripted(_, job) => job.id.as_str().into(),
            Self::Synthetic(number) => synthetic::uuid(IdKind::Job, number.into()).into(),
        }
    }

    pub(super) fn state(&self) -> &'a str {
        match *self {
            Self::Scripted(_, job) => &job.state,
            Self::Synthetic(number) => synthetic::state(number).0,
        }
    }

    pub(super) fn started(&self) -> SignedDuration {
        match *self {
            Self::Scripted(_, job) => job.started,
            Self::Synthetic(number) => AnyDeployment::Synthetic(number).modified(),
        }
    }

    pub(super) fn data(self, scenario: &'a Scenario) -> JobData<'a> {
        let deployment = match self {
            Self::Scripted(deployment, _) => AnyDeployment::Scripted(deployment),
            Self::Synthetic(number) => AnyDeployment::Synthetic(number),
        };
        let state = self.state();
        let is_over = matches!(state, "FAILED" | "CANCELLED" | "FINISHED");
        let ended = match self {
            Self::Scripted(_, job) => job.ended,
            Self::Synthetic(_) => is_over.then(|| self.started() + SignedDuration::from_hours(1)),
        };
        let failure = match self {
            Self::Scripted(_, job) => job.failure.as_ref().map(|failure| Failure {
                message: &failure.message,
                reason: &failure.reason,
                failed_at: scenario.seconds(failure.at.or(ended).unwrap_or(job.started)),
            }),
            Self::Synthetic(_) => None,
        };
        let running = (state == "RUNNING").then_some(Running {
            observed_flink_job_restarts: 0,
            observed_flink_job_status: state,
        });
        let created_at = scenario.seconds(self.started());
        let end_time = ended.map(|ended| scenario.seconds(ended));
        JobData {
            job_id: self.id(),
            deployment_id: deployment.id(),
            deployment_name: deployment.name(),
            workspace: scenario.story.workspace.as_str(),
            namespace: scenario.story.namespace.as_str(),
            execution_mode: deployment.execution_mode(),
            status: JobStatus { current: state, failure, running },
            start_time: created_at,
            end_time,
            created_at: created_at.to_string(),
            modified_at: end_time.unwrap_or(created_at).to_string(),
        }
    }
}
