//! Lists, read completely from the embedded service and from one that changes meanwhile.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};

use savepeek::api::lists::{ListItem, PageRequest, SavepointQuery};
use savepeek::api::pagination::Paging;
use savepeek::api::{Answer, Cause, Client};
use savepeek::demo::{Faults, Service, Story};
use savepeek::domain::deployment::{Deployment, DeploymentId};
use savepeek::domain::job::JobId;
use savepeek::domain::savepoint::{Place, SavepointId, State, Target};

use crate::embedded::client;
use crate::server::{Reply, Server, http, refusal};
use crate::{PATIENCE, at};

async fn service(faults: &str) -> (Service, Place) {
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let faults = Faults::parse(faults).unwrap();
    let service = Service::start_with_faults(listen, Story::embedded(), faults).await.unwrap();
    let place = service.targets().swap_remove(0).place;
    (service, place)
}

async fn savepoints(client: &Client, place: &Place, query: &SavepointQuery) -> Vec<Answer> {
    let mut paging = Paging::new(100, 100);
    while let Some(at) = paging.next() {
        paging.add_page(client.list_savepoints(place, query, at).await.unwrap());
    }
    assert_eq!((paging.unreadable(), paging.is_truncated()), (0, false));
    paging.into_items()
}

async fn deployments(client: &Client, place: &Place, name: Option<&str>) -> Vec<Deployment> {
    let mut paging = Paging::new(100, 100);
    while let Some(at) = paging.next() {
        paging.add_page(client.list_deployments(place, name, at).await.unwrap());
    }
    assert_eq!(paging.total(), Some(paging.items().len() as u64));
    paging.into_items()
}

/// The only deployment with this name, and its savepoints.
async fn named(client: &Client, place: &Place, name: &str) -> (DeploymentId, Vec<Answer>) {
    let found = deployments(client, place, Some(name)).await;
    let [deployment] = found.as_slice() else { panic!("{found:?}") };
    let id = deployment.deployment_id.clone().unwrap();
    let query = SavepointQuery { deployment: Some(id.clone()), job: None };
    (id, savepoints(client, place, &query).await)
}

fn state(answer: &Answer) -> &State {
    answer.savepoint.state.as_ref().unwrap()
}

#[tokio::test]
async fn thousands_of_items_are_read_once_each_newest_first() {
    let (service, place) = service("").await;
    let client = client(&service, service.credentials());
    let all = savepoints(&client, &place, &SavepointQuery::default()).await;
    assert!(all.len() > 5000, "{}", all.len());
    let ids: BTreeSet<_> = all.iter().filter_map(ListItem::id).collect();
    assert_eq!(ids.len(), all.len());
    assert!(all.iter().any(|answer| *state(answer) == State::Other("PENDING_DELETION".into())));
    assert!(all.is_sorted_by_key(|answer| std::cmp::Reverse(answer.savepoint.created_at)));

    let all = deployments(&client, &place, None).await;
    assert_eq!(all.len(), 2012);
    assert!(all.is_sorted_by_key(|deployment| std::cmp::Reverse(deployment.created_at)));
    assert!(all.iter().all(|deployment| deployment.jobs.and_then(|jobs| jobs.state()).is_some()));
}

#[tokio::test]
async fn a_list_s_item_equals_the_single_object() {
    let (service, place) = service("").await;
    let client = client(&service, service.credentials());
    for name in ["device-telemetry", "session-windows"] {
        let (deployment, listed) = named(&client, &place, name).await;
        assert!(listed.len() > 12);
        for item in listed {
            let id = SavepointId::new(item.id().unwrap()).unwrap();
            let alone = client.get_savepoint(&Target { place: place.clone(), id }).await.unwrap();
            assert_eq!((alone.savepoint, alone.data), (item.savepoint, item.data));
        }
        let alone = client.get_deployment(&place, &deployment).await.unwrap();
        assert_eq!(alone.name.as_deref(), Some(name));
    }
    // Also a synthetic savepoint.
    let all =
        client.list_savepoints(&place, &SavepointQuery::default(), PageRequest::new(30, 100)).await;
    let item = all.unwrap().items.swap_remove(0);
    let id = SavepointId::new(item.id().unwrap()).unwrap();
    let alone = client.get_savepoint(&Target { place: place.clone(), id }).await.unwrap();
    assert_eq!(alone.data, item.data);
    let job = JobId::new(item.savepoint.job_id.as_deref().unwrap()).unwrap();
    let of_job = SavepointQuery { deployment: None, job: Some(job) };
    let of_job = savepoints(&client, &place, &of_job).await;
    assert!(of_job.len() < 5 && of_job.iter().any(|other| other.data == item.data));
}

#[tokio::test]
async fn the_story_answers_whether_a_savepoint_hangs_and_what_to_restart_from() {
    let (service, place) = service("").await;
    let client = client(&service, service.credentials());
    let (_, listed) = named(&client, &place, "session-windows").await;
    assert_eq!(*state(&listed[0]), State::Started);
    let minutes = |answer: &Answer| {
        let savepoint = &answer.savepoint;
        let took = savepoint.modified_at.unwrap().duration_since(savepoint.created_at.unwrap());
        took.as_mins()
    };
    let took: Vec<_> = listed[1..].iter().map(minutes).collect();
    assert_eq!((took.len(), took.iter().min(), took.iter().max()), (12, Some(&2), Some(&13)));

    let (_, listed) = named(&client, &place, "device-telemetry").await;
    let newest = listed.iter().find(|answer| *state(answer) == State::Completed).unwrap();
    assert_eq!(newest.savepoint.origin.as_deref(), Some("RETAINED_CHECKPOINT"));
    assert!(listed.iter().any(|answer| *state(answer) == State::Failed));
    let job = JobId::new(listed[0].savepoint.job_id.as_deref().unwrap()).unwrap();
    let job = client.get_job(&place, &job).await.unwrap();
    assert_eq!(job.deployment_name.as_deref(), Some("device-telemetry"));
    let failure = job.failure.as_ref().unwrap();
    assert!(failure.message.as_ref().unwrap().starts_with("Recovery is suppressed"));
    assert!(failure.failed_at.is_some() && job.ended_at.is_some());
}

#[tokio::test]
async fn the_service_filters_by_name() {
    let (service, place) = service("").await;
    let client = client(&service, service.credentials());
    let found = deployments(&client, &place, Some("大屏")).await;
    assert_eq!(found[0].name.as_deref(), Some("实时大屏"));
    let nobody = DeploymentId::new("nobody").unwrap();
    let error = client.get_deployment(&place, &nobody).await.unwrap_err();
    assert_eq!(error.cause, Cause::NotFound);
}

#[tokio::test]
async fn a_forbidden_list_names_the_missing_permission() {
    let faults = "[[fault]]\nkind = \"not-authorised\"\noperation = \"ListSavepoints\"";
    let (service, place) = service(faults).await;
    let client = client(&service, service.credentials());
    let at = PageRequest::new(1, 10);
    let refused = client.list_savepoints(&place, &SavepointQuery::default(), at).await.unwrap_err();
    let action = "stream:ListSavepoints".to_owned();
    assert_eq!(refused.cause, Cause::NoPermission { action, detail: None });
    assert!(client.list_deployments(&place, None, at).await.is_ok());
    assert!(client.get_savepoint(&service.targets()[0]).await.is_ok());
}

fn page(ids: &[&str], total: u32) -> Reply {
    let items: Vec<_> = ids.iter().map(|id| format!(r#"{{"savepointId": "{id}"}}"#)).collect();
    let body =
        format!(r#"{{"success": true, "data": [{}], "totalSize": {total}}}"#, items.join(","));
    Reply::KeepAlive(http(200, "content-type: application/json\r\n", body))
}

/// Reads to the end, with as many failed pages. Returns the IDs and the requested pages.
async fn read(server: &Server, mut failures: usize) -> (Vec<String>, Vec<u32>) {
    let (client, place) = (crate::client(PATIENCE), at(server).place);
    let mut paging = Paging::new(2, 10);
    let mut requested_pages = Vec::new();
    while let Some(at) = paging.next() {
        requested_pages.push(at.index());
        match client.list_savepoints(&place, &SavepointQuery::default(), at).await {
            Ok(page) => paging.add_page(page),
            Err(error) => {
                failures = failures.checked_sub(1).unwrap_or_else(|| panic!("{error}"));
            }
        }
    }
    let last = server.requests().last().unwrap().line.clone();
    assert!(
        last.contains(&format!("?pageIndex={}&pageSize=2", requested_pages.last().unwrap())),
        "{last}"
    );
    (
        paging.into_items().iter().map(|item| item.id().unwrap().to_owned()).collect(),
        requested_pages,
    )
}

#[tokio::test]
async fn items_of_another_deployment_are_unreadable() {
    let body = r#"{"success": true, "totalSize": 2, "data": [
        {"savepointId": "a", "deploymentId": "other"}, {"savepointId": "b", "deploymentId": "mine"}]}"#;
    let server = Server::always(move || Reply::KeepAlive(http(200, "", body))).await;
    let query = SavepointQuery { deployment: DeploymentId::new("mine").ok(), job: None };
    let client = crate::client(PATIENCE);
    let page = client.list_savepoints(&at(&server).place, &query, PageRequest::new(1, 10)).await;
    let page = page.unwrap();
    assert_eq!(page.items.iter().filter_map(ListItem::id).collect::<Vec<_>>(), ["b"]);
    assert_eq!(page.unreadable, 1);
}

#[tokio::test]
async fn an_item_added_between_two_pages_comes_once() {
    let server = Server::new(|nth| match nth {
        0 => page(&["c", "b"], 3),
        1 => page(&["b", "a"], 4),
        2 => page(&["d", "c"], 4),
        _ => panic!("asked once more"),
    });
    let (ids, requested_pages) = read(&server.await, 0).await;
    assert_eq!((ids.concat(), requested_pages), ("dcba".to_owned(), vec![1, 2, 1]));
}

#[tokio::test]
async fn an_item_removed_between_two_pages_makes_no_other_be_missed() {
    let server = Server::new(|nth| match nth {
        0 => page(&["e", "d"], 5),
        2 => page(&["d", "c"], 4),
        _ => page(&["b", "a"], 4),
    });
    let (ids, requested_pages) = read(&server.await, 0).await;
    assert_eq!((ids.concat(), requested_pages), ("dcba".to_owned(), vec![1, 2, 1, 2]));
}

#[tokio::test]
async fn an_empty_last_page_ends_the_list() {
    let server = Server::new(|nth| match nth {
        0 | 2 => page(&["b", "a"], 3 - u32::try_from(nth).unwrap() / 2),
        _ => page(&[], 2),
    });
    let (ids, requested_pages) = read(&server.await, 0).await;
    assert_eq!((ids.concat(), requested_pages), ("ba".to_owned(), vec![1, 2, 1]));
}

#[tokio::test]
async fn a_failed_page_is_requested_again() {
    let server = Server::new(|nth| match nth {
        0 => page(&["c", "b"], 3),
        1 => Reply::KeepAlive(refusal(500, "InternalError", "")),
        2 => Reply::KeepAlive(http(200, "", "<html>")),
        _ => page(&["a"], 3),
    });
    let (ids, requested_pages) = read(&server.await, 2).await;
    assert_eq!((ids.concat(), requested_pages), ("cba".to_owned(), vec![1, 2, 2, 2]));
}
