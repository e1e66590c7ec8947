//! What meanings look like. A meaning is never carried by a colour alone: a sign and a word stand
//! beside it, so the plain theme loses nothing but decoration.

use ratatui::style::{Color, Modifier, Style};

/// How meanings become styles.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Theme {
    /// The terminal's own foreground, background and 16 colours.
    #[default]
    Terminal,
    /// No colours: `NO_COLOR`.
    Plain,
}

/// What a piece of the screen says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// Ordinary text.
    Text,
    /// A heading.
    Title,
    /// A field's name, a hint.
    Label,
    /// A key to press.
    Key,
    /// COMPLETED; live.
    Good,
    /// FAILED.
    Bad,
    /// STARTED.
    Active,
    /// A state this program does not know.
    Odd,
    /// Not found, no longer there.
    Gone,
    /// Data or a trust that needs a second look: stale, failing, paused.
    Worry,
    /// The selected row.
    Selected,
    /// The border of the pane that has the keys.
    Focus,
}

impl Theme {
    /// The style of a meaning.
    pub fn style(self, meaning: Meaning) -> Style {
        let style = Style::new();
        let style = match meaning {
            Meaning::Title | Meaning::Key | Meaning::Bad | Meaning::Worry | Meaning::Focus => {
                style.add_modifier(Modifier::BOLD)
            }
            Meaning::Label | Meaning::Gone => style.add_modifier(Modifier::DIM),
            // Without a colour of its own, or a reversed red would be a red bar.
            Meaning::Selected => style.fg(Color::Reset).add_modifier(Modifier::REVERSED),
            Meaning::Text | Meaning::Good | Meaning::Active | Meaning::Odd => style,
        };
        let colour = match meaning {
            Meaning::Good => Color::Green,
            Meaning::Bad => Color::Red,
            Meaning::Active | Meaning::Key | Meaning::Focus => Color::Cyan,
            Meaning::Odd => Color::Magenta,
            Meaning::Worry => Color::Yellow,
            Meaning::Text | Meaning::Title | Meaning::Label | Meaning::Gone | Meaning::Selected => {
                return style;
            }
        };
        if self == Self::Plain { style } else { style.fg(colour) }
    }
}
