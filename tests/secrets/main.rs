//! Marked secrets in every place where one can stand, and every way out of the program: no byte of
//! them may come out, in any spelling.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

#[path = "../support/mod.rs"]
mod support;

mod commands;
mod marks;
mod providers;
mod reflecting;
mod screen;
mod slips;
mod sources;
