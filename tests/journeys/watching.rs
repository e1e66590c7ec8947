//! The list and the detail while things change.

use savepeek::tui::effect::Effect;

use crate::stage::{Harness, answer, failed, not_found, target, unavailable};

const A: &str = "354dde66-a3ae-463e-967a-0b4107fd0001";
const B: &str = "4b1f0c57-91d8-4d52-8e0c-6f2b7c1d0002";
const C: &str = "c90a77e2-5d1c-4f6b-a1b0-2e9d4c8f0003";
const D: &str = "d02bb9c4-88e1-4a53-9d0f-77aa00cc0004";

fn three(width: u16, height: u16) -> Harness {
    let mut stage = Harness::watching(width, height, &[A, B, C]);
    stage
        .polled(A, Ok(answer(A, "COMPLETED")))
        .polled(B, Ok(failed(B, 60)))
        .polled(C, Ok(answer(C, "STARTED")));
    stage
}

fn selected(stage: &Harness) -> String {
    stage.state.list.selected.as_ref().unwrap().id.to_string()
}

fn ids(stage: &Harness) -> Vec<&str> {
    let feeds = &stage.state.feeds;
    let rows = stage.state.list.rows().iter().filter_map(|row| row.savepoint());
    rows.map(|row| feeds.get_index(row).unwrap().0.id.as_str()).collect()
}

#[test]
fn problems_come_first() {
    let mut stage = Harness::watching(120, 40, &[A, B, C, D]);
    stage
        .polled(A, Ok(answer(A, "COMPLETED")))
        .polled(C, Ok(answer(C, "STARTED")))
        .polled(B, Ok(answer(B, "FAILED")))
        .polled(D, Err(not_found()));
    assert_eq!(ids(&stage), [B, D, C, A]);
}

#[test]
fn the_whole_screen_at_120_columns() {
    insta::assert_snapshot!(three(120, 40).screen());
}

#[test]
fn the_whole_screen_at_80_columns() {
    insta::assert_snapshot!(three(80, 24).screen());
}

#[test]
fn until_the_user_moves_the_top_row_is_selected() {
    let stage = three(120, 40);
    assert_eq!(selected(&stage), B);
}

#[test]
fn the_selection_is_held_by_identity_while_rows_move() {
    let mut stage = three(120, 40);
    stage.keys("G");
    assert_eq!(selected(&stage), A);
    stage.polled(A, Ok(answer(A, "FAILED")));
    assert_eq!(ids(&stage)[2], C);
    assert_eq!(selected(&stage), A);
}

#[test]
fn any_column_sorts_and_reverses() {
    let mut stage = three(120, 40);
    stage.keys("s").see("sorted by state");
    assert_eq!(ids(&stage), [A, B, C]);
    stage.keys("S").see("reversed");
    assert_eq!(ids(&stage), [C, B, A]);
}

#[test]
fn a_filter_shows_matching_rows_and_leaves_the_rest_watched() {
    let mut stage = three(120, 40);
    stage.keys("/").text("compl").keys("Enter").see("1 of 3 savepoints");
    assert_eq!(ids(&stage), [A]);
    stage.keys("Esc");
    assert_eq!(ids(&stage).len(), 3);
    stage.keys("/").text("nothing like it").keys("Enter").see("no row has this text");
    stage.keys("/ Esc").see("no row has this text");
}

#[test]
fn a_change_of_state_moves_no_cursor_off_what_is_filtered() {
    let mut stage = Harness::watching(120, 40, &["run1", "run2", "run3"]);
    for id in ["run1", "run2", "run3"] {
        stage.polled(id, Ok(answer(id, "STARTED")));
    }
    stage.keys("/").text("started").keys("Enter j");
    stage.after(5).polled("run2", Ok(answer("run2", "COMPLETED")));
    assert_eq!(selected(&stage), "run2");
    stage.keys("d");
    assert_eq!(ids(&stage), ["run1", "run3"]);
    // Whoever moves on leaves it to the filter.
    stage.keys("g").polled("run1", Ok(answer("run1", "COMPLETED"))).keys("k");
    stage.after(5).polled("run3", Err(unavailable()));
    assert_eq!(ids(&stage), ["run3"]);
}

#[test]
fn what_is_dropped_is_no_longer_asked_for_and_can_be_taken_back_with_its_data() {
    let mut stage = three(120, 40);
    stage.keys("d").see("no longer watched").miss("1 FAILED");
    assert_eq!(stage.effects(), [Effect::Unwatch(vec![target(B)])]);
    stage.polled(B, Ok(answer(B, "COMPLETED"))).see("2 savepoints");
    stage.keys("u").see("✗ FAILED");
    assert_eq!(stage.effects(), [Effect::Watch(vec![target(B)])]);
    assert_eq!(selected(&stage), B);
    stage.keys("u").see("nothing to take back");
}

#[test]
fn a_failure_is_shown_whole_and_scrolls() {
    let mut stage = three(80, 24);
    stage.keys("Enter").see("Checkpoint expired before completing.");
    stage.keys("G").see("Frame59.run");
    stage.keys("g");
    let mut seen = 0;
    for _ in 0..100 {
        seen += usize::from(stage.screen().contains(&format!("Frame{seen}.run")));
        stage.keys("j");
    }
    assert_eq!(seen, 60);
}

#[test]
fn a_filled_failure_beside_completed_is_not_a_failure() {
    let mut stage = Harness::watching(120, 40, &[A]);
    let mut odd = failed(A, 1);
    odd.savepoint.state = answer(A, "COMPLETED").savepoint.state;
    stage.polled(A, Ok(odd)).see("✓ COMPLETED").see("1 COMPLETED").miss("FAILED");
    stage.see("which").see("means nothing while the state");
}

#[test]
fn an_unknown_state_is_shown_as_it_came() {
    let mut stage = Harness::watching(120, 40, &[A]);
    stage
        .polled(A, Ok(answer(A, "PENDING_DELETION")))
        .see("? PENDING_DELETION")
        .see("1 other")
        .miss("FAILED");
}

#[test]
fn one_that_vanished_keeps_its_last_answer_readable() {
    let mut stage = Harness::watching(200, 50, &[A]);
    stage.polled(A, Ok(answer(A, "COMPLETED"))).after(60).polled(A, Err(not_found()));
    stage
        .see("∅ not found")
        .see("1 not found")
        .see("its last answer, COMPLETED")
        .see("before upgrade 4.2");
}

#[test]
fn raw_json_is_shown_at_a_key() {
    let mut stage = three(120, 40);
    stage.keys("J").see("raw JSON").see("\"state\"").keys("Esc").miss("raw JSON");
}

#[test]
fn times_are_local_with_their_zone_and_utc_at_a_key() {
    let mut stage = three(120, 40);
    stage.see("2026-11-23 10:29:00 +08:00").keys("t").see("2026-11-23 02:29:00 UTC");
}

#[test]
fn refreshing_is_visible_until_the_answer_comes() {
    let mut stage = three(200, 50);
    stage.keys("r").see("asking ...").see("asking now");
    assert_eq!(stage.effects(), [Effect::Refresh(vec![target(B)])]);
    stage.polled(B, Ok(answer(B, "FAILED"))).miss("asking");
    stage.keys("R");
    assert!(matches!(&stage.effects()[..], [Effect::Refresh(all)] if all.len() == 3));
}

#[test]
fn help_and_footer_come_from_the_key_table() {
    let mut stage = three(120, 60);
    stage
        .see("? help")
        .keys("?")
        .see("show only rows that contain a text")
        .keys("G")
        .see("the service knows no such savepoint");
    stage.keys("q").miss("show only rows");
    assert_eq!(stage.effects(), []);
    stage.keys("q");
    assert_eq!(stage.effects(), [Effect::Quit]);
}

#[test]
fn esc_and_a_key_that_tmux_handed_on_as_one_are_two() {
    let mut stage = three(120, 40);
    stage.keys("?").see("show these keys").keys("Alt-p").miss("show these keys").see("pausing");
    assert_eq!(stage.effects(), [Effect::Pause]);
}

#[test]
fn a_paste_comes_where_the_cursor_is() {
    let mut stage = Harness::watching(80, 24, &["sp-1"]);
    stage.keys("/").text("ac").keys("Ctrl-b").paste("b\n").see("/abc");
}
