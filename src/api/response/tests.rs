//! Savepoints decoded from responses, and the responses that cannot be read.

mod arbitrary;
mod errors;

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
        failure: Some(Box::new(Failure {
            message: text("create savepoint failed"),
            reason: text("IO Exception"),
            failed_at: Some("2022-06-12T04:07:15Z".parse().unwrap()),
        })),
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
