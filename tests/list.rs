//! `savepeek list`, `latest` and `wait --next` with the real binary, against canned answers on
//! loopback and the embedded service. Paging and outages are tested on a paused clock, beside the
//! source.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/mod.rs"]
mod support;

use std::process::Output;

use serde_json::{Value, json};
use support::canned::{SECRET, Service, business, example, gateway};
use support::embedded::Embedded;
use support::text;

/// A savepoint's ID, state, and the second of its creation.
type Item = (&'static str, &'static str, i64);

const OLD: Item = ("old", "COMPLETED", 100);
const BAD: Item = ("bad", "FAILED", 200);
const GOOD: Item = ("good", "COMPLETED", 300);
const NEXT: Item = ("next", "STARTED", 400);

fn savepoint((id, state, created): Item) -> Value {
    json!({
        "savepointId": id, "status": { "state": state }, "savepointOrigin": "USER_REQUEST",
        "createdAt": created, "modifiedAt": created + 7, "savepointLocation": "oss://b/c",
    })
}

fn page(name: &str, items: &[Value]) -> (u16, String) {
    let total = items.len();
    let body = json!({
        "success": true, "requestId": name, "data": items,
        "pageIndex": 1, "pageSize": 100, "totalSize": total,
    });
    (200, body.to_string())
}

fn answers(asked: &str, before: usize) -> (u16, String) {
    let list =
        |items: &[Item]| page("R-L", &items.iter().copied().map(savepoint).collect::<Vec<_>>());
    let deployment = |name: &str| {
        json!({
            "deploymentId": format!("id-of-{name}"), "name": name, "executionMode": "STREAMING",
            "jobSummary": { "running": 1, "failed": 2 }, "modifiedAt": 100,
            "flinkConf": { "password": "hunter2" },
        })
    };
    let (operation, query) = asked.split_once('?').unwrap_or((asked, ""));
    let of = |id: &str| query.contains(&format!("deploymentId=id-of-{id}&"));
    match operation {
        "deployments" if query.contains("name=forbidden") => (403, gateway("NoPermission")),
        "deployments" if query.contains("name=gone") => page("R-D", &[]),
        "deployments" => page("R-D", &["orders", "orders-2", "grows"].map(deployment)),
        "savepoints" if query.contains("jobId=forbidden") => (403, gateway("NoPermission")),
        "savepoints" if query.contains("jobId=broken") => (500, gateway("InternalError")),
        "savepoints" if of("orders-2") => list(&[BAD]),
        "savepoints" if of("grows") && before == 0 => list(&[GOOD, BAD, OLD]),
        "savepoints" if of("grows") => list(&[NEXT, GOOD, BAD, OLD]),
        "savepoints" => list(&[GOOD, BAD, OLD]),
        "next" => (200, example("next")),
        _ => (200, business("990301")),
    }
}

fn run(service: &Service, args: &[&str]) -> Output {
    service.command(args).output().unwrap()
}

#[test]
fn savepoints_as_a_table() {
    let output = run(&Service::start(answers), &["list"]);
    insta::assert_snapshot!(text(&output.stdout), @r"
    ID    STATE      ORIGIN        CREATED                    MODIFIED                   LOCATION
    good  COMPLETED  USER_REQUEST  1970-01-01T00:05:00+00:00  1970-01-01T00:05:07+00:00  oss://b/c
    bad   FAILED     USER_REQUEST  1970-01-01T00:03:20+00:00  1970-01-01T00:03:27+00:00  oss://b/c
    old   COMPLETED  USER_REQUEST  1970-01-01T00:01:40+00:00  1970-01-01T00:01:47+00:00  oss://b/c
    ");
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
}

#[test]
fn deployments_as_a_table_and_as_objects() {
    let service = Service::start(answers);
    let output = run(&service, &["list", "--deployments", "--name", "or"]);
    insta::assert_snapshot!(text(&output.stdout), @r"
    ID              NAME      STATE    MODE       MODIFIED
    id-of-orders    orders    RUNNING  STREAMING  1970-01-01T00:01:40+00:00
    id-of-orders-2  orders-2  RUNNING  STREAMING  1970-01-01T00:01:40+00:00
    id-of-grows     grows     RUNNING  STREAMING  1970-01-01T00:01:40+00:00
    ");
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
    let asked = service.asked.lock().unwrap().clone();
    assert!(asked[0].starts_with("deployments?") && asked[0].contains("name=or&"), "{asked:?}");
    let output = run(&service, &["list", "--deployments", "--output", "json", "--limit", "1"]);
    insta::assert_snapshot!(text(&output.stdout), @r#"{"deploymentId":"id-of-orders","name":"orders","namespace":"n","workspace":"w","state":"RUNNING","executionMode":"STREAMING","modifiedAt":"1970-01-01T00:01:40Z"}"#);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
}

#[rstest::rstest]
#[case::all(&["list", "--limit", "all"], 0, "")]
#[case::of_a_deployment(&["list", "--deployment", "orders"], 0, "")]
#[case::none(&["list", "--state", "ODD"], 0, "there is no such savepoint")]
#[case::limit(&["list", "--limit", "few"], 2, "must be a number, or all")]
#[case::part_of_a_name(&["list", "--deployment", "order"], 2, "orders (id-of-orders), orders-2 (id-of-orders-2)")]
#[case::no_permission(&["list", "--job", "forbidden"], 3, "ask for the RAM permission stream:ListSavepoints")]
#[case::none_for_names(&["list", "--deployment", "forbidden"], 3, "ask for the RAM permission stream:ListDeployments")]
#[case::no_deployment(&["list", "--deployment", "gone"], 4, "the deployment gone: not found")]
#[case::trouble(&["list", "--job", "broken", "--timeout-total", "5s"], 5, "the list of savepoints: service trouble")]
#[case::deployments_none(&["list", "--deployments", "--name", "gone"], 0, "there is no such deployment")]
#[case::deployments_refused(&["list", "--deployments", "--name", "forbidden"], 3, "the list of deployments: no permission")]
#[case::deployments_of_a_job(&["list", "--deployments", "--job", "id"], 2, "cannot be used with")]
#[case::names_of_what(&["list", "--name", "orders"], 2, "--deployments")]
#[case::latest(&["latest", "--deployment", "orders"], 0, "")]
#[case::no_latest(&["latest", "--deployment", "orders-2"], 4, "there is no such savepoint")]
#[case::latest_of_what(&["latest"], 2, "--deployment")]
#[case::latest_unknown(&["latest", "--deployment", "orders", "--job", "broken", "--timeout-total", "5s"], 5, "service trouble")]
#[case::next_of_what(&["wait", "--next"], 2, "--deployment")]
#[case::next_beside_ids(&["wait", "--next", "--deployment", "grows", "id"], 2, "cannot be used with")]
#[case::next_of_nothing(&["wait", "--next", "--deployment", "gone"], 4, "the deployment gone: not found")]
#[case::nothing_next(&["wait", "--next", "--deployment", "orders", "--progress", "off", "--timeout", "1s"], 6, "no savepoint of orders has appeared: time ran out")]
fn the_exit_code_tells_the_outcome(#[case] args: &[&str], #[case] code: i32, #[case] says: &str) {
    let output = run(&Service::start(answers), args);
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    assert!(stderr.contains(says) && stderr.is_empty() == says.is_empty(), "{stderr}");
    assert_eq!(output.stdout.is_empty(), !says.is_empty(), "{}", text(&output.stdout));
    assert!(
        ![output.stdout, output.stderr]
            .concat()
            .windows(SECRET.len())
            .any(|w| w == SECRET.as_bytes())
    );
}

#[test]
fn latest_prints_an_id_or_the_object_of_get() {
    let service = Service::start(answers);
    let id = run(&service, &["latest", "--deployment", "orders"]);
    assert_eq!((text(&id.stdout), text(&id.stderr)), ("good\n", ""));
    let failed = run(&service, &["latest", "--deployment", "orders", "--state", "failed"]);
    assert_eq!(text(&failed.stdout), "bad\n");
    let json = run(&service, &["latest", "--deployment", "orders", "--output", "json"]);
    let object: Value = serde_json::from_str(text(&json.stdout)).unwrap();
    assert_eq!((&object["savepointId"], &object["savepoint"]), (&json!("good"), &savepoint(GOOD)));
}

#[test]
fn wait_next_waits_until_the_next_savepoint_is_final() {
    let service = Service::start(answers);
    let args = ["wait", "--next", "--deployment", "grows", "--interval", "1s", "--output", "json"];
    let output = run(&service, &args);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let line: Value = serde_json::from_str(text(&output.stdout)).unwrap();
    assert_eq!((&line["event"], &line["savepointId"]), (&json!("final"), &json!("next")));
    let lines: Vec<_> = text(&output.stderr).lines().collect();
    assert_eq!(lines[0], "savepeek: waiting for the next savepoint of grows");
    assert!(lines[1].starts_with("savepeek: next: appeared after "), "{lines:?}");
    assert_eq!(lines[2..], ["savepeek: next: already COMPLETED"]);
}

#[test]
fn everything_in_the_embedded_service_is_listed() {
    let demo = Embedded::start();
    let all = demo.run(&["list", "--limit", "all", "--output", "json", "--rate", "100"]);
    assert_eq!((all.status.code(), text(&all.stderr)), (Some(0), ""));
    let lines: Vec<Value> =
        text(&all.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.len() > 5000, "{}", lines.len());
    let created = |line: &Value| line["savepoint"]["createdAt"].as_i64().unwrap();
    assert!(lines.is_sorted_by_key(|line| std::cmp::Reverse(created(line))), "newest first");

    let some = demo.run(&["list"]);
    assert_eq!(text(&some.stdout).lines().filter(|line| !line.starts_with("  failed")).count(), 21);
    assert!(text(&some.stderr).starts_with("savepeek: the first 20 of 5"), "{some:?}");

    let some = demo.run(&["list", "--deployments"]);
    assert_eq!(text(&some.stdout).lines().count(), 21);
    assert!(text(&some.stderr).starts_with("savepeek: the first 20 of 20"), "{some:?}");
    let named = demo.run(&["list", "--deployments", "--name", "ledger", "--output", "json"]);
    let named: Value = serde_json::from_str(text(&named.stdout)).unwrap();
    assert_eq!((&named["name"], &named["state"]), (&json!("payments-ledger"), &json!("RUNNING")));

    let latest = demo.run(&["latest", "--deployment", "payments-ledger", "--output", "json"]);
    let latest: Value = serde_json::from_str(text(&latest.stdout)).unwrap();
    assert_eq!(latest["savepoint"]["status"]["state"], "COMPLETED");
    let id = latest["savepointId"].as_str().unwrap();
    let get = demo.run(&["get", "--output", "json", id]);
    let get: Value = serde_json::from_str(text(&get.stdout)).unwrap();
    assert_eq!(get["savepoint"], latest["savepoint"]);
}
