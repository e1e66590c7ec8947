//! A ratatui backend that sends each frame in one write, and nothing for an unchanged frame.
//!
//! Ratatui's own backend writes about 25 bytes for an unchanged frame (attribute resets and
//! hide-cursor), in several writes. This one buffers a frame, and sends cursor commands only when
//! they change something.

use std::io::{self, Write};

use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};

use super::tty;

/// Buffers a frame, then writes it to `W`.
#[derive(Debug)]
pub(super) struct DiffBackend<W> {
    out: W,
    frame: Vec<u8>,
    cursor_shown: bool,
    /// The position of the cursor, if known.
    cursor: Option<Position>,
}

impl<W: Write> DiffBackend<W> {
    /// Assumes that the cursor is hidden.
    pub(super) fn new(out: W) -> Self {
        Self { out, frame: Vec::new(), cursor_shown: false, cursor: None }
    }

    /// Returns the writer, for bytes that are not part of a frame.
    pub(super) fn out(&mut self) -> &mut W {
        &mut self.out
    }

    /// Returns ratatui's encoder, which writes into the frame buffer.
    fn encode(&mut self) -> CrosstermBackend<&mut Vec<u8>> {
        CrosstermBackend::new(&mut self.frame)
    }
}

impl<W: Write> Backend for DiffBackend<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut content = content.peekable();
        if content.peek().is_none() {
            return Ok(());
        }
        self.cursor = None;
        self.encode().draw(content)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        if !std::mem::replace(&mut self.cursor_shown, false) {
            return Ok(());
        }
        self.encode().hide_cursor()
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        if std::mem::replace(&mut self.cursor_shown, true) {
            return Ok(());
        }
        self.encode().show_cursor()
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "the terminal is asked nothing"))
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let position = position.into();
        if self.cursor.replace(position) == Some(position) {
            return Ok(());
        }
        self.encode().set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        self.encode().clear_region(region)
    }

    fn size(&self) -> io::Result<Size> {
        tty::size()
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: tty::size()?, pixels: Size::ZERO })
    }

    fn flush(&mut self) -> io::Result<()> {
        let sent = match self.frame.as_slice() {
            [] => Ok(()),
            frame => self.out.write_all(frame),
        };
        self.frame.clear();
        sent
    }
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::{Frame, Terminal, TerminalOptions, Viewport};

    use super::*;

    /// Records each write separately.
    #[derive(Default)]
    struct Writes(Vec<Vec<u8>>);

    impl Write for Writes {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.push(bytes.to_vec());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn terminal() -> Terminal<DiffBackend<Writes>> {
        let options = TerminalOptions { viewport: Viewport::Fixed(Rect::new(0, 0, 20, 3)) };
        Terminal::with_options(DiffBackend::new(Writes::default()), options).unwrap()
    }

    /// Draws a frame; returns its writes.
    fn writes(
        terminal: &mut Terminal<DiffBackend<Writes>>,
        view: impl FnOnce(&mut Frame),
    ) -> Vec<Vec<u8>> {
        terminal.draw(view).unwrap();
        std::mem::take(&mut terminal.backend_mut().out.0)
    }

    fn text(text: &'static str) -> impl Fn(&mut Frame) {
        move |frame| frame.render_widget(text, frame.area())
    }

    fn text_with_cursor(content: &'static str, x: u16) -> impl Fn(&mut Frame) {
        move |frame| {
            text(content)(frame);
            frame.set_cursor_position((x, 1));
        }
    }

    #[test]
    fn a_frame_is_one_write() {
        assert_eq!(writes(&mut terminal(), text_with_cursor("one\ntwo", 4)).len(), 1);
    }

    #[test]
    fn an_unchanged_frame_is_no_write() {
        let mut terminal = terminal();
        writes(&mut terminal, text("same"));
        assert!(writes(&mut terminal, text("same")).is_empty());
    }

    #[test]
    fn an_unchanged_frame_with_a_cursor_is_no_write() {
        let mut terminal = terminal();
        writes(&mut terminal, text_with_cursor("same", 2));
        assert!(writes(&mut terminal, text_with_cursor("same", 2)).is_empty());
    }

    #[test]
    fn a_moved_cursor_sends_only_its_position() {
        let mut terminal = terminal();
        writes(&mut terminal, text_with_cursor("same", 2));
        assert_eq!(writes(&mut terminal, text_with_cursor("same", 7)), [b"\x1b[2;8H"]);
    }

    #[test]
    fn the_cursor_returns_to_its_position_after_drawing_elsewhere() {
        let mut terminal = terminal();
        writes(&mut terminal, text_with_cursor("a", 2));
        let wrote = writes(&mut terminal, text_with_cursor("b", 2)).concat();
        assert!(wrote.ends_with(b"\x1b[2;3H"), "{}", wrote.escape_ascii());
    }

    #[test]
    fn a_hidden_cursor_is_not_hidden_again() {
        let mut terminal = terminal();
        let first = writes(&mut terminal, text("a")).concat();
        assert!(!first.windows(6).any(|seen| seen == b"\x1b[?25l"), "{}", first.escape_ascii());
        writes(&mut terminal, text_with_cursor("a", 0));
        assert_eq!(writes(&mut terminal, text("a")), [b"\x1b[?25l"]);
    }
}
