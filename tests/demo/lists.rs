//! The lists: their envelope, and the requests that are refused.

use std::ops::RangeInclusive;
use std::time::Duration;

use rstest::rstest;
use savepeek::demo::{Service, Story};
use savepeek::domain::deployment::JobSummary;
use serde_json::{Value, json};
use tokio::time::advance;

use crate::call::{Call, PLAIN, Reply, start};

async fn embedded() -> Service {
    Service::start("127.0.0.1:0".parse().unwrap(), Story::embedded()).await.unwrap()
}

/// Asks for a list, as `ListSavepoints` of `savepoints`.
async fn list(service: &Service, action: &str, path: &str, query: &'static str) -> Reply {
    let mut call = Call::get(service, "");
    call.path = call.path.replace("savepoints/", path);
    call.query = query;
    call.set("x-acs-action", action);
    call.send(service).await
}

async fn savepoints(service: &Service, query: &'static str) -> Reply {
    list(service, "ListSavepoints", "savepoints", query).await
}

fn ids(reply: &Reply) -> Vec<&str> {
    let items = reply.body["data"].as_array().unwrap();
    items.iter().map(|item| item["savepointId"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_page_has_the_documented_envelope() {
    let service = start().await;
    let reply = savepoints(&service, "deploymentId=deployment&pageIndex=2&pageSize=1").await;
    let mut body = reply.body.clone();
    let data = body["data"].take();
    let expected = json!({
        "requestId": reply.headers["x-acs-request-id"], "success": true, "httpCode": 200,
        "errorCode": "", "errorMessage": "", "data": null,
        "pageIndex": 2, "pageSize": 1, "totalSize": 5,
    });
    assert_eq!((reply.status, body), (200, expected));
    assert_eq!(data.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_list_says_of_a_savepoint_what_it_says_alone() {
    let service = start().await;
    let reply = savepoints(&service, "").await;
    let items = reply.body["data"].as_array().unwrap();
    let listed = items.iter().find(|item| item["savepointId"] == PLAIN).unwrap();
    let alone = Call::get(&service, PLAIN).send(&service).await;
    assert_eq!(*listed, alone.body["data"]);
    assert_eq!(reply.body["pageSize"], 10);
}

#[tokio::test]
async fn a_page_beyond_the_last_is_empty() {
    let service = start().await;
    let reply = savepoints(&service, "pageIndex=18446744073709551615&pageSize=100").await;
    assert_eq!((ids(&reply).len(), &reply.body["totalSize"]), (0, &json!(5)));
}

#[rstest]
#[case::no_size("pageSize=0", "InvalidPageSize")]
#[case::too_large("pageSize=101", "InvalidPageSize")]
#[case::a_word("pageSize=ten", "InvalidPageSize")]
#[case::before_the_first("pageIndex=0", "InvalidPageIndex")]
#[case::negative("pageIndex=-1", "InvalidPageIndex")]
#[tokio::test]
async fn a_page_that_cannot_be_is_refused(#[case] query: &'static str, #[case] code: &str) {
    assert_eq!(savepoints(&start().await, query).await.gist(), (400, code));
}

#[rstest]
#[case::no_deployment("ListJobs", "jobs", "", (400, "MissingDeploymentId"))]
#[case::another("ListJobs", "jobs", "deploymentId=x", (200, "990301"))]
#[case::order("ListDeployments", "deployments", "sortName=name", (400, "InvalidSortName"))]
#[case::status("ListDeployments", "deployments", "status=X", (400, "InvalidStatus"))]
#[case::mode("ListDeployments", "deployments", "executionMode=x", (400, "InvalidExecutionMode"))]
#[case::another_path("ListJobs", "deployments", "", (404, "InvalidApi.NotFound"))]
#[case::with_an_id("ListJobs", "jobs/x", "", (404, "InvalidApi.NotFound"))]
#[case::without_one("GetJob", "jobs", "", (404, "InvalidApi.NotFound"))]
#[case::no_such_job("GetJob", "jobs/x", "", (200, "990301"))]
#[tokio::test]
async fn what_is_wrong_with_a_call_is_said(
    #[case] action: &str,
    #[case] path: &str,
    #[case] query: &'static str,
    #[case] gist: (u16, &str),
) {
    assert_eq!(list(&embedded().await, action, path, query).await.gist(), gist);
}

#[rstest]
#[case::none("executionMode=BATCH&name=RISK-&status=RUNNING", 0..=0, "")]
#[case::by_mode("executionMode=STREAMING&name=%E5%A4%A7%E5%B1%8F", 1..=9, "CANCELLED")]
#[case::running("pageSize=100&status=RUNNING", 51..=100, "RUNNING")]
#[case::transitioning("pageSize=100&status=TRANSITIONING", 51..=100, "TRANSITIONING")]
#[case::failed("pageSize=100&status=FAILED", 51..=100, "FAILED")]
#[case::finished("pageSize=100&status=FINISHED", 51..=100, "FINISHED")]
#[case::cancelled("pageSize=100&status=CANCELLED", 51..=100, "CANCELLED")]
#[tokio::test]
async fn deployments_are_filtered(
    #[case] query: &'static str,
    #[case] count: RangeInclusive<usize>,
    #[case] status: &str,
) {
    let reply = list(&embedded().await, "ListDeployments", "deployments", query).await;
    let found = reply.body["data"].as_array().unwrap();
    assert!(count.contains(&found.len()), "{}", found.len());
    for deployment in found {
        let count = |state: &str| deployment["jobSummary"][state].as_u64().unwrap();
        let jobs = JobSummary {
            starting: count("starting"),
            running: count("running"),
            cancelling: count("cancelling"),
            cancelled: count("cancelled"),
            failed: count("failed"),
            finished: count("finished"),
        };
        assert_eq!(jobs.state(), Some(status));
    }
}

#[tokio::test]
async fn a_list_says_of_a_job_what_it_says_alone() {
    let service = embedded().await;
    for name in ["name=device-telemetry", "name=session-windows"] {
        let found = list(&service, "ListDeployments", "deployments", name).await;
        let id = found.body["data"][0]["deploymentId"].as_str().unwrap();
        let query: &'static str = format!("deploymentId={id}").leak();
        let listed = list(&service, "ListJobs", "jobs", query).await.body["data"][0].take();
        let path = format!("jobs/{}", listed["jobId"].as_str().unwrap());
        assert_eq!(list(&service, "GetJob", &path, "").await.body["data"], listed);
    }
}

#[tokio::test]
async fn the_query_is_signed_too() {
    let service = start().await;
    let mut call = Call::get(&service, "");
    call.path = call.path.replace("savepoints/", "savepoints");
    call.set("x-acs-action", "ListSavepoints");
    call.query = "pageSize=1";
    call.sign();
    call.query = "pageSize=2";
    assert_eq!(call.send_as_it_is(&service).await.gist(), (400, "SignatureDoesNotMatch"));
}

#[tokio::test(start_paused = true)]
async fn a_savepoint_appears_every_twenty_seconds() {
    let service = embedded().await;
    let found = list(&service, "ListDeployments", "deployments", "name=payments-ledger").await;
    let id = found.body["data"][0]["deploymentId"].as_str().unwrap();
    let query: &'static str = format!("deploymentId={id}&pageSize=100").leak();
    let state = |reply: &Reply, nth: usize| reply.body["data"][nth]["status"]["state"].clone();

    advance(Duration::from_secs(10)).await;
    let before = savepoints(&service, query).await;
    assert_eq!(state(&before, 0), "COMPLETED");
    advance(Duration::from_secs(10)).await;
    let after = savepoints(&service, query).await;
    assert_eq!(after.body["totalSize"].as_u64(), before.body["totalSize"].as_u64().map(|n| n + 1));
    assert_eq!((state(&after, 0), ids(&after)[1]), (json!("STARTED"), ids(&before)[0]));
    let states: Vec<Value> = (0..ids(&after).len()).map(|nth| state(&after, nth)).collect();
    assert!(states.contains(&json!("FAILED")), "some of them fail");

    let newest = ids(&after)[0];
    assert_eq!(Call::get(&service, newest).send(&service).await.gist(), (200, "STARTED"));
    advance(Duration::from_secs(7)).await;
    assert_eq!(Call::get(&service, newest).send(&service).await.gist(), (200, "COMPLETED"));
    // A day later only the newest are kept, and it is not one of them.
    advance(Duration::from_secs(86_400)).await;
    assert_eq!(savepoints(&service, query).await.body["totalSize"], 200);
    assert_eq!(Call::get(&service, newest).send(&service).await.gist(), (200, "990301"));
}
