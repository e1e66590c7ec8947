//! What the program writes to the terminal while it runs.

use std::time::Duration;

use rstest::rstest;

use crate::support::count;
use crate::support::session::Launch;

#[test]
fn an_idle_screen_writes_nothing() {
    let session = Launch::form().start();
    // The last thing that changes on it.
    session.wait_for("no credentials");
    assert!((0..50).any(|_| session.stays_silent_for(Duration::from_millis(500))), "never silent");
    assert!(session.stays_silent_for(Duration::from_secs(2)), "{}", session.bytes().escape_ascii());
}

#[test]
fn many_resizes_end_in_a_whole_screen() {
    let mut session = Launch::demo().start();
    session.wait_until_drawn();
    for step in 0..60u16 {
        session.resize(1 + step * 37 % 150, 1 + step * 17 % 50);
    }
    session.resize(1, 1);
    session.resize(100, 30);
    session.wait_until_drawn();
    session.send("q");
    assert_eq!(session.exit(), 0);
    session.assert_restored();
}

#[rstest]
#[case::a_single_cell(1, 1)]
#[case::a_single_column(1, 30)]
#[case::a_single_row(100, 1)]
fn tiny_windows_do_not_end_the_program(#[case] columns: u16, #[case] rows: u16) {
    let mut session = Launch::demo().size(columns, rows).start();
    session.wait("the alternate screen", |seen| seen.emulator.screen().alternate_screen());
    session.resize(100, 30);
    session.wait_until_drawn();
    session.send("q");
    assert_eq!(session.exit(), 0);
}

#[test]
fn a_window_of_unknown_size_gets_a_screen() {
    let session = Launch::demo_under("stty rows 0 cols 0; exec $SAVEPEEK").start();
    session.wait_until_drawn();
}

#[rstest]
#[case::both_ways(65_535, 65_535)]
#[case::wide(65_535, 30)]
#[case::high(100, 65_535)]
fn huge_windows_do_not_end_the_program(#[case] columns: u16, #[case] rows: u16) {
    let script = format!("stty rows {rows} cols {columns}; exec $SAVEPEEK");
    let mut session = Launch::demo_under(&script).start();
    session.wait_until_drawn();
    session.tty().set_size(100, 30);
    session.send("\x0cq");
    assert_eq!(session.exit(), 0);
    session.assert_restored();
}

#[test]
fn growing_to_a_huge_window_does_not_end_the_program() {
    let mut session = Launch::demo().start();
    session.wait_until_drawn();
    session.tty().set_size(65_535, 65_535);
    session.send("\x0cq");
    assert_eq!(session.exit(), 0);
    session.assert_restored();
}

#[test]
fn control_l_repaints_over_foreign_output() {
    let mut session = Launch::demo().start();
    session.wait_until_drawn();
    session.tty().print("\x1b[H\x1b[Jwall: going down");
    session.wait_for("going down");
    session.send("\x0c");
    session.wait_until_drawn();
    session.wait("the foreign text to go", |seen| {
        !seen.emulator.screen().contents().contains("going down")
    });
}

#[test]
fn no_query_is_sent_to_the_terminal() {
    let mut session = Launch::demo().start();
    session.wait_until_drawn();
    session.send("q");
    assert_eq!(session.exit(), 0);
    let bytes = session.bytes();
    // Device attributes, cursor position, mode, version, keyboard protocol, colours.
    for query in ["\x1b[c", "\x1b[>c", "\x1b[6n", "$p", "\x1b[>q", "\x1b[?u", ";?\x07", ";?\x1b"] {
        let asked = bytes.windows(query.len()).any(|seen| seen == query.as_bytes());
        assert!(!asked, "{query:?} in {}", bytes.escape_ascii());
    }
}

const MOUSE_MODES: [&str; 6] = ["?9", "?1000", "?1002", "?1003", "?1006", "?1015"];

#[test]
fn mouse_modes_stay_off_by_default() {
    let mut session = Launch::demo().start();
    session.wait_until_drawn();
    session.send("q");
    assert_eq!(session.exit(), 0);
    let bytes = session.bytes();
    for mode in MOUSE_MODES {
        for end in ["h", "l"] {
            assert_eq!(count(&bytes, &format!("\x1b[{mode}{end}")), 0, "{}", bytes.escape_ascii());
        }
    }
}

#[test]
fn with_the_mouse_a_click_selects_and_motion_is_not_reported() {
    let mut session = Launch::savepeek(&["demo", "--mouse"]).start();
    session.wait_until_drawn();
    session.wait_for("> ✗ FAILED");
    let row = |text: &str| session.screen().lines().position(|line| line.contains(text));
    let below = row("> ✗ FAILED").unwrap() + 2;
    assert_ne!(row(" > "), Some(below));
    // A terminal counts cells from 1, and reports the release after the click.
    let (press, release) =
        (format!("\x1b[<0;20;{}M", below + 1), format!("\x1b[<0;20;{}m", below + 1));
    session.send(&(press + &release));
    session.wait("the row to be selected", |seen| {
        let text = seen.emulator.screen().contents();
        text.lines().nth(below).is_some_and(|line| line.contains('>'))
    });
    session.send("q");
    assert_eq!(session.exit(), 0);
    session.assert_restored();
    let bytes = session.bytes();
    for mode in ["?1000", "?1006"] {
        assert_eq!(count(&bytes, &format!("\x1b[{mode}h")), 1);
        assert_eq!(count(&bytes, &format!("\x1b[{mode}l")), 1);
    }
    for mode in ["?1002", "?1003"] {
        assert_eq!(count(&bytes, &format!("\x1b[{mode}h")), 0);
    }
}

#[rstest]
#[case::by_name("mono", false)]
#[case::in_truecolor("dark", true)]
fn the_theme_flag_selects_the_colours(#[case] theme: &str, #[case] truecolor: bool) {
    let mut session = Launch::savepeek(&["demo", "--theme", theme]).start();
    session.wait_for("FAILED");
    session.send("q");
    assert_eq!(session.exit(), 0);
    session.assert_restored();
    assert_eq!(count(&session.bytes(), "\x1b[38;2;") > 0, truecolor);
    assert_eq!(count(&session.bytes(), "\x1b[38;5;"), 0);
}

#[test]
fn a_locale_without_utf8_is_drawn_in_ascii() {
    let mut session = Launch::demo().environment("LC_ALL", "C").start();
    session.wait_for("X FAILED");
    session.send("q");
    assert_eq!(session.exit(), 0);
    // Chinese text of the demo is data and stays, so only the program's own signs are counted.
    let line_drawing = count(&session.bytes(), "─") + count(&session.bytes(), "✗");
    assert_eq!(line_drawing, 0, "{}", session.bytes().escape_ascii());
}

#[test]
fn a_burst_of_keys_longer_than_one_read_is_processed_completely() {
    let mut session = Launch::demo().start();
    session.wait_until_drawn();
    session.send(&("j".repeat(3000) + "q"));
    assert_eq!(session.exit(), 0);
}
