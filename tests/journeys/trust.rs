//! Freshness: what the screen says about the age of its data.

mod polling;

use std::time::Duration;

use ratatui::style::Modifier;
use savepeek::api::{Answer, Cause, Error, Unreachable};
use savepeek::domain::change::Kind;
use savepeek::domain::deployment::DeploymentTarget;
use savepeek::domain::endpoint::Endpoint;
use savepeek::domain::savepoint::{Namespace, Place, Profile, Target};
use savepeek::poller::{Command, Event};
use savepeek::tui::effect::Effect;
use savepeek::tui::message::Message;
use savepeek::tui::model::feed::Freshness;
use savepeek::tui::update::Redraw;

use crate::harness::{Harness, answer, not_found, target, unavailable};

const A: &str = "354dde66-a3ae-463e-967a-0b4107fd0001";
const B: &str = "4b1f0c57-91d8-4d52-8e0c-6f2b7c1d0002";

fn one() -> Harness {
    let mut harness = Harness::watching(200, 50, &[A]);
    harness.polled(A, Ok(answer(A, "STARTED")));
    harness
}

#[test]
fn a_fresh_answer_is_live() {
    one().assert_screen("● live, asked every 5 s").assert_screen("just now");
}

#[test]
fn failed_poll_changes_freshness_but_never_data() {
    let mut harness = one();
    harness.after(5).polled(A, Err(unavailable()));
    harness.assert_screen("▸ STARTED").assert_not_on_screen("FAILED").assert_not_on_screen("live");
    harness.assert_screen("error <1 min").assert_screen(
        "retrying in 5 s: failing since 11:00:05: service trouble (ServiceUnavailable)",
    );
    harness.assert_screen("The savepoint itself may be well");
    harness
        .after(3)
        .assert_screen("retrying in 5 s")
        .after(5)
        .assert_screen("retrying in a moment");
    harness
        .polled(A, Ok(answer(A, "COMPLETED")))
        .assert_screen("● live")
        .assert_not_on_screen("retrying");
}

#[test]
fn silence_turns_live_into_stale_in_text_and_style() {
    let mut harness = one();
    harness.after(19).assert_screen("● live");
    harness
        .after(70)
        .assert_screen("stale, oldest answer of 11:00:00")
        .assert_screen("stale 1 min")
        .assert_not_on_screen("live");
    let row = harness.screen().lines().position(|line| line.contains("▸ STARTED")).unwrap();
    let cell = &harness.buffer()[(5, u16::try_from(row).unwrap())];
    assert!(cell.modifier.contains(Modifier::DIM), "{cell:?}");
}

#[test]
fn round_duration_is_that_of_the_busiest_endpoint() {
    let ids: Vec<String> = (0..100).map(|n| format!("sp-{n}")).collect();
    let places = ["a", "b", "b"].map(|profile| Profile::new(profile).ok());
    let mut harness = Harness::new(80, 24);
    for (profile, namespace) in places.into_iter().zip(["n", "n", "other"]) {
        let targets = ids.iter().map(|id| {
            let Target { place, id } = target(id);
            let namespace = Namespace::new(namespace).unwrap();
            Target { place: Place { namespace, profile: profile.clone(), ..place }, id }
        });
        harness.watch(targets.collect());
    }
    // Three hundred, five a second: a and b may have the same keys. A list is no part of the round.
    let followed = crate::harness::deployment();
    let place = Place { profile: Profile::new("b").ok(), ..followed.place };
    harness.state.histories.follow(DeploymentTarget { place, ..followed }, harness.state.now);
    harness.state.derive();
    assert_eq!(harness.state.timing().round, Duration::from_secs(60));
}

#[test]
fn load_of_one_endpoint_does_not_extend_freshness_of_another() {
    let many = |change: &dyn Fn(Place) -> Place| {
        let mut harness = one();
        let targets = (0..1000).map(|n| {
            let Target { place, id } = target(&format!("sp-{n}"));
            Target { place: change(place), id }
        });
        harness.watch(targets.collect());
        harness
    };
    let stale = |harness: &Harness| {
        let known = &harness.state;
        known.freshness(&target(A), &known.feeds[&target(A)]) == Freshness::Stale
    };
    let endpoint = Endpoint::of_region("cn-beijing").unwrap();
    let mut elsewhere = many(&|place| Place { endpoint: endpoint.clone(), ..place });
    assert!(!stale(elsewhere.after(19)));
    assert!(stale(elsewhere.after(2)));
    // The other profile may have the same keys: then a round takes 200 s.
    let mut shared = many(&|place| Place { profile: Profile::new("other").ok(), ..place });
    assert!(!stale(shared.after(400)));
    assert!(stale(shared.after(11)));
}

/// Ten times as many savepoints as concurrent requests.
fn forty() -> (Harness, Vec<String>) {
    let ids: Vec<String> = (0..40).map(|n| format!("sp-{n}")).collect();
    let known: Vec<&str> = ids.iter().map(String::as_str).collect();
    (Harness::watching(80, 24, &known), ids)
}

#[test]
fn slow_answers_are_late_not_lost() {
    let (mut harness, ids) = forty();
    for id in ids.iter().cycle().take(200) {
        // Four at a time, each for four seconds: one a second, each every forty seconds.
        let slow = Answer { round_trip: Duration::from_secs(4), ..answer(id, "STARTED") };
        harness.after(1).polled(id, Ok(slow));
    }
    let lost = |harness: &mut Harness| {
        harness.changes().iter().filter(|it| matches!(it.kind, Kind::Lost { .. })).count()
    };
    assert_eq!(lost(&mut harness), 0);
    harness.assert_screen("live, asked every 40 s");
    harness.after(80).after(80);
    assert_ne!(lost(&mut harness), 0);
}

#[test]
fn timeout_occupies_its_slot() {
    let (mut harness, ids) = forty();
    let cause = Cause::Unreachable(Unreachable::Timeout);
    for id in &ids {
        harness.polled(id, Err(Error::local(cause.clone(), "no answer")));
    }
    assert_eq!(harness.state.timing().round, Duration::from_secs(100));
    for id in &ids {
        harness.polled(id, Ok(answer(id, "STARTED")));
    }
    assert_eq!(harness.state.timing().round, Duration::from_secs(8));
}

#[test]
fn a_clock_set_back_never_makes_an_age_negative() {
    let mut harness = one();
    harness
        .asleep(-7200)
        .assert_screen("just now")
        .assert_screen("ahead of this clock")
        .assert_not_on_screen("(-")
        .assert_not_on_screen("-2 h");
}

#[test]
fn error_that_needs_manual_action_says_what_to_do() {
    let mut harness = one();
    let cause = Cause::NoPermission { action: "stream:GetSavepoint".to_owned(), detail: None };
    let error = Error { code: Some("NoPermission".to_owned()), ..Error::local(cause, "denied") };
    harness.polled(A, Err(error));
    harness.state.feeds.get_index_mut(0).unwrap().1.next_at = None;
    harness.state.derive();
    harness
        .after(1)
        .assert_screen("waiting for you")
        .assert_screen("stream:GetSavepoint")
        .assert_screen("▸ STARTED");
}

/// `all` savepoints whose polls fail: the first `waiting` of them need manual action, the others are
/// retried.
fn failing_for_two_causes(
    width: u16,
    all: usize,
    waiting: usize,
    error: &Error,
    retried: &Error,
) -> Harness {
    let ids: Vec<String> = (0..all).map(|n| format!("sp-{n:04}")).collect();
    let mut harness =
        Harness::watching(width, 24, &ids.iter().map(String::as_str).collect::<Vec<_>>());
    for (at, id) in ids.iter().enumerate() {
        harness.polled(id, Err(if at < waiting { error } else { retried }.clone()));
        if at < waiting {
            harness.state.feeds.get_index_mut(at).unwrap().1.next_at = None;
        }
        // The first has failed for longer than the others.
        harness.after(i64::from(at == 0) * 60);
    }
    harness.state.derive();
    harness
}

#[test]
fn causes_are_counted_separately_and_manual_action_is_shown_first() {
    let action = "stream:GetSavepoint".to_owned();
    let denied = Error::local(Cause::NoPermission { action, detail: None }, "denied");
    let mut harness = failing_for_two_causes(80, 14, 1, &denied, &unavailable());
    harness.after(1).assert_screen(
        "▲ waiting for you: 1 of 14 (13 others too): no permission stream:GetSavepoint",
    );
    // Among retried polls the most frequent cause is shown, not the oldest.
    let lost = Error::local(Cause::Unreachable(Unreachable::Connect), "no");
    let mut harness = failing_for_two_causes(120, 10, 0, &denied, &lost);
    harness.polled("sp-0000", Err(unavailable()));
    harness.assert_screen("retrying in 5 s: 9 of 10 (1 other too): no connection, since 11:01:00");
    harness.polled("sp-0001", Ok(answer("sp-0001", "STARTED")));
    harness.assert_screen("8 of 10 (1 other too): no connection");
    harness
        .polled("sp-0000", Err(lost))
        .assert_screen("9 of 10 failing since 11:00:00: no connection");
}

#[test]
fn equal_causes_with_different_details_are_one() {
    let denied = |detail: &str| {
        let detail = Some(detail.to_owned());
        let action = "stream:GetSavepoint".to_owned();
        Error::local(Cause::NoPermission { action, detail }, "denied")
    };
    let mut harness = failing_for_two_causes(80, 4, 2, &denied("policy a"), &denied("policy b"));
    harness
        .after(1)
        .assert_screen("4 of 4 failing since 11:00:00: no permission")
        .assert_not_on_screen("too)");
}

#[test]
fn no_claim_before_the_first_answer() {
    let mut harness = Harness::watching(120, 40, &[A, B]);
    harness.assert_screen("asking for the first time").assert_screen("2 unanswered");
    harness
        .polled(A, Err(unavailable()))
        .assert_screen("! no answer")
        .assert_screen("1 of 2 failing");
    harness.assert_screen("! 1 no answer  - 1 unanswered");
    harness.polled(A, Ok(answer(A, "STARTED")));
    harness
        .assert_screen("asking for the first time: 1 of 2 answered")
        .assert_not_on_screen("● live");
}

#[test]
fn confirmations_delay_the_redraw_and_changes_do_not() {
    let mut harness = one();
    harness.after(5).polled(A, Ok(answer(A, "STARTED")));
    assert_eq!(harness.redraw, Redraw::Later);
    harness.polled(A, Ok(answer(A, "COMPLETED")));
    assert_eq!(harness.redraw, Redraw::Now);
    harness.polled(A, Err(not_found()));
    assert_eq!(harness.redraw, Redraw::Now);
}

#[test]
fn a_confirmation_that_changes_nothing_visible_needs_no_frame() {
    let started = |id| Ok(answer(id, "STARTED"));
    let mut harness = Harness::watching(80, 24, &[A, B]);
    harness.polled(A, started(A)).polled(B, started(B)).after(5);
    let before = harness.screen();
    for id in [A, B] {
        harness.polled(id, started(id));
        assert_eq!(harness.redraw, Redraw::Never, "{id}");
    }
    assert_eq!(harness.screen(), before);
    // When it was seen stands at the end of the detail.
    harness.keys("Enter G").assert_screen("Next asked").after(5);
    let ids = [A, B].map(|id| (id, harness.polled(id, started(id)).redraw));
    let selected = harness.state.selected().unwrap().0.id.as_str();
    for (id, redraw) in ids {
        let expected = if id == selected { Redraw::Later } else { Redraw::Never };
        assert_eq!(redraw, expected, "{id}");
    }
    // The raw JSON has fields that the savepoint does not show.
    let selected = if selected == A { A } else { B };
    harness.keys("J").after(5).polled(selected, started(selected));
    assert_eq!(harness.redraw, Redraw::Later);
}

#[test]
fn a_confirmation_that_changes_the_age_in_its_row_is_drawn() {
    let mut harness = Harness::watching(80, 24, &[A, B]);
    harness.polled(A, Ok(answer(A, "STARTED"))).polled(B, Ok(answer(B, "COMPLETED")));
    for _ in 0..13 {
        harness.after(5).polled(A, Ok(answer(A, "STARTED")));
        assert_eq!(harness.redraw, Redraw::Never);
    }
    harness.assert_screen("1 min").polled(B, Ok(answer(B, "COMPLETED")));
    assert_eq!(harness.redraw, Redraw::Later);
}

#[test]
fn ticks_are_slow_while_live_and_every_five_seconds_in_an_outage() {
    let mut harness = one();
    let now = harness.state.now;
    let next = harness.state.next_tick().unwrap();
    assert!(next.duration_since(now) > jiff::SignedDuration::from_secs(5));
    let before = harness.screen();
    harness.after(1).after(1).after(1);
    assert_eq!(harness.screen(), before);
    harness.polled(A, Err(unavailable()));
    let next = harness.state.next_tick().unwrap();
    assert!(next.duration_since(harness.state.now) <= jiff::SignedDuration::from_secs(5));
}

#[test]
fn outage_start_and_end_draw_at_once_otherwise_every_five_seconds() {
    let ids: Vec<String> = (0..50).map(|n| format!("sp-{n:04}")).collect();
    let known: Vec<&str> = ids.iter().map(String::as_str).collect();
    let mut harness = Harness::watching(120, 40, &known);
    for id in &ids {
        harness.polled(id, Ok(answer(id, "STARTED")));
    }
    let (mut drawn, mut ticks) = (0, 0);
    for round in 0..12 {
        for (n, id) in ids.iter().enumerate() {
            if n % 10 == 0 {
                ticks += usize::from(
                    harness.state.next_tick().unwrap()
                        <= harness.state.now + jiff::SignedDuration::from_secs(1),
                );
                harness.after(1);
            }
            harness.polled(id, Err(unavailable()));
            drawn += usize::from(harness.redraw == Redraw::Now);
            assert!(drawn == 1, "only the first of all: {round} {id}");
        }
    }
    assert!(ticks <= 13, "{ticks}");
    harness.assert_screen("50 of 50 failing since");
    harness.polled(&ids[7], Ok(answer(&ids[7], "STARTED")));
    assert_eq!(harness.redraw, Redraw::Now, "the end of it");
}

#[test]
fn clock_correction_is_shown() {
    let mut harness = one();
    let mut corrected = answer(A, "STARTED");
    corrected.clock_correction = Some(jiff::SignedDuration::from_secs(-1020));
    corrected.round_trip = Duration::from_millis(1500);
    harness.polled(A, Ok(corrected)).assert_screen("17 min 00 s fast").assert_screen("1.5 s");
}
