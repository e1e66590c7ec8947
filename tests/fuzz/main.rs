//! Every parser that reads bytes from elsewhere, on a corpus and on mutations of it.
//!
//! | target | reads |
//! |---|---|
//! | `answers` | what the service sends: savepoints, lists, deployments, jobs, refusals in JSON and XML |
//! | `text` | text that is shown: cleaned, cut, broken into lines; JSON laid out anew |
//! | `files` | the configuration, the watch list, the journal and the report that is made of it |
//! | `credentials` | the `aliyun` CLI's profiles, the INI file, and what lends credentials over HTTP |
//! | `typed` | what the terminal sends; what is typed or pasted: IDs, endpoints, commands, time zones |
//!
//! `cargo test --test fuzz` runs a fixed number of cases of each; `SAVEPEEK_FUZZ_SECONDS=3600 cargo
//! test --release --test fuzz -- --nocapture` runs each for an hour and prints how many cases that
//! was. What is found goes into the corpus.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a failure is a panic"
)]

mod answers;
mod credentials;
mod driver;
mod files;
mod server;
mod text;
mod typed;

use savepeek::util::text::is_control;

/// The text of some bytes, as the program itself reads bytes that need not be UTF-8.
fn text_of(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// Nothing in it acts on a terminal or is invisible; line breaks are for who prints lines.
#[track_caller]
fn harmless(text: &str) {
    let found = text.chars().find(|&c| c != '\n' && is_control(c));
    assert_eq!(found, None, "in {text:?}");
}

/// The same, and it is one line.
#[track_caller]
fn one_line(text: &str) {
    harmless(text);
    assert!(!text.contains('\n'), "more than a line: {text:?}");
}
