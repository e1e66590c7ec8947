//! Reading a list that changes while it is read: which page comes next, and what is held so far.
//!
//! The service counts pages from the top of a list that grows there. What appears between two
//! pages moves the rest down, so that an item comes twice; what vanishes moves it up, so that one
//! is passed over. An item that comes again takes the place of its older self, a total that
//! shrinks sends one back by as many pages, and when the end is reached with fewer items than the
//! service counts, all of it is looked at once more. What a page had and has no more when it is read
//! again is gone, unless a page after it has it.

use std::collections::{BTreeMap, HashSet};

use indexmap::IndexMap;

use super::lists::{ListItem, Page, PageRequest};

/// How often a total that shrinks sends one back: two services that take turns to answer may never
/// agree on it.
const MAX_STEPS_BACK: u8 = 5;

/// A list as far as it was read. Told each page as it comes, it says which to ask for next; a page
/// that fails is simply not told, and is the next one still.
#[derive(Debug, Clone)]
pub struct Paging<T> {
    /// Each with the page that had it last.
    items: IndexMap<String, (u32, T)>,
    /// How many items could not be read, by page.
    unreadable: BTreeMap<u32, usize>,
    next: Option<u32>,
    size: u32,
    total: Option<u64>,
    /// How many pages may still be told.
    pages_left: u32,
    reread: bool,
    /// How often a total that shrank sent one back.
    steps_back: u8,
    ended: bool,
}

impl<T: ListItem> Paging<T> {
    /// A list of which nothing was read, in pages this long, and at most so many of them.
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

    /// The page to ask for, unless the list was read to its end or as far as it may be.
    pub fn next(&self) -> Option<PageRequest> {
        self.next.map(|index| PageRequest::new(index, self.size))
    }

    /// What was read so far, in the service's order, each item once.
    pub fn items(&self) -> impl ExactSizeIterator<Item = &T> {
        self.items.values().map(|(_, item)| item)
    }

    /// One of them, by its place among them.
    pub fn get(&self, at: usize) -> Option<&T> {
        Some(&self.items.get_index(at)?.1.1)
    }

    /// All of them, to be kept.
    pub fn into_items(self) -> Vec<T> {
        self.items.into_values().map(|(_, item)| item).collect()
    }

    /// How many items there are, as the service last said.
    pub fn total(&self) -> Option<u64> {
        self.total
    }

    /// How many items of the pages told could not be read.
    pub fn unreadable(&self) -> usize {
        self.unreadable.values().sum()
    }

    /// Whether it ends because of the bound on its pages, not because the list does.
    pub fn is_truncated(&self) -> bool {
        self.next.is_none() && !self.ended
    }

    /// Takes in the page that was asked for.
    pub fn add_page(&mut self, page: Page<T>) {
        let Some(index) = self.next else { return };
        let on_page = page.items.len() + page.unreadable;
        let vanished = match (self.total, page.total) {
            (Some(before), Some(now)) => before.saturating_sub(now),
            _ => 0,
        };
        self.total = page.total.or(self.total);
        let again = self.unreadable.insert(index, page.unreadable).is_some();
        self.pages_left -= 1;
        if again {
            let has: HashSet<&str> = page.items.iter().filter_map(ListItem::id).collect();
            self.items.retain(|id, (of, _)| *of != index || has.contains(id.as_str()));
        }
        self.merge(index, page.items);

        // A service that gives shorter pages than asked for also counts in them.
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

    /// Whether as many items are held as there are; true where the service does not say.
    fn is_complete(&self) -> bool {
        let held = u64::try_from(self.items.len() + self.unreadable()).unwrap_or(u64::MAX);
        self.total.is_none_or(|total| held >= total)
    }

    /// Puts a page's items where the service has them: beside those of them that are held, else
    /// at the end, or on top if the page is the first.
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
