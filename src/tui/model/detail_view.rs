//! Focus, and the state of the detail pane.

use super::page::RawPage;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Pane {
    #[default]
    List,
    /// The detail of the selected savepoint, beside the list.
    Detail,
    /// The detail, full screen.
    Full,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DetailMode {
    #[default]
    Fields,
    /// The raw JSON answer.
    Json,
}

/// Handling of long lines in the detail.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Wrap {
    #[default]
    Wrapped,
    /// Lines stay whole; the detail scrolls sideways.
    Whole,
}

/// What the detail shows of the selected savepoint.
#[derive(Debug, Clone, Default)]
pub struct DetailView {
    pub mode: DetailMode,
    pub scroll: usize,
    pub across: u16,
    pub wrap: Wrap,
    /// Search text; empty for none.
    pub search: String,
    /// Index of the current match; `None` after scrolling away.
    pub found: Option<usize>,
    /// The raw JSON answer in view, laid out; `None` where none is in view.
    pub raw_page: Option<Box<RawPage>>,
}

impl DetailView {
    /// Scrolls to the top of another page; wrapping and search stay.
    pub fn rewind(&mut self) {
        self.scroll = 0;
        self.across = 0;
        self.found = None;
    }
}

/// Time zone of displayed times.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Zone {
    #[default]
    Local,
    Utc,
}
