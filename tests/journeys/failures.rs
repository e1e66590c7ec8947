//! A failure, read at night: what it means, where the cause is, and what can be saved.

use ratatui::style::Modifier;
use savepeek::tui::effect::Effect;

use crate::stage::{Harness, answer, failed};

const A: &str = "354dde66-a3ae-463e-967a-0b4107fd0001";

/// A failure whose trace has two causes, far apart.
fn traced() -> Harness {
    let mut stage = Harness::watching(120, 30, &[A]);
    let mut answer = failed(A, 40);
    let failure = answer.savepoint.failure.as_mut().unwrap();
    let trace = failure.reason.take().unwrap();
    failure.reason = Some(format!(
        "{trace}\nCaused by: java.io.IOException: could not flush\n{trace}\nCaused by: com.aliyun.oss.OSSException: AccessDenied\n{trace}"
    ));
    stage.polled(A, Ok(answer)).keys("Enter");
    stage
}

#[test]
fn the_likely_cause_stands_at_the_top_and_its_meaning_right_below_apart_from_it() {
    let mut stage = traced();
    stage
        .see("Failure     Checkpoint expired before completing.")
        .see("Root cause? com.aliyun.oss.OSSException: AccessDenied")
        .see("savepeek's reading, not the service's")
        .see("not this tool's")
        .see("bucket, path, role");
    stage.keys("G").see("Frame39.run").miss("savepeek's reading");
}

#[test]
fn causes_are_jumped_between_from_the_last_up() {
    let mut stage = traced();
    let top = |stage: &Harness| stage.screen().lines().nth(3).unwrap().to_owned();
    stage.keys("c");
    assert!(top(&stage).contains("Caused by: com.aliyun.oss"), "{}", stage.screen());
    stage.keys("c");
    assert!(top(&stage).contains("Caused by: java.io.IOException"), "{}", stage.screen());
    stage.keys("c");
    assert!(top(&stage).contains("Caused by: com.aliyun.oss"), "{}", stage.screen());
}

#[test]
fn the_detail_is_searched_and_matches_are_gone_through() {
    let mut stage = traced();
    let top = |stage: &Harness| stage.screen().lines().nth(3).unwrap().to_owned();
    stage.keys("/").text("frame7.").keys("Enter");
    assert!(top(&stage).contains("Frame7.run"), "{}", stage.screen());
    let first = stage.state.reading.scroll;
    stage.keys("n");
    assert!(stage.state.reading.scroll > first);
    assert!(top(&stage).contains("Frame7.run"));
    stage.keys("N");
    assert_eq!(stage.state.reading.scroll, first);
    stage.keys("/ Ctrl-u").text("no such text").keys("Enter n").see("is not in the detail");
}

#[test]
fn each_match_has_a_number_and_a_mark_also_on_the_last_page() {
    let mut stage = traced();
    stage.keys("/").text("frame39.").keys("Enter").see(" match 1 of 3 ");
    stage.keys("n n").see(" match 3 of 3 ").see("│>");
    let marked = |stage: &Harness, words: &str| {
        let (buffer, screen) = (stage.buffer(), stage.screen());
        let y = screen.lines().position(|line| line.contains("│>")).unwrap();
        let y = u16::try_from(y).unwrap();
        let underlined = |x: &u16| buffer[(*x, y)].modifier.contains(Modifier::UNDERLINED);
        assert_eq!((0..120).filter(underlined).count(), words.len(), "{screen}");
        y
    };
    // The last page holds the end of the text: there the mark alone moves.
    let last = marked(&stage, "frame39.");
    stage.keys("/ Ctrl-u").text("java:3").keys("Enter").see(" match 33 of 33 ");
    assert_eq!(marked(&stage, "java:3"), last);
    stage.keys("N").see(" match 32 of 33 ");
    assert_eq!(marked(&stage, "java:3"), last - 1);
    stage.keys("n n").see(" match 1 of 33 ");
    // Whoever goes elsewhere goes on from there.
    stage.keys("G").see(" 33 matches ").keys("N").see(" match ").miss("33 of 33");
    stage.keys("/ Ctrl-u").text("nowhere").see(" no match ");
}

#[test]
fn long_lines_can_stay_whole_and_scroll_sideways() {
    let mut stage = Harness::watching(80, 24, &[A]);
    let mut long = answer(A, "FAILED");
    long.savepoint.failure = failed(A, 0).savepoint.failure;
    long.savepoint.failure.as_mut().unwrap().reason = Some(format!("{}END", "x".repeat(300)));
    stage.polled(A, Ok(long)).keys("Enter G").see("xEND");
    stage.keys("w G").miss("xEND").see("xxx…│").miss("│…");
    stage.keys("l").see("│…xxx").see("xxx…│");
    for _ in 0..12 {
        stage.keys("l");
    }
    stage.see("xEND").keys("w G").see("xEND");
}

#[test]
fn a_savepoint_that_is_usable_although_failed_gives_its_path() {
    let mut stage = Harness::watching(120, 40, &[A]);
    let mut usable = failed(A, 3);
    usable.savepoint.failure.as_mut().unwrap().reason = Some(
        "A savepoint has been created at: oss://b/sp/savepoint-1-2, but the corresponding job 5af6 failed during stopping."
            .to_owned(),
    );
    stage
        .polled(A, Ok(usable))
        .see("✗ FAILED")
        .see("Usable      oss://b/sp/savepoint-1-2")
        .keys("y p");
    assert!(
        matches!(&stage.effects()[..], [Effect::Copy(clip)] if clip.text == "oss://b/sp/savepoint-1-2")
    );
}
