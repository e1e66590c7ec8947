//! What the tests on the real binary share.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where it finds things amiss")]

pub mod embedded;
pub mod service;
pub mod session;
pub mod tmux;
pub mod tty;

use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long a condition may take to come true: long, because a test machine may be busy; a test
/// that passes never waits for it.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// Waits until a condition comes true.
pub fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let within = Instant::now() + DEADLINE;
    while !condition() {
        assert!(Instant::now() < within, "waited in vain until {what}");
        sleep(Duration::from_millis(5));
    }
}

/// How often a sequence stands among the bytes.
pub fn count(bytes: &[u8], sequence: &str) -> usize {
    bytes.windows(sequence.len()).filter(|seen| *seen == sequence.as_bytes()).count()
}
