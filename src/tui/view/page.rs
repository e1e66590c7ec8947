//! Everything about one savepoint as lines of text; nothing is cut off.
//!
//! The same page is drawn, scrolled and searched, so that search finds what is visible.

mod fields;
mod owner;
mod writer;

use std::borrow::Cow;

use crate::tui::model::page::{Page, RawKey, RawPage};
use crate::tui::model::{DetailMode, State};

pub use fields::CAUSED_BY;
use writer::Writer;

/// Wraps the raw answer in view if it or the width of the last frame changed.
pub fn update_raw_page(state: &mut State) {
    let key = RawKey::new(state, state.geometry.detail_width);
    if key.as_ref() != state.detail.raw_page.as_ref().map(|raw| &raw.key) {
        state.detail.raw_page = None;
        let page = build(state, state.geometry.detail_width).into_owned();
        state.detail.raw_page = key.map(|key| Box::new(RawPage { key, page }));
    }
}

/// The page of the selected savepoint. `width` is ignored while lines are not wrapped.
pub fn build(state: &State, width: usize) -> Cow<'_, Page> {
    let Some((target, feed)) = state.selected() else { return Cow::default() };
    if let Some(raw) = &state.detail.raw_page
        && RawKey::new(state, width).as_ref() == Some(&raw.key)
    {
        return Cow::Borrowed(&raw.page);
    }
    let mut writer = Writer { state, width, page: Page::default() };
    match state.detail.mode {
        DetailMode::Fields => writer.fields(target, feed),
        DetailMode::Json => writer.json(target, feed),
    }
    Cow::Owned(writer.page)
}
