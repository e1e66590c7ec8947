//! `savepeek report`: a shift hand-over in Markdown.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::Error;
use super::journal::{ago, finish};
use crate::config::ConfigSources;
use crate::config::flags::{Flags, TimeFlags};
use crate::config::values::{MONTH, duration};
use crate::domain::change::Kind;
use crate::domain::savepoint::Target;
use crate::storage::journal::{Entry, JournalStore, Observation, Subject, describe};
use crate::storage::watch_list::{self, WatchList};
use crate::util::environment::Environment;
use crate::util::{clock, text};

const HELP: &str = "\
Examples:
  savepeek report > night.md
  savepeek report --since 12h --time-zone Asia/Shanghai

Exit codes:
  0  printed
  1  the journal cannot be read, or nothing can be printed
  2  usage";

#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub struct Args {
    /// What was observed in this time, as 90m, 8h or 2d
    #[arg(long, value_name = "DURATION", default_value = "8h", value_parser = |text: &str| duration(text, 1000, MONTH))]
    pub since: Duration,
    #[command(flatten)]
    pub time: TimeFlags,
}

pub fn run(args: &Args, sources: &ConfigSources, mut flags: Flags) -> Result<u8, Error> {
    flags.screen.time.clone_from(&args.time);
    let zone = sources.options(flags)?.time_zone();
    let environment = Environment::of_process();
    let store = JournalStore::from_environment(&environment)?;
    // Without a readable watch list, the savepoints that the journal saw lately replace it.
    let list = watch_list::read(&environment).unwrap_or_else(|error| {
        drop(writeln!(io::stderr(), "savepeek: the watch list is left out: {error}"));
        WatchList::default()
    });
    let watched: Vec<Target> = list.watched.into_keys().collect();
    let watched = (!watched.is_empty()).then_some(watched.as_slice());
    let now = clock::now();
    let span = (ago(now, args.since), now);
    let mut out = BufWriter::new(io::stdout().lock());
    finish(print(&store, watched, span, &zone, &mut out))
}

/// Without a watch list, savepoints that were not observed for this long are left out.
const MAX_AGE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The state of a savepoint that was never read.
const NOT_OBSERVED: &str = "not observed";

/// What the journal knows of a savepoint.
#[derive(Debug, Default)]
struct LastKnown {
    /// The state, quoted, and when it was first seen in it.
    state: Option<(String, Timestamp)>,
    /// The time of its last entry.
    observed_at: Timestamp,
    /// When and why polls began to fail, if they still do.
    lost: Option<(Timestamp, String)>,
}

/// Writes the last known states, and the entries from `since` to `now`. Returns the number of
/// unreadable lines of the journal.
///
/// The states are those of `watched`; without it, of all savepoints in the journal's last week.
///
/// # Errors
/// When the journal cannot be read, or `out` cannot be written.
pub fn print(
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
    let horizon = now.saturating_sub(MAX_AGE).unwrap_or(Timestamp::MIN);
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
        let state = known.map_or_else(|| NOT_OBSERVED.to_owned(), |known| known.state_text(zone));
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
        let what = describe::describe(&entry, zone, quote);
        writeln!(out, "- {} {}{what}", moment(entry.at), id.unwrap_or_default())?;
        none = false;
    }
    if none {
        writeln!(out, "Nothing.")?;
    }
    out.flush()?;
    Ok(unreadable)
}

/// Returns what the journal knows of each savepoint, and the number of unreadable lines.
fn last_known(
    store: &JournalStore,
    now: Timestamp,
) -> io::Result<(BTreeMap<Subject, LastKnown>, usize)> {
    let mut all: BTreeMap<Subject, LastKnown> = BTreeMap::new();
    let mut unreadable = 0;
    for read in store.read()? {
        match read?.entry {
            None => unreadable += 1,
            Some(Entry { at, what: Observation::Savepoint { subject, kind }, .. }) if at <= now => {
                all.entry(subject).or_default().apply(at, &kind);
            }
            Some(_) => {}
        }
    }
    Ok((all, unreadable))
}

impl LastKnown {
    fn apply(&mut self, at: Timestamp, kind: &Kind) {
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
        // The first response of another run may repeat the last state: not a change.
        if self.state.as_ref().is_none_or(|(known, _)| *known != state) {
            self.state = Some((state.into_owned(), at));
        }
    }

    fn state_text(&self, zone: &TimeZone) -> String {
        let state = self.state.as_ref().map_or(NOT_OBSERVED, |(state, _)| state);
        match &self.lost {
            None => state.to_owned(),
            Some((at, why)) => {
                format!("{state}; no answer since about {}: {why}", text::moment(*at, zone))
            }
        }
    }
}

/// Quotes foreign text as a code span: the only place where no dialect of Markdown makes a link, a
/// mention, an image or a tag of it. The fence is longer than any run of backticks inside. A bar is
/// escaped like a control character, because dialects disagree about bars in the code of a table.
fn quote(text: &str) -> Cow<'_, str> {
    let text = text::clean(text).replace('|', "\\x7c");
    let is_other = |c: char| c != '`';
    let longest = text.split(is_other).map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    // One space on each side is not part of the code; without it a backtick would join the fence.
    let at_either_end = |c| text.starts_with(c) || text.ends_with(c);
    let space = if text.is_empty() || at_either_end(' ') || at_either_end('`') { " " } else { "" };
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
        assert_eq!(print(&store, watched, span, &TimeZone::UTC, &mut out).unwrap(), 0);
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
    fn only_watched_savepoints_have_a_row() {
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
    fn a_savepoint_that_never_answered_has_no_state() {
        let lost = Kind::Lost { cause: "unreachable".into() };
        let text = report(vec![change("sp-1", "2026-11-23T05:00:00Z", lost)], None);
        assert!(text.contains("| `sp-1` | not observed; no answer since about"), "{text}");
        assert!(text.contains(": `unreachable` | - |") && !text.contains("1970"), "{text}");
    }

    #[test]
    fn an_empty_journal_says_so() {
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
    fn foreign_text_is_quoted_as_code(#[case] text: &str, #[case] quoted: &str) {
        assert_eq!(quote(text), quoted);
    }
}
