//! `--on-change CMD`: runs the user's command for each reported change.
//!
//! The command gets the event as one line of JSON on standard input, and in `SAVEPEEK_*` variables.
//! Its output is discarded. It runs in a new session, so without a terminal (see
//! [`crate::util::subprocess`]), with the environment reduced to listed variables, and is killed
//! with all its descendants after [`TIMEOUT`]. Descendants that outlive it are killed too.
//!
//! At exit, running commands have [`GRACE`] to end before they are killed; waiting ones are not
//! started. On Linux they also end when savepeek itself is killed.

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
use event::ChangeEvent;

/// The most commands that run at a time.
const MAX_RUNNING: usize = 4;

/// The most commands that wait to run.
const MAX_WAITING: usize = 100;

/// How long one command may take.
pub const TIMEOUT: Duration = Duration::from_secs(30);

/// How long running commands may take to end at exit: less than the second after a signal.
pub const GRACE: Duration = Duration::from_millis(500);

/// Why a command did not succeed.
#[derive(Debug, thiserror::Error)]
enum HookError {
    #[error("not run, {MAX_WAITING} others are waiting")]
    QueueFull,
    #[error("not run, savepeek ends")]
    ShuttingDown,
    #[error("not found, or something that it runs")]
    NotFound,
    #[error("cannot be run: {0}")]
    Start(io::Error),
    #[error("killed after {} s", TIMEOUT.as_secs())]
    TimedOut,
    #[error("exit code {0}")]
    Code(i32),
    #[error("ended by signal {0}")]
    Signal(i32),
}

impl HookError {
    fn start(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::NotFound,
            _ => Self::Start(error),
        }
    }
}

/// Runs the command of `--on-change`.
#[derive(Debug, Clone)]
pub struct OnChange {
    command: Arc<CommandLine>,
    /// The names of additional environment variables to pass on.
    variables: Arc<[String]>,
    /// A permit for each command that runs or waits.
    slots: Arc<Semaphore>,
    /// A permit for each command that runs, granted first come, first served.
    running: Arc<Semaphore>,
}

impl OnChange {
    /// `variables` names environment variables to pass on besides the default ones.
    pub fn new(command: CommandLine, variables: Vec<String>) -> Self {
        Self {
            command: Arc::new(command),
            variables: variables.into(),
            slots: Arc::new(Semaphore::new(MAX_RUNNING + MAX_WAITING)),
            running: Arc::new(Semaphore::new(MAX_RUNNING)),
        }
    }

    /// Runs the command for a change once a slot is free. Joins the queue when called, not when
    /// polled.
    ///
    /// # Errors
    /// The program and why it failed, as one line for the user.
    pub fn run(
        &self,
        change: ChangeReport,
    ) -> impl Future<Output = Result<(), String>> + Send + use<> {
        let slot = Arc::clone(&self.slots).try_acquire_owned();
        let (command, running) = (Arc::clone(&self.command), Arc::clone(&self.running));
        let variables = Arc::clone(&self.variables);
        async move {
            let run = async {
                let _slot = slot.map_err(|full| match full {
                    TryAcquireError::NoPermits => HookError::QueueFull,
                    TryAcquireError::Closed => HookError::ShuttingDown,
                })?;
                let _permit = running.acquire().await.map_err(|_closed| HookError::ShuttingDown)?;
                command.run(&ChangeEvent::new(&change), &variables).await
            };
            run.await.map_err(|error| format!("{}: {error}", command.program))
        }
    }

    /// Starts no more commands and waits [`GRACE`] for those that run. Dropping their tasks
    /// then kills the rest.
    pub async fn finish(&self) {
        self.running.close();
        let all_slots = u32::try_from(MAX_RUNNING + MAX_WAITING).unwrap_or(u32::MAX);
        let _some_still_run = timeout(GRACE, self.slots.acquire_many(all_slots)).await;
    }
}

impl CommandLine {
    pub fn program(&self) -> &str {
        &self.program
    }

    pub fn arguments(&self) -> &[String] {
        &self.arguments
    }

    async fn run(&self, event: &ChangeEvent<'_>, variables: &[String]) -> Result<(), HookError> {
        let mut group = Group(self.spawn(event, variables).map_err(HookError::start)?);
        let (stdin, json) = (group.0.stdin.take(), event.json());
        // In its own task: a command may end without reading its input.
        let write_input = tokio::spawn(async move {
            if let Some(mut stdin) = stdin {
                let _not_read = stdin.write_all(json.as_bytes()).await;
            }
        });
        let ended = timeout(TIMEOUT, group.0.wait()).await;
        write_input.abort();
        let status = ended.map_err(|_elapsed| HookError::TimedOut)?.map_err(HookError::Start)?;
        subprocess::not_started(status).map_or(Ok(()), |error| Err(HookError::start(error)))?;
        exit_result(status)
    }

    fn spawn(&self, event: &ChangeEvent<'_>, variables: &[String]) -> io::Result<Child> {
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

fn exit_result(status: ExitStatus) -> Result<(), HookError> {
    match (status.code(), status.signal()) {
        (Some(0), _) => Ok(()),
        (Some(code), _) => Err(HookError::Code(code)),
        (None, signal) => Err(HookError::Signal(signal.unwrap_or_default())),
    }
}

#[cfg(test)]
mod tests;
