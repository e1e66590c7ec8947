//! Faults of the embedded service: their effect on the wire, and the requests they apply to.

use std::time::Duration;

use jiff::SignedDuration;
use rstest::rstest;
use savepeek::api::credentials::Credentials;
use savepeek::demo::{Faults, Service};
use tokio::time::{Instant, advance};

use crate::call::{Call, Connection, PLAIN, Reply, start};

const OTHER: &str = "00000000-0000-4000-8000-000000000003";

fn faults(text: &str) -> Faults {
    Faults::parse(text).unwrap()
}

async fn misbehaving(text: &str) -> Service {
    let service = start().await;
    service.set_faults(faults(text));
    service
}

async fn ask(service: &Service, id: &str) -> Reply {
    Call::get(service, id).send(service).await
}

#[test]
fn the_sample_is_valid() {
    assert!(!faults(include_str!("../../assets/faults.toml")).is_empty());
    assert!(faults("").is_empty());
}

#[tokio::test]
async fn a_fault_of_one_operation_leaves_the_others_alone() {
    let fault = "[[fault]]\nkind = \"not-authorised\"\noperation = ";
    let service = misbehaving(&format!("{fault}\"ListSavepoints\"")).await;
    assert_eq!(ask(&service, PLAIN).await.gist(), (200, "STARTED"));
    service.set_faults(faults(&format!("{fault}\"GetSavepoint\"")));
    assert_eq!(ask(&service, PLAIN).await.gist(), (403, "NoPermission"));
}

#[rstest]
#[case::unknown_operation(
    "[[fault]]\nkind = \"close\"\noperation = \"DeleteSavepoint\"",
    "is no operation"
)]
#[case::no_kind("[[fault]]\nid = \"x\"", "line 2")]
#[case::unknown_kind("[[fault]]\nkind = \"hiccup\"", "hiccup")]
#[case::unknown_key("[[fault]]\nkind = \"close\"\nfrmo = \"2s\"", "frmo")]
#[case::unknown_key_of_a_kind(
    "[[fault]]\nkind = { error = { status = 400, code = \"X\", message = \"x\", wait = 1 } }",
    "wait"
)]
#[case::unknown_table("[[faults]]\nkind = \"close\"", "faults")]
#[case::two_kinds("[[fault]]\nkind = { status = 503, delay = \"2s\" }", "line 2")]
#[case::an_interim_status("[[fault]]\nkind = { status = 100 }", "200-599")]
#[case::a_negative_wait("[[fault]]\nkind = { throttle = \"-2s\" }", "line 2")]
#[case::no_uuid("[[fault]]\nkind = \"close\"\nid = \"x\"", "UUID")]
fn an_invalid_fault_is_rejected(#[case] text: &str, #[case] named: &str) {
    let error = Faults::parse(text).unwrap_err().to_string();
    assert!(error.contains(named), "{error}");
}

#[rstest]
#[case::an_error(
    r#"{ error = { status = 418, code = "Teapot", message = "short" } }"#,
    (418, "Teapot")
)]
#[case::throttled(r#"{ throttle = "4s" }"#, (400, "Throttling.User"))]
#[case::not_authorised(r#""not-authorised""#, (403, "NoPermission"))]
#[tokio::test]
async fn a_refusal_is_the_gateway_s(#[case] kind: &str, #[case] gist: (u16, &str)) {
    let service = misbehaving(&format!("[[fault]]\nkind = {kind}")).await;
    let reply = ask(&service, PLAIN).await;
    assert_eq!(reply.gist(), gist);
    assert_eq!(reply.body["RequestId"], reply.headers["x-acs-request-id"]);
    assert_eq!(reply.headers.contains_key("x-acs-retry-after"), kind.contains("throttle"));
}

/// All text until the connection ends, and whether it ends without an error.
async fn raw(kind: &str) -> (String, bool) {
    let service = misbehaving(&format!("[[fault]]\nkind = {kind}")).await;
    let mut call = Call::get(&service, PLAIN);
    call.unsigned.insert("connection".to_owned(), "close".to_owned());
    call.sign();
    let (bytes, end) = Connection::open(&service).await.ask_raw(&call).await;
    (String::from_utf8_lossy(&bytes).into_owned(), end.is_ok())
}

#[rstest]
#[case::close(r#""close""#, true)]
#[case::reset(r#""reset""#, false)]
#[tokio::test]
async fn a_connection_ends_in_place_of_an_answer(#[case] kind: &str, #[case] orderly: bool) {
    assert_eq!(raw(kind).await, (String::new(), orderly));
}

#[tokio::test]
async fn half_an_answer_is_less_than_it_promises() {
    let (text, _) = raw(r#""truncate""#).await;
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let promised = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    assert_eq!(body.len(), promised.parse::<usize>().unwrap() / 2, "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_dripping_answer_is_whole_in_the_end() {
    let service = misbehaving("[[fault]]\nkind = { drip = \"100ms\" }").await;
    let asked = Instant::now();
    let reply = ask(&service, PLAIN).await;
    assert_eq!(reply.gist(), (200, "STARTED"));
    let bytes: u32 = reply.headers["content-length"].parse().unwrap();
    assert!(asked.elapsed() >= Duration::from_millis(100) * bytes);
}

#[tokio::test(start_paused = true)]
async fn a_late_answer_is_right() {
    let service = misbehaving("[[fault]]\nkind = { delay = \"90s\" }").await;
    let asked = Instant::now();
    assert_eq!(ask(&service, PLAIN).await.gist(), (200, "COMPLETED"));
    assert!(asked.elapsed() >= Duration::from_secs(90));
}

#[tokio::test]
async fn unusable_bodies() {
    let (huge, _) = raw(r#""huge""#).await;
    assert!(huge.len() > 4 << 20 && huge.starts_with("HTTP/1.1 200 OK"));
    let (garbage, _) = raw(r#""garbage""#).await;
    assert!(garbage.contains('\u{1b}') && garbage.contains(char::REPLACEMENT_CHARACTER));
    let (page, _) = raw("{ status = 503 }").await;
    assert!(page.starts_with("HTTP/1.1 503 ") && page.contains("<html>"), "{page}");
}

#[tokio::test]
async fn a_wrong_clock_is_wrong_in_the_date_and_in_what_it_accepts() {
    let service = misbehaving("[[fault]]\nkind = { clock = \"-2h\" }").await;
    let refused = ask(&service, PLAIN).await;
    assert_eq!(refused.gist(), (400, "InvalidTimeStamp.Expired"));
    let date = jiff::fmt::rfc2822::parse(&refused.headers["date"]).unwrap().timestamp();
    let behind = savepeek::util::clock::now().duration_since(date);
    assert!((7200..7260).contains(&behind.as_secs()), "{behind}");
    let mut call = Call::get(&service, PLAIN);
    call.date(SignedDuration::from_hours(-2));
    assert_eq!(call.send(&service).await.gist(), (200, "STARTED"));
}

#[rstest]
#[case::expired("expired-token", Service::temporary_credentials, "InvalidSecurityToken.Expired")]
#[case::disabled("disabled-key", Service::credentials, "InvalidAccessKeyId.Inactive")]
#[tokio::test]
async fn disabled_and_expired_keys_have_replacements(
    #[case] kind: &str,
    #[case] ended: fn(&Service) -> Credentials,
    #[case] code: &str,
) {
    let service = misbehaving(&format!("[[fault]]\nkind = {kind:?}")).await;
    let all = [
        Service::credentials,
        Service::temporary_credentials,
        Service::rotated_credentials,
        Service::renewed_credentials,
    ];
    for key in all {
        let mut call = Call::get(&service, PLAIN);
        let key = key(&service);
        let ends = key.same_keys(&ended(&service));
        call.sign_as(key);
        let expected = if ends { (400, code) } else { (200, "STARTED") };
        assert_eq!(call.send(&service).await.gist(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_fault_is_for_one_savepoint_and_a_while() {
    let text = format!(
        "[[fault]]\nkind = \"not-authorised\"\nid = {PLAIN:?}\nfrom = \"2s\"\nuntil = \"4s\""
    );
    let service = misbehaving(&text).await;
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push((ask(&service, PLAIN).await.status, ask(&service, OTHER).await.status));
        advance(Duration::from_secs(2)).await;
    }
    assert_eq!(seen, [(200, 200), (403, 200), (200, 500)], "the 500 is the story's own");
}

#[tokio::test]
async fn the_first_matching_fault_applies_and_counts() {
    let text = "[[fault]]\nkind = { throttle = \"1s\" }\nanswers = 2\n\
                [[fault]]\nkind = \"not-authorised\"\nanswers = 1";
    let service = misbehaving(text).await;
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(ask(&service, PLAIN).await.status);
    }
    assert_eq!(seen, [400, 400, 403, 200]);
    let asked =
        service.targets().iter().map(|target| service.request_count(&target.id)).sum::<u64>();
    assert_eq!(asked, 1, "the story was asked once");
    let operation_counts = service.operation_counts();
    assert_eq!((operation_counts["GetSavepoint"], operation_counts["ListSavepoints"]), (1, 0));
    service.set_faults(Faults::default());
    assert_eq!(ask(&service, PLAIN).await.status, 200);
}
