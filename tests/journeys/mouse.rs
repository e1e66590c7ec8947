//! The mouse: where something is drawn, there it is hit.

use ratatui::layout::Position;
use rstest::rstest;
use savepeek::config::context::Context;
use savepeek::tui::message::{Input, Message, Turn};
use savepeek::tui::model::{Overlay, Pane};

use crate::stage::{Harness, answer, failed, target};

fn id(number: usize) -> String {
    format!("354dde66-a3ae-463e-967a-0b4107fd{number:04}")
}

/// As many savepoints as said; all are FAILED with a long text.
fn stage(width: u16, height: u16, count: usize) -> Harness {
    let ids: Vec<String> = (0..count).map(id).collect();
    let mut stage =
        Harness::watching(width, height, &ids.iter().map(String::as_str).collect::<Vec<_>>());
    for id in &ids {
        stage.polled(id, Ok(failed(id, 100)));
    }
    stage.state.list.sort = savepeek::tui::model::list::Column::Id;
    stage.state.derive();
    stage.after(0);
    stage
}

/// Where a text is on the screen first.
fn find(stage: &Harness, text: &str) -> Position {
    let screen = stage.screen();
    let found = screen.lines().zip(0..).find_map(|(line, y)| Some((line.find(text)?, line, y)));
    let (at, line, y) = found.unwrap_or_else(|| panic!("no {text:?} on:\n{screen}"));
    Position::new(u16::try_from(line[..at].chars().count()).unwrap(), y)
}

fn click(stage: &mut Harness, at: Position) {
    stage.send(Message::Terminal(Input::Click(at)));
}

fn wheel(stage: &mut Harness, at: Position, turn: Turn) {
    stage.send(Message::Terminal(Input::Wheel(at, turn)));
}

#[rstest]
#[case(80, 24)]
#[case(120, 40)]
#[case(200, 50)]
fn a_click_selects_the_row_that_is_there(#[case] width: u16, #[case] height: u16) {
    let mut stage = stage(width, height, 100);
    stage.keys("PgDn PgDn");
    for _ in 0..2 {
        let rows = stage.state.geometry.list_rows;
        for line in 0..rows {
            let area = stage.state.geometry.list_area;
            let at = Position::new(area.x + 20, area.y + u16::try_from(line).unwrap());
            click(&mut stage, at);
            let shown = stage.screen();
            assert!(shown.lines().nth(at.y.into()).unwrap().contains("> ✗ FAILED"), "{shown}");
            assert_eq!(stage.state.list.position(), stage.state.geometry.list_first + line);
        }
        stage.keys("PgDn");
    }
}

#[test]
fn a_click_takes_the_mark_away_and_the_keys_along() {
    let mut stage = stage(120, 40, 5);
    stage.polled(&id(3), Ok(answer(&id(3), "COMPLETED")));
    assert!(stage.state.feeds[&target(&id(3))].marked);
    let at = find(&stage, "✓ COMPLETED");
    click(&mut stage, at);
    assert_eq!(stage.state.list.selected, Some(target(&id(3))));
    assert!(!stage.state.feeds[&target(&id(3))].marked);
    let at = find(&stage, "Deployment");
    click(&mut stage, at);
    assert_eq!(stage.state.pane, Pane::Detail);
    let at = find(&stage, "✗ FAILED");
    click(&mut stage, at);
    assert_eq!(stage.state.pane, Pane::List);
}

#[rstest]
#[case::header(Position::new(30, 0))]
#[case::border(Position::new(30, 2))]
#[case::headings(Position::new(30, 3))]
#[case::below_the_last(Position::new(30, 20))]
#[case::footer(Position::new(30, 39))]
#[case::outside(Position::new(500, 500))]
fn a_click_on_nothing_does_nothing(#[case] at: Position) {
    let mut stage = stage(200, 40, 5);
    stage.keys("j");
    let before = stage.screen();
    click(&mut stage, at);
    wheel(&mut stage, Position::new(at.x, 0), Turn::Down);
    assert_eq!(stage.screen(), before);
}

#[test]
fn the_wheel_scrolls_what_is_under_it() {
    let mut stage = stage(200, 40, 100);
    let (list, detail) = (find(&stage, "> ✗ FAILED"), find(&stage, "Deployment"));
    wheel(&mut stage, list, Turn::Down);
    assert_eq!((stage.state.list.position(), stage.state.reading.scroll), (3, 0));
    wheel(&mut stage, detail, Turn::Down);
    wheel(&mut stage, detail, Turn::Down);
    wheel(&mut stage, detail, Turn::Up);
    assert_eq!((stage.state.list.position(), stage.state.reading.scroll), (3, 3));
    assert_eq!(stage.state.pane, Pane::List);
}

#[test]
fn over_the_help_and_the_journal_it_is_theirs() {
    let mut stage = stage(80, 24, 60);
    let middle = Position::new(40, 12);
    stage.keys("?");
    wheel(&mut stage, middle, Turn::Down);
    assert!(matches!(stage.state.overlay, Some(Overlay::Help(3))), "{:?}", stage.state.overlay);
    stage.keys("Esc e e");
    wheel(&mut stage, middle, Turn::Down);
    let before = stage.screen();
    let at = find(&stage, ">");
    assert_eq!(usize::from(at.y - stage.state.geometry.journal_area.y), 3, "{before}");
    let area = stage.state.geometry.journal_area;
    click(&mut stage, Position::new(40, area.y + 7));
    assert_eq!(find(&stage, ">").y, area.y + 7, "{}", stage.screen());
    assert_eq!(stage.state.list.position(), 0);
}

#[rstest]
#[case(80, 24)]
#[case(120, 40)]
fn a_line_of_the_copy_menu_is_marked(#[case] width: u16, #[case] height: u16) {
    let mut stage = stage(width, height, 5);
    stage.keys("y");
    let at = find(&stage, "l  location");
    click(&mut stage, at);
    assert_eq!(find(&stage, "> l  location").y, at.y, "{}", stage.screen());
    wheel(&mut stage, at, Turn::Down);
    assert_eq!(find(&stage, "> b  ").y, at.y + 3, "{}", stage.screen());
    wheel(&mut stage, at, Turn::Up);
    assert_eq!(find(&stage, "> l  location").y, at.y, "{}", stage.screen());
    let before = stage.screen();
    click(&mut stage, Position::new(0, 0));
    assert_eq!(stage.screen(), before);
}

#[test]
fn a_line_of_a_copy_menu_that_has_scrolled_is_marked() {
    let mut stage = stage(40, 12, 5);
    stage.keys("y j j j j j j j j j").see("> s  summary");
    let at = find(&stage, "m  restore");
    click(&mut stage, at);
    stage.see("> m  restore").miss("> s");
}

#[test]
fn a_context_is_marked_and_not_chosen() {
    let mut stage = stage(80, 12, 5);
    let context = |number: usize| {
        let fields = ["cn-hangzhou", "w", "n", ""].map(str::to_owned);
        Context { name: format!("context-{number:02}"), fields, place: None }
    };
    stage.state.settings.contexts = (0..30).map(context).collect();
    stage.keys("x");
    let at = find(&stage, "context-02");
    click(&mut stage, at);
    stage.see("> context-02");
    for _ in 0..4 {
        wheel(&mut stage, at, Turn::Down);
    }
    stage.see("> context-14");
    let at = find(&stage, "context-11");
    click(&mut stage, at);
    stage.see("> context-11");
    assert!(matches!(stage.state.overlay, Some(Overlay::Contexts(_))));
    assert_eq!(stage.state.list.scope, None);
    // Below the last of those that fit what is typed there is nothing.
    stage.text("xt-28");
    let at = find(&stage, "> context-28");
    click(&mut stage, Position::new(at.x, at.y + 1));
    stage.see("> context-28");
}

#[test]
fn nothing_behind_a_form_is_hit() {
    let mut stage = stage(120, 40, 5);
    let at = find(&stage, "✗ FAILED");
    let at = Position::new(at.x, at.y + 3);
    for keys in ["a", "y", "/", "m"] {
        stage.keys(keys);
        click(&mut stage, at);
        wheel(&mut stage, at, Turn::Down);
        stage.keys("Esc");
        assert_eq!(stage.state.list.position(), 0, "{keys}");
    }
}
