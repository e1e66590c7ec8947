//! What is asked beside the savepoints: how often, and never at their cost.

use std::time::Duration;

use savepeek::api::Cause;
use savepeek::poller::{Command, Event, Manner, Settings};

use crate::fake::{World, assert_times, error, job, state};

fn ask(id: &str, manner: Manner) -> Command {
    Command::Ask(vec![job(id)], manner)
}

const HALF_A_MINUTE: Manner = Manner::Every(Duration::from_secs(30));

fn replies(world: &World) -> Vec<bool> {
    let replied = |event: &Event| match event {
        Event::Replied(replied) => Some(replied.result.is_ok()),
        _ => None,
    };
    world.events.iter().filter_map(replied).collect()
}

#[rstest::rstest]
#[case::when_there_is_time(Manner::Once)]
#[case::now(Manner::Now)]
#[tokio::test(start_paused = true)]
async fn once_is_enough_until_it_is_asked_again(#[case] manner: Manner) {
    let mut world = World::answering(|_, _| state("any"));
    world.tell(ask("j", manner)).await;
    world.pass(600.0).await;
    assert_times(&world.times("j"), &[0.0]);
    world.tell(ask("j", manner)).await;
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
    world.tell(Command::Forget(vec![job("j")])).await;
    world.pass(600.0).await;
    assert_eq!(world.times("j").len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_late_reply_to_a_forgotten_question_is_dropped() {
    let mut world = World::answering(|_, _| state("any"));
    world.tell(ask("j", Manner::Now)).await;
    world.pass(0.05).await;
    assert_eq!(world.under_way(), 1);
    world.tell(Command::Forget(vec![job("j")])).await;
    world.pass(10.0).await;
    assert_eq!((world.under_way(), replies(&world)), (0, vec![]));
}

#[tokio::test(start_paused = true)]
async fn savepoints_come_first_and_nobody_starves() {
    let settings = Settings { rate: 1.0, interval: Duration::from_secs(2), ..Settings::default() };
    let mut world = World::new(settings, |_, _| (Duration::from_millis(10), state("STARTED")));
    world.watch(&["a", "b", "c", "d"]).await;
    world.pass(100.0).await;
    world.tell(ask("j", Manner::Once)).await;
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
    world.tell(ask("j", Manner::Now)).await;
    world.pass(1.0).await;
    assert_times(&world.times("j"), &[11.0]);
    world.tell(Command::Pause).await;
    assert_eq!(world.signal().await, Event::Paused);
    world.tell(ask("j", Manner::Now)).await;
    world.tell(ask("k", Manner::Once)).await;
    world.pass(100.0).await;
    assert_eq!((world.times("j").len(), world.times("k").len()), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn trouble_is_told_and_waited_out() {
    let mut world = World::answering(|_, nth| match nth {
        0 => error(Cause::Service { passing: true }),
        _ => state("any"),
    });
    world.tell(ask("j", Manner::Once)).await;
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
