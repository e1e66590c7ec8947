//! Runs a target on a corpus and on mutations of it.
//!
//! Pure random bytes seldom get past the first character of a parser. So each input begins as one of
//! the samples in `tests/fuzz/corpus/<target>` and is then changed a few times: bits flipped, parts
//! cut out, doubled, replaced by parts of another sample, or by text that is known to cause trouble.
//!
//! Without any setting each target runs a fixed number of cases from a fixed seed, so that the result
//! does not depend on the machine. Two variables change that:
//!
//! - `SAVEPEEK_FUZZ_SECONDS`: runs each target for this time, from a new seed each time.
//! - `SAVEPEEK_FUZZ_SEED`: runs from this seed, as a failure prints it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use fastrand::Rng;

/// The longest input, in bytes. Longer ones are slower and find nothing else.
const LONGEST: usize = 16 * 1024;

/// The most changes to one sample.
const CHANGES: usize = 6;

/// Text that is known to cause trouble: in terminals, JSON, numbers, Markdown, XML, shells and URLs.
const HURTS: &[&str] = &[
    "\x1b[2J",
    "\x1b]52;c;eA==\x07",
    "\u{9b}31m",
    "\0",
    "\r\n",
    "\n",
    "\t",
    "\u{7f}",
    "\u{202e}",
    "\u{3164}",
    "\u{2800}",
    "\u{fe0f}",
    "\u{e0100}",
    "\u{200d}",
    "\u{feff}",
    "\u{ffff}",
    "\u{301}",
    "升级",
    "👨\u{200d}👩\u{200d}👧",
    "\"",
    "\\",
    "\\\"",
    "\\ud800",
    "\\u0000",
    "{",
    "}",
    "[",
    "]",
    "[[[[[[[[",
    "{\"a\":{\"a\":",
    ",",
    ":",
    "null",
    "true",
    "1e400",
    "-0",
    "99999999999999999999",
    "-9223372036854775808",
    "0.1e-999",
    "NaN",
    "|",
    "\\|",
    "`",
    "``",
    "www.evil.example",
    "mailto:",
    "https://evil.example",
    "a@evil.example",
    "<",
    "</",
    "<![CDATA[",
    "&#x0;",
    "&amp;",
    "<!DOCTYPE",
    "--",
    "$(reboot)",
    "'",
    ";",
    "#",
    "=",
    " ",
    "../",
    "%00",
    "%",
    "@",
    "[::1]",
    "65536",
    "~",
    "\x1b[200~",
    "\x1b[201~",
    "\x1b[<0;99999;99999M",
    "\x1b[1;",
    "\x1bO",
];

/// Runs a target: `check` panics when the target does something it must not.
///
/// # Panics
/// With the input and how to reproduce it, when `check` panics.
#[track_caller]
pub(crate) fn run(target: &str, cases: usize, check: impl FnMut(&[u8])) {
    let corpus = corpus(target);
    let seconds = variable("SAVEPEEK_FUZZ_SECONDS");
    let seed = variable("SAVEPEEK_FUZZ_SEED");
    let seed = seed.unwrap_or_else(|| seconds.map_or(0, |_| fastrand::u64(..)));
    let mut runner = Runner { target, seed, check, cases: 0 };
    for sample in &corpus {
        runner.case(sample);
    }
    let mut rng = Rng::with_seed(seed);
    let began = Instant::now();
    let more = |done: usize| match seconds {
        Some(seconds) => began.elapsed() < Duration::from_secs(seconds),
        None => done < cases,
    };
    while more(runner.cases) {
        let input = mutated(&corpus, &mut rng);
        runner.case(&input);
    }
    if seconds.is_some() {
        println!("{target}: {} cases from seed {seed}", runner.cases);
    }
}

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// The samples of a target. Panics without any: mutations of nothing test next to nothing.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(target);
    let entries = std::fs::read_dir(&directory).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "there is no sample in {}", directory.display());
    files.into_iter().map(|file| std::fs::read(file).unwrap()).collect()
}

struct Runner<'a, C> {
    target: &'a str,
    seed: u64,
    check: C,
    cases: usize,
}

impl<C: FnMut(&[u8])> Runner<'_, C> {
    fn case(&mut self, input: &[u8]) {
        self.cases += 1;
        let check = AssertUnwindSafe(|| (self.check)(input));
        if catch_unwind(check).is_err() {
            let (target, seed) = (self.target, self.seed);
            panic!(
                "case {} of {target}, SAVEPEEK_FUZZ_SEED={seed}: b\"{}\"",
                self.cases,
                input.escape_ascii()
            );
        }
    }
}

fn mutated(corpus: &[Vec<u8>], rng: &mut Rng) -> Vec<u8> {
    let mut input = any(corpus, rng).clone();
    for _ in 0..rng.usize(1..=CHANGES) {
        change(&mut input, corpus, rng);
        input.truncate(LONGEST);
    }
    input
}

fn change(input: &mut Vec<u8>, corpus: &[Vec<u8>], rng: &mut Rng) {
    let at = rng.usize(0..=input.len());
    let part = part_of(input, rng);
    match rng.u8(0..12) {
        0 => {
            if let Some(byte) = input.get_mut(at) {
                *byte ^= 1 << rng.u8(0..8);
            }
        }
        1 => {
            if let Some(byte) = input.get_mut(at) {
                *byte = rng.u8(..);
            }
        }
        2 => input.truncate(at),
        3 => drop(input.drain(part)),
        4 | 5 => {
            let copy = input[part].to_vec();
            let times = if rng.u8(0..16) == 0 { 200 } else { 1 };
            let room = LONGEST / copy.len().max(1);
            drop(input.splice(at..at, copy.repeat(times.min(room))));
        }
        6 | 7 => {
            let other = any(corpus, rng);
            let from = part_of(other, rng);
            drop(input.splice(part, other[from].iter().copied()));
        }
        8 => {
            let text = HURTS[rng.usize(0..HURTS.len())];
            drop(input.splice(part, text.bytes()));
        }
        _ => {
            let text = HURTS[rng.usize(0..HURTS.len())];
            drop(input.splice(at..at, text.bytes()));
        }
    }
}

fn any<'a>(corpus: &'a [Vec<u8>], rng: &mut Rng) -> &'a Vec<u8> {
    &corpus[rng.usize(0..corpus.len())]
}

/// Some part of the bytes, short ones being likelier.
fn part_of(bytes: &[u8], rng: &mut Rng) -> std::ops::Range<usize> {
    let from = rng.usize(0..=bytes.len());
    let most = (bytes.len() - from).min(if rng.bool() { 8 } else { usize::MAX });
    from..from + rng.usize(0..=most)
}
