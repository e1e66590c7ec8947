//! The embedded service as a client sees it: hand-made requests over connections on loopback.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod call;
mod faults;
mod gateway;
mod lists;
mod service;
mod story;
