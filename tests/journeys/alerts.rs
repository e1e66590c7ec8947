//! Which changes raise an alert, and that each raises one.

use jiff::SignedDuration;
use rstest::rstest;
use savepeek::config::notifications::{Notify, Transition};
use savepeek::domain::change::Kind;
use savepeek::poller::Event;
use savepeek::tui::effect::Effect;
use savepeek::tui::message::{Message, Outcome};
use savepeek::tui::model::alerts::ChangeReport;
use savepeek::tui::model::alerts::batch::Alert;
use savepeek::tui::view::title;

use crate::harness::{Harness, answer, failed, not_found, target, unavailable};

const A: &str = "354dde66-a3ae-463e-967a-0b4107fd0001";
const B: &str = "4b1f0c57-91d8-4d52-8e0c-6f2b7c1d0002";

/// Two savepoints with a first answer, one of them STARTED.
fn two() -> Harness {
    let mut harness = Harness::watching(120, 40, &[A, B]);
    harness.polled(B, Ok(answer(B, "COMPLETED"))).polled(A, Ok(answer(A, "STARTED")));
    harness
}

/// Takes the alerts so far.
fn alerts(harness: &mut Harness) -> Vec<Alert> {
    let alert = |effect| match effect {
        Effect::Alert(alert) => Some(alert),
        _ => None,
    };
    std::mem::take(&mut harness.effects).into_iter().filter_map(alert).collect()
}

/// Takes the changes that the command was run for so far.
fn change_reports(harness: &mut Harness) -> Vec<ChangeReport> {
    let report = |effect| match effect {
        Effect::OnChange(report) => Some(*report),
        _ => None,
    };
    std::mem::take(&mut harness.effects).into_iter().filter_map(report).collect()
}

fn titles(harness: &mut Harness) -> Vec<String> {
    alerts(harness).into_iter().map(|alert| alert.title).collect()
}

#[test]
fn first_answer_raises_no_alert() {
    let mut harness = Harness::watching(120, 40, &[A, B]);
    harness.polled(A, Ok(failed(A, 3))).polled(B, Err(not_found())).after(5);
    harness.polled(A, Ok(failed(A, 3))).polled(B, Err(not_found())).after(5);
    let is_alert = |effect: &Effect| matches!(effect, Effect::Alert(_) | Effect::OnChange(_));
    assert!(!harness.effects.iter().any(is_alert), "{:?}", harness.effects);
}

#[test]
fn transition_runs_the_command_at_once_and_alerts_shortly_after() {
    let mut harness = two();
    harness.after(5).polled(A, Ok(failed(A, 3)));
    let reports = change_reports(&mut harness);
    let [report] = &reports[..] else { panic!("{reports:?}") };
    assert_eq!(report.change.target, target(A));
    assert_eq!(report.change.kind, Kind::State { from: "STARTED".into(), to: "FAILED".into() });
    assert_eq!(report.description.as_deref(), Some("before upgrade 4.2"));
    assert!(harness.state.next_tick().unwrap() <= harness.state.now + SignedDuration::from_secs(1));
    harness.after(1);
    let [alert] = &alerts(&mut harness)[..] else { panic!("not one alert") };
    assert_eq!(alert.title, format!("{A}: STARTED -> FAILED"));
    assert_eq!(alert.body, "before upgrade 4.2");
    harness.after(300);
    assert_eq!(titles(&mut harness), [] as [String; 0]);
}

#[test]
fn flapping_savepoint_alerts_once_a_minute_with_suppressed_count() {
    let mut harness = two();
    harness.polled(A, Ok(answer(A, "STARTED")));
    for round in 0..12 {
        let word = if round % 2 == 0 { "COMPLETED" } else { "STARTED" };
        harness.after(5).polled(A, Ok(answer(A, word)));
    }
    let suppressed: Vec<u32> =
        change_reports(&mut harness).iter().map(|report| report.suppressed).collect();
    assert_eq!(suppressed, [0]);
    harness.after(5).after(1);
    let [alert] = &alerts(&mut harness)[..] else { panic!("not one alert") };
    assert_eq!(alert.title, format!("{A}: COMPLETED -> STARTED"));
    assert_eq!(alert.body, "before upgrade 4.2, 10 held back before");
}

#[test]
fn outage_of_200_savepoints_raises_one_alert_and_so_does_its_end() {
    let ids: Vec<String> = (0..200).map(|n| format!("sp-{n:03}")).collect();
    let names: Vec<&str> = ids.iter().map(String::as_str).collect();
    let mut harness = Harness::watching(120, 40, &names);
    // Like the poller, five a second.
    let round = |harness: &mut Harness, up: bool| {
        for (n, id) in names.iter().enumerate() {
            harness.polled(id, if up { Ok(answer(id, "STARTED")) } else { Err(unavailable()) });
            if n % 5 == 4 {
                harness.after(1);
            }
        }
    };
    round(&mut harness, true);
    for _ in 0..4 {
        round(&mut harness, false);
    }
    let cause = "service trouble (ServiceUnavailable)";
    assert_eq!(titles(&mut harness), [format!("200 savepoints: polls fail: {cause}")]);
    round(&mut harness, true);
    harness.after(5);
    assert_eq!(titles(&mut harness), ["200 savepoints: polls answer again"]);
}

#[test]
fn unselected_transitions_raise_no_alert() {
    let mut harness = two();
    harness.state.alerts.policy.on = vec![Transition::Vanished];
    harness.polled(A, Ok(answer(A, "COMPLETED"))).polled(B, Err(not_found())).after(5);
    let kinds: Vec<&str> =
        change_reports(&mut harness).iter().map(|report| report.change.kind.word()).collect();
    assert_eq!(kinds, ["vanished"]);
}

#[test]
fn notify_off_raises_no_alert_but_runs_the_command() {
    let mut harness = two();
    harness.state.alerts.policy.notify = Notify::Off;
    harness.polled(A, Ok(answer(A, "COMPLETED"))).after(60);
    assert_eq!(harness.state.alerts.next(), None);
    assert_eq!(change_reports(&mut harness).len(), 1);
}

#[test]
fn changes_before_a_pause_alert_during_it() {
    let mut harness = two();
    harness.polled(A, Ok(failed(A, 3))).send(Message::Poller(Event::Paused));
    assert!(harness.state.next_tick().is_some());
    harness.after(1);
    assert_eq!(titles(&mut harness), [format!("{A}: STARTED -> FAILED")]);
    assert_eq!(harness.state.next_tick(), None);
}

#[test]
fn removed_savepoint_raises_no_alert() {
    let mut harness = two();
    harness.polled(A, Ok(answer(A, "COMPLETED"))).after(5).polled(A, Ok(answer(A, "FAILED")));
    harness.after(5);
    harness.effects.clear();
    let a = target(A);
    harness.unwatch(&a);
    harness.after(60);
    assert_eq!(harness.effects(), []);
}

#[test]
fn only_a_failing_command_is_reported() {
    let mut harness = two();
    harness.send(Message::Done(Outcome::Ran(Ok(())))).assert_not_on_screen("--on-change");
    let why = "page\u{1b}[2J: exit code 3".to_owned();
    harness
        .send(Message::Done(Outcome::Ran(Err(why))))
        .assert_screen("--on-change: page\\x1b[2J: exit code 3");
}

#[test]
fn dropped_alerts_are_reported() {
    let mut harness = two();
    for (after, up) in [(40, false), (1, true), (30, false), (1, true)] {
        harness.after(after);
        if up {
            harness.polled(A, Ok(answer(A, "STARTED"))).polled(B, Ok(answer(B, "COMPLETED")));
        }
    }
    harness.after(50);
    let screen = harness.screen();
    let footer = screen.lines().last().unwrap();
    let (count, words) = footer.trim().split_once(" alert").unwrap();
    let words = words.strip_prefix(if count == "1" { " " } else { "s " }).unwrap();
    assert_eq!(words, "held back: at most one a minute for each savepoint and kind of change");
}

#[rstest]
#[case::nothing_watched(&[], "savepeek")]
#[case::nothing_known(&[("a", None)], "savepeek")]
#[case::counts(
    &[("a", Some("FAILED")), ("b", Some("STARTED")), ("c", Some("STARTED")), ("d", Some("COMPLETED"))],
    "1 failed, 2 started - savepeek"
)]
#[case::all_is_well(&[("a", Some("COMPLETED"))], "1 completed - savepeek")]
#[case::no_text_of_the_service(&[("a", Some("\u{1b}]0;x\u{7}"))], "1 other - savepeek")]
fn the_title_counts(#[case] savepoints: &[(&str, Option<&str>)], #[case] expected: &str) {
    let ids: Vec<&str> = savepoints.iter().map(|(id, _)| *id).collect();
    let mut harness = Harness::watching(120, 40, &ids);
    for (id, state) in savepoints {
        if let Some(state) = state {
            harness.polled(id, Ok(answer(id, state)));
        }
    }
    assert_eq!(title::text(&harness.state), expected);
}

#[test]
fn title_counts_not_live_savepoints_not_every_failed_poll() {
    let mut harness = two();
    let title = |harness: &Harness| title::text(&harness.state);
    assert_eq!(title(&harness), "1 started - savepeek");
    harness.after(5).polled(A, Err(unavailable()));
    assert_eq!(title(&harness), "1 started - savepeek");
    harness.after(5).polled(A, Err(unavailable()));
    assert_eq!(title(&harness), "1 started, 1 not live - savepeek");
    harness.after(5).polled(A, Ok(failed(A, 3)));
    assert_eq!(title(&harness), "1 failed - savepeek");
    harness.send(Message::Poller(Event::Paused));
    assert_eq!(title(&harness), "1 failed, paused - savepeek");
    harness.send(Message::PollerDied("x".into()));
    assert_eq!(title(&harness), "1 failed, NOT LIVE - savepeek");
}
