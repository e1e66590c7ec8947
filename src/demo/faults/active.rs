//! Chooses the fault that applies to a request.

use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;
use secrecy::ExposeSecret;
use tokio::time::Instant;

use super::super::keys;
use super::super::router::Operation;
use super::{Fault, Faults, Kind};

/// Faults, their start, and how often each has been applied.
#[derive(Debug)]
pub(in super::super) struct ActiveFaults {
    faults: Vec<(Fault, u64)>,
    started_at: Instant,
}

impl ActiveFaults {
    /// Starts the faults: their times count from now.
    pub(in super::super) fn start(faults: Faults) -> Self {
        Self {
            faults: faults.all.into_iter().map(|fault| (fault, 0)).collect(),
            started_at: Instant::now(),
        }
    }

    /// Returns the first fault that applies to a request, and counts one application of it.
    pub(in super::super) fn next_for(
        &mut self,
        asked: &Operation,
        headers: &HeaderMap,
    ) -> Option<Kind> {
        let elapsed = self.started_at.elapsed();
        let (fault, count) = self.faults.iter_mut().find(|(fault, count)| {
            fault.id.as_ref().is_none_or(|only| only.as_str() == asked.id)
                && fault.operation.is_none_or(|only| only == asked.action)
                && fault.from <= elapsed
                && fault.until.is_none_or(|until| elapsed < until)
                && fault.answers.is_none_or(|most| *count < most)
                && fault.kind.concerns(headers)
        })?;
        *count += 1;
        Some(fault.kind.clone())
    }
}

impl Kind {
    /// Whether the fault applies to the credentials in these headers.
    fn concerns(&self, headers: &HeaderMap) -> bool {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        match self {
            Self::ExpiredToken => {
                let expired = keys::temporary().security_token;
                text("x-acs-security-token") == expired.as_ref().map(ExposeSecret::expose_secret)
            }
            Self::DisabledKey => {
                let disabled = format!("Credential={},", keys::permanent().access_key_id);
                text(AUTHORIZATION.as_str()).is_some_and(|value| value.contains(&disabled))
            }
            _ => true,
        }
    }
}
