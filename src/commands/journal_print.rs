//! `savepeek journal`: the entries, oldest first.

use std::io::{self, Write};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::commands::cli::Output;
use crate::storage::journal::{Entry, JournalStore, format};
use crate::util::json;

/// Which entries.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Only what was observed since then.
    pub since: Option<Timestamp>,
    /// Only what is about the savepoint with this ID.
    pub id: Option<String>,
}

impl Selection {
    fn has(&self, entry: &Entry) -> bool {
        let subject = entry.subject();
        self.since.is_none_or(|since| entry.at >= since)
            && self.id.as_ref().is_none_or(|id| subject.is_some_and(|it| it.savepoint_id == *id))
    }
}

/// Prints the selected entries of a journal: a line each for people, or the line as it is kept.
/// Gives the number of lines that could not be read.
///
/// # Errors
/// When the journal cannot be read, or nothing more can be written.
pub fn print(
    store: &JournalStore,
    selection: &Selection,
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
            Some(entry) if !selection.has(&entry) => {}
            // A line may have been written by another hand, so it is escaped once more.
            Some(_) if output == Output::Json => writeln!(out, "{}", json::compact(&read.line))?,
            Some(entry) => {
                if !std::mem::replace(&mut headed, true) {
                    writeln!(out, "{}", format::HEADING)?;
                }
                writeln!(out, "{}", format::format_line(&entry, zone))?;
            }
        }
    }
    out.flush()?;
    Ok(unreadable)
}
