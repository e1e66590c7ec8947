//! Roles of texts on the screen. The view gives each a style.

/// The purpose of a text, which decides its style.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Text,
    Title,
    /// The name of a field, a hint.
    Label,
    /// A key to press.
    Key,
    Good,
    Bad,
    Active,
    /// A state unknown to this version.
    Unknown,
    /// Not found, or not given.
    Missing,
    /// Stale, failing, paused: needs attention.
    Warning,
    Selected,
    /// The border of the pane with the keyboard focus.
    Focus,
}

impl Role {
    pub const ALL: [Self; 12] = [
        Self::Text,
        Self::Title,
        Self::Label,
        Self::Key,
        Self::Good,
        Self::Bad,
        Self::Active,
        Self::Unknown,
        Self::Missing,
        Self::Warning,
        Self::Selected,
        Self::Focus,
    ];
}
