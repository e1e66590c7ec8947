//! What is seen without a key: the frame of the list, the header, the footer, the help.

use savepeek::config::appearance::Theme;
use savepeek::domain::savepoint::{Namespace, Place, Target};
use savepeek::poller::Event;
use savepeek::tui::message::Message;

use crate::stage::{Harness, answer, failed, target, unavailable};

const A: &str = "354dde66-a3ae-463e-967a-0b4107fd0001";
const B: &str = "4b1f0c57-91d8-4d52-8e0c-6f2b7c1d0002";

/// One that FAILED and one that is STARTED.
fn two(width: u16, height: u16) -> Harness {
    let mut stage = Harness::watching(width, height, &[A, B]);
    stage.polled(A, Ok(answer(A, "STARTED"))).polled(B, Ok(failed(B, 60)));
    stage
}

fn footer(stage: &Harness) -> String {
    stage.screen().lines().last().unwrap().to_owned()
}

#[test]
fn a_short_list_has_its_frame_and_headings_at_80_columns() {
    for ids in [&[][..], &[A], &[A, B]] {
        insta::assert_snapshot!(Harness::watching(80, 24, ids).screen());
    }
}

#[test]
fn the_namespace_is_read_at_80_columns_and_failed_has_its_word() {
    let elsewhere = |id: &str| {
        let Target { place, id } = target(id);
        let namespace = Namespace::new("payments-staging").unwrap();
        Target { place: Place { namespace, ..place }, id }
    };
    let mut stage = Harness::new(80, 24);
    stage.state.watch((0..12).map(|n| elsewhere(&format!("sp-{n}"))).collect());
    for (feed, word) in stage.state.feeds.values_mut().zip(["FAILED", "STARTED", "COMPLETED"]) {
        feed.answer = Some(answer("any", word));
    }
    stage.state.derive();
    stage.after(0).see("a14b…0001 / payments-staging").see("✗ 1 FAILED");
}

#[test]
fn one_line_of_header_has_trust_counts_and_place_where_there_is_room() {
    let stage = two(200, 8);
    let header = stage.screen().lines().next().unwrap().to_owned();
    for words in ["live, asked every 5 s", "✗ 1", "▸ 1", "namespace prod-default"] {
        assert!(header.contains(words), "{header}");
    }
    two(60, 8).see("● live, asked every 5 s").see("✗ 1  ▸ 1");
    two(40, 8).see("● live, asked every 5 s");
}

#[test]
fn the_smallest_screen_shows_the_worst_sign() {
    assert_eq!(two(1, 1).screen(), "✗");
    assert_eq!(two(12, 1).screen(), "✗ 1  ▸ 1");
}

#[test]
fn the_footer_is_about_where_one_is() {
    let mut stage = two(80, 24);
    let list = " ? help  Enter detail  / filter  e events  y copy  r refresh  a add  b browse";
    assert_eq!(footer(&stage), list);
    stage.keys("Enter");
    let detail = " ? help  / search  w wrap  J JSON  e events  y copy  r refresh  Esc back";
    assert_eq!(footer(&stage), detail);
    stage.keys("/").text("frame5").keys("Enter").see("n next  N before");
    stage.keys("Esc /").text("any").keys("Enter");
    assert!(footer(&stage).ends_with("Esc back"), "a filter is left by it: {}", footer(&stage));
    let empty = Harness::watching(80, 24, &[]);
    assert!(!footer(&empty).contains("copy"), "{}", footer(&empty));
}

#[test]
fn the_footer_offers_the_way_to_a_cause_where_one_is_named() {
    let mut stage = two(80, 24);
    stage.keys("Enter").miss("c cause");
    let mut caused = failed(B, 60);
    let failure = caused.savepoint.failure.as_mut().unwrap();
    failure.reason = failure.reason.take().map(|trace| format!("{trace}\nCaused by: it"));
    stage.polled(B, Ok(caused)).see("c cause");
}

#[test]
fn whoever_types_is_told_how_that_ends_as_long_as_there_is_room() {
    let mut stage = two(80, 24);
    for keys in ["/", "Esc Tab /", "Esc m", "Esc e /", "Esc Esc b /"] {
        stage.keys(keys).see("Enter keep  Esc cancel");
    }
    stage.text(&"x".repeat(70)).miss("Enter keep");
}

#[test]
fn the_help_has_the_whole_width_of_a_narrow_screen_and_says_how_it_goes_on() {
    let mut stage = two(80, 24);
    stage.keys("?");
    let frame: Vec<String> = stage.screen().lines().skip(2).map(str::to_owned).collect();
    assert!(frame[0].starts_with("┌ keys (") && frame[0].ends_with('┐'), "{}", stage.screen());
    stage.see("more below").see("j k scroll").see("Esc back");
    stage.keys("G").miss("more below").see("watch the marked ones");
}

#[test]
fn the_help_has_two_halves_where_there_is_room_and_the_own_keys_first() {
    let mut stage = two(200, 60);
    stage.keys("?").miss("more below)").see("watch the marked ones").see("overdue").see("* ");
    let top = |stage: &Harness| {
        let screen = stage.screen();
        let at = screen.lines().position(|line| line.contains(" keys ")).unwrap();
        screen.lines().nth(at + 1).unwrap().to_owned()
    };
    assert!(top(&stage).contains("Look"), "{}", stage.screen());
    stage.keys("Esc Tab ?");
    assert!(top(&stage).contains("Read the detail"), "{}", stage.screen());
}

#[test]
fn the_terminals_own_yellow_is_for_the_header_alone() {
    let mut stage = two(120, 40);
    assert_eq!(stage.state.settings.theme, Theme::Terminal);
    stage.after(5).polled(A, Err(unavailable())).polled(B, Err(unavailable()));
    stage.see("error <1 min");
    let yellow = |y: u16| {
        let mut cells = (0..120).map(|x| &stage.buffer()[(x, y)]);
        cells.any(|cell| cell.bg == ratatui::style::Color::Yellow)
    };
    assert_eq!((0..40).filter(|&y| yellow(y)).collect::<Vec<_>>(), [1]);
}

#[test]
fn a_time_of_another_day_says_which_while_paused_and_the_zone_is_said_once() {
    let mut stage = two(80, 24);
    let mut old = answer(A, "COMPLETED");
    old.savepoint.created_at = Some("2026-11-11T02:19:00Z".parse().unwrap());
    stage.polled(A, Ok(old)).send(Message::Poller(Event::Paused));
    stage.see("11-11 10:19").see("PAUSED since 11:00:00 +08:00");
}

#[test]
fn a_list_sorted_the_other_way_says_so() {
    let mut stage = two(120, 40);
    stage.keys("S").see("problems last");
    stage.keys("S s").see("STATE ^").keys("S").see("STATE v").see("by state, reversed");
}

#[test]
fn nothing_looks_live_once_nothing_is_asked_any_more() {
    let mut stage = two(200, 50);
    stage.send(Message::PollerDied("a test".to_owned()));
    stage.see("Next asked  never: the poller died");
    let row = stage.screen().lines().position(|line| line.contains("▸ STARTED")).unwrap();
    let cell = &stage.buffer()[(5, u16::try_from(row).unwrap())];
    assert!(cell.modifier.contains(ratatui::style::Modifier::DIM), "{cell:?}");
}
