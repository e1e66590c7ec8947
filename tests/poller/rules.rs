//! One savepoint: when it is asked for again, paused, resumed, woken, forgotten.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use savepeek::api::Cause;
use savepeek::poller::{Command, Event, Settings};
use tokio::time::{sleep, timeout};

use crate::fake::{Reply, World, assert_times, epoch, error, state, target, targets};

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
    let mut world = World::answering(move |_, _| reply.clone());
    world.watch(&["a"]).await;
    let every = f64::from(every);
    world.pass(2.5 * every).await;
    assert_times(&world.times("a"), &[0.0, every, 2.0 * every]);
    let planned = world.polls()[0].next_at.unwrap();
    assert_eq!(planned, epoch() + Duration::from_secs_f64(every));
}

#[tokio::test(start_paused = true)]
async fn a_savepoint_that_completes_is_rechecked_less_often() {
    let mut world = World::answering(|_, nth| state(if nth < 2 { "STARTED" } else { "COMPLETED" }));
    world.watch(&["a"]).await;
    world.pass(75.0).await;
    assert_times(&world.times("a"), &[0.0, 5.0, 10.0, 70.0]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_slower_than_the_interval_is_waited_for() {
    let mut world =
        World::new(Settings::default(), |_, _| (Duration::from_secs(7), state("STARTED")));
    world.watch(&["a"]).await;
    world.pass(15.0).await;
    assert_times(&world.times("a"), &[0.0, 7.0, 14.0]);
}

#[tokio::test(start_paused = true)]
async fn watching_twice_changes_nothing() {
    let mut world = World::answering(|_, _| state("COMPLETED"));
    world.watch(&["a", "a"]).await;
    world.pass(10.0).await;
    world.watch(&["a"]).await;
    world.pass(10.0).await;
    assert_times(&world.times("a"), &[0.0]);
}

#[tokio::test(start_paused = true)]
async fn unwatching_cancels_the_request_under_way() {
    let mut world = World::answering(|_, _| state("STARTED"));
    world.watch(&["a"]).await;
    world.pass(0.05).await;
    assert_eq!(world.under_way(), 1);
    world.tell(Command::unwatch(targets(&["a"]))).await;
    world.pass(0.01).await;
    assert_eq!(world.under_way(), 0);
    world.pass(60.0).await;
    assert_eq!(world.events, []);
    assert_eq!(world.asked().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_waits_to_be_read_is_dropped_when_unwatched() {
    let mut world = World::answering(|_, _| state("STARTED"));
    let ids: Vec<_> = (0..70).map(|n| n.to_string()).collect();
    world.tell(Command::watch(ids.iter().map(|id| target(id)).collect())).await;
    // Nobody reads: the channel fills up, then results wait in the outbox.
    sleep(Duration::from_secs(60)).await;
    let waiting = world.asked().len();
    assert!(waiting > 64, "{waiting}");
    world.tell(Command::unwatch(targets(&["65"]))).await;
    sleep(Duration::from_secs(1)).await;
    world.pass(0.01).await;
    let polls = world.polls();
    assert!(polls.iter().any(|poll| poll.target == target("64")));
    assert!(polls.iter().all(|poll| poll.target != target("65")));
}

#[tokio::test(start_paused = true)]
async fn a_refresh_asks_now_and_plans_from_there() {
    let mut world = World::answering(|_, _| state("COMPLETED"));
    world.watch(&["a"]).await;
    world.pass(20.0).await;
    world.tell(Command::fetch(targets(&["a", "never watched"]))).await;
    world.pass(65.0).await;
    assert_times(&world.times("a"), &[0.0, 20.0, 80.0]);
    assert_eq!(world.asked().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_is_satisfied_by_the_request_under_way() {
    let mut world = World::answering(|_, _| state("COMPLETED"));
    world.watch(&["a"]).await;
    world.pass(0.05).await;
    world.tell(Command::fetch(targets(&["a", "a"]))).await;
    world.pass(50.0).await;
    assert_times(&world.times("a"), &[0.0]);
}

#[tokio::test(start_paused = true)]
async fn pausing_ends_what_is_under_way_and_then_says_so() {
    let mut world = World::answering(|_, _| state("STARTED"));
    world.watch(&["a"]).await;
    world.pass(0.05).await;
    world.tell(Command::Pause).await;
    assert_eq!(world.signal().await, Event::Paused);
    assert_eq!(world.polls().len(), 1, "the request under way was answered before");
    world.pass(3600.0).await;
    assert_eq!(world.asked().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_is_done_even_while_paused() {
    let mut world = World::answering(|_, _| state("STARTED"));
    world.watch(&["a", "b"]).await;
    world.tell(Command::Pause).await;
    assert_eq!(world.signal().await, Event::Paused);
    world.pass(100.0).await;
    world.tell(Command::fetch(targets(&["a"]))).await;
    world.pass(100.0).await;
    assert_times(&world.times("a"), &[100.0]);
    assert_eq!(world.asked().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn resuming_asks_for_what_became_due_meanwhile_at_the_usual_rate() {
    let mut world = World::answering(|_, _| state("STARTED"));
    world.watch(&["a", "b", "c"]).await;
    world.pass(1.0).await;
    world.tell(Command::Pause).await;
    assert_eq!(world.signal().await, Event::Paused);
    world.pass(99.0).await;
    world.tell(Command::Resume).await;
    assert_eq!(world.signal().await, Event::Resumed);
    world.pass(1.0).await;
    let after: Vec<_> = world.asked().iter().skip(3).map(|(at, _)| *at).collect();
    assert_times(&after, &[100.0, 100.2, 100.4]);
}

#[rstest::rstest]
#[case::the_machine_slept(8 * 3600)]
#[case::the_clock_was_set_back(-3600)]
#[tokio::test(start_paused = true)]
async fn a_jump_of_the_wall_clock_makes_everything_due(#[case] jump: i64) {
    let throttled = Cause::Throttled { wait: Some(Duration::from_secs(3000)) };
    let mut world = World::answering(move |id, nth| match (id, nth) {
        ("throttled@cn-beijing", 0) => error(throttled.clone()),
        ("blocked", _) => error(Cause::ClockSkew { ahead: None }),
        _ => state("COMPLETED"),
    });
    world.watch(&["a", "throttled@cn-beijing", "blocked"]).await;
    world.pass(20.0).await;
    assert_eq!(world.asked().len(), 3);
    world.jump(jump);
    assert_eq!(world.signal().await, Event::Woke);
    world.pass(2.0).await;
    let again: Vec<_> = world.asked().iter().skip(3).map(|(at, _)| *at).collect();
    assert_eq!(again.len(), 2, "all but the one that waits for a person");
    assert!(again[0] <= 25.0, "noticed within an interval: {again:?}");
    assert_eq!(world.times("blocked").len(), 1);
    let planned = world.polls().last().unwrap().next_at.unwrap();
    let expected = epoch().as_second() + jump + 80;
    assert!((expected..expected + 6).contains(&planned.as_second()), "by the new clock: {planned}");
}

#[tokio::test(start_paused = true)]
async fn after_a_sleep_the_request_under_way_is_made_again() {
    let mut world = World::new(Settings::default(), |_, nth| {
        (Duration::from_secs(if nth == 0 { 1000 } else { 0 }), state("STARTED"))
    });
    world.watch(&["a"]).await;
    world.pass(1.0).await;
    world.jump(600);
    assert_eq!(world.signal().await, Event::Woke);
    world.pass(1.0).await;
    assert_times(&world.times("a"), &[0.0, 5.0]);
    assert_eq!(world.polls().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_was_refreshed_while_under_way_is_asked_again_after_a_sleep_also_while_paused() {
    let mut world = World::new(Settings::default(), |_, nth| {
        (Duration::from_secs(if nth == 0 { 1000 } else { 0 }), state("STARTED"))
    });
    world.watch(&["a"]).await;
    world.pass(1.0).await;
    world.tell(Command::Pause).await;
    world.pass(1.0).await;
    world.jump(600);
    world.tell(Command::fetch(targets(&["a"]))).await;
    world.pass(1.0).await;
    assert_times(&world.times("a"), &[0.0, 2.0]);
    assert_eq!(world.polls().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_small_correction_of_the_clock_is_no_sleep() {
    let mut world = World::answering(|_, _| state("COMPLETED"));
    world.watch(&["a"]).await;
    for _ in 0..10 {
        world.pass(5.0).await;
        world.jump(4);
    }
    assert!(!world.events.contains(&Event::Woke));
}

#[rstest::rstest]
#[case::nothing_watched(&[])]
#[case::paused(&["a", "b"])]
#[tokio::test(start_paused = true)]
async fn an_idle_poller_never_wakes(#[case] ids: &[&str]) {
    let mut world = World::answering(|id, _| match id {
        "a" => error(Cause::CredentialsUnusable),
        _ => state("STARTED"),
    });
    world.watch(&["to be forgotten"]).await;
    world.watch(ids).await;
    world.pass(1.0).await;
    world.tell(Command::unwatch(targets(&["to be forgotten"]))).await;
    if !ids.is_empty() {
        world.tell(Command::Pause).await;
        assert_eq!(world.signal().await, Event::Paused);
    }
    world.pass(1.0).await;
    let looks = world.looks.load(Relaxed);
    world.pass(24.0 * 3600.0).await;
    assert_eq!(world.looks.load(Relaxed), looks);
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_does_not_read_locks_nobody_up() {
    let mut world = World::answering(|_, _| state("STARTED"));
    let ids: Vec<_> = (0..300).map(|n| n.to_string()).collect();
    let all: Vec<_> = ids.iter().map(|id| target(id)).collect();
    world.tell(Command::watch(all.clone())).await;
    sleep(Duration::from_secs(100)).await;
    assert_eq!(world.asked().len(), 64 + 4, "the channel is full and the outbox holds the rest");
    for _ in 0..500 {
        let refresh = world.tell(Command::fetch(all.clone()));
        timeout(Duration::from_secs(1), refresh).await.unwrap();
    }
    world.pass(60.0).await;
    assert!(world.asked().len() > 300, "it goes on as soon as somebody reads");
}

#[tokio::test(start_paused = true)]
async fn ends_when_nobody_commands_it() {
    let World { poller, .. } = World::answering(|_, _| state("STARTED"));
    drop(poller.commands);
    timeout(Duration::from_secs(1), poller.task).await.unwrap().unwrap();
}
