//! The poller on tokio's paused clock: its rules one by one, and the laws that hold whatever
//! happens.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod fake;
mod laws;
mod queries;
mod queues;
mod rules;
mod sharing;
mod stops;
mod trouble;
