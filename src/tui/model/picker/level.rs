//! What one level of the picker shows: the rows of a list that contain what is typed, and where
//! the cursor is.
//!
//! The rows are derived when the data or the filter change, so that a key press costs the same
//! with ten rows as with ten thousand.

use jiff::{SignedDuration, Timestamp};

use super::paged_list::{PagedList, Trouble};
use crate::api::lists::ListItem;
use crate::domain::deployment::Deployment;
use crate::domain::savepoint::{Savepoint, State};
use crate::tui::model::list::scrolled;

/// How long nothing is typed before the service is asked for what was.
const PAUSE: SignedDuration = SignedDuration::from_millis(300);

/// How many rows below the cursor are loaded ahead, beyond a screenful.
const AHEAD: usize = 30;

/// What a level can list.
pub trait PickerItem: ListItem {
    /// Whether the service can look for a part of its name.
    const SEARCHABLE: bool;

    /// What a filter looks at.
    fn words(&self) -> [Option<&str>; 4];

    /// Whether it contains a text, which is in lower case.
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

/// A list, as it is looked at.
#[derive(Debug, Clone)]
pub struct PickerLevel<T> {
    /// All of it.
    pub all: PagedList<T>,
    /// What the service found, and for what.
    pub found: Option<(String, PagedList<T>)>,
    filter: String,
    /// When the filter was typed that the service was not asked for so far.
    typed_at: Option<Timestamp>,
    rows: Vec<usize>,
    /// The row that has the cursor.
    at: usize,
    /// The first row shown.
    first: usize,
}

impl<T: PickerItem> Default for PickerLevel<T> {
    fn default() -> Self {
        Self {
            all: PagedList::default(),
            found: None,
            filter: String::new(),
            typed_at: None,
            rows: Vec::new(),
            at: 0,
            first: 0,
        }
    }
}

/// What every level can do, whatever it lists.
pub trait AnyLevel {
    /// What the rows contain.
    fn filter(&self) -> &str;
    /// Shows only what contains a text. The service is asked for it once nothing more is typed,
    /// unless all it could say is here already.
    fn set_filter(&mut self, filter: String, now: Timestamp);
    /// The row that has the cursor, and how many there are.
    fn position(&self) -> (usize, usize);
    /// Moves the cursor, in a window of some height.
    fn go(&mut self, to: usize, height: usize);
    /// What is in the way of the next page.
    fn trouble(&self) -> Option<&Trouble>;
    /// The same, to be forgotten.
    fn take_trouble(&mut self) -> Option<Trouble>;
    /// Reads what is in view anew.
    fn reload(&mut self);
    /// Whether the next page is needed, in a window of some height: the cursor `moved` near the end
    /// of what is loaded, or what is shown is old.
    fn needs(&self, height: usize, moved: bool) -> bool;
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
        (self.at, self.first) = (0, 0);
    }

    fn position(&self) -> (usize, usize) {
        (self.at, self.rows.len())
    }

    fn go(&mut self, to: usize, height: usize) {
        self.at = to.min(self.rows.len().saturating_sub(1));
        self.first = self.first(height);
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

    fn needs(&self, height: usize, moved: bool) -> bool {
        let Some(list) = self.loading() else { return false };
        let near = self.at + height + AHEAD >= self.rows.len();
        // What only this side filters is not read to its end for a text that may not be in it.
        let only_here = !T::SEARCHABLE && !self.filter.is_empty();
        list.is_reloading() || list.loaded_at.is_none() || (near && (moved || !only_here))
    }
}

impl<T: PickerItem> PickerLevel<T> {
    /// A level that opens with what the service finds for a text.
    pub fn searching(needle: &str) -> Self {
        let found = Some((needle.to_owned(), PagedList::default()));
        Self { found, filter: needle.to_owned(), ..Self::default() }
    }

    /// The list that the rows are of.
    pub fn list_in_view(&self) -> &PagedList<T> {
        let filter = self.filter.to_lowercase();
        let found = self.found.as_ref().filter(|(needle, found)| {
            let fits = !filter.is_empty() && filter.contains(&needle.to_lowercase());
            fits && found.shown().items().len() > 0
        });
        found.map_or(&self.all, |(_, found)| found)
    }

    /// The list that is being loaded; none while something is typed that the service is yet to be
    /// asked for.
    pub fn loading(&self) -> Option<&PagedList<T>> {
        match (&self.found, self.sought()?) {
            (Some((_, found)), true) => Some(found),
            _ => Some(&self.all),
        }
    }

    /// The same, to change it.
    pub fn loading_mut(&mut self) -> Option<&mut PagedList<T>> {
        match (self.sought()?, &mut self.found) {
            (true, Some((_, found))) => Some(found),
            _ => Some(&mut self.all),
        }
    }

    /// Whether what is loaded is what the service finds for the filter; `None` if it is to be.
    fn sought(&self) -> Option<bool> {
        let found = self.found.as_ref().is_some_and(|(needle, _)| *needle == self.filter);
        (found || self.typed_at.is_none()).then_some(found)
    }

    /// When the service is to be asked for what was typed.
    pub fn due(&self) -> Option<Timestamp> {
        self.typed_at?.checked_add(PAUSE).ok()
    }

    /// How many rows there are.
    pub fn count(&self) -> usize {
        self.rows.len()
    }

    /// What is on a row.
    pub fn row(&self, at: usize) -> Option<&T> {
        self.list_in_view().shown().get(*self.rows.get(at)?)
    }

    /// All of them.
    pub fn rows(&self) -> impl Iterator<Item = &T> {
        let shown = self.list_in_view().shown();
        self.rows.iter().filter_map(|&row| shown.get(row))
    }

    /// What has the cursor.
    pub fn current(&self) -> Option<&T> {
        self.row(self.at)
    }

    /// The first row to show in a window of some height.
    pub fn first(&self, height: usize) -> usize {
        scrolled(self.first, self.at, self.rows.len(), height)
    }

    /// Looks for what was typed on the service.
    pub fn start_search(&mut self) {
        if self.typed_at.take().is_some() {
            self.found = Some((self.filter.clone(), PagedList::default()));
            self.arrange_at(None);
        }
    }

    /// Derives the rows again after the data changed. The cursor stays on the item with this ID,
    /// if there is one, and on its line of the screen.
    pub fn arrange_at(&mut self, id: Option<&str>) {
        self.derive();
        let last = self.rows.len().saturating_sub(1);
        let position = id.and_then(|id| self.rows().position(|item| item.id() == Some(id)));
        let line = self.at.saturating_sub(self.first);
        self.at = position.unwrap_or(self.at).min(last);
        self.first = self.at.saturating_sub(line);
    }

    fn derive(&mut self) {
        let needle = self.filter.to_lowercase();
        // What the service found it found for a reason, even if the name does not show it.
        let found = self.found.as_ref().filter(|_| self.sought() == Some(true));
        let by_service = found.is_some_and(|(_, found)| found.shown().items().len() > 0);
        let items = self.list_in_view().shown().items().enumerate();
        let rows = items.filter(|(_, item)| by_service || item.contains(&needle));
        self.rows = rows.map(|(row, _)| row).collect();
    }
}
