//! A text input, scrolled so that its cursor is visible.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget as _;
use tui_input::Input;
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use crate::config::appearance::Theme;
use crate::tui::model::role::Role;
use crate::util::text;

/// Draws a prompt and an input on one line. Returns the cursor position and the columns used.
pub(in crate::tui::view) fn draw(
    line: Rect,
    buffer: &mut Buffer,
    theme: Theme,
    prompt: &str,
    input: &Input,
) -> (Position, usize) {
    let room = usize::from(line.width).saturating_sub(prompt.len());
    let (shown, cursor) = visible(input, room);
    let used = prompt.len() + shown.width().max(cursor + 1);
    let spans = vec![Span::styled(prompt, theme.style(Role::Key)), Span::raw(shown)];
    Line::from(spans).render(line, buffer);
    let x = line.x.saturating_add(u16::try_from(prompt.len() + cursor).unwrap_or(u16::MAX));
    (Position::new(x.min(line.right().saturating_sub(1)), line.y), used)
}

/// The part of the text that fits a width and contains the cursor, and the column of the cursor.
pub(in crate::tui::view) fn visible(input: &Input, room: usize) -> (String, usize) {
    let value = input.value();
    let at = value.char_indices().nth(input.cursor()).map_or(value.len(), |(at, _)| at);
    let (before, after) = value.split_at(at);
    let before = text::clean(before);
    let mut hidden = (before.width() + 1).saturating_sub(room);
    let shown = before.graphemes(true).skip_while(|grapheme| {
        let hide = hidden > 0;
        hidden = hidden.saturating_sub(grapheme.width());
        hide
    });
    let shown: String = shown.collect();
    let cursor = shown.width();
    (shown + &text::clean(after), cursor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case::fits("abc", 3, 10, "abc", 3)]
    #[case::start_is_hidden("abcdef", 6, 4, "def", 3)]
    #[case::cursor_inside("abcdef", 1, 4, "abcdef", 1)]
    #[case::wide_letters("快照快照", 4, 5, "快照", 4)]
    #[case::wide_letter_is_hidden_whole("快照快照", 4, 6, "快照", 4)]
    #[case::escapes_have_their_printed_width("\u{202e}ab", 3, 20, "\\u{202e}ab", 10)]
    #[case::no_room("abc", 3, 0, "", 0)]
    fn cursor_is_always_visible(
        #[case] text: &str,
        #[case] at: usize,
        #[case] room: usize,
        #[case] shown: &str,
        #[case] cursor: usize,
    ) {
        let input = Input::new(text.to_owned()).with_cursor(at);
        assert_eq!(visible(&input, room), (shown.to_owned(), cursor));
    }
}
