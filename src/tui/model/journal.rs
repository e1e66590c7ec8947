//! The journal: recent entries, and the view of them.

use std::collections::VecDeque;

use super::cursor::Cursor;
use super::typing::FilterEdit;
use crate::domain::change::Kind;
use crate::domain::savepoint::Target;
use crate::storage::journal::{Entry, Observation, RECENT_ENTRIES, Subject, format_line};
use jiff::tz::TimeZone;

/// Identity of an entry: its sequence number in this run; negative for entries of earlier runs.
pub type Number = i64;

/// Recent entries of this and earlier runs.
#[derive(Debug, Clone, Default)]
pub struct Journal {
    /// Oldest first; bounded.
    entries: VecDeque<Entry>,
    /// Number of the next entry.
    next: Number,
    pub disk: JournalStorage,
}

/// State of the journal on disk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum JournalStorage {
    /// Memory only.
    #[default]
    Off,
    /// Written; entries of earlier runs are still being loaded.
    Loading,
    /// Written, and earlier entries are loaded.
    Writing,
    /// Not written, with the reason.
    Failing(String),
}

impl Journal {
    pub fn push(&mut self, entry: Entry) {
        if self.entries.len() == RECENT_ENTRIES {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
        self.next += 1;
    }

    /// Prepends entries of earlier runs, oldest first, while there is room.
    pub fn load_earlier(&mut self, earlier: Vec<Entry>) {
        for entry in earlier.into_iter().rev().take(RECENT_ENTRIES - self.entries.len()) {
            self.entries.push_front(entry);
        }
    }

    /// Whether the entries contain an overdue report for a savepoint.
    pub fn has_reported_overdue(&self, target: &Target) -> bool {
        let subject = Subject::from_target(target);
        let reported = |entry: &&Entry| matches!(&entry.what, Observation::Savepoint { subject: of, kind: Kind::Overdue { .. } } if *of == subject);
        self.entries.iter().rev().any(|entry| reported(&entry))
    }

    pub fn newest_first(&self) -> impl Iterator<Item = (Number, &Entry)> {
        (0..self.next).rev().chain((Number::MIN..0).rev()).zip(self.entries.iter().rev())
    }
}

/// State of the journal pane.
#[derive(Debug, Clone, Default)]
pub struct JournalView {
    /// Show only this savepoint; `None` for all.
    pub of: Option<Subject>,
    /// Case-insensitive filter.
    pub filter: String,
    /// Input of the filter.
    pub typing: Option<FilterEdit>,
    /// Entry under the cursor; `None` follows the newest.
    pub selected: Option<Number>,
    /// Screen line of the cursor.
    pub line: usize,
}

impl JournalView {
    /// Visible entries, newest first. Entries about the program itself belong to every
    /// savepoint: they explain gaps.
    pub fn rows<'a>(&self, journal: &'a Journal, zone: &TimeZone) -> Vec<(Number, &'a Entry)> {
        let needle = self.filter.to_lowercase();
        let wanted = |entry: &Entry| match (&self.of, entry.subject()) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        };
        let matches = |entry: &Entry| {
            needle.is_empty() || format_line(entry, zone).to_lowercase().contains(&needle)
        };
        journal.newest_first().filter(|(_, entry)| wanted(entry) && matches(entry)).collect()
    }

    /// The cursor on the selected entry, or on the next older one if it is not visible.
    pub fn cursor(&self, rows: &[(Number, &Entry)]) -> Cursor {
        let last = rows.len().saturating_sub(1);
        let at = |selected| rows.iter().position(|&(number, _)| number <= selected);
        let selected = self.selected.map_or(0, |selected| at(selected).unwrap_or(last));
        Cursor { selected, offset: selected.saturating_sub(self.line) }
    }

    /// Selects the entry under the cursor; on the newest one the cursor stays on top.
    pub fn select(&mut self, cursor: Cursor, rows: &[(Number, &Entry)]) {
        self.line = cursor.line();
        let entry = rows.get(cursor.selected).filter(|_| cursor.selected > 0);
        self.selected = entry.map(|&(number, _)| number);
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::storage::journal::ProgramEvent;

    fn entry(second: i64) -> Entry {
        Entry::program(Timestamp::from_second(second).unwrap(), None, ProgramEvent::Paused)
    }

    fn shown(journal: &Journal) -> Vec<(Number, i64)> {
        journal.newest_first().map(|(number, entry)| (number, entry.at.as_second())).collect()
    }

    #[test]
    fn entry_numbers_are_stable() {
        let mut journal = Journal::default();
        journal.push(entry(10));
        assert_eq!(shown(&journal), [(0, 10)]);
        journal.load_earlier(vec![entry(1), entry(2)]);
        journal.push(entry(11));
        assert_eq!(shown(&journal), [(1, 11), (0, 10), (-1, 2), (-2, 1)]);
    }

    #[test]
    fn journal_drops_the_oldest_entries() {
        let mut journal = Journal::default();
        for second in 0..10 {
            journal.push(entry(second));
        }
        journal.load_earlier((0..5_000).map(|second| entry(-second)).rev().collect());
        assert_eq!(journal.entries.len(), RECENT_ENTRIES);
        for second in 10..3_000 {
            journal.push(entry(second));
        }
        let shown = shown(&journal);
        assert_eq!(
            (shown.len(), shown[0], shown[RECENT_ENTRIES - 1]),
            (RECENT_ENTRIES, (2_999, 2_999), (1_000, 1_000))
        );
    }

    #[test]
    fn cursor_on_a_hidden_entry_moves_to_the_next_older() {
        let mut journal = Journal::default();
        (0..5).for_each(|second| journal.push(entry(second)));
        let log = |selected| JournalView { selected, ..JournalView::default() };
        let mut rows = log(None).rows(&journal, &TimeZone::UTC);
        rows.remove(2);
        for (selected, position) in [(None, 0), (Some(3), 1), (Some(2), 2), (Some(-7), 3)] {
            assert_eq!(log(selected).cursor(&rows).selected, position, "{selected:?}");
        }
    }
}
