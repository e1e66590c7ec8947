//! Sizes and positions measured by the last frame.

use ratatui::layout::{Position, Rect};

/// What a frame measured, for the update of the next message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Geometry {
    pub list: Viewport,
    pub detail_area: Rect,
    /// Columns for the lines of the detail.
    pub detail_width: usize,
    /// Visible lines of the detail.
    pub detail_rows: usize,
    /// All lines of the detail.
    pub detail_lines: usize,
    /// Whether a line is visible that every poll of the selected savepoint changes.
    pub polling_visible: bool,
    /// Whether the detail contains a `Caused by:` line.
    pub detail_cause: bool,
    /// Visible lines of the help.
    pub help_rows: usize,
    /// All lines of the help.
    pub help_lines: usize,
    pub journal: Viewport,
    /// The items of the copy menu, or of the context picker.
    pub choices: Viewport,
    pub picker: Viewport,
}

/// The visible rows of a table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Viewport {
    /// Their area on the screen, one line for each.
    pub area: Rect,
    /// Index of the first visible row.
    pub first: usize,
}

impl Viewport {
    pub fn height(&self) -> usize {
        usize::from(self.area.height)
    }

    /// Index of the row at a position on the screen; may be beyond the last row.
    pub fn row_at(&self, at: Position) -> Option<usize> {
        self.area.contains(at).then(|| self.first + usize::from(at.y - self.area.y))
    }
}
