//! The text of the detail, laid out as lines.

use std::ops::Range;

use jiff::Timestamp;

use super::role::Role;
use super::{DetailMode, State, Wrap};
use crate::domain::savepoint::Target;

/// The lines of a page, and the texts before wrapping.
#[derive(Debug, Clone, Default)]
pub struct Page {
    pub lines: Vec<PageLine>,
    /// The lines that every poll changes, also one that only confirms the answer.
    pub polling: Range<usize>,
    /// Each text before wrapping, with the index of its first line.
    unbroken: Vec<(usize, String)>,
}

#[derive(Debug, Clone)]
pub struct PageLine {
    /// Name of the field, padded; empty on further lines.
    pub label: String,
    pub text: String,
    pub role: Role,
}

impl Page {
    /// Adds a text before wrapping. The caller adds its lines next.
    pub fn push_unbroken(&mut self, text: String) {
        self.unbroken.push((self.lines.len(), text));
    }

    /// Indices of the first lines of texts that contain `needle`, without regard to case.
    pub fn matches(&self, needle: &str) -> Vec<usize> {
        let needle = needle.to_lowercase();
        self.unbroken
            .iter()
            .filter(|(_, text)| text.to_lowercase().contains(&needle))
            .map(|(at, _)| *at)
            .collect()
    }

    /// Whether any text contains `needle`, with regard to case.
    pub fn contains(&self, needle: &str) -> bool {
        self.unbroken.iter().any(|(_, text)| text.contains(needle))
    }

    /// The lines of the text whose first line is at `at`.
    pub fn lines_at(&self, at: usize) -> Range<usize> {
        let next = self.unbroken.iter().map(|(start, _)| *start).find(|&start| start > at);
        at..next.unwrap_or(self.lines.len())
    }
}

/// A raw answer, wrapped once: wrapping takes much longer than drawing the visible part.
#[derive(Debug, Clone)]
pub struct RawPage {
    pub key: RawKey,
    pub page: Page,
}

/// The input of a [`RawPage`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawKey {
    target: Target,
    /// Times of the answer and of the last confirmation.
    at: [Option<Timestamp>; 2],
    width: usize,
    wrap: Wrap,
}

impl RawKey {
    pub fn new(state: &State, width: usize) -> Option<Self> {
        let (target, feed) = state.selected().filter(|_| state.detail.mode == DetailMode::Json)?;
        let (at, wrap) = ([feed.answered_at, feed.confirmed_at()], state.detail.wrap);
        Some(Self { target: target.clone(), at, width, wrap })
    }
}
