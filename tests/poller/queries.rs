//! What is asked beside the savepoints: how often, and never at their cost.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use savepeek::api::{Cause, Unreachable};
use savepeek::poller::{Command, Event, Recurrence, Settings};

use crate::fake::{Harness, Reply, assert_times, error, job, state};

fn ask(id: &str, recurrence: Recurrence) -> Command {
    Command::Subscribe(vec![job(id)], recurrence)
}

const HALF_A_MINUTE: Recurrence = Recurrence::Every(Duration::from_secs(30));

fn replies(harness: &Harness) -> Vec<bool> {
    let replied = |event: &Event| match event {
        Event::Replied(replied) => Some(replied.result.is_ok()),
        _ => None,
    };
    harness.events.iter().filter_map(replied).collect()
}

#[rstest::rstest]
#[case::when_there_is_time(Recurrence::Once)]
#[case::now(Recurrence::Now)]
#[tokio::test(start_paused = true)]
async fn once_is_enough_until_it_is_asked_again(#[case] recurrence: Recurrence) {
    let mut harness = Harness::answering(|_, _| state("any"));
    harness.send(ask("j", recurrence)).await;
    harness.pass(600.0).await;
    assert_times(&harness.times("j"), &[0.0]);
    harness.send(ask("j", recurrence)).await;
    harness.pass(600.0).await;
    assert_times(&harness.times("j"), &[0.0, 600.0]);
    assert_eq!(replies(&harness), [true, true]);
}

#[tokio::test(start_paused = true)]
async fn a_repeated_query_runs_periodically_and_at_once_when_resubscribed() {
    let mut harness = Harness::answering(|_, _| state("any"));
    harness.send(ask("j", HALF_A_MINUTE)).await;
    harness.pass(70.0).await;
    harness.send(ask("j", HALF_A_MINUTE)).await;
    harness.pass(35.0).await;
    assert_times(&harness.times("j"), &[0.0, 30.0, 60.0, 70.0, 100.0]);
    harness.send(Command::Unsubscribe(vec![job("j")])).await;
    harness.pass(600.0).await;
    assert_eq!(harness.times("j").len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_late_reply_to_an_unsubscribed_query_is_dropped() {
    let mut harness = Harness::answering(|_, _| state("any"));
    harness.send(ask("j", Recurrence::Now)).await;
    harness.pass(0.05).await;
    assert_eq!(harness.in_flight(), 1);
    harness.send(Command::Unsubscribe(vec![job("j")])).await;
    harness.pass(10.0).await;
    assert_eq!((harness.in_flight(), replies(&harness)), (0, vec![]));
}

#[tokio::test(start_paused = true)]
async fn savepoints_come_first_and_no_query_starves() {
    let settings = Settings { rate: 1.0, interval: Duration::from_secs(2), ..Settings::default() };
    let mut harness = Harness::new(settings, |_, _| (Duration::from_millis(10), state("STARTED")));
    harness.watch(&["a", "b", "c", "d"]).await;
    harness.pass(100.0).await;
    harness.send(ask("j", Recurrence::Once)).await;
    harness.pass(100.0).await;
    let [at] = harness.times("j")[..] else { panic!("{:?}", harness.times("j")) };
    assert!((155.0..165.0).contains(&at), "a minute behind those that are always late: {at}");
}

#[tokio::test(start_paused = true)]
async fn an_immediate_query_comes_first_even_while_paused() {
    let settings = Settings { rate: 1.0, interval: Duration::from_secs(2), ..Settings::default() };
    let mut harness = Harness::new(settings, |_, _| (Duration::from_millis(10), state("STARTED")));
    harness.watch(&["a", "b", "c", "d"]).await;
    harness.pass(10.5).await;
    harness.send(ask("j", Recurrence::Now)).await;
    harness.pass(1.0).await;
    assert_times(&harness.times("j"), &[11.0]);
    harness.send(Command::Pause).await;
    assert_eq!(harness.signal().await, Event::Paused);
    harness.send(ask("j", Recurrence::Now)).await;
    harness.send(ask("k", Recurrence::Once)).await;
    harness.pass(100.0).await;
    assert_eq!((harness.times("j").len(), harness.times("k").len()), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_reported_and_retried_later() {
    let mut harness = Harness::answering(|_, nth| match nth {
        0 => error(Cause::Service { transient: true }),
        _ => state("any"),
    });
    harness.send(ask("j", Recurrence::Once)).await;
    harness.pass(600.0).await;
    assert_eq!(replies(&harness), [false, true]);
    assert_times(&harness.times("j"), &[0.0, 60.1]);
}

#[tokio::test(start_paused = true)]
async fn a_refused_query_does_not_affect_the_others() {
    let refused = Cause::NoPermission { action: "stream:GetJob".to_owned(), detail: None };
    let mut harness = Harness::answering(move |id, _| match id {
        "j" => error(refused.clone()),
        _ => state("STARTED"),
    });
    harness.watch(&["a"]).await;
    harness.send(ask("j", HALF_A_MINUTE)).await;
    harness.pass(100.0).await;
    assert_eq!(harness.times("a").len(), 20);
    assert_eq!(harness.times("j").len(), 1, "it waits for a person");
}

/// Jobs that hang, as long as a request may; savepoints that are answered at once.
fn hanging_background(id: &str, _: usize) -> (Duration, Reply) {
    if id.starts_with('j') {
        (Duration::from_secs(10), error(Cause::Unreachable(Unreachable::Timeout)))
    } else {
        (Duration::from_millis(100), state("STARTED"))
    }
}

#[tokio::test(start_paused = true)]
async fn hanging_background_queries_leave_savepoints_their_slots() {
    let mut harness = Harness::new(Settings::default(), hanging_background);
    harness.watch(&["a", "b"]).await;
    let jobs: Vec<_> = (0..40).map(|n| job(&format!("j{n}"))).collect();
    let (lists, names) = jobs.split_at(20);
    harness.send(Command::Subscribe(lists.to_vec(), HALF_A_MINUTE)).await;
    harness.send(Command::Subscribe(names.to_vec(), Recurrence::Once)).await;
    harness.pass(600.0).await;
    for id in ["a", "b"] {
        let times = harness.times(id);
        // A rate of five a second puts two of them 200 ms apart.
        assert!(times.windows(2).all(|pair| pair[1] - pair[0] < 5.25), "{times:?}");
    }
    let helped = harness.asked().iter().filter(|(_, id)| id.starts_with('j')).count();
    assert!((100..=120).contains(&helped), "two at a time, each for ten seconds: {helped}");
}

#[tokio::test(start_paused = true)]
async fn an_immediate_query_has_a_slot_while_background_queries_hang() {
    let mut harness = Harness::new(Settings::default(), hanging_background);
    harness
        .send(Command::Subscribe((0..9).map(|n| job(&format!("j{n}"))).collect(), Recurrence::Once))
        .await;
    harness.pass(3.0).await;
    assert_eq!(harness.in_flight(), 2);
    harness.send(ask("now", Recurrence::Now)).await;
    harness.pass(0.01).await;
    assert_eq!(harness.times("now").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn with_a_single_slot_no_query_starves() {
    let settings = Settings { concurrency: 1, ..Settings::default() };
    let mut harness = Harness::new(settings, hanging_background);
    harness.watch(&["a"]).await;
    harness.send(ask("j", HALF_A_MINUTE)).await;
    harness.pass(600.0).await;
    assert!(harness.times("j").len() >= 10, "{:?}", harness.times("j"));
    assert!(harness.times("a").len() > 60, "{:?}", harness.times("a"));
}

/// Savepoints that take the whole rate, and are so late by 20 s.
async fn crowded() -> Harness {
    let mut harness = Harness::answering(|_, _| state("STARTED"));
    let ids: Vec<_> = (0..125).map(|n| n.to_string()).collect();
    harness.watch(&ids.iter().map(String::as_str).collect::<Vec<_>>()).await;
    harness.pass(100.0).await;
    harness
}

#[tokio::test(start_paused = true)]
async fn a_periodic_query_lets_savepoints_go_first_for_a_third_of_its_period() {
    let mut harness = crowded().await;
    harness.send(ask("j", HALF_A_MINUTE)).await;
    harness.pass(600.0).await;
    let times = harness.times("j");
    let longest = times.windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max);
    assert!(longest < 30.0 + 10.0 + 20.0 + 1.0, "{times:?}");
}

#[tokio::test(start_paused = true)]
async fn a_resubscribed_query_takes_its_turn_among_savepoints() {
    let mut harness = crowded().await;
    harness.send(ask("j", HALF_A_MINUTE)).await;
    harness.pass(35.0).await;
    let before = harness.times("j").len();
    harness.send(ask("j", HALF_A_MINUTE)).await;
    harness.pass(5.0).await;
    // Again and again: that puts it no further back.
    for _ in 0..5 {
        harness.send(ask("j", HALF_A_MINUTE)).await;
        harness.pass(3.2).await;
    }
    assert_eq!((before, harness.times("j").len()), (1, 2), "{:?}", harness.times("j"));
}

#[tokio::test(start_paused = true)]
async fn a_refused_query_is_retried_only_manually() {
    let refused = Cause::NoPermission { action: "stream:GetJob".to_owned(), detail: None };
    let mut harness = Harness::answering(move |_, _| error(refused.clone()));
    harness.send(ask("j", HALF_A_MINUTE)).await;
    harness.pass(100.0).await;
    harness.send(ask("j", HALF_A_MINUTE)).await;
    harness.pass(100.0).await;
    assert_eq!(harness.times("j").len(), 1);
    assert_eq!(harness.service.reloads.load(Relaxed), 0, "nobody is asked for credentials for it");
    harness.send(ask("j", Recurrence::Now)).await;
    harness.pass(100.0).await;
    assert_eq!(harness.times("j").len(), 2);
    harness.service.credentials_changed.store(true, Relaxed);
    harness.pass(100.0).await;
    assert_eq!(harness.times("j").len(), 3, "but where the files have changed, it is due");
}

#[tokio::test(start_paused = true)]
async fn a_backoff_is_not_shortened_by_other_queries() {
    let mut harness = Harness::answering(|_, _| error(Cause::Service { transient: true }));
    harness.send(ask("j", HALF_A_MINUTE)).await;
    for _ in 0..20 {
        harness.pass(1.0).await;
        harness.send(ask("j", HALF_A_MINUTE)).await;
    }
    assert_eq!(harness.times("j").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_query_without_permission_is_retried_with_another_identity() {
    let refused = Cause::NoPermission { action: "stream:GetJob".to_owned(), detail: None };
    let mut harness = Harness::answering(move |id, _| match id {
        "j" => error(refused.clone()),
        _ => state("STARTED"),
    });
    *harness.service.identity.lock().unwrap() = Some("one".to_owned());
    harness.watch(&["a"]).await;
    harness.send(ask("j", HALF_A_MINUTE)).await;
    harness.pass(100.0).await;
    assert_eq!(harness.times("j").len(), 1);
    *harness.service.identity.lock().unwrap() = Some("other".to_owned());
    harness.pass(10.0).await;
    assert_eq!(harness.times("j").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_success_of_the_same_operation_unblocks_the_others_in_that_place() {
    let refused = Cause::NoPermission { action: "stream:GetJob".to_owned(), detail: None };
    let mut harness = Harness::answering(move |id, nth| match (id, nth) {
        ("j" | "j@cn-beijing", 0) | ("never", _) => error(refused.clone()),
        _ => state("STARTED"),
    });
    harness.watch(&["a"]).await;
    for id in ["j", "j@cn-beijing", "never"] {
        harness.send(ask(id, HALF_A_MINUTE)).await;
    }
    harness.pass(25.0).await;
    assert_eq!(harness.times("j").len(), 1, "that savepoints are allowed says nothing about it");
    harness.send(ask("k", HALF_A_MINUTE)).await;
    harness.pass(100.0).await;
    assert!(harness.times("j").len() > 3);
    assert_eq!(harness.times("never").len(), 2, "it is tried once, and waits again");
    assert_eq!(harness.times("j@cn-beijing").len(), 1);
}
