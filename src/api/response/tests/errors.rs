//! Which error a response becomes, and what of the response it keeps.

use super::*;

fn refused(status: u16, code: &str) -> Error {
    let body = json!({"RequestId": "R-1", "Message": "the message", "Code": code}).to_string();
    answer(status, &[JSON], body).unwrap_err()
}

fn throttled(milliseconds: u64) -> Cause {
    Cause::Throttled { wait: Some(Duration::from_millis(milliseconds)) }
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

#[test]
fn a_business_error_may_come_with_5xx() {
    assert_eq!(refused(500, "990301").cause, Cause::NotFound);
    assert_eq!(refused(503, "InvalidAccessKeyId.NotFound").cause, Cause::CredentialsRejected);
}

#[test]
fn a_long_message_is_cut() {
    let body = json!({"Code": "SignatureDoesNotMatch", "Message": "x".repeat(5000)}).to_string();
    assert_eq!(answer(400, &[JSON], body).unwrap_err().message.chars().count(), 300);
}
