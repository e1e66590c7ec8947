//! Single-line text input.

use ratatui::crossterm::event::{Event, KeyEvent};
use tui_input::Input;
use tui_input::backend::crossterm::EventHandler as _;

/// An edit of a text input.
#[derive(Debug, Clone, Copy)]
pub enum TextEdit<'a> {
    Key(KeyEvent),
    Paste(&'a str),
}

impl TextEdit<'_> {
    /// Applies the edit at the cursor; pasted line breaks become spaces.
    pub fn apply_to(self, input: &mut Input) {
        let pasted = match self {
            Self::Paste(text) => text.chars().map(|c| if c.is_control() { ' ' } else { c }),
            Self::Key(key) => {
                let _changed = input.handle_event(&Event::Key(key));
                return;
            }
        };
        let value = input.value();
        let mut chars: Vec<char> = value.chars().collect();
        let at = input.cursor().min(chars.len());
        chars.splice(at..at, pasted.clone());
        *input = Input::new(chars.into_iter().collect()).with_cursor(at + pasted.count());
    }
}

/// The input of a filter or a search.
#[derive(Debug, Clone)]
pub struct FilterEdit {
    pub input: Input,
    /// The text to restore on cancel.
    pub before: String,
}

impl FilterEdit {
    /// Starts with the current text.
    pub fn of(text: &str) -> Self {
        Self { input: text.into(), before: text.to_owned() }
    }

    /// Applies an edit and returns the new text. Line breaks in a paste are dropped: a
    /// terminal may have wrapped the copied text.
    pub fn take(&mut self, text: TextEdit) -> &str {
        let whole: String;
        let text = match text {
            TextEdit::Paste(pasted) => {
                whole = pasted.chars().filter(|c| !c.is_control()).collect();
                TextEdit::Paste(&whole)
            }
            key @ TextEdit::Key(_) => key,
        };
        text.apply_to(&mut self.input);
        self.input.value()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case::at_the_end("ab", 2, "XY", "abXY", 4)]
    #[case::where_the_cursor_is("ab", 1, "XY", "aXYb", 3)]
    #[case::wide_letters("快照", 1, "é\n", "快é 照", 3)]
    #[case::of_nothing("", 0, "\r\n", "  ", 2)]
    fn paste_is_inserted_at_the_cursor(
        #[case] before: &str,
        #[case] at: usize,
        #[case] paste: &str,
        #[case] after: &str,
        #[case] cursor: usize,
    ) {
        let mut input = Input::new(before.to_owned()).with_cursor(at);
        TextEdit::Paste(paste).apply_to(&mut input);
        assert_eq!((input.value(), input.cursor()), (after, cursor));
    }

    #[test]
    fn pasted_line_breaks_are_dropped_from_a_needle() {
        assert_eq!(
            FilterEdit::of("orders").take(TextEdit::Paste("-enrich\r\nment\n")),
            "orders-enrichment"
        );
    }
}
