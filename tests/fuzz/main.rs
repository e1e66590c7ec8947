//! Every parser of foreign bytes, on a corpus and on mutations of it.
//!
//! | target | reads |
//! |---|---|
//! | `answers` | responses of the service: savepoints, lists, deployments, jobs, errors in JSON and XML |
//! | `text` | text for the screen: cleaned, cut, wrapped; JSON formatted |
//! | `files` | the configuration, the watch list, the journal and its report |
//! | `credentials` | the `aliyun` CLI's profiles, the INI file, HTTP responses of credential providers |
//! | `typed` | terminal input; typed or pasted IDs, endpoints, commands, time zones |
//!
//! `cargo test --test fuzz` runs a fixed number of cases of each; `SAVEPEEK_FUZZ_SECONDS=3600 cargo
//! test --release --test fuzz -- --nocapture` runs each for an hour and prints the number of cases. An
//! input that fails goes into the corpus.

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

/// The text of bytes that need not be UTF-8, decoded as the program does.
fn text_of(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// Asserts that a text has no control or invisible characters, except line breaks.
#[track_caller]
fn assert_harmless(text: &str) {
    let found = text.chars().find(|&c| c != '\n' && is_control(c));
    assert_eq!(found, None, "in {text:?}");
}

/// Asserts the same, and that it is one line.
#[track_caller]
fn assert_one_line(text: &str) {
    assert_harmless(text);
    assert!(!text.contains('\n'), "more than a line: {text:?}");
}
