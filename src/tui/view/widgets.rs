//! Parts that several panes and popups are drawn with.

pub(super) mod group_heading;
pub(super) mod popup;
pub(super) mod table;
pub(super) mod text_input;
