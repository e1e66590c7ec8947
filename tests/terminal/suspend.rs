//! Ctrl-Z and SIGTSTP, under a shell with job control, and back with `fg`.

use rstest::rstest;
use rustix::process::Signal;

use crate::support::count;
use crate::support::session::{Launch, Session, demo_command};

/// An interactive shell that has just started the demo, alone or inside another command.
fn shell_running(command: &str) -> Session {
    let mut session = Launch::command(&["bash", "--norc", "--noprofile", "--noediting", "-i"])
        .environment("SAVEPEEK", &demo_command())
        .environment("PS1", "ready> ")
        .start();
    session.wait_for("ready>");
    session.send(&format!("{command}\r"));
    session.wait_until_drawn();
    session
}

/// Asserts that the shell has its terminal back after the job's `time`-th stop: typed text echoes
/// and runs.
fn assert_shell_works(session: &mut Session, time: usize) {
    session.wait("the job to stop", |seen| count(&seen.bytes, "Stopped") == time);
    session.wait_until_restored();
    session.send(&format!("echo $(({time} * 7))-back\r"));
    session.wait_for(&format!("echo $(({time} * 7))-back"));
    session.wait_for(&format!("{}-back", time * 7));
}

fn press_control_z(session: &mut Session) {
    session.send("\x1a");
}

fn send_sigtstp(session: &mut Session) {
    session.signal_foreground(Signal::TSTP);
}

#[rstest]
#[case::by_key(press_control_z)]
#[case::by_signal(send_sigtstp)]
fn it_suspends_and_fg_resumes_it(#[case] stop: fn(&mut Session)) {
    let mut session = shell_running("$SAVEPEEK");
    for time in 1..=2 {
        stop(&mut session);
        assert_shell_works(&mut session, time);
        session.send("fg\r");
        session.wait_until_drawn();
    }
    let prompts = count(&session.bytes(), "ready>");
    session.send("q");
    session.wait_until_restored();
    // Text typed before the shell has its terminal again may be lost.
    session.wait("the prompt", |seen| count(&seen.bytes, "ready>") > prompts);
    session.send("echo ended-$?\r");
    session.wait_for("ended-0");
}

#[test]
fn suspending_releases_the_mouse_and_fg_takes_it_again() {
    let mut session = shell_running("$SAVEPEEK --mouse");
    press_control_z(&mut session);
    assert_shell_works(&mut session, 1);
    session.send("fg\r");
    session.wait("the mouse to be taken again", |seen| {
        seen.emulator.screen().mouse_protocol_mode() != vt100::MouseProtocolMode::None
    });
    session.send("q");
    session.wait_until_restored();
}

#[test]
fn a_window_resized_while_suspended_is_drawn_after_fg() {
    let mut session = shell_running("$SAVEPEEK");
    press_control_z(&mut session);
    assert_shell_works(&mut session, 1);
    session.resize(40, 12);
    session.send("clear; fg\r");
    session.wait_until_drawn();
    session.send("q");
    session.wait_until_restored();
}

#[test]
fn the_whole_job_is_suspended() {
    let mut session = shell_running("sh -c '$SAVEPEEK; echo after-$?'");
    press_control_z(&mut session);
    assert_shell_works(&mut session, 1);
    assert!(!session.screen().contains("after-0"), "{}", session.screen());
    session.send("fg\r");
    session.wait_until_drawn();
    session.send("q");
    session.wait_for("after-0");
}

#[test]
fn in_a_frozen_terminal_it_suspends_once_the_screen_is_restored() {
    let mut session = shell_running("$SAVEPEEK");
    session.tty().stall();
    session.send("\x0c");
    press_control_z(&mut session);
    // The key opens the help, although it cannot be drawn.
    session.send("?");
    session.tty().resume();
    assert_shell_works(&mut session, 1);
    session.send("fg\r");
    session.wait_until_drawn();
    // The help may be open, and `q` would only close it.
    session.send("\x03");
    session.wait_until_restored();
}

/// No shell with job control could resume it.
#[rstest]
#[case::by_key("exec $SAVEPEEK", press_control_z)]
#[case::by_signal("exec $SAVEPEEK", send_sigtstp)]
#[case::in_the_job_of_the_session_leader("$SAVEPEEK; exit $?", press_control_z)]
#[case::as_leader_of_its_own_session("setsid --wait $SAVEPEEK; exit $?", press_control_z)]
fn without_job_control_it_does_not_suspend(#[case] script: &str, #[case] stop: fn(&mut Session)) {
    let mut session = Launch::demo_under(script).start();
    session.wait_until_drawn();
    stop(&mut session);
    session.send("q");
    assert_eq!(session.exit(), 0);
    session.assert_restored();
}

#[test]
fn a_killed_job_restores_the_terminal() {
    let session = shell_running("$SAVEPEEK; echo code=$?");
    session.signal_foreground(Signal::TERM);
    session.wait_for("code=143");
    session.wait_until_restored();
}
