//! The story over time. The clock is paused: a test advances it, or it jumps to the end of a delay.

use std::collections::BTreeSet;
use std::time::Duration;

use rstest::rstest;
use savepeek::demo::{Service, Story};
use serde_json::Value;
use tokio::time::{Instant, advance};

use crate::call::{Call, PLAIN, Reply, STORY, start};

async fn ask(service: &Service, id: &str) -> Reply {
    Call::get(service, id).send(service).await
}

/// The nth savepoint of the tests' story.
async fn nth(service: &Service, nth: u32) -> Reply {
    ask(service, &format!("00000000-0000-4000-8000-{nth:012x}")).await
}

#[tokio::test(start_paused = true)]
async fn an_answer_has_every_field_of_the_service() {
    let service = start().await;
    advance(Duration::from_secs(8)).await;
    let reply = ask(&service, PLAIN).await;
    let created = reply.body["data"]["createdAt"].as_i64().unwrap();
    let expected = serde_json::json!({
        "requestId": reply.headers["x-acs-request-id"],
        "success": true,
        "httpCode": 200,
        "errorCode": "",
        "errorMessage": "",
        "data": {
            "savepointId": PLAIN,
            "deploymentId": "deployment",
            "jobId": "job",
            "namespace": "test-default",
            "savepointOrigin": "USER_REQUEST",
            "nativeFormat": true,
            "description": "下班前 🚀",
            "stopWithDrainEnabled": true,
            "savepointLocation": "oss://bucket/savepoint",
            "status": { "state": "COMPLETED" },
            "createdAt": created,
            "modifiedAt": created + 68,
        },
    });
    assert_eq!(reply.body, expected);
    let age = savepeek::util::clock::now().as_second() - created;
    assert!((60..120).contains(&age), "created a minute before the start, in seconds: {age}");
}

#[tokio::test(start_paused = true)]
async fn a_step_is_taken_when_its_time_comes() {
    let service = start().await;
    advance(Duration::from_millis(7_990)).await;
    let before = ask(&service, PLAIN).await;
    assert_eq!(before.gist(), (200, "STARTED"));
    assert_eq!(before.body["data"].get("savepointLocation"), None);
    advance(Duration::from_millis(10)).await;
    assert_eq!(ask(&service, PLAIN).await.gist(), (200, "COMPLETED"));
}

#[tokio::test(start_paused = true)]
async fn a_savepoint_is_there_from_its_first_step_until_it_vanishes() {
    let service = start().await;
    assert_eq!(nth(&service, 5).await.gist(), (200, "990301"));
    advance(Duration::from_secs(10)).await;
    assert_eq!(nth(&service, 5).await.gist(), (200, "STARTED"));
    advance(Duration::from_secs(10)).await;
    assert_eq!(nth(&service, 5).await.gist(), (200, "990301"));
}

#[tokio::test(start_paused = true)]
async fn a_failure_may_stay_after_the_state_and_lie_before_the_creation() {
    let service = start().await;
    let failed = nth(&service, 6).await.body["data"].clone();
    assert_eq!(failed["status"]["state"], "FAILED");
    assert_eq!(failed["status"]["failure"]["failedAt"], failed["modifiedAt"]);
    advance(Duration::from_secs(5)).await;
    let reply = nth(&service, 6).await;
    let data = &reply.body["data"];
    assert_eq!(data["status"]["state"], "COMPLETED");
    assert_eq!(data["status"]["failure"]["reason"], "reason");
    assert!(data["status"]["failure"]["failedAt"].as_i64() < data["createdAt"].as_i64());
    assert_eq!((&reply.body["errorCode"], &reply.body["success"]), (&"\"\"".into(), &true.into()));
}

#[tokio::test(start_paused = true)]
async fn a_delay_is_kept_and_the_answer_is_of_its_end() {
    let service = start().await;
    let asked = Instant::now();
    assert_eq!(nth(&service, 4).await.gist(), (200, "COMPLETED"));
    assert!(asked.elapsed() >= Duration::from_secs(3));
}

#[tokio::test(start_paused = true)]
async fn every_second_request_is_throttled() {
    let service = start().await;
    for _ in 0..2 {
        assert_eq!(nth(&service, 2).await.gist(), (200, "STARTED"));
        let throttled = nth(&service, 2).await;
        assert_eq!(throttled.gist(), (400, "Throttling.User"));
        assert_eq!(throttled.headers["x-acs-retry-after"], "1500");
    }
}

#[tokio::test(start_paused = true)]
async fn every_third_request_meets_an_internal_error() {
    let service = start().await;
    for _ in 0..2 {
        assert_eq!(nth(&service, 3).await.gist(), (200, "STARTED"));
        assert_eq!(nth(&service, 3).await.gist(), (200, "STARTED"));
        assert_eq!(nth(&service, 3).await.gist(), (500, "InternalError"));
    }
}

#[rstest]
#[case::listed_as_missing("00000000-0000-4000-8000-00000000000f")]
#[case::unknown("nobody")]
#[case::chinese("快照/1 %2F+~*")]
#[case::upper_case("00000000-0000-4000-8000-00000000000F")]
#[tokio::test]
async fn an_unknown_savepoint_is_not_found(#[case] id: &str) {
    let service = start().await;
    let reply = ask(&service, id).await;
    assert_eq!(reply.gist(), (200, "990301"));
    assert_eq!((&reply.body["success"], &reply.body["data"]), (&false.into(), &Value::Null));
}

#[tokio::test]
async fn another_namespace_has_none_of_it() {
    let service = start().await;
    let mut call = Call::get(&service, PLAIN);
    call.path = call.path.replace("test-default", "another");
    assert_eq!(call.send(&service).await.gist(), (200, "990301"));
}

/// Every answer of the embedded story at this moment, by ID.
async fn embedded(service: &Service) -> Vec<Reply> {
    let mut replies = Vec::new();
    for target in service.targets() {
        replies.push(ask(service, target.id.as_str()).await);
    }
    replies
}

#[tokio::test(start_paused = true)]
async fn the_embedded_story_covers_every_behaviour() {
    let listen = "127.0.0.1:0".parse().unwrap();
    let service = Service::start(listen, Story::embedded()).await.unwrap();
    let replies = embedded(&service).await;
    assert!(replies.len() >= 10);
    let started =
        |replies: &[Reply]| replies.iter().filter(|reply| reply.gist() == (200, "STARTED")).count();
    assert!(started(&replies) >= 4);
    let seen: BTreeSet<&str> = replies.iter().map(|reply| reply.gist().1).collect();
    for gist in ["COMPLETED", "FAILED", "PENDING_DELETION", "990301"] {
        assert!(seen.contains(gist), "{gist} is not among {seen:?}");
    }
    let all = |path: &str| {
        let texts = replies.iter().filter_map(|reply| reply.body.pointer(path)?.as_str());
        texts.collect::<Vec<_>>()
    };
    let origins = all("/data/savepointOrigin");
    for origin in ["USER_REQUEST", "STOP_WITH_SAVEPOINT", "RETAINED_CHECKPOINT", "AUTO_TRIGGERED"] {
        assert!(origins.contains(&origin), "{origin}");
    }
    assert!(all("/data/description").iter().any(|text| text.contains('快')));
    let reasons = all("/data/status/failure/reason");
    assert!(reasons.iter().any(|reason| {
        reason.lines().count() > 60 && reason.matches("Caused by: ").count() > 2
    }));
    let messages = all("/data/status/failure/message");
    assert!(
        messages.iter().any(|text| text.starts_with("A savepoint has been created at: oss://"))
    );

    advance(Duration::from_secs(30)).await;
    let later = embedded(&service).await;
    let fell = |now: &str| {
        replies
            .iter()
            .zip(&later)
            .any(|(before, after)| before.gist() == (200, "STARTED") && after.gist() == (200, now))
    };
    assert!(fell("COMPLETED") && fell("FAILED"));
    assert!(started(&later) >= 1, "one of them stays");
    let mut codes = BTreeSet::new();
    for _ in 0..3 {
        codes.extend(embedded(&service).await.iter().map(|reply| reply.gist().1.to_owned()));
    }
    assert!(codes.contains("Throttling.User") && codes.contains("InternalError"), "{codes:?}");
}

#[rstest]
#[case::unknown_field("nativeFormat = true", "nativeFormt = true", "unknown field `nativeFormt`")]
#[case::missing_field("jobId = \"job\"\n", "", "missing field `jobId`")]
#[case::workspace("\"0123456789abcd\"", "\"\"", "workspace ID is empty")]
#[case::namespace("\"test-default\"", "\"..\"", "namespace must not be")]
#[case::not_a_uuid(PLAIN, "1", "\"1\" is not a UUID")]
#[case::upper_case_uuid("00000000000f", "00000000000F", "is not a UUID")]
#[case::not_a_moment("\"8s\"", "\"soon\"", "at = \"soon\"")]
#[case::negative_delay("delay = \"3s\"", "delay = \"-3s\"", "delay = \"-3s\"")]
#[case::never_throttled("every = 2", "every = 0", "every = 0")]
#[case::twice("8000-000000000002", "8000-000000000001", "twice")]
#[case::backwards("\"8s\"", "\"-2m\"", "in order of time")]
#[case::endless_series("every = \"20s\"", "every = \"0s\"", "must come every so often")]
#[case::timeless_series("took = [\"4s\"]", "took = []", "must come every so often")]
#[case::no_step("steps = [{ at = \"10s\", state = \"STARTED\" }]", "steps = []", "at least one")]
fn an_invalid_story_is_rejected_with_the_reason(
    #[case] right: &str,
    #[case] wrong: &str,
    #[case] reason: &str,
) {
    assert!(STORY.contains(right));
    let error = Story::parse(&STORY.replacen(right, wrong, 1)).unwrap_err().to_string();
    assert!(error.contains(reason), "{error}");
}
