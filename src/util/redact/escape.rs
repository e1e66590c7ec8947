//! One escape sequence of a URL, of HTML or of JSON.

/// What an escape sequence stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unescaped {
    /// A byte, which may be a part of a character.
    Byte(u8),
    Char(char),
}

impl Unescaped {
    /// The bytes, in this buffer.
    pub(super) fn encode(self, buffer: &mut [u8; 4]) -> &[u8] {
        match self {
            Self::Byte(byte) => {
                buffer[0] = byte;
                &buffer[..1]
            }
            Self::Char(c) => c.encode_utf8(buffer).as_bytes(),
        }
    }
}

/// The names of characters in HTML, of those that a secret may hold.
const NAMES: [(&str, char); 38] = [
    ("amp", '&'),
    ("apos", '\''),
    ("ast", '*'),
    ("bsol", '\\'),
    ("colon", ':'),
    ("comma", ','),
    ("commat", '@'),
    ("dollar", '$'),
    ("equals", '='),
    ("excl", '!'),
    ("grave", '`'),
    ("gt", '>'),
    ("GT", '>'),
    ("hat", '^'),
    ("lbrace", '{'),
    ("lbrack", '['),
    ("lcub", '{'),
    ("lowbar", '_'),
    ("lpar", '('),
    ("lsqb", '['),
    ("lt", '<'),
    ("LT", '<'),
    ("nbsp", ' '),
    ("newline", '\n'),
    ("num", '#'),
    ("percnt", '%'),
    ("period", '.'),
    ("plus", '+'),
    ("quest", '?'),
    ("quot", '"'),
    ("rbrace", '}'),
    ("rbrack", ']'),
    ("rpar", ')'),
    ("rsqb", ']'),
    ("semi", ';'),
    ("sol", '/'),
    ("tab", '\t'),
    ("verbar", '|'),
];

/// The most digits that a number may have: some write many zeros before it.
const DIGITS: usize = 16;

/// What the escape sequence at the start of these bytes stands for, and its length.
pub(super) fn read(bytes: &[u8]) -> Option<(Unescaped, usize)> {
    match bytes.first()? {
        b'%' => Some((Unescaped::Byte(u8::try_from(hex(bytes.get(1..3)?)?).ok()?), 3)),
        b'\\' => backslash(bytes),
        b'&' => entity(bytes),
        _ => None,
    }
}

fn backslash(bytes: &[u8]) -> Option<(Unescaped, usize)> {
    let c = match bytes.get(1)? {
        b'u' => return Some((Unescaped::Char(char::from_u32(hex(bytes.get(2..6)?)?)?), 6)),
        b'x' => return Some((Unescaped::Byte(u8::try_from(hex(bytes.get(2..4)?)?).ok()?), 4)),
        b'b' => '\x08',
        b'f' => '\x0c',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        other @ (b'"' | b'\'' | b'/' | b'\\') => char::from(*other),
        _ => return None,
    };
    Some((Unescaped::Char(c), 2))
}

fn entity(bytes: &[u8]) -> Option<(Unescaped, usize)> {
    let (start, radix) = match bytes.get(1..3)? {
        [b'#', b'x' | b'X'] => (3, 16),
        [b'#', _] => (2, 10),
        _ => return named(bytes),
    };
    let digits = bytes[start..].iter().take(DIGITS);
    let digits = digits.take_while(|byte| char::from(**byte).is_digit(radix)).count();
    let end = start + digits;
    let number = std::str::from_utf8(&bytes[start..end]).ok()?;
    let c = char::from_u32(u32::from_str_radix(number, radix).ok()?)?;
    // Browsers read it without the semicolon, too.
    Some((Unescaped::Char(c), end + usize::from(bytes.get(end) == Some(&b';'))))
}

fn named(bytes: &[u8]) -> Option<(Unescaped, usize)> {
    let name = bytes[1..].split(|byte| *byte == b';').next()?;
    let known = |(known, c): &(&str, char)| {
        known.as_bytes().eq_ignore_ascii_case(name).then_some(Unescaped::Char(*c))
    };
    let ended = bytes.get(name.len() + 1) == Some(&b';');
    let c = (ended && name.len() <= 7).then(|| NAMES.iter().find_map(known))??;
    Some((c, name.len() + 2))
}

fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number, byte| Some(number * 16 + char::from(*byte).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("%2Fx", Unescaped::Byte(b'/'), 3)]
    #[case("%e5x", Unescaped::Byte(0xe5), 3)]
    #[case("\\/x", Unescaped::Char('/'), 2)]
    #[case("\\u002fx", Unescaped::Char('/'), 6)]
    #[case("\\x2fx", Unescaped::Byte(b'/'), 4)]
    #[case("&#47;x", Unescaped::Char('/'), 5)]
    #[case("&#0047x", Unescaped::Char('/'), 6)]
    #[case("&#x2F;x", Unescaped::Char('/'), 6)]
    #[case("&sol;x", Unescaped::Char('/'), 5)]
    #[case("&AMP;x", Unescaped::Char('&'), 5)]
    fn an_escape_is_read(#[case] text: &str, #[case] is: Unescaped, #[case] length: usize) {
        assert_eq!(read(text.as_bytes()), Some((is, length)));
    }

    #[rstest::rstest]
    #[case("%2")]
    #[case("%gg")]
    #[case("\\")]
    #[case("\\u00")]
    #[case("\\ud800")]
    #[case("\\q")]
    #[case("&")]
    #[case("&#;")]
    #[case("&#x;")]
    #[case("&sol")]
    #[case("&unknown;")]
    #[case("&#99999999999;")]
    #[case("x")]
    #[case("")]
    fn anything_else_is_none(#[case] text: &str) {
        assert_eq!(read(text.as_bytes()), None);
    }
}
