//! Which characters must not reach the screen unescaped, by their Unicode properties.

use icu_properties::props::{
    DefaultIgnorableCodePoint, Emoji, GeneralCategory as Category, GeneralCategoryGroup as Group,
};
use icu_properties::{CodePointMapData, CodePointSetData};
use unicode_width::UnicodeWidthChar as _;

/// Invisible characters that no property marks as such: the empty Braille pattern, the null
/// notehead, the Khitan filler and the two Egyptian blanks.
const BLANK: [char; 5] = ['\u{2800}', '\u{1d159}', '\u{16fe4}', '\u{13441}', '\u{13442}'];

/// Whether a character acts on a terminal or misleads a reader: controls, bidirectional formatting,
/// invisible characters, and every space but U+0020 and the U+3000 of Chinese, because it looks like
/// one of those two. Private-use and unassigned characters are included because terminals differ in
/// what they show for them.
pub fn is_control(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    match CodePointMapData::<Category>::new().get(c) {
        Category::Control
        | Category::Format
        | Category::LineSeparator
        | Category::ParagraphSeparator
        | Category::PrivateUse
        | Category::Surrogate
        | Category::Unassigned => true,
        Category::SpaceSeparator => c != '\u{3000}',
        _ => CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c) || BLANK.contains(&c),
    }
}

/// Whether a character joins the one before it in one cell: marks, and the skin tones of emoji.
pub(super) fn attaches(c: char) -> bool {
    let is_mark = || Group::Mark.contains(CodePointMapData::<Category>::new().get(c));
    c.width() == Some(0) || ('\u{1f3fb}'..='\u{1f3ff}').contains(&c) || (!c.is_ascii() && is_mark())
}

/// Whether a variation selector only chooses the look of the emoji before it. Digits, `#` and `*` are
/// emoji only as a keycap, whose frame comes next.
pub(super) fn selects_a_look(before: Option<char>, selector: char, next: Option<char>) -> bool {
    matches!(selector, '\u{fe0e}' | '\u{fe0f}')
        && before.is_some_and(|base| {
            CodePointSetData::new::<Emoji>().contains(base)
                && (!base.is_ascii() || next == Some('\u{20e3}'))
        })
}
