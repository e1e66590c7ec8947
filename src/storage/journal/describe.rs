//! An entry as a line for people.

use std::borrow::Cow;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use unicode_width::UnicodeWidthStr as _;

use super::{Entry, Observation, ProgramEvent};
use crate::domain::change::Kind;
use crate::util::text;

/// The heading above lines of [`format_line`].
pub(crate) const HEADING: &str =
    "WHEN                        SAVEPOINT                             WHAT";

/// Formats an entry as one line: time, savepoint, event. Safe for terminals and clipboards.
pub fn format_line(entry: &Entry, zone: &TimeZone) -> String {
    let id = text::clean(entry.subject().map_or("-", |subject| &subject.savepoint_id));
    let (at, what) = (text::moment(entry.at, zone), describe(entry, zone, text::clean));
    let gap = " ".repeat(36_usize.saturating_sub(id.width()));
    format!("{at:<26}  {id}{gap}  {what}")
}

/// Describes the event of an entry, without its time and its savepoint. `quote` escapes text from
/// outside for the place where the result is shown.
pub fn describe(entry: &Entry, zone: &TimeZone, quote: impl Fn(&str) -> Cow<'_, str>) -> String {
    let time = |at| time(at, entry.at, zone);
    let state =
        |word: &str| if word.is_empty() { "no state".into() } else { quote(word).into_owned() };
    let since = entry.since.filter(|&since| since <= entry.at);
    let between = since.map(|since| format!(" (between {} and {})", time(since), time(entry.at)));
    let between = between.unwrap_or_default();
    let unobserved = |why: &str| match since {
        Some(since) => format!("not observed {}-{}: {why}", time(since), time(entry.at)),
        None => format!("not observed until {}: {why}", time(entry.at)),
    };
    match &entry.what {
        Observation::Savepoint { kind, .. } => match kind {
            Kind::First { state: word } => format!("first seen: {}", state(word)),
            Kind::FirstMissing => "first asked for: not found by the service".to_owned(),
            Kind::State { from, to } => format!("{} -> {}{between}", state(from), state(to)),
            Kind::Vanished { was } => {
                format!("{} -> not found by the service{between}", state(was))
            }
            Kind::Appeared { state: word } => {
                format!("not found by the service -> {}{between}", state(word))
            }
            Kind::New { state: word } => format!("new: {}{between}", state(word)),
            Kind::Overdue { elapsed, slowest, of } => {
                let [elapsed, slowest] =
                    [elapsed, slowest].map(|it| text::duration(Duration::from_secs(*it)));
                format!(
                    "overdue: STARTED for {elapsed}, the slowest of {of} earlier ones took {slowest}"
                )
            }
            Kind::Lost { cause } => match since {
                Some(since) => format!("no answer since {}: {}", time(since), quote(cause)),
                None => format!("no answer: {}", quote(cause)),
            },
            Kind::Back { cause } => unobserved(&quote(cause)),
        },
        Observation::ProgramEvent(program) => match program {
            ProgramEvent::Started => "savepeek started".to_owned(),
            ProgramEvent::Stopped => "savepeek stopped".to_owned(),
            ProgramEvent::Paused => "paused: nothing is asked".to_owned(),
            ProgramEvent::Resumed => unobserved("paused"),
            ProgramEvent::Woke => match entry.since.filter(|&since| since > entry.at) {
                Some(since) => format!("this machine's clock was set back from {}", time(since)),
                None => {
                    unobserved("this machine slept, savepeek was stopped, or the clock was set")
                }
            },
        },
    }
}

/// The time of day, with the date if that differs from the entry's.
fn time(at: Timestamp, beside: Timestamp, zone: &TimeZone) -> String {
    let day = |at: Timestamp| at.to_zoned_datetime(zone.clone()).date();
    let time = text::time_of_day(at, zone);
    if day(at) == day(beside) { time } else { format!("{} {time}", day(at)) }
}

#[cfg(test)]
mod tests {
    use super::super::entry::tests::{at, change};
    use super::*;

    const NOON: &str = "2026-11-23T04:03:11Z";

    fn zone() -> TimeZone {
        TimeZone::fixed(jiff::tz::offset(8))
    }

    #[rstest::rstest]
    #[case(
        Kind::State { from: "STARTED".into(), to: "COMPLETED".into() },
        "STARTED -> COMPLETED (between 12:03:06 and 12:03:11)"
    )]
    #[case(Kind::First { state: String::new() }, "first seen: no state")]
    #[case(Kind::FirstMissing, "first asked for: not found by the service")]
    #[case(
        Kind::Vanished { was: "COMPLETED".into() },
        "COMPLETED -> not found by the service (between 12:03:06 and 12:03:11)"
    )]
    #[case(
        Kind::Appeared { state: "STARTED".into() },
        "not found by the service -> STARTED (between 12:03:06 and 12:03:11)"
    )]
    #[case(Kind::Lost { cause: "unreachable".into() }, "no answer since 12:03:06: unreachable")]
    #[case(Kind::Back { cause: "unreachable".into() }, "not observed 12:03:06-12:03:11: unreachable")]
    #[case(Kind::Back { cause: "\u{1b}[2J".into() }, "not observed 12:03:06-12:03:11: \\x1b[2J")]
    fn describes_changes_of_a_savepoint(#[case] kind: Kind, #[case] words: &str) {
        assert_eq!(describe(&change("sp-1", NOON, kind), &zone(), text::clean), words);
    }

    #[rstest::rstest]
    #[case(
        ProgramEvent::Resumed,
        Some("2026-11-23T03:00:00Z"),
        "not observed 11:00:00-12:03:11: paused"
    )]
    #[case(
        ProgramEvent::Woke,
        Some("2026-11-22T15:00:00Z"),
        "not observed 2026-11-22 23:00:00-12:03:11: this machine slept, savepeek was stopped, or the clock was set"
    )]
    #[case(
        ProgramEvent::Woke,
        Some("2026-11-23T05:00:00Z"),
        "this machine's clock was set back from 13:00:00"
    )]
    #[case(ProgramEvent::Resumed, None, "not observed until 12:03:11: paused")]
    #[case(ProgramEvent::Started, None, "savepeek started")]
    fn describes_events_of_the_program(
        #[case] what: ProgramEvent,
        #[case] since: Option<&str>,
        #[case] words: &str,
    ) {
        let entry = Entry::program(at(NOON), since.map(at), what);
        assert_eq!(describe(&entry, &zone(), text::clean), words);
    }

    #[test]
    fn a_line_has_time_and_cleaned_savepoint_id() {
        let entry = change("sp\u{202e}-1", NOON, Kind::FirstMissing);
        let line = format_line(&entry, &zone());
        assert!(line.starts_with("2026-11-23 12:03:11 +08:00  sp\\u{202e}-1  "), "{line}");
    }
}
