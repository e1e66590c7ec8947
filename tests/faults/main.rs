//! The real binary against every fault of the embedded service.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../support/mod.rs"]
mod support;

mod keys;
mod matrix;
mod outage;
mod service;
