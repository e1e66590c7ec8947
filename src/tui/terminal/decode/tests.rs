use proptest::collection::vec;
use proptest::prelude::*;
use ratatui::layout::Position;
use rstest::rstest;

use super::*;
use crate::tui::message::ScrollDirection;

const NONE: KeyModifiers = KeyModifiers::NONE;
const SHIFT: KeyModifiers = KeyModifiers::SHIFT;
const ALT: KeyModifiers = KeyModifiers::ALT;
const CONTROL: KeyModifiers = KeyModifiers::CONTROL;

/// Decodes bytes that are followed by the timeout.
fn decoded(bytes: &[u8]) -> Vec<Input> {
    let mut inputs = Vec::new();
    let mut decoder = Decoder::default();
    decoder.feed(bytes, &mut inputs);
    if decoder.timeout().is_some() {
        decoder.on_timeout(&mut inputs);
    }
    assert_eq!(decoder.timeout(), None);
    inputs
}

fn char_key(c: char, modifiers: KeyModifiers) -> Input {
    key(KeyCode::Char(c), modifiers)
}

fn paste(text: &str) -> Input {
    Input::Paste(text.to_owned())
}

#[rstest]
#[case::small("j", KeyCode::Char('j'), NONE)]
#[case::capital("J", KeyCode::Char('J'), SHIFT)]
#[case::chinese("快", KeyCode::Char('快'), NONE)]
#[case::emoji("🦀", KeyCode::Char('🦀'), NONE)]
#[case::enter("\r", KeyCode::Enter, NONE)]
#[case::line_feed("\n", KeyCode::Char('j'), CONTROL)]
#[case::tab("\t", KeyCode::Tab, NONE)]
#[case::backspace("\x7f", KeyCode::Backspace, NONE)]
#[case::control_c("\x03", KeyCode::Char('c'), CONTROL)]
#[case::control_h("\x08", KeyCode::Char('h'), CONTROL)]
#[case::control_space("\0", KeyCode::Char(' '), CONTROL)]
#[case::control_backslash("\x1c", KeyCode::Char('4'), CONTROL)]
#[case::escape("\x1b", KeyCode::Esc, NONE)]
#[case::alt("\x1bb", KeyCode::Char('b'), ALT)]
#[case::alt_capital("\x1bB", KeyCode::Char('B'), ALT.union(SHIFT))]
#[case::alt_chinese("\x1b快", KeyCode::Char('快'), ALT)]
#[case::alt_enter("\x1b\r", KeyCode::Enter, ALT)]
#[case::alt_backspace("\x1b\x7f", KeyCode::Backspace, ALT)]
#[case::alt_control("\x1b\x03", KeyCode::Char('c'), ALT.union(CONTROL))]
#[case::alt_bracket("\x1b[", KeyCode::Char('['), ALT)]
#[case::alt_o("\x1bO", KeyCode::Char('O'), ALT.union(SHIFT))]
#[case::up("\x1b[A", KeyCode::Up, NONE)]
#[case::application_up("\x1bOA", KeyCode::Up, NONE)]
#[case::shift_up("\x1b[1;2A", KeyCode::Up, SHIFT)]
#[case::control_left("\x1b[1;5D", KeyCode::Left, CONTROL)]
#[case::alt_right("\x1b[1;3C", KeyCode::Right, ALT)]
#[case::home("\x1b[H", KeyCode::Home, NONE)]
#[case::linux_home("\x1b[1~", KeyCode::Home, NONE)]
#[case::end("\x1bOF", KeyCode::End, NONE)]
#[case::page_down("\x1b[6~", KeyCode::PageDown, NONE)]
#[case::control_delete("\x1b[3;5~", KeyCode::Delete, CONTROL)]
#[case::back_tab("\x1b[Z", KeyCode::BackTab, SHIFT)]
#[case::f1("\x1bOP", KeyCode::F(1), NONE)]
#[case::linux_f2("\x1b[[B", KeyCode::F(2), NONE)]
#[case::f5("\x1b[15~", KeyCode::F(5), NONE)]
#[case::f12("\x1b[24~", KeyCode::F(12), NONE)]
#[case::csi_u("\x1b[99;5u", KeyCode::Char('c'), CONTROL)]
#[case::csi_u_capital("\x1b[97:65;2u", KeyCode::Char('A'), SHIFT)]
#[case::csi_u_escape("\x1b[27u", KeyCode::Esc, NONE)]
#[case::modified_control_c("\x1b[27;5;99~", KeyCode::Char('c'), CONTROL)]
#[case::modified_enter("\x1b[27;2;13~", KeyCode::Enter, SHIFT)]
#[case::csi_u_back_tab("\x1b[9;2u", KeyCode::BackTab, SHIFT)]
fn a_key_is_decoded(#[case] bytes: &str, #[case] code: KeyCode, #[case] modifiers: KeyModifiers) {
    assert_eq!(decoded(bytes.as_bytes()), [key(code, modifiers)]);
}

#[rstest]
#[case::click("\x1b[<0;8;4M", Some(Input::Click(Position::new(7, 3))))]
#[case::control_click("\x1b[<16;8;4M", Some(Input::Click(Position::new(7, 3))))]
#[case::wheel_up("\x1b[<64;300;4M", Some(Input::Wheel(Position::new(299, 3), ScrollDirection::Up)))]
#[case::wheel_down("\x1b[<65;8;4M", Some(Input::Wheel(Position::new(7, 3), ScrollDirection::Down)))]
#[case::old_click("\x1b[M (\x24", Some(Input::Click(Position::new(7, 3))))]
#[case::old_click_in_column_95("\x1b[M \x7f\x24", Some(Input::Click(Position::new(94, 3))))]
#[case::released("\x1b[<0;8;4m", None)]
#[case::another_button("\x1b[<2;8;4M", None)]
#[case::dragged("\x1b[<32;8;4M", None)]
#[case::nowhere("\x1b[<0;0;0M", None)]
#[case::far_away("\x1b[<0;99999;4M", None)]
fn the_mouse_is_decoded(#[case] bytes: &str, #[case] input: Option<Input>) {
    assert_eq!(decoded(bytes.as_bytes()), Vec::from_iter(input));
}

#[rstest]
#[case::focus("\x1b[I")]
#[case::cursor_position("\x1b[24;80R")]
#[case::device_attributes("\x1b[?64;1;2c")]
#[case::a_key_released("\x1b[97;1:3u")]
#[case::unknown_key("\x1b[99~")]
#[case::paste_end_without_start("\x1b[201~")]
#[case::unfinished("\x1b[1;")]
#[case::endless(&format!("\x1b[{}u", "1;".repeat(1000)))]
fn unsupported_sequences_are_ignored(#[case] bytes: &str) {
    assert_eq!(decoded(bytes.as_bytes()), []);
    if bytes != "\x1b[1;" {
        assert_eq!(decoded(format!("{bytes}j").as_bytes()), [char_key('j', NONE)]);
    }
}

#[rstest]
#[case::empty("", "")]
#[case::text("a\r\n快", "a\r\n快")]
#[case::partial_end_markers("\x1b\x1b[201\x1b[A", "\x1b\x1b[201\x1b[A")]
#[case::control_c("a\x03b", "a\x03b")]
#[case::control_c_at_the_end("a\x03", "a\x03")]
fn a_paste_is_decoded(#[case] text: &str, #[case] pasted: &str) {
    let bytes = format!("\x1b[200~{text}\x1b[201~j");
    assert_eq!(decoded(bytes.as_bytes()), [paste(pasted), char_key('j', NONE)]);
}

#[test]
fn a_timeout_ends_a_paste() {
    let mut decoder = Decoder::default();
    let mut inputs = Vec::new();
    decoder.feed(b"\x1b[200~q", &mut inputs);
    assert_eq!((inputs.len(), decoder.timeout()), (0, Some(BYTE_TIMEOUT)));
    decoder.on_timeout(&mut inputs);
    decoder.feed(b"q\x1b[201~", &mut inputs);
    assert_eq!(inputs, [paste("q"), char_key('q', NONE)]);
}

#[test]
fn a_sequence_split_after_its_escape_is_one_key() {
    let mut decoder = Decoder::default();
    let mut inputs = Vec::new();
    decoder.feed(b"\x1b", &mut inputs);
    assert!(decoder.timeout().is_some_and(|timeout| !timeout.is_zero()));
    decoder.feed(b"[A", &mut inputs);
    assert_eq!(inputs, [key(KeyCode::Up, NONE)]);
}

#[test]
fn a_control_c_key_aborts_a_paste() {
    let mut decoder = Decoder::default();
    let mut inputs = Vec::new();
    decoder.feed(b"\x1b[200~abc\x03", &mut inputs);
    assert_eq!(decoder.timeout(), Some(INTERRUPT_TIMEOUT));
    decoder.on_timeout(&mut inputs);
    assert_eq!(inputs, [char_key('c', CONTROL)]);
}

#[test]
fn a_paste_is_bounded() {
    let bytes = [b"\x1b[200~".as_slice(), &vec![b'a'; MAX_PASTE + 99], PASTE_END].concat();
    assert_eq!(decoded(&bytes), [paste(&"a".repeat(MAX_PASTE))]);
}

/// Random bytes, mostly pieces of escape sequences.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => prop::sample::select(vec!["\x1b", "\x1b[", "\x1bO", "[", "M", "<", ";", ":", "~", "u", "200~", "201~", "\x1b[200~", "\x1b[201~", "1", "97", "\x03", "q", "A", "快"])
            .prop_map(|text| text.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 1..6),
    ];
    vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn input_may_be_split_anywhere(bytes in bytes(), cuts in vec(any::<prop::sample::Index>(), 0..8)) {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let (mut decoder, mut inputs) = (Decoder::default(), Vec::new());
        for cut in cuts.windows(2) {
            decoder.feed(&bytes[cut[0]..cut[1]], &mut inputs);
        }
        decoder.on_timeout(&mut inputs);
        prop_assert_eq!(inputs, decoded(&bytes));
        prop_assert!(decoder.pending.is_empty() && decoder.paste.is_none());
    }

    #[test]
    fn control_c_is_a_key_after_anything(bytes in bytes()) {
        let is_control_c = |input: &Input| matches!(input, Input::Key(key)
            if key.code == KeyCode::Char('c') && key.modifiers.contains(CONTROL));
        let inputs = decoded(&[&bytes, [CONTROL_C].as_slice()].concat());
        prop_assert!(inputs.last().is_some_and(is_control_c), "{inputs:?}");
    }

    #[test]
    fn keys_are_decoded_after_a_timeout(bytes in bytes()) {
        let (mut decoder, mut inputs) = (Decoder::default(), Vec::new());
        decoder.feed(&bytes, &mut inputs);
        decoder.on_timeout(&mut inputs);
        inputs.clear();
        decoder.feed(b"q", &mut inputs);
        prop_assert_eq!(inputs, [char_key('q', NONE)]);
    }
}
