//! A journal entry, and its line on disk.

use jiff::{Timestamp, Unit};
use serde::{Deserialize, Serialize};

use crate::domain::change::{Change, Kind};
use crate::domain::savepoint::Target;
use crate::util::json;

/// The version of the line format; lines of other versions are skipped.
const VERSION: u8 = 1;

/// The most characters kept of any text, which bounds the length of a line.
const LONGEST: usize = 500;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When the event was observed, rounded to the millisecond.
    pub at: Timestamp,
    /// The last observation before the event: it happened between `since` and `at`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    #[serde(flatten)]
    pub what: Observation,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Observation {
    Savepoint {
        #[serde(flatten)]
        subject: Subject,
        #[serde(flatten)]
        kind: Kind,
    },
    /// An event of this program, which explains gaps in the observations.
    ProgramEvent(ProgramEvent),
}

/// A savepoint as the journal names it: plain text, never used for a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subject {
    pub savepoint_id: String,
    pub namespace: String,
    pub workspace: String,
    /// The base URL of the service.
    pub endpoint: String,
    /// The credentials profile, unless it is the default one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
}

/// An event of the program itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum ProgramEvent {
    Started,
    Stopped,
    Paused,
    Resumed,
    /// The program did not run between `Entry::since` and now, or the clock was set.
    Woke,
}

/// An entry on disk.
#[derive(Serialize, Deserialize)]
struct Line<E> {
    v: u8,
    #[serde(flatten)]
    entry: E,
    /// The process that wrote the line; several may write to one journal.
    #[serde(default)]
    pid: u32,
}

impl Entry {
    pub fn from_change(change: &Change) -> Self {
        let subject = Subject::from_target(&change.target);
        let what = Observation::Savepoint { subject, kind: bounded(&change.kind) };
        Self::new(change.at, change.since, what)
    }

    pub fn program(at: Timestamp, since: Option<Timestamp>, what: ProgramEvent) -> Self {
        Self::new(at, since, Observation::ProgramEvent(what))
    }

    fn new(at: Timestamp, since: Option<Timestamp>, what: Observation) -> Self {
        let rounded = |at: Timestamp| at.round(Unit::Millisecond).unwrap_or(at);
        Self { at: rounded(at), since: since.map(rounded), what }
    }

    /// The savepoint, if the entry is about one.
    pub fn subject(&self) -> Option<&Subject> {
        match &self.what {
            Observation::Savepoint { subject, .. } => Some(subject),
            Observation::ProgramEvent(_) => None,
        }
    }

    /// The line on disk, with its line break and without control characters.
    pub(super) fn to_line(&self) -> serde_json::Result<String> {
        let line = Line { v: VERSION, entry: self, pid: std::process::id() };
        Ok(json::compact(&serde_json::to_string(&line)?) + "\n")
    }

    /// Parses a line; `None` if it is truncated, or not of this version.
    pub(super) fn from_line(line: &str) -> Option<Self> {
        let line: Line<Self> = serde_json::from_str(line).ok()?;
        (line.v == VERSION).then_some(line.entry)
    }
}

impl Subject {
    pub fn from_target(target: &Target) -> Self {
        Self {
            savepoint_id: cut(target.id.as_str()),
            namespace: cut(target.place.namespace.as_str()),
            workspace: cut(target.place.workspace.as_str()),
            endpoint: cut(target.place.endpoint.as_str()),
            profile: target.place.profile.as_ref().map(|profile| cut(profile.as_str())),
        }
    }
}

fn bounded(kind: &Kind) -> Kind {
    match kind {
        Kind::First { state } => Kind::First { state: cut(state) },
        Kind::FirstMissing => Kind::FirstMissing,
        Kind::State { from, to } => Kind::State { from: cut(from), to: cut(to) },
        Kind::Vanished { was } => Kind::Vanished { was: cut(was) },
        Kind::Appeared { state } => Kind::Appeared { state: cut(state) },
        Kind::New { state } => Kind::New { state: cut(state) },
        Kind::Overdue { .. } => kind.clone(),
        Kind::Lost { cause } => Kind::Lost { cause: cut(cause) },
        Kind::Back { cause } => Kind::Back { cause: cut(cause) },
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::domain::endpoint::Endpoint;
    use crate::domain::savepoint::{Namespace, Place, Profile, SavepointId, Workspace};

    pub(crate) fn target(id: &str) -> Target {
        let place = Place {
            endpoint: Endpoint::of_region("cn-hangzhou").unwrap(),
            workspace: Workspace::new("w1").unwrap(),
            namespace: Namespace::new("prod").unwrap(),
            profile: None,
        };
        Target { place, id: SavepointId::new(id).unwrap() }
    }

    pub(crate) fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    pub(crate) fn change(id: &str, time: &str, kind: Kind) -> Entry {
        let since = Some(at("2026-11-23T04:03:06Z"));
        Entry::from_change(&Change { target: target(id), at: at(time), since, kind })
    }

    #[test]
    fn the_line_format_is_stable() {
        let kind = Kind::State { from: "STARTED".into(), to: "COMPLETED".into() };
        let line = change("sp-1", "2026-11-23T04:03:11.2503Z", kind).to_line().unwrap();
        let expected = format!(
            r#"{{"v":1,"at":"2026-11-23T04:03:11.25Z","since":"2026-11-23T04:03:06Z","savepointId":"sp-1","namespace":"prod","workspace":"w1","endpoint":"https://ververica.cn-hangzhou.aliyuncs.com","event":"state","from":"STARTED","to":"COMPLETED","pid":{}}}"#,
            std::process::id()
        );
        assert_eq!(line, expected + "\n");
    }

    #[rstest::rstest]
    #[case(Kind::First { state: "STARTED".into() })]
    #[case(Kind::FirstMissing)]
    #[case(Kind::State { from: String::new(), to: "\u{1b}[31m\u{202e}\n\"\\升级".into() })]
    #[case(Kind::Vanished { was: "COMPLETED".into() })]
    #[case(Kind::Appeared { state: "STARTED".into() })]
    #[case(Kind::New { state: "STARTED".into() })]
    #[case(Kind::Overdue { elapsed: 1860, slowest: 780, of: 12 })]
    #[case(Kind::Lost { cause: "unreachable".into() })]
    #[case(Kind::Back { cause: "unreachable".into() })]
    fn a_written_change_is_read_back(#[case] kind: Kind) {
        let word = kind.word();
        let entry = change("sp-1", "2026-11-23T04:03:11.25Z", kind);
        let line = entry.to_line().unwrap();
        assert!(line.contains(&format!(r#""event":"{word}""#)), "{line}");
        assert!(!line.trim_end_matches('\n').contains(char::is_control), "{line}");
        assert_eq!(Entry::from_line(&line), Some(entry));
    }

    #[rstest::rstest]
    #[case(ProgramEvent::Started, "started")]
    #[case(ProgramEvent::Stopped, "stopped")]
    #[case(ProgramEvent::Paused, "paused")]
    #[case(ProgramEvent::Resumed, "resumed")]
    #[case(ProgramEvent::Woke, "woke")]
    fn a_written_program_event_is_read_back(#[case] program: ProgramEvent, #[case] word: &str) {
        let entry = Entry::program(at("2026-11-23T04:03:11Z"), None, program);
        let line = entry.to_line().unwrap();
        assert!(line.contains(&format!(r#""event":"{word}""#)), "{line}");
        assert_eq!(Entry::from_line(&line), Some(entry));
    }

    #[rstest::rstest]
    #[case::torn(r#"{"v":1,"at":"2026-11-23T04:03:11Z","ev"#)]
    #[case::later_version(r#"{"v":2,"at":"2026-11-23T04:03:11Z","event":"started","pid":1}"#)]
    #[case::unknown_event(r#"{"v":1,"at":"2026-11-23T04:03:11Z","event":"exploded","pid":1}"#)]
    #[case::no_time(r#"{"v":1,"event":"started","pid":1}"#)]
    #[case::nothing("")]
    fn an_invalid_line_is_no_entry(#[case] line: &str) {
        assert_eq!(Entry::from_line(line), None);
    }

    #[test]
    fn the_profile_is_part_of_the_subject() {
        let mut target = target("sp-1");
        target.place.profile = Some(Profile::new("ops").unwrap());
        let kind = Kind::FirstMissing;
        let at = at("2026-11-23T04:03:11Z");
        let entry = Entry::from_change(&Change { target, at, since: None, kind });
        let line = entry.to_line().unwrap();
        assert!(line.contains(r#","profile":"ops","event""#), "{line}");
        assert_eq!(Entry::from_line(&line), Some(entry));
    }

    #[test]
    fn the_length_of_a_line_is_bounded() {
        let huge = "\u{9b}".repeat(1 << 20);
        let entry = change("sp-1", "2026-11-23T04:03:11Z", Kind::Lost { cause: huge });
        let line = entry.to_line().unwrap();
        assert!(line.len() < 4096, "{}", line.len());
        assert_eq!(Entry::from_line(&line), Some(entry));
    }
}
