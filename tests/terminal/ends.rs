//! However the program ends, the terminal is restored and the exit code says why.

use rstest::rstest;
use rustix::process::Signal;

use crate::support::session::{Launch, Session};

fn drawn(launch: Launch) -> Session {
    let session = launch.start();
    session.wait_until_drawn();
    session
}

#[rstest]
#[case::q("q")]
#[case::control_c("\x03")]
fn a_key_quits_with_0(#[case] key: &str) {
    let mut session = drawn(Launch::demo());
    session.send(key);
    assert_eq!(session.exit(), 0);
    session.assert_restored();
}

#[rstest]
#[case::term(Signal::TERM, 143)]
#[case::int(Signal::INT, 130)]
#[case::hup(Signal::HUP, 129)]
fn a_signal_quits_with_its_exit_code(#[case] signal: Signal, #[case] code: u32) {
    let mut session = drawn(Launch::demo());
    session.signal(signal);
    assert_eq!(session.exit(), code);
    session.assert_restored();
}

#[rstest]
#[case::term(Signal::TERM, 143)]
#[case::int(Signal::INT, 130)]
fn a_signal_quits_while_the_terminal_is_stalled(#[case] signal: Signal, #[case] code: u32) {
    let mut session = drawn(Launch::demo());
    session.tty().stall();
    session.resize(90, 20);
    session.signal(signal);
    assert_eq!(session.exit(), code);
    session.assert_modes_restored();
}

#[test]
fn a_signal_quits_in_the_middle_of_a_paste() {
    let mut session = drawn(Launch::demo());
    session.send("\x1b[200~354dde66-a3ae");
    session.signal(Signal::TERM);
    assert_eq!(session.exit(), 143);
    session.assert_restored();
}

/// The ways in which a hang-up can reach the program, or fail to.
#[rstest]
#[case::as_session_leader("exec $SAVEPEEK")]
#[case::with_sighup_ignored("trap '' HUP; exec $SAVEPEEK")]
#[case::below_a_leader_that_ignores_it("trap '' HUP; $SAVEPEEK; exit $?")]
#[case::in_a_session_that_is_sent_no_signal("trap '' HUP; setsid --wait $SAVEPEEK; exit $?")]
fn a_hang_up_quits(#[case] script: &str) {
    let mut session = drawn(Launch::demo_under(script));
    session.hang_up();
    assert_eq!(session.exit(), 129);
}

#[test]
fn a_hang_up_quits_while_output_is_blocked() {
    let mut session = drawn(Launch::demo_under("trap '' HUP; setsid --wait $SAVEPEEK; exit $?"));
    session.stop_reading();
    session.tty().stall();
    session.send("\x0c");
    session.hang_up();
    assert_eq!(session.exit(), 129);
}

#[cfg(debug_assertions)]
#[rstest]
#[case::in_the_interface("ui")]
#[case::in_a_task("task")]
fn a_panic_restores_the_terminal_before_its_report(#[case] place: &str) {
    let mut session = Launch::demo().environment("SAVEPEEK_PANIC", place).start();
    assert_eq!(session.exit(), 101);
    session.wait_for(&format!("asked to panic in the {place}"));
    session.assert_restored();
}

#[test]
fn stdin_that_is_no_terminal_is_refused() {
    let mut session = Launch::demo_under("exec $SAVEPEEK </dev/null").start();
    assert_eq!(session.exit(), 2);
    session.wait_for("standard input is not one");
    session.assert_restored();
    assert!(!session.bytes().contains(&0x1b), "{}", session.bytes().escape_ascii());
}

#[rstest]
#[case::dumb("TERM=dumb exec $SAVEPEEK", "TERM is dumb")]
#[case::none("unset TERM; exec $SAVEPEEK", "TERM is not set")]
#[case::dumb_although_colours_are_forced(
    "TERM=dumb CLICOLOR_FORCE=1 exec $SAVEPEEK",
    "TERM is dumb"
)]
fn a_dumb_terminal_is_refused(#[case] script: &str, #[case] why: &str) {
    let mut session = Launch::demo_under(script).start();
    assert_eq!(session.exit(), 2);
    session.wait_for(why);
    session.wait_for("savepeek get");
    session.assert_restored();
    assert!(!session.bytes().contains(&0x1b), "{}", session.bytes().escape_ascii());
}

#[test]
fn an_unknown_terminal_gets_the_screen() {
    let mut session = drawn(Launch::demo().environment("TERM", "zyx-9000"));
    session.send("q");
    assert_eq!(session.exit(), 0);
    session.assert_restored();
}

#[rstest]
#[case::by_a_signal(Signal::TERM, 143)]
#[case::by_a_hang_up(Signal::HUP, 129)]
fn the_mouse_is_released_at_exit(#[case] signal: Signal, #[case] code: u32) {
    let mut session = drawn(Launch::savepeek(&["demo", "--mouse"]));
    session.signal(signal);
    assert_eq!(session.exit(), code);
    session.assert_restored();
}

#[cfg(debug_assertions)]
#[test]
fn a_panic_releases_the_mouse() {
    let launch = Launch::savepeek(&["demo", "--mouse"]).environment("SAVEPEEK_PANIC", "ui");
    let mut session = launch.start();
    assert_eq!(session.exit(), 101);
    session.wait_for("asked to panic");
    session.assert_restored();
}

#[test]
fn redirected_stdout_gets_only_the_error() {
    let mut session = Launch::demo_under("$SAVEPEEK >out; code=$?; cat out; exit $code").start();
    assert_eq!(session.exit(), 2);
    session.wait_for("standard output is not one");
    session.assert_restored();
    assert!(!session.bytes().contains(&0x1b), "{}", session.bytes().escape_ascii());
}
