//! The client over real connections: what it sends, and how it handles misbehaving servers.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod bad_responses;
mod embedded;
mod identity;
mod lists;
mod mismatches;
mod names;
mod network;
mod picker;
mod resolver;
mod server;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use savepeek::api::credentials::{Chain, CredentialSource, Credentials, Declined, Provider};
use savepeek::api::{Client, Settings};
use savepeek::domain::endpoint::Endpoint;
use savepeek::domain::savepoint::{Namespace, Place, Profile, SavepointId, Target, Workspace};
use savepeek::util::environment::Environment;

/// Longer than any test takes. Tests of timeouts set their own.
const PATIENCE: Duration = Duration::from_secs(30);

const SECRET: &str = "hunter2-the-secret";

fn keys(id: &str, token: Option<&str>) -> Credentials {
    Credentials {
        access_key_id: id.to_owned(),
        access_key_secret: SECRET.into(),
        security_token: token.map(Into::into),
        expires_at: None,
    }
}

/// Provides these keys one after the other, then the last one for ever. None is an error.
#[derive(Debug, Clone)]
struct Rotating(Arc<Mutex<VecDeque<Credentials>>>);

impl Rotating {
    fn new(keys: impl IntoIterator<Item = Credentials>) -> Self {
        Self(Arc::new(Mutex::new(keys.into_iter().collect())))
    }

    fn set(&self, keys: Credentials) {
        *self.0.lock().unwrap() = [keys].into();
    }
}

impl Provider for Rotating {
    fn name(&self) -> String {
        "rotating".to_owned()
    }

    fn source(&self) -> Result<CredentialSource, Declined> {
        let mut keys = self.0.lock().unwrap();
        let given = if keys.len() > 1 { keys.pop_front() } else { keys.front().cloned() };
        given
            .map(CredentialSource::Keys)
            .ok_or_else(|| Declined::Skipped("there are none".to_owned()))
    }
}

fn client(timeout: Duration) -> Client {
    client_of(Rotating::new([keys("LTAI5tFAKE", None)]), timeout, Environment::of([]))
}

fn client_of(provider: Rotating, timeout: Duration, environment: Environment) -> Client {
    let chain = move |_: Option<&Profile>| Chain::new(vec![Box::new(provider.clone())]);
    Client::with_environment(Settings { timeout }, chain, environment)
}

/// A savepoint of the service at this URL.
fn target(url: &str) -> Target {
    Target {
        place: Place {
            endpoint: Endpoint::of_url(url, true).unwrap(),
            workspace: Workspace::new("a14bd5d90a0001").unwrap(),
            namespace: Namespace::new("name space").unwrap(),
            profile: None,
        },
        id: SavepointId::new("sp/1").unwrap(),
    }
}

/// A savepoint of this server.
fn at(server: &server::Server) -> Target {
    target(&format!("http://{}", server.address))
}
