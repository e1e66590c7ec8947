//! A request in, an answer out: the order in which things are looked at.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::{Request, Response, header};

use super::error_response::{ErrorResponse, mandatory};
use super::faults::{ActiveFaults, Body, Disconnect, Faults, Kind, send};
use super::gateway::Gateway;
use super::keys;
use super::response::{Envelope, Payload};
use super::router::Operation;
use super::scenario::Scenario;
use super::story::Story;
use crate::util::clock;

/// The longest body that is read, in bytes; the operations served take none at all.
const MAX_BODY: usize = 64 * 1024;

/// What all connections share.
#[derive(Debug)]
pub(super) struct Handler {
    gateway: Gateway,
    scenario: Scenario,
    faults: Mutex<ActiveFaults>,
    requests: AtomicU64,
}

impl Handler {
    /// Opens with this story and these faults, which begin now.
    pub(super) fn new(story: Story, faults: Faults) -> Self {
        let known = [keys::permanent(), keys::temporary(), keys::rotated(), keys::renewed()];
        Self {
            gateway: Gateway::new(known.into()),
            scenario: Scenario::start(story),
            faults: Mutex::new(ActiveFaults::start(faults)),
            requests: AtomicU64::new(0),
        }
    }

    /// Puts these faults in the place of those there were.
    pub(super) fn set_faults(&self, faults: Faults) {
        *self.faults() = ActiveFaults::start(faults);
    }

    /// How often the story was asked for this savepoint.
    pub(super) fn request_count(&self, id: &str) -> u64 {
        self.scenario.request_count(id)
    }

    /// How often each operation was performed, by name.
    pub(super) fn operation_counts(&self) -> BTreeMap<&'static str, u64> {
        self.scenario.operation_counts()
    }

    /// Answers one request, or breaks the connection where a fault is to do that.
    pub(super) async fn answer(
        &self,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Disconnect> {
        let number = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        let host = request.headers().get(header::HOST);
        let mut envelope = Envelope {
            // Numbered rather than drawn: the same requests get the same answers.
            request_id: format!("DE300000-0000-4000-8000-{number:012X}"),
            host: host.map_or_else(String::new, |host| {
                String::from_utf8_lossy(host.as_bytes()).into_owned()
            }),
            date: clock::now(),
        };
        let operation = Operation::of(request.method(), request.uri(), request.headers());
        let asks_for = operation.as_ref().ok();
        let fault = asks_for
            .and_then(|request_count| self.faults().next_for(request_count, request.headers()));
        match &fault {
            Some(Kind::Delay(delay)) => tokio::time::sleep(*delay).await,
            Some(Kind::Clock(ahead)) => {
                envelope.date = envelope.date.saturating_add(*ahead).unwrap_or(envelope.date);
            }
            _ => {}
        }
        let operation_counts = match (fault.as_ref().and_then(Kind::refusal), operation) {
            (Some(refusal), _) | (None, Err(refusal)) => Err(refusal),
            (None, Ok(operation)) => self.perform(operation, request, &envelope).await,
        };
        let answer = match operation_counts {
            Ok(payload) => envelope.success(&payload),
            Err(refusal) => envelope.refusal(&refusal),
        };
        send(answer, fault.as_ref())
    }

    async fn perform(
        &self,
        operation: Operation,
        request: Request<Incoming>,
        envelope: &Envelope,
    ) -> Result<Payload<'_>, ErrorResponse> {
        let (parts, body) = request.into_parts();
        let body = match Limited::new(body, MAX_BODY).collect().await {
            Ok(body) => body.to_bytes(),
            Err(_) => return Err(ErrorResponse::body()),
        };
        let request = Request::from_parts(parts, body);
        self.gateway.admit(&request, envelope.date)?;
        let workspace = mandatory(request.headers(), "workspace", "Workspace")?;
        self.scenario.perform(workspace, &operation).await
    }

    fn faults(&self) -> MutexGuard<'_, ActiveFaults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
