//! Where the user is, and how the detail is read.

/// Which pane the keys go to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Pane {
    /// The list.
    #[default]
    List,
    /// The detail of the selected savepoint, beside the list.
    Detail,
    /// The detail on the whole screen.
    Full,
}

/// What the detail shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DetailMode {
    /// The fields, in words.
    #[default]
    Fields,
    /// The service's answer as raw JSON.
    Json,
}

/// What happens to lines of the detail that are too long.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Wrap {
    /// They are broken.
    #[default]
    Wrapped,
    /// They stay whole, and the detail scrolls sideways.
    Whole,
}

/// How the detail is read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DetailView {
    /// The first line that is shown.
    pub scroll: usize,
    /// The first column that is shown.
    pub across: u16,
    /// What happens to lines that are too long.
    pub wrap: Wrap,
    /// What is searched for; empty for nothing.
    pub search: String,
    /// Which of the places with it was gone to last; `None` once one went elsewhere.
    pub found: Option<usize>,
}

impl DetailView {
    /// Back to the top of another page; how it is read stays.
    pub fn rewind(&mut self) {
        self.scroll = 0;
        self.across = 0;
        self.found = None;
    }
}

/// In which zone times are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Zone {
    /// This machine's.
    #[default]
    Local,
    /// UTC.
    Utc,
}
