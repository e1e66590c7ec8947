//! The real binary against the embedded service while that misbehaves in every way it can.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../support/mod.rs"]
mod support;

mod keys;
mod matrix;
mod outage;
mod service;
