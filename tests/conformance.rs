//! Compares the lists of our client with those that the vendor's SDK read from the same service.
//! `.ci/conformance` starts the service, runs the SDK and then these tests.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::env;
use std::process::Command;
use std::time::Duration;

use savepeek::api::credentials::{Chain, Credentials};
use savepeek::api::lists::{PageRequest, SavepointQuery};
use savepeek::api::{Client, Settings};
use savepeek::domain::deployment::Deployment;
use savepeek::domain::endpoint::Endpoint;
use savepeek::domain::job::{Job, JobId};
use savepeek::domain::savepoint::{Namespace, Place, Workspace};
use serde_json::{Value, json};

/// The SDK's models as JSON, by page.
#[derive(serde::Deserialize)]
struct Read {
    deployments: Vec<Vec<Value>>,
    savepoints: Vec<Vec<Value>>,
    jobs: BTreeMap<String, Vec<Vec<Value>>>,
}

/// A deployment's fields that our client decodes.
fn deployment(read: &Deployment) -> Value {
    let jobs = read.jobs.unwrap();
    json!({
        "deploymentId": read.deployment_id.as_ref().unwrap().as_str(),
        "name": read.name,
        "namespace": read.namespace,
        "executionMode": read.execution_mode,
        "engineVersion": read.engine_version,
        "creatorName": read.creator,
        "jobSummary": {
            "starting": jobs.starting, "running": jobs.running, "cancelling": jobs.cancelling,
            "cancelled": jobs.cancelled, "failed": jobs.failed, "finished": jobs.finished,
        },
        "createdAt": read.created_at.unwrap().as_second(),
        "modifiedAt": read.modified_at.unwrap().as_second(),
    })
}

/// A job's fields that our client decodes.
fn job(read: &Job) -> Value {
    json!({
        "jobId": read.job_id.as_ref().unwrap().as_str(),
        "deploymentId": read.deployment_id.as_ref().unwrap().as_str(),
        "deploymentName": read.deployment_name,
        "namespace": read.namespace,
        "executionMode": read.execution_mode,
        "startTime": read.started_at.unwrap().as_second(),
        "createdAt": read.created_at.unwrap().as_second().to_string(),
        "modifiedAt": read.modified_at.unwrap().as_second().to_string(),
    })
}

/// The SDK's values of the fields that ours has.
fn same_fields(sdk: &Value, ours: &Value) -> Value {
    let fields = ours.as_object().unwrap().keys();
    fields.map(|name| (name.clone(), sdk[name].clone())).collect::<serde_json::Map<_, _>>().into()
}

#[tokio::test]
#[ignore = "needs the service and the SDK that .ci/conformance starts"]
async fn the_vendor_s_sdk_and_our_client_read_the_same() {
    let of = |name: &str| env::var(name).unwrap();
    let read: Read =
        serde_json::from_str(&std::fs::read_to_string(of("SAVEPEEK_SDK_READ")).unwrap()).unwrap();
    let place = Place {
        endpoint: Endpoint::of_url(&of("SAVEPEEK_ENDPOINT"), false).unwrap(),
        workspace: Workspace::new(&of("SAVEPEEK_WORKSPACE")).unwrap(),
        namespace: Namespace::new(&of("SAVEPEEK_NAMESPACE")).unwrap(),
        profile: None,
    };
    let client =
        Client::new(Settings { timeout: Duration::from_secs(10) }, |_| Chain::new(Vec::new()));
    client.add_identity(
        &place.endpoint,
        Credentials {
            access_key_id: of("ALIBABA_CLOUD_ACCESS_KEY_ID"),
            access_key_secret: of("ALIBABA_CLOUD_ACCESS_KEY_SECRET").into(),
            security_token: None,
            expires_at: None,
        },
    );
    let at = |nth: usize| PageRequest::new(u32::try_from(nth + 1).unwrap(), 100);

    for (nth, sdk) in read.deployments.iter().enumerate() {
        let page = client.list_deployments(&place, None, at(nth)).await;
        let ours: Vec<_> = page.unwrap().items.iter().map(deployment).collect();
        assert_eq!(ours.len(), sdk.len(), "page {nth}");
        let sdk: Vec<_> = sdk.iter().zip(&ours).map(|(sdk, ours)| same_fields(sdk, ours)).collect();
        assert_eq!(ours, sdk, "page {nth}");
    }
    for sdk in read.jobs.values().flat_map(|pages| &pages[0]) {
        let id = JobId::new(sdk["jobId"].as_str().unwrap()).unwrap();
        let ours = client.get_job(&place, &id).await.unwrap();
        assert_eq!(job(&ours), same_fields(sdk, &job(&ours)));
        assert_eq!(ours.state.as_deref(), sdk["status"]["currentJobStatus"].as_str());
        let message = ours.failure.as_ref().and_then(|failure| failure.message.as_deref());
        assert_eq!(message, sdk["status"]["failure"]["message"].as_str());
    }
    // New savepoints have moved the pages since, so those of the last hour are ignored.
    let hour_ago = savepeek::util::clock::now().as_second() - 3600;
    let settled = |item: &Value| item["createdAt"].as_i64().unwrap() < hour_ago;
    let sdk: Vec<_> = read.savepoints.concat().into_iter().filter(settled).collect();
    let mut ours: Vec<Value> = Vec::new();
    for nth in 0..=read.savepoints.len() {
        let page = client.list_savepoints(&place, &SavepointQuery::default(), at(nth)).await;
        ours.extend(page.unwrap().items.iter().map(|item| {
            let data: Value = serde_json::from_str(&item.data).unwrap();
            let created = item.savepoint.created_at.unwrap().as_second();
            assert_eq!(data["createdAt"], created);
            assert_eq!(data["status"]["state"], item.savepoint.state.as_ref().unwrap().as_str());
            data
        }));
    }
    ours.dedup();
    let ours: Vec<_> = ours.into_iter().filter(settled).collect();
    assert!(ours.len() > 5000, "{}", ours.len());
    assert!(ours == sdk, "{} and {} savepoints", ours.len(), sdk.len());
}

#[test]
#[ignore = "needs the service and the SDK that .ci/conformance starts"]
fn the_vendor_s_sdk_reads_what_our_program_lists() {
    let read = env::var("SAVEPEEK_SDK_READ").unwrap();
    let read: Read = serde_json::from_str(&std::fs::read_to_string(read).unwrap()).unwrap();
    // Savepoints of the last hour change and are ignored.
    let hour_ago = savepeek::util::clock::now().as_second() - 3600;
    let settled = |item: &Value| item["createdAt"].as_i64().unwrap() < hour_ago;
    let list = |filter: &[&str]| -> Vec<Value> {
        let all = ["list", "--limit", "all", "--output", "json", "--rate", "100"];
        let mut program = Command::new(assert_cmd::cargo::cargo_bin!("savepeek"));
        let output = program.args(all).args(filter).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let lines = std::str::from_utf8(&output.stdout).unwrap().lines();
        let lines = lines.map(|line| serde_json::from_str::<Value>(line).unwrap());
        let savepoints: Vec<_> = lines.map(|mut line| line["savepoint"].take()).collect();
        savepoints.into_iter().filter(settled).collect()
    };
    let sdk = |fits: &dyn Fn(&Value) -> bool| -> Vec<Value> {
        read.savepoints.concat().into_iter().filter(|item| settled(item) && fits(item)).collect()
    };
    let (ours, theirs) = (list(&[]), sdk(&|_| true));
    assert!(ours.len() > 5000, "{}", ours.len());
    assert!(ours == theirs, "{} and {} savepoints", ours.len(), theirs.len());

    assert!(list(&["--state", "FAILED"]) == sdk(&|item| item["status"]["state"] == "FAILED"));
    let owners = read.deployments.concat();
    let has_some =
        |owner: &&Value| !sdk(&|it| it["deploymentId"] == owner["deploymentId"]).is_empty();
    for owner in owners.iter().filter(has_some).take(3) {
        let (id, name) = (&owner["deploymentId"], &owner["name"]);
        let theirs = sdk(&|item| item["deploymentId"] == *id);
        for text in [id, name] {
            assert_eq!(list(&["--deployment", text.as_str().unwrap()]), theirs);
        }
        let job = &theirs[0]["jobId"];
        assert_eq!(list(&["--job", job.as_str().unwrap()]), sdk(&|item| item["jobId"] == *job));
    }
}
