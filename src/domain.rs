//! The nouns: savepoint, deployment, job, endpoint, and what is derived from them alone.

pub mod change;
pub mod deployment;
pub mod duration_stats;
pub mod endpoint;
pub mod job;
pub mod savepoint;
