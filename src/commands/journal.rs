//! `savepeek journal`: the entries of the journal, oldest first.

use std::io::{self, BufWriter, Write};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Error, Output, exit};
use crate::config::ConfigSources;
use crate::config::flags::{Flags, TimeFlags};
use crate::config::values::{MONTH, duration};
use crate::storage::journal::{Entry, JournalStore, describe};
use crate::util::environment::Environment;
use crate::util::{clock, json};

const HELP: &str = "\
Examples:
  savepeek journal --since 8h
  savepeek journal --id 354dde66-a3ae-463e-967a-0b4107fd0001 --time-zone utc
  savepeek journal --since 2d --output json | jq -r .event

Exit codes:
  0  printed
  1  the journal cannot be read, or nothing can be printed
  2  usage";

#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub struct Args {
    /// Only what was observed in this time, as 90m, 8h or 2d
    #[arg(long, value_name = "DURATION", value_parser = |text: &str| duration(text, 1000, MONTH))]
    pub since: Option<Duration>,
    /// Only what is about this savepoint, and not what savepeek itself did
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// How to print it: lines for people, or one JSON object a line, as it is kept
    #[arg(long, value_enum, default_value_t = Output::Table)]
    pub output: Output,
    #[command(flatten)]
    pub time: TimeFlags,
}

pub fn run(args: Args, sources: &ConfigSources, mut flags: Flags) -> Result<u8, Error> {
    flags.screen.time = args.time;
    let zone = sources.options(flags)?.time_zone();
    let store = JournalStore::from_environment(&Environment::of_process())?;
    let since = args.since.map(|span| ago(clock::now(), span));
    let filter = Filter { since, id: args.id };
    let mut out = BufWriter::new(io::stdout().lock());
    finish(print(&store, &filter, args.output, &zone, &mut out))
}

pub(super) fn ago(now: Timestamp, span: Duration) -> Timestamp {
    now.saturating_sub(span).unwrap_or(Timestamp::MIN)
}

/// Warns of unreadable lines of the journal. A closed pipe is not an error: the
/// reader has read enough.
pub(super) fn finish(unreadable: io::Result<usize>) -> Result<u8, Error> {
    match unreadable {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        Err(error) => return Err(Error::Journal(error)),
        Ok(0) => {}
        Ok(lines) => drop(writeln!(
            io::stderr(),
            "savepeek: lines of the journal that could not be read, torn or of a later version: {lines}"
        )),
    }
    Ok(exit::SUCCESS)
}

#[derive(Debug, Clone, Default)]
pub struct Filter {
    since: Option<Timestamp>,
    id: Option<String>,
}

impl Filter {
    fn matches(&self, entry: &Entry) -> bool {
        let subject = entry.subject();
        self.since.is_none_or(|since| entry.at >= since)
            && self.id.as_ref().is_none_or(|id| subject.is_some_and(|it| it.savepoint_id == *id))
    }
}

/// Prints entries as text, or as the JSON lines of the file. Returns the number of unreadable lines.
///
/// # Errors
/// When the journal cannot be read, or `out` cannot be written.
pub fn print(
    store: &JournalStore,
    filter: &Filter,
    output: Output,
    zone: &TimeZone,
    out: &mut impl Write,
) -> io::Result<usize> {
    let mut unreadable = 0;
    let mut headed = false;
    for read in store.read()? {
        let read = read?;
        match read.entry {
            None => unreadable += 1,
            Some(entry) if !filter.matches(&entry) => {}
            // The file may have been edited, so its lines are escaped again.
            Some(_) if output == Output::Json => writeln!(out, "{}", json::compact(&read.line))?,
            Some(entry) => {
                if !std::mem::replace(&mut headed, true) {
                    writeln!(out, "{}", describe::HEADING)?;
                }
                writeln!(out, "{}", describe::format_line(&entry, zone))?;
            }
        }
    }
    out.flush()?;
    Ok(unreadable)
}
