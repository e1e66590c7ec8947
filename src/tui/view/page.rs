//! Everything about one savepoint as lines of text: nothing is cut off.
//!
//! The same page is drawn, scrolled and searched, so search finds what is visible.

mod fields;
mod owner;
mod writer;

use std::borrow::Cow;

use crate::tui::model::page::{Page, RawKey, RawPage};
use crate::tui::model::{DetailMode, State};

pub use fields::CAUSED_BY;
use writer::Writer;

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
