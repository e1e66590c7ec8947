//! The gateway: the requests it accepts, and the errors for the others.

use jiff::SignedDuration;
use rstest::rstest;
use secrecy::SecretString;

use crate::call::{Call, PLAIN, start};

type Change = fn(&mut Call);

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

#[rstest]
#[case::as_it_should_be(|_: &mut Call| {})]
#[case::signed_as_by_the_python_sdk(|call: &mut Call| {
    call.set("accept", "application/json");
    call.set("user-agent", "AlibabaCloud (Linux; x86_64) Python/3.11.7 Core/0.4.6 TeaDSL/2");
})]
#[case::only_the_least_signed(|call: &mut Call| {
    let workspace = call.headers.remove("workspace").unwrap();
    call.unsigned.insert("workspace".to_owned(), workspace);
})]
#[case::with_more_unsigned(|call: &mut Call| {
    call.unsigned.insert("accept".to_owned(), "*/*".to_owned());
    call.unsigned.insert("user-agent".to_owned(), "curl".to_owned());
})]
#[case::a_temporary_identity(|call: &mut Call| call.sign_as(call.temporary.clone()))]
#[case::late_within_the_window(|call: &mut Call| call.date(-14 * MINUTE))]
#[case::early_within_the_window(|call: &mut Call| call.date(14 * MINUTE))]
#[case::with_a_query(|call: &mut Call| call.query = "a=&b=1%3B2")]
#[case::with_a_body(|call: &mut Call| {
    call.body = b"{}".to_vec();
    call.set("content-type", "application/json");
    call.set("x-acs-content-sha256", &savepeek::api::signing::sha256_hex(b"{}"));
})]
#[tokio::test]
async fn passes(#[case] change: Change) {
    let service = start().await;
    let mut call = Call::get(&service, PLAIN);
    change(&mut call);
    assert_eq!(call.send(&service).await.gist(), (200, "STARTED"));
}

#[rstest]
#[case::method(|call: &mut Call| call.method = "DELETE", 403, "UnsupportedHTTPMethod")]
#[case::post(|call: &mut Call| call.method = "POST", 403, "UnsupportedHTTPMethod")]
#[case::path(|call: &mut Call| call.path = "/api/v2/nowhere".to_owned(), 404, "InvalidApi.NotFound")]
#[case::no_id(|call: &mut Call| {
    call.path.truncate(call.path.len() - PLAIN.len());
}, 404, "InvalidApi.NotFound")]
#[case::longer_path(|call: &mut Call| call.path += "/jobs", 404, "InvalidApi.NotFound")]
#[case::path_not_utf8(|call: &mut Call| call.path += "%ff", 404, "InvalidApi.NotFound")]
#[case::no_action(|call: &mut Call| call.remove("x-acs-action"), 400, "MissingAction")]
#[case::action(|call: &mut Call| call.set("x-acs-action", "ListSavepoints"), 404, "InvalidApi.NotFound")]
#[case::no_version(|call: &mut Call| call.remove("x-acs-version"), 400, "MissingVersion")]
#[case::version(|call: &mut Call| call.set("x-acs-version", "2020-05-01"), 404, "InvalidApi.NotFound")]
#[case::no_date(|call: &mut Call| call.remove("x-acs-date"), 400, "MissingTimestamp")]
#[case::date_of_another_form(
    |call: &mut Call| call.set("x-acs-date", "Mon, 12 Jan 2026 10:22:32 GMT"), 400, "InvalidTimeStamp.Format"
)]
#[case::date_with_a_fraction(
    |call: &mut Call| call.set("x-acs-date", "2026-01-12T10:22:32.5Z"), 400, "InvalidTimeStamp.Format"
)]
#[case::date_with_an_offset(
    |call: &mut Call| call.set("x-acs-date", "2026-01-12T10:22:32+00:00"), 400, "InvalidTimeStamp.Format"
)]
#[case::late(|call: &mut Call| call.date(-16 * MINUTE), 400, "InvalidTimeStamp.Expired")]
#[case::early(|call: &mut Call| call.date(16 * MINUTE), 400, "InvalidTimeStamp.Expired")]
#[case::no_nonce(|call: &mut Call| call.remove("x-acs-signature-nonce"), 400, "MissingSignatureNonce")]
#[case::no_content_hash(
    |call: &mut Call| call.remove("x-acs-content-sha256"), 400, "MissingContentSha256"
)]
#[case::content_hash_of_another_body(
    |call: &mut Call| call.body = b"{}".to_vec(), 400, "SignatureDoesNotMatch"
)]
#[case::unknown_key(
    |call: &mut Call| call.key.access_key_id = "LTAI5tNOBODY".to_owned(), 404, "InvalidAccessKeyId.NotFound"
)]
#[case::secret(
    |call: &mut Call| call.key.access_key_secret = SecretString::from("wrong"), 400, "SignatureDoesNotMatch"
)]
#[case::no_token(
    |call: &mut Call| {
        call.sign_as(call.temporary.clone());
        call.remove("x-acs-security-token");
    }, 400, "MissingSecurityToken"
)]
#[case::broken_token(
    |call: &mut Call| {
        call.sign_as(call.temporary.clone());
        call.set("x-acs-security-token", "broken");
    }, 400, "InvalidSecurityToken.Malformed"
)]
#[case::token_of_another_key(
    |call: &mut Call| {
        call.sign_as(call.temporary.clone());
        call.key.access_key_id = "LTAI5tDEMODEMODEMODEMO01".to_owned();
    }, 400, "InvalidSecurityToken.MismatchWithAccessKey"
)]
#[case::token_with_another_key_id(
    |call: &mut Call| {
        call.sign_as(call.temporary.clone());
        call.set("x-acs-accesskey-id", "STS.NOBODY");
    }, 400, "InvalidSecurityToken.MismatchWithAccessKey"
)]
#[case::temporary_secret(
    |call: &mut Call| {
        call.sign_as(call.temporary.clone());
        call.key.access_key_secret = SecretString::from("wrong");
    }, 400, "SignatureDoesNotMatch"
)]
#[case::no_workspace(|call: &mut Call| call.remove("workspace"), 400, "MissingWorkspace")]
#[case::unknown_workspace(|call: &mut Call| call.set("workspace", "ffffffffffffff"), 200, "903021")]
#[case::body_too_long(|call: &mut Call| call.body = vec![b' '; 100_000], 413, "RequestEntityTooLarge")]
#[tokio::test]
async fn refuses_a_signed_request(#[case] change: Change, #[case] status: u16, #[case] code: &str) {
    let service = start().await;
    let mut call = Call::get(&service, PLAIN);
    change(&mut call);
    assert_eq!(call.send(&service).await.gist(), (status, code));
}

#[rstest]
#[case::no_signature(|call: &mut Call| drop(call.unsigned.remove("authorization")), "IncompleteSignature")]
#[case::another_algorithm(
    |call: &mut Call| drop(call.unsigned.insert("authorization".to_owned(), "Bearer token".to_owned())),
    "IncompleteSignature"
)]
#[case::half_a_signature(|call: &mut Call| {
    let half = "ACS3-HMAC-SHA256 Credential=LTAI5tDEMODEMODEMODEMO01,SignedHeaders=host";
    call.unsigned.insert("authorization".to_owned(), half.to_owned());
}, "IncompleteSignature")]
#[case::a_signed_header_that_got_lost(|call: &mut Call| call.remove("workspace"), "IncompleteSignature")]
#[case::an_unsigned_x_acs_header(
    |call: &mut Call| call.set("x-acs-retry-attempts", "1"), "IncompleteSignature"
)]
#[case::an_unsigned_content_type(
    |call: &mut Call| call.set("content-type", "application/json"), "IncompleteSignature"
)]
#[case::an_unsigned_host(|call: &mut Call| {
    let authorization = call.unsigned["authorization"].replace("host;", "");
    call.unsigned.insert("authorization".to_owned(), authorization);
}, "IncompleteSignature")]
#[case::another_host(|call: &mut Call| call.set("host", "localhost"), "SignatureDoesNotMatch")]
#[case::another_workspace(|call: &mut Call| call.set("workspace", "f"), "SignatureDoesNotMatch")]
#[case::another_id(
    |call: &mut Call| call.path.replace_range(call.path.len() - 1.., "2"), "SignatureDoesNotMatch"
)]
#[case::another_query(|call: &mut Call| call.query = "a=1", "SignatureDoesNotMatch")]
#[tokio::test]
async fn refuses_what_was_changed_after_signing(#[case] change: Change, #[case] code: &str) {
    let service = start().await;
    let mut call = Call::get(&service, PLAIN);
    call.sign();
    change(&mut call);
    assert_eq!(call.send_as_it_is(&service).await.gist(), (400, code));
}

#[tokio::test]
async fn a_nonce_is_valid_for_one_request() {
    let service = start().await;
    let again = |call: &mut Call| call.set("x-acs-signature-nonce", "always-the-same");
    let mut call = Call::get(&service, PLAIN);
    again(&mut call);
    assert_eq!(call.send(&service).await.gist(), (200, "STARTED"));
    let mut call = Call::get(&service, PLAIN);
    again(&mut call);
    assert_eq!(call.send(&service).await.gist(), (400, "SignatureNonceUsed"));
}

#[tokio::test]
async fn an_unverified_request_does_not_use_up_a_nonce() {
    let service = start().await;
    let mut stranger = Call::get(&service, PLAIN);
    let nonce = stranger.headers["x-acs-signature-nonce"].clone();
    stranger.key.access_key_secret = SecretString::from("wrong");
    assert_eq!(stranger.send(&service).await.gist(), (400, "SignatureDoesNotMatch"));
    let mut call = Call::get(&service, PLAIN);
    call.set("x-acs-signature-nonce", &nonce);
    assert_eq!(call.send(&service).await.gist(), (200, "STARTED"));
}

#[tokio::test]
async fn a_refusal_has_the_vendor_s_shape_and_shows_the_string_to_sign() {
    let service = start().await;
    let mut call = Call::get(&service, PLAIN);
    call.key.access_key_secret = SecretString::from("wrong");
    let reply = call.send(&service).await;
    let fields: Vec<_> = reply.body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(fields, ["Code", "HostId", "Message", "Recommend", "RequestId"]);
    assert_eq!(reply.body["RequestId"], *reply.headers["x-acs-request-id"]);
    assert_eq!(reply.body["HostId"], service.endpoint().host());
    assert!(reply.body["Recommend"].as_str().unwrap().starts_with("https://api.aliyun.com/"));
    assert!(reply.body["Message"].as_str().unwrap().contains("ACS3-HMAC-SHA256\n"));
    assert!(reply.headers["date"].ends_with(" GMT"), "a client corrects its clock by it");
    assert_eq!(reply.headers["content-type"], "application/json;charset=utf-8");
}
