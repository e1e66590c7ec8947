//! Which changes are observed, and what is not claimed.

use jiff::SignedDuration;
use savepeek::domain::change::Kind;
use savepeek::poller::Event;
use savepeek::tui::message::Message;

use crate::harness::{Harness, answer, not_found, target, unavailable};

const A: &str = "354dde66-a3ae-463e-967a-0b4107fd0001";
const B: &str = "4b1f0c57-91d8-4d52-8e0c-6f2b7c1d0002";

fn kinds(harness: &mut Harness) -> Vec<Kind> {
    harness.changes().into_iter().map(|change| change.kind).collect()
}

/// One savepoint that is STARTED, and one that is COMPLETED.
fn one() -> Harness {
    let mut harness = Harness::watching(120, 40, &[A, B]);
    harness.polled(B, Ok(answer(B, "COMPLETED"))).polled(A, Ok(answer(A, "STARTED")));
    harness
}

#[test]
fn first_answer_is_not_a_transition() {
    let mut harness = one();
    let kinds = kinds(&mut harness);
    assert_eq!(kinds.len(), 2);
    assert!(kinds.iter().all(|kind| !kind.is_transition()), "{kinds:?}");
    harness.assert_not_on_screen("*");
}

#[test]
fn transition_has_both_answer_times_and_marks_its_row_until_seen() {
    let mut harness = one();
    harness.changes();
    let before = harness.state.now;
    harness.keys("G").after(5).polled(A, Ok(answer(A, "COMPLETED")));
    let [change] = &harness.changes()[..] else { panic!("not one change") };
    assert_eq!(change.kind, Kind::State { from: "STARTED".into(), to: "COMPLETED".into() });
    assert_eq!((change.since, change.at), (Some(before), harness.state.now));
    harness.assert_screen(" *✓ COMPLETED");
    harness.keys("g G g G").assert_not_on_screen("*");
}

#[test]
fn vanished_savepoint_reports_its_last_state() {
    let mut harness = one();
    harness.changes();
    harness.after(5).polled(A, Err(not_found()));
    assert_eq!(kinds(&mut harness), [Kind::Vanished { was: "STARTED".into() }]);
    harness.after(5).polled(A, Err(not_found()));
    assert_eq!(kinds(&mut harness), []);
    harness.after(5).polled(A, Ok(answer(A, "FAILED")));
    assert_eq!(kinds(&mut harness), [Kind::Appeared { state: "FAILED".into() }]);
}

#[test]
fn lost_after_two_missed_rounds_not_after_one_failed_poll() {
    let mut harness = one();
    harness.changes();
    harness.after(5).polled(A, Err(unavailable())).after(1);
    assert_eq!(kinds(&mut harness), []);
    harness.after(30);
    assert_eq!(
        kinds(&mut harness),
        [Kind::Lost { cause: "service trouble (ServiceUnavailable)".into() }]
    );
    harness.after(30).polled(A, Err(unavailable()));
    assert_eq!(kinds(&mut harness), []);
    harness.after(1).polled(A, Ok(answer(A, "COMPLETED")));
    let kinds = kinds(&mut harness);
    assert!(matches!(&kinds[..], [Kind::Back { .. }, Kind::State { .. }]), "{kinds:?}");
}

#[test]
fn sleep_loses_no_savepoint() {
    let mut harness = one();
    harness.changes();
    harness.asleep(8 * 3600).send(Message::Poller(Event::Woke)).assert_screen("this machine slept");
    harness.polled(A, Ok(answer(A, "STARTED"))).polled(B, Ok(answer(B, "COMPLETED")));
    harness.after(15);
    assert_eq!(kinds(&mut harness), []);
}

#[test]
fn pause_loses_no_savepoint() {
    let mut harness = one();
    harness.keys("p").send(Message::Poller(Event::Paused));
    harness.changes();
    harness.after(3600).send(Message::Poller(Event::Resumed)).after(5);
    assert_eq!(kinds(&mut harness), []);
    harness.after(60);
    assert_eq!(kinds(&mut harness).len(), 2);
}

/// Takes the changes so far and counts the losses.
fn lost(harness: &mut Harness) -> usize {
    kinds(harness).iter().filter(|kind| matches!(kind, Kind::Lost { .. })).count()
}

#[test]
fn small_clock_corrections_do_not_delay_loss() {
    let mut harness = Harness::watching(120, 40, &["a"]);
    harness.polled("a", Ok(answer("a", "STARTED")));
    let grace_until = harness.state.grace_until;
    for _ in 0..10 {
        harness.after(15);
        let back = harness.state.now - SignedDuration::from_millis(1);
        harness.clock(back);
        harness.polled("a", Err(unavailable()));
    }
    assert_eq!(harness.state.grace_until, grace_until);
    assert_eq!(lost(&mut harness), 1);
}

#[test]
fn loss_after_a_clock_step_back_is_reported_in_time() {
    let mut harness = Harness::watching(120, 40, &["a", "b"]);
    harness.polled("a", Ok(answer("a", "STARTED"))).polled("b", Err(not_found()));
    harness.asleep(-8 * 3600);
    for _ in 0..40 {
        harness.after(5).polled("a", Err(unavailable())).polled("b", Err(unavailable()));
    }
    assert_eq!(lost(&mut harness), 2);
    harness.assert_screen("error 3 min");
}

#[test]
fn answer_late_only_after_load_dropped_still_counts_as_lost() {
    let ids: Vec<String> = (0..300).map(|n| format!("sp-{n}")).collect();
    let known: Vec<&str> = ids.iter().map(String::as_str).collect();
    let mut harness = Harness::watching(40, 10, &known);
    for id in &known {
        harness.polled(id, Ok(answer(id, "STARTED")));
    }
    harness.after(60);
    assert_eq!(lost(&mut harness), 0, "a round takes a minute");
    for id in known.iter().skip(2) {
        harness.unwatch(&target(id));
    }
    harness.after(1);
    assert_eq!(lost(&mut harness), 2);
}
