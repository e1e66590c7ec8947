//! Deployments and jobs as the service describes them, those of the story and those of the crowd.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde::Serialize;

use super::answer::{Failure, Sheet};
use super::error_response::Refusal;
use super::scenario::Stage;
use super::story::{Deployment, Job};
use super::synthetic::{self, Kind};

/// A deployment, by where it is to be found.
#[derive(Debug, Clone, Copy)]
pub(super) enum Owner<'a> {
    ConfigSources(&'a Deployment),
    Crowd(u32),
}

/// A job, by where it is to be found.
#[derive(Debug, Clone, Copy)]
pub(super) enum Run<'a> {
    ConfigSources(&'a Deployment, &'a Job),
    Crowd(u32),
}

/// The service's `Deployment`, as far as anybody here looks at it.
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

/// The service's `Job`, likewise.
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

impl Stage {
    /// Every deployment.
    pub(super) fn owners(&self) -> impl Iterator<Item = Owner<'_>> {
        let told = self.story.deployments.iter().map(Owner::ConfigSources);
        told.chain((0..self.story.crowd.deployments).map(Owner::Crowd))
    }

    /// The deployment with this ID.
    pub(super) fn owner(&self, id: &str) -> Option<Owner<'_>> {
        let told = self.story.deployments.iter().find(|deployment| deployment.id == id);
        told.map(Owner::ConfigSources)
            .or_else(|| Some(Owner::Crowd(self.in_crowd(Kind::Deployment, id)?)))
    }

    fn in_crowd(&self, kind: Kind, id: &str) -> Option<u32> {
        let number = u32::try_from(synthetic::number(kind, id)?).ok()?;
        (number < self.story.crowd.deployments).then_some(number)
    }

    /// `GetDeployment`
    pub(super) fn get_deployment(&self, id: &str) -> Result<Sheet<'_>, Refusal> {
        let owner = self.owner(id).ok_or_else(|| Refusal::not_found("deployment"))?;
        Ok(Sheet::of("", &owner.data(self)))
    }

    /// `GetJob`
    pub(super) fn get_job(&self, id: &str) -> Result<Sheet<'_>, Refusal> {
        let told = self.story.deployments.iter().find_map(|deployment| {
            let job = deployment.jobs.iter().find(|job| job.id == id)?;
            Some(Run::ConfigSources(deployment, job))
        });
        let run = told.or_else(|| Some(Run::Crowd(self.in_crowd(Kind::Job, id)?)));
        Ok(Sheet::of("", &run.ok_or_else(|| Refusal::not_found("job"))?.data(self)))
    }
}

impl<'a> Owner<'a> {
    /// The account behind everything here.
    pub(super) const CREATOR: &'static str = "183899668000001";

    pub(super) fn name(self) -> Cow<'a, str> {
        match self {
            Self::ConfigSources(deployment) => deployment.name.as_str().into(),
            Self::Crowd(number) => synthetic::name(number).into(),
        }
    }

    pub(super) fn execution_mode(self) -> &'a str {
        match self {
            Self::ConfigSources(deployment) => &deployment.execution_mode,
            Self::Crowd(number) => synthetic::state(number).1,
        }
    }

    pub(super) fn created(self) -> SignedDuration {
        match self {
            Self::ConfigSources(deployment) => deployment.created,
            Self::Crowd(number) => synthetic::founded(number),
        }
    }

    pub(super) fn modified(self) -> SignedDuration {
        match self {
            Self::ConfigSources(deployment) => deployment.modified,
            Self::Crowd(number) => {
                synthetic::founded(number) + SignedDuration::from_hours(i64::from(number % 600))
            }
        }
    }

    /// The word by which the service filters: that of its newest job.
    pub(super) fn status(self) -> &'a str {
        match self.runs().first().map_or("CANCELLED", Run::state) {
            "STARTING" | "CANCELLING" => "TRANSITIONING",
            state => state,
        }
    }

    /// Its jobs, newest first.
    pub(super) fn runs(self) -> Vec<Run<'a>> {
        match self {
            Self::ConfigSources(owner) => {
                owner.jobs.iter().map(|job| Run::ConfigSources(owner, job)).collect()
            }
            Self::Crowd(number) => vec![Run::Crowd(number)],
        }
    }

    fn id(self) -> Cow<'a, str> {
        match self {
            Self::ConfigSources(deployment) => deployment.id.as_str().into(),
            Self::Crowd(number) => synthetic::uuid(Kind::Deployment, number.into()).into(),
        }
    }

    pub(super) fn data(self, scene: &'a Stage) -> DeploymentData<'a> {
        let names = [
            ("STARTING", "starting"),
            ("RUNNING", "running"),
            ("CANCELLING", "cancelling"),
            ("CANCELLED", "cancelled"),
            ("FAILED", "failed"),
            ("FINISHED", "finished"),
        ];
        let mut job_summary: BTreeMap<_, _> = names.iter().map(|(_, name)| (*name, 0)).collect();
        for run in self.runs() {
            let name = names.iter().find(|(state, _)| *state == run.state());
            if let Some(count) = name.and_then(|(_, name)| job_summary.get_mut(name)) {
                *count += 1;
            }
        }
        let description = match self {
            Self::ConfigSources(deployment) => deployment.description.as_deref(),
            Self::Crowd(_) => None,
        };
        DeploymentData {
            deployment_id: self.id(),
            name: self.name(),
            workspace: scene.story.workspace.as_str(),
            namespace: scene.story.namespace.as_str(),
            description,
            engine_version: "vvr-8.0.9-flink-1.17",
            execution_mode: self.execution_mode(),
            job_summary,
            creator: Self::CREATOR,
            creator_name: "data-platform",
            modifier: Self::CREATOR,
            modifier_name: "data-platform",
            created_at: scene.seconds(self.created()),
            modified_at: scene.seconds(self.modified()),
        }
    }
}

impl<'a> Run<'a> {
    pub(super) fn id(&self) -> Cow<'a, str> {
        match *self {
            Self::ConfigSources(_, job) => job.id.as_str().into(),
            Self::Crowd(number) => synthetic::uuid(Kind::Job, number.into()).into(),
        }
    }

    pub(super) fn state(&self) -> &'a str {
        match *self {
            Self::ConfigSources(_, job) => &job.state,
            Self::Crowd(number) => synthetic::state(number).0,
        }
    }

    pub(super) fn started(&self) -> SignedDuration {
        match *self {
            Self::ConfigSources(_, job) => job.started,
            Self::Crowd(number) => Owner::Crowd(number).modified(),
        }
    }

    pub(super) fn data(self, scene: &'a Stage) -> JobData<'a> {
        let owner = match self {
            Self::ConfigSources(owner, _) => Owner::ConfigSources(owner),
            Self::Crowd(number) => Owner::Crowd(number),
        };
        let state = self.state();
        let is_over = matches!(state, "FAILED" | "CANCELLED" | "FINISHED");
        let ended = match self {
            Self::ConfigSources(_, job) => job.ended,
            Self::Crowd(_) => is_over.then(|| self.started() + SignedDuration::from_hours(1)),
        };
        let failure = match self {
            Self::ConfigSources(_, job) => job.failure.as_ref().map(|failure| Failure {
                message: &failure.message,
                reason: &failure.reason,
                failed_at: scene.seconds(failure.at.or(ended).unwrap_or(job.started)),
            }),
            Self::Crowd(_) => None,
        };
        let running = (state == "RUNNING").then_some(Running {
            observed_flink_job_restarts: 0,
            observed_flink_job_status: state,
        });
        let created_at = scene.seconds(self.started());
        let end_time = ended.map(|ended| scene.seconds(ended));
        JobData {
            job_id: self.id(),
            deployment_id: owner.id(),
            deployment_name: owner.name(),
            workspace: scene.story.workspace.as_str(),
            namespace: scene.story.namespace.as_str(),
            execution_mode: owner.execution_mode(),
            status: JobStatus { current: state, failure, running },
            start_time: created_at,
            end_time,
            created_at: created_at.to_string(),
            modified_at: end_time.unwrap_or(created_at).to_string(),
        }
    }
}
