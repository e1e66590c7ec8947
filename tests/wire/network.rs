//! What is sent, over which connection, and what happens when there is none.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::process::Command;

use rstest::rstest;
use savepeek::api::credentials::Chain;
use savepeek::api::{Cause, Client, Settings, Unreachable};
use savepeek::domain::savepoint::Profile;
use savepeek::util::environment::Environment;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::server::{Server, Turn, http, savepoint};
use crate::{PATIENCE, Rotating, at, client, client_of, keys, target};

#[tokio::test]
async fn a_request_carries_these_headers_and_no_others() {
    let server = Server::always(|| {
        let with_cookie = String::from_utf8(savepoint()).unwrap();
        Turn::Answer(with_cookie.replacen("\r\n", "\r\nset-cookie: a=b\r\n", 1).into_bytes())
    })
    .await;
    let token = "CAIS/the+token==";
    let provider = Rotating::new([keys("STS.FAKE", Some(token))]);
    let client = client_of(provider, PATIENCE, Environment::of([]));
    for _ in 0..2 {
        let answer = client.get_savepoint(&at(&server)).await.unwrap();
        assert_eq!(answer.request_id.as_deref(), Some("R-1"));
        assert_eq!(&*answer.data, r#"{"savepointId": "sp/1"}"#);
        assert_eq!(answer.clock_correction, None);
    }

    let requests = server.requests();
    assert_eq!((requests.len(), server.connections()), (2, 1), "the connection is kept");
    for request in &requests {
        let line = "GET /api/v2/namespaces/name%20space/savepoints/sp%2F1 HTTP/1.1";
        assert_eq!(request.line, line);
        let mut names: Vec<_> = request.headers.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        let expected = [
            "accept",
            "authorization",
            "host",
            "user-agent",
            "workspace",
            "x-acs-accesskey-id",
            "x-acs-action",
            "x-acs-content-sha256",
            "x-acs-date",
            "x-acs-security-token",
            "x-acs-signature-nonce",
            "x-acs-version",
        ];
        assert_eq!(names, expected);
        assert_eq!(request.header("accept"), "application/json");
        assert_eq!(request.header("host"), server.address.to_string());
        assert_eq!(request.header("workspace"), "a14bd5d90a0001");
        assert_eq!(request.header("x-acs-action"), "GetSavepoint");
        assert_eq!(request.header("x-acs-version"), "2022-07-18");
        assert_eq!(request.header("x-acs-accesskey-id"), "STS.FAKE");
        assert_eq!(request.header("x-acs-security-token"), token);
        let agent = request.header("user-agent");
        assert!(agent.starts_with("AlibabaCloud (") && agent.contains(") savepeek/"), "{agent}");
        let signed = "SignedHeaders=host;workspace;x-acs-accesskey-id;x-acs-action;\
                      x-acs-content-sha256;x-acs-date;x-acs-security-token;\
                      x-acs-signature-nonce;x-acs-version,";
        assert!(request.header("authorization").contains(signed));
    }
}

#[tokio::test]
async fn without_a_token_its_headers_are_not_sent() {
    let server = Server::always(|| Turn::Answer(savepoint())).await;
    client(PATIENCE).get_savepoint(&at(&server)).await.unwrap();
    let names = server.requests().remove(0).headers;
    assert!(names.iter().all(|(name, _)| name != "x-acs-security-token"));
    assert!(names.iter().all(|(name, _)| name != "x-acs-accesskey-id"));
}

#[tokio::test]
async fn every_request_has_its_own_nonce() {
    let server = Server::always(|| Turn::Answer(savepoint())).await;
    let client = client(PATIENCE);
    for _ in 0..50 {
        client.get_savepoint(&at(&server)).await.unwrap();
    }
    let requests = server.requests();
    let nonces: HashSet<_> =
        requests.iter().map(|request| request.header("x-acs-signature-nonce")).collect();
    assert_eq!(nonces.len(), 50);
    let hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    assert!(nonces.iter().all(|nonce| nonce.len() == 32 && nonce.chars().all(hex)));
}

#[tokio::test]
async fn a_refused_connection_is_told_apart() {
    let target = target("http://127.0.0.1:1");
    let error = client(PATIENCE).get_savepoint(&target).await.unwrap_err();
    assert_eq!(error.cause, Cause::Unreachable(Unreachable::Connect), "{error}");
    assert!(error.message.starts_with("127.0.0.1:1: Connection refused"), "{error}");
}

/// As when a firewall drops what is sent: once the queue of those whom nobody accepts is full, the
/// kernel (Linux's) answers nobody who knocks.
#[cfg(target_os = "linux")]
#[tokio::test(start_paused = true)]
async fn whoever_lets_nobody_in_is_given_up_after_five_seconds() {
    use std::net::TcpStream;
    use std::time::Duration;

    use tokio::net::TcpSocket;
    use tokio::time::Instant;

    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(0).unwrap();
    let address = listener.local_addr().unwrap();
    let knock = || TcpStream::connect_timeout(&address, Duration::from_millis(300)).ok();
    let queue: Vec<TcpStream> = std::iter::from_fn(knock).take(64).collect();
    assert!(queue.len() < 64, "the queue has no end");

    let began = Instant::now();
    let target = target(&format!("http://{address}"));
    let error = client(Duration::from_secs(60)).get_savepoint(&target).await.unwrap_err();
    assert_eq!(error.cause, Cause::Unreachable(Unreachable::Connect), "{error}");
    assert_eq!(error.message, format!("no connection to {address} within 5 s"));
    // On the paused clock, of which a tick is a millisecond.
    assert_eq!(began.elapsed().as_secs(), 5);
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_told_apart() {
    // No resolver is asked: a label of more than 63 bytes fits no query.
    let host = format!("{}.invalid", "x".repeat(70));
    let target = target(&format!("http://{host}"));
    let error = client(PATIENCE).get_savepoint(&target).await.unwrap_err();
    assert_eq!(error.cause, Cause::Unreachable(Unreachable::Dns), "{error}");
    assert!(error.message.starts_with(&host), "{error}");
}

/// A listener that reads whatever opens a connection, says this and hangs up.
async fn not_tls(says: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.read_buf(&mut Vec::with_capacity(4096)).await.unwrap();
        stream.write_all(says).await.unwrap();
    });
    address
}

#[rstest]
#[case::speaks_no_tls(b"HTTP/1.1 400 Bad Request\r\n\r\n")]
#[case::hangs_up(b"")]
#[tokio::test]
async fn a_tls_failure_is_told_apart_and_no_proxy_asked(#[case] says: &'static [u8]) {
    let address = not_tls(says).await;
    let proxy = Server::always(|| Turn::Answer(savepoint())).await;
    let value = format!("http://{}", proxy.address);
    let environment = Environment::of([("HTTPS_PROXY", &value)]);
    let client = client_of(Rotating::new([keys("id", None)]), PATIENCE, environment);
    let error = client.get_savepoint(&target(&format!("https://{address}"))).await.unwrap_err();
    assert_eq!(error.cause, Cause::Unreachable(Unreachable::Tls), "{error}");
    assert_eq!(proxy.connections(), 0);
}

#[rstest]
#[case("HTTP_PROXY")]
#[case("http_proxy")]
#[case("ALL_PROXY")]
#[case("all_proxy")]
#[tokio::test]
async fn a_proxy_is_used_but_not_for_this_machine(#[case] variable: &str) {
    let proxy = Server::always(|| Turn::Answer(savepoint())).await;
    let server = Server::always(|| Turn::Answer(savepoint())).await;
    let value = format!("http://user:pass@{}", proxy.address);
    let environment = Environment::of([(variable, &value)]);
    let client = client_of(Rotating::new([keys("id", None)]), PATIENCE, environment);

    let port = server.address.port();
    for host in ["127.0.0.1", "localhost"] {
        client.get_savepoint(&target(&format!("http://{host}:{port}"))).await.unwrap();
    }
    assert_eq!((server.requests().len(), proxy.connections()), (2, 0));

    client.get_savepoint(&target("http://service.example.com")).await.unwrap();
    let requests = proxy.requests();
    assert!(
        requests[0].line.starts_with("GET http://service.example.com/api/v2/namespaces/name%20")
    );
    assert_eq!(requests[0].header("proxy-authorization"), "Basic dXNlcjpwYXNz");
    assert_eq!(requests[0].header("host"), "service.example.com");
}

#[tokio::test]
async fn this_machine_is_asked_directly() {
    let server = Server::always(|| Turn::Answer(savepoint())).await;
    let chain = |_: Option<&Profile>| Chain::new(vec![Box::new(Rotating::new([keys("id", None)]))]);
    let client = Client::new(Settings { timeout: PATIENCE }, chain);
    client.get_savepoint(&at(&server)).await.unwrap();
}

#[test]
fn this_machine_is_asked_directly_whatever_the_process_s_environment() {
    let mut itself = Command::new(std::env::current_exe().unwrap());
    itself.args(["--exact", "network::this_machine_is_asked_directly"]);
    for variable in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        itself.env(variable, "http://127.0.0.1:1");
    }
    let output = itself.env_remove("NO_PROXY").env_remove("no_proxy").output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.contains("1 passed"), "{told}");
}

#[tokio::test]
async fn https_goes_through_a_tunnel_and_a_refused_one_is_told() {
    let proxy = Server::always(|| Turn::Close(http(403, "", "no"))).await;
    let value = format!("user:hunter2@{}", proxy.address);
    let environment = Environment::of([("https_proxy", &value)]);
    let client = client_of(Rotating::new([keys("id", None)]), PATIENCE, environment);
    let error = client.get_savepoint(&target("https://service.example.com")).await.unwrap_err();
    assert_eq!(error.cause, Cause::Unreachable(Unreachable::Connect), "{error}");
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    assert_eq!(proxy.requests()[0].line, "CONNECT service.example.com:443 HTTP/1.1");
}

#[tokio::test]
async fn hosts_in_no_proxy_are_asked_directly() {
    let proxy = Server::always(|| Turn::Answer(savepoint())).await;
    let value = format!("http://{}", proxy.address);
    let host = format!("{}.invalid", "x".repeat(70));
    let environment = Environment::of([("HTTP_PROXY", &value), ("no_proxy", "other,.invalid")]);
    let client = client_of(Rotating::new([keys("id", None)]), PATIENCE, environment);
    let error = client.get_savepoint(&target(&format!("http://{host}"))).await.unwrap_err();
    assert_eq!(error.cause, Cause::Unreachable(Unreachable::Dns), "{error}");
    assert_eq!(proxy.connections(), 0);
}

#[rstest]
#[case("socks5://user:hunter2@127.0.0.1:1")]
#[case("http://user:hunter2@")]
#[case("http://user:hunter2@[bad")]
#[tokio::test]
async fn a_proxy_that_cannot_be_used_is_named_without_its_password(#[case] value: &str) {
    let environment = Environment::of([("HTTPS_PROXY", value)]);
    let client = client_of(Rotating::new([keys("id", None)]), PATIENCE, environment);
    let error = client.get_savepoint(&target("https://service.example.com")).await.unwrap_err();
    assert_eq!(error.cause, Cause::Unreachable(Unreachable::Connect));
    let told = format!("{error} {error:?}");
    assert!(told.contains("HTTPS_PROXY") && !told.contains("hunter2"), "{told}");
}
