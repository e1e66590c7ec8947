//! The running story: the current state of each savepoint, and how its requests are answered.

use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::error_response::ErrorResponse;
use super::response::{Failure, Payload, SavepointData, Status};
use super::router::{Action, Operation};
use super::story::{ScriptedSavepoint, Story};
use super::synthetic::GeneratedSavepoint;
use crate::util::clock;

#[derive(Debug)]
pub(super) struct Scenario {
    pub(super) story: Story,
    /// Requests for each scripted savepoint, in the story's order.
    request_count: Vec<AtomicU64>,
    /// Requests for each operation, in the order of [`Action`].
    operation_counts: [AtomicU64; Action::COUNT],
    started: Instant,
    started_at: Timestamp,
}

impl Scenario {
    /// Starts the story now.
    pub(super) fn start(story: Story) -> Self {
        let request_count = story.roles.iter().map(|_| AtomicU64::new(0)).collect();
        let operation_counts = Default::default();
        Self {
            story,
            request_count,
            operation_counts,
            started: Instant::now(),
            started_at: clock::now(),
        }
    }

    /// How many requests there were for this savepoint.
    pub(super) fn request_count(&self, id: &str) -> u64 {
        let mut roles = self.story.roles.iter().zip(&self.request_count);
        let request_count = roles.find(|(role, _)| role.id.as_str() == id);
        request_count.map_or(0, |(_, request_count)| request_count.load(Ordering::Relaxed))
    }

    /// How many requests there were for each operation, by name.
    pub(super) fn operation_counts(&self) -> BTreeMap<&'static str, u64> {
        let count = |action| self.operation_counts[action as usize].load(Ordering::Relaxed);
        Action::all().map(|(action, name)| (name, count(action))).collect()
    }

    /// Performs one operation; the outcome depends on the time and on the number of requests so far.
    pub(super) async fn perform(
        &self,
        workspace: &str,
        operation: &Operation,
    ) -> Result<Payload<'_>, ErrorResponse> {
        if workspace != self.story.workspace.as_str() {
            return Err(ErrorResponse::workspace());
        }
        if operation.namespace != self.story.namespace.as_str() {
            return Err(ErrorResponse::not_found("namespace"));
        }
        self.operation_counts[operation.action as usize].fetch_add(1, Ordering::Relaxed);
        let (id, query) = (&operation.id, &operation.query);
        match operation.action {
            Action::GetSavepoint => self.get_savepoint(id).await,
            Action::GetDeployment => self.get_deployment(id),
            Action::GetJob => self.get_job(id),
            Action::ListSavepoints => self.list_savepoints(query),
            Action::ListDeployments => self.list_deployments(query),
            Action::ListJobs => self.list_jobs(query),
        }
    }

    async fn get_savepoint(&self, id: &str) -> Result<Payload<'_>, ErrorResponse> {
        let not_found = || ErrorResponse::not_found("savepoint");
        let mut roles = self.story.roles.iter().zip(&self.request_count);
        let Some((role, request_count)) = roles.find(|(role, _)| role.id.as_str() == id) else {
            let elapsed = self.elapsed();
            let generated = self.generated(id, elapsed).ok_or_else(not_found)?;
            return Ok(Payload::of("", &self.generated_data(generated, elapsed)));
        };

        let nth = request_count.fetch_add(1, Ordering::Relaxed) + 1;
        if !role.delay.is_zero() {
            tokio::time::sleep(role.delay).await;
        }
        match &role.throttle {
            Some(throttle) if falls_on(nth, throttle.every) => {
                return Err(ErrorResponse::throttled(throttle.wait));
            }
            _ => {}
        }
        if role.flap.is_some_and(|every| falls_on(nth, every)) {
            return Err(ErrorResponse::internal());
        }
        let data = self.data(role, self.elapsed()).ok_or_else(not_found)?;
        Ok(Payload::of(&role.no_error, &data))
    }

    pub(super) fn elapsed(&self) -> SignedDuration {
        SignedDuration::try_from(self.started.elapsed()).unwrap_or(SignedDuration::MAX)
    }

    /// The data of a generated savepoint at this time since the start.
    pub(super) fn generated_data<'a>(
        &'a self,
        generated: GeneratedSavepoint<'a>,
        elapsed: SignedDuration,
    ) -> SavepointData<'a> {
        generated.data(self.story.namespace.as_str(), elapsed, self.started_at.as_second())
    }

    /// The data of a scripted savepoint at this time since the start; `None` if it does not exist then.
    pub(super) fn data<'a>(
        &'a self,
        role: &'a ScriptedSavepoint,
        elapsed: SignedDuration,
    ) -> Option<SavepointData<'a>> {
        let created = role.steps.first()?.at;
        let step = role.step(elapsed)?;
        let failure = step.failure.as_ref().map(|failure| Failure {
            message: &failure.message,
            reason: &failure.reason,
            failed_at: self.seconds(failure.at.unwrap_or(step.at)),
        });
        Some(SavepointData {
            savepoint_id: role.id.as_str().into(),
            deployment_id: role.deployment_id.as_str().into(),
            job_id: role.job_id.as_str().into(),
            namespace: self.story.namespace.as_str(),
            savepoint_origin: &role.savepoint_origin,
            native_format: role.native_format,
            description: role.description.as_deref(),
            stop_with_drain_enabled: role.stop_with_drain_enabled,
            savepoint_location: step.location.as_deref().map(Into::into),
            status: Status { state: &step.state, failure },
            created_at: self.seconds(created),
            modified_at: self.seconds(step.at),
        })
    }

    /// A moment of the story in Unix seconds, as the service writes times.
    pub(super) fn seconds(&self, at: SignedDuration) -> i64 {
        self.started_at.as_second().saturating_add(at.as_secs())
    }
}

fn falls_on(nth: u64, every: NonZeroU64) -> bool {
    nth % every == 0
}
