//! The cursor of a scrolled list.

use crate::config::keymap::Action;

/// The selected row, and the first visible one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cursor {
    pub selected: usize,
    /// The first visible row as of the last [`scroll`](Self::scroll).
    pub offset: usize,
}

impl Cursor {
    pub fn new(selected: usize) -> Self {
        Self { selected, offset: 0 }
    }

    /// First visible row for a window height, so that the selected row is visible.
    pub fn first(self, rows: usize, height: usize) -> usize {
        let height = height.max(1);
        let lowest = (self.selected + 1).saturating_sub(height);
        self.offset.clamp(lowest, self.selected.max(lowest)).min(rows.saturating_sub(height))
    }

    /// Scrolls until the selected row is visible, no further.
    pub fn scroll(&mut self, rows: usize, height: usize) {
        self.offset = self.first(rows, height);
    }

    /// Moves by a key.
    pub fn step(&mut self, action: Action, rows: usize, height: usize) {
        self.selected = step(action, self.selected, rows.saturating_sub(1), height);
    }

    /// Selects a row, clamped to the last one.
    pub fn select(&mut self, row: usize, rows: usize) {
        self.selected = row.min(rows.saturating_sub(1));
    }

    /// Follows its row to a new index, on the same screen line where possible.
    pub fn follow(&mut self, row: usize) {
        self.offset = row.saturating_sub(self.line());
        self.selected = row;
    }

    /// Screen line of the selected row.
    pub fn line(self) -> usize {
        self.selected.saturating_sub(self.offset)
    }
}

/// The index after a movement, between 0 and `last`. A page keeps one line of the previous one.
pub fn step(action: Action, at: usize, last: usize, height: usize) -> usize {
    let page = height.saturating_sub(1).max(1);
    let to = match action {
        Action::Down => at.saturating_add(1),
        Action::Up => at.saturating_sub(1),
        Action::PageDown => at.saturating_add(page),
        Action::PageUp => at.saturating_sub(page),
        Action::First => 0,
        Action::Last => last,
        _ => at,
    };
    to.min(last)
}
