//! savepeek: a terminal inspector for Apache Flink savepoints.

pub mod api;
pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod credentials;
pub mod demo;
pub mod effect;
pub mod endpoint;
pub mod environment;
pub mod headless;
pub mod json;
pub mod keymap;
pub mod launch;
pub mod log;
pub mod manual;
pub mod message;
pub mod poller;
pub mod savepoint;
pub mod state;
pub mod terminal;
pub mod text;
pub mod update;
pub mod view;

/// The program's version and, where that is known, the commit it was built from.
pub const VERSION: &str = env!("SAVEPEEK_VERSION");
