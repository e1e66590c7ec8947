//! Everything about one savepoint as lines of text: nothing is cut off.
//!
//! The same page is drawn, scrolled and searched, so search finds what is visible.

mod fields;
mod owner;
mod writer;

use std::borrow::Cow;
use std::ops::Range;

use jiff::Timestamp;

use super::theme::Meaning;
use crate::domain::savepoint::Target;
use crate::tui::model::{DetailMode, State, Wrap};

pub use fields::CAUSED_BY;
use writer::Writer;

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
    of: RawKey,
    page: Page,
}

/// What the layout of a raw answer depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
struct RawKey {
    target: Target,
    /// When the answer came, and when the service last said anything else.
    at: [Option<Timestamp>; 2],
    width: usize,
    wrap: Wrap,
}

impl RawKey {
    fn new(state: &State, width: usize) -> Option<Self> {
        let (target, feed) = state.selected().filter(|_| state.detail_mode == DetailMode::Json)?;
        let (at, wrap) = ([feed.answered_at, feed.confirmed_at()], state.detail.wrap);
        Some(Self { target: target.clone(), at, width, wrap })
    }
}

/// Lays out the raw answer in view, unless that is done, as wide as the last frame showed it.
pub fn lay_out(state: &mut State) {
    let key = RawKey::new(state, state.geometry.detail_width);
    if key.as_ref() != state.raw_page.as_ref().map(|raw| &raw.of) {
        state.raw_page = None;
        let page = of(state, state.geometry.detail_width).into_owned();
        state.raw_page = key.map(|of| Box::new(RawPage { of, page }));
    }
}

/// The page of the selected savepoint, in some width where lines are broken at all.
pub fn of(state: &State, width: usize) -> Cow<'_, Page> {
    let Some((target, feed)) = state.selected() else { return Cow::default() };
    if let Some(raw) = &state.raw_page
        && RawKey::new(state, width).as_ref() == Some(&raw.of)
    {
        return Cow::Borrowed(&raw.page);
    }
    let mut writer = Writer { state, width, page: Page::default() };
    match state.detail_mode {
        DetailMode::Fields => writer.sheet(target, feed),
        DetailMode::Json => writer.json(target, feed),
    }
    Cow::Owned(writer.page)
}
