//! Signs, borders and the ellipsis, in Unicode and ASCII.

use ratatui::buffer::Buffer;
use ratatui::symbols::border;
use ratatui::widgets::Block;

use crate::config::appearance::Glyphs;

/// What a sign says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    Completed,
    Started,
    /// FAILED; the worst that can be said.
    Failed,
    /// The service knows no such savepoint.
    NotFound,
    /// Another state, or none.
    Other,
    /// There was no answer so far.
    NoAnswer,
    /// The first answer is awaited.
    Waiting,
    /// What is shown is live.
    Live,
    /// What is shown may be old.
    Worry,
    Paused,
    /// Between two things on one line.
    Dot,
    /// A piece of a horizontal rule.
    Rule,
}

const ASCII: border::Set<'static> = border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};

impl Sign {
    pub const ALL: [Self; 12] = [
        Self::Completed,
        Self::Started,
        Self::Failed,
        Self::NotFound,
        Self::Other,
        Self::NoAnswer,
        Self::Waiting,
        Self::Live,
        Self::Worry,
        Self::Paused,
        Self::Dot,
        Self::Rule,
    ];

    /// The sign in Unicode and in ASCII. In ASCII `>` and `*` are left out: they mark
    /// the row.
    const fn pair(self) -> [&'static str; 2] {
        match self {
            Self::Completed => ["✓", "v"],
            Self::Started => ["▸", "o"],
            Self::Failed => ["✗", "X"],
            Self::NotFound => ["∅", "/"],
            Self::Other => ["?", "?"],
            Self::NoAnswer => ["!", "!"],
            Self::Waiting => ["-", "-"],
            Self::Live => ["●", "+"],
            Self::Worry => ["▲", "^"],
            Self::Paused => ["‖", "="],
            Self::Dot => ["·", "|"],
            Self::Rule => ["─", "-"],
        }
    }
}

impl Glyphs {
    pub const fn sign(self, sign: Sign) -> &'static str {
        let [unicode, ascii] = sign.pair();
        match self {
            Self::Unicode => unicode,
            Self::Ascii => ascii,
        }
    }

    /// A bar in eight heights.
    pub(super) const fn bars(self) -> [char; 8] {
        match self {
            Self::Unicode => ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
            Self::Ascii => ['_', '.', '-', ':', '=', '+', '*', '#'],
        }
    }

    pub(super) fn bordered(self) -> Block<'static> {
        match self {
            Self::Unicode => Block::bordered(),
            Self::Ascii => Block::bordered().border_set(ASCII),
        }
    }

    /// Goes over a finished frame: what was cut, here or where an error's text was cut or masked a
    /// key, says so with a sign in ASCII too.
    pub(super) fn finish(self, buffer: &mut Buffer) {
        if self == Self::Ascii {
            for cell in buffer.content.iter_mut().filter(|cell| cell.symbol() == "…") {
                cell.set_symbol("~");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr as _;

    use super::*;

    #[test]
    fn signs_are_one_cell_wide() {
        for sign in Sign::ALL {
            assert_eq!(Glyphs::Unicode.sign(sign).width(), 1, "{sign:?}");
            assert_eq!(Glyphs::Ascii.sign(sign).len(), 1, "{sign:?}");
            assert!(Glyphs::Ascii.sign(sign).is_ascii(), "{sign:?}");
        }
    }

    #[test]
    fn no_two_signs_are_the_same() {
        let signs = Sign::ALL.into_iter().filter(|sign| *sign != Sign::Rule);
        let signs: Vec<Sign> = signs.collect();
        for glyphs in [Glyphs::Unicode, Glyphs::Ascii] {
            for (at, &one) in signs.iter().enumerate() {
                for &other in &signs[..at] {
                    assert_ne!(glyphs.sign(one), glyphs.sign(other), "{one:?} {other:?}");
                }
            }
        }
    }
}
