//! The exit codes of all commands, and the errors that end a command. Two come from the screen:
//! [`NOT_SAVED`], and 128 plus the number of the signal that ends it.

use std::io;

use tokio::sync::mpsc::error::SendError;

use crate::api::{self, Answer, Cause};
use crate::config;
use crate::storage::journal::NoStateDir;
use crate::tui::terminal;

pub use crate::tui::app::NOT_SAVED;

pub const SUCCESS: u8 = 0;
/// `wait`: at least one savepoint is FAILED. Other commands: the journal cannot be read, or
/// nothing can be printed.
pub const FAILED: u8 = 1;
/// Wrong arguments, a configuration that is refused, an ambiguous name; no terminal.
pub const USAGE: u8 = 2;
/// Credentials, permission, or this machine's clock.
pub const REFUSED: u8 = 3;
/// A savepoint or deployment does not exist, or the ID is invalid.
pub const NOT_FOUND: u8 = 4;
/// No usable answer of the service; or the command could not start or print its results, where 1
/// would mean that a savepoint is FAILED.
pub const NO_ANSWER: u8 = 5;
pub const TIMED_OUT: u8 = 6;
/// A panic, as of any Rust program.
pub const PANICKED: u8 = 101;
/// What a shell reports for a program that SIGPIPE ended.
pub const BROKEN_PIPE: u8 = signal(13);

/// The code of a program that a signal ended.
pub const fn signal(number: u8) -> u8 {
    128 + number
}

/// Why a command ends without a result.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Arguments, environment or file make no valid configuration.
    #[error("{0}")]
    Usage(#[from] config::Error),
    #[error("cannot read IDs from standard input: {0}")]
    Input(io::Error),
    #[error("no savepoint ID on standard input: nothing was asked for")]
    NoIds,
    #[error("cannot start: {0}")]
    Start(io::Error),
    #[error(
        "cannot log to {0}: {1}; name another file with --log-file, SAVEPEEK_LOG_FILE or log-file"
    )]
    Log(String, io::Error),
    #[error("there is no command {0}")]
    NoCommand(String),
    #[error("cannot write: {0}")]
    Print(io::Error),
    /// Standard output failed under the results of a request.
    #[error("cannot write the results: {0}")]
    Write(#[from] io::Error),
    /// A name that several deployments have, or that is only part of a name.
    #[error("{0}")]
    Ambiguous(String),
    /// A panic in the poller, which has already been reported.
    #[error("the poller died")]
    PollerDied,
    #[error("{0}")]
    NoStateDir(#[from] NoStateDir),
    #[error("cannot print the journal: {0}")]
    Journal(io::Error),
    #[error("--faults {0}: {1}")]
    Faults(String, String),
    #[error("cannot serve: {0}")]
    Serve(io::Error),
    #[error("{0}")]
    Terminal(#[from] terminal::Error),
    /// A signal, with its exit code.
    #[error("interrupted")]
    Interrupted(u8),
}

impl<T> From<SendError<T>> for Error {
    fn from(_: SendError<T>) -> Self {
        Self::PollerDied
    }
}

impl Error {
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_)
            | Self::Input(_)
            | Self::NoIds
            | Self::Log(..)
            | Self::NoCommand(_)
            | Self::Faults(..)
            | Self::Ambiguous(_)
            | Self::Terminal(_) => USAGE,
            Self::Interrupted(code) => *code,
            Self::PollerDied => PANICKED,
            Self::Write(_) | Self::Start(_) => NO_ANSWER,
            Self::Print(_) | Self::NoStateDir(_) | Self::Journal(_) | Self::Serve(_) => FAILED,
        }
    }
}

/// How requests ended, from best to worst: the worst decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FetchOutcome {
    Fetched,
    /// Not found, or an invalid ID.
    Missing,
    /// Unreachable, throttled, failed or unreadable.
    NoAnswer,
    /// Credentials, permission or clock.
    Refused,
}

impl FetchOutcome {
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Fetched => SUCCESS,
            Self::Missing => NOT_FOUND,
            Self::NoAnswer => NO_ANSWER,
            Self::Refused => REFUSED,
        }
    }

    pub(super) fn from_result(result: &Result<Answer, api::Error>) -> Self {
        result.as_ref().map_or_else(|error| Self::from_cause(&error.cause), |_| Self::Fetched)
    }

    pub(super) fn from_cause(cause: &Cause) -> Self {
        match cause {
            Cause::NotFound | Cause::InvalidId => Self::Missing,
            Cause::Throttled { .. }
            | Cause::Service { .. }
            | Cause::Unreachable(_)
            | Cause::Unreadable => Self::NoAnswer,
            Cause::CredentialsNotFound
            | Cause::CredentialsUnusable
            | Cause::CredentialsRejected
            | Cause::TokenExpired
            | Cause::NoPermission { .. }
            | Cause::ClockSkew { .. } => Self::Refused,
        }
    }
}

/// How a wait ended, from best to worst: the worst decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WaitOutcome {
    Completed,
    TimedOut,
    /// Not found, or an invalid ID.
    Missing,
    /// Credentials, permission, clock, or anything else that the service refuses for good.
    Refused,
    Failed,
    /// A signal, with its exit code.
    Interrupted(u8),
}

impl WaitOutcome {
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Completed => SUCCESS,
            Self::Failed => FAILED,
            Self::Refused => REFUSED,
            Self::Missing => NOT_FOUND,
            Self::TimedOut => TIMED_OUT,
            Self::Interrupted(code) => code,
        }
    }

    /// The event in JSON of a savepoint that is still open at the end.
    pub(super) fn event(self) -> &'static str {
        match self {
            Self::TimedOut => "timeout",
            Self::Refused => "refused",
            Self::Interrupted(_) => "interrupted",
            Self::Completed | Self::Missing | Self::Failed => "abandoned",
        }
    }
}
