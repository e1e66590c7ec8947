//! The wall clock: the one place it is read.

use jiff::Timestamp;

/// The time now.
#[expect(clippy::disallowed_methods, reason = "this is the place that the lint sends everybody to")]
pub fn now() -> Timestamp {
    Timestamp::now()
}
