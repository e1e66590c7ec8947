//! Input from the terminal that arrives in pieces.

use rstest::rstest;

use crate::support::session::{Launch, Session};

fn drawn() -> Session {
    let session = Launch::demo().start();
    session.wait_until_drawn();
    session
}

#[rstest]
#[case::paste("\x1b[200~354dde66-a3ae")]
#[case::mouse("\x1b[<0;20;")]
#[case::private("\x1b[?")]
#[case::half_a_character("\u{5feb}")]
fn control_c_quits_inside_an_unfinished_sequence(#[case] unfinished: &str) {
    let mut session = drawn();
    let bytes = unfinished.as_bytes();
    let bytes = if bytes[0] == 0x1b { bytes } else { &bytes[..2] };
    session.send_bytes(bytes);
    session.send("\x03");
    assert_eq!(session.exit(), 0);
    session.assert_restored();
}

#[test]
fn a_paste_without_its_end_times_out() {
    let mut session = Launch::form().start();
    session.wait_for("no credentials");
    session.send("\x1b[200~354dde66");
    session.wait_for("354dde66");
    session.send("-a3ae");
    session.wait_for("354dde66-a3ae");
    session.send("\x03");
    assert_eq!(session.exit(), 0);
}

#[test]
fn control_c_inside_a_paste_does_not_quit() {
    let mut session = Launch::form().start();
    session.wait_for("no credentials");
    session.send("\x1b[200~aa\x03q\x1b[201~");
    session.wait_for("aa");
    session.send("bb");
    session.wait_for("bb");
    session.send("\x03");
    assert_eq!(session.exit(), 0);
}
