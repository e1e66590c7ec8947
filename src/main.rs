//! The program: parses, configures, runs. The one place that maps errors to exit codes.

use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser as _;
use savepeek::api::{self, Client};
use savepeek::cli::{Cli, Command, Demo, Get, Shared};
use savepeek::config::{self, Config};
use savepeek::credentials::{self, Chain};
use savepeek::demo::Faults;
use savepeek::environment::Environment;
use savepeek::headless::{self, Exit, Request};
use savepeek::launch::{self, Launch};
use savepeek::{app, clock, terminal};

/// Why the program ends without having done what it was told.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// Told something that cannot be.
    #[error("{0}")]
    Usage(#[from] config::Error),
    #[error("cannot read IDs from standard input: {0}")]
    Input(io::Error),
    #[error("cannot start: {0}")]
    Start(io::Error),
    #[error("{0}")]
    Get(#[from] headless::Failure),
    #[error("--faults {0}: {1}")]
    Faults(String, String),
    #[error("cannot serve: {0}")]
    Serve(io::Error),
    #[error("{0}")]
    Terminal(#[from] terminal::Error),
}

impl Failure {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::Input(_) | Self::Faults(..) | Self::Terminal(_) => 2,
            Self::Get(headless::Failure::PollerDied) => 101,
            Self::Get(headless::Failure::Write(_)) | Self::Start(_) | Self::Serve(_) => 1,
        }
    }
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(help_or_error) => {
            // A closed pipe is no reason to complain about.
            drop(help_or_error.print());
            return ExitCode::from(u8::try_from(help_or_error.exit_code()).unwrap_or(2));
        }
    };
    let result = match cli.command {
        Some(Command::Get(get)) => run_get(get).map(Exit::code),
        Some(Command::Demo(demo)) => run_demo(&demo),
        None => configure(cli.shared, cli.ids).and_then(run_screen),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            drop(writeln!(io::stderr(), "savepeek: {failure}"));
            ExitCode::from(failure.exit_code())
        }
    }
}

fn configure(flags: Shared, ids: Vec<String>) -> Result<Config, Failure> {
    let environment = Environment::of_process();
    let region = |profile: Option<&str>| credentials::profile_region(&environment, profile);
    Ok(Config::new(flags, ids, |name| environment.get(name), region)?)
}

fn run_get(get: Get) -> Result<Exit, Failure> {
    let config = configure(get.shared, get.ids)?;
    let client = client(config.client.clone(), config.profile.as_deref());
    let mut request = Request::new(config, get.output, get.timeout_total)?;
    request.read_ids(io::stdin().lock()).map_err(Failure::Input)?;
    let (out, err) = (io::stdout().lock(), io::stderr());
    Ok(runtime()?.block_on(headless::get(Arc::new(client), &request, clock::now, out, err))?)
}

fn run_screen(config: Config) -> Result<u8, Failure> {
    let client = client(config.client.clone(), config.profile.as_deref());
    run_app(launch::screen(config, &Arc::new(client))?)
}

fn run_demo(demo: &Demo) -> Result<u8, Failure> {
    let faults = demo.faults.as_deref().map(read_faults).transpose()?.unwrap_or_default();
    if demo.serve {
        let mut out = io::stdout();
        let serve = savepeek::demo::serve(demo.listen, faults, &mut out);
        return runtime()?.block_on(serve).map(|()| 0).map_err(Failure::Serve);
    }
    run_app(launch::demo(&Arc::new(client(api::Settings::default(), None)), faults))
}

fn read_faults(path: &Path) -> Result<Faults, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string());
    let faults = text.and_then(|text| Faults::parse(&text).map_err(|error| error.to_string()));
    faults.map_err(|why| Failure::Faults(path.display().to_string(), why))
}

fn run_app(launch: Launch) -> Result<u8, Failure> {
    let runtime = runtime()?;
    let code = runtime.block_on(app::run(launch.state, launch.first, launch.world));
    // Not a drop, which would wait for a name that is being resolved.
    runtime.shutdown_background();
    Ok(code?)
}

fn client(settings: api::Settings, profile: Option<&str>) -> Client {
    Client::new(settings, Chain::standard(&Environment::of_process(), profile))
}

/// One thread: everything waits for the network or for the user.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::Start)
}
