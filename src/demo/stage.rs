//! The story played: what a savepoint looks like now, and how the service behaves about it.

use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::answer::{Data, Failure, Sheet, Status};
use super::refusal::Refusal;
use super::story::{Role, Story};
use crate::clock;

/// A story under way.
#[derive(Debug)]
pub(super) struct Stage {
    story: Story,
    /// How often each role was asked for.
    asked: Vec<AtomicU64>,
    opened: Instant,
    opened_at: Timestamp,
}

impl Stage {
    /// Begins the story now.
    pub(super) fn open(story: Story) -> Self {
        let asked = story.roles.iter().map(|_| AtomicU64::new(0)).collect();
        Self { story, asked, opened: Instant::now(), opened_at: clock::now() }
    }

    /// How often this savepoint was asked for.
    pub(super) fn asked(&self, id: &str) -> u64 {
        let mut roles = self.story.roles.iter().zip(&self.asked);
        let asked = roles.find(|(role, _)| role.id.as_str() == id);
        asked.map_or(0, |(_, asked)| asked.load(Ordering::Relaxed))
    }

    /// `GetSavepoint`, with whatever the story makes of it this time.
    pub(super) async fn get_savepoint(
        &self,
        workspace: &str,
        namespace: &str,
        id: &str,
    ) -> Result<Sheet<'_>, Refusal> {
        if workspace != self.story.workspace.as_str() {
            return Err(Refusal::workspace());
        }
        let here = namespace == self.story.namespace.as_str();
        let mut roles = self.story.roles.iter().zip(&self.asked);
        let (role, asked) = roles
            .find(|(role, _)| here && role.id.as_str() == id)
            .ok_or_else(Refusal::not_found)?;

        let nth = asked.fetch_add(1, Ordering::Relaxed) + 1;
        if !role.delay.is_zero() {
            tokio::time::sleep(role.delay).await;
        }
        match &role.throttle {
            Some(throttle) if falls_on(nth, throttle.every) => {
                return Err(Refusal::throttled(throttle.wait));
            }
            _ => {}
        }
        if role.flap.is_some_and(|every| falls_on(nth, every)) {
            return Err(Refusal::internal());
        }
        let elapsed =
            SignedDuration::try_from(self.opened.elapsed()).unwrap_or(SignedDuration::MAX);
        self.sheet(role, elapsed).ok_or_else(Refusal::not_found)
    }

    /// What a role shows this long after the start, or nothing before its first step and after
    /// it vanished.
    fn sheet<'a>(&'a self, role: &'a Role, elapsed: SignedDuration) -> Option<Sheet<'a>> {
        if role.vanish.is_some_and(|at| at <= elapsed) {
            return None;
        }
        let created = role.steps.first()?.at;
        let step = role.steps.iter().take_while(|step| step.at <= elapsed).last()?;
        let failure = step.failure.as_ref().map(|failure| Failure {
            message: &failure.message,
            reason: &failure.reason,
            failed_at: self.seconds(failure.at.unwrap_or(step.at)),
        });
        let data = Data {
            savepoint_id: role.id.as_str(),
            deployment_id: &role.deployment_id,
            job_id: &role.job_id,
            namespace: self.story.namespace.as_str(),
            savepoint_origin: &role.savepoint_origin,
            native_format: role.native_format,
            description: role.description.as_deref(),
            stop_with_drain_enabled: role.stop_with_drain_enabled,
            savepoint_location: step.location.as_deref(),
            status: Status { state: &step.state, failure },
            created_at: self.seconds(created),
            modified_at: self.seconds(step.at),
        };
        Some(Sheet { no_error: &role.no_error, data })
    }

    /// A moment of the story as the service writes times.
    fn seconds(&self, at: SignedDuration) -> i64 {
        self.opened_at.as_second().saturating_add(at.as_secs())
    }
}

fn falls_on(nth: u64, every: NonZeroU64) -> bool {
    nth % every == 0
}
