//! The classification of responses, case by case.

mod arbitrary;

use std::sync::Arc;
use std::time::Duration;

use rstest::rstest;
use serde_json::json;

use super::*;
use crate::api::reply::Reply;
use crate::domain::savepoint::{Failure, State};
use crate::util::redact::{Redactor, Secrets};

const JSON: (&str, &str) = ("content-type", "application/json;charset=utf-8");
const HTML: (&str, &str) = ("content-type", "text/html");
const XML: (&str, &str) = ("content-type", "text/xml;charset=utf-8");
const SECRET: &str = "hunter2-the-secret";
const TOKEN: &str = "CAIS/hunter2+the+token==";

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
}

/// A response of `GetSavepoint` and its request ID.
fn decode(response: &HttpResponse<'_>) -> Result<(RawSavepoint, Option<String>), Error> {
    let envelope = open(response)?;
    Ok((envelope.savepoint()?, envelope.request_id))
}

fn answer(
    status: u16,
    pairs: &[(&'static str, &str)],
    body: impl AsRef<[u8]>,
) -> Result<(RawSavepoint, Option<String>), Error> {
    let redactor = Redactor::new([Arc::new(Secrets::of([SECRET, TOKEN]))]);
    let reply = Reply::new(status, headers(pairs), body.as_ref().to_vec(), &redactor);
    decode(&reply.as_response("GetSavepoint"))
}

fn refused(status: u16, code: &str) -> Error {
    let body = json!({"RequestId": "R-1", "Message": "the message", "Code": code}).to_string();
    answer(status, &[JSON], body).unwrap_err()
}

fn throttled(milliseconds: u64) -> Cause {
    Cause::Throttled { wait: Some(Duration::from_millis(milliseconds)) }
}

const TRANSIENT: Cause = Cause::Service { transient: true };
const PERMANENT: Cause = Cause::Service { transient: false };

#[test]
fn the_documented_example_is_decoded_completely() {
    let body = include_str!("../../../tests/data/get-savepoint-example.json");
    let (decoded, request_id) = answer(200, &[JSON], body).unwrap();
    let text = |text: &str| Some(text.to_owned());
    let expected = Savepoint {
        savepoint_id: text("354dde66-a3ae-463e-967a-0b4107fd****"),
        deployment_id: text("1d716b22-6aad-4be2-85c2-50cfc757****"),
        job_id: text("5af678c0-7db0-4650-94c2-d2604f0a****"),
        namespace: text("namespacetest"),
        origin: text("USER_REQUEST"),
        native_format: Some(true),
        stop_with_drain_enabled: Some(true),
        description: text("Job snapshot 1"),
        location: text(
            "https://oss/bucket/flink/flink-jobs/namespaces/vvp-team/deployments/5a19a71b-1c42-4f34-94fd-86cf60782c81/checkpoints/sp-3285",
        ),
        state: Some(State::Completed),
        failure: Some(Failure {
            message: text("create savepoint failed"),
            reason: text("IO Exception"),
            failed_at: Some("2022-06-12T04:07:15Z".parse().unwrap()),
        }),
        created_at: Some("2022-07-29T03:51:51Z".parse().unwrap()),
        modified_at: Some("2022-07-29T04:37:53Z".parse().unwrap()),
    };
    assert_eq!(decoded.savepoint, expected);
    assert_eq!(request_id.as_deref(), Some("CBC799F0-AS7S-1D30-8A4F-882ED4DD****"));
    assert!(decoded.data.starts_with("{\n    \"savepointId\"") && body.contains(&*decoded.data));
}

#[rstest]
#[case::nulls(r#"{"success": true, "errorCode": null, "data": {}}"#)]
#[case::empty_texts(r#"{"success": true, "errorCode": "", "errorMessage": "", "data": {}}"#)]
#[case::quotes_in_the_text(r#"{"success": true, "errorCode": "\"\"", "data": {}}"#)]
#[case::success_as_text(r#"{"success": "true", "data": {}}"#)]
#[case::success_absent(r#"{"data": {}}"#)]
#[case::unknown_fields(r#"{"success": true, "code": "200", "reason": "", "data": {"x": [1]}}"#)]
#[case::fields_twice(r#"{"success": false, "data": null, "success": true, "data": {}}"#)]
fn success_is_recognized_in_every_form(#[case] body: &str) {
    assert_eq!(answer(200, &[JSON], body).unwrap().0.savepoint, Savepoint::default());
}

#[test]
fn the_request_id_falls_back_to_the_header() {
    let (_, id) = answer(200, &[JSON, ("x-acs-request-id", "H-1")], r#"{"data": {}}"#).unwrap();
    assert_eq!(id.as_deref(), Some("H-1"));
    let decoded = answer(200, &[("x-acs-request-id", "H-1")], r#"{"requestId": 7, "data": {}}"#);
    assert_eq!(decoded.unwrap().1.as_deref(), Some("7"));
}

#[test]
fn data_is_kept_verbatim() {
    let data = "{ \"n\" : 1.50,\t\"big\": 123456789012345678901234567890, \"中\":\"\\u4e2d\" }";
    let (decoded, _) = answer(200, &[JSON], format!("{{\"data\":{data}}}")).unwrap();
    assert_eq!(&*decoded.data, data);
}

/// Puts an unreadable value into each field of the documented example in turn. The other fields
/// must be decoded as usual.
#[rstest]
#[case::lone_surrogate(r#""\ud800""#)]
#[case::beyond_a_float("1e400")]
#[case::deep(&format!("{}{}", "[".repeat(500), "]".repeat(500)))]
fn an_unreadable_field_does_not_affect_the_others(#[case] odd: &str) {
    let body = include_str!("../../../tests/data/get-savepoint-example.json");
    let whole = answer(200, &[JSON], body).unwrap().0.savepoint;
    let mut fields = 0;
    for line in body.lines() {
        let Some((name, value)) = line.split_once(": ") else { continue };
        let value = value.trim_end_matches(',');
        if value.ends_with('{') || ["\"errorCode\"", "\"success\""].contains(&name.trim()) {
            continue;
        }
        let line_of = |value: &str| format!("{name}: {value}");
        let body = body.replacen(&line_of(value), &line_of(odd), 1);
        let read = answer(200, &[JSON], &body).unwrap_or_else(|error| panic!("{line}: {error}"));
        let read = read.0.savepoint;
        let same = [
            read.savepoint_id == whole.savepoint_id,
            read.deployment_id == whole.deployment_id,
            read.job_id == whole.job_id,
            read.namespace == whole.namespace,
            read.origin == whole.origin,
            read.native_format == whole.native_format,
            read.stop_with_drain_enabled == whole.stop_with_drain_enabled,
            read.description == whole.description,
            read.location == whole.location,
            read.state == whole.state,
            read.failure == whole.failure,
            read.created_at == whole.created_at,
            read.modified_at == whole.modified_at,
        ];
        assert!(same.iter().filter(|same| !**same).count() <= 1, "{line}: {read:?}");
        fields += 1;
    }
    assert_eq!(fields, 18);
    let unknown = body.replacen("\"createdAt\"", &format!("\"new\": {odd}, \"createdAt\""), 1);
    assert_eq!(answer(200, &[JSON], unknown).unwrap().0.savepoint, whole);
}

#[test]
fn a_byte_order_mark_is_ignored() {
    assert!(answer(200, &[JSON], "\u{feff}{\"data\": {}}").is_ok());
    let error = answer(400, &[XML], "\u{feff}<Error><Code>C</Code></Error>").unwrap_err();
    assert_eq!(error.code.as_deref(), Some("C"));
}

#[test]
fn every_field_of_an_error_is_decoded() {
    let body = r#"{"Code": "Throttling", "Message": "slow \udc00 down", "Recommend": 1e400}"#;
    let error = answer(400, &[JSON], body).unwrap_err();
    assert_eq!(
        (error.cause, &*error.message),
        (Cause::Throttled { wait: None }, "slow \u{fffd} down")
    );
}

#[rstest]
#[case::not_found("990301", Cause::NotFound)]
#[case::no_such_key("InvalidAccessKeyId.NotFound", Cause::CredentialsRejected)]
#[case::key_disabled("InvalidAccessKeyId.Inactive", Cause::CredentialsRejected)]
#[case::signature("SignatureDoesNotMatch", Cause::CredentialsRejected)]
#[case::signature_incomplete("IncompleteSignature", Cause::CredentialsRejected)]
#[case::token_malformed("InvalidSecurityToken.Malformed", Cause::CredentialsRejected)]
#[case::token_of_another("InvalidSecurityToken.MismatchWithAccessKey", Cause::CredentialsRejected)]
#[case::token_missing("MissingSecurityToken", Cause::CredentialsRejected)]
#[case::token_over("InvalidSecurityToken.Expired", Cause::TokenExpired)]
#[case::clock("InvalidTimeStamp.Expired", Cause::ClockSkew { ahead: None })]
#[case::date_malformed("InvalidTimeStamp.Format", PERMANENT)]
#[case::nonce("SignatureNonceUsed", TRANSIENT)]
#[case::throttling("Throttling", Cause::Throttled { wait: None })]
#[case::throttling_user("Throttling.User", Cause::Throttled { wait: None })]
#[case::throttling_other("Rejected.Throttling", Cause::Throttled { wait: None })]
#[case::internal("InternalError", TRANSIENT)]
#[case::unavailable("ServiceUnavailable", TRANSIENT)]
#[case::business_5xx("503", TRANSIENT)]
#[case::business_try_again("998001", TRANSIENT)]
#[case::no_such_workspace("903021", PERMANENT)]
#[case::no_such_api("InvalidApi.NotFound", PERMANENT)]
#[case::unknown("Some.Other", PERMANENT)]
fn the_code_decides_the_cause_in_every_form(#[case] code: &str, #[case] cause: Cause) {
    for status in [400, 403, 404] {
        assert_eq!(refused(status, code).cause, cause, "HTTP {status}");
    }
    let body = json!({"success": false, "errorCode": code, "httpCode": 200, "data": null});
    let error = answer(200, &[JSON], body.to_string()).unwrap_err();
    assert_eq!(error.cause, cause);
    assert_eq!(error.code.as_deref(), Some(code));
}

#[test]
fn a_gateway_s_error_may_come_with_200() {
    let body = r#"{"Code": "Throttling", "Message": "slow down", "RequestId": "R"}"#;
    let error = answer(200, &[JSON], body).unwrap_err();
    assert_eq!(error.cause, Cause::Throttled { wait: None });
    assert_eq!(error.message, "slow down");
}

#[rstest]
#[case("NoPermission")]
#[case("Forbidden")]
#[case("Forbidden.RAM")]
fn a_missing_permission_names_the_action(#[case] code: &str) {
    let action = "stream:GetSavepoint".to_owned();
    assert_eq!(refused(403, code).cause, Cause::NoPermission { action, detail: None });
}

#[rstest]
#[case::object(json!({
    "NoPermissionType": "ImplicitDeny", "PolicyType": "AccountLevelIdentityBasedPolicy",
    "AuthAction": "stream:Other", "AuthPrincipalDisplayName": "alice", "AuthPrincipalOwnerId": "1",
    "EncodedDiagnosticMessage": "AQIB",
}), "stream:Other", "ImplicitDeny, AccountLevelIdentityBasedPolicy, alice")]
#[case::object_in_lower_case(
    json!({"noPermissionType": "ExplicitDeny"}), "stream:GetSavepoint", "ExplicitDeny"
)]
#[case::json_in_a_text(
    json!("{\"PolicyType\": \"ControlPolicy\"}"), "stream:GetSavepoint", "ControlPolicy"
)]
#[case::text(json!("denied\nby\u{1b} policy"), "stream:GetSavepoint", "denied by\\x1b policy")]
fn the_detail_of_a_denial_is_kept(
    #[case] denied: serde_json::Value,
    #[case] action: &str,
    #[case] detail: &str,
) {
    for name in ["AccessDeniedDetail", "accessDeniedDetail"] {
        let body = json!({"Code": "Unheard.Of", name: denied}).to_string();
        let expected =
            Cause::NoPermission { action: action.to_owned(), detail: Some(detail.to_owned()) };
        assert_eq!(answer(403, &[JSON], body).unwrap_err().cause, expected);
    }
}

#[rstest]
#[case::milliseconds(&[("x-acs-retry-after", "1500")], throttled(1500))]
#[case::absurd(&[("x-acs-retry-after", "99999999999")], throttled(600_000))]
#[case::zero(&[("x-acs-retry-after", "0")], PERMANENT)]
#[case::negative(&[("x-acs-retry-after", "-5")], PERMANENT)]
#[case::not_a_number(&[("x-acs-retry-after", "soon")], PERMANENT)]
#[case::an_older_header_alone(&[("x-ratelimit-user", "Limit:5,TimeLeft:700")], PERMANENT)]
fn a_retry_header_means_throttling_whatever_the_code(
    #[case] headers: &[(&'static str, &str)],
    #[case] cause: Cause,
) {
    let error = answer(400, headers, r#"{"Code": "Some.Other"}"#).unwrap_err();
    assert_eq!(error.cause, cause);
}

#[rstest]
#[case::newest(&[("x-acs-retry-after", "1"), ("x-ratelimit-user-api", "TimeLeft:2")], throttled(1))]
#[case::api(&[("x-ratelimit-user-api", "Limit:5,Remain:0,TimeLeft:700")], throttled(700))]
#[case::user(&[("x-ratelimit-user", "TimeLeft: 800 ,Limit:5")], throttled(800))]
#[case::api_before_user(
    &[("x-ratelimit-user", "TimeLeft:1"), ("x-ratelimit-user-api", "TimeLeft:2")], throttled(2)
)]
#[case::no_time_left(
    &[("x-ratelimit-user-api", "TimeLeft:0"), ("x-ratelimit-user", "TimeLeft:9")], throttled(9)
)]
#[case::garbage(&[("x-ratelimit-user", "TimeLeft,::,")], Cause::Throttled { wait: None })]
fn the_newest_retry_header_takes_precedence(
    #[case] headers: &[(&'static str, &str)],
    #[case] cause: Cause,
) {
    for (status, body) in [(400, r#"{"Code": "Throttling.Api"}"#), (429, "<html>slow down")] {
        assert_eq!(answer(status, headers, body).unwrap_err().cause, cause, "HTTP {status}");
    }
}

#[rstest]
#[case::upper(JSON, r#"{"Code": "C", "Message": "M", "RequestId": "R", "HostId": "h"}"#)]
#[case::lower(JSON, r#"{"code": "C", "message": "M", "requestId": "R"}"#)]
#[case::envelope(
    JSON,
    r#"{"errorCode": "C", "errorMessage": "M", "message": "", "requestId": "R"}"#
)]
#[case::both_forms(
    JSON,
    r#"{"code": "", "Code": "C", "message": null, "Message": "M", "requestId": "R"}"#
)]
#[case::json_said_to_be_html(HTML, r#"{"Code": "C", "Message": "M", "RequestId": "R"}"#)]
#[case::xml(XML, "<Error><RequestId>R</RequestId><Code>C</Code><Message>M</Message></Error>")]
#[case::xml_lower(XML, "<error><requestId>R</requestId><code>C</code><message>M</message></error>")]
#[case::xml_of_another_type(
    ("content-type", "application/problem+xml"),
    "<e><RequestId>R</RequestId><Code> C </Code><Message>M</Message></e>"
)]
#[case::xml_by_its_declaration(
    HTML,
    "\n<?xml version='1.0' encoding='UTF-8'?><E><Code>C</Code><Message>M</Message><RequestId>R</RequestId></E>"
)]
#[case::xml_by_its_root(
    JSON,
    "<Error xmlns='x'><Code>C</Code><Message>M</Message><RequestId>R</RequestId></Error>"
)]
fn every_form_of_an_error_body_is_decoded(#[case] kind: (&'static str, &str), #[case] body: &str) {
    let error = answer(418, &[kind], body).unwrap_err();
    let text = |text: &str| Some(text.to_owned());
    let expected = Error {
        cause: PERMANENT,
        code: text("C"),
        message: "M".to_owned(),
        request_id: text("R"),
        http_status: Some(418),
    };
    assert_eq!(error, expected);
}

#[test]
fn the_detail_of_a_denial_in_xml_is_kept() {
    let body = "<Error><Code>NoPermission</Code><AccessDeniedDetail><AuthAction>a:B</AuthAction>\
                <PolicyType>P</PolicyType></AccessDeniedDetail></Error>";
    let expected = Cause::NoPermission { action: "a:B".to_owned(), detail: Some("P".to_owned()) };
    assert_eq!(answer(403, &[XML], body).unwrap_err().cause, expected);
}

#[rstest]
#[case::no_data(200, JSON, r#"{"success": true, "data": null}"#, "the service sent no data: {")]
#[case::nothing(200, JSON, "{}", "the service sent no data: {}")]
#[case::data_is_a_list(200, JSON, r#"{"success": true, "data": []}"#, "its data is no savepoint")]
#[case::cut_off(200, JSON, r#"{"success": true, "da"#, "no answer of the service: {\"success\"")]
#[case::a_list(200, JSON, "[]", "no answer of the service: []")]
#[case::html(200, HTML, "<html>\n <b>Log in</b>", "a body of type text/html: <html> <b>Log in</b>")]
#[case::html_refusal(403, HTML, "<html>blocked", "a body of type text/html: <html>blocked")]
#[case::html_not_found(404, HTML, "<html>404", "a body of type text/html: <html>404")]
#[case::xhtml(404, ("content-type", "application/xhtml+xml"), "<html><p>No</p></html>", "xhtml+xml")]
#[case::no_code(400, JSON, r#"{"error": "blocked"}"#, "no answer of the service")]
#[case::dtd(400, XML, "<!DOCTYPE e [<!ENTITY a 'b'>]><e>&a;</e>", "a body of type text/xml")]
#[case::empty(200, JSON, "", "an empty body")]
#[case::blank(404, HTML, " \n", "an empty body")]
#[case::no_content(204, JSON, "", "an empty body")]
fn these_responses_are_unreadable(
    #[case] status: u16,
    #[case] kind: (&'static str, &str),
    #[case] body: &str,
    #[case] message: &str,
) {
    let error = answer(status, &[kind], body).unwrap_err();
    assert_eq!((&error.cause, error.http_status), (&Cause::Unreadable, Some(status)));
    assert!(error.message.contains(message), "{}", error.message);
}

#[rstest]
#[case(b"<html>Bad Gateway".as_slice())]
#[case(b"")]
#[case(b"\xff\xfe")]
#[case(br#"{"Code": "Something.New"}"#)]
#[case(br#"{"message": "no code"}"#)]
fn unreadable_bodies_from_500_up_are_transient(#[case] body: &[u8]) {
    assert_eq!(answer(502, &[HTML], body).unwrap_err().cause, TRANSIENT);
}

#[test]
fn a_business_error_may_come_with_5xx() {
    assert_eq!(refused(500, "990301").cause, Cause::NotFound);
    assert_eq!(refused(503, "InvalidAccessKeyId.NotFound").cause, Cause::CredentialsRejected);
}

#[test]
fn a_body_that_is_not_utf8_is_named() {
    let error = answer(200, &[JSON], b"{\"data\": {\"description\": \"\xff\"}}").unwrap_err();
    assert_eq!(error.cause, Cause::Unreadable);
    assert!(error.message.starts_with("a body that is not UTF-8: {\"data\""), "{}", error.message);
}

#[rstest]
#[case::gzip("gzip", "encoded as gzip")]
#[case::several("br, gzip", "encoded as br, gzip")]
fn an_unrequested_encoding_is_named(#[case] encoding: &str, #[case] message: &str) {
    let error = answer(200, &[("content-encoding", encoding)], b"\x1f\x8b\x08").unwrap_err();
    assert_eq!(error.cause, Cause::Unreadable);
    assert!(error.message.starts_with(message), "{}", error.message);
    assert!(answer(200, &[("content-encoding", "identity")], r#"{"data": {}}"#).is_ok());
}

#[rstest]
#[case::another_host("https://login.example.com/path?token=x", "redirects to login.example.com,")]
#[case::relative("/elsewhere", "redirects to another address,")]
fn a_redirect_names_the_host_only(#[case] location: &str, #[case] message: &str) {
    let error = answer(302, &[("location", location)], "<a href='...'>moved</a>").unwrap_err();
    assert_eq!((&error.cause, error.http_status), (&Cause::Unreadable, Some(302)));
    assert!(error.message.starts_with(message), "{}", error.message);
}

#[test]
fn an_excerpt_is_short_and_sanitized() {
    let body = format!("\u{1b}]0;x\u{7}\u{202e}{}", "长 ".repeat(1000));
    let error = answer(200, &[HTML], body).unwrap_err();
    let excerpt = error.message.strip_prefix("a body of type text/html: ").unwrap();
    assert_eq!(excerpt.chars().count(), 120);
    assert!(excerpt.starts_with("\\x1b]0;x\\x07\\u{202e}长 长") && excerpt.ends_with('…'));
}

#[test]
fn a_long_message_is_cut() {
    let body = json!({"Code": "SignatureDoesNotMatch", "Message": "x".repeat(5000)}).to_string();
    assert_eq!(answer(400, &[JSON], body).unwrap_err().message.chars().count(), 300);
}

/// Each body has a secret in the place of some part of an error.
#[rstest]
#[case::message(400, json!({"Code": "C", "Message": format!("got {SECRET} and {TOKEN}")}).to_string())]
#[case::code(400, json!({"Code": TOKEN, "RequestId": SECRET}).to_string())]
#[case::escaped(400, format!(r#"{{"Code": "C", "Message": "{}"}}"#, TOKEN.replace('/', "\\/")))]
#[case::denial(403, json!({"Code": "C", "AccessDeniedDetail": TOKEN}).to_string())]
#[case::action(403, json!({"Code": "C", "AccessDeniedDetail": {"AuthAction": TOKEN}}).to_string())]
#[case::page(502, format!("<html>x-acs-security-token: {TOKEN}"))]
#[case::across_the_cut(200, format!("{}{TOKEN}", "x".repeat(110)))]
#[case::no_data(200, json!({"success": true, "echo": SECRET}).to_string())]
fn an_echoed_secret_is_redacted(#[case] status: u16, #[case] body: String) {
    let error = answer(status, &[HTML], body).unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(!text.contains("hunter") && !text.contains("CAIS"), "{text}");
    assert!(text.contains("***") || text.contains('…'), "the echo is shown without the secret");
}

#[test]
fn a_secret_echoed_in_a_header_is_redacted() {
    for (status, header) in [
        (302, "location"),
        (200, "content-encoding"),
        (404, "content-type"),
        (404, "x-acs-request-id"),
    ] {
        let value = format!("https://{SECRET}/");
        let error = answer(status, &[(header, &value)], "not empty").unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(text.contains("***") && !text.contains("hunter2"), "{header}: {text}");
    }
}

#[rstest]
#[case::lists("[".repeat(200_000))]
#[case::data(format!("{{\"data\":{}1{}}}", "[".repeat(200_000), "]".repeat(200_000)))]
#[case::elements("<Error>".repeat(200_000))]
#[case::closed(format!("{}{}", "<Error>".repeat(200_000), "</Error>".repeat(200_000)))]
#[case::as_deep_as_allowed(format!("{}{}", "<Error>".repeat(190), "</Error>".repeat(190)))]
fn deep_nesting_is_harmless(#[case] body: String) {
    for status in [200, 400] {
        let kind = if body.starts_with('<') { XML } else { JSON };
        assert_eq!(answer(status, &[kind], &body).unwrap_err().cause, Cause::Unreadable);
    }
}
