//! Symbols, borders and the ellipsis, in Unicode and ASCII.

use ratatui::buffer::Buffer;
use ratatui::symbols::border;
use ratatui::widgets::Block;

use crate::config::appearance::Glyphs;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symbol {
    Completed,
    Started,
    Failed,
    /// The service does not know the savepoint.
    NotFound,
    /// Another state, or none.
    Other,
    /// Polls fail, and none was answered yet.
    NoAnswer,
    /// Waiting for the first answer.
    Waiting,
    /// The data shown is live.
    Live,
    /// The data shown may be old, or something needs attention.
    Warning,
    Paused,
    /// Between two parts of a line.
    Separator,
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

impl Symbol {
    pub const ALL: [Self; 12] = [
        Self::Completed,
        Self::Started,
        Self::Failed,
        Self::NotFound,
        Self::Other,
        Self::NoAnswer,
        Self::Waiting,
        Self::Live,
        Self::Warning,
        Self::Paused,
        Self::Separator,
        Self::Rule,
    ];

    /// The symbol in Unicode and in ASCII. In ASCII `>` and `*` are not used,
    /// because they mark rows.
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
            Self::Warning => ["▲", "^"],
            Self::Paused => ["‖", "="],
            Self::Separator => ["·", "|"],
            Self::Rule => ["─", "-"],
        }
    }
}

impl Glyphs {
    pub const fn symbol(self, symbol: Symbol) -> &'static str {
        let [unicode, ascii] = symbol.pair();
        match self {
            Self::Unicode => unicode,
            Self::Ascii => ascii,
        }
    }

    /// Bars of increasing height.
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

    /// Replaces ellipses in a finished frame where only ASCII is allowed. Some come from texts that
    /// were cut elsewhere, such as errors and masked keys.
    pub(super) fn replace_ellipses(self, buffer: &mut Buffer) {
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
    fn symbols_are_one_cell_wide() {
        for symbol in Symbol::ALL {
            assert_eq!(Glyphs::Unicode.symbol(symbol).width(), 1, "{symbol:?}");
            assert_eq!(Glyphs::Ascii.symbol(symbol).len(), 1, "{symbol:?}");
            assert!(Glyphs::Ascii.symbol(symbol).is_ascii(), "{symbol:?}");
        }
    }

    #[test]
    fn no_two_symbols_are_the_same() {
        let symbols = Symbol::ALL.into_iter().filter(|symbol| *symbol != Symbol::Rule);
        let symbols: Vec<Symbol> = symbols.collect();
        for glyphs in [Glyphs::Unicode, Glyphs::Ascii] {
            for (at, &one) in symbols.iter().enumerate() {
                for &other in &symbols[..at] {
                    assert_ne!(glyphs.symbol(one), glyphs.symbol(other), "{one:?} {other:?}");
                }
            }
        }
    }
}
