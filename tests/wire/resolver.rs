//! Name resolution: plain http stays on this machine, and a hanging resolver blocks nothing else.

use std::net::SocketAddr;
use std::sync::{Mutex, mpsc};

use futures_util::future::join_all;
use rstest::rstest;
use savepeek::api::{Cause, Client, Resolver, Unreachable};
use savepeek::util::environment::Environment;

use crate::server::{Reply, Server, savepoint};
use crate::{PATIENCE, Rotating, client_of, keys, target};

/// A client for which all names resolve to these addresses: each set once, then the last for ever.
fn client(answers: &[&[&str]], environment: Environment) -> Client {
    let parse = |answer: &&[&str]| {
        let parsed = answer.iter().map(|ip| SocketAddr::new(ip.parse().unwrap(), 0));
        parsed.collect::<Vec<_>>()
    };
    let answers = Mutex::new(answers.iter().map(parse).collect::<Vec<_>>());
    let resolver = Resolver::new(move |_| {
        let mut answers = answers.lock().unwrap();
        Ok(if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() })
    });
    let keys = Rotating::new([keys("LTAI5tFAKE", Some("CAIStoken"))]);
    client_of(keys, PATIENCE, environment).with_resolver(resolver)
}

#[rstest]
#[case::elsewhere(&["203.0.113.9"], "203.0.113.9")]
#[case::here_and_elsewhere(&["127.0.0.1", "203.0.113.9"], "203.0.113.9")]
#[case::elsewhere_as_ipv6(&["127.0.0.1", "::ffff:203.0.113.9"], "::ffff:203.0.113.9")]
#[tokio::test]
async fn a_local_name_that_resolves_to_another_machine_is_refused(
    #[case] addresses: &[&str],
    #[case] said: &str,
) {
    let server = Server::always(|| Reply::KeepAlive(savepoint())).await;
    let client = client(&[addresses], Environment::of([]));
    let target = target(&format!("http://evil.localhost:{}", server.address.port()));
    let error = client.get_savepoint(&target).await.unwrap_err();
    assert_eq!(error.cause, Cause::Unreachable(Unreachable::PlainHttp), "{error}");
    assert_eq!(error.kind(), "unreachable");
    let why = format!(
        "plain http to evil.localhost: it resolves to {said}, which is not this machine; \
         use https, or the address with --allow-http"
    );
    assert_eq!(error.message, why);
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_name_is_checked_again_at_each_connection() {
    let server = Server::always(|| Reply::Close(savepoint())).await;
    let client = client(&[&["127.0.0.1"], &["127.0.0.1", "203.0.113.9"]], Environment::of([]));
    let target = target(&format!("http://evil.localhost:{}", server.address.port()));
    client.get_savepoint(&target).await.unwrap();
    let error = client.get_savepoint(&target).await.unwrap_err();
    assert_eq!(error.cause, Cause::Unreachable(Unreachable::PlainHttp), "{error}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_local_name_bypasses_proxies() {
    let proxy = Server::always(|| Reply::KeepAlive(savepoint())).await;
    let server = Server::always(|| Reply::KeepAlive(savepoint())).await;
    let value = format!("http://{}", proxy.address);
    let environment = Environment::of([("HTTP_PROXY", &value)]);
    let client = client(&[&["127.0.0.1"]], environment);
    let target = target(&format!("http://service.localhost:{}", server.address.port()));
    client.get_savepoint(&target).await.unwrap();
    assert_eq!((server.requests().len(), proxy.connections()), (1, 0));
}

#[test]
fn a_hanging_resolver_does_not_block_file_access() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(2)
        .start_paused(true)
        .build()
        .unwrap();
    let (never, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let resolver = Resolver::new(move |_| {
        let _closed = wait.lock().unwrap().recv();
        Ok(Vec::new())
    });
    runtime.block_on(async {
        let keys = Rotating::new([keys("LTAI5tFAKE", None)]);
        let client = client_of(keys, PATIENCE, Environment::of([])).with_resolver(resolver);
        let targets: Vec<_> =
            (0..100).map(|host| target(&format!("https://{host}.example"))).collect();
        let answers = join_all(targets.iter().map(|target| client.get_savepoint(target))).await;
        for (host, answer) in answers.into_iter().enumerate() {
            let error = answer.unwrap_err();
            assert_eq!(error.cause, Cause::Unreachable(Unreachable::Dns), "{error}");
            let why = format!("{host}.example: the name was not resolved within 4 s");
            assert_eq!(error.message, why);
        }
        let written = tokio::task::spawn_blocking(|| "written").await.unwrap();
        assert_eq!(written, "written");
    });
    drop(never);
}
