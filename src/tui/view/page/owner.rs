//! Who took the savepoint: its deployment by name, and the job with its state and its own failure.
//! It is fetched rarely, so each line shows its age.

use super::fields::likely_cause;
use super::writer::Writer;
use crate::api::Answer;
use crate::domain::savepoint::{Failure, Savepoint, Target};
use crate::tui::model::meaning::Meaning;
use crate::tui::model::metadata::{JOB_MAX_AGE, OptionalApi};
use crate::tui::view::words;

/// The states of a job after which there are no others.
const OVER: [&str; 3] = ["FAILED", "CANCELLED", "FINISHED"];

impl<'a> Writer<'a> {
    /// The deployment: its name, then the ID that everything else goes by.
    pub(super) fn deployment(&mut self, target: &Target, savepoint: &Savepoint) {
        let Some(id) = savepoint.deployment_id.as_deref().filter(|id| !id.is_empty()) else {
            return;
        };
        if let Some((name, at)) = self.state.metadata.name_of(&target.place, id) {
            let name = format!("{name} (heard {})", words::ago(self.state, at));
            self.field("Deployment", &name, Meaning::Text);
            self.field("", id, Meaning::Text);
        } else {
            self.field("Deployment", id, Meaning::Text);
        }
        self.missing_permission(target, OptionalApi::Deployment);
    }

    /// The job: its state when it was last fetched, its ID, and why it failed if it did.
    pub(super) fn job(&mut self, target: &Target, savepoint: &Savepoint) {
        let Some(id) = savepoint.job_id.as_deref().filter(|id| !id.is_empty()) else { return };
        let known = self.state.metadata.job(&target.place, id);
        let said = known.and_then(|(job, at)| Some((job.state.as_deref()?, at)));
        if let Some((word, at)) = said.filter(|(word, _)| !word.is_empty()) {
            let over = OVER.contains(&word);
            let fresh =
                !self.state.paused() && self.state.now.duration_since(at).abs() < JOB_MAX_AGE;
            let (words, meaning) = match (over, fresh) {
                (true, _) if word == "FAILED" => (format!("{word}, heard"), Meaning::Bad),
                (true, _) | (_, true) => (format!("{word}, heard"), Meaning::Text),
                (false, false) => (format!("was {word}, heard"), Meaning::Label),
            };
            let words = format!("{words} {}", words::ago(self.state, at));
            self.field("Job", &words, meaning);
            self.field("", id, Meaning::Text);
        } else {
            self.field("Job", id, Meaning::Text);
        }
        if let Some(failure) = self.failure_of_job(target, savepoint) {
            self.paragraph("Job failed", failure.message.as_deref(), Meaning::Bad);
            if let Some(cause) = likely_cause(failure) {
                self.field("Its cause?", cause, Meaning::Text);
            }
            self.guidance(failure, "what the job's failure means");
        }
        self.missing_permission(target, OptionalApi::Job);
    }

    /// The long text of the job's failure, after all that is the savepoint's.
    pub(super) fn job_failure(&mut self, target: &Target, answer: &Answer) {
        let Some(failure) = self.failure_of_job(target, &answer.savepoint) else { return };
        self.text(
            "Reason of the job's own failure, not the savepoint's",
            failure.reason.as_deref(),
        );
    }

    /// The job's own failure, which means something only while its state is FAILED.
    fn failure_of_job(&self, target: &Target, savepoint: &Savepoint) -> Option<&'a Failure> {
        let (job, _) = self.state.metadata.job(&target.place, savepoint.job_id.as_deref()?)?;
        job.failure.as_ref().filter(|_| job.state.as_deref() == Some("FAILED"))
    }

    /// Which permission is missing, and what it would add.
    pub(super) fn missing_permission(&mut self, target: &Target, help: OptionalApi) {
        if let Some(action) = self.state.metadata.missing_permission(&target.place, help) {
            let words = format!("The RAM permission {action} would add {}.", help.benefit());
            self.note(&words);
        }
    }
}
