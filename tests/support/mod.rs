//! What the tests on the real binary share.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where it finds things amiss")]

pub mod embedded;
pub mod service;
pub mod session;
pub mod tmux;
pub mod tty;

use std::time::Duration;

/// How long a condition may take to come true: long, because a test machine may be busy; a test
/// that passes never waits for it.
pub const DEADLINE: Duration = Duration::from_secs(15);

/// How often a sequence stands among the bytes.
pub fn count(bytes: &[u8], sequence: &str) -> usize {
    bytes.windows(sequence.len()).filter(|seen| *seen == sequence.as_bytes()).count()
}
