//! The copy menu: full values, cleaned, and no claim that a copy has arrived.

use savepeek::tui::effect::{Clip, Effect};
use savepeek::tui::message::{Message, Outcome};

use crate::harness::{Harness, answer, failed};

const A: &str = "354dde66-a3ae-463e-967a-0b4107fd0001";

fn copied(harness: &mut Harness, keys: &str) -> Clip {
    harness.keys(keys);
    match harness.effects().pop() {
        Some(Effect::Copy(clip)) => clip,
        other => panic!("{keys} copied nothing: {other:?}"),
    }
}

#[test]
fn the_menu_shows_each_value_beside_its_name() {
    let mut harness = Harness::watching(120, 40, &[A]);
    harness.polled(A, Ok(failed(A, 3))).keys("y");
    insta::assert_snapshot!(harness.screen());
}

#[test]
fn small_copy_menu_scrolls_with_the_mark() {
    let mut harness = Harness::watching(40, 12, &[A]);
    harness.polled(A, Ok(answer(A, "COMPLETED"))).keys("y");
    harness.assert_screen("> i").assert_not_on_screen("s  summary");
    harness
        .keys("j j j j j j j j j")
        .assert_screen("> s  summary")
        .assert_not_on_screen("i  savepoint ID");
    let summary = copied(&mut harness, "Enter");
    assert_eq!(summary.what, "summary");
    harness.keys("y j j j j j j j j k k k k k k k k").assert_screen("> i");
}

#[rstest::rstest]
#[case::id("y i", A)]
#[case::id_by_enter("y Enter", A)]
#[case::location(
    "y l",
    "oss://flink-prod/savepoints/354dde66-a3ae-463e-967a-0b4107fd0001/savepoint-a5808f-026813d96a6a"
)]
#[case::deployment("y d", "1d716b22-6aad-4be2-85c2-50cfc7570002")]
#[case::job("y b", "5af678c0-7db0-4650-94c2-d2604f0a0003")]
#[case::restore(
    "y m",
    r#"{"kind":"FROM_SAVEPOINT","savepointId":"354dde66-a3ae-463e-967a-0b4107fd0001"}"#
)]
#[case::open_source(
    "y r",
    "flink run -s oss://flink-prod/savepoints/354dde66-a3ae-463e-967a-0b4107fd0001/savepoint-a5808f-026813d96a6a"
)]
fn full_value_is_copied_not_the_cell(#[case] keys: &str, #[case] text: &str) {
    let mut harness = Harness::watching(40, 12, &[A]);
    harness.polled(A, Ok(answer(A, "COMPLETED")));
    assert_eq!(copied(&mut harness, keys).text, text);
}

#[test]
fn copied_json_is_the_raw_answer() {
    let mut harness = Harness::watching(80, 24, &[A]);
    harness.polled(A, Ok(answer(A, "COMPLETED")));
    let clip = copied(&mut harness, "y a");
    let value: serde_json::Value = serde_json::from_str(&clip.text).unwrap();
    assert_eq!(value["status"]["state"], "COMPLETED");
}

#[test]
fn failure_is_copied_with_its_stack_trace() {
    let mut harness = Harness::watching(80, 24, &[A]);
    harness.polled(A, Ok(failed(A, 60)));
    let clip = copied(&mut harness, "y f");
    assert!(clip.text.starts_with("Checkpoint expired before completing.\norg.apache.flink"));
    assert_eq!(clip.text.lines().count(), 62);
}

#[test]
fn the_summary_names_state_place_and_location() {
    let mut harness = Harness::watching(80, 24, &[A]);
    harness.polled(A, Ok(answer(A, "COMPLETED")));
    insta::assert_snapshot!(copied(&mut harness, "y s").text);
}

#[test]
fn missing_value_cannot_be_copied() {
    let mut harness = Harness::watching(80, 24, &[A]);
    harness.keys("y l").assert_screen("the service gave no location");
    assert_eq!(harness.effects(), []);
}

#[test]
fn control_characters_never_reach_the_clipboard() {
    let mut harness = Harness::watching(80, 24, &[A]);
    let mut hostile = answer(A, "COMPLETED");
    hostile.savepoint.location =
        Some("oss://b/\x1b]52;c;ZXZpbA==\x07x\u{202e}\u{9b}31m".to_owned());
    harness.polled(A, Ok(hostile));
    let clip = copied(&mut harness, "y l");
    assert!(!clip.text.contains(|c: char| c.is_control() || c == '\u{202e}'), "{clip:?}");
}

/// Pasted into a shell, each further line would be a command of its own.
#[test]
fn single_line_value_is_copied_as_one_line() {
    let evil = "oss://b/x\nreboot\r\n";
    let mut harness = Harness::watching(120, 60, &[A]);
    let mut hostile = failed(A, 0);
    let savepoint = &mut hostile.savepoint;
    for field in [&mut savepoint.location, &mut savepoint.deployment_id, &mut savepoint.job_id] {
        *field = Some(evil.to_owned());
    }
    harness.polled(A, Ok(hostile));
    for keys in ["y l", "y d", "y b", "y r"] {
        let clip = copied(&mut harness, keys);
        assert!(clip.text.contains("oss://b/x\\x0areboot\\x0d\\x0a"), "{clip:?}");
        assert!(!clip.text.contains('\n'), "{clip:?}");
    }
    harness.keys("Enter").assert_screen("oss://b/x\\x0areboot\\x0d\\x0a");
}

#[test]
fn summary_line_cannot_pass_for_another_value() {
    let evil = "x\nstate      COMPLETED";
    let mut harness = Harness::watching(80, 24, &[A]);
    let mut hostile = failed(A, 3);
    let savepoint = &mut hostile.savepoint;
    savepoint.description = Some(evil.to_owned());
    savepoint.location = Some(evil.to_owned());
    savepoint.failure.as_mut().unwrap().message = Some(evil.to_owned());
    harness.polled(A, Ok(hostile));
    let summary = copied(&mut harness, "y s").text;
    let states: Vec<&str> = summary.lines().filter(|line| line.starts_with("state")).collect();
    assert_eq!(states, ["state      FAILED"], "{summary}");
    assert!(summary.contains("failure    x\n           state      COMPLETED\n"), "{summary}");
}

#[test]
fn footer_says_where_the_copy_was_sent() {
    let mut harness = Harness::watching(80, 24, &[A]);
    let sent = |result| Message::Done(Outcome::Copied { what: "savepoint ID".to_owned(), result });
    harness.send(sent(Ok("sent to the terminal (not confirmed)".to_owned())));
    harness.assert_screen("savepoint ID: sent to the terminal (not confirmed)");
    harness
        .send(sent(Err("tmux is gone".to_owned())))
        .assert_screen("savepoint ID not copied: tmux is gone");
}
