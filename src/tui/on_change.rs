//! `--on-change CMD`: the user's own command, run for each change that is told.
//!
//! It gets the event as one line of JSON on its standard input, and in `SAVEPEEK_*` variables. It
//! belongs to the night, not to the screen: its output goes nowhere, it runs in a session of its
//! own and so without a terminal (see [`crate::util::subprocess`]), gets of the environment only what is known
//! to be harmless or was named, and is killed with all that it started after [`LIMIT`]. What it
//! leaves behind when it ends by itself ends with it.
//!
//! Whoever quits gives the running ones [`GRACE`]; then they are killed, and those that wait are
//! not started. On Linux they also end with a program that is itself killed.

mod event;

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Child;
use tokio::sync::{Semaphore, TryAcquireError};
use tokio::time::timeout;

use crate::config::command_line::CommandLine;
use crate::tui::model::alerts::ChangeReport;
use crate::util::subprocess::{self, Group, Leftovers};
use event::Event;

/// How many run at a time.
const AT_ONCE: usize = 4;

/// How many more may wait for their turn.
const WAITING: usize = 100;

/// How long one may take.
pub const LIMIT: Duration = Duration::from_secs(30);

/// How long those that run when the program is quit have to end: less than a signal leaves it.
pub const GRACE: Duration = Duration::from_millis(500);

/// Why a command did not do its work.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("not run, {WAITING} others are waiting")]
    Crowded,
    #[error("not run, savepeek ends")]
    Ending,
    #[error("not found, or something that it runs")]
    NotFound,
    #[error("cannot be run: {0}")]
    Start(io::Error),
    #[error("killed after {} s", LIMIT.as_secs())]
    TooLong,
    #[error("exit code {0}")]
    Code(i32),
    #[error("ended by signal {0}")]
    Signal(i32),
}

impl Failure {
    fn start(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::NotFound,
            _ => Self::Start(error),
        }
    }
}

/// Runs one command for whatever happens.
#[derive(Debug, Clone)]
pub struct OnChange {
    command: Arc<CommandLine>,
    /// Variables of the program's own that the command is given, too, by name.
    variables: Arc<[String]>,
    /// A place for each that runs or waits.
    places: Arc<Semaphore>,
    /// A turn for each that runs; taken in the order of asking.
    turns: Arc<Semaphore>,
}

impl OnChange {
    /// Will run this command, with the variables of these names besides those that any command
    /// gets.
    pub fn new(command: CommandLine, variables: Vec<String>) -> Self {
        Self {
            command: Arc::new(command),
            variables: variables.into(),
            places: Arc::new(Semaphore::new(AT_ONCE + WAITING)),
            turns: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    /// Runs the command for a change, when it is its turn; what became of it, and of which
    /// command, where it failed. Takes its place in the queue at once.
    pub fn run(
        &self,
        news: ChangeReport,
    ) -> impl Future<Output = Result<(), String>> + Send + use<> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        let (command, turns) = (Arc::clone(&self.command), Arc::clone(&self.turns));
        let variables = Arc::clone(&self.variables);
        async move {
            let done = async {
                let _place = place.map_err(|full| match full {
                    TryAcquireError::NoPermits => Failure::Crowded,
                    TryAcquireError::Closed => Failure::Ending,
                })?;
                let _turn = turns.acquire().await.map_err(|_closed| Failure::Ending)?;
                command.run(&Event::of(&news), &variables).await
            };
            done.await.map_err(|failure| format!("{}: {failure}", command.program))
        }
    }

    /// Starts no more, and waits a little for those that run. Whatever is left is killed with the
    /// task that waits for it.
    pub async fn finish(&self) {
        self.turns.close();
        let everybody = u32::try_from(AT_ONCE + WAITING).unwrap_or(u32::MAX);
        let _some_are_left = timeout(GRACE, self.places.acquire_many(everybody)).await;
    }
}

impl CommandLine {
    /// What is run.
    pub fn program(&self) -> &str {
        &self.program
    }

    /// With what.
    pub fn arguments(&self) -> &[String] {
        &self.arguments
    }

    async fn run(&self, event: &Event<'_>, variables: &[String]) -> Result<(), Failure> {
        let mut group = Group(self.spawn(event, variables).map_err(Failure::start)?);
        let (stdin, json) = (group.0.stdin.take(), event.json());
        // On its own: a command may end without having read anything.
        let feeding = tokio::spawn(async move {
            if let Some(mut stdin) = stdin {
                let _not_wanted = stdin.write_all(json.as_bytes()).await;
            }
        });
        let ended = timeout(LIMIT, group.0.wait()).await;
        feeding.abort();
        let status = ended.map_err(|_elapsed| Failure::TooLong)?.map_err(Failure::Start)?;
        subprocess::not_started(status).map_or(Ok(()), |error| Err(Failure::start(error)))?;
        check_overdue(status)
    }

    fn spawn(&self, event: &Event<'_>, variables: &[String]) -> io::Result<Child> {
        subprocess::command(&self.program, Leftovers::End)
            .args(&self.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .env_clear()
            .envs(subprocess::passed_on(variables))
            .envs(event.variables())
            .spawn()
    }
}

fn check_overdue(status: ExitStatus) -> Result<(), Failure> {
    match (status.code(), status.signal()) {
        (Some(0), _) => Ok(()),
        (Some(code), _) => Err(Failure::Code(code)),
        (None, signal) => Err(Failure::Signal(signal.unwrap_or_default())),
    }
}

#[cfg(test)]
mod tests;
