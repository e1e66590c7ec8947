//! Puts marked secrets into every input that can contain one, and checks every output of the
//! program: no part of a secret may appear, in any encoding.

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
