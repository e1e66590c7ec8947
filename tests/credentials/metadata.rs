//! The metadata service of ECS on loopback.

use savepeek::api::credentials::{Chain, Hosts, ProviderOutcome};
use savepeek::domain::endpoint::Endpoint;
use savepeek::util::environment::Environment;

use crate::server::{Request, Response, Server};
use crate::{CREDENTIALS_RESPONSE, chain_of, keys_of, loopback, outcome, parts, profile};

const NAME: &str = "ECS RAM role";
const ROLES: &str = "/latest/meta-data/ram/security-credentials/";
const KEYS: [&str; 3] = ["STS.NTFAKE11", "fakeSecret11", "CAISfake11=="];

fn ok(body: &str) -> Response {
    (200, String::new(), body.to_owned())
}

/// A complete service. Version 2 can be off.
fn service(second: bool) -> Server {
    Server::new(move |request: &Request, _| match request.target.as_str() {
        "/latest/api/token" if second => ok("the-token"),
        ROLES => ok("some-role"),
        target if target.starts_with(ROLES) => ok(CREDENTIALS_RESPONSE),
        _ => (404, String::new(), "<html>".to_owned()),
    })
}

fn at(server: &Server) -> Hosts {
    Hosts { metadata: Some(loopback(server)), ..Hosts::default() }
}

fn chain<const N: usize>(variables: [(&str, &str); N], server: &Server) -> Chain {
    Chain::with_hosts(&Environment::of(variables), None, at(server))
}

fn targets(server: &Server) -> Vec<String> {
    server.requests().into_iter().map(|request| request.target).collect()
}

#[tokio::test]
async fn the_instance_s_role_is_fetched_with_a_token() {
    let server = service(true);
    let (provider, keys) = chain([], &server).provide().await.unwrap();
    assert_eq!((provider.as_str(), parts(&keys)), (NAME, KEYS));
    assert_eq!(keys.expires_at.unwrap().to_string(), "2099-01-01T00:00:00Z");
    let requests = server.requests();
    assert_eq!(requests[0].method, "PUT");
    assert_eq!(requests[0].header("x-aliyun-ecs-metadata-token-ttl-seconds"), Some("21600"));
    assert_eq!(targets(&server)[1..], [ROLES.to_owned(), format!("{ROLES}some-role")]);
    for request in &requests[1..] {
        assert_eq!(request.header("x-aliyun-ecs-metadata-token"), Some("the-token"));
    }
}

#[tokio::test]
async fn without_a_token_version_1_is_used() {
    let server = service(false);
    let keys = keys_of(&chain([("ALIBABA_CLOUD_ECS_METADATA", "my role")], &server)).await;
    assert_eq!(parts(&keys.unwrap()), KEYS);
    assert_eq!(targets(&server)[1], format!("{ROLES}my%20role"), "the role is not asked for");
    assert_eq!(server.requests()[1].header("x-aliyun-ecs-metadata-token"), None);
}

#[tokio::test]
async fn version_1_can_be_disabled() {
    let server = service(false);
    let chain = chain([("ALIBABA_CLOUD_IMDSV1_DISABLED", "true")], &server);
    let ProviderOutcome::Skipped(why) = outcome(&chain, NAME).await else {
        panic!("not passed over")
    };
    assert!(why.contains("no token (HTTP 404), and ALIBABA_CLOUD_IMDSV1_DISABLED=true"), "{why}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn the_error_for_a_missing_role_says_which_setting_names_it() {
    let server = Server::new(|request, _| match request.target.as_str() {
        "/latest/api/token" => ok(""),
        _ => (404, String::new(), "<html>".to_owned()),
    });
    let home = profile(r#""mode": "EcsRamRole", "ram_role_name": "mine""#);
    let error = keys_of(&chain_of(&home, at(&server))).await.unwrap_err().to_string();
    assert!(error.ends_with("has no RAM role \"mine\" (from ram_role_name)"), "{error}");
    let sent = server.requests()[1].header("x-aliyun-ecs-metadata-token").map(str::to_owned);
    assert_eq!(sent, None, "an empty token is none");
}

#[tokio::test]
async fn a_profile_that_needs_the_role_fails_if_it_is_disabled() {
    let home = profile(r#""mode": "EcsRamRole", "ram_role_name": "mine""#);
    let environment = Environment::of([
        ("HOME", home.path().to_str().unwrap()),
        ("ALIBABA_CLOUD_PROFILE", "p"),
        ("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true"),
        ("ALIBABA_CLOUD_ECS_METADATA", "another"),
    ]);
    let error = keys_of(&Chain::standard(&environment, None)).await.unwrap_err().to_string();
    assert!(error.contains("turned off by ALIBABA_CLOUD_ECS_METADATA_DISABLED"), "{error}");
}

#[rstest::rstest]
#[case::refused(403, "", "does not say which RAM role this instance has (HTTP 403)")]
#[case::no_role(404, "", "no RAM role (HTTP 404)")]
#[case::somebody_else(200, "<html>log in", "is no role")]
#[case::nothing(200, "", "is no role")]
#[tokio::test]
async fn an_instance_without_a_role_is_skipped(
    #[case] status: u16,
    #[case] body: &'static str,
    #[case] why: &str,
) {
    let server = Server::new(move |request, _| match request.target.as_str() {
        ROLES => (status, String::new(), body.to_owned()),
        _ => ok("the-token"),
    });
    let ProviderOutcome::Skipped(reason) = outcome(&chain([], &server), NAME).await else {
        panic!("not passed over")
    };
    assert!(reason.contains(why), "{reason}");
}

#[tokio::test]
async fn a_role_without_keys_is_a_failure() {
    let server = Server::new(|request, _| match request.target.as_str() {
        ROLES => ok("some-role"),
        target if target.starts_with(ROLES) => {
            ok(r#"{"Code": "Failed", "AccessKeySecret": "hunter2"}"#)
        }
        _ => ok("the-token"),
    });
    let ProviderOutcome::Failed(error) = outcome(&chain([], &server), NAME).await else {
        panic!("no failure")
    };
    let text = format!("{error:?}");
    assert!(text.contains("an answer without success") && !text.contains("hunter2"), "{text}");
}

/// An address without a listener.
fn no_service() -> (std::net::SocketAddr, Hosts) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let metadata = Some(Endpoint::of_url(&format!("http://{address}"), false).unwrap());
    (address, Hosts { metadata, ..Hosts::default() })
}

#[tokio::test]
async fn the_absence_of_the_service_is_cached() {
    let (address, hosts) = no_service();
    let chain = Chain::with_hosts(&Environment::of([]), None, hosts);
    for _ in 0..2 {
        let ProviderOutcome::Skipped(why) = outcome(&chain, NAME).await else {
            panic!("not passed")
        };
        assert!(why.starts_with("no ECS metadata service (127.0.0.1:"), "{why}");
    }
    // Now there is a listener, but it gets no request before the cached absence expires.
    let listener = std::net::TcpListener::bind(address).unwrap();
    listener.set_nonblocking(true).unwrap();
    assert!(matches!(outcome(&chain, NAME).await, ProviderOutcome::Skipped(_)));
    assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    tokio::time::pause();
    tokio::time::advance(std::time::Duration::from_secs(301)).await;
    tokio::time::resume();
    let received = async { drop(listener.accept().await.unwrap()) };
    tokio::join!(received, async { outcome(&chain, NAME).await });
}

#[tokio::test]
async fn a_profile_with_this_mode_requires_the_service() {
    let fields = r#""mode": "EcsRamRole", "ram_role_name": "r""#;
    let server = service(true);
    let keys = keys_of(&chain_of(&profile(fields), at(&server))).await.unwrap();
    assert_eq!(parts(&keys), KEYS);
    let error = keys_of(&chain_of(&profile(fields), no_service().1)).await.unwrap_err().to_string();
    assert!(error.starts_with("profile \"p\": no ECS metadata service"), "{error}");
}

#[tokio::test]
async fn proxies_are_never_used() {
    let (proxy, server) = (Server::always(200, "some-role"), service(true));
    let variables = [("HTTP_PROXY", proxy.url.as_str()), ("ALL_PROXY", proxy.url.as_str())];
    keys_of(&chain(variables, &server)).await.unwrap();
    assert_eq!(proxy.requests().len(), 0);
}
