//! Text for people: cleaned of whatever a terminal would act on, and durations in words.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::time::Duration;

/// Makes text harmless to a terminal: every control, bidirectional override and invisible
/// character becomes a visible escape (`\x1b`, `\u{202e}`); more than a few combining marks in a
/// row are dropped. Line breaks and tabs are controls too: split lines before.
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    let mut marks = 0;
    for c in text.chars() {
        if acts_on_a_terminal(c) {
            marks = 0;
            match u32::from(c) {
                code @ 0..=0xff => drop(write!(out, "\\x{code:02x}")),
                code => drop(write!(out, "\\u{{{code:x}}}")),
            }
            continue;
        }
        let mark = unicode_width::UnicodeWidthChar::width(c) == Some(0);
        marks = if mark { marks + 1 } else { 0 };
        if marks <= 4 {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// Whether a character does something to a terminal, or hides something from its reader.
fn acts_on_a_terminal(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// A duration in words of a designed width, the largest two units: `850 ms`, `4.2 s`, `31 s`,
/// `12 min 05 s`, `3 h 20 min`, `2 d 04 h`.
pub fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0 => format!("{} ms", duration.as_millis()),
        1..=9 if duration.subsec_millis() >= 100 => {
            format!("{seconds}.{} s", duration.subsec_millis() / 100)
        }
        1..=59 => format!("{seconds} s"),
        60..=3599 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        3600..=86_399 => format!("{} h {:02} min", seconds / 3600, seconds / 60 % 60),
        _ => format!("{} d {:02} h", seconds / 86_400, seconds / 3600 % 24),
    }
}
