//! Meanings of texts on the screen; the view gives each a style.

/// What a piece of the screen says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    Text,
    Title,
    /// A field's name, a hint.
    Label,
    /// A key to press.
    Key,
    Good,
    Bad,
    Active,
    /// A state this program does not know.
    Odd,
    /// Not found, no longer there.
    Gone,
    /// Data or a trust that needs a second look: stale, failing, paused.
    Worry,
    Selected,
    /// The border of the pane that has the keys.
    Focus,
}

impl Meaning {
    pub const ALL: [Self; 12] = [
        Self::Text,
        Self::Title,
        Self::Label,
        Self::Key,
        Self::Good,
        Self::Bad,
        Self::Active,
        Self::Odd,
        Self::Gone,
        Self::Worry,
        Self::Selected,
        Self::Focus,
    ];
}
