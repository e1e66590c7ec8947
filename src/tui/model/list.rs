//! The savepoint list: order, filter and selection.
//!
//! The selection is stored by identity. Order and positions are derived when data change, so
//! that a key press costs the same with ten savepoints as with ten thousand.

mod groups;
mod order;

use std::cmp::{Ordering, Reverse};

use jiff::Timestamp;

use super::cursor::Cursor;
use super::feed::{DisplayStatus, Feed};
use super::feeds::{Changes, Feeds};
use super::metadata::MetadataCache;
use crate::config::context::Context;
use crate::domain::savepoint::{Savepoint, State, Target};
pub(super) use groups::problem;
pub(super) use order::ListData;
use order::RowOrder;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Column {
    #[default]
    Problem,
    State,
    Id,
    Origin,
    /// Newest first.
    Created,
    /// By last answer, oldest first.
    Seen,
    Deployment,
    Description,
}

impl Column {
    /// All keys in the order of the sort action.
    pub const ALL: [Self; 8] = [
        Self::Problem,
        Self::State,
        Self::Id,
        Self::Origin,
        Self::Created,
        Self::Seen,
        Self::Deployment,
        Self::Description,
    ];

    #[must_use]
    pub fn next(self) -> Self {
        let at = Self::ALL.iter().position(|&column| column == self).unwrap_or_default();
        Self::ALL[(at + 1) % Self::ALL.len()]
    }

    /// Name for the user.
    pub fn name(self) -> &'static str {
        match self {
            Self::Problem => "problems first",
            Self::State => "state",
            Self::Id => "ID",
            Self::Origin => "origin",
            Self::Created => "created",
            Self::Seen => "seen",
            Self::Deployment => "deployment",
            Self::Description => "description",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    /// Heading of a place, by index
    /// in [`State::places`](super::State::places). Not selectable.
    Place(usize),
    /// Heading of a followed deployment, by index
    /// in [`State::histories`](super::State::histories). Not selectable.
    Deployment(usize),
    Savepoint(usize),
}

impl Row {
    pub fn savepoint(self) -> Option<usize> {
        match self {
            Self::Place(_) | Self::Deployment(_) => None,
            Self::Savepoint(index) => Some(index),
        }
    }
}

/// The headings of a savepoint; their order is that of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct GroupKey {
    /// Index of its place, if the list is grouped.
    pub place: Option<usize>,
    /// Index of its followed deployment; its heading is below that of the place.
    pub deployment: Option<usize>,
}

/// State of the list.
#[derive(Debug, Clone, Default)]
pub struct List {
    pub sort: Column,
    pub reversed: bool,
    /// Case-insensitive filter; empty for none.
    pub filter: String,
    /// Active context; only its places are shown.
    pub scope: Option<Context>,
    pub selected: Option<Target>,
    /// Whether the user has moved. Until then the top row is selected, whichever it is.
    pub held: bool,
    /// Whether to group by place, where there are several.
    pub grouped: bool,
    rows: Vec<Row>,
    order: RowOrder,
    /// On the row of the selected savepoint.
    cursor: Cursor,
}

impl List {
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Number of rows that are savepoints.
    pub fn shown(&self) -> usize {
        self.order.len()
    }

    /// Row of the selected savepoint.
    pub fn position(&self) -> usize {
        self.cursor.selected
    }

    /// Applies the filter again after the user changed a text it matches. Otherwise the
    /// selected savepoint stays visible without a match as long as the filter is the same:
    /// a data change must not move the cursor.
    pub fn filter_again(&mut self) {
        self.order.forget();
    }

    /// Updates rows after data, sort or filter changed. The selection stays, on the same
    /// screen line where possible.
    pub(super) fn arrange(&mut self, known: &ListData<'_>, changes: &Changes) {
        let rows_changed = self.order_rows(known, changes);
        let selected = self.rows.get(self.position()).and_then(|row| row.savepoint());
        let selected = selected.and_then(|row| known.feeds.get_index(row)).map(|(it, _)| it);
        if rows_changed || (self.held && selected != self.selected.as_ref()) {
            self.reselect(known.feeds);
        }
    }

    fn reselect(&mut self, feeds: &Feeds) {
        if !self.held {
            return self.select(0, feeds);
        }
        let selected = self.selected.as_ref().and_then(|target| feeds.get_index_of(target));
        match selected
            .and_then(|row| self.rows.iter().position(|&other| other == Row::Savepoint(row)))
        {
            Some(position) => self.cursor.follow(position),
            None => self.select(self.position(), feeds),
        }
    }

    pub fn is_heading(&self, position: usize) -> bool {
        self.rows.get(position).is_some_and(|row| row.savepoint().is_none())
    }

    /// First visible row for a window height, so that the selected row and
    /// its heading are visible.
    pub fn first(&self, height: usize) -> usize {
        let headed = height > 1 && self.heading_above(self.position()).is_some();
        let offset = self.cursor.offset.min(self.position() - usize::from(headed));
        Cursor { offset, ..self.cursor }.first(self.rows.len(), height)
    }

    /// Scrolls so that the selected row and its heading are visible.
    pub fn scroll(&mut self, height: usize) {
        self.cursor.offset = self.first(height);
    }

    /// The heading to pin over the first visible row, if its own heading is scrolled off.
    /// None for the last row of a group, because the next heading follows directly.
    pub fn pinned(&self, first: usize, height: usize) -> Option<Row> {
        let has_room = height > 1 && !self.is_heading(first) && !self.is_heading(first + 1);
        if has_room { self.heading_above(first) } else { None }
    }

    fn heading_above(&self, position: usize) -> Option<Row> {
        // Without any headings, thousands of rows need no search.
        let above = self.rows.get(..position).filter(|_| self.shown() < self.rows.len())?;
        above.iter().rev().find(|row| row.savepoint().is_none()).copied()
    }

    /// Selects the row at a position, clamped. From a heading it moves to the
    /// savepoint below, else above.
    pub fn select(&mut self, position: usize, feeds: &Feeds) {
        let position = position.min(self.rows.len().saturating_sub(1));
        let near = self.below(position).or_else(|| self.above(position));
        self.cursor.selected = near.unwrap_or(position);
        self.selected = self
            .rows
            .get(self.cursor.selected)
            .and_then(|row| feeds.get_index(row.savepoint()?))
            .map(|(target, _)| target.clone());
    }

    pub fn below(&self, position: usize) -> Option<usize> {
        (position..self.rows.len()).find(|&at| !self.is_heading(at))
    }

    pub fn above(&self, position: usize) -> Option<usize> {
        (0..=position).rev().find(|&at| at < self.rows.len() && !self.is_heading(at))
    }
}

/// Urgency for sorting, most urgent first: failed, missing, no answer, then still running.
pub(super) fn urgency(feed: &Feed) -> u8 {
    match feed.display_status() {
        DisplayStatus::State(Some(State::Failed)) => 0,
        DisplayStatus::NotFound => 1,
        DisplayStatus::NoAnswer => 2,
        DisplayStatus::State(None | Some(State::Other(_))) => 3,
        DisplayStatus::State(Some(State::Started)) => 4,
        DisplayStatus::Waiting => 5,
        DisplayStatus::State(Some(State::Completed)) => 6,
    }
}

fn compare(
    sort: Column,
    (a_target, a): (&Target, &Feed),
    (b_target, b): (&Target, &Feed),
) -> Ordering {
    match sort {
        Column::Problem => urgency(a).cmp(&urgency(b)),
        Column::State => state_word(a).cmp(state_word(b)),
        Column::Id => a_target.id.cmp(&b_target.id),
        Column::Origin => text(a, |s| s.origin.as_deref()).cmp(text(b, |s| s.origin.as_deref())),
        Column::Created => newest_first(a, b),
        Column::Seen => a.confirmed_at().cmp(&b.confirmed_at()),
        // Deployment names are not in the feeds; the caller compares them.
        Column::Deployment => Ordering::Equal,
        Column::Description => {
            text(a, |s| s.description.as_deref()).cmp(text(b, |s| s.description.as_deref()))
        }
    }
}

fn newest_first(a: &Feed, b: &Feed) -> Ordering {
    let created = |feed: &Feed| -> Option<Timestamp> { feed.answer.as_ref()?.savepoint.created_at };
    Reverse(created(a)).cmp(&Reverse(created(b)))
}

fn state_word(feed: &Feed) -> &str {
    match feed.display_status() {
        DisplayStatus::Waiting => "",
        DisplayStatus::NoAnswer => "NO ANSWER",
        DisplayStatus::NotFound => "NOT FOUND",
        DisplayStatus::State(state) => state.map_or("", State::as_str),
    }
}

fn text(feed: &Feed, field: impl Fn(&Savepoint) -> Option<&str>) -> &str {
    feed.answer.as_ref().and_then(|answer| field(&answer.savepoint)).unwrap_or_default()
}

/// Name of a savepoint's deployment; empty if unknown.
pub fn called<'a>(target: &Target, feed: &Feed, metadata: &'a MetadataCache) -> &'a str {
    let savepoint = feed.answer.as_ref().map(|answer| &answer.savepoint);
    let id = savepoint.and_then(|savepoint| savepoint.deployment_id.as_deref());
    id.and_then(|id| metadata.name_of(&target.place, id)).map_or("", |(name, _)| name)
}

/// Whether a row matches a lower-case needle.
fn matches(target: &Target, feed: &Feed, metadata: &MetadataCache, needle: &str) -> bool {
    let contains = |text: &str| text.to_lowercase().contains(needle);
    let field = |field: &Option<String>| field.as_deref().is_some_and(contains);
    needle.is_empty()
        || contains(target.id.as_str())
        || contains(target.place.namespace.as_str())
        || contains(target.place.workspace.as_str())
        || contains(target.place.endpoint.as_str())
        || target.place.profile.as_ref().is_some_and(|profile| contains(profile.as_str()))
        || contains(state_word(feed))
        || contains(&feed.note)
        || contains(called(target, feed, metadata))
        || feed.answer.as_ref().is_some_and(|answer| {
            let savepoint = &answer.savepoint;
            [
                &savepoint.origin,
                &savepoint.description,
                &savepoint.location,
                &savepoint.deployment_id,
                &savepoint.job_id,
            ]
            .into_iter()
            .any(field)
        })
}
