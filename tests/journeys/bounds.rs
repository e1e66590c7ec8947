//! What is kept of answers is bounded, and says what is missing.

use savepeek::api::Answer;
use savepeek::domain::job::Job;
use savepeek::domain::savepoint::{Failure, Savepoint};
use savepeek::poller::{Event, Poll, Query, Replied, Reply};
use savepeek::tui::message::Message;
use savepeek::tui::model::kept;
use savepeek::tui::update::update;

use crate::stage::{Harness, answer, target};

const A: &str = "354dde66-a3ae-463e-967a-0b4107fd0001";
const B: &str = "354dde66-a3ae-463e-967a-0b4107fd0002";

fn answer_of(id: &str, data: impl Into<Box<str>>, text: &str) -> Answer {
    let whole = answer(id, "FAILED");
    let failure = Failure { reason: Some(text.to_owned()), ..Failure::default() };
    let description = Some(text.to_owned());
    let savepoint = Savepoint { description, failure: Some(failure), ..whole.savepoint };
    Answer { data: data.into(), savepoint, ..whole }
}

/// How many bytes of JSON and of texts are kept of all answers.
fn size(stage: &Harness) -> usize {
    let answers = stage.state.feeds.values().filter_map(|feed| feed.answer.as_ref());
    let size = |answer: &Answer| {
        let savepoint = &answer.savepoint;
        let reason = savepoint.failure.as_ref().and_then(|failure| failure.reason.as_ref());
        let texts = savepoint.description.iter().chain(reason).map(String::len);
        answer.data.len() + texts.sum::<usize>()
    };
    answers.map(size).sum()
}

#[test]
fn a_thousand_long_answers_take_little_and_a_selected_one_more() {
    let ids: Vec<String> = (0..1_000).map(|n| format!("354dde66-a3ae-463e-967a-{n:012}")).collect();
    let named: Vec<&str> = ids.iter().map(String::as_str).collect();
    let mut stage = Harness::watching(120, 40, &named);
    let text = "x".repeat(64 << 10);
    for id in &ids {
        let result = Ok(answer_of(id, format!("\"{text}\""), &text));
        let (target, received_at) = (target(id), stage.state.now);
        let poll = Box::new(Poll { target, result, received_at, next_at: None });
        // Not drawn a thousand times.
        update(&mut stage.state, Message::Poller(Event::Polled(poll)));
    }
    assert!(size(&stage) < 36 << 20, "{}", size(&stage));
    let share = kept::share(1_000);
    let selected = stage.state.list.selected.clone().unwrap();
    let kept = |stage: &Harness| stage.state.feeds[&selected].answer.as_ref().unwrap().data.len();
    stage.polled(selected.id.as_str(), Ok(answer_of(selected.id.as_str(), "{}", "")));
    stage.polled(
        selected.id.as_str(),
        Ok(answer_of(selected.id.as_str(), format!("\"{text}\""), &text)),
    );
    assert_eq!(kept(&stage), kept::MOST);
    assert!(share < kept::MOST / 2, "{share}");
}

#[test]
fn what_is_left_out_is_said_with_its_bytes_and_where_it_is() {
    let mut stage = Harness::watching(120, 40, &[A]);
    let data = format!(r#"{{"description": "{}"}}"#, "x".repeat(100_000));
    let missing = data.len() - kept::MOST;
    stage.polled(A, Ok(answer_of(A, data, &"y".repeat(100_000))));
    assert!(
        stage
            .state
            .feeds
            .values()
            .all(|feed| feed.answer.as_ref().unwrap().omitted_bytes == missing)
    );
    let words = format!("The answer goes on for {missing} bytes that are not kept");
    stage.keys("Enter").keys("G").see(&words).see("savepeek get --output json");
    stage.keys("/").text("bytes left out").keys("Enter").see("match 1 of 2");
    stage.keys("J").keys("G").see(&words);
    stage.keys("Esc").keys("y").see(&format!("savepoint as JSON without its last {missing} bytes"));
}

#[test]
fn a_job_s_stack_trace_is_bounded_too() {
    let mut stage = Harness::watching(120, 40, &[A]);
    stage.polled(A, Ok(answer(A, "COMPLETED")));
    let query = stage.asked().0.into_iter().find(|it| matches!(it, Query::Job(..))).unwrap();
    let failure = Failure { reason: Some("z".repeat(4 << 20)), ..Failure::default() };
    let job = Job { state: Some("FAILED".to_owned()), failure: Some(failure), ..Job::default() };
    let (result, received_at) = (Ok(Reply::Job(job)), stage.state.now);
    let replied = Replied { query, result, received_at, next_at: None };
    stage.send(Message::Poller(Event::Replied(Box::new(replied))));
    stage.keys("Enter").keys("/").text("bytes left out").keys("Enter").see("match 1 of 1");
}

#[test]
fn a_deep_answer_is_laid_out_once_and_not_indented_without_end() {
    let deep = |brackets: usize| format!("{}1{}", "[".repeat(brackets), "]".repeat(brackets));
    let mut stage = Harness::watching(120, 40, &[A, B]);
    stage.polled(A, Ok(answer_of(A, deep(1_900_000), "")));
    let laid_out = |stage: &Harness| stage.state.raw_page.as_deref().map(std::ptr::from_ref);
    assert_eq!(laid_out(&stage), None, "nobody looks at it");
    stage.keys("Enter").keys("J").see("raw JSON");
    let before = laid_out(&stage);
    assert!(before.is_some());
    for key in ["j", "j", "k", "G", "g"] {
        stage.keys(key);
        assert_eq!(laid_out(&stage), before, "after {key}");
    }
    assert!(stage.state.geometry.detail_lines < kept::MOST + 10);
    // What it depends on is another: the answer, how lines are broken, what is selected.
    stage.after(5).polled(A, Ok(answer_of(A, r#"{"now": "short"}"#, ""))).see("\"now\": \"short\"");
    stage.keys("w").see("\"now\": \"short\"");
    stage.keys("Esc");
    assert_eq!(laid_out(&stage), None);
}
