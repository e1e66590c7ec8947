//! A line of text that is being typed.

use ratatui::crossterm::event::{Event, KeyEvent};
use tui_input::Input;
use tui_input::backend::crossterm::EventHandler as _;

/// What comes into a line.
#[derive(Debug, Clone, Copy)]
pub enum TextEdit<'a> {
    /// A letter, or a key that edits.
    Key(KeyEvent),
    /// What was pasted, in one piece.
    Paste(&'a str),
}

impl TextEdit<'_> {
    /// Puts it where the cursor is; line breaks become spaces.
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

/// A filter or a search while it is being typed.
#[derive(Debug, Clone)]
pub struct FilterEdit {
    /// The line.
    pub input: Input,
    /// What held before.
    pub before: String,
}

impl FilterEdit {
    /// Begins with what holds.
    pub fn of(text: &str) -> Self {
        Self { input: text.into(), before: text.to_owned() }
    }

    /// Takes some more; what the line is then. Where a terminal broke what was copied from it is no
    /// part of a needle.
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
    fn a_paste_comes_where_the_cursor_is(
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
    fn a_needle_is_one_line() {
        assert_eq!(
            FilterEdit::of("orders").take(TextEdit::Paste("-enrich\r\nment\n")),
            "orders-enrichment"
        );
    }
}
