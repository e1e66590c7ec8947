//! The list of what is watched: its order, its filter and its selection.
//!
//! The selection is the savepoint's identity. Order and positions are derived from it when the
//! data change, so that a key press costs the same with ten savepoints as with ten thousand.

mod groups;
mod order;

use std::cmp::{Ordering, Reverse};

use jiff::Timestamp;

use super::feed::{DisplayStatus, Feed};
use super::feeds::{Changes, Feeds};
use super::metadata::MetadataCache;
use crate::config::context::Context;
use crate::domain::savepoint::{Savepoint, State, Target};
pub(super) use groups::problem;
pub(super) use order::ListData;
use order::RowOrder;

/// A column of the list, and a way to sort it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Column {
    /// What needs a person first.
    #[default]
    Problem,
    /// The state's word.
    State,
    /// The ID.
    Id,
    /// The origin.
    Origin,
    /// When it was created, newest first.
    Created,
    /// When the service last said anything about it, longest ago first.
    Seen,
    /// What the deployment is called.
    Deployment,
    /// The description.
    Description,
}

impl Column {
    /// All of them, in the order in which the sort key goes through them.
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

    /// The next one to sort by.
    #[must_use]
    pub fn next(self) -> Self {
        let at = Self::ALL.iter().position(|&column| column == self).unwrap_or_default();
        Self::ALL[(at + 1) % Self::ALL.len()]
    }

    /// What a sort by it is called.
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

/// A line of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    /// The heading of a place, by its index in [`State::places`](super::State::places). It cannot
    /// be selected, and a savepoint follows it.
    Place(usize),
    /// The heading of a followed deployment, by its index in
    /// [`State::histories`](super::State::histories). It cannot be selected.
    Deployment(usize),
    /// A savepoint, by its index in the feeds.
    Savepoint(usize),
}

impl Row {
    /// The savepoint's index in the feeds.
    pub fn savepoint(self) -> Option<usize> {
        match self {
            Self::Place(_) | Self::Deployment(_) => None,
            Self::Savepoint(index) => Some(index),
        }
    }
}

/// Under which headings a savepoint is, in the order of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct GroupKey {
    /// That of its place, where the list is grouped.
    pub place: Option<usize>,
    /// That of its deployment, where that is followed; below the one of the place.
    pub deployment: Option<usize>,
}

/// How the list is looked at.
#[derive(Debug, Clone, Default)]
pub struct List {
    /// What it is sorted by.
    pub sort: Column,
    /// Whether the other way round.
    pub reversed: bool,
    /// Only rows that contain this are shown; matched without regard to case.
    pub filter: String,
    /// The context that holds: only what is in it is shown.
    pub scope: Option<Context>,
    /// The selected savepoint.
    pub selected: Option<Target>,
    /// Whether the user has looked at the selected one: until then the selection is the top row,
    /// whichever that comes to be.
    pub held: bool,
    /// The first row shown.
    pub offset: usize,
    /// Whether each place has a part of its own under a heading, where there are several.
    pub grouped: bool,
    rows: Vec<Row>,
    order: RowOrder,
    /// Where among the rows the selected one is.
    position: usize,
}

impl List {
    /// The rows, from top to bottom.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// How many of the rows are savepoints.
    pub fn shown(&self) -> usize {
        self.order.len()
    }

    /// Where among the rows the selected one is.
    pub fn position(&self) -> usize {
        self.position
    }

    /// Filters again, because the user changed a text that the filter looks at. Otherwise, as long as
    /// the filter is the same, what is selected and held stays also without a match: a change of the
    /// data must not move the cursor from under a key.
    pub fn filter_again(&mut self) {
        self.order.forget();
    }

    /// Brings the rows up to date after the data, the sort or the filter changed. The selected
    /// savepoint stays selected, and on the same line of the screen where that is possible.
    pub(super) fn arrange(&mut self, known: &ListData<'_>, changes: &Changes) {
        let rows_changed = self.order_rows(known, changes);
        let selected = self.rows.get(self.position).and_then(|row| row.savepoint());
        let selected = selected.and_then(|row| known.feeds.get_index(row)).map(|(it, _)| it);
        if rows_changed || (self.held && selected != self.selected.as_ref()) {
            self.reselect(known.feeds);
        }
    }

    fn reselect(&mut self, feeds: &Feeds) {
        let line = self.position.saturating_sub(self.offset);
        if !self.held {
            return self.select(0, feeds);
        }
        let selected = self.selected.as_ref().and_then(|target| feeds.get_index_of(target));
        match selected
            .and_then(|row| self.rows.iter().position(|&other| other == Row::Savepoint(row)))
        {
            Some(position) => {
                self.position = position;
                self.offset = position.saturating_sub(line);
            }
            None => self.select(self.position, feeds),
        }
    }

    /// Whether the row at a position is a heading.
    pub fn is_heading(&self, position: usize) -> bool {
        self.rows.get(position).is_some_and(|row| row.savepoint().is_none())
    }

    /// The first row to show so that the selected one is visible in a window of some height, below
    /// its heading if it has one.
    pub fn first(&self, height: usize) -> usize {
        let position = self.position;
        let headed = height > 1 && self.heading_above(position).is_some();
        let offset = self.offset.min(position - usize::from(headed));
        scrolled(offset, position, self.rows.len(), height)
    }

    /// The heading that stands in the place of the first row shown, whose own one is above it.
    /// The last row of a group keeps its place: the next heading would stand right below, as if
    /// there were none.
    pub fn pinned(&self, first: usize, height: usize) -> Option<Row> {
        let has_room = height > 1 && !self.is_heading(first) && !self.is_heading(first + 1);
        if has_room { self.heading_above(first) } else { None }
    }

    fn heading_above(&self, position: usize) -> Option<Row> {
        // Where there is none at all, thousands need not be looked through for it.
        let above = self.rows.get(..position).filter(|_| self.shown() < self.rows.len())?;
        above.iter().rev().find(|row| row.savepoint().is_none()).copied()
    }

    /// Selects the row at a position, or the last one; for a heading the savepoint below, or where
    /// there is none the one above.
    pub fn select(&mut self, position: usize, feeds: &Feeds) {
        let position = position.min(self.rows.len().saturating_sub(1));
        let near = self.below(position).or_else(|| self.above(position));
        self.position = near.unwrap_or(position);
        self.selected = self
            .rows
            .get(self.position)
            .and_then(|row| feeds.get_index(row.savepoint()?))
            .map(|(target, _)| target.clone());
    }

    /// The first savepoint at or below a position.
    pub fn below(&self, position: usize) -> Option<usize> {
        (position..self.rows.len()).find(|&at| !self.is_heading(at))
    }

    /// The last savepoint at or above a position.
    pub fn above(&self, position: usize) -> Option<usize> {
        (0..=position).rev().find(|&at| at < self.rows.len() && !self.is_heading(at))
    }
}

/// The first row to show so that a position is visible in a window of some height.
pub fn scrolled(offset: usize, position: usize, rows: usize, height: usize) -> usize {
    let height = height.max(1);
    let lowest = (position + 1).saturating_sub(height);
    offset.clamp(lowest, position.max(lowest)).min(rows.saturating_sub(height))
}

/// What needs a person first: failed, gone, unheard of, then what is still under way.
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
        // By what is not in the feeds.
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

/// What a savepoint's deployment is called; empty where nobody knows.
pub fn called<'a>(target: &Target, feed: &Feed, metadata: &'a MetadataCache) -> &'a str {
    let savepoint = feed.answer.as_ref().map(|answer| &answer.savepoint);
    let id = savepoint.and_then(|savepoint| savepoint.deployment_id.as_deref());
    id.and_then(|id| metadata.of(&target.place, id)).map_or("", |(name, _)| name)
}

/// Whether any text of a row contains what is looked for (already in lower case).
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
