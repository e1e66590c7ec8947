//! Time in which the program did not run, or by which its clock was set, makes nothing lost.

use std::time::Duration;

use rstest::rstest;
use savepeek::domain::change::Kind;
use savepeek::poller::{Command, Event};
use savepeek::tui::effect::Effect;
use savepeek::tui::message::Message;

use crate::following::made;
use crate::harness::{Harness, answer, target, unavailable};

const A: &str = "354dde66-a3ae-463e-967a-0b4107fd0001";
const B: &str = "4b1f0c57-91d8-4d52-8e0c-6f2b7c1d0002";

/// Two savepoints that were polled several times, the last time four seconds ago.
fn watched() -> Harness {
    let mut harness = Harness::watching(120, 40, &[A, B]);
    for _ in 0..3 {
        harness.after(5);
        answered(&mut harness);
    }
    harness.after(4);
    harness.changes();
    harness.effects();
    harness
}

fn answered(harness: &mut Harness) {
    harness.polled(A, Ok(answer(A, "STARTED"))).polled(B, Ok(answer(B, "COMPLETED")));
}

fn lost(harness: &mut Harness) -> usize {
    harness.changes().iter().filter(|it| matches!(it.kind, Kind::Lost { .. })).count()
}

#[rstest]
#[case::a_little(15)]
#[case::half_a_minute(30)]
#[case::a_minute(60)]
#[case::as_much_as_a_tick(90)]
#[case::a_night(8 * 3600)]
#[case::an_hour_back(-3600)]
#[case::half_a_minute_back(-30)]
fn wall_clock_jump_alone_loses_no_savepoint(
    #[case] seconds: i64,
    #[values(true, false)] reported_by_the_poller: bool,
) {
    let mut harness = watched();
    harness.asleep(seconds);
    if reported_by_the_poller {
        harness.send(Message::Poller(Event::Woke));
    }
    harness.after(3);
    answered(&mut harness);
    harness.after(4).assert_screen("● live");
    assert_eq!(harness.changes(), []);
    let effects = harness.effects();
    let mut alerts =
        effects.iter().filter(|it| matches!(it, Effect::Alert(_) | Effect::OnChange(_)));
    assert_eq!(alerts.next(), None);
}

#[rstest]
#[case::a_minute(60)]
#[case::a_night(8 * 3600)]
#[case::an_hour_back(-3600)]
fn silence_after_a_clock_jump_is_lost_in_time(#[case] seconds: i64) {
    let mut harness = watched();
    harness.asleep(seconds).send(Message::Poller(Event::Woke));
    for _ in 0..15 {
        harness.after(1).polled(A, Err(unavailable()));
    }
    assert_eq!(lost(&mut harness), 0, "two polls were not missed yet");
    for _ in 0..20 {
        harness.after(1).polled(A, Err(unavailable()));
    }
    assert_eq!(lost(&mut harness), 1, "the other one is polled once a minute");
}

#[rstest]
#[case::half_a_minute(30)]
#[case::a_night(8 * 3600)]
fn old_answers_never_look_live_and_are_polled_again(#[case] seconds: i64) {
    for width in [80, 120] {
        let mut harness = Harness::watching(width, 24, &[A, B]);
        answered(&mut harness);
        harness
            .asleep(seconds)
            .assert_not_on_screen("● live")
            .assert_screen("stale, asking again, oldest answer of 11:00:00");
        harness.after(1);
        answered(&mut harness);
        harness.assert_screen("● live").assert_not_on_screen("asking again");
    }
}

#[test]
fn clock_step_back_does_not_freshen_an_answer() {
    let mut harness = Harness::watching(120, 40, &[A]);
    harness.polled(A, Ok(answer(A, "STARTED"))).after(15).asleep(-3600).assert_screen("● live");
    // Its age counts on: the answer is 20 s old.
    harness
        .after(5)
        .assert_not_on_screen("● live")
        .assert_screen("stale, asking again, oldest answer of 10:00:00");
}

#[rstest]
#[case::forward(0.004)]
#[case::back(-0.004)]
fn slewed_clock_changes_nothing(#[case] by: f64) {
    let mut harness = watched();
    let grace_until = harness.state.grace_until;
    for _ in 0..100 {
        harness.slewed(1.0 + by).after(4);
        answered(&mut harness);
        harness.assert_screen("● live");
    }
    assert_eq!(harness.changes(), []);
    assert_eq!(harness.state.grace_until, grace_until);
}

#[rstest]
#[case::forward(8 * 3600)]
#[case::back(-3600)]
fn clock_steps_while_paused_are_silent(#[case] seconds: i64) {
    let mut harness = watched();
    harness.keys("p").send(Message::Poller(Event::Paused));
    let paused = harness.screen();
    harness.asleep(seconds);
    assert_eq!(harness.screen().lines().nth(2), paused.lines().nth(2));
    harness.after(3600).keys("p").send(Message::Poller(Event::Resumed)).after(10);
    answered(&mut harness);
    harness.assert_screen("● live");
    assert_eq!(harness.changes(), []);
}

#[test]
fn undo_of_a_removal_does_not_lose_the_savepoint() {
    let mut harness = watched();
    harness.keys("g d");
    for _ in 0..9 {
        harness.after(15).polled(B, Ok(answer(B, "COMPLETED")));
    }
    harness.keys("u").after(1);
    answered(&mut harness);
    assert_eq!(lost(&mut harness), 0);
    harness.after(40);
    assert_ne!(lost(&mut harness), 0);
}

#[test]
fn savepoint_missing_from_the_list_gets_its_own_time_to_answer() {
    let mut harness = Harness::new(120, 40);
    // With such a short interval it would be late by the answer of the list.
    harness.state.settings.recheck = Duration::from_secs(5);
    let deployment = crate::harness::deployment();
    harness.state.histories.follow(deployment, harness.state.now);
    harness.state.derive();
    let [one, two] = ["one", "two"].map(|id| made(id, "COMPLETED", 9, 10));
    harness.listed(Ok(vec![one.clone(), two]));
    harness.after(30).listed(Ok(vec![one])).after(1);
    assert_eq!(lost(&mut harness), 0, "it has been polled by itself for a second");
    assert!(harness.effects().contains(&Effect::Poller(Command::watch(vec![target("two")]))));
    for _ in 0..3 {
        harness.after(15);
    }
    assert_ne!(lost(&mut harness), 0);
}

#[test]
fn a_pinned_savepoint_gets_its_own_time_to_answer() {
    let mut harness = Harness::new(120, 40);
    // With such a short interval it would be late by the answer of the list.
    harness.state.settings.recheck = Duration::from_secs(5);
    let deployment = crate::harness::deployment();
    harness.state.histories.follow(deployment, harness.state.now);
    harness.state.derive();
    harness.listed(Ok(vec![made("one", "COMPLETED", 9, 10)]));
    harness.after(29).keys("P").assert_screen("pinned: one").after(1);
    assert_eq!(lost(&mut harness), 0, "it has been polled by itself for a second");
    for _ in 0..3 {
        harness.after(15);
    }
    assert_ne!(lost(&mut harness), 0);
}
