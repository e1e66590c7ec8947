//! Request headers, connections, proxies and connection errors.

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

use crate::server::{Reply, Server, http, savepoint};
use crate::{PATIENCE, Rotating, at, client, client_of, keys, target};

#[tokio::test]
async fn a_request_has_exactly_these_headers() {
    let server = Server::always(|| {
        let with_cookie = String::from_utf8(savepoint()).unwrap();
        Reply::KeepAlive(with_cookie.replacen("\r\n", "\r\nset-cookie: a=b\r\n", 1).into_bytes())
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
    let server = Server::always(|| Reply::KeepAlive(savepoint())).await;
    client(PATIENCE).get_savepoint(&at(&server)).await.unwrap();
    let names = server.requests().remove(0).headers;
    assert!(names.iter().all(|(name, _)| name != "x-acs-security-token"));
    assert!(names.iter().all(|(name, _)| name != "x-acs-accesskey-id"));
}

#[tokio::test]
async fn every_request_has_its_own_nonce() {
    let server = Server::always(|| Reply::KeepAlive(savepoint())).await;
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
async fn a_refused_connection_is_a_connect_error() {
    let target = target("http://127.0.0.1:1");
    let error = client(PATIENCE).get_savepoint(&target).await.unwrap_err();
    assert_eq!(error.cause, Cause::Unreachable(Unreachable::Connect), "{error}");
    assert!(error.message.starts_with("127.0.0.1:1: Connection refused"), "{error}");
}

/// Simulates a firewall that drops packets: once the accept queue is full, Linux does not answer
/// further connection attempts.
#[cfg(target_os = "linux")]
#[tokio::test(start_paused = true)]
async fn a_connection_times_out_after_five_seconds() {
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
    // On the paused clock, whose resolution is a millisecond.
    assert_eq!(began.elapsed().as_secs(), 5);
}

#[tokio::test]
async fn an_unknown_host_is_a_dns_error() {
    // No resolver is involved: a label of more than 63 bytes does not fit into a query.
    let host = format!("{}.invalid", "x".repeat(70));
    let target = target(&format!("http://{host}"));
    let error = client(PATIENCE).get_savepoint(&target).await.unwrap_err();
    assert_eq!(error.cause, Cause::Unreachable(Unreachable::Dns), "{error}");
    assert!(error.message.starts_with(&host), "{error}");
}

/// A listener that reads once from a connection, sends these bytes and closes it.
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
async fn a_failed_handshake_is_a_tls_error_without_a_proxy(#[case] says: &'static [u8]) {
    let address = not_tls(says).await;
    let proxy = Server::always(|| Reply::KeepAlive(savepoint())).await;
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
async fn a_proxy_is_used_except_for_loopback(#[case] variable: &str) {
    let proxy = Server::always(|| Reply::KeepAlive(savepoint())).await;
    let server = Server::always(|| Reply::KeepAlive(savepoint())).await;
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
async fn loopback_bypasses_proxies() {
    let server = Server::always(|| Reply::KeepAlive(savepoint())).await;
    let chain = |_: Option<&Profile>| Chain::new(vec![Box::new(Rotating::new([keys("id", None)]))]);
    let client = Client::new(Settings { timeout: PATIENCE }, chain);
    client.get_savepoint(&at(&server)).await.unwrap();
}

#[test]
fn loopback_bypasses_the_proxies_of_the_process_s_environment() {
    let mut itself = Command::new(std::env::current_exe().unwrap());
    itself.args(["--exact", "network::loopback_bypasses_proxies"]);
    for variable in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        itself.env(variable, "http://127.0.0.1:1");
    }
    let output = itself.env_remove("NO_PROXY").env_remove("no_proxy").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

#[tokio::test]
async fn https_uses_a_tunnel_and_a_refused_one_is_an_error() {
    let proxy = Server::always(|| Reply::Close(http(403, "", "no"))).await;
    let value = format!("user:hunter2@{}", proxy.address);
    let environment = Environment::of([("https_proxy", &value)]);
    let client = client_of(Rotating::new([keys("id", None)]), PATIENCE, environment);
    let error = client.get_savepoint(&target("https://service.example.com")).await.unwrap_err();
    assert_eq!(error.cause, Cause::Unreachable(Unreachable::Connect), "{error}");
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    assert_eq!(proxy.requests()[0].line, "CONNECT service.example.com:443 HTTP/1.1");
}

#[tokio::test]
async fn a_short_proxy_password_hides_no_words_of_what_the_proxy_did_not_bring() {
    let body = r#"{"requestId": "R-1", "success": true, "data": {"savepointId": "sp/1",
        "savepointLocation": "oss://acme-prod/flink/savepoint-1"}}"#;
    let answer = http(200, "content-type: application/json\r\n", body);
    let server = Server::always(move || Reply::KeepAlive(answer.clone())).await;
    let environment = Environment::of([("HTTPS_PROXY", "http://flink:prod@127.0.0.1:1")]);
    let client = client_of(Rotating::new([keys("id", None)]), PATIENCE, environment);
    let answer = client.get_savepoint(&at(&server)).await.unwrap();
    let location = answer.savepoint.location;
    assert_eq!(location.as_deref(), Some("oss://acme-prod/flink/savepoint-1"));
}

#[tokio::test]
async fn hosts_in_no_proxy_bypass_the_proxy() {
    let proxy = Server::always(|| Reply::KeepAlive(savepoint())).await;
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
async fn an_unusable_proxy_is_an_error_without_its_password(#[case] value: &str) {
    let environment = Environment::of([("HTTPS_PROXY", value)]);
    let client = client_of(Rotating::new([keys("id", None)]), PATIENCE, environment);
    let error = client.get_savepoint(&target("https://service.example.com")).await.unwrap_err();
    assert_eq!(error.cause, Cause::Unreachable(Unreachable::Connect));
    let text = format!("{error} {error:?}");
    assert!(text.contains("HTTPS_PROXY") && !text.contains("hunter2"), "{text}");
}
