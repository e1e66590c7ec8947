//! What knows nothing of savepoints: text, JSON, the clock, the environment, files, subprocesses,
//! the log.

pub mod clock;
pub mod environment;
pub mod json;
pub mod logging;
pub(crate) mod quote;
pub mod redact;
pub(crate) mod small_file;
pub mod subprocess;
pub mod text;
pub mod toml;
