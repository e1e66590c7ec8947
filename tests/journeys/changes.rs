//! What is observed, and how honestly.

use jiff::SignedDuration;
use savepeek::domain::change::Kind;
use savepeek::poller::Event;
use savepeek::tui::message::Message;

use crate::stage::{Harness, answer, not_found, target, unavailable};

const A: &str = "354dde66-a3ae-463e-967a-0b4107fd0001";
const B: &str = "4b1f0c57-91d8-4d52-8e0c-6f2b7c1d0002";

fn kinds(stage: &mut Harness) -> Vec<Kind> {
    stage.changes().into_iter().map(|change| change.kind).collect()
}

/// One that was seen STARTED.
fn one() -> Harness {
    let mut stage = Harness::watching(120, 40, &[A, B]);
    stage.polled(B, Ok(answer(B, "COMPLETED"))).polled(A, Ok(answer(A, "STARTED")));
    stage
}

#[test]
fn the_first_answer_is_no_transition() {
    let mut stage = one();
    let kinds = kinds(&mut stage);
    assert_eq!(kinds.len(), 2);
    assert!(kinds.iter().all(|kind| !kind.is_transition()), "{kinds:?}");
    stage.miss("*");
}

#[test]
fn a_transition_lies_between_two_answers_and_marks_its_row_until_looked_at() {
    let mut stage = one();
    stage.changes();
    let before = stage.state.now;
    stage.keys("G").after(5).polled(A, Ok(answer(A, "COMPLETED")));
    let [change] = &stage.changes()[..] else { panic!("not one change") };
    assert_eq!(change.kind, Kind::State { from: "STARTED".into(), to: "COMPLETED".into() });
    assert_eq!((change.since, change.at), (Some(before), stage.state.now));
    stage.see(" *✓ COMPLETED");
    stage.keys("g G g G").miss("*");
}

#[test]
fn what_vanishes_and_appears_again_says_what_it_was() {
    let mut stage = one();
    stage.changes();
    stage.after(5).polled(A, Err(not_found()));
    assert_eq!(kinds(&mut stage), [Kind::Vanished { was: "STARTED".into() }]);
    stage.after(5).polled(A, Err(not_found()));
    assert_eq!(kinds(&mut stage), []);
    stage.after(5).polled(A, Ok(answer(A, "FAILED")));
    assert_eq!(kinds(&mut stage), [Kind::Appeared { state: "FAILED".into() }]);
}

#[test]
fn one_failed_poll_is_no_loss_and_two_missed_rounds_are() {
    let mut stage = one();
    stage.changes();
    stage.after(5).polled(A, Err(unavailable())).after(1);
    assert_eq!(kinds(&mut stage), []);
    stage.after(30);
    assert_eq!(
        kinds(&mut stage),
        [Kind::Lost { cause: "service trouble (ServiceUnavailable)".into() }]
    );
    stage.after(30).polled(A, Err(unavailable()));
    assert_eq!(kinds(&mut stage), []);
    stage.after(1).polled(A, Ok(answer(A, "COMPLETED")));
    let kinds = kinds(&mut stage);
    assert!(matches!(&kinds[..], [Kind::Back { .. }, Kind::State { .. }]), "{kinds:?}");
}

#[test]
fn a_machine_that_slept_lost_nothing() {
    let mut stage = one();
    stage.changes();
    stage.asleep(8 * 3600).send(Message::Poller(Event::Woke)).see("this machine slept");
    stage.polled(A, Ok(answer(A, "STARTED"))).polled(B, Ok(answer(B, "COMPLETED")));
    stage.after(15);
    assert_eq!(kinds(&mut stage), []);
}

#[test]
fn a_pause_loses_nothing() {
    let mut stage = one();
    stage.keys("p").send(Message::Poller(Event::Paused));
    stage.changes();
    stage.after(3600).send(Message::Poller(Event::Resumed)).after(5);
    assert_eq!(kinds(&mut stage), []);
    stage.after(60);
    assert_eq!(kinds(&mut stage).len(), 2);
}

/// Which were lost since the last look.
fn lost(stage: &mut Harness) -> usize {
    kinds(stage).iter().filter(|kind| matches!(kind, Kind::Lost { .. })).count()
}

#[test]
fn a_clock_that_is_corrected_a_little_puts_nothing_off() {
    let mut stage = Harness::watching(120, 40, &["a"]);
    stage.polled("a", Ok(answer("a", "STARTED")));
    let settled_at = stage.state.settled_at;
    for _ in 0..10 {
        stage.after(15);
        let back = stage.state.now - SignedDuration::from_millis(1);
        stage.clock(back);
        stage.polled("a", Err(unavailable()));
    }
    assert_eq!(stage.state.settled_at, settled_at);
    assert_eq!(lost(&mut stage), 1);
}

#[test]
fn what_is_lost_after_the_clock_was_set_back_is_told_in_time() {
    let mut stage = Harness::watching(120, 40, &["a", "b"]);
    stage.polled("a", Ok(answer("a", "STARTED"))).polled("b", Err(not_found()));
    stage.asleep(-8 * 3600);
    for _ in 0..40 {
        stage.after(5).polled("a", Err(unavailable())).polled("b", Err(unavailable()));
    }
    assert_eq!(lost(&mut stage), 2);
    stage.see("error 3 min");
}

#[test]
fn what_is_late_only_because_fewer_are_asked_for_is_lost_all_the_same() {
    let ids: Vec<String> = (0..300).map(|n| format!("sp-{n}")).collect();
    let known: Vec<&str> = ids.iter().map(String::as_str).collect();
    let mut stage = Harness::watching(40, 10, &known);
    for id in &known {
        stage.polled(id, Ok(answer(id, "STARTED")));
    }
    stage.after(60);
    assert_eq!(lost(&mut stage), 0, "a round takes a minute");
    for id in known.iter().skip(2) {
        stage.state.unwatch(&target(id));
    }
    stage.after(1);
    assert_eq!(lost(&mut stage), 2);
}
