//! The embedded service in a thread of its own, and the real binary that watches it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use savepeek::api::credentials::Credentials;
use savepeek::demo::{Faults, Service, Story};
use savepeek::domain::savepoint::SavepointId;
use secrecy::ExposeSecret as _;
use tokio::sync::oneshot;

use crate::support::session::{Launch, Session};

/// Faults apply to this savepoint only, or to all.
pub(crate) const ILL: &str = "11111111-1111-4111-8111-111111111111";

/// No fault applies to this savepoint alone.
pub(crate) const WELL: &str = "22222222-2222-4222-8222-222222222222";

/// Two savepoints that stay under way.
fn story() -> Story {
    let savepoint = |id: &str, description: &str| {
        format!(
            "[[savepoint]]\nid = {id:?}\ndescription = {description:?}\ndeploymentId = \"d\"\n\
             jobId = \"j\"\nsavepointOrigin = \"USER_REQUEST\"\nnativeFormat = true\n\
             steps = [{{ at = \"-1m\", state = \"STARTED\" }}]\n"
        )
    };
    let head = "workspace = \"0123456789abcd\"\nnamespace = \"test-default\"\n";
    let savepoints = [savepoint(ILL, "the ill one"), savepoint(WELL, "the well one")];
    Story::parse(&(head.to_owned() + &savepoints.concat())).unwrap()
}

/// A service that runs until it is dropped.
pub(crate) struct Embedded {
    pub(crate) service: Arc<Service>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Embedded {
    pub(crate) fn start() -> Self {
        Self::start_at("127.0.0.1:0".parse().unwrap())
    }

    pub(crate) fn start_at(listen: SocketAddr) -> Self {
        let (sender, receiver) = std::sync::mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                let service = Arc::new(Service::start(listen, story()).await.unwrap());
                sender.send(Arc::clone(&service)).unwrap();
                drop(service);
                let _stopped = stopped.await;
            });
        });
        Self { service: receiver.recv().unwrap(), stop: Some(stop), thread: Some(thread) }
    }

    /// The binary that watches both savepoints, every second and with three seconds' patience.
    pub(crate) fn watched(&self) -> Launch {
        let (endpoint, service) = (self.service.endpoint().as_str(), &self.service);
        let place = ["-w", service.workspace().as_str(), "-n", service.namespace().as_str()];
        let rhythm = ["--interval", "1s", "--timeout", "3s", "--rate", "20", "--fresh"];
        let binary = [env!("CARGO_BIN_EXE_savepeek"), "--endpoint", endpoint];
        Launch::command(&[&binary[..], &place, &rhythm, &[ILL, WELL]].concat()).size(150, 40)
    }

    /// The same with the service's access key in the environment, once both were answered.
    pub(crate) fn watch(&self) -> Session {
        let key = self.service.credentials();
        let launch = self.watched().environment("ALIBABA_CLOUD_ACCESS_KEY_ID", &key.access_key_id);
        let secret = key.access_key_secret.expose_secret();
        let session = launch.environment("ALIBABA_CLOUD_ACCESS_KEY_SECRET", secret).start();
        session.wait_for(LIVE);
        session.wait_for("2 STARTED");
        session
    }

    /// From now on this goes wrong.
    pub(crate) fn suffers(&self, faults: &str) {
        self.service.set_faults(Faults::parse(faults).unwrap());
    }

    /// From now on all is well.
    pub(crate) fn heals(&self) {
        self.suffers("");
    }

    /// How often a savepoint was answered.
    pub(crate) fn answered(&self, id: &str) -> u64 {
        self.service.request_count(&SavepointId::new(id).unwrap())
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        drop(self.stop.take());
        let _ended = self.thread.take().map(JoinHandle::join);
    }
}

/// What the header says while everything is as it should be.
pub(crate) const LIVE: &str = "● live, asked every";

/// Waits until it is so again by itself: for as long as a backoff, or a look at the keys, takes.
pub(crate) fn recovers(session: &Session) {
    session.wait_at_most(Duration::from_secs(75), "the screen to be live again", |seen| {
        seen.emulator.screen().contents().contains(LIVE)
    });
}

/// The line of the list for one.
pub(crate) fn row(screen: &str, description: &str) -> String {
    let mut lines = screen.lines().filter(|line| line.contains(description));
    lines.next().unwrap_or_default().to_owned()
}

/// The profile of the `aliyun` CLI that holds these keys.
pub(crate) fn profile(keys: &Credentials) -> String {
    let token = keys.security_token.as_ref().map_or("", |token| token.expose_secret());
    serde_json::json!({
        "current": "night",
        "profiles": [{
            "name": "night",
            "mode": if token.is_empty() { "AK" } else { "StsToken" },
            "access_key_id": keys.access_key_id,
            "access_key_secret": keys.access_key_secret.expose_secret(),
            "sts_token": token,
        }],
    })
    .to_string()
}
