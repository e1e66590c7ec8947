//! One savepoint: when it is asked for again, paused, resumed, woken, forgotten.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use savepeek::api::Cause;
use savepeek::poller::{Command, Event, Settings};
use tokio::time::{sleep, timeout};

use crate::fake::{Harness, Reply, assert_times, epoch, error, state, target, targets};

#[rstest::rstest]
#[case::started(state("STARTED"), 5)]
#[case::unknown_state(state("PENDING_DELETION"), 5)]
#[case::no_state(state(""), 5)]
#[case::completed(state("COMPLETED"), 60)]
#[case::failed(state("FAILED"), 60)]
#[case::not_found(error(Cause::NotFound), 60)]
#[case::refused(error(Cause::Service { transient: false }), 60)]
#[tokio::test(start_paused = true)]
async fn asks_again_by_the_last_answer(#[case] reply: Reply, #[case] every: u32) {
    let mut harness = Harness::answering(move |_, _| reply.clone());
    harness.watch(&["a"]).await;
    let every = f64::from(every);
    harness.pass(2.5 * every).await;
    assert_times(&harness.times("a"), &[0.0, every, 2.0 * every]);
    let planned = harness.polls()[0].next_at.unwrap();
    assert_eq!(planned, epoch() + Duration::from_secs_f64(every));
}

#[tokio::test(start_paused = true)]
async fn a_savepoint_that_completes_is_rechecked_less_often() {
    let mut harness =
        Harness::answering(|_, nth| state(if nth < 2 { "STARTED" } else { "COMPLETED" }));
    harness.watch(&["a"]).await;
    harness.pass(75.0).await;
    assert_times(&harness.times("a"), &[0.0, 5.0, 10.0, 70.0]);
}

#[tokio::test(start_paused = true)]
async fn a_response_slower_than_the_interval_is_awaited() {
    let mut harness =
        Harness::new(Settings::default(), |_, _| (Duration::from_secs(7), state("STARTED")));
    harness.watch(&["a"]).await;
    harness.pass(15.0).await;
    assert_times(&harness.times("a"), &[0.0, 7.0, 14.0]);
}

#[tokio::test(start_paused = true)]
async fn watching_twice_changes_nothing() {
    let mut harness = Harness::answering(|_, _| state("COMPLETED"));
    harness.watch(&["a", "a"]).await;
    harness.pass(10.0).await;
    harness.watch(&["a"]).await;
    harness.pass(10.0).await;
    assert_times(&harness.times("a"), &[0.0]);
}

#[tokio::test(start_paused = true)]
async fn unwatching_cancels_the_request_in_flight() {
    let mut harness = Harness::answering(|_, _| state("STARTED"));
    harness.watch(&["a"]).await;
    harness.pass(0.05).await;
    assert_eq!(harness.in_flight(), 1);
    harness.send(Command::unwatch(targets(&["a"]))).await;
    harness.pass(0.01).await;
    assert_eq!(harness.in_flight(), 0);
    harness.pass(60.0).await;
    assert_eq!(harness.events, []);
    assert_eq!(harness.asked().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_unread_response_is_dropped_when_unwatched() {
    let mut harness = Harness::answering(|_, _| state("STARTED"));
    let ids: Vec<_> = (0..70).map(|n| n.to_string()).collect();
    harness.send(Command::watch(ids.iter().map(|id| target(id)).collect())).await;
    // Nobody reads: the channel fills up, then results wait in the outbox.
    sleep(Duration::from_secs(60)).await;
    let waiting = harness.asked().len();
    assert!(waiting > 64, "{waiting}");
    harness.send(Command::unwatch(targets(&["65"]))).await;
    sleep(Duration::from_secs(1)).await;
    harness.pass(0.01).await;
    let polls = harness.polls();
    assert!(polls.iter().any(|poll| poll.target == target("64")));
    assert!(polls.iter().all(|poll| poll.target != target("65")));
}

#[tokio::test(start_paused = true)]
async fn a_refresh_polls_now_and_plans_from_there() {
    let mut harness = Harness::answering(|_, _| state("COMPLETED"));
    harness.watch(&["a"]).await;
    harness.pass(20.0).await;
    harness.send(Command::fetch(targets(&["a", "never watched"]))).await;
    harness.pass(65.0).await;
    assert_times(&harness.times("a"), &[0.0, 20.0, 80.0]);
    assert_eq!(harness.asked().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_is_satisfied_by_the_request_in_flight() {
    let mut harness = Harness::answering(|_, _| state("COMPLETED"));
    harness.watch(&["a"]).await;
    harness.pass(0.05).await;
    harness.send(Command::fetch(targets(&["a", "a"]))).await;
    harness.pass(50.0).await;
    assert_times(&harness.times("a"), &[0.0]);
}

#[tokio::test(start_paused = true)]
async fn pausing_finishes_requests_in_flight_and_then_reports() {
    let mut harness = Harness::answering(|_, _| state("STARTED"));
    harness.watch(&["a"]).await;
    harness.pass(0.05).await;
    harness.send(Command::Pause).await;
    assert_eq!(harness.signal().await, Event::Paused);
    assert_eq!(harness.polls().len(), 1, "the request under way was answered before");
    harness.pass(3600.0).await;
    assert_eq!(harness.asked().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_is_done_even_while_paused() {
    let mut harness = Harness::answering(|_, _| state("STARTED"));
    harness.watch(&["a", "b"]).await;
    harness.send(Command::Pause).await;
    assert_eq!(harness.signal().await, Event::Paused);
    harness.pass(100.0).await;
    harness.send(Command::fetch(targets(&["a"]))).await;
    harness.pass(100.0).await;
    assert_times(&harness.times("a"), &[100.0]);
    assert_eq!(harness.asked().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn resuming_polls_what_became_due_at_the_usual_rate() {
    let mut harness = Harness::answering(|_, _| state("STARTED"));
    harness.watch(&["a", "b", "c"]).await;
    harness.pass(1.0).await;
    harness.send(Command::Pause).await;
    assert_eq!(harness.signal().await, Event::Paused);
    harness.pass(99.0).await;
    harness.send(Command::Resume).await;
    assert_eq!(harness.signal().await, Event::Resumed);
    harness.pass(1.0).await;
    let after: Vec<_> = harness.asked().iter().skip(3).map(|(at, _)| *at).collect();
    assert_times(&after, &[100.0, 100.2, 100.4]);
}

#[rstest::rstest]
#[case::the_machine_slept(8 * 3600)]
#[case::the_clock_was_set_back(-3600)]
#[tokio::test(start_paused = true)]
async fn a_jump_of_the_wall_clock_makes_everything_due(#[case] jump: i64) {
    let throttled = Cause::Throttled { wait: Some(Duration::from_secs(3000)) };
    let mut harness = Harness::answering(move |id, nth| match (id, nth) {
        ("throttled@cn-beijing", 0) => error(throttled.clone()),
        ("blocked", _) => error(Cause::ClockSkew { ahead: None }),
        _ => state("COMPLETED"),
    });
    harness.watch(&["a", "throttled@cn-beijing", "blocked"]).await;
    harness.pass(20.0).await;
    assert_eq!(harness.asked().len(), 3);
    harness.jump(jump);
    assert_eq!(harness.signal().await, Event::Woke);
    harness.pass(2.0).await;
    let again: Vec<_> = harness.asked().iter().skip(3).map(|(at, _)| *at).collect();
    assert_eq!(again.len(), 2, "all but the one that waits for a person");
    assert!(again[0] <= 25.0, "noticed within an interval: {again:?}");
    assert_eq!(harness.times("blocked").len(), 1);
    let planned = harness.polls().last().unwrap().next_at.unwrap();
    let expected = epoch().as_second() + jump + 80;
    assert!((expected..expected + 6).contains(&planned.as_second()), "by the new clock: {planned}");
}

#[tokio::test(start_paused = true)]
async fn after_a_sleep_the_request_in_flight_is_repeated() {
    let mut harness = Harness::new(Settings::default(), |_, nth| {
        (Duration::from_secs(if nth == 0 { 1000 } else { 0 }), state("STARTED"))
    });
    harness.watch(&["a"]).await;
    harness.pass(1.0).await;
    harness.jump(600);
    assert_eq!(harness.signal().await, Event::Woke);
    harness.pass(1.0).await;
    assert_times(&harness.times("a"), &[0.0, 5.0]);
    assert_eq!(harness.polls().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_in_flight_is_repeated_after_a_sleep_even_while_paused() {
    let mut harness = Harness::new(Settings::default(), |_, nth| {
        (Duration::from_secs(if nth == 0 { 1000 } else { 0 }), state("STARTED"))
    });
    harness.watch(&["a"]).await;
    harness.pass(1.0).await;
    harness.send(Command::Pause).await;
    harness.pass(1.0).await;
    harness.jump(600);
    harness.send(Command::fetch(targets(&["a"]))).await;
    harness.pass(1.0).await;
    assert_times(&harness.times("a"), &[0.0, 2.0]);
    assert_eq!(harness.polls().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_small_clock_correction_does_not_count_as_sleep() {
    let mut harness = Harness::answering(|_, _| state("COMPLETED"));
    harness.watch(&["a"]).await;
    for _ in 0..10 {
        harness.pass(5.0).await;
        harness.jump(4);
    }
    assert!(!harness.events.contains(&Event::Woke));
}

#[rstest::rstest]
#[case::nothing_watched(&[])]
#[case::paused(&["a", "b"])]
#[tokio::test(start_paused = true)]
async fn an_idle_poller_never_wakes(#[case] ids: &[&str]) {
    let mut harness = Harness::answering(|id, _| match id {
        "a" => error(Cause::CredentialsUnusable),
        _ => state("STARTED"),
    });
    harness.watch(&["to be forgotten"]).await;
    harness.watch(ids).await;
    harness.pass(1.0).await;
    harness.send(Command::unwatch(targets(&["to be forgotten"]))).await;
    if !ids.is_empty() {
        harness.send(Command::Pause).await;
        assert_eq!(harness.signal().await, Event::Paused);
    }
    harness.pass(1.0).await;
    let clock_reads = harness.clock_reads.load(Relaxed);
    harness.pass(24.0 * 3600.0).await;
    assert_eq!(harness.clock_reads.load(Relaxed), clock_reads);
}

#[tokio::test(start_paused = true)]
async fn a_stalled_reader_does_not_block_commands() {
    let mut harness = Harness::answering(|_, _| state("STARTED"));
    let ids: Vec<_> = (0..300).map(|n| n.to_string()).collect();
    let all: Vec<_> = ids.iter().map(|id| target(id)).collect();
    harness.send(Command::watch(all.clone())).await;
    sleep(Duration::from_secs(100)).await;
    assert_eq!(harness.asked().len(), 64 + 4, "the channel is full and the outbox holds the rest");
    for _ in 0..500 {
        let refresh = harness.send(Command::fetch(all.clone()));
        timeout(Duration::from_secs(1), refresh).await.unwrap();
    }
    harness.pass(60.0).await;
    assert!(harness.asked().len() > 300, "it goes on as soon as somebody reads");
}

#[tokio::test(start_paused = true)]
async fn it_ends_when_the_command_sender_is_dropped() {
    let Harness { poller, .. } = Harness::answering(|_, _| state("STARTED"));
    drop(poller.commands);
    timeout(Duration::from_secs(1), poller.task).await.unwrap().unwrap();
}
