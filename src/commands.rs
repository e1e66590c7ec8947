//! The command line, and what it runs.
//!
//! | file | holds |
//! |---|---|
//! | [`get`], [`wait`], [`list`], [`latest`], [`journal`], [`report`], [`doctor`], [`demo`], [`config`], [`completions`], [`man`] | a subcommand: its clap `Args` and its `run` |
//! | [`screen`] | what runs without a subcommand |
//! | [`exit`] | the exit codes of all of them, and how errors map to them |
//! | [`request`] | what `get`, `wait`, `list` and `latest` request, and the result of one savepoint |
//! | `fetch`, `selection`, `deployment_lookup` | reading lists: retries and deadlines, filters, a deployment by its name |
//! | [`results`] | results on standard output as a table or JSON, errors on standard error |
//! | `runtime` | the tokio runtime, signals, the API client, standard output |
//! | `misplaced_args` | flags and commands in the wrong place |

pub mod completions;
pub mod config;
pub mod demo;
mod deployment_lookup;
pub mod doctor;
pub mod exit;
mod fetch;
pub mod get;
pub mod journal;
pub mod latest;
pub mod list;
pub mod man;
mod misplaced_args;
pub mod report;
pub mod request;
pub mod results;
mod runtime;
pub mod screen;
mod selection;
pub mod wait;

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::config::ConfigSources;
use crate::config::explicit_args::ExplicitArgs;
use crate::config::flags::{ConfigFileFlag, Flags, FollowFlags};

pub use exit::Error;
pub use results::Output;

const EXAMPLES: &str = "\
Examples:
  savepeek                                    ask for everything on a form
  savepeek --region cn-hangzhou -w a14bd5d90a1b2c -n default ID ID
  savepeek --deployment orders-enrichment     follow it by its name; b browses all
  savepeek get --region cn-hangzhou -w a14bd5d90a1b2c -n default --output json ID
  savepeek wait --region cn-hangzhou -w a14bd5d90a1b2c -n default --timeout 45m ID
  savepeek latest --region cn-hangzhou -w a14bd5d90a1b2c -n default --deployment orders
  savepeek demo                               try it without an account
  savepeek report --since 12h > night.md      a hand-over of what was observed

Exit codes of the screen:
  0  left
  2  usage, or no terminal
  7  left, but something could not be saved: it is printed
  129, 130, 143  the terminal went away; SIGINT; SIGTERM

Credentials come from where the aliyun CLI and the SDKs take them:
ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, a pod's OIDC
token, the aliyun CLI's profile, the INI file, the ECS instance's RAM role,
ALIBABA_CLOUD_CREDENTIALS_URI.";

/// Watch savepoints of Realtime Compute for Apache Flink in the terminal.
#[derive(Debug, Parser)]
#[command(
    name = "savepeek",
    version = crate::VERSION,
    after_help = EXAMPLES,
    mut_arg("timeout", |arg| arg.visible_alias("timeout")),
)]
pub struct Cli {
    /// What to do instead of opening the screen.
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub flags: Flags,
    #[command(flatten)]
    pub source: ConfigFileFlag,
    /// Start with only the IDs given: neither read nor change the watch list that is kept from one
    /// start to the next
    #[arg(long)]
    pub fresh: bool,
    #[command(flatten)]
    pub newest: FollowFlags,
    /// Savepoints to watch, beside those of the last time; without any, a form asks for them
    #[arg(value_name = "ID")]
    pub ids: Vec<String>,
}

impl Cli {
    /// Reads a command line, and which flags are on it.
    ///
    /// # Errors
    /// When it is wrong, or asks for help.
    pub fn read<T: Into<OsString> + Clone>(
        arguments: impl IntoIterator<Item = T>,
    ) -> Result<(Self, ExplicitArgs), clap::Error> {
        let mut command = Self::command();
        let arguments: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
        let dashes = arguments.iter().position(|argument| argument == "--");
        let verbatim = dashes.map_or(0, |at| arguments.len() - at - 1);
        let matches = command.try_get_matches_from_mut(&arguments)?;
        if let Some(why) = misplaced_args::find(&command, &matches, verbatim) {
            return Err(command.error(ErrorKind::ArgumentConflict, why));
        }
        let cli = Self::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
        Ok((cli, ExplicitArgs::from_matches(&command, &matches)))
    }
}

/// What else the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print savepoints once
    Get(get::Args),
    /// Wait until savepoints are COMPLETED: for scripts
    Wait(wait::Args),
    /// List savepoints, newest first; or deployments
    List(list::Args),
    /// Print the ID of a deployment's newest COMPLETED savepoint: for scripts that restart from it
    Latest(latest::Args),
    /// Print what the screen observed, oldest first
    Journal(journal::Args),
    /// Print a hand-over in Markdown: the last known states, and what was observed lately
    Report(report::Args),
    /// Find out why nothing is shown: credentials, network, clock, permission, terminal, files
    Doctor(doctor::Args),
    /// Open the screen on an embedded service with invented savepoints; needs no account
    Demo(demo::Args),
    /// Print what is configured, and where each value comes from, as a configuration file
    Config(config::Args),
    /// Print the completions for a shell
    Completions(completions::Args),
    /// Print the manual page, in roff
    Man(man::Args),
}

/// Runs the subcommand, or the screen, and returns the exit code.
///
/// `log_error` is the reason why the log cannot be opened, which the doctor reports.
pub fn run(cli: Cli, sources: &ConfigSources, log_error: Option<Error>) -> Result<u8, Error> {
    let flags = cli.flags;
    match cli.command {
        Some(Command::Doctor(args)) => doctor::run(args, sources, flags, log_error),
        Some(Command::Get(args)) => get::run(args, sources, flags),
        Some(Command::Wait(args)) => wait::run(args, sources, flags),
        Some(Command::List(args)) => list::run(args, sources, flags),
        Some(Command::Latest(args)) => latest::run(args, sources, flags),
        Some(Command::Journal(args)) => journal::run(args, sources, flags),
        Some(Command::Report(args)) => report::run(&args, sources, flags),
        Some(Command::Demo(args)) => demo::run(args, sources, flags),
        Some(Command::Config(args)) => config::run(args, sources, flags),
        Some(Command::Completions(args)) => completions::run(&args),
        Some(Command::Man(args)) => man::run(args),
        None => {
            let Cli { fresh, newest, ids, .. } = cli;
            screen::run(sources, flags, screen::Args { fresh, newest, ids })
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use super::*;
    use crate::config::{Config, File, Layers, Options, file};
    use crate::util::environment::Environment;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[rstest::rstest]
    #[case::rate_zero(&["--rate", "0"], "0.1 to 100")]
    #[case::rate_nan(&["--rate", "nan"], "0.1 to 100")]
    #[case::concurrency_zero(&["--concurrency", "0"], "from 1 to 64")]
    #[case::interval_zero(&["--interval", "0s"], "from 1 s to 1 h")]
    #[case::wait_without_ids(&["wait"], "ID")]
    #[case::wait_for_a_year(&["wait", "--timeout", "8760h", "a"], "from 100 ms to 30 d")]
    #[case::newest_zero(&["--newest", "0"], "from 1 to 50")]
    #[case::unknown_column(&["--columns", "id,stat"], "--columns")]
    #[case::unknown_zone(&["--time-zone", "Asia/Shanghay"], "did you mean")]
    #[case::unknown_log_level(&["--log-level", "loud"], "--log-level")]
    #[case::get_without_ids(&["get"], "ID")]
    #[case::listen_without_serve(&["demo", "--listen", "127.0.0.1:1"], "--serve")]
    #[case::listen_beyond_loopback(&["demo", "--serve", "--listen", "0.0.0.0:80"], "loopback")]
    fn invalid_arguments_are_explained(#[case] args: &[&str], #[case] why: &str) {
        let args = ["savepeek"].iter().chain(args);
        let error = Cli::try_parse_from(args).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().contains(why), "{error}");
    }

    #[rstest::rstest]
    #[case::the_screen(&["--timeout", "7s"], 7)]
    #[case::the_screen_by_its_full_name(&["--request-timeout", "7s"], 7)]
    #[case::get(&["get", "--timeout", "7s", "a"], 7)]
    #[case::of_a_wait_it_is_the_whole(&["wait", "--timeout", "7s", "a"], 10)]
    #[case::of_a_wait(&["wait", "--timeout", "1m", "--request-timeout", "7s", "a"], 7)]
    fn each_command_reads_its_request_timeout(#[case] args: &[&str], #[case] seconds: u64) {
        let cli = Cli::try_parse_from(["savepeek"].iter().chain(args)).unwrap();
        let shared = match cli.command {
            Some(Command::Get(get)) => get.shared,
            Some(Command::Wait(wait)) => wait.shared,
            _ => cli.flags.shared,
        };
        assert_eq!(shared.polling.timeout, Duration::from_secs(seconds));
    }

    #[test]
    fn ids_are_verbatim() {
        let cli = Cli::try_parse_from(["savepeek", "get", " a,b ", "", "-", "--", "-x"]).unwrap();
        let Some(Command::Get(get)) = cli.command else { panic!("not get") };
        assert_eq!(get.ids, [" a,b ", "", "-", "-x"]);
    }

    /// Flags for a single start have no key. Every key has a flag of the screen.
    #[test]
    fn every_other_flag_of_the_screen_is_a_key() {
        let once = ["config", "fresh", "deployment", "job"];
        let screen = Cli::command();
        let flags: BTreeSet<&str> =
            screen.get_arguments().filter_map(clap::Arg::get_long).collect();
        let (cli, given) = Cli::read(["savepeek"]).unwrap();
        let (environment, file) = (Environment::of([]), File::default());
        let options = Options::new(cli.flags, Layers::new(&given, &environment, &file)).unwrap();
        let config = Config::new(options, Vec::new(), &environment, &file, &|_| Ok(None)).unwrap();
        let values = config.options.values();
        let keys = values.map(|(name, _)| name).chain(file::PLACE).chain(["context"]);
        assert_eq!(flags, keys.chain(once).collect());
    }
}
