//! Several services and identities: what befalls one line slows no other.

use std::time::Duration;

use savepeek::api::{Cause, Unreachable};
use savepeek::poller::{Command, Settings};

use crate::fake::{Reply, World, error, state, target};

/// Forty savepoints, more than the rate can ask for in an interval.
fn many(place: &str) -> Vec<String> {
    (0..40).map(|n| format!("{n}{place}")).collect()
}

fn watch(ids: &[String]) -> Command {
    Command::watch(ids.iter().map(|id| target(id)).collect())
}

/// How often those of a place were asked for.
fn count(world: &World, place: &str) -> usize {
    world.asked().iter().filter(|(_, id)| id.trim_start_matches(char::is_numeric) == place).count()
}

fn hangs() -> (Duration, Reply) {
    (Duration::from_secs(3600), state("STARTED"))
}

fn answered() -> (Duration, Reply) {
    (Duration::from_millis(100), state("STARTED"))
}

fn throttled() -> (Duration, Reply) {
    let wait = Some(Duration::from_secs(60));
    (Duration::from_millis(100), error(Cause::Throttled { wait }))
}

fn fails_late() -> (Duration, Reply) {
    (Duration::from_secs(10), error(Cause::Unreachable(Unreachable::Timeout)))
}

fn refused() -> (Duration, Reply) {
    (Duration::from_millis(100), error(Cause::CredentialsRejected))
}

#[rstest::rstest]
#[case::hanging(hangs)]
#[case::throttled(throttled)]
#[case::failing(fails_late)]
#[case::refused(refused)]
#[tokio::test(start_paused = true)]
async fn one_place_slows_no_other(
    #[case] trouble: fn() -> (Duration, Reply),
    #[values("@cn-beijing", " as ops")] place: &'static str,
) {
    let mut world = World::new(Settings::default(), move |id, _| {
        if id.ends_with(place) { trouble() } else { (Duration::from_millis(100), state("STARTED")) }
    });
    world.tell(watch(&many(place))).await;
    world.tell(watch(&many(""))).await;
    world.pass(600.0).await;
    assert_eq!(count(&world, ""), 3000, "five a second, all the time");
    assert!(count(&world, place) > 3, "and the other one is asked, too");
    assert!(world.most_under_way() <= 4);
}

#[tokio::test(start_paused = true)]
async fn a_hanging_place_does_not_keep_a_refresh_of_another_waiting() {
    let hangs = |id: &str, nth| {
        let late = nth > 0 && id.ends_with("@cn-beijing");
        if late { hangs() } else { (Duration::from_millis(100), state("COMPLETED")) }
    };
    let mut world = World::new(Settings::default(), hangs);
    world.tell(watch(&many("@cn-beijing"))).await;
    world.tell(watch(&["0".to_owned()])).await;
    world.pass(10.0).await;
    let all = many("@cn-beijing");
    world.tell(Command::fetch(all.iter().map(|id| target(id)).collect())).await;
    world.pass(5.0).await;
    world.tell(Command::fetch(vec![target("0")])).await;
    world.pass(0.01).await;
    assert_eq!(world.times("0").len(), 2, "before those that were refreshed earlier elsewhere");
}

#[tokio::test(start_paused = true)]
async fn however_many_places_hang_another_is_asked() {
    let settings = Settings { concurrency: 64, rate: 100.0, ..Settings::default() };
    let places = ["@a", "@b", "@c", "@d"];
    let mut world = World::new(settings, move |id, _| {
        if id.contains('@') { hangs() } else { (Duration::from_millis(100), state("STARTED")) }
    });
    for place in places {
        world.tell(watch(&many(place))).await;
    }
    world.pass(60.0).await;
    world.tell(watch(&many(""))).await;
    world.pass(60.0).await;
    assert_eq!(world.most_in_all(), 128 + 1, "a bound, and one more for who has none");
    assert!(count(&world, "") > 300, "one at a time: {}", count(&world, ""));
}

#[tokio::test(start_paused = true)]
async fn lines_that_began_together_go_on_so() {
    let wakes = async |places: &[&str]| {
        let mut world = World::answering(|_, _| state("STARTED"));
        for place in places {
            world.tell(watch(&many(place))).await;
        }
        world.pass(60.0).await;
        let mut starts: Vec<_> = world.asked().iter().map(|(at, _)| (at * 1e6).round()).collect();
        assert_eq!(starts.len(), 300 * places.len());
        starts.dedup();
        starts.len()
    };
    assert_eq!(wakes(&[""]).await, wakes(&["", "@b", " as ops", "@b as ops"]).await);
}

#[tokio::test(start_paused = true)]
async fn profiles_with_the_same_keys_share_a_rate_once_that_is_known() {
    let mut world = World::answering(|_, _| state("STARTED"));
    *world.service.identity.lock().unwrap() = Some("the same".to_owned());
    for place in [" as one", " as other", "@cn-beijing"] {
        world.tell(watch(&many(place))).await;
    }
    world.pass(600.0).await;
    let shared = [count(&world, " as one"), count(&world, " as other")];
    assert!((3000..3005).contains(&shared.iter().sum::<usize>()), "{shared:?}");
    assert!(shared.iter().all(|count| *count > 1400), "{shared:?}");
    assert_eq!(count(&world, "@cn-beijing"), 3000, "another service counts for itself");
}

#[tokio::test(start_paused = true)]
async fn profiles_with_the_same_keys_share_slots() {
    let mut world = World::new(Settings::default(), |_, nth| {
        if nth > 0 { hangs() } else { (Duration::from_millis(100), state("STARTED")) }
    });
    *world.service.identity.lock().unwrap() = Some("the same".to_owned());
    for place in [" as one", " as other"] {
        world.tell(watch(&many(place)[..4])).await;
    }
    world.pass(60.0).await;
    assert_eq!(world.most_in_all(), 4);
}

#[tokio::test(start_paused = true)]
async fn profiles_with_the_same_keys_share_a_wait() {
    let throttled =
        |id: &str, nth| if (id, nth) == ("0 as one", 1) { throttled() } else { answered() };
    let mut world = World::new(Settings::default(), throttled);
    *world.service.identity.lock().unwrap() = Some("the same".to_owned());
    for place in [" as one", " as other"] {
        world.tell(watch(&many(place)[..2])).await;
    }
    world.pass(5.3).await;
    let asked = world.asked().len();
    world.pass(59.0).await;
    assert!(world.asked().len() <= asked + 1, "{:?}", world.asked());
    world.pass(6.0).await;
    assert!(world.asked().len() >= asked + 4, "{:?}", world.asked());
}
