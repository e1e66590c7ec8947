//! The client against the embedded service, which checks what the real gateway checks.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use savepeek::api::credentials::{Chain, Credentials};
use savepeek::api::{Cause, Client, Settings};
use savepeek::demo::{Service, Story};
use savepeek::domain::deployment::DEFAULT_NEWEST;
use savepeek::domain::deployment::{DeploymentId, DeploymentTarget};
use savepeek::domain::savepoint::{SavepointId, Target, Workspace};
use savepeek::poller;
use savepeek::storage::watch_list::WatchList;
use savepeek::tui::effect::Effect;
use savepeek::tui::message::Message;
use savepeek::tui::model::{self, State};
use savepeek::tui::update;
use savepeek::util::clock;
use savepeek::util::clock::Now;
use secrecy::SecretString;
use tokio::time::timeout;

async fn service() -> Service {
    Service::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), Story::embedded()).await.unwrap()
}

/// A client with these credentials for this service.
pub(crate) fn client(service: &Service, credentials: Credentials) -> Client {
    let client =
        Client::new(Settings { timeout: Duration::from_secs(10) }, |_| Chain::new(Vec::new()));
    client.add_identity(service.endpoint(), credentials);
    client
}

fn named(service: &Service, id: &str) -> Target {
    Target { id: SavepointId::new(id).unwrap(), ..service.targets().swap_remove(0) }
}

#[tokio::test]
async fn every_savepoint_of_the_demo_has_a_savepoint_or_an_error() {
    let service = service().await;
    let client = client(&service, service.credentials());
    let mut answered = 0;
    for target in service.targets() {
        match client.get_savepoint(&target).await {
            Ok(answer) => {
                assert_eq!(answer.savepoint.savepoint_id.as_deref(), Some(target.id.as_str()));
                assert!(answer.savepoint.state.is_some());
                answered += 1;
            }
            Err(error) => assert!(
                matches!(
                    error.cause,
                    Cause::NotFound | Cause::Throttled { .. } | Cause::Service { transient: true }
                ),
                "{error:?}"
            ),
        }
    }
    assert!(answered >= 10, "{answered}");
}

#[tokio::test]
async fn temporary_credentials_are_accepted() {
    let service = service().await;
    let client = client(&service, service.temporary_credentials());
    let target = named(&service, "no-such-savepoint");
    assert_eq!(client.get_savepoint(&target).await.unwrap_err().cause, Cause::NotFound);
}

#[rstest::rstest]
#[case("快照/1 %2F+~*")]
#[case(" lead and trail ")]
#[case("abc:start?x=y#z")]
#[case("...")]
#[tokio::test]
async fn an_id_with_any_characters_has_a_valid_signature(#[case] id: &str) {
    let service = service().await;
    let client = client(&service, service.credentials());
    let error = client.get_savepoint(&named(&service, id)).await.unwrap_err();
    assert_eq!(error.cause, Cause::NotFound, "{error}");
    assert_eq!(error.code.as_deref(), Some("990301"));
}

#[tokio::test]
async fn a_wrong_secret_is_rejected() {
    let service = service().await;
    let wrong =
        Credentials { access_key_secret: SecretString::from("wrong"), ..service.credentials() };
    let error = client(&service, wrong).get_savepoint(&named(&service, "sp-1")).await.unwrap_err();
    assert_eq!(
        (error.cause, error.code.as_deref()),
        (Cause::CredentialsRejected, Some("SignatureDoesNotMatch"))
    );
}

#[tokio::test]
async fn another_workspace_is_refused() {
    let service = service().await;
    let client = client(&service, service.credentials());
    let mut target = named(&service, "sp-1");
    target.place.workspace = Workspace::new("ffffffffffffff").unwrap();
    let error = client.get_savepoint(&target).await.unwrap_err();
    assert_eq!((error.kind(), error.code.as_deref()), ("service", Some("903021")));
}

#[tokio::test]
async fn a_followed_deployment_s_savepoints_are_listed_and_stay_fresh() {
    let service = service().await;
    let client = Arc::new(client(&service, service.credentials()));
    let place = service.targets().swap_remove(0).place;
    // It has taken a savepoint every 20 s for five minutes.
    let id = DeploymentId::new("6513270e-269e-4d37-b2a7-4de452e6b438").unwrap();
    let followed = [(DeploymentTarget { place, id: id.clone() }, clock::now())].into();
    let mut state = State::new(model::Settings::default(), clock::now());
    let rng = fastrand::Rng::with_seed(1);
    let mut poller = poller::spawn(client, poller::Settings::default(), clock::now, rng);
    let list = WatchList { followed, ..WatchList::default() };
    let mut effects = update::restored(&mut state, list, None);
    let come = |state: &State| state.feeds.values().filter(|feed| feed.answer.is_some()).count();
    while come(&state) < DEFAULT_NEWEST
        || state.histories.followed().any(|(.., it)| it.next_at.is_none())
    {
        for effect in std::mem::take(&mut effects) {
            let Effect::Poller(command) = effect else { continue };
            poller.commands.send(command).await.unwrap();
        }
        let event = timeout(Duration::from_secs(20), poller.events.recv()).await.unwrap().unwrap();
        let now = Now { wall: clock::now(), uptime: poller.heartbeat.uptime() };
        effects.extend(update::update(&mut state, Message::Clock(now)).effects);
        effects.extend(update::update(&mut state, Message::Poller(event)).effects);
    }
    for (target, feed) in &state.feeds {
        let savepoint = &feed.answer.as_ref().unwrap().savepoint;
        assert_eq!(savepoint.deployment_id.as_deref(), Some(id.as_str()));
        assert!(state.is_live(target, feed), "{target:?}");
    }
    let (.., history) = state.histories.followed().next().unwrap();
    assert!(history.restart_summary.restart.is_some() && history.durations.slowest().is_some());
}
