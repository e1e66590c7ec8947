//! What commands need to run: the tokio runtime, signals, the API client, standard output.

use std::io::{self, Write as _};

use super::{Error, exit};
use crate::api::credentials::Chain;
use crate::api::{self, Client};
use crate::domain::savepoint::Profile;
use crate::tui::terminal::signals::{self, Signal};
use crate::util::environment::Environment;

/// Runs a future to its end on one thread: everything waits for the network or for the user.
pub(super) fn block_on<T>(work: impl Future<Output = T>) -> Result<T, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(Error::Start)?;
    let result = runtime.block_on(work);
    // Dropping the runtime would wait for blocking tasks.
    runtime.shutdown_background();
    Ok(result)
}

/// Runs a future to its end, or until a signal drops it with everything that it started.
pub(super) fn block_on_until_signal<T>(work: impl Future<Output = T>) -> Result<T, Error> {
    let signal = exit_signal()?;
    block_on(async {
        tokio::select! {
            biased;
            code = signal => Err(Error::Interrupted(code)),
            done = work => Ok(done),
        }
    })?
}

/// Resolves to the exit code when a signal ends the program.
pub(super) fn exit_signal() -> Result<impl Future<Output = u8>, Error> {
    let mut signals = signals::watch_headless().map_err(Error::Start)?;
    Ok(async move {
        loop {
            match signals.recv().await {
                Some(Signal::Exit(code)) => return code,
                Some(Signal::Stop | Signal::Resize) => {}
                None => std::future::pending().await,
            }
        }
    })
}

pub(super) fn client(settings: api::Settings) -> Client {
    let environment = Environment::of_process();
    Client::new(settings, move |profile| {
        Chain::standard(&environment, profile.map(Profile::as_str))
    })
}

/// Prints a text that is the whole output of a command.
pub(super) fn print(text: &[u8]) -> Result<u8, Error> {
    write_stdout(text).map(|()| exit::SUCCESS).map_err(Error::Print)
}

/// Writes to standard output. A closed pipe is not an error: the reader has read enough.
pub(super) fn write_stdout(text: &[u8]) -> io::Result<()> {
    match io::stdout().write_all(text) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}
