//! The deployment of the savepoint, and its job with state and failure. They are fetched rarely, so
//! each line shows its age.

use super::fields::likely_cause;
use super::writer::Writer;
use crate::api::Answer;
use crate::domain::savepoint::{Failure, Savepoint, Target};
use crate::tui::model::metadata::{JOB_MAX_AGE, OptionalApi};
use crate::tui::model::role::Role;
use crate::tui::view::time;

/// States that a job never leaves.
const FINAL_STATES: [&str; 3] = ["FAILED", "CANCELLED", "FINISHED"];

impl<'a> Writer<'a> {
    pub(super) fn deployment(&mut self, target: &Target, savepoint: &Savepoint) {
        let Some(id) = savepoint.deployment_id.as_deref().filter(|id| !id.is_empty()) else {
            return;
        };
        if let Some((name, at)) = self.state.metadata.name_of(&target.place, id) {
            let name = format!("{name} (heard {})", time::ago(self.state, at));
            self.field("Deployment", &name, Role::Text);
            self.field("", id, Role::Text);
        } else {
            self.field("Deployment", id, Role::Text);
        }
        self.missing_permission(target, OptionalApi::Deployment);
    }

    pub(super) fn job(&mut self, target: &Target, savepoint: &Savepoint) {
        let Some(id) = savepoint.job_id.as_deref().filter(|id| !id.is_empty()) else { return };
        let known = self.state.metadata.job(&target.place, id);
        let last_state = known.and_then(|(job, at)| Some((job.state.as_deref()?, at)));
        if let Some((state, at)) = last_state.filter(|(state, _)| !state.is_empty()) {
            let is_final = FINAL_STATES.contains(&state);
            let is_fresh =
                !self.state.paused() && self.state.now.duration_since(at).abs() < JOB_MAX_AGE;
            let (words, role) = match (is_final, is_fresh) {
                (true, _) if state == "FAILED" => (format!("{state}, heard"), Role::Bad),
                (true, _) | (_, true) => (format!("{state}, heard"), Role::Text),
                (false, false) => (format!("was {state}, heard"), Role::Label),
            };
            let words = format!("{words} {}", time::ago(self.state, at));
            self.field("Job", &words, role);
            self.field("", id, Role::Text);
        } else {
            self.field("Job", id, Role::Text);
        }
        if let Some(failure) = self.failure_of_job(target, savepoint) {
            self.paragraph("Job failed", failure.message.as_deref(), Role::Bad);
            if let Some(cause) = likely_cause(failure) {
                self.field("Its cause?", cause, Role::Text);
            }
            self.failure_hint(failure, "what the job's failure means");
        }
        self.missing_permission(target, OptionalApi::Job);
    }

    /// The reason of the job's failure, below everything about the savepoint.
    pub(super) fn job_failure(&mut self, target: &Target, answer: &Answer) {
        let Some(failure) = self.failure_of_job(target, &answer.savepoint) else { return };
        self.text(
            "Reason of the job's own failure, not the savepoint's",
            failure.reason.as_deref(),
        );
    }

    /// The failure of the job; the service may send one in other states, where it means nothing.
    fn failure_of_job(&self, target: &Target, savepoint: &Savepoint) -> Option<&'a Failure> {
        let (job, _) = self.state.metadata.job(&target.place, savepoint.job_id.as_deref()?)?;
        job.failure.as_deref().filter(|_| job.state.as_deref() == Some("FAILED"))
    }

    /// The missing permission, and what it would add.
    pub(super) fn missing_permission(&mut self, target: &Target, api: OptionalApi) {
        if let Some(action) = self.state.metadata.missing_permission(&target.place, api) {
            let words = format!("The RAM permission {action} would add {}.", api.benefit());
            self.note(&words);
        }
    }
}
