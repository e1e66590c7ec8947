//! Decoding of pages.

use proptest::prelude::*;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::*;
use crate::api::response::{HttpResponse, open};
use crate::api::{Cause, Error};

fn read<T>(body: &str, read: impl Fn(&Envelope<'_>) -> Result<T, Error>) -> Result<T, Error> {
    let (headers, body) = (HeaderMap::new(), body.as_bytes());
    let action = "ListDeployments";
    read(&open(&HttpResponse { status: 200, headers: &headers, body, action })?)
}

fn deployments(body: &str) -> Result<Items<Deployment>, Error> {
    read(body, |envelope| Items::of(envelope, |item| Some(decode::deployment(&object(item)?))))
}

fn ids(items: &Items<Deployment>) -> Vec<&str> {
    items.read.iter().filter_map(Deployment::id).collect()
}

#[test]
fn every_field_of_a_page_is_decoded() {
    let body = r#"{"requestId": "R", "success": true, "httpCode": 200, "errorCode": "\"\"",
        "data": [{"deploymentId": "d-2"}, {"deploymentId": "d-1", "new": [1]}],
        "pageIndex": 2, "pageSize": "10", "totalSize": 12, "accessDeniedDetail": ""}"#;
    let items = deployments(body).unwrap();
    assert_eq!(ids(&items), ["d-2", "d-1"]);
    assert_eq!(
        (items.unreadable, items.index, items.size, items.total),
        (0, Some(2), Some(10), Some(12))
    );
}

#[test]
fn an_unreadable_item_does_not_fail_the_page() {
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let items =
        [r#"{"deploymentId": "d-1"}"#, "null", "7", "{}", r#"{"deploymentId": ".."}"#, &deep];
    let items =
        deployments(&format!(r#"{{"data": [{}], "totalSize": -1}}"#, items.join(","))).unwrap();
    assert_eq!((ids(&items), items.unreadable, items.total), (vec!["d-1"], 5, None));
}

#[rstest::rstest]
#[case::null(r#"{"success": true, "data": null, "totalSize": 0}"#, Ok(0))]
#[case::absent(r#"{"success": true, "totalSize": "0"}"#, Ok(0))]
#[case::null_and_uncounted(r#"{"success": true, "data": null}"#, Err("the service sent no data"))]
#[case::absent_and_counted(r#"{"success": true, "totalSize": 7}"#, Err("the service sent no data"))]
#[case::empty(r#"{"data": []}"#, Ok(0))]
#[case::nothing("{}", Err("the service sent no data"))]
#[case::an_object(r#"{"success": true, "data": {}}"#, Err("its data is no list"))]
fn a_list_without_items(#[case] body: &str, #[case] expected: Result<usize, &str>) {
    match (deployments(body), expected) {
        (Ok(items), Ok(expected)) => assert_eq!(items.read.len(), expected),
        (Err(error), Err(expected)) => assert!(error.message.starts_with(expected), "{error}"),
        (Ok(_), Err(expected)) => panic!("taken for a list, instead of: {expected}"),
        (Err(error), Ok(_)) => panic!("{error}"),
    }
}

#[test]
fn a_missing_permission_names_the_operation() {
    let error =
        deployments(r#"{"Code": "NoPermission", "Message": "no"}"#).map(|_| ()).unwrap_err();
    let action = "stream:ListDeployments".to_owned();
    assert_eq!(error.cause, Cause::NoPermission { action, detail: None });
}

#[rstest::rstest]
#[case::of_both("d-1", "J-1", true)]
#[case::of_another_deployment("d-2", "j-1", false)]
#[case::of_another_job("d-1", "j-2", false)]
fn a_foreign_savepoint_does_not_match_the_query(
    #[case] deployment: &str,
    #[case] job: &str,
    #[case] fits: bool,
) {
    let query =
        SavepointQuery { deployment: DeploymentId::new("d-1").ok(), job: JobId::new("j-1").ok() };
    let savepoint = Savepoint {
        deployment_id: Some(deployment.to_owned()),
        job_id: Some(job.to_owned()),
        ..Savepoint::default()
    };
    assert_eq!(query.fits(&savepoint), fits);
    assert!(query.fits(&Savepoint::default()), "one that does not say");
    assert!(SavepointQuery::default().fits(&savepoint), "nothing in particular was asked for");
}

#[test]
fn page_index_and_size_are_clamped() {
    assert_eq!(PageRequest::new(0, 0), PageRequest { index: 1, size: 1 });
    assert_eq!(PageRequest::new(7, 1000), PageRequest { index: 7, size: 100 });
}

/// JSON with a page's field names and values of every type.
fn structured() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "(\\.\\.|[a-z0-9]{0,4})".prop_map(Value::from),
    ];
    let names = prop::sample::select(vec![
        "jobId",
        "deploymentId",
        "savepointId",
        "status",
        "currentJobStatus",
        "failure",
        "running",
        "observedFlinkJobRestarts",
        "jobSummary",
        "failed",
        "startTime",
        "name",
        "creator",
    ]);
    leaf.prop_recursive(3, 32, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(names.clone(), inner, 0..6).prop_map(|fields| {
                fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
            }),
        ]
    })
}

proptest! {
    #[test]
    fn no_json_makes_reading_a_page_panic(
        items in prop::collection::vec(structured(), 0..6),
        index in structured(),
        total in structured(),
    ) {
        let body = json!({"data": items, "pageIndex": index, "totalSize": total}).to_string();
        let page = deployments(&body).unwrap();
        prop_assert_eq!(page.read.len() + page.unreadable, items.len());
        let alone = json!({"data": items.first()}).to_string();
        let _ = read(&alone, |envelope| envelope.object("deployment", decode::deployment));
        let _ = read(&alone, |envelope| envelope.object("job", decode::job));
    }
}
