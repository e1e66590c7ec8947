//! The service as a server: connections, addresses, its end.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use savepeek::demo::{Faults, Service, Story, serve};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::call::{Call, Connection, PLAIN, STORY, start};

const DEADLINE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_connection_is_kept_for_many_requests() {
    let service = start().await;
    let mut connection = Connection::open(&service).await;
    for _ in 0..20 {
        let mut call = Call::get(&service, PLAIN);
        call.sign();
        let reply = connection.ask(&call).await;
        assert_eq!(reply.gist(), (200, "STARTED"));
        assert_eq!(reply.headers["keep-alive"], "timeout=25");
    }
    let mut spoilt = Call::get(&service, PLAIN);
    spoilt.sign();
    spoilt.path.push('x');
    assert_eq!(connection.ask(&spoilt).await.gist(), (400, "SignatureDoesNotMatch"));
    let mut call = Call::get(&service, PLAIN);
    call.sign();
    assert_eq!(connection.ask(&call).await.gist(), (200, "STARTED"), "after a refusal too");
}

#[tokio::test]
async fn connections_beyond_the_bound_wait_for_their_turn() {
    let service = start().await;
    let mut idle = Vec::new();
    for _ in 0..64 {
        let mut connection = Connection::open(&service).await;
        let mut call = Call::get(&service, PLAIN);
        call.sign();
        assert_eq!(connection.ask(&call).await.status, 200);
        idle.push(connection);
    }
    let mut late = tokio::spawn({
        let mut call = Call::get(&service, PLAIN);
        call.sign();
        let mut connection = Connection::open(&service).await;
        async move { connection.ask(&call).await.status }
    });
    assert!(timeout(Duration::from_millis(100), &mut late).await.is_err(), "64 are the bound");
    idle.pop();
    assert_eq!(timeout(DEADLINE, late).await.unwrap().unwrap(), 200);
}

#[tokio::test]
async fn its_end_is_the_end_of_every_connection_and_frees_the_port() {
    let service = start().await;
    let address = service.address();
    let mut idle = Connection::open(&service).await;
    let mut call = Call::get(&service, PLAIN);
    call.sign();
    assert_eq!(idle.ask(&call).await.status, 200);
    let mut stuck = Connection::open(&service).await;
    stuck.write(b"GET /api/v2/names").await;
    drop(service);
    assert!(timeout(DEADLINE, idle.is_over()).await.unwrap());
    assert!(timeout(DEADLINE, stuck.is_over()).await.unwrap());
    Service::start(address, Story::parse(STORY).unwrap()).await.unwrap();
}

#[rstest::rstest]
#[case::everywhere("0.0.0.0:0")]
#[case::another_address("192.0.2.1:0")]
#[case::everywhere_v6("[::]:0")]
#[tokio::test]
async fn listens_to_this_machine_only(#[case] listen: &str) {
    let story = Story::parse(STORY).unwrap();
    let error = Service::start(listen.parse().unwrap(), story).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    assert!(error.to_string().contains("this machine only"), "{error}");
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let service = start().await;
    let error = Service::start(service.address(), Story::parse(STORY).unwrap()).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    assert!(error.to_string().contains(&service.address().to_string()), "{error}");
}

#[tokio::test]
async fn its_targets_are_the_story_s() {
    let service = start().await;
    let targets = service.targets();
    assert_eq!(targets.len(), 7);
    assert_eq!(targets[0].id.as_str(), PLAIN);
    assert_eq!(&targets[0].place.endpoint, service.endpoint());
    assert_eq!(targets[0].place.workspace.as_str(), "0123456789abcd");
    assert_eq!(targets[0].place.namespace.as_str(), "test-default");
}

/// A writer that publishes its text when it is flushed.
struct Written(Vec<u8>, watch::Sender<String>);

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.1.send_replace(String::from_utf8_lossy(&self.0).into_owned());
        Ok(())
    }
}

#[tokio::test]
async fn serving_says_where_and_with_which_keys() {
    let (sender, mut lines) = watch::channel(String::new());
    let serving = tokio::spawn(async move {
        let listen = "127.0.0.1:0".parse().unwrap();
        serve(listen, Faults::default(), &mut Written(Vec::new(), sender)).await
    });
    timeout(DEADLINE, lines.changed()).await.unwrap().unwrap();
    let text = lines.borrow().clone();
    let exports: BTreeMap<_, _> =
        text.lines().filter_map(|line| line.strip_prefix("export ")?.split_once('=')).collect();
    let names: Vec<_> = exports.keys().copied().collect();
    assert_eq!(
        names,
        [
            "ALIBABA_CLOUD_ACCESS_KEY_ID",
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
            "SAVEPEEK_ENDPOINT",
            "SAVEPEEK_IDS",
            "SAVEPEEK_NAMESPACE",
            "SAVEPEEK_WORKSPACE",
        ]
    );
    let ids = exports["SAVEPEEK_IDS"].strip_prefix('"').unwrap().strip_suffix('"').unwrap();
    let story: Vec<_> = Story::embedded().ids().map(ToString::to_string).collect();
    assert_eq!(ids.split(' ').collect::<Vec<_>>(), story);
    assert!(text.contains("\n# export ALIBABA_CLOUD_SECURITY_TOKEN="));
    let address = exports["SAVEPEEK_ENDPOINT"].strip_prefix("http://").unwrap();
    tokio::net::TcpStream::connect(address).await.unwrap();
    assert!(!serving.is_finished(), "it goes on until it is cancelled");
    serving.abort();
}
