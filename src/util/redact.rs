//! Hides in foreign text what this program sent: a service, a proxy or a credential provider
//! may send a secret back, and what they send is shown, logged and kept.
//!
//! Hidden is each part of a secret of 12 bytes or more, and all of a shorter secret; in any letter
//! case, and in the escapes of URLs, HTML and JSON, also one within the other.

mod escape;
mod secrets;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

pub use secrets::Secrets;

use secrets::{GRAM, RUN, gram};

/// The distance between the places at which a text is examined: each part that is hidden covers one.
const STRIDE: usize = RUN - GRAM + 1;

/// How deep escapes are read within one another.
const DEPTH: usize = 4;

/// How much of the text around an escape is read with it, in bytes.
const AROUND: usize = 32;

/// Knows the secrets of one request.
#[derive(Debug, Clone, Default)]
pub struct Redactor(Vec<Arc<Secrets>>);

/// A place in a text to hide, and what to show there.
struct Hit<'a> {
    range: Range<usize>,
    shown: &'a str,
}

/// A text with its escapes read, and where each byte comes from.
#[derive(Clone, Default)]
struct Decoded {
    bytes: Vec<u8>,
    origins: Vec<Range<usize>>,
}

impl Redactor {
    pub fn new(secrets: impl IntoIterator<Item = Arc<Secrets>>) -> Self {
        Self(secrets.into_iter().collect())
    }

    /// The same, and these.
    #[must_use]
    pub fn and(&self, secrets: Arc<Secrets>) -> Self {
        Self(self.0.iter().cloned().chain([secrets]).collect())
    }

    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.bytes(text.as_bytes()) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            Cow::Owned(bytes) => String::from_utf8_lossy(&bytes).into_owned().into(),
        }
    }

    /// The bytes without secrets. JSON stays JSON where the secrets stand within its texts.
    pub fn bytes<'a>(&self, text: &'a [u8]) -> Cow<'a, [u8]> {
        if !self.finds_any(text) {
            return Cow::Borrowed(text);
        }
        let mut out = Vec::with_capacity(text.len());
        let mut from = 0;
        for hit in self.all(text) {
            out.extend_from_slice(&text[from..hit.range.start]);
            out.extend_from_slice(hit.shown.as_bytes());
            from = hit.range.end;
        }
        out.extend_from_slice(&text[from..]);
        Cow::Owned(out)
    }

    /// Whether there is anything to hide. Most texts have nothing, and are read once: only what is
    /// near an escape is read again.
    fn finds_any(&self, text: &[u8]) -> bool {
        let mut found = false;
        self.search(text, &mut |_| found = true);
        let mut decoded = Decoded::default();
        let mut at = 0;
        while !found && let Some(next) = memchr::memchr3(b'%', b'\\', b'&', &text[at..]) {
            let escape = at + next;
            let Some((_, length)) = self.escape(&text[escape..]) else {
                // A backslash may hide the one after it.
                at = escape + escape::read(&text[escape..]).map_or(1, |(_, length)| length);
                continue;
            };
            decoded.bytes.clear();
            decoded.origins.clear();
            let end = self.near(text, escape + length);
            decoded.read(text, escape.saturating_sub(AROUND)..end);
            found = Self::layers(&decoded).iter().any(|layer| {
                let mut any = false;
                self.search(&layer.bytes, &mut |_| any = true);
                any
            });
            at = end;
        }
        found
    }

    /// Where the text around an escape ends: with the last escape that is near the one before.
    fn near(&self, text: &[u8], mut last: usize) -> usize {
        let mut at = last;
        while at < text.len() && at < last + AROUND {
            match self.escape(&text[at..]) {
                Some((_, length)) => (at, last) = (at + length, at + length),
                None => at += 1,
            }
        }
        at
    }

    /// The escape at the start of a text, if it stands for anything that can be of a secret, or of
    /// another escape. What stands beside a short secret matters, too.
    fn escape(&self, text: &[u8]) -> Option<(escape::Unescaped, usize)> {
        let read = escape::read(text)?;
        let mut buffer = [0; 4];
        let holds = |byte: &u8| {
            byte.is_ascii_alphanumeric()
                || matches!(byte, b'%' | b'\\' | b'&' | b'#' | b';')
                || self.0.iter().any(|secrets| secrets.holds(*byte) || !secrets.short.is_empty())
        };
        read.0.encode(&mut buffer).iter().any(holds).then_some(read)
    }

    /// The places to hide, in order, none touching another.
    fn all<'a>(&'a self, text: &[u8]) -> Vec<Hit<'a>> {
        let mut hits: Vec<Hit<'a>> = Vec::new();
        self.search(text, &mut |hit| hits.push(hit));
        let mut decoded = Decoded::default();
        decoded.read(text, 0..text.len());
        for layer in Self::layers(&decoded) {
            self.search(&layer.bytes, &mut |Hit { range, shown }| {
                let origins = &layer.origins[range];
                if let (Some(first), Some(last)) = (origins.first(), origins.last()) {
                    hits.push(Hit { range: first.start..last.end, shown });
                }
            });
        }
        for hit in &mut hits {
            // Whole characters.
            let inside = |at: usize| text.get(at).is_some_and(|byte| byte & 0xc0 == 0x80);
            while hit.range.start > 0 && inside(hit.range.start) {
                hit.range.start -= 1;
            }
            while inside(hit.range.end) {
                hit.range.end += 1;
            }
        }
        // Of those that begin together the longest is first.
        hits.sort_by_key(|hit| (hit.range.start, usize::MAX - hit.range.end));
        let mut separate: Vec<Hit<'a>> = Vec::new();
        for hit in hits {
            match separate.last_mut() {
                Some(last) if hit.range.end <= last.range.end => {}
                Some(last) if hit.range.start <= last.range.end => {
                    (last.range.end, last.shown) = (hit.range.end, "***");
                }
                _ => separate.push(hit),
            }
        }
        separate
    }

    /// The text with its escapes read once, twice and so on, while that changes anything.
    fn layers(decoded: &Decoded) -> Vec<Cow<'_, Decoded>> {
        let mut layers = vec![Cow::Borrowed(decoded)];
        while layers.len() < DEPTH
            && let Some(last) = layers.last()
        {
            match last.again() {
                Some(next) => layers.push(Cow::Owned(next)),
                None => break,
            }
        }
        layers
    }

    /// Reports each part of a secret in a text whose escapes are not read.
    fn search<'a>(&'a self, text: &[u8], found: &mut impl FnMut(Hit<'a>)) {
        let mut at = 0;
        while let Some(window) = text.get(at..at + GRAM) {
            let gram = gram(window);
            let mut next = at + STRIDE;
            for secrets in &self.0 {
                if !secrets.may_have(gram) {
                    continue;
                }
                for (hidden, place) in secrets.with(gram) {
                    let secret = hidden.text.as_slice();
                    let before = common(text[..at].iter().rev(), secret[..place].iter().rev());
                    let after = common(text[at..].iter(), secret[place..].iter());
                    let part = place - before..place + after;
                    if hidden.is_secret(&part) {
                        let whole = part.len() == secret.len();
                        let shown = if whole { hidden.shown.as_str() } else { "***" };
                        found(Hit { range: at - before..at + after, shown });
                        // What begins in this part and ends after it is still seen.
                        next = next.max((at + after).saturating_sub(RUN - 1));
                    }
                }
            }
            at = next;
        }
        let word = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
        for hidden in self.0.iter().flat_map(|secrets| &secrets.short) {
            let [first, ..] = *hidden.text.as_slice() else { continue };
            for at in memchr::memchr2_iter(first, first.to_ascii_uppercase(), text) {
                let end = at + hidden.text.len();
                if text.get(at..end).is_some_and(|part| part.eq_ignore_ascii_case(&hidden.text))
                    && !word(at.checked_sub(1).and_then(|before| text.get(before)))
                    && !word(text.get(end))
                {
                    found(Hit { range: at..end, shown: &hidden.shown });
                }
            }
        }
    }
}

/// How many bytes two texts have in common at their start, the second in lower case.
fn common<'a>(text: impl Iterator<Item = &'a u8>, lower: impl Iterator<Item = &'a u8>) -> usize {
    text.zip(lower).take_while(|(byte, lower)| byte.to_ascii_lowercase() == **lower).count()
}

impl Decoded {
    /// Reads the escapes of a part of a text.
    fn read(&mut self, text: &[u8], part: Range<usize>) {
        let mut at = part.start;
        while at < part.end {
            let mut buffer = [0; 4];
            let (bytes, length) = match escape::read(&text[at..]) {
                Some((unescaped, length)) => (unescaped.encode(&mut buffer), length),
                None => (&text[at..=at], 1),
            };
            self.bytes.extend_from_slice(bytes);
            self.origins.extend(bytes.iter().map(|_| at..at + length));
            at += length;
        }
    }

    /// The same with the escapes read that are left, if there are any.
    fn again(&self) -> Option<Self> {
        let mut next = Self::default();
        next.read(&self.bytes, 0..self.bytes.len());
        if next.bytes.len() == self.bytes.len() {
            return None;
        }
        for origin in &mut next.origins {
            *origin = self.origins[origin.start].start..self.origins[origin.end - 1].end;
        }
        Some(next)
    }
}

#[cfg(test)]
mod tests;
