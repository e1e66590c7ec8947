//! The program: parses the command line, runs the command, maps its error to the exit code.

use std::io::{self, Write as _};
use std::process::ExitCode;

use savepeek::VERSION;
use savepeek::commands::{self, Cli, Command, Error};
use savepeek::config::ConfigSources;
use savepeek::config::flags::Logging;
use savepeek::util::logging::{self, Log};
use savepeek::util::subprocess;

fn main() -> ExitCode {
    if let Some(code) = subprocess::run_if_requested() {
        return ExitCode::from(code);
    }
    let (cli, explicit_args) = match Cli::read(std::env::args_os()) {
        Ok(read) => read,
        Err(help_or_error) => {
            // A closed pipe is not worth a complaint.
            drop(help_or_error.print());
            let code = u8::try_from(help_or_error.exit_code()).unwrap_or(commands::exit::USAGE);
            return ExitCode::from(code);
        }
    };
    let sources = ConfigSources::new(explicit_args, cli.source.file.as_deref());
    // Dropping the log waits until everything is written.
    let (_log, log_error) = match open_log(&sources.logging(&cli.flags.logging)) {
        Ok(log) => (log, None),
        Err(error) => (None, Some(error)),
    };
    let result = match log_error {
        Some(error) if !matches!(cli.command, Some(Command::Doctor(_))) => Err(error),
        log_error => commands::run(cli, &sources, log_error),
    };
    let code = match result {
        Ok(0) => {
            tracing::info!(code = 0, "ends");
            0
        }
        Ok(code) => {
            tracing::error!(code, "ends: not all is as it was asked for");
            code
        }
        Err(error) => {
            tracing::error!(code = error.exit_code(), "ends: {error}");
            drop(writeln!(io::stderr(), "savepeek: {error}"));
            error.exit_code()
        }
    };
    ExitCode::from(code)
}

/// Opens the log if one is configured.
fn open_log(logging: &Logging) -> Result<Option<Log>, Error> {
    let Some(path) = &logging.log_file else { return Ok(None) };
    let log_error = |error| Error::Log(path.display().to_string(), error);
    let log = logging::open(path, logging.log_level).map_err(log_error)?;
    tracing::info!(version = VERSION, pid = std::process::id(), "starts");
    Ok(Some(log))
}
