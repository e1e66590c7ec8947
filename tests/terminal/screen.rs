//! What the program writes to the terminal while it runs, and what it does not.

use std::time::Duration;

use rstest::rstest;

use crate::support::session::Launch;

#[test]
fn nothing_is_written_while_nothing_happens() {
    let session = Launch::form().start();
    session.wait_until_drawn();
    assert!((0..50).any(|_| session.stays_silent_for(Duration::from_millis(200))), "never silent");
    assert!(session.stays_silent_for(Duration::from_secs(2)), "{}", session.bytes().escape_ascii());
}

#[test]
fn a_storm_of_resizes_ends_in_a_whole_screen() {
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
    session.assert_given_back();
}

#[rstest]
#[case::a_single_cell(1, 1)]
#[case::a_single_column(1, 30)]
#[case::a_single_row(100, 1)]
fn the_smallest_windows_are_survived(#[case] columns: u16, #[case] rows: u16) {
    let mut session = Launch::demo().size(columns, rows).start();
    session.wait("the alternate screen", |seen| seen.emulator.screen().alternate_screen());
    session.resize(100, 30);
    session.wait_until_drawn();
    session.send("q");
    assert_eq!(session.exit(), 0);
}

#[test]
fn a_window_without_a_size_gets_a_screen() {
    let session = Launch::demo_under("stty rows 0 cols 0; exec $SAVEPEEK").start();
    session.wait_until_drawn();
}

#[test]
fn control_l_paints_over_what_others_wrote() {
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
fn the_terminal_is_asked_nothing() {
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

#[test]
fn a_burst_of_keys_longer_than_one_read_is_read_to_its_end() {
    let mut session = Launch::demo().start();
    session.wait_until_drawn();
    session.send(&("j".repeat(3000) + "q"));
    assert_eq!(session.exit(), 0);
}
