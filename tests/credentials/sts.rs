//! STS on loopback.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use savepeek::api::credentials::{Chain, Hosts};
use savepeek::api::{Cause, Unreachable, signing};
use savepeek::domain::endpoint::Endpoint;
use savepeek::util::environment::Environment;
use sha1::Sha1;

use crate::server::{Request, Response, Server};
use crate::{NO_METADATA, chain_of, home, keys_of, loopback, parts, profile};

const ROLE: &str = r#""mode": "RamRoleArn", "access_key_id": "LTAI3", "access_key_secret": "hunter3",
    "ram_role_arn": "acs:ram::1:role/r", "ram_session_name": "s", "policy": "{\"a\": [\"*~+/\"]}",
    "external_id": "x", "expired_seconds": 900"#;

/// STS's response. The keys end with the number of earlier requests.
fn credentials_response(before: usize) -> Response {
    let keys = format!(
        r#"{{"AccessKeyId": "STS.{before}", "AccessKeySecret": "lent{before}",
            "SecurityToken": "token{before}", "Expiration": "2099-01-01T00:00:00Z"}}"#
    );
    (200, String::new(), format!(r#"{{"RequestId": "R", "Credentials": {keys}}}"#))
}

fn refusal(code: &str, headers: &str) -> Response {
    let body = format!(r#"{{"RequestId": "R-9", "Code": "{code}", "Message": "says no"}}"#);
    (400, headers.to_owned(), body)
}

fn sts(server: &Server) -> Hosts {
    Hosts { sts: Some(loopback(server)), ..Hosts::default() }
}

/// The signature of the received query, as documented for RPC calls.
fn signature(request: &Request, secret: &str) -> String {
    let (_, query) = request.target.split_once('?').unwrap();
    let pairs: Vec<_> = query.split('&').filter(|pair| !pair.starts_with("Signature=")).collect();
    assert!(pairs.is_sorted(), "{pairs:?}");
    let text = format!("GET&%2F&{}", signing::encode(&pairs.join("&")));
    let mut mac = Hmac::<Sha1>::new_from_slice(format!("{secret}&").as_bytes()).unwrap();
    mac.update(text.as_bytes());
    BASE64_STANDARD.encode(mac.finalize().into_bytes())
}

#[tokio::test]
async fn a_role_is_assumed_with_the_profile_s_keys() {
    let server = Server::new(|_, before| credentials_response(before));
    let keys = keys_of(&chain_of(&profile(ROLE), sts(&server))).await.unwrap();
    assert_eq!(parts(&keys), ["STS.0", "lent0", "token0"]);
    assert_eq!(keys.expires_at.unwrap().to_string(), "2099-01-01T00:00:00Z");

    let request = server.requests().remove(0);
    let sent = request.parameters();
    let expected = [
        ("AccessKeyId", "LTAI3"),
        ("Action", "AssumeRole"),
        ("DurationSeconds", "900"),
        ("ExternalId", "x"),
        ("Format", "JSON"),
        ("Policy", r#"{"a": ["*~+/"]}"#),
        ("RoleArn", "acs:ram::1:role/r"),
        ("RoleSessionName", "s"),
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureVersion", "1.0"),
        ("Version", "2015-04-01"),
    ];
    for (name, value) in expected {
        assert_eq!(sent[name], value, "{name}");
    }
    assert_eq!(sent.len(), expected.len() + 3, "{sent:?}");
    assert_eq!(sent["SignatureNonce"].len(), 32);
    assert_eq!(sent["Signature"], signature(&request, "hunter3"));
}

#[tokio::test]
async fn chained_roles_are_assumed_in_order() {
    let chained = r#"{"profiles": [
        {"name": "base", "mode": "StsToken", "access_key_id": "STS.b", "access_key_secret": "sb", "sts_token": "tb"},
        {"name": "middle", "mode": "ChainableRamRoleArn", "source_profile": "base", "ram_role_arn": "arn:m"},
        {"name": "p", "mode": "ChainableRamRoleArn", "source_profile": "middle", "ram_role_arn": "arn:p"}]}"#;
    let server = Server::new(|_, before| credentials_response(before));
    let keys = keys_of(&chain_of(&home(chained), sts(&server))).await.unwrap();
    assert_eq!(parts(&keys), ["STS.1", "lent1", "token1"]);
    let requests = server.requests();
    let sent = |n: usize, name: &str| requests[n].parameters()[name].clone();
    assert_eq!([sent(0, "AccessKeyId"), sent(0, "SecurityToken")], ["STS.b", "tb"]);
    assert_eq!([sent(1, "AccessKeyId"), sent(1, "SecurityToken")], ["STS.0", "token0"]);
    assert_eq!([sent(0, "RoleArn"), sent(1, "RoleArn")], ["arn:m", "arn:p"]);
    assert_eq!([sent(0, "DurationSeconds"), sent(0, "RoleSessionName")], ["3600", "savepeek"]);
    assert_eq!(sent(1, "Signature"), signature(&requests[1], "lent0"));
}

#[tokio::test]
async fn the_oidc_token_file_is_read_again_each_time() {
    let server = Server::new(|_, before| credentials_response(before));
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("token");
    let environment = Environment::of([
        ("ALIBABA_CLOUD_ROLE_ARN", "arn:r"),
        ("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", "arn:o"),
        ("ALIBABA_CLOUD_OIDC_TOKEN_FILE", file.to_str().unwrap()),
        ("ALIBABA_CLOUD_ROLE_SESSION_NAME", "pod"),
        NO_METADATA,
    ]);
    let chain = Chain::with_hosts(&environment, None, sts(&server));
    for token in ["first+/=", "second"] {
        std::fs::write(&file, format!("{token}\n")).unwrap();
        assert_eq!(chain.provide().await.unwrap().0, "OIDC");
    }
    for (request, token) in server.requests().iter().zip(["first+/=", "second"]) {
        let sent = request.parameters();
        assert_eq!((request.method.as_str(), sent["OIDCToken"].as_str()), ("POST", token));
        assert!(!request.target.contains("OIDCToken"), "{}", request.target);
        assert_eq!([&sent["RoleArn"], &sent["OIDCProviderArn"]], ["arn:r", "arn:o"]);
        assert_eq!([&sent["Action"], &sent["RoleSessionName"]], ["AssumeRoleWithOIDC", "pod"]);
        assert!(!sent.contains_key("Signature"));
    }
}

#[tokio::test]
async fn a_clock_error_is_retried_with_the_server_s_time() {
    let server = Server::new(|_, before| match before {
        0 => refusal("InvalidTimeStamp.Expired", "date: Fri, 01 Jan 2088 00:00:00 GMT\r\n"),
        _ => credentials_response(before),
    });
    keys_of(&chain_of(&profile(ROLE), sts(&server))).await.unwrap();
    let requests = server.requests();
    assert!(requests[1].parameters()["Timestamp"].starts_with("2088-01-01T00:0"), "{requests:?}");
}

#[rstest::rstest]
#[case::refused(
    "NoPermission",
    400,
    "NoPermission: says no [requestId R-9]",
    Cause::CredentialsUnusable
)]
#[case::busy("Throttling.User", 400, "Throttling.User: says no", Cause::Throttled { wait: None })]
#[case::trouble("", 503, "HTTP 503", Cause::Service { transient: true })]
#[case::damaged("", 200, "not what it should answer", Cause::Unreadable)]
#[case::redirected("", 302, "HTTP 302", Cause::Unreadable)]
#[tokio::test]
async fn an_error_of_sts_is_returned_with_its_cause(
    #[case] code: &'static str,
    #[case] status: u16,
    #[case] message: &str,
    #[case] cause: Cause,
) {
    let server = Server::new(move |request, _| {
        let echo = format!("hunter-lent {}", request.target);
        if code.is_empty() { (status, String::new(), echo) } else { refusal(code, "") }
    });
    let error = keys_of(&chain_of(&profile(ROLE), sts(&server))).await.unwrap_err();
    assert_eq!(error.cause, cause);
    let text = format!("{error} {error:?}");
    assert!(text.contains("profile \"p\": 127.0.0.1:") && text.contains(message), "{text}");
    assert!(!text.contains("hunter") && !text.contains("Signature="), "{text}");
    assert_eq!(server.requests().len(), 1);
}

const TOKEN: &str = "CAIS+hunterToken/abc==";

/// The string to sign, which an error response may quote.
fn string_to_sign(request: &Request) -> String {
    let (_, query) = request.target.split_once('?').unwrap();
    format!("GET&%2F&{}", signing::encode(query))
}

#[rstest::rstest]
#[case::raw(|request: &Request| request.parameters()["SecurityToken"].clone())]
#[case::query(|request: &Request| request.target.clone())]
#[case::string_to_sign(string_to_sign)]
#[tokio::test]
async fn an_echoed_token_or_signature_is_redacted(#[case] echo: fn(&Request) -> String) {
    let fields = format!(
        r#""mode": "ChainableRamRoleArn", "source_profile": "b", "ram_role_arn": "r"}},
           {{"name": "b", "mode": "StsToken", "access_key_id": "STS.b",
            "access_key_secret": "hunterSecret", "sts_token": "{TOKEN}""#
    );
    let server = Server::new(move |request, _| {
        let text = echo(request);
        let body = serde_json::json!({"Code": "C", "Message": text});
        (400, String::new(), body.to_string())
    });
    let error = keys_of(&chain_of(&profile(&fields), sts(&server))).await.unwrap_err();
    let text = format!("{error} {error:?}");
    let sent = server.requests()[0].parameters();
    assert!(text.contains(": C: "), "{text}");
    assert!(!text.contains("hunter"), "{text}");
    assert!(!text.contains(&signing::encode(&sent["Signature"])), "{text}");
}

#[tokio::test]
async fn a_quoted_string_to_sign_is_cut_off() {
    let server = Server::new(|request, _| {
        let text = format!("not matched. server string to sign is:{}", string_to_sign(request));
        let body = serde_json::json!({"Code": "SignatureDoesNotMatch", "Message": text});
        (400, String::new(), body.to_string())
    });
    let error = keys_of(&chain_of(&profile(ROLE), sts(&server))).await.unwrap_err().to_string();
    assert!(error.ends_with("not matched. server string to sign is:…"), "{error}");
}

#[tokio::test]
async fn an_echoed_oidc_token_is_redacted() {
    let server = Server::new(|request, _| {
        let body = serde_json::json!({"Code": "C", "Message": request.body});
        (400, String::new(), body.to_string())
    });
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("token");
    std::fs::write(&file, TOKEN).unwrap();
    let fields = format!(
        r#""mode": "OIDC", "ram_role_arn": "r", "oidc_provider_arn": "o",
           "oidc_token_file": "{}""#,
        file.display()
    );
    let error = keys_of(&chain_of(&profile(&fields), sts(&server))).await.unwrap_err().to_string();
    assert!(error.contains("OIDCToken=***") && !error.contains("hunter"), "{error}");
}

#[rstest::rstest]
#[case::cut_off("HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n{\"AccessKeySecret\": \"hunter2\"")]
#[case::nothing("")]
#[tokio::test]
async fn an_incomplete_response_is_not_quoted(#[case] answer: &'static str) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = vec![0; 1 << 16];
        assert!(stream.read(&mut head).await.unwrap() > 0);
        stream.write_all(answer.as_bytes()).await.unwrap();
    });
    let endpoint = Some(Endpoint::of_url(&endpoint, false).unwrap());
    let hosts = Hosts { sts: endpoint, ..Hosts::default() };
    let error = keys_of(&chain_of(&profile(ROLE), hosts)).await.unwrap_err();
    assert_eq!(error.cause, Cause::Unreachable(Unreachable::Broken), "{error}");
    let text = format!("{error:?}");
    assert!(!text.contains("hunter") && !text.contains("Signature"), "{text}");
}
