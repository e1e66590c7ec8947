//! Turns a request into a response: fault, operation, gateway, scenario.

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

/// The longest body that is read, in bytes; no operation here needs one.
const MAX_BODY: usize = 64 * 1024;

/// The state that all connections share.
#[derive(Debug)]
pub(super) struct Handler {
    gateway: Gateway,
    scenario: Scenario,
    faults: Mutex<ActiveFaults>,
    requests: AtomicU64,
}

impl Handler {
    /// Starts the story and the faults now.
    pub(super) fn new(story: Story, faults: Faults) -> Self {
        let known = [keys::permanent(), keys::temporary(), keys::rotated(), keys::renewed()];
        Self {
            gateway: Gateway::new(known.into()),
            scenario: Scenario::start(story),
            faults: Mutex::new(ActiveFaults::start(faults)),
            requests: AtomicU64::new(0),
        }
    }

    pub(super) fn set_faults(&self, faults: Faults) {
        *self.faults() = ActiveFaults::start(faults);
    }

    pub(super) fn request_count(&self, id: &str) -> u64 {
        self.scenario.request_count(id)
    }

    pub(super) fn operation_counts(&self) -> BTreeMap<&'static str, u64> {
        self.scenario.operation_counts()
    }

    /// Answers one request, or closes the connection if a fault demands it.
    pub(super) async fn answer(
        &self,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Disconnect> {
        let number = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        let host = request.headers().get(header::HOST);
        let mut envelope = Envelope {
            // Numbered rather than random: the same requests get the same responses.
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
