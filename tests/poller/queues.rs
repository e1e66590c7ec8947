//! Several services and identities: what befalls one line slows no other.

use std::time::Duration;

use savepeek::api::{Cause, Unreachable};
use savepeek::poller::{Command, Settings};

use crate::fake::{Harness, Reply, error, state, target};

/// Forty savepoints, more than the rate can ask for in an interval.
fn ids(place: &str) -> Vec<String> {
    (0..40).map(|n| format!("{n}{place}")).collect()
}

fn watch(ids: &[String]) -> Command {
    Command::watch(ids.iter().map(|id| target(id)).collect())
}

/// How often those of a place were asked for.
fn count(harness: &Harness, place: &str) -> usize {
    harness
        .asked()
        .iter()
        .filter(|(_, id)| id.trim_start_matches(char::is_numeric) == place)
        .count()
}

fn hanging() -> (Duration, Reply) {
    (Duration::from_secs(3600), state("STARTED"))
}

fn answered() -> (Duration, Reply) {
    (Duration::from_millis(100), state("STARTED"))
}

fn throttled() -> (Duration, Reply) {
    let wait = Some(Duration::from_secs(60));
    (Duration::from_millis(100), error(Cause::Throttled { wait }))
}

fn failing_late() -> (Duration, Reply) {
    (Duration::from_secs(10), error(Cause::Unreachable(Unreachable::Timeout)))
}

fn refused() -> (Duration, Reply) {
    (Duration::from_millis(100), error(Cause::CredentialsRejected))
}

#[rstest::rstest]
#[case::hanging(hanging)]
#[case::throttled(throttled)]
#[case::failing(failing_late)]
#[case::refused(refused)]
#[tokio::test(start_paused = true)]
async fn a_slow_place_does_not_delay_another(
    #[case] trouble: fn() -> (Duration, Reply),
    #[values("@cn-beijing", " as ops")] place: &'static str,
) {
    let mut harness = Harness::new(Settings::default(), move |id, _| {
        if id.ends_with(place) { trouble() } else { (Duration::from_millis(100), state("STARTED")) }
    });
    harness.send(watch(&ids(place))).await;
    harness.send(watch(&ids(""))).await;
    harness.pass(600.0).await;
    assert_eq!(count(&harness, ""), 3000, "five a second, all the time");
    assert!(count(&harness, place) > 3, "and the other one is asked, too");
    assert!(harness.max_in_flight() <= 4);
}

#[tokio::test(start_paused = true)]
async fn a_hanging_place_does_not_delay_a_refresh_elsewhere() {
    let hanging = |id: &str, nth| {
        let late = nth > 0 && id.ends_with("@cn-beijing");
        if late { hanging() } else { (Duration::from_millis(100), state("COMPLETED")) }
    };
    let mut harness = Harness::new(Settings::default(), hanging);
    harness.send(watch(&ids("@cn-beijing"))).await;
    harness.send(watch(&["0".to_owned()])).await;
    harness.pass(10.0).await;
    let all = ids("@cn-beijing");
    harness.send(Command::fetch(all.iter().map(|id| target(id)).collect())).await;
    harness.pass(5.0).await;
    harness.send(Command::fetch(vec![target("0")])).await;
    harness.pass(0.01).await;
    assert_eq!(harness.times("0").len(), 2, "before those that were refreshed earlier elsewhere");
}

#[tokio::test(start_paused = true)]
async fn many_hanging_places_do_not_block_another() {
    let settings = Settings { concurrency: 64, rate: 100.0, ..Settings::default() };
    let places = ["@a", "@b", "@c", "@d"];
    let mut harness = Harness::new(settings, move |id, _| {
        if id.contains('@') { hanging() } else { (Duration::from_millis(100), state("STARTED")) }
    });
    for place in places {
        harness.send(watch(&ids(place))).await;
    }
    harness.pass(60.0).await;
    harness.send(watch(&ids(""))).await;
    harness.pass(60.0).await;
    assert_eq!(harness.max_in_flight_overall(), 128 + 1, "a bound, and one more for who has none");
    assert!(count(&harness, "") > 300, "one at a time: {}", count(&harness, ""));
}

#[tokio::test(start_paused = true)]
async fn queues_that_start_together_stay_together() {
    let wakes = async |places: &[&str]| {
        let mut harness = Harness::answering(|_, _| state("STARTED"));
        for place in places {
            harness.send(watch(&ids(place))).await;
        }
        harness.pass(60.0).await;
        let mut starts: Vec<_> = harness.asked().iter().map(|(at, _)| (at * 1e6).round()).collect();
        assert_eq!(starts.len(), 300 * places.len());
        starts.dedup();
        starts.len()
    };
    assert_eq!(wakes(&[""]).await, wakes(&["", "@b", " as ops", "@b as ops"]).await);
}

#[tokio::test(start_paused = true)]
async fn profiles_with_the_same_key_share_a_rate_once_known() {
    let mut harness = Harness::answering(|_, _| state("STARTED"));
    *harness.service.identity.lock().unwrap() = Some("the same".to_owned());
    for place in [" as one", " as other", "@cn-beijing"] {
        harness.send(watch(&ids(place))).await;
    }
    harness.pass(600.0).await;
    let shared = [count(&harness, " as one"), count(&harness, " as other")];
    assert!((3000..3005).contains(&shared.iter().sum::<usize>()), "{shared:?}");
    assert!(shared.iter().all(|count| *count > 1400), "{shared:?}");
    assert_eq!(count(&harness, "@cn-beijing"), 3000, "another service counts for itself");
}

#[tokio::test(start_paused = true)]
async fn profiles_with_the_same_key_share_slots() {
    let mut harness = Harness::new(Settings::default(), |_, nth| {
        if nth > 0 { hanging() } else { (Duration::from_millis(100), state("STARTED")) }
    });
    *harness.service.identity.lock().unwrap() = Some("the same".to_owned());
    for place in [" as one", " as other"] {
        harness.send(watch(&ids(place)[..4])).await;
    }
    harness.pass(60.0).await;
    assert_eq!(harness.max_in_flight_overall(), 4);
}

#[tokio::test(start_paused = true)]
async fn profiles_with_the_same_key_share_a_wait() {
    let throttled =
        |id: &str, nth| if (id, nth) == ("0 as one", 1) { throttled() } else { answered() };
    let mut harness = Harness::new(Settings::default(), throttled);
    *harness.service.identity.lock().unwrap() = Some("the same".to_owned());
    for place in [" as one", " as other"] {
        harness.send(watch(&ids(place)[..2])).await;
    }
    harness.pass(5.3).await;
    let asked = harness.asked().len();
    harness.pass(59.0).await;
    assert!(harness.asked().len() <= asked + 1, "{:?}", harness.asked());
    harness.pass(6.0).await;
    assert!(harness.asked().len() >= asked + 4, "{:?}", harness.asked());
}
