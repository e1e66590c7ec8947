//! Reading a list that changes meanwhile: which page to request next, and the items so far.
//!
//! The service counts pages from the top of the list, where new items appear. An item added between
//! two requests moves the others down, so one comes twice. A removed item moves them up, so one is
//! missed. Therefore an item that comes again replaces its older version, a shrinking total goes
//! back by as many pages, and a list that ends with fewer items than its total is read once more.
//! An item that is missing when its page is read again is removed, unless a later page has it.

use std::collections::{BTreeMap, HashSet};

use indexmap::IndexMap;

use super::lists::{ListItem, Page, PageRequest};

/// How often a shrinking total may go back. Behind a load balancer, two servers may never
/// agree on the total.
const MAX_STEPS_BACK: u8 = 5;

/// A partly read list. It names the next page to request and takes each page in. A page that fails
/// is not added and stays the next one.
#[derive(Debug, Clone)]
pub struct Paging<T> {
    /// By ID, each with the page that last had it.
    items: IndexMap<String, (u32, T)>,
    /// Numbers of unreadable items by page.
    unreadable: BTreeMap<u32, usize>,
    next: Option<u32>,
    size: u32,
    total: Option<u64>,
    pages_left: u32,
    reread: bool,
    steps_back: u8,
    ended: bool,
}

impl<T: ListItem> Paging<T> {
    /// An unread list with pages of `size` items. At most `max_pages` are read.
    pub fn new(size: u32, max_pages: u32) -> Self {
        Self {
            items: IndexMap::new(),
            unreadable: BTreeMap::new(),
            next: (max_pages > 0).then_some(1),
            size: PageRequest::new(1, size).size(),
            total: None,
            pages_left: max_pages,
            reread: false,
            steps_back: 0,
            ended: false,
        }
    }

    /// The page to request; `None` at the end of the list or the limit of pages.
    pub fn next(&self) -> Option<PageRequest> {
        self.next.map(|index| PageRequest::new(index, self.size))
    }

    /// The items so far, in the service's order, each once.
    pub fn items(&self) -> impl ExactSizeIterator<Item = &T> {
        self.items.values().map(|(_, item)| item)
    }

    pub fn get(&self, at: usize) -> Option<&T> {
        Some(&self.items.get_index(at)?.1.1)
    }

    pub fn into_items(self) -> Vec<T> {
        self.items.into_values().map(|(_, item)| item).collect()
    }

    /// The latest total that the service reported.
    pub fn total(&self) -> Option<u64> {
        self.total
    }

    /// How many items of the pages so far are unreadable.
    pub fn unreadable(&self) -> usize {
        self.unreadable.values().sum()
    }

    /// Whether the limit of pages ended it, not the list's end.
    pub fn is_truncated(&self) -> bool {
        self.next.is_none() && !self.ended
    }

    /// Adds the page that [`Paging::next`] requested.
    pub fn add_page(&mut self, page: Page<T>) {
        let Some(index) = self.next else { return };
        let on_page = page.items.len() + page.unreadable;
        let vanished = match (self.total, page.total) {
            (Some(before), Some(now)) => before.saturating_sub(now),
            _ => 0,
        };
        self.total = page.total.or(self.total);
        let seen_before = self.unreadable.insert(index, page.unreadable).is_some();
        self.pages_left -= 1;
        if seen_before {
            let has: HashSet<&str> = page.items.iter().filter_map(ListItem::id).collect();
            self.items.retain(|id, (of, _)| *of != index || has.contains(id.as_str()));
        }
        self.merge(index, page.items);

        // A service that returns shorter pages than requested also counts in them.
        let size = u64::from(page.size.min(self.size));
        let short = on_page < usize::try_from(size).unwrap_or(usize::MAX);
        let last = match self.total {
            Some(total) => on_page == 0 || u64::from(index) * size >= total,
            None => short,
        };
        let back = u32::try_from(vanished.div_ceil(size)).unwrap_or(u32::MAX);
        let next = if vanished > 0 && index > 1 && self.steps_back < MAX_STEPS_BACK {
            self.steps_back += 1;
            Some(index.saturating_sub(back).max(1))
        } else if last && !self.reread && !self.is_complete() {
            self.reread = true;
            Some(1)
        } else if last || (self.reread && self.is_complete()) {
            None
        } else {
            Some(index + 1)
        };
        self.ended = next.is_none();
        self.next = next.filter(|_| self.pages_left > 0);
    }

    /// Whether the items so far reach the total; true without a total.
    fn is_complete(&self) -> bool {
        let held = u64::try_from(self.items.len() + self.unreadable()).unwrap_or(u64::MAX);
        self.total.is_none_or(|total| held >= total)
    }

    /// Inserts a page's items in the service's order: next to those already known, else at the end,
    /// or at the top if the page is the first.
    fn merge(&mut self, index: u32, items: Vec<T>) {
        let held = |item: &T| self.items.get_index_of(item.id()?);
        let end = if index == 1 { 0 } else { self.items.len() };
        let mut at = items.iter().find_map(held).unwrap_or(end);
        for item in items {
            let Some(id) = item.id().map(str::to_owned) else { continue };
            if let Some((known, _, held)) = self.items.get_full_mut(&id) {
                *held = (index, item);
                at = known + 1;
            } else {
                self.items.shift_insert(at, id, (index, item));
                at += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests;
