//! The embedded service with a story of the test's own, for a savepeek in another process.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use savepeek::demo::{Service, Story};
use secrecy::ExposeSecret as _;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::session::{Launch, Session};

const ID: &str = "79b4e2ca-ad85-46da-8cff-c2c0e8d40303";

/// Runs until it is dropped.
pub struct DemoService {
    pub service: Arc<Service>,
    key: [String; 2],
    /// Advances the service's clock. Dropping it ends the service.
    clock: UnboundedSender<Duration>,
}

impl DemoService {
    /// One savepoint that is STARTED, and in the state `then` after an hour.
    pub fn with_one_transition(description: &str, then: &str) -> Self {
        let story = format!(
            r#"
            workspace = "w-1"
            namespace = "prod"
            [[savepoint]]
            id = "{ID}"
            deploymentId = "d"
            jobId = "j"
            savepointOrigin = "USER_REQUEST"
            nativeFormat = true
            description = "{description}"
            steps = [{{ at = "-10s", state = "STARTED" }}, {{ at = "1h", state = "{then}" }}]
            "#
        );
        Self::from_toml(&story)
    }

    /// Serves a story in TOML.
    pub fn from_toml(story: &str) -> Self {
        Self::start(Story::parse(story).unwrap())
    }

    /// Serves a story.
    pub fn start(story: Story) -> Self {
        let (sender, started) = mpsc::channel();
        let (clock, mut passes) = unbounded_channel();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
                let service = Arc::new(Service::start(address, story).await.unwrap());
                sender.send(service).unwrap();
                while let Some(time) = passes.recv().await {
                    // The story's clock is tokio's.
                    tokio::time::pause();
                    tokio::time::advance(time).await;
                    tokio::time::resume();
                }
            });
        });
        let service = started.recv().unwrap();
        let credentials = service.credentials();
        let secret = credentials.access_key_secret.expose_secret().to_owned();
        Self { service, key: [credentials.access_key_id, secret], clock }
    }

    /// A savepeek that watches its savepoint, with more flags.
    pub fn launch_watching(&self, flags: &[&str]) -> Launch {
        let endpoint = format!("http://{}", self.service.address());
        let here = ["--endpoint", &endpoint, "-w", "w-1", "-n", "prod", "--interval", "1s"];
        self.savepeek(&[&here, flags, &[ID]].concat())
    }

    /// Starts such a savepeek, waits for STARTED on its screen, and then lets the state change.
    pub fn run_transition(&self, flags: &[&str]) -> Session {
        self.run_transition_in(self.launch_watching(flags))
    }

    /// The same with this launch.
    pub fn run_transition_in(&self, launch: Launch) -> Session {
        let session = launch.start();
        session.wait_for("STARTED");
        self.change();
        session
    }

    /// Advances the service's clock by an hour.
    pub fn change(&self) {
        self.clock.send(Duration::from_secs(3600)).unwrap();
    }

    /// A savepeek with the service's keys.
    pub fn savepeek(&self, arguments: &[&str]) -> Launch {
        let [id, secret] = &self.key;
        Launch::savepeek(arguments)
            .environment("ALIBABA_CLOUD_ACCESS_KEY_ID", id)
            .environment("ALIBABA_CLOUD_ACCESS_KEY_SECRET", secret)
    }

    /// Its address and its keys as environment variables.
    pub fn variables(&self) -> [(&'static str, String); 3] {
        let [id, secret] = self.key.clone();
        [
            ("SAVEPEEK_ENDPOINT", format!("http://{}", self.service.address())),
            ("ALIBABA_CLOUD_ACCESS_KEY_ID", id),
            ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", secret),
        ]
    }

    /// The access key's secret, which must not appear in any output.
    pub fn secret(&self) -> &str {
        &self.key[1]
    }
}
