//! A request in, an answer out: the order in which things are looked at.

use std::sync::atomic::{AtomicU64, Ordering};

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response, header};

use super::answer::{Envelope, Sheet};
use super::gateway::Gateway;
use super::keys;
use super::refusal::{Refusal, mandatory};
use super::route::Operation;
use super::stage::Stage;
use super::story::Story;
use crate::clock;

/// The longest body that is read, in bytes; the operations served take none at all.
const BODY: usize = 64 * 1024;

/// What all connections share.
#[derive(Debug)]
pub(super) struct Front {
    gateway: Gateway,
    stage: Stage,
    requests: AtomicU64,
}

impl Front {
    /// Opens with this story, which begins now.
    pub(super) fn new(story: Story) -> Self {
        Self {
            gateway: Gateway::new(vec![keys::permanent(), keys::temporary()]),
            stage: Stage::open(story),
            requests: AtomicU64::new(0),
        }
    }

    /// Answers one request.
    pub(super) async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let number = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        let host = request.headers().get(header::HOST);
        let envelope = Envelope {
            // Numbered rather than drawn: the same requests get the same answers.
            request_id: format!("DE300000-0000-4000-8000-{number:012X}"),
            host: host.map_or_else(String::new, |host| {
                String::from_utf8_lossy(host.as_bytes()).into_owned()
            }),
            date: clock::now(),
        };
        match self.perform(request, &envelope).await {
            Ok(sheet) => envelope.success(&sheet),
            Err(refusal) => envelope.refusal(&refusal),
        }
    }

    async fn perform(
        &self,
        request: Request<Incoming>,
        envelope: &Envelope,
    ) -> Result<Sheet<'_>, Refusal> {
        let operation = Operation::of(request.method(), request.uri().path(), request.headers())?;
        let (parts, body) = request.into_parts();
        let body = match Limited::new(body, BODY).collect().await {
            Ok(body) => body.to_bytes(),
            Err(_) => return Err(Refusal::body()),
        };
        let request = Request::from_parts(parts, body);
        self.gateway.admit(&request, envelope.date)?;
        let workspace = mandatory(request.headers(), "workspace", "Workspace")?;
        match operation {
            Operation::GetSavepoint { namespace, id } => {
                self.stage.get_savepoint(workspace, &namespace, &id).await
            }
        }
    }
}
