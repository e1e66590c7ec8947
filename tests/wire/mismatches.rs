//! Responses about another object than the requested one.

use rstest::rstest;
use savepeek::api::lists::{PageRequest, SavepointQuery};
use savepeek::api::{Cause, Error};
use savepeek::domain::deployment::DeploymentId;
use savepeek::domain::job::JobId;

use crate::server::{Reply, Server, http, savepoint};
use crate::{PATIENCE, at, client};

fn answer(data: &str) -> Vec<u8> {
    http(200, "", format!(r#"{{"success": true, "data": {data}}}"#))
}

fn assert_about_another(error: &Error, what: &str) {
    assert_eq!((&error.cause, error.http_status), (&Cause::Unreadable, Some(200)), "{error}");
    assert_eq!(error.message, format!("the service answered about another {what}"));
}

#[rstest]
#[case::id(r#"{"savepointId": "sp/2", "status": {"state": "COMPLETED"}}"#)]
#[case::id_as_a_number(r#"{"savepointId": 7}"#)]
#[case::namespace(r#"{"savepointId": "sp/1", "namespace": "other"}"#)]
#[case::namespace_alone(r#"{"namespace": "name"}"#)]
#[tokio::test]
async fn a_response_about_another_savepoint_is_rejected(#[case] data: &'static str) {
    let server =
        Server::new(move |nth| Reply::KeepAlive(if nth == 0 { answer(data) } else { savepoint() }));
    let (server, client) = (server.await, client(PATIENCE));
    let error = client.get_savepoint(&at(&server)).await.unwrap_err();
    assert_about_another(&error, "savepoint");
    for _ in 0..2 {
        let answer = client.get_savepoint(&at(&server)).await.unwrap();
        assert_eq!(answer.savepoint.savepoint_id.as_deref(), Some("sp/1"));
    }
    assert_eq!(server.connections(), 2, "the first connection is not used again, the second is");
}

#[rstest]
#[case::in_another_case(r#"{"savepointId": "SP/1", "namespace": "Name Space"}"#)]
#[case::absent("{}")]
#[case::null(r#"{"savepointId": null, "namespace": null}"#)]
#[case::empty(r#"{"savepointId": "", "namespace": ""}"#)]
#[case::no_text(r#"{"savepointId": ["sp/2"], "namespace": {}}"#)]
#[case::lone_surrogates(r#"{"savepointId": "sp/\ud800", "namespace": "\udc00"}"#)]
#[tokio::test]
async fn a_response_that_names_no_other_savepoint_is_accepted(#[case] data: &'static str) {
    let server = Server::always(move || Reply::KeepAlive(answer(data))).await;
    let client = client(PATIENCE);
    for _ in 0..2 {
        assert_eq!(&*client.get_savepoint(&at(&server)).await.unwrap().data, data);
    }
    assert_eq!(server.connections(), 1);
}

/// The first response is followed by a surplus one that no request asked for.
#[rstest]
#[case::the_same_savepoint(r#"{"savepointId": "sp/1", "status": {"state": "COMPLETED"}}"#)]
#[case::another_one(r#"{"savepointId": "sp/2", "status": {"state": "COMPLETED"}}"#)]
#[tokio::test]
async fn a_surplus_response_is_not_used_for_the_next_request(#[case] early: &'static str) {
    let started = || answer(r#"{"savepointId": "sp/1", "status": {"state": "STARTED"}}"#);
    let server = Server::new(move |nth| {
        let bytes = if nth == 0 { [started(), answer(early)].concat() } else { started() };
        Reply::KeepAlive(bytes)
    });
    let (server, client) = (server.await, client(PATIENCE));
    for _ in 0..3 {
        let answer = client.get_savepoint(&at(&server)).await.unwrap();
        assert_eq!(answer.savepoint.state.unwrap().as_str(), "STARTED");
    }
    assert_eq!(server.connections(), 2);
}

#[rstest]
#[case::nothing_else(r#"[{"savepointId": "a", "deploymentId": "other"}]"#, None)]
#[case::of_another_namespace(r#"[{"savepointId": "a", "namespace": "other"}]"#, None)]
#[case::among_others(
    r#"[{"savepointId": "a", "namespace": "other"}, {"savepointId": "b", "deploymentId": "d"}]"#,
    Some(1)
)]
#[tokio::test]
async fn items_that_do_not_match_the_request_are_removed(
    #[case] data: &'static str,
    #[case] items: Option<usize>,
) {
    let server = Server::always(move || Reply::KeepAlive(answer(data))).await;
    let (client, place) = (client(PATIENCE), at(&server).place);
    let query = SavepointQuery { deployment: DeploymentId::new("d").ok(), job: None };
    for connections in 1..3 {
        match (client.list_savepoints(&place, &query, PageRequest::new(1, 10)).await, items) {
            (Err(error), None) => assert_about_another(&error, "list of savepoints"),
            (Ok(page), Some(items)) => assert_eq!((page.items.len(), page.unreadable), (items, 1)),
            (result, _) => panic!("{result:?}"),
        }
        assert_eq!(server.connections(), connections, "no connection is used again");
    }
}

#[tokio::test]
async fn responses_about_other_deployments_and_jobs_are_rejected() {
    let data = r#"{"deploymentId": "d-2", "jobId": "j-1", "namespace": "other"}"#;
    let server = Server::new(move |nth| {
        Reply::KeepAlive(answer(&if nth < 2 { data.to_owned() } else { format!("[{data}]") }))
    });
    let (server, client) = (server.await, client(PATIENCE));
    let (place, page) = (at(&server).place, PageRequest::new(1, 10));
    let (deployment, job) = (DeploymentId::new("d-1").unwrap(), JobId::new("j-1").unwrap());
    let error = client.get_deployment(&place, &deployment).await.unwrap_err();
    assert_about_another(&error, "deployment");
    assert_about_another(&client.get_job(&place, &job).await.unwrap_err(), "job");
    let error = client.list_deployments(&place, None, page).await.unwrap_err();
    assert_about_another(&error, "list of deployments");
    assert_eq!(server.connections(), 3);
}
