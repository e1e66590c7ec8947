//! Text for the screen: terminal controls escaped, and times and durations in words.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

mod characters;

pub use characters::is_control;

/// Makes text harmless to a terminal and shows invisible characters: every character for which
/// [`is_control`] is true becomes a visible escape (`\x1b`, `\u{202e}`). Of combining marks,
/// those that follow no character are escaped, and those after the fourth in a row are dropped.
/// Line breaks and tabs are escaped too: split lines before.
///
/// A variation selector 15 or 16 that follows an emoji is dropped: it only chooses between two looks
/// of the same emoji, and terminals disagree about how many columns that look takes.
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    // How many marks the character before them has; `None` where there is no such character.
    let mut marks = None;
    let mut previous = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let before = previous.replace(c);
        if characters::is_control(c) {
            if !characters::selects_a_look(before, c, chars.peek().copied()) {
                escape(&mut out, c);
                marks = None;
            }
        } else if !characters::attaches(c) {
            marks = Some(0);
            out.push(c);
        } else {
            match &mut marks {
                None => escape(&mut out, c),
                Some(4) => {}
                Some(count) => {
                    *count += 1;
                    out.push(c);
                }
            }
        }
    }
    Cow::Owned(out)
}

fn escape(out: &mut String, c: char) {
    let _infallible = match u32::from(c) {
        code @ 0..=0xff => write!(out, "\\x{code:02x}"),
        code => write!(out, "\\u{{{code:x}}}"),
    };
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

/// [`clean`] line by line: line breaks stay, tabs become spaces. Only for text that is meant to have
/// several lines; a value of one line is for [`clean`].
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
    format!("{} {}", zoned.strftime("%Y-%m-%d %H:%M:%S"), offset(at, zone))
}

/// A zone's offset at a moment: `+08:00`, or `UTC`.
pub fn offset(at: Timestamp, zone: &TimeZone) -> String {
    if *zone == TimeZone::UTC {
        return "UTC".to_owned();
    }
    at.to_zoned_datetime(zone.clone()).strftime("%:z").to_string()
}

/// A moment relative to now: `21:03:11`, on another day `11-11 10:19`, in another year
/// `2025-11-11`.
pub fn when(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let [then, now] = [at, now].map(|it| it.to_zoned_datetime(zone.clone()));
    let format = match (then.date() == now.date(), then.year() == now.year()) {
        (true, _) => "%H:%M:%S",
        (false, true) => "%m-%d %H:%M",
        (false, false) => "%Y-%m-%d",
    };
    then.strftime(format).to_string()
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

/// The text broken into lines of exactly some display width, wherever that falls: for traces and
/// JSON, whose own indentation must stay.
pub fn chop(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    if text.len() > width && text.is_ascii() {
        // A trace can be a megabyte long, and graphemes are slow to find.
        let pieces = text.as_bytes().chunks(width).map(String::from_utf8_lossy);
        return pieces.map(Cow::into_owned).collect();
    }
    let mut lines = vec![String::new()];
    let mut used = 0;
    let mut push = |piece: &str| {
        used += piece.width();
        if used > width {
            lines.push(String::new());
            used = piece.width();
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(piece);
        }
    };
    for grapheme in text.graphemes(true) {
        if grapheme.width() <= width {
            push(grapheme);
        } else {
            // A grapheme wider than a line is broken between its characters.
            grapheme.split("").for_each(&mut push);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Any moment, the two ends of the range more often than others.
    fn moments() -> impl Strategy<Value = Timestamp> {
        let [first, last] = [Timestamp::MIN, Timestamp::MAX].map(Timestamp::as_second);
        let seconds = prop_oneof![first..=last, first..first + 100_000, last - 100_000..=last];
        prop_oneof![
            8 => seconds.prop_map(|second| Timestamp::from_second(second).unwrap()),
            1 => prop::sample::select(vec![Timestamp::MIN, Timestamp::MAX]),
        ]
    }

    proptest! {
        #[test]
        fn every_moment_can_be_formatted_in_every_zone(
            at in moments(),
            now in moments(),
            hours in -25_i8..=25,
        ) {
            let zone = TimeZone::fixed(jiff::tz::offset(hours));
            for said in [
                moment(at, &zone),
                offset(at, &zone),
                when(at, now, &zone),
                time_of_day(at, &zone),
                seconds(at).to_string(),
                duration(now.duration_since(at).unsigned_abs()),
                ago(now.duration_since(at).unsigned_abs()),
            ] {
                prop_assert!(!said.is_empty());
            }
        }
    }

    #[rstest::rstest]
    #[case::plain("savepoint-1 ok", "savepoint-1 ok")]
    #[case::chinese("升级前 🚀", "升级前 🚀")]
    #[case::escape("a\x1b[31m", "a\\x1b[31m")]
    #[case::c1("\u{9b}31m", "\\x9b31m")]
    #[case::bidi("a\u{202e}b", "a\\u{202e}b")]
    #[case::zero_width("a\u{200b}b", "a\\u{200b}b")]
    #[case::newline("a\nb", "a\\x0ab")]
    #[case::fillers("\u{3164}\u{115f}\u{1160}\u{ffa0}", "\\u{3164}\\u{115f}\\u{1160}\\u{ffa0}")]
    #[case::blanks("a\u{2800}\u{a0}\u{2003}", "a\\u{2800}\\xa0\\u{2003}")]
    #[case::the_space_of_chinese("升级\u{3000}前", "升级\u{3000}前")]
    #[case::selector_of_nothing("a\u{fe0f}\u{fe00}", "a\\u{fe0f}\\u{fe00}")]
    #[case::selector_of_an_emoji("\u{2764}\u{fe0f}!", "\u{2764}!")]
    #[case::second_selector("\u{2764}\u{fe0f}\u{fe0f}", "\u{2764}\\u{fe0f}")]
    #[case::keycap("1\u{fe0f}\u{20e3}1\u{fe0f}", "1\u{20e3}1\\u{fe0f}")]
    #[case::selector_of_an_ideograph("葛\u{e0100}", "葛\\u{e0100}")]
    #[case::joiners("a\u{34f}\u{2064}b", "a\\u{34f}\\u{2064}b")]
    #[case::music("\u{1d173}\u{1d159}", "\\u{1d173}\\u{1d159}")]
    #[case::private_and_unassigned("\u{e0b0}\u{378}\u{ffff}", "\\u{e0b0}\\u{378}\\u{ffff}")]
    #[case::mark_of_nothing("\u{301}e\u{301}\n\u{20e0}", "\\u{301}e\u{301}\\x0a\\u{20e0}")]
    #[case::storm_of_skin_tones("a🏽🏽🏽🏽🏽🏽", "a🏽🏽🏽🏽")]
    #[case::storm("e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}", "e\u{301}\u{301}\u{301}\u{301}")]
    fn cleaned_text_has_no_controls(#[case] text: &str, #[case] cleaned: &str) {
        assert_eq!(clean(text), cleaned);
    }

    #[test]
    fn every_control_character_is_escaped() {
        for c in ('\0'..=char::MAX).filter(|&c| is_control(c)) {
            let cleaned = clean(&format!("a{c}b")).into_owned();
            assert!(cleaned.bytes().all(|byte| byte.is_ascii_graphic()), "{c:?}: {cleaned:?}");
        }
    }

    #[rstest::rstest]
    #[case(0, "0 ms")]
    #[case(850, "850 ms")]
    #[case(4_250, "4.2 s")]
    #[case(4_000, "4 s")]
    #[case(59_900, "59 s")]
    #[case(725_000, "12 min 05 s")]
    #[case(12_000_000, "3 h 20 min")]
    #[case(187_200_000, "2 d 04 h")]
    fn a_duration_in_words(#[case] millis: u64, #[case] words: &str) {
        assert_eq!(duration(Duration::from_millis(millis)), words);
    }

    #[rstest::rstest]
    #[case(59, "just now")]
    #[case(60, "1 min")]
    #[case(12_000, "3 h 20 min")]
    #[case(50_000, "13 h")]
    #[case(800_000, "9 d")]
    fn an_age_changes_by_the_minute(#[case] seconds: u64, #[case] words: &str) {
        assert_eq!(age(Duration::from_secs(seconds)), words);
    }

    #[rstest::rstest]
    #[case::today("2026-11-22T16:00:00Z", "00:00:00")]
    #[case::yesterday("2026-11-22T15:59:59Z", "11-22 23:59")]
    #[case::last_year("2025-11-23T03:00:00Z", "2025-11-23")]
    fn a_moment_of_another_day_has_its_date(#[case] at: Timestamp, #[case] words: &str) {
        let zone = TimeZone::fixed(jiff::tz::offset(8));
        assert_eq!(when(at, "2026-11-23T03:00:00Z".parse().unwrap(), &zone), words);
    }

    #[rstest::rstest]
    #[case("abc", 3, "abc")]
    #[case("abcd", 3, "ab…")]
    #[case("升级前", 5, "升级…")]
    #[case("升级前", 4, "升…")]
    #[case("abc", 0, "")]
    fn text_that_does_not_fit_ends_in_an_ellipsis(
        #[case] text: &str,
        #[case] width: usize,
        #[case] fitted: &str,
    ) {
        assert_eq!(fit(text, width), fitted);
    }

    proptest::proptest! {
        #[test]
        fn wrapping_loses_nothing_and_keeps_the_width(text in "[ a-z升级🚀/.-]{0,200}", width in 2_usize..40) {
            let chopped = chop(&text, width);
            proptest::prop_assert_eq!(chopped.concat(), &*text);
            proptest::prop_assert!(chopped.iter().all(|line| line.width() <= width));
            let words: String = wrap(&text, width).concat().split(' ').collect();
            proptest::prop_assert_eq!(words, text.split(' ').collect::<String>());
            proptest::prop_assert!(wrap(&text, width).iter().all(|line| line.width() <= width));
        }
    }
}
