//! The texts to hide, with an index of their parts.

use std::fmt;
use std::ops::Range;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};
use secrecy::zeroize::Zeroizing;

/// The shortest part of a secret that is hidden, in bytes. Of a shorter secret the whole is.
pub(super) const RUN: usize = 12;

/// The length of an indexed part.
pub(super) const GRAM: usize = 6;

/// With how many bytes of texts the places of their parts are kept: a few are searched faster as
/// they are, and those of a single request are made for each one.
const SORTED_FROM: usize = 1024;

const HIDDEN: &str = "***";

/// Texts to hide, in any letter case. Its `Debug` shows no text.
#[derive(Default)]
pub struct Secrets {
    texts: Vec<Hidden>,
    /// Those shorter than [`RUN`].
    pub(super) short: Vec<Hidden>,
    /// Two bits for each part, by its hash, to pass over most texts quickly.
    bits: Vec<u64>,
    /// Each part with the text that has it and where, sorted; empty for a few short texts.
    places: Vec<(u64, u32, u32)>,
}

pub(super) struct Hidden {
    /// The secret in lower case.
    pub text: Zeroizing<Vec<u8>>,
    /// What replaces the whole of it.
    pub shown: String,
    /// Parts that are no secret by themselves.
    public: Vec<Range<usize>>,
}

impl Secrets {
    /// These secrets and no others.
    pub fn of<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let mut all = Self::default();
        secrets.into_iter().for_each(|secret| all.hide(secret));
        all.index()
    }

    /// Hides a secret, also in base64, whatever stands before it there.
    pub fn hide(&mut self, secret: &str) {
        self.add(secret, HIDDEN, Vec::new());
        self.hide_base64(secret);
    }

    fn hide_base64(&mut self, secret: &str) {
        for before in 0..3 {
            let padded = [&[0; 2][..before], secret.as_bytes()].concat();
            for engine in [BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD] {
                let encoded = Zeroizing::new(engine.encode(&padded));
                // The characters at either end depend on what stands beside the secret.
                let end = encoded.len() - usize::from(padded.len() % 3 != 0);
                let own = encoded.get((before * 8).div_ceil(6)..end).unwrap_or_default();
                if own.len() >= RUN {
                    self.add(own, HIDDEN, Vec::new());
                }
                if !encoded.contains(['+', '/']) {
                    break;
                }
            }
        }
    }

    /// The same without the texts that are hidden only as a whole: each may be an ordinary word.
    #[must_use]
    pub fn without_short(self) -> Self {
        Self { short: Vec::new(), ..self }
    }

    /// Hides what is known by a shorter form, which replaces it.
    pub fn mask(&mut self, text: &str, shown: &str) {
        self.add(text, shown, Vec::new());
        self.hide_base64(text);
    }

    /// Hides a text in which the words, of letters, digits and `-`, are no secrets by themselves,
    /// but for those with these secrets in them.
    pub fn hide_around_words(&mut self, text: &str, secrets: &[&str]) {
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
        let mut public = Vec::new();
        let mut from = 0;
        for word in text.as_bytes().split(|byte| !is_word(byte)) {
            let range = from..from + word.len();
            from = range.end + 1;
            let holds = |secret: &&str| text[range.clone()].contains(*secret);
            if word.len() >= RUN && !secrets.iter().any(holds) {
                public.push(range);
            }
        }
        self.add(text, HIDDEN, public);
    }

    /// To be searched for.
    #[must_use]
    pub fn index(mut self) -> Self {
        let length: usize = self.texts.iter().map(|hidden| hidden.text.len()).sum();
        if self.texts.is_empty() {
            return self;
        }
        // Sparse, so that few parts of other texts are looked up.
        self.bits = vec![0; (length / 2).next_power_of_two().clamp(16, 2048)];
        for hidden in &self.texts {
            for window in hidden.text.windows(GRAM) {
                let (word, bits) = self.slot(gram(window));
                self.bits[word] |= bits;
            }
        }
        if length >= SORTED_FROM {
            for (text, hidden) in (0..).zip(&self.texts) {
                let grams = hidden.text.windows(GRAM).map(gram);
                self.places.extend((0..).zip(grams).map(|(at, gram)| (gram, text, at)));
            }
            self.places.sort_unstable();
        }
        self
    }

    fn add(&mut self, text: &str, shown: &str, public: Vec<Range<usize>>) {
        if text.is_empty() {
            return;
        }
        let text = Zeroizing::new(text.to_ascii_lowercase().into_bytes());
        let texts = if text.len() < RUN { &mut self.short } else { &mut self.texts };
        texts.push(Hidden { text, shown: shown.to_owned(), public });
    }

    /// Whether this byte is in any of the texts.
    pub(super) fn holds(&self, byte: u8) -> bool {
        let byte = byte.to_ascii_lowercase();
        self.texts.iter().any(|hidden| memchr::memchr(byte, &hidden.text).is_some())
    }

    /// Whether a part may be of one of the texts.
    pub(super) fn may_have(&self, gram: u64) -> bool {
        let (word, bits) = self.slot(gram);
        self.bits.get(word).is_some_and(|word| word & bits == bits)
    }

    /// The texts that have this part, and where.
    pub(super) fn with(&self, part: u64) -> impl Iterator<Item = (&Hidden, usize)> {
        let from = self.places.partition_point(|place| place.0 < part);
        let places = self.places[from..].iter().take_while(move |place| place.0 == part);
        let sorted = places.map(|&(_, text, at)| (&self.texts[text as usize], at as usize));
        let unsorted = if self.places.is_empty() { self.texts.as_slice() } else { &[] };
        sorted.chain(unsorted.iter().flat_map(move |hidden| {
            let windows = hidden.text.windows(GRAM).enumerate();
            windows.filter(move |(_, it)| gram(it) == part).map(move |(at, _)| (hidden, at))
        }))
    }

    fn slot(&self, gram: u64) -> (usize, u64) {
        let hash = gram.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 34;
        let word = usize::try_from(hash >> 12).unwrap_or_default() & (self.bits.len().max(1) - 1);
        (word, 1 << (hash & 63) | 1 << (hash >> 6 & 63))
    }
}

impl Hidden {
    /// Whether a part of the text is hidden.
    pub(super) fn is_secret(&self, part: &Range<usize>) -> bool {
        let within = |public: &Range<usize>| public.start <= part.start && part.end <= public.end;
        part.len() >= RUN && !self.public.iter().any(within)
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets")
    }
}

/// A part of a text as a number, the same in either letter case.
pub(super) fn gram(window: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    bytes[..GRAM].copy_from_slice(&window[..GRAM]);
    u64::from_le_bytes(bytes) | 0x2020_2020_2020
}
