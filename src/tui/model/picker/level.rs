//! One level of the picker: the rows of a list that match the filter, and the cursor.
//!
//! Rows are derived when data or filter change, so that a key press costs the same with ten
//! rows as with ten thousand.

use jiff::{SignedDuration, Timestamp};

use super::paged_list::{PagedList, Trouble};
use crate::api::lists::ListItem;
use crate::domain::deployment::Deployment;
use crate::domain::savepoint::{Savepoint, State};
use crate::tui::model::cursor::Cursor;

/// Debounce of a typed filter before it is sent to the service.
const DEBOUNCE: SignedDuration = SignedDuration::from_millis(300);

/// Rows loaded ahead of the cursor, beyond one screen.
const PREFETCH: usize = 30;

/// An item that a level can list.
pub trait PickerItem: ListItem {
    /// Whether the service can search by a part of its name.
    const SEARCHABLE: bool;

    /// Texts that the filter matches.
    fn words(&self) -> [Option<&str>; 4];

    /// Whether it matches a lower-case needle.
    fn contains(&self, needle: &str) -> bool {
        let words = self.words().into_iter().chain([self.id()]).flatten();
        words.into_iter().any(|word| word.to_lowercase().contains(needle))
    }
}

impl PickerItem for Deployment {
    const SEARCHABLE: bool = true;

    fn words(&self) -> [Option<&str>; 4] {
        [self.name.as_deref(), None, None, None]
    }
}

impl PickerItem for Savepoint {
    const SEARCHABLE: bool = false;

    fn words(&self) -> [Option<&str>; 4] {
        let state = self.state.as_ref().map(State::as_str);
        [state, self.origin.as_deref(), self.description.as_deref(), self.job_id.as_deref()]
    }
}

/// A list with filter and cursor.
#[derive(Debug, Clone)]
pub struct PickerLevel<T> {
    pub all: PagedList<T>,
    /// Result of a search by the service, and its needle.
    pub found: Option<(String, PagedList<T>)>,
    filter: String,
    /// When the filter was typed, if it has not been sent to the service yet.
    typed_at: Option<Timestamp>,
    rows: Vec<usize>,
    cursor: Cursor,
}

impl<T: PickerItem> Default for PickerLevel<T> {
    fn default() -> Self {
        Self {
            all: PagedList::default(),
            found: None,
            filter: String::new(),
            typed_at: None,
            rows: Vec::new(),
            cursor: Cursor::default(),
        }
    }
}

/// Why the next page may be needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    CursorMoved,
    Other,
}

/// Operations of a level that do not depend on its items.
pub trait AnyLevel {
    fn filter(&self) -> &str;
    /// Sets the filter. After a pause in typing it is also sent to the service, unless
    /// everything is loaded already.
    fn set_filter(&mut self, filter: String, now: Timestamp);
    /// Cursor and number of rows.
    fn cursor(&self) -> (Cursor, usize);
    /// Moves the cursor; `height` is the window height.
    fn go(&mut self, to: usize, height: usize);
    /// Why the next page is missing.
    fn trouble(&self) -> Option<&Trouble>;
    /// Returns and clears it.
    fn take_trouble(&mut self) -> Option<Trouble>;
    /// Reloads the list from its first page.
    fn reload(&mut self);
    /// Whether the next page is needed: the cursor moved near the end of the loaded rows,
    /// or the list is being reloaded.
    fn needs(&self, height: usize, trigger: Trigger) -> bool;
}

impl<T: PickerItem> AnyLevel for PickerLevel<T> {
    fn filter(&self) -> &str {
        &self.filter
    }

    fn set_filter(&mut self, filter: String, now: Timestamp) {
        if filter == self.filter {
            return;
        }
        let known = self.found.as_ref().is_some_and(|(needle, _)| *needle == filter);
        let sought = T::SEARCHABLE && !filter.is_empty() && !known && !self.all.is_complete();
        self.typed_at = sought.then_some(now);
        self.filter = filter;
        self.derive();
        self.cursor = Cursor::default();
    }

    fn cursor(&self) -> (Cursor, usize) {
        (self.cursor, self.rows.len())
    }

    fn go(&mut self, to: usize, height: usize) {
        self.cursor.select(to, self.rows.len());
        self.cursor.scroll(self.rows.len(), height);
    }

    fn trouble(&self) -> Option<&Trouble> {
        self.loading()?.trouble.as_ref()
    }

    fn take_trouble(&mut self) -> Option<Trouble> {
        self.loading_mut()?.trouble.take()
    }

    fn reload(&mut self) {
        if let Some(list) = self.loading_mut() {
            list.reload();
        }
    }

    fn needs(&self, height: usize, trigger: Trigger) -> bool {
        let Some(list) = self.loading() else { return false };
        let near = self.cursor.selected + height + PREFETCH >= self.rows.len();
        // A list that only savepeek filters is not read to its end for a text that may
        // not be in it.
        let only_here = !T::SEARCHABLE && !self.filter.is_empty();
        list.is_reloading()
            || list.loaded_at.is_none()
            || (near && (trigger == Trigger::CursorMoved || !only_here))
    }
}

impl<T: PickerItem> PickerLevel<T> {
    /// A level that starts with a search by the service.
    pub fn searching(needle: &str) -> Self {
        let found = Some((needle.to_owned(), PagedList::default()));
        Self { found, filter: needle.to_owned(), ..Self::default() }
    }

    /// The list that the rows come from.
    pub fn list_in_view(&self) -> &PagedList<T> {
        let filter = self.filter.to_lowercase();
        let found = self.found.as_ref().filter(|(needle, found)| {
            let fits = !filter.is_empty() && filter.contains(&needle.to_lowercase());
            fits && found.shown().items().len() > 0
        });
        found.map_or(&self.all, |(_, found)| found)
    }

    /// The list being loaded; `None` while a typed filter waits to be sent.
    pub fn loading(&self) -> Option<&PagedList<T>> {
        match (&self.found, self.sought()?) {
            (Some((_, found)), true) => Some(found),
            _ => Some(&self.all),
        }
    }

    pub fn loading_mut(&mut self) -> Option<&mut PagedList<T>> {
        match (self.sought()?, &mut self.found) {
            (true, Some((_, found))) => Some(found),
            _ => Some(&mut self.all),
        }
    }

    /// Whether the list being loaded is a search result; `None` while a typed filter
    /// waits to be sent.
    fn sought(&self) -> Option<bool> {
        let found = self.found.as_ref().is_some_and(|(needle, _)| *needle == self.filter);
        (found || self.typed_at.is_none()).then_some(found)
    }

    /// When the typed filter is sent to the service.
    pub fn due(&self) -> Option<Timestamp> {
        self.typed_at?.checked_add(DEBOUNCE).ok()
    }

    pub fn count(&self) -> usize {
        self.rows.len()
    }

    pub fn row(&self, at: usize) -> Option<&T> {
        self.list_in_view().shown().get(*self.rows.get(at)?)
    }

    pub fn rows(&self) -> impl Iterator<Item = &T> {
        let shown = self.list_in_view().shown();
        self.rows.iter().filter_map(|&row| shown.get(row))
    }

    /// The item under the cursor.
    pub fn current(&self) -> Option<&T> {
        self.row(self.cursor.selected)
    }

    /// Starts the search for the typed filter.
    pub fn start_search(&mut self) {
        if self.typed_at.take().is_some() {
            self.found = Some((self.filter.clone(), PagedList::default()));
            self.arrange_at(None);
        }
    }

    /// Derives rows after data changed. The cursor stays on the item with this ID, if any,
    /// and on its screen line.
    pub fn arrange_at(&mut self, id: Option<&str>) {
        self.derive();
        let last = self.rows.len().saturating_sub(1);
        let position = id.and_then(|id| self.rows().position(|item| item.id() == Some(id)));
        self.cursor.follow(position.unwrap_or(self.cursor.selected).min(last));
    }

    fn derive(&mut self) {
        let needle = self.filter.to_lowercase();
        // Search results are shown even if their name does not match.
        let found = self.found.as_ref().filter(|_| self.sought() == Some(true));
        let by_service = found.is_some_and(|(_, found)| found.shown().items().len() > 0);
        let items = self.list_in_view().shown().items().enumerate();
        let rows = items.filter(|(_, item)| by_service || item.contains(&needle));
        self.rows = rows.map(|(row, _)| row).collect();
    }
}
