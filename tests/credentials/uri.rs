//! Credentials from a URI.

use savepeek::api::Cause;
use savepeek::api::credentials::{Chain, Hosts};
use savepeek::util::environment::Environment;

use crate::server::Server;
use crate::{CREDENTIALS_RESPONSE, NO_METADATA, chain_of, keys_of, parts, profile};

const KEYS: [&str; 3] = ["STS.NTFAKE11", "fakeSecret11", "CAISfake11=="];

#[tokio::test]
async fn the_environment_s_uri_is_tried_last() {
    let server = Server::always(200, CREDENTIALS_RESPONSE);
    let uri = format!("{}/some/path?pass=hunter2", server.url);
    let environment = Environment::of([("ALIBABA_CLOUD_CREDENTIALS_URI", &uri), NO_METADATA]);
    let (provider, keys) = Chain::standard(&environment, None).provide().await.unwrap();
    assert_eq!((provider.as_str(), parts(&keys)), ("credentials URI", KEYS));
    assert_eq!(server.requests()[0].target, "/some/path?pass=hunter2");
}

#[tokio::test]
async fn a_profile_can_have_a_uri() {
    let server = Server::always(200, CREDENTIALS_RESPONSE);
    let fields = format!(r#""mode": "CredentialsURI", "credentials_uri": "{}/c""#, server.url);
    let keys = keys_of(&chain_of(&profile(&fields), Hosts::default())).await.unwrap();
    assert_eq!(parts(&keys), KEYS);
}

#[rstest::rstest]
#[case::another_machine("http://example.com/hunter2", "plain http to example.com")]
#[case::no_url("hunter2", "is no http or https URL")]
#[case::another_scheme("file:///hunter2", "is no http or https URL")]
#[tokio::test]
async fn an_unusable_uri_is_not_quoted(#[case] uri: &str, #[case] why: &str) {
    let fields = format!(r#""mode": "CredentialsURI", "credentials_uri": "{uri}""#);
    let error = keys_of(&chain_of(&profile(&fields), Hosts::default())).await.unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(text.contains(why) && !text.contains("hunter2"), "{text}");
}

#[rstest::rstest]
#[case::no_json(200, "hunter2", "not what it should answer", Cause::Unreadable)]
#[case::failed(200, r#"{"Code": "Failed"}"#, "without success", Cause::CredentialsUnusable)]
#[case::no_token(
    200,
    r#"{"AccessKeyId": "a", "AccessKeySecret": "hunter2"}"#,
    "without SecurityToken",
    Cause::CredentialsUnusable
)]
#[case::no_time(200, r#"{"AccessKeyId": "a", "AccessKeySecret": "hunter2", "SecurityToken": "t", "Expiration": "soon"}"#, "without a usable Expiration", Cause::CredentialsUnusable)]
#[case::broken(500, "hunter2", "HTTP 500", Cause::Service { transient: true })]
#[tokio::test]
async fn an_unusable_response_is_an_error_that_does_not_quote_it(
    #[case] status: u16,
    #[case] body: &str,
    #[case] why: &str,
    #[case] cause: Cause,
) {
    let server = Server::always(status, body);
    let fields = format!(r#""mode": "CredentialsURI", "credentials_uri": "{}/x""#, server.url);
    let error = keys_of(&chain_of(&profile(&fields), Hosts::default())).await.unwrap_err();
    assert_eq!(error.cause, cause);
    let text = format!("{error} {error:?}");
    assert!(text.contains(why) && !text.contains("hunter2"), "{text}");
}
