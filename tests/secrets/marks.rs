//! Secrets that can be found in any encoding.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// The shortest part of a secret that counts as a leak, in bytes.
const RUN: usize = 12;

/// A secret of one source: letters, digits and the punctuation of STS tokens.
pub(crate) fn mark(source: &str) -> String {
    let seed = source.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut random = fastrand::Rng::with_seed(seed);
    (0..40)
        .map(|at| if at % 9 == 8 { random.choice(['+', '/']) } else { Some(random.alphanumeric()) })
        .map(Option::unwrap)
        .collect()
}

/// A secret without characters that a URL must escape.
pub(crate) fn plain_mark(source: &str) -> String {
    mark(source).replace(['+', '/'], "0")
}

/// Finds the parts of secrets.
pub(crate) struct Finder {
    parts: HashMap<Vec<u8>, String>,
    /// Hashes of the parts' beginnings, to skip most texts quickly.
    begin: Vec<bool>,
}

impl Default for Finder {
    fn default() -> Self {
        Self { parts: HashMap::new(), begin: vec![false; 1 << 18] }
    }
}

/// A hash of a part's beginning.
fn begin(part: &[u8]) -> usize {
    part[..3].iter().fold(0, |hash, byte| ((hash << 6) ^ usize::from(*byte)) & ((1 << 18) - 1))
}

impl Finder {
    pub(crate) fn of<'a>(marks: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut finder = Self::default();
        for (source, mark) in marks {
            finder.add(source, mark);
        }
        finder
    }

    pub(crate) fn add(&mut self, source: &str, mark: &str) {
        let mut forms = vec![mark.to_owned()];
        for before in 0..3 {
            let encoded = STANDARD_NO_PAD.encode([&[0; 2][..before], mark.as_bytes()].concat());
            let own = encoded[(before * 8).div_ceil(6)..encoded.len() - 1].to_owned();
            forms.extend([own.replace('+', "-").replace('/', "_"), own]);
        }
        for form in forms {
            for part in form.to_ascii_lowercase().as_bytes().windows(RUN) {
                self.begin[begin(part)] = true;
                self.parts.insert(part.to_vec(), source.to_owned());
            }
        }
    }

    /// Asserts that no part of a secret is in these bytes.
    #[track_caller]
    pub(crate) fn assert_none(&self, of: &str, bytes: &[u8]) {
        let mut text = bytes.to_ascii_lowercase();
        for _ in 0..4 {
            for (at, part) in text.windows(RUN).enumerate() {
                if self.begin[begin(part)]
                    && let Some(source) = self.parts.get(part)
                {
                    let around = &text[at.saturating_sub(300)..text.len().min(at + 100)];
                    panic!("{of} contains {source}:\n{}", String::from_utf8_lossy(around));
                }
            }
            text = unescaped(&text).to_ascii_lowercase();
        }
    }
}

/// The text in lower case, with its escapes decoded once.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let number = |from: usize, radix: u32, most: usize| {
            let digits = rest.get(from..)?.iter().take(most);
            let digits: Vec<u8> =
                digits.take_while(|byte| char::from(**byte).is_digit(radix)).copied().collect();
            let code = u32::from_str_radix(std::str::from_utf8(&digits).ok()?, radix).ok()?;
            Some((char::from_u32(code)?, from + digits.len()))
        };
        let read = match rest {
            [b'%', ..] => number(1, 16, 2),
            [b'\\', b'u', ..] => number(2, 16, 4),
            [b'\\', b'x', ..] => number(2, 16, 2),
            [b'\\', c @ (b'/' | b'\\' | b'"'), ..] => Some((char::from(*c), 2)),
            [b'&', b'#', b'x', ..] => number(3, 16, 6).map(|(c, end)| (c, end + 1)),
            [b'&', b'#', ..] => number(2, 10, 6).map(|(c, end)| (c, end + 1)),
            _ if rest.starts_with(b"&plus;") => Some(('+', 6)),
            _ if rest.starts_with(b"&sol;") => Some(('/', 5)),
            _ => None,
        };
        let (c, length) = read.unwrap_or((char::from(rest[0]), 1));
        let mut buffer = [0; 4];
        let bytes = if read.is_some() { c.encode_utf8(&mut buffer).as_bytes() } else { &rest[..1] };
        out.extend_from_slice(bytes);
        at += length;
    }
    out
}

#[test]
fn a_mark_is_found_in_every_encoding() {
    let secret = mark("a source");
    let finder = Finder::of([("a source", secret.as_str())]);
    for text in super::reflecting::spellings(&secret) {
        let found = std::panic::catch_unwind(|| finder.assert_none("a text", text.as_bytes()));
        assert!(found.is_err(), "not found: {text}");
    }
    finder.assert_none("another", mark("another source").as_bytes());
}
