//! What is asked beside the savepoints: how often, and never at their cost.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use savepeek::api::{Cause, Unreachable};
use savepeek::poller::{Command, Event, Recurrence, Settings};

use crate::fake::{Reply, World, assert_times, error, job, state};

fn ask(id: &str, recurrence: Recurrence) -> Command {
    Command::Subscribe(vec![job(id)], recurrence)
}

const HALF_A_MINUTE: Recurrence = Recurrence::Every(Duration::from_secs(30));

fn replies(world: &World) -> Vec<bool> {
    let replied = |event: &Event| match event {
        Event::Replied(replied) => Some(replied.result.is_ok()),
        _ => None,
    };
    world.events.iter().filter_map(replied).collect()
}

#[rstest::rstest]
#[case::when_there_is_time(Recurrence::Once)]
#[case::now(Recurrence::Now)]
#[tokio::test(start_paused = true)]
async fn once_is_enough_until_it_is_asked_again(#[case] recurrence: Recurrence) {
    let mut world = World::answering(|_, _| state("any"));
    world.tell(ask("j", recurrence)).await;
    world.pass(600.0).await;
    assert_times(&world.times("j"), &[0.0]);
    world.tell(ask("j", recurrence)).await;
    world.pass(600.0).await;
    assert_times(&world.times("j"), &[0.0, 600.0]);
    assert_eq!(replies(&world), [true, true]);
}

#[tokio::test(start_paused = true)]
async fn every_so_often_and_at_once_when_it_is_asked_again() {
    let mut world = World::answering(|_, _| state("any"));
    world.tell(ask("j", HALF_A_MINUTE)).await;
    world.pass(70.0).await;
    world.tell(ask("j", HALF_A_MINUTE)).await;
    world.pass(35.0).await;
    assert_times(&world.times("j"), &[0.0, 30.0, 60.0, 70.0, 100.0]);
    world.tell(Command::Unsubscribe(vec![job("j")])).await;
    world.pass(600.0).await;
    assert_eq!(world.times("j").len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_late_reply_to_a_forgotten_question_is_dropped() {
    let mut world = World::answering(|_, _| state("any"));
    world.tell(ask("j", Recurrence::Now)).await;
    world.pass(0.05).await;
    assert_eq!(world.under_way(), 1);
    world.tell(Command::Unsubscribe(vec![job("j")])).await;
    world.pass(10.0).await;
    assert_eq!((world.under_way(), replies(&world)), (0, vec![]));
}

#[tokio::test(start_paused = true)]
async fn savepoints_come_first_and_nobody_starves() {
    let settings = Settings { rate: 1.0, interval: Duration::from_secs(2), ..Settings::default() };
    let mut world = World::new(settings, |_, _| (Duration::from_millis(10), state("STARTED")));
    world.watch(&["a", "b", "c", "d"]).await;
    world.pass(100.0).await;
    world.tell(ask("j", Recurrence::Once)).await;
    world.pass(100.0).await;
    let [at] = world.times("j")[..] else { panic!("{:?}", world.times("j")) };
    assert!((155.0..165.0).contains(&at), "a minute behind those that are always late: {at}");
}

#[tokio::test(start_paused = true)]
async fn what_somebody_waits_for_comes_first_and_even_while_paused() {
    let settings = Settings { rate: 1.0, interval: Duration::from_secs(2), ..Settings::default() };
    let mut world = World::new(settings, |_, _| (Duration::from_millis(10), state("STARTED")));
    world.watch(&["a", "b", "c", "d"]).await;
    world.pass(10.5).await;
    world.tell(ask("j", Recurrence::Now)).await;
    world.pass(1.0).await;
    assert_times(&world.times("j"), &[11.0]);
    world.tell(Command::Pause).await;
    assert_eq!(world.signal().await, Event::Paused);
    world.tell(ask("j", Recurrence::Now)).await;
    world.tell(ask("k", Recurrence::Once)).await;
    world.pass(100.0).await;
    assert_eq!((world.times("j").len(), world.times("k").len()), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn trouble_is_told_and_waited_out() {
    let mut world = World::answering(|_, nth| match nth {
        0 => error(Cause::Service { transient: true }),
        _ => state("any"),
    });
    world.tell(ask("j", Recurrence::Once)).await;
    world.pass(600.0).await;
    assert_eq!(replies(&world), [false, true]);
    assert_times(&world.times("j"), &[0.0, 60.1]);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_one_is_no_trouble_of_the_others() {
    let refused = Cause::NoPermission { action: "stream:GetJob".to_owned(), detail: None };
    let mut world = World::answering(move |id, _| match id {
        "j" => error(refused.clone()),
        _ => state("STARTED"),
    });
    world.watch(&["a"]).await;
    world.tell(ask("j", HALF_A_MINUTE)).await;
    world.pass(100.0).await;
    assert_eq!(world.times("a").len(), 20);
    assert_eq!(world.times("j").len(), 1, "it waits for a person");
}

/// Jobs that hang, as long as a request may; savepoints that are answered at once.
fn hanging_help(id: &str, _: usize) -> (Duration, Reply) {
    if id.starts_with('j') {
        (Duration::from_secs(10), error(Cause::Unreachable(Unreachable::Timeout)))
    } else {
        (Duration::from_millis(100), state("STARTED"))
    }
}

#[tokio::test(start_paused = true)]
async fn what_only_helps_and_hangs_leaves_savepoints_their_slots() {
    let mut world = World::new(Settings::default(), hanging_help);
    world.watch(&["a", "b"]).await;
    let jobs: Vec<_> = (0..40).map(|n| job(&format!("j{n}"))).collect();
    let (lists, names) = jobs.split_at(20);
    world.tell(Command::Subscribe(lists.to_vec(), HALF_A_MINUTE)).await;
    world.tell(Command::Subscribe(names.to_vec(), Recurrence::Once)).await;
    world.pass(600.0).await;
    for id in ["a", "b"] {
        let times = world.times(id);
        // A rate of five a second puts two of them 200 ms apart.
        assert!(times.windows(2).all(|pair| pair[1] - pair[0] < 5.25), "{times:?}");
    }
    let helped = world.asked().iter().filter(|(_, id)| id.starts_with('j')).count();
    assert!((100..=120).contains(&helped), "two at a time, each for ten seconds: {helped}");
}

#[tokio::test(start_paused = true)]
async fn what_somebody_waits_for_has_a_slot_although_help_hangs() {
    let mut world = World::new(Settings::default(), hanging_help);
    world
        .tell(Command::Subscribe((0..9).map(|n| job(&format!("j{n}"))).collect(), Recurrence::Once))
        .await;
    world.pass(3.0).await;
    assert_eq!(world.under_way(), 2);
    world.tell(ask("now", Recurrence::Now)).await;
    world.pass(0.01).await;
    assert_eq!(world.times("now").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn with_a_single_slot_nobody_starves() {
    let settings = Settings { concurrency: 1, ..Settings::default() };
    let mut world = World::new(settings, hanging_help);
    world.watch(&["a"]).await;
    world.tell(ask("j", HALF_A_MINUTE)).await;
    world.pass(600.0).await;
    assert!(world.times("j").len() >= 10, "{:?}", world.times("j"));
    assert!(world.times("a").len() > 60, "{:?}", world.times("a"));
}

/// Savepoints that take the whole rate, and are so late by 20 s.
async fn crowded() -> World {
    let mut world = World::answering(|_, _| state("STARTED"));
    let ids: Vec<_> = (0..125).map(|n| n.to_string()).collect();
    world.watch(&ids.iter().map(String::as_str).collect::<Vec<_>>()).await;
    world.pass(100.0).await;
    world
}

#[tokio::test(start_paused = true)]
async fn what_is_asked_every_so_often_lets_others_pass_for_a_third_of_that() {
    let mut world = crowded().await;
    world.tell(ask("j", HALF_A_MINUTE)).await;
    world.pass(600.0).await;
    let times = world.times("j");
    let longest = times.windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max);
    assert!(longest < 30.0 + 10.0 + 20.0 + 1.0, "{times:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_asked_again_takes_its_turn_among_savepoints() {
    let mut world = crowded().await;
    world.tell(ask("j", HALF_A_MINUTE)).await;
    world.pass(35.0).await;
    let before = world.times("j").len();
    world.tell(ask("j", HALF_A_MINUTE)).await;
    world.pass(5.0).await;
    // Again and again: that puts it no further back.
    for _ in 0..5 {
        world.tell(ask("j", HALF_A_MINUTE)).await;
        world.pass(3.2).await;
    }
    assert_eq!((before, world.times("j").len()), (1, 2), "{:?}", world.times("j"));
}

#[tokio::test(start_paused = true)]
async fn only_a_person_asks_again_for_what_was_refused() {
    let refused = Cause::NoPermission { action: "stream:GetJob".to_owned(), detail: None };
    let mut world = World::answering(move |_, _| error(refused.clone()));
    world.tell(ask("j", HALF_A_MINUTE)).await;
    world.pass(100.0).await;
    world.tell(ask("j", HALF_A_MINUTE)).await;
    world.pass(100.0).await;
    assert_eq!(world.times("j").len(), 1);
    assert_eq!(world.service.reloads.load(Relaxed), 0, "nobody is asked for credentials for it");
    world.tell(ask("j", Recurrence::Now)).await;
    world.pass(100.0).await;
    assert_eq!(world.times("j").len(), 2);
    world.service.credentials_changed.store(true, Relaxed);
    world.pass(100.0).await;
    assert_eq!(world.times("j").len(), 3, "but where the files have changed, it is due");
}

#[tokio::test(start_paused = true)]
async fn a_backoff_is_not_cut_short_by_what_happens_to_others() {
    let mut world = World::answering(|_, _| error(Cause::Service { transient: true }));
    world.tell(ask("j", HALF_A_MINUTE)).await;
    for _ in 0..20 {
        world.pass(1.0).await;
        world.tell(ask("j", HALF_A_MINUTE)).await;
    }
    assert_eq!(world.times("j").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_lacks_a_permission_is_asked_again_as_another_identity() {
    let refused = Cause::NoPermission { action: "stream:GetJob".to_owned(), detail: None };
    let mut world = World::answering(move |id, _| match id {
        "j" => error(refused.clone()),
        _ => state("STARTED"),
    });
    *world.service.identity.lock().unwrap() = Some("one".to_owned());
    world.watch(&["a"]).await;
    world.tell(ask("j", HALF_A_MINUTE)).await;
    world.pass(100.0).await;
    assert_eq!(world.times("j").len(), 1);
    *world.service.identity.lock().unwrap() = Some("other".to_owned());
    world.pass(10.0).await;
    assert_eq!(world.times("j").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_success_of_the_same_kind_proves_the_permission_for_the_others_there() {
    let refused = Cause::NoPermission { action: "stream:GetJob".to_owned(), detail: None };
    let mut world = World::answering(move |id, nth| match (id, nth) {
        ("j" | "j@cn-beijing", 0) | ("never", _) => error(refused.clone()),
        _ => state("STARTED"),
    });
    world.watch(&["a"]).await;
    for id in ["j", "j@cn-beijing", "never"] {
        world.tell(ask(id, HALF_A_MINUTE)).await;
    }
    world.pass(25.0).await;
    assert_eq!(world.times("j").len(), 1, "that savepoints are allowed says nothing about it");
    world.tell(ask("k", HALF_A_MINUTE)).await;
    world.pass(100.0).await;
    assert!(world.times("j").len() > 3);
    assert_eq!(world.times("never").len(), 2, "it is tried once, and waits again");
    assert_eq!(world.times("j@cn-beijing").len(), 1);
}
