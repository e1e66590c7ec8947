//! The program: parses, configures, runs. The one place that maps errors to exit codes.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use savepeek::VERSION;
use savepeek::api::credentials::{self, Chain};
use savepeek::api::{self, Client};
use savepeek::commands::cli::{Cli, Command, Demo, Get, LatestOutput, Output, Wait};
use savepeek::commands::doctor::{self, Case};
use savepeek::commands::headless::progress::Display;
use savepeek::commands::headless::wait::{Goal, Outcome};
use savepeek::commands::headless::{self, Exit, Request};
use savepeek::commands::journal_print::Selection;
use savepeek::commands::{cli, manual};
use savepeek::commands::{journal_print, shift_report};
use savepeek::config::flags::{Flags, FollowFlags, Logging};
use savepeek::config::{self, Config, ConfigSources, Options};
use savepeek::demo::Faults;
use savepeek::domain::savepoint::{Profile, Target};
use savepeek::storage::journal::{JournalStore, NoStateDir};
use savepeek::storage::watch_list::{self, WatchList};
use savepeek::tui::startup::{self, Launch};
use savepeek::tui::terminal::signals::{self, Signal};
use savepeek::tui::{app, terminal};
use savepeek::util::environment::Environment;
use savepeek::util::logging::{self, Log};
use savepeek::util::{clock, subprocess};

/// Why the program ends without having done what it was told.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// Told something that cannot be.
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
    Write(io::Error),
    #[error("{0}")]
    Headless(#[from] headless::Failure),
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
    #[error("interrupted")]
    Interrupted(u8),
}

impl Failure {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_)
            | Self::Input(_)
            | Self::NoIds
            | Self::Log(..)
            | Self::NoCommand(_)
            | Self::Faults(..)
            | Self::Headless(headless::Failure::Ambiguous(_))
            | Self::Terminal(_) => 2,
            Self::Interrupted(code) => *code,
            Self::Headless(headless::Failure::PollerDied) => 101,
            // Whoever asked knows nothing; 1 would say that a savepoint is FAILED.
            Self::Headless(headless::Failure::Write(_)) | Self::Start(_) => 5,
            Self::Write(_) | Self::NoStateDir(_) | Self::Journal(_) | Self::Serve(_) => 1,
        }
    }
}

fn main() -> ExitCode {
    if let Some(code) = subprocess::step() {
        return ExitCode::from(code);
    }
    let (cli, given) = match Cli::read(std::env::args_os()) {
        Ok(read) => read,
        Err(help_or_error) => {
            // A closed pipe is no reason to complain about.
            drop(help_or_error.print());
            return ExitCode::from(u8::try_from(help_or_error.exit_code()).unwrap_or(2));
        }
    };
    let told = ConfigSources::new(given, cli.source.file.as_deref());
    // Its end waits until everything is written.
    let (_log, unlogged) = match open_log(&told.logging(&cli.flags.logging)) {
        Ok(log) => (log, None),
        Err(failure) => (None, Some(failure)),
    };
    let ended = match unlogged {
        Some(failure) if !matches!(cli.command, Some(Command::Doctor(_))) => Err(failure),
        unlogged => run(cli, &told, unlogged),
    };
    let code = match ended {
        Ok(0) => {
            tracing::info!(code = 0, "ends");
            0
        }
        Ok(code) => {
            tracing::error!(code, "ends: not all is as it was asked for");
            code
        }
        Err(failure) => {
            tracing::error!(code = failure.exit_code(), "ends: {failure}");
            drop(writeln!(io::stderr(), "savepeek: {failure}"));
            failure.exit_code()
        }
    };
    ExitCode::from(code)
}

/// Runs; `unlogged` says why nothing is logged, if something should be.
fn run(cli: Cli, told: &ConfigSources, unlogged: Option<Failure>) -> Result<u8, Failure> {
    let mut flags = cli.flags;
    match cli.command {
        Some(Command::Get(get)) => run_get(get, told, flags).map(Exit::code),
        Some(Command::Wait(wait)) => run_wait(wait, told, flags).map(Outcome::code),
        Some(Command::List(list)) => run_list(list, told, flags).map(Exit::code),
        Some(Command::Latest(latest)) => run_latest(latest, told, flags).map(Exit::code),
        Some(Command::Journal(journal)) => {
            flags.screen.time_zone = journal.time_zone.clone();
            print_journal(journal, &told.options(flags)?)
        }
        Some(Command::Report(report)) => {
            flags.screen.time_zone = report.time_zone.clone();
            print_report(&report, &told.options(flags)?)
        }
        Some(Command::Demo(demo)) => run_demo(demo, told, flags),
        Some(Command::Config(of)) if of.sample => print(config::print::SAMPLE.as_bytes()),
        Some(Command::Config(of)) => {
            let cli::Config { shared, notifications, screen, .. } = of;
            let flags = Flags { shared, notifications, screen, ..flags };
            let config = told.config(flags, Vec::new())?;
            print(config::print::effective(&config, told.file()?).as_bytes())
        }
        Some(Command::Doctor(doctor)) => run_doctor(doctor, told, flags, unlogged),
        Some(Command::Completions { shell }) => print(&manual::completions(shell)),
        Some(Command::Man { command }) => match manual::page(command.as_deref()) {
            Some(page) => print(&page),
            None => Err(Failure::NoCommand(command.unwrap_or_default())),
        },
        None => {
            let config = told.config(flags, cli.ids)?;
            run_screen(Config { fresh: cli.fresh, ..config }, cli.newest)
        }
    }
}

/// The log, if there is to be one.
fn open_log(logging: &Logging) -> Result<Option<Log>, Failure> {
    let Some(path) = &logging.log_file else { return Ok(None) };
    let unusable = |error| Failure::Log(path.display().to_string(), error);
    let log = logging::open(path, logging.log_level).map_err(unusable)?;
    tracing::info!(version = VERSION, pid = std::process::id(), "starts");
    Ok(Some(log))
}

fn print(text: &[u8]) -> Result<u8, Failure> {
    write_or_left(text).map(|()| 0).map_err(Failure::Write)
}

/// Writes to standard output. A reader that went away has had enough.
fn write_or_left(text: &[u8]) -> io::Result<()> {
    match io::stdout().write_all(text) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

fn run_get(get: Get, told: &ConfigSources, flags: Flags) -> Result<Exit, Failure> {
    let config = told.config(Flags { shared: get.shared, ..flags }, get.ids)?;
    let client = client(config.options.client());
    let mut request = Request::new(config, get.output, get.timeout_total)?;
    read_ids(&mut request)?;
    let (out, err) = (io::stdout().lock(), io::stderr());
    Ok(finish_or_leave(headless::get(Arc::new(client), &request, clock::now, out, err))??)
}

/// Reads IDs from standard input where `-` stands for them. A list that turns out to be empty is a
/// mistake before it: a script must not go on as if all were well.
fn read_ids(request: &mut Request) -> Result<(), Failure> {
    match request.read_ids(io::stdin().lock()).map_err(Failure::Input)? {
        0 => Err(Failure::NoIds),
        _ => Ok(()),
    }
}

fn run_list(list: cli::List, told: &ConfigSources, flags: Flags) -> Result<Exit, Failure> {
    let config = told.config(Flags { shared: list.shared, ..flags }, Vec::new())?;
    let client = Arc::new(client(config.options.client()));
    let request = Request::new(config, list.output, list.timeout_total)?;
    let to = (io::stdout().lock(), io::stderr());
    if list.deployments {
        let (name, limit) = (list.name, list.limit);
        let list = headless::deployments::list(client, &request, name, limit, clock::now, to);
        return Ok(finish_or_leave(list)??);
    }
    let selection = headless::list::Selection {
        deployment: list.deployment,
        job: list.job,
        states: list.state,
        not_origins: Vec::new(),
    };
    let list = headless::list::list(client, &request, &selection, list.limit, clock::now, to);
    Ok(finish_or_leave(list)??)
}

fn run_latest(latest: cli::Latest, told: &ConfigSources, flags: Flags) -> Result<Exit, Failure> {
    let config = told.config(Flags { shared: latest.shared, ..flags }, Vec::new())?;
    let client = Arc::new(client(config.options.client()));
    let output = match latest.output {
        LatestOutput::Id => Output::Table,
        LatestOutput::Json => Output::Json,
    };
    let request = Request::new(config, output, latest.timeout_total)?;
    let selection = headless::list::Selection {
        deployment: Some(latest.deployment),
        job: latest.job,
        states: latest.state,
        not_origins: latest.exclude_origin,
    };
    let to = (io::stdout().lock(), io::stderr());
    Ok(finish_or_leave(headless::list::latest(client, &request, &selection, clock::now, to))??)
}

fn run_wait(wait: Wait, told: &ConfigSources, flags: Flags) -> Result<Outcome, Failure> {
    let display = Display::on_stderr(&wait, &Environment::of_process());
    let goal = Goal { until: wait.until, keep_going: wait.keep_going };
    let config = told.config(Flags { shared: wait.shared, ..flags }, wait.ids)?;
    let client = Arc::new(client(config.options.client()));
    let mut request = Request::new(config, wait.output, wait.limit)?;
    if !wait.next {
        read_ids(&mut request)?;
    }
    let interrupted = interrupted()?;
    let (out, err) = (io::stdout().lock(), io::stderr());
    let how = (goal, display);
    if let Some(deployment) = wait.deployment {
        let to = (out, err);
        let next =
            headless::next::next(client, &request, &deployment, how, clock::now, interrupted, to);
        return Ok(finish(next)??);
    }
    Ok(finish(headless::wait::wait(client, &request, how, clock::now, interrupted, out, err))??)
}

fn run_doctor(
    doctor: cli::Doctor,
    told: &ConfigSources,
    flags: Flags,
    unlogged: Option<Failure>,
) -> Result<u8, Failure> {
    // A profile that cannot be read is a finding, and no reason to find nothing else.
    let no_region = RefCell::new(HashMap::new());
    let region_of = |profile: Option<&str>| {
        Ok(credentials::profile_region(&told.environment, profile).unwrap_or_else(|why| {
            no_region.borrow_mut().insert(profile.map(str::to_owned), why.to_string());
            None
        }))
    };
    let flags = Flags { shared: doctor.shared, ..flags };
    let ids: Vec<String> = doctor.id.into_iter().collect();
    let (config, refused) = match told.config_with(flags.clone(), ids.clone(), &region_of) {
        Ok(config) => (config, unlogged.map(|why| why.to_string())),
        // So is a file that is refused. What is wrong without it, too, is not its fault.
        Err(why) => match told.config_without_file(flags, ids, &region_of) {
            Ok(config) => (config, Some(why.to_string())),
            Err(_) => return Err(why.into()),
        },
    };
    let profile = config.place.profile.as_ref().map(ToString::to_string);
    let no_region = no_region.into_inner().remove(&profile);
    let environment = told.environment.clone();
    let file = told.file().ok().and_then(|file| file.path.clone());
    let case = Case { config, refused, no_region, environment, file };
    let report = finish_or_leave(doctor::examine(case))?;
    let text = match doctor.output {
        Output::Table => report.to_text(),
        Output::Json => report.to_json(),
    };
    write_or_left(text.as_bytes()).map_err(headless::Failure::Write)?;
    Ok(report.exit_code())
}

fn run_screen(config: Config, newest: FollowFlags) -> Result<u8, Failure> {
    // Before the watch list is read, which may set a damaged one aside.
    terminal::check()?;
    let client = client(config.options.client());
    run_app(startup::screen(config, newest, &Arc::new(client))?)
}

fn run_demo(demo: Demo, told: &ConfigSources, flags: Flags) -> Result<u8, Failure> {
    let faults = demo.faults.as_deref().map(read_faults).transpose()?.unwrap_or_default();
    if demo.serve {
        let mut out = io::stdout();
        let serve = savepeek::demo::serve(demo.listen, faults, &mut out);
        return finish(serve)?.map(|()| 0).map_err(Failure::Serve);
    }
    let Demo { notifications, screen, .. } = demo;
    let options = told.options(Flags { notifications, screen, ..flags })?;
    terminal::check()?;
    let client = Arc::new(client(options.client()));
    run_app(startup::demo(&client, faults, options))
}

fn print_journal(journal: cli::Journal, options: &Options) -> Result<u8, Failure> {
    let store = JournalStore::from_environment(&Environment::of_process())?;
    let since = journal.since.map(|span| ago(clock::now(), span));
    let selection = Selection { since, id: journal.id };
    let mut out = BufWriter::new(io::stdout().lock());
    printed(journal_print::print(
        &store,
        &selection,
        journal.output,
        &options.time_zone(),
        &mut out,
    ))
}

fn print_report(report: &cli::Report, options: &Options) -> Result<u8, Failure> {
    let environment = Environment::of_process();
    let store = JournalStore::from_environment(&environment)?;
    // Without a list that can be read, what the journal saw lately stands for it.
    let list = watch_list::read(&environment).unwrap_or_else(|error| {
        drop(writeln!(io::stderr(), "savepeek: the watch list is left out: {error}"));
        WatchList::default()
    });
    let watched: Vec<Target> = list.watched.into_keys().collect();
    let watched = (!watched.is_empty()).then_some(watched.as_slice());
    let now = clock::now();
    let span = (ago(now, report.since), now);
    let mut out = BufWriter::new(io::stdout().lock());
    printed(shift_report::hand_over(&store, watched, span, &options.time_zone(), &mut out))
}

fn ago(now: Timestamp, span: Duration) -> Timestamp {
    now.saturating_sub(span).unwrap_or(Timestamp::MIN)
}

/// A reader that went away has had enough.
fn printed(unreadable: io::Result<usize>) -> Result<u8, Failure> {
    match unreadable {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        Err(error) => return Err(Failure::Journal(error)),
        Ok(0) => {}
        Ok(lines) => drop(writeln!(
            io::stderr(),
            "savepeek: lines of the journal that could not be read, torn or of a later version: {lines}"
        )),
    }
    Ok(0)
}

fn read_faults(path: &Path) -> Result<Faults, Failure> {
    Faults::read(path).map_err(|why| Failure::Faults(path.display().to_string(), why))
}

fn run_app(launch: Launch) -> Result<u8, Failure> {
    Ok(finish(app::run(launch.state, launch.first, launch.world))??)
}

fn client(settings: api::Settings) -> Client {
    let environment = Environment::of_process();
    Client::new(settings, move |profile| {
        Chain::standard(&environment, profile.map(Profile::as_str))
    })
}

/// Ready with an exit code when the program is to leave.
fn interrupted() -> Result<impl Future<Output = u8>, Failure> {
    let mut signals = signals::watch_headless().map_err(Failure::Start)?;
    Ok(async move {
        loop {
            match signals.recv().await {
                Some(Signal::Leave(code)) => return code,
                Some(Signal::Stop | Signal::Resize) => {}
                None => std::future::pending().await,
            }
        }
    })
}

/// Runs something to its end, or until a signal: whatever it has started then ends with it.
fn finish_or_leave<T>(work: impl Future<Output = T>) -> Result<T, Failure> {
    let interrupted = interrupted()?;
    finish(async {
        tokio::select! {
            biased;
            code = interrupted => Err(Failure::Interrupted(code)),
            done = work => Ok(done),
        }
    })?
}

/// Runs something to its end, on one thread: everything waits for the network or for the user.
fn finish<T>(work: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(Failure::Start)?;
    let result = runtime.block_on(work);
    // Not a drop, which would wait for whatever blocks.
    runtime.shutdown_background();
    Ok(result)
}
