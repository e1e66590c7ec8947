//! Control sequences: `ESC [`, parameters, and a final byte.
//!
//! Decodes keys with xterm's modifiers (`CSI 1;5A`), the mouse in both encodings, and keys as
//! `CSI u`, a mode that an earlier program may have left on.

use crossterm::event::{KeyCode, KeyModifiers};
use ratatui::layout::Position;

use super::{Decoded, character, control_or_ascii};
use crate::tui::message::{Input, ScrollDirection};

/// Decodes bytes that start with `ESC [`.
pub(super) fn decode(pending: &[u8]) -> Decoded {
    let Some((&last, parameters)) = pending[2..].split_last() else { return Decoded::Incomplete };
    match (parameters, last) {
        // A control byte is not part of a sequence but a key, such as Ctrl-C.
        (_, ..0x20) => Decoded::Invalid,
        // F1 to F5 of the Linux console, and the mouse in X10 encoding: the button, the column and
        // the row, each as a byte offset by 32.
        ([], b'[' | b'M') | ([b'M'] | [b'M', _], _) => Decoded::Incomplete,
        ([b'['], b'A'..=b'E') => key(KeyCode::F(1 + last - b'A'), KeyModifiers::NONE),
        ([b'['], _) => Decoded::Complete(None),
        (&[b'M', button, column], row) => {
            let number = |byte: u8| u16::from(byte).checked_sub(32);
            Decoded::Complete(
                number(button)
                    .zip(number(column).zip(number(row)))
                    .and_then(|(button, (column, row))| mouse(button, column, row)),
            )
        }
        (_, 0x7f..) => Decoded::Invalid,
        (_, 0x20..=0x3f) => Decoded::Incomplete,
        (b"200", b'~') => Decoded::Paste,
        ([b'<', numbers @ ..], b'M') => Decoded::Complete(match Parameters::parse(numbers).0 {
            [Some(button), Some(column), Some(row)] => mouse(button, column, row),
            _ => None,
        }),
        // The release of a button, and replies to queries, of which this program sends none.
        ([b'<'..=b'?', ..], _) => Decoded::Complete(None),
        // The release of a key.
        _ if is_release(parameters) => Decoded::Complete(None),
        _ => functional_key(&Parameters::parse(parameters), last),
    }
}

/// Classifies a sequence of maximum length by its latest byte.
pub(super) fn too_long(last: u8) -> Decoded {
    match last {
        ..0x20 | 0x7f.. => Decoded::Invalid,
        0x20..=0x3f => Decoded::Incomplete,
        _ => Decoded::Complete(None),
    }
}

/// Decodes the byte that follows `ESC O`.
pub(super) fn application_key(byte: u8) -> Decoded {
    match (letter_key(byte), byte) {
        (Some(code), _) => key(code, KeyModifiers::NONE),
        (None, ..0x20 | 0x7f..) => Decoded::Invalid,
        (None, _) => Decoded::Complete(None),
    }
}

/// Whether the second parameter marks the release of a key (`CSI 97;1:3u`).
fn is_release(parameters: &[u8]) -> bool {
    parameters.split(|&byte| byte == b';').nth(1).is_some_and(|number| number.ends_with(b":3"))
}

/// The first three parameters; `None` for one that is absent or not a number.
struct Parameters([Option<u16>; 3]);

impl Parameters {
    fn parse(parameters: &[u8]) -> Self {
        let mut numbers = parameters.split(|&byte| byte == b';').map(|number| {
            // Subparameters follow a colon.
            let number = number.split(|&byte| byte == b':').next()?;
            std::str::from_utf8(number).ok()?.parse().ok()
        });
        let mut next = || numbers.next().flatten();
        Self([next(), next(), next()])
    }

    fn modifiers(&self) -> KeyModifiers {
        let bits = self.0[1].unwrap_or(1).saturating_sub(1);
        [
            KeyModifiers::SHIFT,
            KeyModifiers::ALT,
            KeyModifiers::CONTROL,
            KeyModifiers::SUPER,
            KeyModifiers::HYPER,
            KeyModifiers::META,
        ]
        .into_iter()
        .enumerate()
        .filter(|(bit, _)| bits >> bit & 1 == 1)
        .map(|(_, modifier)| modifier)
        .collect()
    }
}

/// The key named by a sequence's final byte or first parameter.
fn functional_key(numbers: &Parameters, last: u8) -> Decoded {
    let modifiers = numbers.modifiers();
    match last {
        b'Z' => key(KeyCode::BackTab, modifiers | KeyModifiers::SHIFT),
        // xterm's `modifyOtherKeys`: the modifiers come before the character.
        b'~' if numbers.0[0] == Some(27) => {
            Decoded::Complete(numbers.0[2].and_then(|code| csi_u_key(code, modifiers)))
        }
        b'~' => numbers.0[0]
            .and_then(tilde_key)
            .map_or(Decoded::Complete(None), |code| key(code, modifiers)),
        b'u' => Decoded::Complete(numbers.0[0].and_then(|code| csi_u_key(code, modifiers))),
        _ => letter_key(last).map_or(Decoded::Complete(None), |code| key(code, modifiers)),
    }
}

fn letter_key(letter: u8) -> Option<KeyCode> {
    Some(match letter {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'F' => KeyCode::End,
        b'H' => KeyCode::Home,
        // Not R: it is F3 in some terminals, but the cursor position report in all of them.
        b'P' | b'Q' | b'S' => KeyCode::F(1 + letter - b'P'),
        _ => return None,
    })
}

fn tilde_key(number: u16) -> Option<KeyCode> {
    let number = u8::try_from(number).ok()?;
    Some(match number {
        1 | 7 => KeyCode::Home,
        2 => KeyCode::Insert,
        3 => KeyCode::Delete,
        4 | 8 => KeyCode::End,
        5 => KeyCode::PageUp,
        6 => KeyCode::PageDown,
        11..=15 => KeyCode::F(number - 10),
        17..=21 => KeyCode::F(number - 11),
        23..=26 => KeyCode::F(number - 12),
        28..=29 => KeyCode::F(number - 15),
        31..=34 => KeyCode::F(number - 17),
        _ => return None,
    })
}

/// A key given as a Unicode code point.
fn csi_u_key(code: u16, modifiers: KeyModifiers) -> Option<Input> {
    let shift = modifiers.contains(KeyModifiers::SHIFT);
    let mut key = match u8::try_from(code) {
        Ok(b'\t') if shift => KeyCode::BackTab.into(),
        Ok(byte @ ..0x80) if shift => control_or_ascii(byte.to_ascii_uppercase()),
        Ok(byte @ ..0x80) => control_or_ascii(byte),
        _ => character(char::from_u32(code.into())?),
    };
    key.modifiers |= modifiers;
    Some(Input::Key(key))
}

/// A mouse event from its button bits and its cell, counted from 1.
fn mouse(button: u16, column: u16, row: u16) -> Option<Input> {
    const MODIFIERS: u16 = 0b1_1100;
    let at = Position::new(column.checked_sub(1)?, row.checked_sub(1)?);
    match button & !MODIFIERS {
        0 => Some(Input::Click(at)),
        64 => Some(Input::Wheel(at, ScrollDirection::Up)),
        65 => Some(Input::Wheel(at, ScrollDirection::Down)),
        _ => None,
    }
}

fn key(code: KeyCode, modifiers: KeyModifiers) -> Decoded {
    Decoded::Complete(Some(super::key(code, modifiers)))
}
