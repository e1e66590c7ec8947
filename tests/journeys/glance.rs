//! What is visible without a key: the frame of the list, the header, the footer; and the help.

use savepeek::config::appearance::Theme;
use savepeek::domain::savepoint::{Namespace, Place, Target};
use savepeek::poller::Event;
use savepeek::tui::message::Message;

use crate::harness::{Harness, answer, failed, target, unavailable};

const A: &str = "354dde66-a3ae-463e-967a-0b4107fd0001";
const B: &str = "4b1f0c57-91d8-4d52-8e0c-6f2b7c1d0002";

/// One FAILED and one STARTED savepoint.
fn two(width: u16, height: u16) -> Harness {
    let mut harness = Harness::watching(width, height, &[A, B]);
    harness.polled(A, Ok(answer(A, "STARTED"))).polled(B, Ok(failed(B, 60)));
    harness
}

fn footer(harness: &Harness) -> String {
    harness.screen().lines().last().unwrap().to_owned()
}

#[test]
fn a_short_list_has_its_frame_and_headings_at_80_columns() {
    for ids in [&[][..], &[A], &[A, B]] {
        insta::assert_snapshot!(Harness::watching(80, 24, ids).screen());
    }
}

#[test]
fn namespace_and_failed_are_readable_at_80_columns() {
    let elsewhere = |id: &str| {
        let Target { place, id } = target(id);
        let namespace = Namespace::new("payments-staging").unwrap();
        Target { place: Place { namespace, ..place }, id }
    };
    let mut harness = Harness::new(80, 24);
    harness.watch((0..12).map(|n| elsewhere(&format!("sp-{n}"))).collect());
    for (feed, word) in harness.state.feeds.values_mut().zip(["FAILED", "STARTED", "COMPLETED"]) {
        feed.answer = Some(answer("any", word));
    }
    harness.state.derive();
    harness.after(0).assert_screen("a14b…0001 / payments-staging").assert_screen("✗ 1 FAILED");
}

#[test]
fn one_line_header_has_freshness_counts_and_place() {
    let harness = two(200, 8);
    let header = harness.screen().lines().next().unwrap().to_owned();
    for words in ["live, asked every 5 s", "✗ 1", "▸ 1", "namespace prod-default"] {
        assert!(header.contains(words), "{header}");
    }
    two(60, 8).assert_screen("● live, asked every 5 s").assert_screen("✗ 1  ▸ 1");
    two(40, 8).assert_screen("● live, asked every 5 s");
}

#[test]
fn the_smallest_screen_shows_the_worst_sign() {
    assert_eq!(two(1, 1).screen(), "✗");
    assert_eq!(two(12, 1).screen(), "✗ 1  ▸ 1");
}

#[test]
fn footer_shows_keys_of_the_focused_pane() {
    let mut harness = two(80, 24);
    let list = " ? help  Enter detail  / filter  e events  y copy  r refresh  a add  b browse";
    assert_eq!(footer(&harness), list);
    harness.keys("Enter");
    let detail = " ? help  / search  w wrap  J JSON  e events  y copy  r refresh  Esc back";
    assert_eq!(footer(&harness), detail);
    harness.keys("/").text("frame5").keys("Enter").assert_screen("n next  N before");
    harness.keys("Esc /").text("any").keys("Enter");
    assert!(footer(&harness).ends_with("Esc back"), "Esc clears the filter: {}", footer(&harness));
    let empty = Harness::watching(80, 24, &[]);
    assert!(!footer(&empty).contains("copy"), "{}", footer(&empty));
}

#[test]
fn footer_offers_the_cause_key_if_a_cause_is_named() {
    let mut harness = two(80, 24);
    harness.keys("Enter").assert_not_on_screen("c cause");
    let mut caused = failed(B, 60);
    let failure = caused.savepoint.failure.as_mut().unwrap();
    failure.reason = failure.reason.take().map(|trace| format!("{trace}\nCaused by: it"));
    harness.polled(B, Ok(caused)).assert_screen("c cause");
}

#[test]
fn footer_shows_how_to_end_typing() {
    let mut harness = two(80, 24);
    for keys in ["/", "Esc Tab /", "Esc m", "Esc e /", "Esc Esc b /"] {
        harness.keys(keys).assert_screen("Enter keep  Esc cancel");
    }
    harness.text(&"x".repeat(70)).assert_not_on_screen("Enter keep");
}

#[test]
fn help_fills_a_narrow_screen_and_shows_how_to_scroll() {
    let mut harness = two(80, 24);
    harness.keys("?");
    let frame: Vec<String> = harness.screen().lines().skip(2).map(str::to_owned).collect();
    assert!(frame[0].starts_with("┌ keys (") && frame[0].ends_with('┐'), "{}", harness.screen());
    harness.assert_screen("more below").assert_screen("j k scroll").assert_screen("Esc back");
    harness.keys("G").assert_not_on_screen("more below").assert_screen("watch the marked ones");
}

#[test]
fn help_has_two_columns_with_current_keys_first() {
    let mut harness = two(200, 60);
    harness
        .keys("?")
        .assert_not_on_screen("more below)")
        .assert_screen("watch the marked ones")
        .assert_screen("overdue")
        .assert_screen("* ");
    let top = |harness: &Harness| {
        let screen = harness.screen();
        let at = screen.lines().position(|line| line.contains(" keys ")).unwrap();
        screen.lines().nth(at + 1).unwrap().to_owned()
    };
    assert!(top(&harness).contains("Look"), "{}", harness.screen());
    harness.keys("Esc Tab ?");
    assert!(top(&harness).contains("Read the detail"), "{}", harness.screen());
}

#[test]
fn terminal_yellow_is_used_only_in_the_header() {
    let mut harness = two(120, 40);
    assert_eq!(harness.state.settings.theme, Theme::Terminal);
    harness.after(5).polled(A, Err(unavailable())).polled(B, Err(unavailable()));
    harness.assert_screen("error <1 min");
    let yellow = |y: u16| {
        let mut cells = (0..120).map(|x| &harness.buffer()[(x, y)]);
        cells.any(|cell| cell.bg == ratatui::style::Color::Yellow)
    };
    assert_eq!((0..40).filter(|&y| yellow(y)).collect::<Vec<_>>(), [1]);
}

#[test]
fn times_of_another_day_show_the_date_and_the_zone_once() {
    let mut harness = two(80, 24);
    let mut old = answer(A, "COMPLETED");
    old.savepoint.created_at = Some("2026-11-11T02:19:00Z".parse().unwrap());
    harness.polled(A, Ok(old)).send(Message::Poller(Event::Paused));
    harness.assert_screen("11-11 10:19").assert_screen("PAUSED since 11:00:00 +08:00");
}

#[test]
fn reversed_sort_is_shown() {
    let mut harness = two(120, 40);
    harness.keys("S").assert_screen("problems last");
    harness
        .keys("S s")
        .assert_screen("STATE ^")
        .keys("S")
        .assert_screen("STATE v")
        .assert_screen("by state, reversed");
}

#[test]
fn nothing_looks_live_after_the_poller_died() {
    let mut harness = two(200, 50);
    harness.send(Message::PollerDied("a test".to_owned()));
    harness.assert_screen("Next asked  never: the poller died");
    let row = harness.screen().lines().position(|line| line.contains("▸ STARTED")).unwrap();
    let cell = &harness.buffer()[(5, u16::try_from(row).unwrap())];
    assert!(cell.modifier.contains(ratatui::style::Modifier::DIM), "{cell:?}");
}
