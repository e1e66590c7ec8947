//! Bytes from the terminal into keys, pastes and the mouse.
//!
//! Not crossterm's own parser, which cannot be reached from outside: it waits for the end of a
//! sequence or a paste for as long as that does not come, and meanwhile takes every key for a part
//! of it, Ctrl-C included. Here silence ends what is unfinished.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::tui::message::Input;

mod csi;

/// How long the next byte of a paste or of a sequence may take.
const SILENCE: Duration = Duration::from_secs(1);

/// How long nothing follows a Ctrl-C that somebody presses. One that stands inside a paste is
/// followed by the rest of that.
const PRESSED: Duration = Duration::from_millis(20);

/// The most bytes of a paste that are kept: some 30,000 IDs.
const LONGEST_PASTE: usize = 1 << 20;

/// The most bytes of a sequence that are kept; none that means anything is as long.
const LONGEST_SEQUENCE: usize = 64;

const ESC: u8 = 0x1b;
const CONTROL_C: u8 = 0x03;
const PASTE_END: &[u8] = b"\x1b[201~";

/// What has come and is not finished yet.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    /// The beginning of a sequence or of a character.
    held: Vec<u8>,
    paste: Option<Paste>,
}

/// A paste whose end has not come yet.
#[derive(Debug, Default)]
struct Paste {
    text: Vec<u8>,
    /// How much of [`PASTE_END`] came last.
    ended: usize,
    /// Whether the last byte was Ctrl-C.
    interrupted: bool,
}

/// What some bytes are.
enum Decoded {
    /// The beginning of something.
    Unfinished,
    /// The beginning of a paste.
    Paste,
    /// Something whole; `None` where that means nothing here.
    Whole(Option<Input>),
    /// Not one thing: its last byte begins another.
    Broken,
}

impl Decoder {
    /// Decodes bytes. In how many pieces they come makes no difference.
    pub(super) fn feed(&mut self, bytes: &[u8], inputs: &mut Vec<Input>) {
        for &byte in bytes {
            match self.paste.as_mut().map(|paste| paste.goes_on(byte)) {
                Some(true) => {}
                Some(false) => inputs.extend(self.end_paste()),
                None => self.take(byte, inputs),
            }
        }
    }

    /// How long to wait for more bytes before [`silence`](Self::silence); `None` when nothing is
    /// unfinished.
    pub(super) fn patience(&self) -> Option<Duration> {
        match (&self.paste, self.held.as_slice()) {
            (Some(paste), _) if paste.interrupted => Some(PRESSED),
            (None, []) => None,
            // Most often the key: a terminal sends a sequence at once.
            (None, [ESC]) => Some(Duration::ZERO),
            _ => Some(SILENCE),
        }
    }

    /// Nothing has come for [`patience`](Self::patience): what is unfinished stays so.
    pub(super) fn silence(&mut self, inputs: &mut Vec<Input>) {
        inputs.extend(self.end_paste());
        inputs.extend(match std::mem::take(&mut self.held).as_slice() {
            [ESC] => Some(key(KeyCode::Esc, KeyModifiers::NONE)),
            // As no sequence begins here, the key with Alt.
            &[ESC, byte @ (b'[' | b'O')] => Some(alt(control_or_ascii(byte))),
            _ => None,
        });
    }

    fn end_paste(&mut self) -> Option<Input> {
        let paste = self.paste.take()?;
        Some(if paste.interrupted {
            key(KeyCode::Char('c'), KeyModifiers::CONTROL)
        } else {
            Input::Paste(String::from_utf8_lossy(&paste.text).into_owned())
        })
    }

    fn take(&mut self, byte: u8, inputs: &mut Vec<Input>) {
        if byte == ESC && !self.held.is_empty() {
            self.silence(inputs);
        }
        if self.held.len() < LONGEST_SEQUENCE {
            self.held.push(byte);
        }
        let decoded = if self.held.len() == LONGEST_SEQUENCE {
            csi::too_long(byte)
        } else {
            decode(&self.held)
        };
        match decoded {
            Decoded::Unfinished => {}
            Decoded::Paste => {
                self.held.clear();
                self.paste = Some(Paste::default());
            }
            Decoded::Whole(input) => {
                self.held.clear();
                inputs.extend(input);
            }
            Decoded::Broken if self.held.len() == 1 => self.held.clear(),
            Decoded::Broken => {
                self.held.clear();
                self.take(byte, inputs);
            }
        }
    }
}

/// What some bytes are that come at once and are followed by silence, for the fuzz tests.
#[doc(hidden)]
pub fn decode_all(bytes: &[u8]) -> Vec<Input> {
    let (mut decoder, mut inputs) = (Decoder::default(), Vec::new());
    decoder.feed(bytes, &mut inputs);
    decoder.silence(&mut inputs);
    inputs
}

impl Paste {
    /// Takes a byte; whether more are to come.
    fn goes_on(&mut self, byte: u8) -> bool {
        self.interrupted = byte == CONTROL_C;
        if PASTE_END[self.ended] == byte {
            self.ended += 1;
            return self.ended < PASTE_END.len();
        }
        self.keep(self.ended);
        self.ended = usize::from(byte == ESC);
        if self.ended == 0 && self.text.len() < LONGEST_PASTE {
            self.text.push(byte);
        }
        true
    }

    /// Keeps what looked like the end, and was not.
    fn keep(&mut self, count: usize) {
        if self.text.len() < LONGEST_PASTE {
            self.text.extend_from_slice(&PASTE_END[..count]);
        }
    }
}

fn decode(held: &[u8]) -> Decoded {
    match held {
        [ESC] | [ESC, b'O'] => Decoded::Unfinished,
        [ESC, b'[', ..] => csi::decode(held),
        &[ESC, b'O', byte] => csi::application_key(byte),
        [ESC, character @ ..] => match character_key(character) {
            Decoded::Whole(Some(Input::Key(key))) => Decoded::Whole(Some(alt(key))),
            other => other,
        },
        character => character_key(character),
    }
}

/// A key that is one character or one control byte.
fn character_key(bytes: &[u8]) -> Decoded {
    let whole = |key| Decoded::Whole(Some(Input::Key(key)));
    if let &[byte @ ..0x80] = bytes {
        return whole(control_or_ascii(byte));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Decoded::Whole(text.chars().next().map(|c| Input::Key(character(c)))),
        Err(error) if error.error_len().is_none() => Decoded::Unfinished,
        Err(_) => Decoded::Broken,
    }
}

/// The key behind a byte of ASCII, in raw mode.
fn control_or_ascii(byte: u8) -> KeyEvent {
    let control = |c: u8| KeyEvent::new(KeyCode::Char(char::from(c)), KeyModifiers::CONTROL);
    match byte {
        b'\r' => KeyCode::Enter.into(),
        b'\t' => KeyCode::Tab.into(),
        0x7f => KeyCode::Backspace.into(),
        ESC => KeyCode::Esc.into(),
        0 => control(b' '),
        0x01..=0x1a => control(byte - 1 + b'a'),
        0x1c..=0x1f => control(byte - 0x1c + b'4'),
        _ => character(char::from(byte)),
    }
}

fn character(c: char) -> KeyEvent {
    let modifiers = if c.is_uppercase() { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
    KeyEvent::new(KeyCode::Char(c), modifiers)
}

fn key(code: KeyCode, modifiers: KeyModifiers) -> Input {
    Input::Key(KeyEvent::new(code, modifiers))
}

fn alt(mut key: KeyEvent) -> Input {
    key.modifiers |= KeyModifiers::ALT;
    Input::Key(key)
}

#[cfg(test)]
mod tests;
