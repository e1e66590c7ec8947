//! Terminal sizes and text widths.

use savepeek::config::columns::ListColumn;

use crate::harness::{Harness, answer, failed};

const A: &str = "354dde66-a3ae-463e-967a-0b4107fd0001";
const B: &str = "4b1f0c57-91d8-4d52-8e0c-6f2b7c1d0002";

fn harness(width: u16, height: u16) -> Harness {
    let mut harness = Harness::watching(width, height, &[A, B]);
    harness.polled(A, Ok(answer(A, "STARTED"))).polled(B, Ok(failed(B, 10)));
    harness
}

#[rstest::rstest]
#[case(1, 1)]
#[case(2, 2)]
#[case(1, 50)]
#[case(500, 1)]
#[case(20, 5)]
#[case(80, 24)]
#[case(300, 120)]
fn no_size_panics_in_any_mode(#[case] width: u16, #[case] height: u16) {
    let mut harness = harness(width, height);
    for keys in [
        "j", "Enter", "Enter", "J", "J", "?", "Esc", "a", "Tab", "Esc", "y", "Esc", "/", "Esc",
        "Tab", "G", "g", "b", "j", "/", "Esc", "Enter", "a", "q",
    ] {
        harness.keys(keys);
    }
    assert_eq!(harness.state.feeds.len(), 2);
}

#[test]
fn twenty_by_five_shows_the_state() {
    harness(20, 5).assert_screen("✗ FAILED").assert_screen("savepeek");
}

#[test]
fn forty_by_twelve_shows_the_whole_list() {
    insta::assert_snapshot!(harness(40, 12).screen());
}

#[test]
fn chinese_and_emoji_keep_the_columns_aligned() {
    let mut harness = Harness::watching(120, 40, &[A, B]);
    let mut chinese = answer(A, "COMPLETED");
    chinese.savepoint.description = Some("升级前手动快照 🚀 回滚用".to_owned());
    harness.polled(A, Ok(chinese)).polled(B, Ok(answer(B, "STARTED")));
    harness.assert_screen("升级前");
    let borders: Vec<u16> = (3..6)
        .map(|y| (0..120).rposition(|x| harness.buffer()[(x, y)].symbol() == "│"))
        .map(|x| u16::try_from(x.unwrap()).unwrap())
        .collect();
    assert!(borders.iter().all(|&x| x == 119), "{borders:?}");
}

#[test]
fn the_panes_stand_side_by_side_from_140_columns() {
    let beside = |width| harness(width, 40).screen().lines().any(|line| line.contains("┐┌"));
    assert!(!beside(139));
    assert!(beside(140));
}

#[test]
fn list_has_the_configured_columns_in_order() {
    let mut harness = Harness::watching(200, 30, &[A]);
    harness.state.settings.columns =
        vec![ListColumn::Seen, ListColumn::Id, ListColumn::State, ListColumn::Created];
    harness.after(0).assert_not_on_screen("DESCRIPTION").assert_not_on_screen("ORIGIN");
    let screen = harness.screen();
    let heading = screen.lines().find(|line| line.contains("SEEN")).unwrap();
    let words: Vec<&str> = heading.trim_matches('│').split_whitespace().take(4).collect();
    assert_eq!(words, ["SEEN", "ID", "STATE", "CREATED"], "{heading}");
}
