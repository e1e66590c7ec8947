//! Many savepoints: the rate, the concurrency, who comes first, and that nobody starves.

use std::time::Duration;

use savepeek::poller::{Command, Settings};

use crate::fake::{Harness, assert_times, state, target, targets};

fn ids(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("s{n}")).collect()
}

fn watch_command(ids: &[String]) -> Command {
    Command::watch(ids.iter().map(|id| target(id)).collect())
}

#[tokio::test(start_paused = true)]
async fn starts_are_spread_evenly_even_after_idle_time() {
    let mut harness = Harness::answering(|_, _| state("COMPLETED"));
    harness.pass(30.0).await;
    harness.watch(&["a", "b", "c", "d"]).await;
    harness.pass(10.0).await;
    let times: Vec<_> = harness.asked().iter().map(|(at, _)| *at).collect();
    assert_times(&times, &[30.0, 30.2, 30.4, 30.6]);
}

#[rstest::rstest]
#[case::the_default(5.0, 1)]
#[case::one_by_one(8.0, 1)]
#[case::of_half_a_second(9.0, 4)]
#[case::as_many_as_fit(25.0, 12)]
#[case::the_most(100.0, 50)]
fn above_eight_a_second_half_a_second_of_requests_start_together(
    #[case] rate: f64,
    #[case] burst: u8,
) {
    assert_eq!(Settings { rate, ..Settings::default() }.burst(), burst);
}

#[tokio::test(start_paused = true)]
async fn a_steady_set_stays_evenly_spread() {
    let mut harness = Harness::answering(|_, _| state("STARTED"));
    harness.send(watch_command(&ids(10))).await;
    harness.pass(600.0).await;
    for id in ids(10) {
        let times = harness.times(&id);
        assert_eq!(times.len(), 120, "every five seconds");
        assert!(times.windows(2).all(|pair| (pair[1] - pair[0] - 5.0).abs() < 0.002));
    }
}

#[tokio::test(start_paused = true)]
async fn no_more_than_the_concurrency_in_flight() {
    let slow = |_: &str, _| (Duration::from_secs(10), state("STARTED"));
    let mut harness = Harness::new(Settings::default(), slow);
    harness.send(watch_command(&ids(20))).await;
    harness.pass(9.0).await;
    assert_eq!(harness.asked().len(), 4);
    harness.pass(41.0).await;
    assert_eq!(harness.max_in_flight(), 4);
    assert_eq!(harness.asked().len(), 20);
}

#[tokio::test(start_paused = true)]
async fn a_thousand_savepoints_take_the_time_the_rate_needs() {
    let mut harness = Harness::answering(|_, _| state("STARTED"));
    let ids = ids(1000);
    harness.send(watch_command(&ids)).await;
    harness.pass(200.0).await;
    let asked: Vec<_> = harness.asked().into_iter().map(|(_, who)| who).collect();
    assert_eq!(asked[..1000], ids, "in the order in which they were given");
}

#[tokio::test(start_paused = true)]
async fn manual_refreshes_come_first_then_active_savepoints() {
    let mut harness = Harness::answering(|id, _| {
        state(if id.starts_with("final") { "COMPLETED" } else { "STARTED" })
    });
    harness.watch(&["final 1", "final 2", "started 1", "started 2"]).await;
    harness.pass(2.0).await;
    harness.send(Command::Pause).await;
    harness.pass(100.0).await;
    harness.send(Command::Resume).await;
    harness.send(Command::fetch(targets(&["final 2"]))).await;
    harness.pass(1.0).await;
    let order: Vec<_> = harness.asked().into_iter().skip(4).map(|(_, who)| who).collect();
    assert_eq!(order, ["final 2", "started 1", "started 2", "final 1"]);
}

#[tokio::test(start_paused = true)]
async fn final_savepoints_do_not_starve_when_active_ones_use_the_whole_rate() {
    let mut harness = Harness::answering(|id, _| {
        state(if id.starts_with("final") { "COMPLETED" } else { "STARTED" })
    });
    harness.watch(&["final"]).await;
    harness.send(watch_command(&ids(100))).await;
    harness.pass(1800.0).await;
    let times = harness.times("final");
    let longest = times.windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max);
    assert!(times.len() > 10, "{times:?}");
    // A recheck is due after 60 s, lets the others pass for 60 s, and they are up to 20 s late.
    assert!(longest < 145.0, "{longest}");
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_refreshes_keeps_to_the_rate() {
    let mut harness = Harness::answering(|_, _| state("STARTED"));
    let ids = ids(50);
    harness.send(watch_command(&ids)).await;
    let all: Vec<_> = ids.iter().map(|id| target(id)).collect();
    for _ in 0..100 {
        harness.send(Command::fetch(all.clone())).await;
    }
    harness.pass(20.0).await;
    assert!(harness.asked().windows(2).all(|pair| pair[1].0 - pair[0].0 > 0.199));
}
