//! One list of the service: what was loaded of it, and how it goes on.

use jiff::Timestamp;

use crate::api::Error;
use crate::api::lists::{ListItem, MAX_PAGE_SIZE, Page, PageRequest};
use crate::api::pagination::Paging;

/// How many pages of a list are loaded at most: 10,000 items.
const MOST: u32 = 100;

/// Why there is no reply, and when the service is asked again by itself.
pub type Trouble = (Error, Option<Timestamp>);

/// A list as far as it was loaded.
#[derive(Debug, Clone)]
pub struct PagedList<T> {
    paging: Paging<T>,
    /// What is shown until the list that is read anew has come as far.
    before: Option<Paging<T>>,
    /// Why the next page did not come.
    pub trouble: Option<Trouble>,
    /// When the last page of what is shown came.
    pub loaded_at: Option<Timestamp>,
}

impl<T: ListItem> Default for PagedList<T> {
    /// Nothing of it.
    fn default() -> Self {
        Self {
            paging: Paging::new(MAX_PAGE_SIZE, MOST),
            before: None,
            trouble: None,
            loaded_at: None,
        }
    }
}

impl<T: ListItem> PagedList<T> {
    /// What is shown.
    pub fn shown(&self) -> &Paging<T> {
        self.before.as_ref().unwrap_or(&self.paging)
    }

    /// Whether what is shown is from before, and is being read anew.
    pub fn is_reloading(&self) -> bool {
        self.before.is_some()
    }

    /// Whether all of it is shown.
    pub fn is_complete(&self) -> bool {
        self.before.is_none() && self.paging.next().is_none() && !self.paging.is_truncated()
    }

    /// The page to ask for.
    pub fn next(&self) -> Option<PageRequest> {
        self.paging.next()
    }

    /// Begins again from the top. What is shown stays until that has come as far.
    pub fn reload(&mut self) {
        let read = std::mem::replace(&mut self.paging, Paging::new(MAX_PAGE_SIZE, MOST));
        if self.before.is_none() && self.loaded_at.is_some() {
            self.before = Some(read);
        }
        self.trouble = None;
    }

    /// Takes what came for the page that was asked for.
    pub fn take(&mut self, result: Result<Page<T>, Trouble>, at: Timestamp) {
        match result {
            // What was loaded stays, and so does the question: the poller goes on with it.
            Err(trouble) => self.trouble = Some(trouble),
            Ok(page) => {
                self.trouble = None;
                self.paging.add_page(page);
                let read = self.paging.items().len();
                if self.before.as_ref().is_none_or(|before| read >= before.items().len())
                    || self.paging.next().is_none()
                {
                    self.before = None;
                    self.loaded_at = Some(at);
                }
            }
        }
    }
}
