//! The list and the detail while things change.

use savepeek::poller::Command;
use savepeek::tui::effect::Effect;

use crate::harness::{Harness, answer, failed, not_found, target, unavailable};

const A: &str = "354dde66-a3ae-463e-967a-0b4107fd0001";
const B: &str = "4b1f0c57-91d8-4d52-8e0c-6f2b7c1d0002";
const C: &str = "c90a77e2-5d1c-4f6b-a1b0-2e9d4c8f0003";
const D: &str = "d02bb9c4-88e1-4a53-9d0f-77aa00cc0004";

fn three(width: u16, height: u16) -> Harness {
    let mut harness = Harness::watching(width, height, &[A, B, C]);
    harness
        .polled(A, Ok(answer(A, "COMPLETED")))
        .polled(B, Ok(failed(B, 60)))
        .polled(C, Ok(answer(C, "STARTED")));
    harness
}

fn selected(harness: &Harness) -> String {
    harness.state.list.selected.as_ref().unwrap().id.to_string()
}

fn ids(harness: &Harness) -> Vec<&str> {
    let feeds = &harness.state.feeds;
    let rows = harness.state.list.rows().iter().filter_map(|row| row.savepoint());
    rows.map(|row| feeds.get_index(row).unwrap().0.id.as_str()).collect()
}

#[test]
fn problems_are_sorted_first() {
    let mut harness = Harness::watching(120, 40, &[A, B, C, D]);
    harness
        .polled(A, Ok(answer(A, "COMPLETED")))
        .polled(C, Ok(answer(C, "STARTED")))
        .polled(B, Ok(answer(B, "FAILED")))
        .polled(D, Err(not_found()));
    assert_eq!(ids(&harness), [B, D, C, A]);
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
fn top_row_is_selected_until_the_user_moves() {
    let harness = three(120, 40);
    assert_eq!(selected(&harness), B);
}

#[test]
fn selection_follows_its_savepoint_while_rows_move() {
    let mut harness = three(120, 40);
    harness.keys("G");
    assert_eq!(selected(&harness), A);
    harness.polled(A, Ok(answer(A, "FAILED")));
    assert_eq!(ids(&harness)[2], C);
    assert_eq!(selected(&harness), A);
}

#[test]
fn any_column_sorts_and_reverses() {
    let mut harness = three(120, 40);
    harness.keys("s").assert_screen("sorted by state");
    assert_eq!(ids(&harness), [A, B, C]);
    harness.keys("S").assert_screen("reversed");
    assert_eq!(ids(&harness), [C, B, A]);
}

#[test]
fn a_filter_shows_matching_rows_and_leaves_the_rest_watched() {
    let mut harness = three(120, 40);
    harness.keys("/").text("compl").keys("Enter").assert_screen("1 of 3 savepoints");
    assert_eq!(ids(&harness), [A]);
    harness.keys("Esc");
    assert_eq!(ids(&harness).len(), 3);
    harness.keys("/").text("nothing like it").keys("Enter").assert_screen("no row has this text");
    harness.keys("/ Esc").assert_screen("no row has this text");
}

#[test]
fn state_change_keeps_the_cursor_on_a_filtered_row() {
    let mut harness = Harness::watching(120, 40, &["run1", "run2", "run3"]);
    for id in ["run1", "run2", "run3"] {
        harness.polled(id, Ok(answer(id, "STARTED")));
    }
    harness.keys("/").text("started").keys("Enter j");
    harness.after(5).polled("run2", Ok(answer("run2", "COMPLETED")));
    assert_eq!(selected(&harness), "run2");
    harness.keys("d");
    assert_eq!(ids(&harness), ["run1", "run3"]);
    // After the cursor moves on, the filter hides the row.
    harness.keys("g").polled("run1", Ok(answer("run1", "COMPLETED"))).keys("k");
    harness.after(5).polled("run3", Err(unavailable()));
    assert_eq!(ids(&harness), ["run3"]);
}

#[test]
fn removed_savepoint_is_unsubscribed_and_undo_restores_its_data() {
    let mut harness = three(120, 40);
    harness.keys("d").assert_screen("no longer watched").assert_not_on_screen("1 FAILED");
    assert_eq!(harness.effects(), [Effect::Poller(Command::unwatch(vec![target(B)]))]);
    harness.polled(B, Ok(answer(B, "COMPLETED"))).assert_screen("2 savepoints");
    harness.keys("u").assert_screen("✗ FAILED");
    assert_eq!(harness.effects(), [Effect::Poller(Command::watch(vec![target(B)]))]);
    assert_eq!(selected(&harness), B);
    harness.keys("u").assert_screen("nothing to take back");
}

#[test]
fn failure_is_shown_completely_and_scrolls() {
    let mut harness = three(80, 24);
    harness.keys("Enter").assert_screen("Checkpoint expired before completing.");
    harness.keys("G").assert_screen("Frame59.run");
    harness.keys("g");
    let mut seen = 0;
    for _ in 0..100 {
        seen += usize::from(harness.screen().contains(&format!("Frame{seen}.run")));
        harness.keys("j");
    }
    assert_eq!(seen, 60);
}

#[test]
fn failure_field_of_a_completed_savepoint_is_ignored() {
    let mut harness = Harness::watching(120, 40, &[A]);
    let mut odd = failed(A, 1);
    odd.savepoint.state = answer(A, "COMPLETED").savepoint.state;
    harness
        .polled(A, Ok(odd))
        .assert_screen("✓ COMPLETED")
        .assert_screen("1 COMPLETED")
        .assert_not_on_screen("FAILED");
    harness.assert_screen("which").assert_screen("means nothing while the state");
}

#[test]
fn unknown_state_is_shown_verbatim() {
    let mut harness = Harness::watching(120, 40, &[A]);
    harness
        .polled(A, Ok(answer(A, "PENDING_DELETION")))
        .assert_screen("? PENDING_DELETION")
        .assert_screen("1 other")
        .assert_not_on_screen("FAILED");
}

#[test]
fn missing_savepoint_keeps_its_last_answer() {
    let mut harness = Harness::watching(200, 50, &[A]);
    harness.polled(A, Ok(answer(A, "COMPLETED"))).after(60).polled(A, Err(not_found()));
    harness
        .assert_screen("∅ not found")
        .assert_screen("1 not found")
        .assert_screen("its last answer, COMPLETED")
        .assert_screen("before upgrade 4.2");
}

#[test]
fn raw_json_is_toggled_by_key() {
    let mut harness = three(120, 40);
    harness
        .keys("J")
        .assert_screen("raw JSON")
        .assert_screen("\"state\"")
        .keys("Esc")
        .assert_not_on_screen("raw JSON");
}

#[test]
fn times_are_local_and_utc_by_key() {
    let mut harness = three(120, 40);
    harness
        .assert_screen("2026-11-23 10:29:00 +08:00")
        .keys("t")
        .assert_screen("2026-11-23 02:29:00 UTC");
}

#[test]
fn refreshing_is_shown_until_the_answer() {
    let mut harness = three(200, 50);
    harness.keys("r").assert_screen("asking ...").assert_screen("asking now");
    assert_eq!(harness.effects(), [Effect::Poller(Command::fetch(vec![target(B)]))]);
    harness.polled(B, Ok(answer(B, "FAILED"))).assert_not_on_screen("asking");
    harness.keys("R");
    assert!(
        matches!(&harness.effects()[..], [Effect::Poller(Command::Fetch(all))] if all.len() == 3)
    );
}

#[test]
fn help_and_footer_come_from_the_key_table() {
    let mut harness = three(120, 60);
    harness
        .assert_screen("? help")
        .keys("?")
        .assert_screen("show only rows that contain a text")
        .keys("G")
        .assert_screen("the service knows no such savepoint");
    harness.keys("q").assert_not_on_screen("show only rows");
    assert_eq!(harness.effects(), []);
    harness.keys("q");
    assert_eq!(harness.effects(), [Effect::Quit]);
}

#[test]
fn alt_key_from_tmux_is_esc_plus_key() {
    let mut harness = three(120, 40);
    harness
        .keys("?")
        .assert_screen("show these keys")
        .keys("Alt-p")
        .assert_not_on_screen("show these keys")
        .assert_screen("pausing");
    assert_eq!(harness.effects(), [Effect::Poller(Command::Pause)]);
}

#[test]
fn paste_is_inserted_at_the_cursor() {
    let mut harness = Harness::watching(80, 24, &["sp-1"]);
    harness.keys("/").text("ac").keys("Ctrl-b").paste("b\n").assert_screen("/abc");
}
