//! Text for people: cleaned of whatever a terminal would act on, and durations in words.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

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

/// [`clean`] line by line: line breaks stay, tabs become spaces. What a clipboard may hold.
pub fn plain(text: &str) -> String {
    let lines: Vec<String> =
        text.lines().map(|line| clean(&line.replace('\t', "    ")).into_owned()).collect();
    lines.join("\n")
}

/// An age in words that change at most once a minute: `just now`, `12 min`, `3 h 20 min`, `2 d`.
pub fn age(age: Duration) -> String {
    let minutes = age.as_secs() / 60;
    match minutes {
        0 => "just now".to_owned(),
        1..=59 => format!("{minutes} min"),
        60..=599 => format!("{} h {:02} min", minutes / 60, minutes % 60),
        600..=2879 => format!("{} h", minutes / 60),
        _ => format!("{} d", minutes / 1440),
    }
}

/// `12 min ago`, or `just now`.
pub fn ago(span: Duration) -> String {
    if span.as_secs() < 60 { age(span) } else { format!("{} ago", age(span)) }
}

/// A time without its fraction.
pub fn seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// A moment in full: `2026-11-23 21:03:11 +08:00`, or with `UTC`.
pub fn moment(at: Timestamp, zone: &TimeZone) -> String {
    let zoned = at.to_zoned_datetime(zone.clone());
    let offset =
        if *zone == TimeZone::UTC { "UTC".to_owned() } else { zoned.strftime("%:z").to_string() };
    format!("{} {offset}", zoned.strftime("%Y-%m-%d %H:%M:%S"))
}

/// The time of day: `21:03:11`.
pub fn time_of_day(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned_datetime(zone.clone()).strftime("%H:%M:%S").to_string()
}

/// The text cut to a display width, with an ellipsis where something is missing.
pub fn fit(text: &str, width: usize) -> Cow<'_, str> {
    if text.width() <= width {
        return Cow::Borrowed(text);
    }
    let mut out = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        used += grapheme.width();
        if used >= width {
            break;
        }
        out.push_str(grapheme);
    }
    if width > 0 {
        out.push('…');
    }
    Cow::Owned(out)
}

/// The text broken into lines of at most some display width: at spaces where there are any,
/// anywhere otherwise; nothing is lost.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let options = textwrap::Options::new(width.max(1))
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .wrap_algorithm(textwrap::WrapAlgorithm::FirstFit);
    textwrap::wrap(text, options).into_iter().map(Cow::into_owned).collect()
}
