//! A list loaded page by page.

use jiff::Timestamp;

use crate::api::Error;
use crate::api::lists::{ListItem, MAX_PAGE_SIZE, Page, PageRequest};
use crate::api::pagination::Paging;

/// Maximum number of pages loaded: 10,000 items.
const MAX_PAGES: u32 = 100;

/// Why a page is missing, and when it is retried automatically.
pub type Trouble = (Error, Option<Timestamp>);

#[derive(Debug, Clone)]
pub struct PagedList<T> {
    paging: Paging<T>,
    /// The previous load, shown until a reload has come as far.
    previous: Option<Paging<T>>,
    pub trouble: Option<Trouble>,
    /// When the last shown page arrived.
    pub loaded_at: Option<Timestamp>,
}

impl<T: ListItem> Default for PagedList<T> {
    fn default() -> Self {
        Self {
            paging: Paging::new(MAX_PAGE_SIZE, MAX_PAGES),
            previous: None,
            trouble: None,
            loaded_at: None,
        }
    }
}

impl<T: ListItem> PagedList<T> {
    /// The items to show.
    pub fn shown(&self) -> &Paging<T> {
        self.previous.as_ref().unwrap_or(&self.paging)
    }

    /// Whether the shown items are from before a reload in progress.
    pub fn is_reloading(&self) -> bool {
        self.previous.is_some()
    }

    /// Whether the complete list is shown.
    pub fn is_complete(&self) -> bool {
        self.previous.is_none() && self.paging.next().is_none() && !self.paging.is_truncated()
    }

    /// The next page to request.
    pub fn next(&self) -> Option<PageRequest> {
        self.paging.next()
    }

    /// Reloads from the first page. The shown items stay until the reload has come as far.
    pub fn reload(&mut self) {
        let read = std::mem::replace(&mut self.paging, Paging::new(MAX_PAGE_SIZE, MAX_PAGES));
        if self.previous.is_none() && self.loaded_at.is_some() {
            self.previous = Some(read);
        }
        self.trouble = None;
    }

    /// Applies the result of a page request.
    pub fn take(&mut self, result: Result<Page<T>, Trouble>, at: Timestamp) {
        match result {
            // Loaded items and query stay: the poller retries it.
            Err(trouble) => self.trouble = Some(trouble),
            Ok(page) => {
                self.trouble = None;
                self.paging.add_page(page);
                let read = self.paging.items().len();
                if self.previous.as_ref().is_none_or(|previous| read >= previous.items().len())
                    || self.paging.next().is_none()
                {
                    self.previous = None;
                    self.loaded_at = Some(at);
                }
            }
        }
    }
}
