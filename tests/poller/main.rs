//! The poller on tokio's paused clock: its rules one by one, and the laws that hold whatever
//! happens.

mod fake;
mod laws;
mod rules;
mod sharing;
mod trouble;
