//! The process is stopped, or frozen, for a while: the monotonic clock goes on, and nothing runs.

use std::time::Duration;

use rstest::rstest;
use savepeek::poller::{Event, Settings};
use tokio::time::advance;

use crate::fake::{Harness, state};

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

#[rstest]
#[case::half_a_minute(30.0)]
#[case::a_minute(60.0)]
#[case::an_hour(3600.0)]
#[tokio::test(start_paused = true)]
async fn everything_is_due_after_a_stop_and_the_request_under_way_is_made_again(#[case] stop: f64) {
    let mut harness = Harness::new(Settings::default(), |id, nth| match (id, nth) {
        // Its answer is there as soon as the process goes on, and is as old as the stop is long.
        ("under way", 0) => (seconds(3.0), state("STARTED")),
        _ => (seconds(0.1), state("COMPLETED")),
    });
    harness.watch(&["done", "under way"]).await;
    harness.pass(1.0).await;
    advance(seconds(stop)).await;
    assert_eq!(harness.signal().await, Event::Woke);
    harness.pass(1.0).await;
    for id in ["done", "under way"] {
        let times = harness.times(id);
        assert!(matches!(times[..], [_, again] if again < 1.5 + stop), "{id}: {times:?}");
    }
    assert_eq!(harness.polls().len(), 3, "the old answer is not taken");
}

#[tokio::test(start_paused = true)]
async fn a_moment_without_the_processor_does_not_count_as_a_stop() {
    let mut harness = Harness::answering(|_, _| state("STARTED"));
    harness.watch(&["a"]).await;
    for _ in 0..10 {
        harness.pass(1.5).await;
        advance(seconds(3.0)).await;
    }
    harness.pass(1.0).await;
    assert!(!harness.events.contains(&Event::Woke));
}

#[rstest]
#[case::stopped(60.0)]
#[case::frozen_for_a_day(24.0 * 3600.0)]
#[tokio::test(start_paused = true)]
async fn the_time_of_a_stop_is_no_running_time(#[case] stop: f64) {
    let mut harness = Harness::answering(|_, _| state("STARTED"));
    harness.watch(&["a"]).await;
    harness.pass(100.0).await;
    let before = harness.poller.heartbeat.uptime();
    assert!((before.as_secs_f64() - 100.0).abs() < 0.1, "{before:?}");
    advance(seconds(stop)).await;
    let after = harness.poller.heartbeat.uptime();
    // It was to wake within an interval.
    assert!(after.as_secs_f64() - before.as_secs_f64() < 6.1, "{before:?} {after:?}");
    harness.pass(100.0).await;
    let ran = harness.poller.heartbeat.uptime().as_secs_f64() - after.as_secs_f64();
    assert!((ran - 100.0).abs() < 0.1, "{ran:?}");
}

#[tokio::test(start_paused = true)]
async fn a_wall_clock_step_does_not_count_as_running_time() {
    let mut harness = Harness::answering(|_, _| state("STARTED"));
    harness.watch(&["a"]).await;
    for jump in [30, -3600, 8 * 3600] {
        harness.pass(100.0).await;
        harness.jump(jump);
    }
    harness.pass(100.0).await;
    let ran = harness.poller.heartbeat.uptime();
    assert!((ran.as_secs_f64() - 400.0).abs() < 0.1, "{ran:?}");
}
