//! Control sequences: `ESC [`, parameters, and a letter that says what they are about.
//!
//! Those that terminals send unasked, with the modifiers of xterm (`CSI 1;5A`), the mouse in its two
//! spellings, and keys as `CSI u`, which an earlier program may have left on.

use crossterm::event::{KeyCode, KeyModifiers};
use ratatui::layout::Position;

use super::{Decoded, character, control_or_ascii};
use crate::tui::message::{Input, Turn};

/// Decodes what begins with `ESC [`.
pub(super) fn decode(held: &[u8]) -> Decoded {
    let Some((&last, parameters)) = held[2..].split_last() else { return Decoded::Unfinished };
    match (parameters, last) {
        // A control byte cannot stand inside; Ctrl-C, for one, is meant.
        (_, ..0x20) => Decoded::Broken,
        // F1 to F5 of the Linux console, and the mouse of terminals without numbers of any size:
        // the button, the column and the row, each a byte that is 32 more.
        ([], b'[' | b'M') | ([b'M'] | [b'M', _], _) => Decoded::Unfinished,
        ([b'['], b'A'..=b'E') => key(KeyCode::F(1 + last - b'A'), KeyModifiers::NONE),
        ([b'['], _) => Decoded::Whole(None),
        (&[b'M', button, column], row) => {
            let number = |byte: u8| u16::from(byte).checked_sub(32);
            Decoded::Whole(
                number(button)
                    .zip(number(column).zip(number(row)))
                    .and_then(|(button, (column, row))| mouse(button, column, row)),
            )
        }
        (_, 0x7f..) => Decoded::Broken,
        (_, 0x20..=0x3f) => Decoded::Unfinished,
        (b"200", b'~') => Decoded::Paste,
        ([b'<', numbers @ ..], b'M') => Decoded::Whole(match Numbers::of(numbers).0 {
            [Some(button), Some(column), Some(row)] => mouse(button, column, row),
            _ => None,
        }),
        // The release of a button, and answers to what nobody asked.
        ([b'<'..=b'?', ..], _) => Decoded::Whole(None),
        // The release of a key.
        _ if is_release(parameters) => Decoded::Whole(None),
        _ => named(&Numbers::of(parameters), last),
    }
}

/// What a sequence is that is longer than any that means something, by its latest byte.
pub(super) fn too_long(last: u8) -> Decoded {
    match last {
        ..0x20 | 0x7f.. => Decoded::Broken,
        0x20..=0x3f => Decoded::Unfinished,
        _ => Decoded::Whole(None),
    }
}

/// Decodes the byte that follows `ESC O`.
pub(super) fn application_key(byte: u8) -> Decoded {
    match (letter(byte), byte) {
        (Some(code), _) => key(code, KeyModifiers::NONE),
        (None, ..0x20 | 0x7f..) => Decoded::Broken,
        (None, _) => Decoded::Whole(None),
    }
}

/// Whether the second number says that a key was released (`CSI 97;1:3u`).
fn is_release(parameters: &[u8]) -> bool {
    parameters.split(|&byte| byte == b';').nth(1).is_some_and(|number| number.ends_with(b":3"))
}

/// Up to three numbers; `None` for one that is not there or is none.
struct Numbers([Option<u16>; 3]);

impl Numbers {
    fn of(parameters: &[u8]) -> Self {
        let mut numbers = parameters.split(|&byte| byte == b';').map(|number| {
            // What follows a colon says more about the same.
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

/// The key that a sequence names by its letter or its first number.
fn named(numbers: &Numbers, last: u8) -> Decoded {
    let modifiers = numbers.modifiers();
    match last {
        b'Z' => key(KeyCode::BackTab, modifiers | KeyModifiers::SHIFT),
        b'~' => numbers.0[0]
            .and_then(numbered)
            .map_or(Decoded::Whole(None), |code| key(code, modifiers)),
        b'u' => Decoded::Whole(numbers.0[0].and_then(|code| spelt_out(code, modifiers))),
        _ => letter(last).map_or(Decoded::Whole(None), |code| key(code, modifiers)),
    }
}

fn letter(letter: u8) -> Option<KeyCode> {
    Some(match letter {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'F' => KeyCode::End,
        b'H' => KeyCode::Home,
        // Not R, which is F3 in some and in all of them says where the cursor is.
        b'P' | b'Q' | b'S' => KeyCode::F(1 + letter - b'P'),
        _ => return None,
    })
}

fn numbered(number: u16) -> Option<KeyCode> {
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

/// A key by its character's number.
fn spelt_out(code: u16, modifiers: KeyModifiers) -> Option<Input> {
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

/// What a button does, given in its bits, in a cell counted from 1.
fn mouse(button: u16, column: u16, row: u16) -> Option<Input> {
    const MODIFIERS: u16 = 0b1_1100;
    let at = Position::new(column.checked_sub(1)?, row.checked_sub(1)?);
    match button & !MODIFIERS {
        0 => Some(Input::Click(at)),
        64 => Some(Input::Wheel(at, Turn::Up)),
        65 => Some(Input::Wheel(at, Turn::Down)),
        _ => None,
    }
}

fn key(code: KeyCode, modifiers: KeyModifiers) -> Decoded {
    Decoded::Whole(Some(super::key(code, modifiers)))
}
