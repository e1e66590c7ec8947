//! The memory for answers is bounded, and omissions are shown.

use savepeek::api::Answer;
use savepeek::domain::job::Job;
use savepeek::domain::savepoint::{Failure, Savepoint};
use savepeek::poller::{Event, Poll, Query, Reply};
use savepeek::tui::message::Message;
use savepeek::tui::model::truncate;
use savepeek::tui::update::update;

use crate::harness::{Harness, answer, target};

const A: &str = "354dde66-a3ae-463e-967a-0b4107fd0001";
const B: &str = "354dde66-a3ae-463e-967a-0b4107fd0002";

fn answer_of(id: &str, data: impl Into<Box<str>>, text: &str) -> Answer {
    let whole = answer(id, "FAILED");
    let failure = Failure { reason: Some(text.to_owned()), ..Failure::default() };
    let description = Some(text.to_owned());
    let savepoint = Savepoint { description, failure: Some(failure.into()), ..whole.savepoint };
    Answer { data: data.into(), savepoint, ..whole }
}

/// The bytes of JSON and text kept of all answers.
fn size(harness: &Harness) -> usize {
    let answers = harness.state.feeds.values().filter_map(|feed| feed.answer.as_ref());
    let size = |answer: &Answer| {
        let savepoint = &answer.savepoint;
        let reason = savepoint.failure.as_ref().and_then(|failure| failure.reason.as_ref());
        let texts = savepoint.description.iter().chain(reason).map(String::len);
        answer.data.len() + texts.sum::<usize>()
    };
    answers.map(size).sum()
}

#[test]
fn a_thousand_long_answers_are_truncated_and_the_selected_one_less() {
    let ids: Vec<String> = (0..1_000).map(|n| format!("354dde66-a3ae-463e-967a-{n:012}")).collect();
    let named: Vec<&str> = ids.iter().map(String::as_str).collect();
    let mut harness = Harness::watching(120, 40, &named);
    let text = "x".repeat(64 << 10);
    for id in &ids {
        let result = Ok(answer_of(id, format!("\"{text}\""), &text));
        let (target, received_at) = (target(id), harness.state.now);
        let poll = Box::new(Poll { target, result, received_at, next_at: None });
        // Without `send`, which would draw a thousand frames.
        update(&mut harness.state, Message::Poller(Event::Polled(poll)));
    }
    assert!(size(&harness) < 36 << 20, "{}", size(&harness));
    let share = truncate::share(1_000);
    let selected = harness.state.list.selected.clone().unwrap();
    let kept =
        |harness: &Harness| harness.state.feeds[&selected].answer.as_ref().unwrap().data.len();
    harness.polled(selected.id.as_str(), Ok(answer_of(selected.id.as_str(), "{}", "")));
    harness.polled(
        selected.id.as_str(),
        Ok(answer_of(selected.id.as_str(), format!("\"{text}\""), &text)),
    );
    assert_eq!(kept(&harness), truncate::MAX_ANSWER);
    assert!(share < truncate::MAX_ANSWER / 2, "{share}");
}

#[test]
fn truncation_is_shown_in_place_with_its_bytes() {
    let mut harness = Harness::watching(120, 40, &[A]);
    let data = format!(r#"{{"description": "{}"}}"#, "x".repeat(100_000));
    let missing = data.len() - truncate::MAX_ANSWER;
    harness.polled(A, Ok(answer_of(A, data, &"y".repeat(100_000))));
    assert!(
        harness
            .state
            .feeds
            .values()
            .all(|feed| feed.answer.as_ref().unwrap().omitted_bytes == missing)
    );
    let words = format!("The answer goes on for {missing} bytes that are not kept");
    harness
        .keys("Enter")
        .keys("G")
        .assert_screen(&words)
        .assert_screen("savepeek get --output json");
    harness.keys("/").text("bytes left out").keys("Enter").assert_screen("match 1 of 2");
    harness.keys("J").keys("G").assert_screen(&words);
    harness
        .keys("Esc")
        .keys("y")
        .assert_screen(&format!("savepoint as JSON without its last {missing} bytes"));
}

#[test]
fn job_stack_trace_is_truncated() {
    let mut harness = Harness::watching(120, 40, &[A]);
    harness.polled(A, Ok(answer(A, "COMPLETED")));
    let query =
        harness.metadata_queries().0.into_iter().find(|it| matches!(it, Query::Job(..))).unwrap();
    let failure = Failure { reason: Some("z".repeat(4 << 20)), ..Failure::default() };
    let job =
        Job { state: Some("FAILED".to_owned()), failure: Some(failure.into()), ..Job::default() };
    harness
        .replied(query, Ok(Reply::Job(job)))
        .keys("Enter")
        .keys("/")
        .text("bytes left out")
        .keys("Enter")
        .assert_screen("match 1 of 1");
}

#[test]
fn deep_json_is_laid_out_once_with_bounded_indent() {
    let deep = |brackets: usize| format!("{}1{}", "[".repeat(brackets), "]".repeat(brackets));
    let mut harness = Harness::watching(120, 40, &[A, B]);
    harness.polled(A, Ok(answer_of(A, deep(1_900_000), "")));
    let laid_out =
        |harness: &Harness| harness.state.detail.raw_page.as_deref().map(std::ptr::from_ref);
    assert_eq!(laid_out(&harness), None, "it is not in view");
    harness.keys("Enter").keys("J").assert_screen("raw JSON");
    let before = laid_out(&harness);
    assert!(before.is_some());
    for key in ["j", "j", "k", "G", "g"] {
        harness.keys(key);
        assert_eq!(laid_out(&harness), before, "after {key}");
    }
    assert!(harness.state.geometry.detail_lines < truncate::MAX_ANSWER + 10);
    // It is laid out again for another answer, line wrapping or selection.
    harness
        .after(5)
        .polled(A, Ok(answer_of(A, r#"{"now": "short"}"#, "")))
        .assert_screen("\"now\": \"short\"");
    harness.keys("w").assert_screen("\"now\": \"short\"");
    harness.keys("Esc");
    assert_eq!(laid_out(&harness), None);
}
