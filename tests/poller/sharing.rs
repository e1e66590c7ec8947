//! Many savepoints: the rate, the concurrency, who comes first, and that nobody starves.

use std::time::Duration;

use savepeek::poller::{Command, Settings};

use crate::fake::{World, assert_times, state, target, targets};

fn many(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("s{n}")).collect()
}

fn watch_all(ids: &[String]) -> Command {
    Command::watch(ids.iter().map(|id| target(id)).collect())
}

#[tokio::test(start_paused = true)]
async fn starts_are_spread_evenly_also_after_a_quiet_time() {
    let mut world = World::answering(|_, _| state("COMPLETED"));
    world.pass(30.0).await;
    world.watch(&["a", "b", "c", "d"]).await;
    world.pass(10.0).await;
    let times: Vec<_> = world.asked().iter().map(|(at, _)| *at).collect();
    assert_times(&times, &[30.0, 30.2, 30.4, 30.6]);
}

#[rstest::rstest]
#[case::the_default(5.0, 1)]
#[case::one_by_one(8.0, 1)]
#[case::of_half_a_second(9.0, 4)]
#[case::as_many_as_fit(25.0, 12)]
#[case::the_most(100.0, 50)]
fn above_eight_a_second_those_of_half_a_second_start_together(
    #[case] rate: f64,
    #[case] burst: u8,
) {
    assert_eq!(Settings { rate, ..Settings::default() }.burst(), burst);
}

#[tokio::test(start_paused = true)]
async fn a_steady_set_keeps_its_even_phases() {
    let mut world = World::answering(|_, _| state("STARTED"));
    world.tell(watch_all(&many(10))).await;
    world.pass(600.0).await;
    for id in many(10) {
        let times = world.times(&id);
        assert_eq!(times.len(), 120, "every five seconds");
        assert!(times.windows(2).all(|pair| (pair[1] - pair[0] - 5.0).abs() < 0.002));
    }
}

#[tokio::test(start_paused = true)]
async fn no_more_than_the_concurrency_under_way() {
    let slow = |_: &str, _| (Duration::from_secs(10), state("STARTED"));
    let mut world = World::new(Settings::default(), slow);
    world.tell(watch_all(&many(20))).await;
    world.pass(9.0).await;
    assert_eq!(world.asked().len(), 4);
    world.pass(41.0).await;
    assert_eq!(world.most_under_way(), 4);
    assert_eq!(world.asked().len(), 20);
}

#[tokio::test(start_paused = true)]
async fn a_thousand_are_all_asked_for_in_the_time_the_rate_needs() {
    let mut world = World::answering(|_, _| state("STARTED"));
    let ids = many(1000);
    world.tell(watch_all(&ids)).await;
    world.pass(200.0).await;
    let asked: Vec<_> = world.asked().into_iter().map(|(_, who)| who).collect();
    assert_eq!(asked[..1000], ids, "in the order in which they were given");
}

#[tokio::test(start_paused = true)]
async fn refreshed_by_hand_comes_first_then_what_may_still_change() {
    let mut world = World::answering(|id, _| {
        state(if id.starts_with("final") { "COMPLETED" } else { "STARTED" })
    });
    world.watch(&["final 1", "final 2", "started 1", "started 2"]).await;
    world.pass(2.0).await;
    world.tell(Command::Pause).await;
    world.pass(100.0).await;
    world.tell(Command::Resume).await;
    world.tell(Command::fetch(targets(&["final 2"]))).await;
    world.pass(1.0).await;
    let order: Vec<_> = world.asked().into_iter().skip(4).map(|(_, who)| who).collect();
    assert_eq!(order, ["final 2", "started 1", "started 2", "final 1"]);
}

#[tokio::test(start_paused = true)]
async fn final_ones_do_not_starve_when_started_ones_take_the_whole_rate() {
    let mut world = World::answering(|id, _| {
        state(if id.starts_with("final") { "COMPLETED" } else { "STARTED" })
    });
    world.watch(&["final"]).await;
    world.tell(watch_all(&many(100))).await;
    world.pass(1800.0).await;
    let times = world.times("final");
    let longest = times.windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max);
    assert!(times.len() > 10, "{times:?}");
    // A recheck is due after 60 s, lets the others pass for 60 s, and they are up to 20 s late.
    assert!(longest < 145.0, "{longest}");
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_refreshes_keeps_to_the_rate() {
    let mut world = World::answering(|_, _| state("STARTED"));
    let ids = many(50);
    world.tell(watch_all(&ids)).await;
    let all: Vec<_> = ids.iter().map(|id| target(id)).collect();
    for _ in 0..100 {
        world.tell(Command::fetch(all.clone())).await;
    }
    world.pass(20.0).await;
    assert!(world.asked().windows(2).all(|pair| pair[1].0 - pair[0].0 > 0.199));
}
