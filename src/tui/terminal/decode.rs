//! Decodes bytes from the terminal into keys, pastes and mouse events.
//!
//! Not crossterm's parser, which is private and has no timeout: it waits indefinitely for the end of
//! a sequence or a paste, and meanwhile treats every key as a part of it, Ctrl-C included. This
//! decoder ends an incomplete sequence after a timeout.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::tui::message::Input;

mod csi;

/// How long to wait for the next byte of a paste or sequence.
const BYTE_TIMEOUT: Duration = Duration::from_secs(1);

/// How long to wait for the rest of a sequence after its first byte, which alone is the Esc key. A
/// terminal sends a sequence at once, but a slow connection may split it there.
const ESCAPE_TIMEOUT: Duration = Duration::from_millis(25);

/// A Ctrl-C inside a paste counts as a key if no byte follows within this time: a pasted one is
/// followed by the rest of the paste.
const INTERRUPT_TIMEOUT: Duration = Duration::from_millis(20);

/// The most bytes of a paste that are kept, about 30,000 IDs.
const MAX_PASTE: usize = 1 << 20;

/// The most bytes of a sequence that are kept; no known sequence is as long.
const MAX_SEQUENCE: usize = 64;

const ESC: u8 = 0x1b;
const CONTROL_C: u8 = 0x03;
const PASTE_END: &[u8] = b"\x1b[201~";

#[derive(Debug, Default)]
pub(super) struct Decoder {
    /// The bytes of an incomplete sequence or character.
    pending: Vec<u8>,
    paste: Option<Paste>,
}

/// A bracketed paste whose end has not arrived yet.
#[derive(Debug, Default)]
struct Paste {
    text: Vec<u8>,
    /// How many bytes of [`PASTE_END`] the last bytes match.
    end_matched: usize,
    /// Whether the last byte was Ctrl-C.
    interrupted: bool,
}

/// The result of decoding the pending bytes.
enum Decoded {
    Incomplete,
    /// The start of a paste.
    Paste,
    /// A complete sequence or character; `None` if it is not an input of this program.
    Complete(Option<Input>),
    /// Not a sequence: the last byte starts another one.
    Invalid,
}

impl Decoder {
    /// Decodes bytes, which may be split anywhere.
    pub(super) fn feed(&mut self, bytes: &[u8], inputs: &mut Vec<Input>) {
        for &byte in bytes {
            match self.paste.as_mut().map(|paste| paste.push(byte)) {
                Some(true) => {}
                Some(false) => inputs.extend(self.end_paste()),
                None => self.push(byte, inputs),
            }
        }
    }

    /// How long to wait for more bytes before [`on_timeout`](Self::on_timeout); `None`
    /// when nothing is pending.
    pub(super) fn timeout(&self) -> Option<Duration> {
        match (&self.paste, self.pending.as_slice()) {
            (Some(paste), _) if paste.interrupted => Some(INTERRUPT_TIMEOUT),
            (None, []) => None,
            (None, [ESC]) => Some(ESCAPE_TIMEOUT),
            _ => Some(BYTE_TIMEOUT),
        }
    }

    /// No byte has arrived within [`timeout`](Self::timeout): ends what is pending.
    pub(super) fn on_timeout(&mut self, inputs: &mut Vec<Input>) {
        inputs.extend(self.end_paste());
        inputs.extend(match std::mem::take(&mut self.pending).as_slice() {
            [ESC] => Some(key(KeyCode::Esc, KeyModifiers::NONE)),
            // Not a sequence, but the key with Alt.
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

    fn push(&mut self, byte: u8, inputs: &mut Vec<Input>) {
        if byte == ESC && !self.pending.is_empty() {
            self.on_timeout(inputs);
        }
        if self.pending.len() < MAX_SEQUENCE {
            self.pending.push(byte);
        }
        let decoded = if self.pending.len() == MAX_SEQUENCE {
            csi::too_long(byte)
        } else {
            decode(&self.pending)
        };
        match decoded {
            Decoded::Incomplete => {}
            Decoded::Paste => {
                self.pending.clear();
                self.paste = Some(Paste::default());
            }
            Decoded::Complete(input) => {
                self.pending.clear();
                inputs.extend(input);
            }
            Decoded::Invalid if self.pending.len() == 1 => self.pending.clear(),
            Decoded::Invalid => {
                self.pending.clear();
                self.push(byte, inputs);
            }
        }
    }
}

/// Decodes bytes that arrive at once and are followed by the timeout, for the fuzz tests.
#[doc(hidden)]
pub fn decode_all(bytes: &[u8]) -> Vec<Input> {
    let (mut decoder, mut inputs) = (Decoder::default(), Vec::new());
    decoder.feed(bytes, &mut inputs);
    decoder.on_timeout(&mut inputs);
    inputs
}

impl Paste {
    /// Adds a byte; returns whether the paste goes on.
    fn push(&mut self, byte: u8) -> bool {
        self.interrupted = byte == CONTROL_C;
        if PASTE_END[self.end_matched] == byte {
            self.end_matched += 1;
            return self.end_matched < PASTE_END.len();
        }
        self.restore_end_prefix(self.end_matched);
        self.end_matched = usize::from(byte == ESC);
        if self.end_matched == 0 && self.text.len() < MAX_PASTE {
            self.text.push(byte);
        }
        true
    }

    /// Adds the first bytes of [`PASTE_END`] to the text: they were not the end.
    fn restore_end_prefix(&mut self, count: usize) {
        if self.text.len() < MAX_PASTE {
            self.text.extend_from_slice(&PASTE_END[..count]);
        }
    }
}

fn decode(pending: &[u8]) -> Decoded {
    match pending {
        [ESC] | [ESC, b'O'] => Decoded::Incomplete,
        [ESC, b'[', ..] => csi::decode(pending),
        &[ESC, b'O', byte] => csi::application_key(byte),
        [ESC, character @ ..] => match character_key(character) {
            Decoded::Complete(Some(Input::Key(key))) => Decoded::Complete(Some(alt(key))),
            other => other,
        },
        character => character_key(character),
    }
}

/// Decodes a character or control byte.
fn character_key(bytes: &[u8]) -> Decoded {
    let complete = |key| Decoded::Complete(Some(Input::Key(key)));
    if let &[byte @ ..0x80] = bytes {
        return complete(control_or_ascii(byte));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Decoded::Complete(text.chars().next().map(|c| Input::Key(character(c)))),
        Err(error) if error.error_len().is_none() => Decoded::Incomplete,
        Err(_) => Decoded::Invalid,
    }
}

/// The key that sends a byte of ASCII in raw mode.
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
