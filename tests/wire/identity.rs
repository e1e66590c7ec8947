//! Credentials and the clock.

use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use savepeek::api::credentials::Chain;
use savepeek::api::{Cause, Client, Settings};
use savepeek::domain::savepoint::{Place, Profile, Target};
use savepeek::util::clock;
use savepeek::util::environment::Environment;

use crate::server::{Reply, Request, Server, refusal, savepoint};
use crate::{PATIENCE, Rotating, at, client, client_of, keys};

const CLOCK: &str = "InvalidTimeStamp.Expired";
const TOKEN: &str = "InvalidSecurityToken.Expired";

/// A `date` header, this far ahead of the local clock.
fn date(ahead: SignedDuration) -> String {
    let date = (clock::now() + ahead).strftime("%a, %d %b %Y %H:%M:%S GMT");
    format!("date: {date}\r\n")
}

/// How far a request's date is ahead of the local clock, in whole minutes.
fn minutes_ahead(request: &Request) -> i64 {
    let date: Timestamp = request.header("x-acs-date").parse().unwrap();
    (date.duration_since(clock::now()).as_secs() + 30).div_euclid(60)
}

fn rotating(provider: &Rotating) -> Client {
    client_of(provider.clone(), PATIENCE, Environment::of([]))
}

fn id_of(request: &Request) -> String {
    let authorization = request.header("authorization");
    let (_, rest) = authorization.split_once("Credential=").unwrap();
    rest.split_once(',').unwrap().0.to_owned()
}

#[tokio::test]
async fn a_clock_correction_is_kept_for_later_requests() {
    let server = Server::new(|n| {
        let ahead = SignedDuration::from_mins(40);
        Reply::KeepAlive(if n == 0 { refusal(400, CLOCK, &date(ahead)) } else { savepoint() })
    })
    .await;
    let client = client(PATIENCE);
    for _ in 0..2 {
        let answer = client.get_savepoint(&at(&server)).await.unwrap();
        let correction = answer.clock_correction.unwrap().as_secs();
        assert!((2390..=2400).contains(&correction), "{correction} s");
    }
    let requests = server.requests();
    let dates: Vec<_> = requests.iter().map(minutes_ahead).collect();
    assert_eq!(dates, [0, 40, 40]);
    let nonce = |n: usize| requests[n].header("x-acs-signature-nonce");
    assert_ne!(nonce(0), nonce(1));
}

#[tokio::test]
async fn a_clock_error_after_the_correction_reports_the_offset() {
    let server = Server::always(|| {
        Reply::KeepAlive(refusal(400, CLOCK, &date(SignedDuration::from_mins(-40))))
    })
    .await;
    let error = client(PATIENCE).get_savepoint(&at(&server)).await.unwrap_err();
    let Cause::ClockSkew { ahead: Some(ahead) } = error.cause else { panic!("{error:?}") };
    assert!((-2410..=-2400).contains(&ahead.as_secs()), "{ahead:?}");
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn an_outdated_correction_is_replaced() {
    let server = Server::new(|n| {
        let ahead = |minutes| date(SignedDuration::from_mins(minutes));
        Reply::KeepAlive(match n {
            0 => refusal(400, CLOCK, &ahead(40)),
            2 => refusal(400, CLOCK, &ahead(0)),
            _ => savepoint(),
        })
    })
    .await;
    let client = client(PATIENCE);
    let mut corrections = Vec::new();
    for _ in 0..2 {
        let answer = client.get_savepoint(&at(&server)).await.unwrap();
        corrections.push(answer.clock_correction.is_some());
    }
    let dates: Vec<_> = server.requests().iter().map(minutes_ahead).collect();
    assert_eq!(dates, [0, 40, 40, 0]);
    assert_eq!(corrections, [true, false], "a clock that is right needs none");
}

#[tokio::test]
async fn a_clock_error_without_a_date_is_not_retried() {
    let server = Server::always(|| Reply::KeepAlive(refusal(400, CLOCK, ""))).await;
    let error = client(PATIENCE).get_savepoint(&at(&server)).await.unwrap_err();
    assert_eq!(error.cause, Cause::ClockSkew { ahead: None });
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_date_without_a_clock_error_corrects_nothing() {
    let server = Server::always(|| {
        let date = date(SignedDuration::from_mins(40));
        let answer = String::from_utf8(savepoint()).unwrap();
        Reply::KeepAlive(answer.replacen("\r\n", &format!("\r\n{date}"), 1).into_bytes())
    })
    .await;
    let client = client(PATIENCE);
    for _ in 0..2 {
        assert_eq!(client.get_savepoint(&at(&server)).await.unwrap().clock_correction, None);
    }
    assert_eq!(server.requests().iter().map(minutes_ahead).collect::<Vec<_>>(), [0, 0]);
}

#[tokio::test]
async fn a_clock_correction_applies_to_one_service_only() {
    let wrong = Server::new(|n| {
        let ahead = SignedDuration::from_mins(40);
        Reply::KeepAlive(if n == 0 { refusal(400, CLOCK, &date(ahead)) } else { savepoint() })
    })
    .await;
    let right = Server::always(|| Reply::KeepAlive(savepoint())).await;
    let client = client(PATIENCE);
    client.get_savepoint(&at(&wrong)).await.unwrap();
    assert_eq!(client.get_savepoint(&at(&right)).await.unwrap().clock_correction, None);
    assert_eq!(minutes_ahead(&right.requests()[0]), 0);
}

#[tokio::test]
async fn an_expired_token_is_fetched_again_once() {
    let server = Server::new(|n| {
        Reply::KeepAlive(if n == 0 { refusal(400, TOKEN, "") } else { savepoint() })
    })
    .await;
    let provider = Rotating::new([keys("STS.1", Some("old")), keys("STS.2", Some("new"))]);
    rotating(&provider).get_savepoint(&at(&server)).await.unwrap();
    let requests = server.requests();
    assert_eq!(requests.iter().map(id_of).collect::<Vec<_>>(), ["STS.1", "STS.2"]);
    assert_eq!(requests[1].header("x-acs-security-token"), "new");
    let nonce = |n: usize| requests[n].header("x-acs-signature-nonce");
    assert_ne!(nonce(0), nonce(1));
}

#[tokio::test]
async fn the_same_expired_token_is_not_sent_twice() {
    let server = Server::always(|| Reply::KeepAlive(refusal(400, TOKEN, ""))).await;
    let provider = Rotating::new([keys("STS.1", Some("old"))]);
    let error = rotating(&provider).get_savepoint(&at(&server)).await.unwrap_err();
    assert_eq!((error.cause, server.requests().len()), (Cause::TokenExpired, 1));
}

#[tokio::test]
async fn a_second_expired_token_is_an_error() {
    let server = Server::always(|| Reply::KeepAlive(refusal(400, TOKEN, ""))).await;
    let provider = Rotating::new(["1", "2", "3"].map(|n| keys(&format!("STS.{n}"), Some(n))));
    let error = rotating(&provider).get_savepoint(&at(&server)).await.unwrap_err();
    assert_eq!((error.cause, server.requests().len()), (Cause::TokenExpired, 2));
}

#[tokio::test]
async fn credentials_are_cached_until_they_are_rejected() {
    let server = Server::new(|n| {
        let refused = refusal(404, "InvalidAccessKeyId.NotFound", "");
        Reply::KeepAlive(if n == 1 { refused } else { savepoint() })
    })
    .await;
    let provider = Rotating::new([keys("LTAI.1", None), keys("LTAI.2", None)]);
    let client = rotating(&provider);
    client.get_savepoint(&at(&server)).await.unwrap();
    let error = client.get_savepoint(&at(&server)).await.unwrap_err();
    assert_eq!(error.cause, Cause::CredentialsRejected);
    client.get_savepoint(&at(&server)).await.unwrap();
    let ids: Vec<_> = server.requests().iter().map(id_of).collect();
    assert_eq!(ids, ["LTAI.1", "LTAI.1", "LTAI.2"]);
}

#[tokio::test]
async fn reloading_returns_whether_there_are_other_credentials() {
    let server =
        Server::always(|| Reply::KeepAlive(refusal(400, "SignatureDoesNotMatch", ""))).await;
    let provider = Rotating::new([]);
    let client = rotating(&provider);
    let error = client.get_savepoint(&at(&server)).await.unwrap_err();
    assert_eq!(error.cause, Cause::CredentialsNotFound);
    assert!(error.message.contains("rotating"), "{error}");
    assert!(!client.reload_credentials(None, true).await, "there are still none");

    provider.set(keys("LTAI.1", None));
    assert!(client.reload_credentials(None, true).await, "the first ones");
    client.get_savepoint(&at(&server)).await.unwrap_err();
    assert!(!client.reload_credentials(None, true).await, "refused, and still the same");
    assert!(!client.reload_credentials(None, true).await, "however often one asks");

    provider.set(keys("LTAI.2", None));
    assert!(client.reload_credentials(None, true).await, "others");
    assert!(!client.reload_credentials(None, true).await, "that was said");
    client.get_savepoint(&at(&server)).await.unwrap_err();

    provider.set(keys("LTAI.3", None));
    client.identity(None).await.unwrap();
    assert!(
        client.reload_credentials(None, true).await,
        "others, which the header has read already"
    );
    client.get_savepoint(&at(&server)).await.unwrap_err();
    let ids: Vec<_> = server.requests().iter().map(id_of).collect();
    assert_eq!(ids, ["LTAI.1", "LTAI.2", "LTAI.3"]);
}

#[tokio::test]
async fn an_endpoint_can_have_its_own_credentials() {
    let ours = Server::always(|| Reply::KeepAlive(savepoint())).await;
    let demo = Server::always(|| Reply::KeepAlive(refusal(400, TOKEN, ""))).await;
    let provider = Rotating::new([keys("LTAI.1", None), keys("LTAI.2", None)]);
    let client = rotating(&provider);
    client.add_identity(&at(&demo).place.endpoint, keys("LTAI.demo", None));
    let error = client.get_savepoint(&at(&demo)).await.unwrap_err();
    assert_eq!(error.cause, Cause::TokenExpired);
    assert!(!client.reload_credentials(None, true).await, "no chain would help it");
    client.get_savepoint(&at(&ours)).await.unwrap();
    assert_eq!(demo.requests().iter().map(id_of).collect::<Vec<_>>(), ["LTAI.demo"]);
    assert_eq!(id_of(&ours.requests()[0]), "LTAI.1", "the chain was not touched");
}

#[tokio::test]
async fn each_profile_has_its_own_credentials() {
    let server = Server::new(|n| {
        let refused = refusal(404, "InvalidAccessKeyId.NotFound", "");
        Reply::KeepAlive(if n == 1 { refused } else { savepoint() })
    })
    .await;
    let made = Arc::new(Mutex::new(Vec::new()));
    let chains = Arc::clone(&made);
    let chain = move |profile: Option<&Profile>| {
        let name = profile.map_or("default", Profile::as_str);
        chains.lock().unwrap().push(name.to_owned());
        let given = ["1", "2"].map(|n| keys(&format!("LTAI.{name}.{n}"), None));
        Chain::new(vec![Box::new(Rotating::new(given))])
    };
    let settings = Settings { timeout: PATIENCE };
    let client = Client::with_environment(settings, chain, Environment::of([]));
    let ops = Profile::new("ops").unwrap();
    let default = at(&server);
    let place = Place { profile: Some(ops.clone()), ..default.place.clone() };
    let as_ops = Target { place, ..default.clone() };

    client.get_savepoint(&default).await.unwrap();
    client.get_savepoint(&as_ops).await.unwrap_err();
    client.get_savepoint(&default).await.unwrap();
    client.get_savepoint(&as_ops).await.unwrap();
    let ids: Vec<_> = server.requests().iter().map(id_of).collect();
    assert_eq!(ids, ["LTAI.default.1", "LTAI.ops.1", "LTAI.default.1", "LTAI.ops.2"]);
    assert_eq!(*made.lock().unwrap(), ["default", "ops"], "once each, when it is needed");
    assert!(
        client.reload_credentials(Some(&ops), true).await,
        "others than those that were refused"
    );
    assert!(!client.reload_credentials(None, true).await, "nothing was asked in vain");
    let masked = client.identity(Some(&ops)).await.unwrap().access_key_id_masked;
    assert_eq!(masked, keys("LTAI.ops.2", None).masked_id());
}

#[tokio::test]
async fn the_identity_s_id_is_masked() {
    let client = rotating(&Rotating::new([keys("LTAI5tFAKEFAKE01", None)]));
    let identity = client.identity(None).await.unwrap();
    assert_eq!(identity.provider, "rotating");
    assert_eq!(identity.access_key_id_masked, "LTAI…KE01");
    assert_eq!(identity.expires_at, None);
    assert!(!format!("{client:?}").contains(crate::SECRET));
}

#[tokio::test]
async fn the_access_key_id_of_a_place_is_known_after_its_first_request() {
    let server = Server::new(|_| Reply::KeepAlive(savepoint())).await;
    let (client, target) = (client(PATIENCE), at(&server));
    assert_eq!(client.access_key_id(&target.place), None);
    client.get_savepoint(&target).await.unwrap();
    assert_eq!(client.access_key_id(&target.place).as_deref(), Some("LTAI5tFAKE"));
}
