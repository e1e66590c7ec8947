//! The detail of a failure: its meaning, its cause, and what is still usable.

use ratatui::style::Modifier;
use savepeek::tui::effect::Effect;

use crate::harness::{Harness, answer, failed};

const A: &str = "354dde66-a3ae-463e-967a-0b4107fd0001";

/// A failure whose trace has two causes, far apart.
fn traced() -> Harness {
    let mut harness = Harness::watching(120, 30, &[A]);
    let mut answer = failed(A, 40);
    let failure = answer.savepoint.failure.as_mut().unwrap();
    let trace = failure.reason.take().unwrap();
    failure.reason = Some(format!(
        "{trace}\nCaused by: java.io.IOException: could not flush\n{trace}\nCaused by: com.aliyun.oss.OSSException: AccessDenied\n{trace}"
    ));
    harness.polled(A, Ok(answer)).keys("Enter");
    harness
}

#[test]
fn likely_cause_is_at_the_top_with_its_hint_below() {
    let mut harness = traced();
    harness
        .assert_screen("Failure     Checkpoint expired before completing.")
        .assert_screen("Root cause? com.aliyun.oss.OSSException: AccessDenied")
        .assert_screen("savepeek's reading, not the service's")
        .assert_screen("not this tool's")
        .assert_screen("bucket, path, role");
    harness.keys("G").assert_screen("Frame39.run").assert_not_on_screen("savepeek's reading");
}

#[test]
fn cause_key_jumps_from_the_last_cause_upwards() {
    let mut harness = traced();
    let top = |harness: &Harness| harness.screen().lines().nth(3).unwrap().to_owned();
    harness.keys("c");
    assert!(top(&harness).contains("Caused by: com.aliyun.oss"), "{}", harness.screen());
    harness.keys("c");
    assert!(top(&harness).contains("Caused by: java.io.IOException"), "{}", harness.screen());
    harness.keys("c");
    assert!(top(&harness).contains("Caused by: com.aliyun.oss"), "{}", harness.screen());
}

#[test]
fn search_in_the_detail_steps_through_matches() {
    let mut harness = traced();
    let top = |harness: &Harness| harness.screen().lines().nth(3).unwrap().to_owned();
    harness.keys("/").text("frame7.").keys("Enter");
    assert!(top(&harness).contains("Frame7.run"), "{}", harness.screen());
    let first = harness.state.detail.scroll;
    harness.keys("n");
    assert!(harness.state.detail.scroll > first);
    assert!(top(&harness).contains("Frame7.run"));
    harness.keys("N");
    assert_eq!(harness.state.detail.scroll, first);
    harness
        .keys("/ Ctrl-u")
        .text("no such text")
        .keys("Enter n")
        .assert_screen("is not in the detail");
}

#[test]
fn every_match_is_numbered_and_marked_even_on_the_last_page() {
    let mut harness = traced();
    harness.keys("/").text("frame39.").keys("Enter").assert_screen(" match 1 of 3 ");
    harness.keys("n n").assert_screen(" match 3 of 3 ").assert_screen("│>");
    let marked = |harness: &Harness, words: &str| {
        let (buffer, screen) = (harness.buffer(), harness.screen());
        let y = screen.lines().position(|line| line.contains("│>")).unwrap();
        let y = u16::try_from(y).unwrap();
        let underlined = |x: &u16| buffer[(*x, y)].modifier.contains(Modifier::UNDERLINED);
        assert_eq!((0..120).filter(underlined).count(), words.len(), "{screen}");
        y
    };
    // On the last page the text does not scroll: only the mark moves.
    let last = marked(&harness, "frame39.");
    harness.keys("/ Ctrl-u").text("java:3").keys("Enter").assert_screen(" match 33 of 33 ");
    assert_eq!(marked(&harness, "java:3"), last);
    harness.keys("N").assert_screen(" match 32 of 33 ");
    assert_eq!(marked(&harness, "java:3"), last - 1);
    harness.keys("n n").assert_screen(" match 1 of 33 ");
    // After moving elsewhere, the search continues from there.
    harness
        .keys("G")
        .assert_screen(" 33 matches ")
        .keys("N")
        .assert_screen(" match ")
        .assert_not_on_screen("33 of 33");
    harness.keys("/ Ctrl-u").text("nowhere").assert_screen(" no match ");
}

#[test]
fn unwrapped_lines_scroll_sideways() {
    let mut harness = Harness::watching(80, 24, &[A]);
    let mut long = answer(A, "FAILED");
    long.savepoint.failure = failed(A, 0).savepoint.failure;
    long.savepoint.failure.as_mut().unwrap().reason = Some(format!("{}END", "x".repeat(300)));
    harness.polled(A, Ok(long)).keys("Enter G").assert_screen("xEND");
    harness
        .keys("w G")
        .assert_not_on_screen("xEND")
        .assert_screen("xxx…│")
        .assert_not_on_screen("│…");
    harness.keys("l").assert_screen("│…xxx").assert_screen("xxx…│");
    for _ in 0..12 {
        harness.keys("l");
    }
    harness.assert_screen("xEND").keys("w G").assert_screen("xEND");
}

#[test]
fn usable_failed_savepoint_shows_its_path() {
    let mut harness = Harness::watching(120, 40, &[A]);
    let mut usable = failed(A, 3);
    usable.savepoint.failure.as_mut().unwrap().reason = Some(
        "A savepoint has been created at: oss://b/sp/savepoint-1-2, but the corresponding job 5af6 failed during stopping."
            .to_owned(),
    );
    harness
        .polled(A, Ok(usable))
        .assert_screen("✗ FAILED")
        .assert_screen("Usable      oss://b/sp/savepoint-1-2")
        .keys("y p");
    assert!(
        matches!(&harness.effects()[..], [Effect::Copy(clip)] if clip.text == "oss://b/sp/savepoint-1-2")
    );
}
