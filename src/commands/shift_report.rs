//! `savepeek report`: a hand-over for whoever comes next, in Markdown.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::domain::change::Kind;
use crate::domain::savepoint::Target;
use crate::storage::journal::{Entry, JournalStore, Observation, Subject, format};
use crate::util::text;

/// Without a watch list: how long ago something must have been observed last of a savepoint for
/// it not to be mentioned any more.
const FORGOTTEN: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What is said of a savepoint whose state nobody saw.
const NOT_OBSERVED: &str = "not observed";

/// What is known last of a savepoint.
#[derive(Debug, Default)]
struct Known {
    /// The words for its state, quoted, and since when it has been seen in it.
    state: Option<(String, Timestamp)>,
    /// When anything was observed of it last.
    observed_at: Timestamp,
    /// Since when and why it has no longer been live.
    lost: Option<(Timestamp, String)>,
}

/// Writes the last known states and what was observed from `since` to `now`; gives the number of
/// lines of the journal that could not be read.
///
/// `watched` is what the states are wanted of; without it, of everything in the journal's last
/// week.
///
/// # Errors
/// When the journal cannot be read, or nothing more can be written.
pub fn hand_over(
    store: &JournalStore,
    watched: Option<&[Target]>,
    (since, now): (Timestamp, Timestamp),
    zone: &TimeZone,
    out: &mut impl Write,
) -> io::Result<usize> {
    let moment = |at| text::moment(at, zone);
    writeln!(out, "# Savepoints: hand-over of {}\n", moment(now))?;
    writeln!(out, "What savepeek observed, as its journal on this machine has it. A change lies")?;
    writeln!(out, "between the two times beside it: the answers before and after it.\n")?;

    let watched: Option<Vec<Subject>> =
        watched.map(|targets| targets.iter().map(Subject::from_target).collect());
    let (known, unreadable) = last_known(store, now)?;
    writeln!(out, "## Last known states\n")?;
    let horizon = now.saturating_sub(FORGOTTEN).unwrap_or(Timestamp::MIN);
    let all = || known.keys().filter(|it| known[*it].observed_at >= horizon).collect();
    let shown: Vec<&Subject> =
        watched.as_ref().map_or_else(all, |watched| watched.iter().collect());
    if shown.is_empty() {
        writeln!(out, "None.")?;
    } else {
        writeln!(out, "| savepoint | state | seen so since | namespace | workspace | service |")?;
        writeln!(out, "|---|---|---|---|---|---|")?;
    }
    for subject in shown {
        let known = known.get(subject);
        let state = known.map_or_else(|| NOT_OBSERVED.to_owned(), |known| known.words(zone));
        let at = known.and_then(|known| known.state.as_ref());
        let at = at.map_or_else(|| "-".to_owned(), |(_, at)| moment(*at));
        let [id, namespace, workspace, endpoint] =
            [&subject.savepoint_id, &subject.namespace, &subject.workspace, &subject.endpoint]
                .map(|text| quote(text));
        let profile = subject.profile.as_deref().map(|name| format!(" as {}", quote(name)));
        let profile = profile.unwrap_or_default();
        writeln!(
            out,
            "| {id} | {state} | {at} | {namespace} | {workspace} | {endpoint}{profile} |"
        )?;
    }

    writeln!(out, "\n## Observed since {}\n", moment(since))?;
    let mut none = true;
    for read in store.read()? {
        let Some(entry) = read?.entry.filter(|it| (since..=now).contains(&it.at)) else { continue };
        let id = entry.subject().map(|subject| format!("{}: ", quote(&subject.savepoint_id)));
        let what = format::describe(&entry, zone, quote);
        writeln!(out, "- {} {}{what}", moment(entry.at), id.unwrap_or_default())?;
        none = false;
    }
    if none {
        writeln!(out, "Nothing.")?;
    }
    out.flush()?;
    Ok(unreadable)
}

/// What is known last of every savepoint in the journal, and how many lines could not be read.
fn last_known(
    store: &JournalStore,
    now: Timestamp,
) -> io::Result<(BTreeMap<Subject, Known>, usize)> {
    let mut all: BTreeMap<Subject, Known> = BTreeMap::new();
    let mut unreadable = 0;
    for read in store.read()? {
        match read?.entry {
            None => unreadable += 1,
            Some(Entry { at, what: Observation::Savepoint { subject, kind }, .. }) if at <= now => {
                all.entry(subject).or_default().learn(at, &kind);
            }
            Some(_) => {}
        }
    }
    Ok((all, unreadable))
}

impl Known {
    fn learn(&mut self, at: Timestamp, kind: &Kind) {
        self.observed_at = at;
        let state = match kind {
            Kind::First { state }
            | Kind::New { state }
            | Kind::Appeared { state }
            | Kind::State { to: state, .. } => {
                if state.is_empty() {
                    "no state".into()
                } else {
                    quote(state)
                }
            }
            Kind::FirstMissing => "not found by the service".into(),
            Kind::Vanished { was } => {
                format!("not found by the service, was {}", quote(was)).into()
            }
            // The state stays what it was.
            Kind::Overdue { .. } => return,
            Kind::Lost { cause } => {
                self.lost = Some((at, quote(cause).into_owned()));
                return;
            }
            Kind::Back { .. } => {
                self.lost = None;
                return;
            }
        };
        self.lost = None;
        // The first answer of another run may say what the last one did: not a change.
        if self.state.as_ref().is_none_or(|(known, _)| *known != state) {
            self.state = Some((state.into_owned(), at));
        }
    }

    fn words(&self, zone: &TimeZone) -> String {
        let state = self.state.as_ref().map_or(NOT_OBSERVED, |(state, _)| state);
        match &self.lost {
            None => state.to_owned(),
            Some((at, why)) => {
                format!("{state}; no answer since about {}: {why}", text::moment(*at, zone))
            }
        }
    }
}

/// Foreign text as a code span: the only place in Markdown where nothing becomes a link, a mention, an
/// image or a tag, in no dialect. The fence is longer than any run of backticks inside. A bar is
/// escaped like a control, because dialects disagree about bars in the code of a table.
fn quote(text: &str) -> Cow<'_, str> {
    let text = text::clean(text).replace('|', "\\x7c");
    let is_other = |c: char| c != '`';
    let longest = text.split(is_other).map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    // One space on each side is not part of the code; without it a backtick would join the fence.
    let at_an_end = |c| text.starts_with(c) || text.ends_with(c);
    let space = if text.is_empty() || at_an_end(' ') || at_an_end('`') { " " } else { "" };
    Cow::Owned(format!("{fence}{space}{text}{space}{fence}"))
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;
    use crate::storage::journal::entry::tests::{at, change, target};
    use crate::storage::journal::store::tests::store;
    use crate::storage::journal::{Entry, ProgramEvent};

    const NOW: &str = "2026-11-23T12:00:00Z";

    fn report(entries: Vec<Entry>, watched: Option<&[Target]>) -> String {
        let home = tempfile::tempdir().unwrap();
        let store = store(&home, u64::MAX);
        store.append(&mut VecDeque::from(entries)).unwrap();
        let mut out = Vec::new();
        let span = (at("2026-11-23T04:00:00Z"), at(NOW));
        assert_eq!(hand_over(&store, watched, span, &TimeZone::UTC, &mut out).unwrap(), 0);
        String::from_utf8(out).unwrap()
    }

    fn night() -> Vec<Entry> {
        let state = |from: &str, to: &str| Kind::State { from: from.into(), to: to.into() };
        let first = |state: &str| Kind::First { state: state.into() };
        vec![
            change("old", "2026-11-01T00:00:00Z", first("STARTED")),
            change("kept", "2026-11-01T00:00:00Z", first("COMPLETED")),
            change("kept", "2026-11-23T02:00:00Z", first("COMPLETED")),
            change("sp-1", "2026-11-23T03:00:00Z", first("STARTED")),
            change("sp-2", "2026-11-23T03:00:01Z", first("COMPLETED")),
            change("sp-1", "2026-11-23T04:03:11Z", state("STARTED", "COMPLETED")),
            change("sp-2", "2026-11-23T05:00:00Z", Kind::Lost { cause: "unreachable".into() }),
            Entry::program(at("2026-11-23T06:00:00Z"), None, ProgramEvent::Stopped),
            change("sp-1", "2026-11-23T07:00:00Z", first("COMPLETED")),
        ]
    }

    #[test]
    fn tells_the_night() {
        insta::assert_snapshot!(report(night(), None));
    }

    #[test]
    fn of_a_watch_list_it_tells_that_and_no_more() {
        let text = report(night(), Some(&[target("sp-1"), target("never-seen")]));
        let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| ")).collect();
        assert_eq!(rows.len(), 3, "{text}");
        assert!(
            rows[1].starts_with("| `sp-1` | `COMPLETED` | 2026-11-23 04:03:11 UTC |"),
            "{text}"
        );
        assert!(rows[2].starts_with("| `never-seen` | not observed | - |"), "{text}");
    }

    #[test]
    fn of_one_that_never_answered_it_claims_no_state() {
        let lost = Kind::Lost { cause: "unreachable".into() };
        let text = report(vec![change("sp-1", "2026-11-23T05:00:00Z", lost)], None);
        assert!(text.contains("| `sp-1` | not observed; no answer since about"), "{text}");
        assert!(text.contains(": `unreachable` | - |") && !text.contains("1970"), "{text}");
    }

    #[test]
    fn of_nothing_it_says_so() {
        let text = report(Vec::new(), None);
        assert!(text.contains("None.") && text.contains("Nothing."), "{text}");
    }

    #[rstest::rstest]
    #[case("COMPLETED", "`COMPLETED`")]
    #[case("a|b", r"`a\x7cb`")]
    #[case("https://evil.example", "`https://evil.example`")]
    #[case("a``b", "```a``b```")]
    #[case("`a", "`` `a ``")]
    #[case("a ", "` a  `")]
    #[case("", "`  `")]
    #[case("\u{1b}[31m", r"`\x1b[31m`")]
    #[case("a\nb", r"`a\x0ab`")]
    fn foreign_text_is_code(#[case] text: &str, #[case] quoted: &str) {
        assert_eq!(quote(text), quoted);
    }
}
