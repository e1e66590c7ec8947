//! The text of the detail, laid out as lines.

use std::ops::Range;

use jiff::Timestamp;

use super::meaning::Meaning;
use super::{DetailMode, State, Wrap};
use crate::domain::savepoint::Target;

/// The lines of a page, and the texts they were broken from.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The lines, at most as wide as was asked for.
    pub lines: Vec<PageLine>,
    /// Every unbroken line of text, with the place of its first line.
    unbroken: Vec<(usize, String)>,
}

#[derive(Debug, Clone)]
pub struct PageLine {
    /// The field's name, padded; empty on further lines.
    pub label: String,
    pub text: String,
    pub meaning: Meaning,
}

impl Page {
    /// Adds an unbroken line of text; its lines follow.
    pub fn push_unbroken(&mut self, text: String) {
        self.unbroken.push((self.lines.len(), text));
    }

    /// The places of the lines whose text contains something, without regard to case.
    pub fn matches(&self, needle: &str) -> Vec<usize> {
        let needle = needle.to_lowercase();
        self.unbroken
            .iter()
            .filter(|(_, text)| text.to_lowercase().contains(&needle))
            .map(|(at, _)| *at)
            .collect()
    }

    /// Whether any text contains something, in this case.
    pub fn names(&self, words: &str) -> bool {
        self.unbroken.iter().any(|(_, text)| text.contains(words))
    }

    /// The lines of the text at one of those places.
    pub fn lines_at(&self, at: usize) -> Range<usize> {
        let next = self.unbroken.iter().map(|(start, _)| *start).find(|&start| start > at);
        at..next.unwrap_or(self.lines.len())
    }
}

/// A raw answer, laid out once: that takes much longer than to draw the part in view.
#[derive(Debug, Clone)]
pub struct RawPage {
    pub of: RawKey,
    pub page: Page,
}

/// What the layout of a raw answer depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawKey {
    target: Target,
    /// When the answer came, and when the service last said anything else.
    at: [Option<Timestamp>; 2],
    width: usize,
    wrap: Wrap,
}

impl RawKey {
    pub fn new(state: &State, width: usize) -> Option<Self> {
        let (target, feed) = state.selected().filter(|_| state.detail_mode == DetailMode::Json)?;
        let (at, wrap) = ([feed.answered_at, feed.confirmed_at()], state.detail.wrap);
        Some(Self { target: target.clone(), at, width, wrap })
    }
}
