//! The mouse acts on what is drawn under it.

use ratatui::layout::Position;
use rstest::rstest;
use savepeek::config::context::{Context, PlaceFields};
use savepeek::tui::message::{Input, Message, ScrollDirection};
use savepeek::tui::model::{Overlay, Pane};

use crate::harness::{Harness, answer, failed, target};

fn id(number: usize) -> String {
    format!("354dde66-a3ae-463e-967a-0b4107fd{number:04}")
}

/// This many savepoints, all FAILED with a long text.
fn harness(width: u16, height: u16, count: usize) -> Harness {
    let ids: Vec<String> = (0..count).map(id).collect();
    let mut harness =
        Harness::watching(width, height, &ids.iter().map(String::as_str).collect::<Vec<_>>());
    for id in &ids {
        harness.polled(id, Ok(failed(id, 100)));
    }
    harness.state.list.sort = savepeek::tui::model::list::Column::Id;
    harness.state.derive();
    harness.after(0);
    harness
}

/// The first position of a text on the screen.
fn find(harness: &Harness, text: &str) -> Position {
    let screen = harness.screen();
    let found = screen.lines().zip(0..).find_map(|(line, y)| Some((line.find(text)?, line, y)));
    let (at, line, y) = found.unwrap_or_else(|| panic!("no {text:?} on:\n{screen}"));
    Position::new(u16::try_from(line[..at].chars().count()).unwrap(), y)
}

fn click(harness: &mut Harness, at: Position) {
    harness.send(Message::Terminal(Input::Click(at)));
}

fn wheel(harness: &mut Harness, at: Position, direction: ScrollDirection) {
    harness.send(Message::Terminal(Input::Wheel(at, direction)));
}

#[rstest]
#[case(80, 24)]
#[case(120, 40)]
#[case(200, 50)]
fn a_click_selects_the_row_that_is_there(#[case] width: u16, #[case] height: u16) {
    let mut harness = harness(width, height, 100);
    harness.keys("PgDn PgDn");
    for _ in 0..2 {
        let rows = harness.state.geometry.list.height();
        for line in 0..rows {
            let area = harness.state.geometry.list.area;
            let at = Position::new(area.x + 20, area.y + u16::try_from(line).unwrap());
            click(&mut harness, at);
            let shown = harness.screen();
            assert!(shown.lines().nth(at.y.into()).unwrap().contains("> ✗ FAILED"), "{shown}");
            assert_eq!(harness.state.list.position(), harness.state.geometry.list.first + line);
        }
        harness.keys("PgDn");
    }
}

#[test]
fn click_clears_the_mark_and_moves_the_focus() {
    let mut harness = harness(120, 40, 5);
    harness.polled(&id(3), Ok(answer(&id(3), "COMPLETED")));
    assert!(harness.state.feeds[&target(&id(3))].marked);
    let at = find(&harness, "✓ COMPLETED");
    click(&mut harness, at);
    assert_eq!(harness.state.list.selected, Some(target(&id(3))));
    assert!(!harness.state.feeds[&target(&id(3))].marked);
    let at = find(&harness, "Deployment");
    click(&mut harness, at);
    assert_eq!(harness.state.pane, Pane::Detail);
    let at = find(&harness, "✗ FAILED");
    click(&mut harness, at);
    assert_eq!(harness.state.pane, Pane::List);
}

#[rstest]
#[case::header(Position::new(30, 0))]
#[case::border(Position::new(30, 2))]
#[case::headings(Position::new(30, 3))]
#[case::below_the_last(Position::new(30, 20))]
#[case::footer(Position::new(30, 39))]
#[case::outside(Position::new(500, 500))]
fn a_click_on_nothing_does_nothing(#[case] at: Position) {
    let mut harness = harness(200, 40, 5);
    harness.keys("j");
    let before = harness.screen();
    click(&mut harness, at);
    wheel(&mut harness, Position::new(at.x, 0), ScrollDirection::Down);
    assert_eq!(harness.screen(), before);
}

#[test]
fn wheel_scrolls_the_pane_under_it() {
    let mut harness = harness(200, 40, 100);
    let (list, detail) = (find(&harness, "> ✗ FAILED"), find(&harness, "Deployment"));
    wheel(&mut harness, list, ScrollDirection::Down);
    assert_eq!((harness.state.list.position(), harness.state.detail.scroll), (3, 0));
    wheel(&mut harness, detail, ScrollDirection::Down);
    wheel(&mut harness, detail, ScrollDirection::Down);
    wheel(&mut harness, detail, ScrollDirection::Up);
    assert_eq!((harness.state.list.position(), harness.state.detail.scroll), (3, 3));
    assert_eq!(harness.state.pane, Pane::List);
}

#[test]
fn wheel_scrolls_help_and_journal() {
    let mut harness = harness(80, 24, 60);
    let middle = Position::new(40, 12);
    harness.keys("?");
    wheel(&mut harness, middle, ScrollDirection::Down);
    assert!(matches!(harness.state.overlay, Some(Overlay::Help(3))), "{:?}", harness.state.overlay);
    harness.keys("Esc e e");
    wheel(&mut harness, middle, ScrollDirection::Down);
    let before = harness.screen();
    let at = find(&harness, ">");
    assert_eq!(usize::from(at.y - harness.state.geometry.journal.area.y), 3, "{before}");
    let area = harness.state.geometry.journal.area;
    click(&mut harness, Position::new(40, area.y + 7));
    assert_eq!(find(&harness, ">").y, area.y + 7, "{}", harness.screen());
    assert_eq!(harness.state.list.position(), 0);
}

#[rstest]
#[case(80, 24)]
#[case(120, 40)]
fn click_marks_a_copy_menu_line(#[case] width: u16, #[case] height: u16) {
    let mut harness = harness(width, height, 5);
    harness.keys("y");
    let at = find(&harness, "l  location");
    click(&mut harness, at);
    assert_eq!(find(&harness, "> l  location").y, at.y, "{}", harness.screen());
    wheel(&mut harness, at, ScrollDirection::Down);
    assert_eq!(find(&harness, "> b  ").y, at.y + 3, "{}", harness.screen());
    wheel(&mut harness, at, ScrollDirection::Up);
    assert_eq!(find(&harness, "> l  location").y, at.y, "{}", harness.screen());
    let before = harness.screen();
    click(&mut harness, Position::new(0, 0));
    assert_eq!(harness.screen(), before);
}

#[test]
fn click_marks_a_line_of_a_scrolled_copy_menu() {
    let mut harness = harness(40, 12, 5);
    harness.keys("y j j j j j j j j j").assert_screen("> s  summary");
    let at = find(&harness, "m  restore");
    click(&mut harness, at);
    harness.assert_screen("> m  restore").assert_not_on_screen("> s");
}

#[test]
fn click_marks_a_context_without_choosing_it() {
    let mut harness = harness(80, 12, 5);
    let context = |number: usize| {
        let fields = PlaceFields::new("cn-hangzhou", "w", "n", "");
        Context { name: format!("context-{number:02}"), fields, place: None }
    };
    harness.state.settings.contexts = (0..30).map(context).collect();
    harness.keys("x");
    let at = find(&harness, "context-02");
    click(&mut harness, at);
    harness.assert_screen("> context-02");
    for _ in 0..4 {
        wheel(&mut harness, at, ScrollDirection::Down);
    }
    harness.assert_screen("> context-14");
    let at = find(&harness, "context-11");
    click(&mut harness, at);
    harness.assert_screen("> context-11");
    assert!(matches!(harness.state.overlay, Some(Overlay::Contexts(_))));
    assert_eq!(harness.state.list.scope, None);
    // Below the last match there is nothing to click.
    harness.text("xt-28");
    let at = find(&harness, "> context-28");
    click(&mut harness, Position::new(at.x, at.y + 1));
    harness.assert_screen("> context-28");
}

#[test]
fn click_does_not_reach_behind_a_form() {
    let mut harness = harness(120, 40, 5);
    let at = find(&harness, "✗ FAILED");
    let at = Position::new(at.x, at.y + 3);
    for keys in ["a", "y", "/", "m"] {
        harness.keys(keys);
        click(&mut harness, at);
        wheel(&mut harness, at, ScrollDirection::Down);
        harness.keys("Esc");
        assert_eq!(harness.state.list.position(), 0, "{keys}");
    }
}
