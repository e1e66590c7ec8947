//! The arguments, as types. What they mean together with the environment is [`crate::config`]'s
//! business.

#![expect(clippy::doc_markdown, reason = "these comments are the help, printed as they stand")]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::log::Level;
use crate::on_change::CommandLine;
use crate::state::alerts::{Notify, Transition};

const EXAMPLES: &str = "\
Examples:
  savepeek                                    ask for everything on a form
  savepeek --region cn-hangzhou -w a14bd5d90a1b2c -n default ID ID
  savepeek get --region cn-hangzhou -w a14bd5d90a1b2c -n default --output json ID
  savepeek wait --region cn-hangzhou -w a14bd5d90a1b2c -n default --timeout 45m ID
  savepeek demo                               try it without an account
  savepeek report --since 12h > night.md      a hand-over of what was observed

Credentials come from where the aliyun CLI and the SDKs take them: ALIBABA_CLOUD_ACCESS_KEY_ID and
ALIBABA_CLOUD_ACCESS_KEY_SECRET, a pod's OIDC token, the aliyun CLI's profile, the INI file, the
ECS instance's RAM role, ALIBABA_CLOUD_CREDENTIALS_URI.";

const GET_HELP: &str = "\
Examples:
  savepeek get --region cn-hangzhou -w a14bd5d90a1b2c -n default ID ID
  savepeek get --output json - < ids.txt

Exit codes:
  0  all were fetched
  2  usage
  3  credentials, permission or this machine's clock
  5  the service was unreachable, throttled, failed or gave no readable answer
  4  not found, or not an ID
Where several apply, the first of 3, 5, 4.";

const WAIT_HELP: &str = "\
Examples:
  savepeek wait --region cn-hangzhou -w a14bd5d90a1b2c -n default --timeout 45m ID ID
  savepeek wait --keep-going --output json - < ids.txt

A poll that fails is never an outcome: outages, throttling and unknown states are waited out.
What only a person can mend (credentials, permission, clock) ends the wait at once if nothing was
ever answered, and after a minute without change if something was. Not found is believed when it
is said twice in a row.

Exit codes:
  0    all are COMPLETED
  1    at least one is FAILED
  2    usage
  3    credentials, permission or this machine's clock
  4    not found, or not an ID
  6    time ran out
  130  interrupted (SIGINT); 143 terminated (SIGTERM)
Where several of 1, 3, 4 and 6 apply, the first of 1, 3, 4, 6. The state so far is always printed.";

const JOURNAL_HELP: &str = "\
Exit codes:
  0  printed
  1  the journal cannot be read, or nothing can be printed
  2  usage";

/// Watch savepoints of Realtime Compute for Apache Flink in the terminal.
#[derive(Debug, Parser)]
#[command(
    name = "savepeek",
    version = crate::VERSION,
    after_help = EXAMPLES,
    args_conflicts_with_subcommands = true,
    mut_arg("timeout", |arg| arg.visible_alias("timeout")),
)]
pub struct Cli {
    /// What to do instead of opening the screen.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Where and how to ask.
    #[command(flatten)]
    pub shared: Shared,
    /// What to write down.
    #[command(flatten)]
    pub logging: Logging,
    /// How to tell of changes.
    #[command(flatten)]
    pub notifications: Notifications,
    /// Start with only the IDs given: neither read nor change the watch list that is kept from one
    /// start to the next
    #[arg(long)]
    pub fresh: bool,
    /// Savepoints to watch, beside those of the last time; without any, a form asks for them
    #[arg(value_name = "ID")]
    pub ids: Vec<String>,
}

/// What else the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print savepoints once
    Get(Get),
    /// Wait until savepoints are COMPLETED: for scripts
    Wait(Wait),
    /// Print what the screen observed, oldest first
    Journal(Journal),
    /// Print a hand-over in Markdown: the last known states, and what was observed lately
    Report(Report),
    /// Open the screen on an embedded service with invented savepoints; needs no account
    Demo(Demo),
    /// Print the completions for a shell
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Print the manual page, in roff
    Man {
        /// Of this command, instead of the program
        command: Option<String>,
    },
}

/// `savepeek get`.
#[derive(Debug, Args)]
#[command(after_help = GET_HELP, mut_arg("timeout", |arg| arg.visible_alias("timeout")))]
pub struct Get {
    /// Where and how to ask.
    #[command(flatten)]
    pub shared: Shared,
    /// How to print them: aligned columns, or one JSON object a line
    #[arg(long, value_enum, default_value_t = Output::Table)]
    pub output: Output,
    /// Give up what can be asked again after this long [default: 30s, and as much more as --rate
    /// needs to ask for all of them once]
    #[arg(long, value_name = "DURATION", value_parser = |text: &str| duration(text, 100, 86_400_000))]
    pub timeout_total: Option<Duration>,
    /// Savepoints, verbatim; `-` reads them from standard input, one a line
    #[arg(value_name = "ID", required = true)]
    pub ids: Vec<String>,
}

/// `savepeek wait`.
#[derive(Debug, Args)]
#[command(after_help = WAIT_HELP)]
pub struct Wait {
    /// Where and how to ask.
    #[command(flatten)]
    pub shared: Shared,
    /// Give up after this long; without it, wait as long as it takes (the deadline of one request
    /// is --request-timeout)
    #[arg(long = "timeout", value_name = "DURATION", value_parser = |text: &str| duration(text, 100, MONTH))]
    pub limit: Option<Duration>,
    /// What to wait for
    #[arg(long, value_enum, default_value_t = Until::Completed)]
    pub until: Until,
    /// Wait for the rest, although one is FAILED or not found
    #[arg(long)]
    pub keep_going: bool,
    /// How to show on standard error what happens meanwhile
    #[arg(long, value_enum, default_value_t = Progress::Auto)]
    pub progress: Progress,
    /// How to print: aligned columns at the end, or one JSON object a line as it happens
    #[arg(long, value_enum, default_value_t = Output::Table)]
    pub output: Output,
    /// Savepoints, verbatim; `-` reads them from standard input, one a line
    #[arg(value_name = "ID", required = true)]
    pub ids: Vec<String>,
}

/// What `wait` waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Until {
    /// All are COMPLETED; the first FAILED ends it
    Completed,
    /// All are COMPLETED or FAILED
    Final,
}

/// How `wait` shows what happens meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Progress {
    /// A live line a savepoint on a terminal, plain lines otherwise
    Auto,
    /// A line a change, and one every two minutes in which nothing changes
    Plain,
    /// Nothing but errors
    Off,
}

/// What to write down.
#[derive(Debug, Args)]
pub struct Logging {
    /// Append a log to this file, which is created for its owner only; secrets are never logged
    #[arg(long, value_name = "FILE", global = true)]
    pub log_file: Option<PathBuf>,
    /// How much to log
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t = Level::Info, global = true)]
    pub log_level: Level,
}

/// `savepeek journal`.
#[derive(Debug, Args)]
#[command(after_help = JOURNAL_HELP)]
pub struct Journal {
    /// Only what was observed in this time, as 90m, 8h or 2d
    #[arg(long, value_name = "DURATION", value_parser = |text: &str| duration(text, 1000, MONTH))]
    pub since: Option<Duration>,
    /// Only what is about this savepoint, and not what savepeek itself did
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// How to print it: lines for people, or one JSON object a line, as it is kept
    #[arg(long, value_enum, default_value_t = Output::Table)]
    pub output: Output,
}

/// `savepeek report`.
#[derive(Debug, Args)]
#[command(after_help = JOURNAL_HELP)]
pub struct Report {
    /// What was observed in this time, as 90m, 8h or 2d
    #[arg(long, value_name = "DURATION", default_value = "8h", value_parser = |text: &str| duration(text, 1000, MONTH))]
    pub since: Duration,
}

/// `savepeek demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// Open no screen: only serve, and print how other clients reach the service
    #[arg(long)]
    pub serve: bool,
    /// Misbehave as this file says: slow, broken, throttled ... (assets/faults.toml is a sample)
    #[arg(long, value_name = "FILE")]
    pub faults: Option<PathBuf>,
    /// Where to listen: an address of this machine only
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0", requires = "serve", value_parser = loopback)]
    pub listen: SocketAddr,
    /// How to tell of changes.
    #[command(flatten)]
    pub notifications: Notifications,
}

/// How the screen tells of changes, besides showing them.
#[derive(Debug, Clone, Args)]
pub struct Notifications {
    /// How to ring when something changes
    #[arg(long, value_name = "HOW", value_enum, default_value_t)]
    pub notify: Notify,
    /// Which changes to tell of, separated by commas
    #[arg(long, value_name = "WHICH", value_enum, value_delimiter = ',', default_values_t = Transition::ALL)]
    pub notify_on: Vec<Transition>,
    /// Run this for each change, with the event as JSON on its input and in SAVEPEEK_* variables:
    /// no shell unless you write one, no output on the screen, killed after 30 s
    #[arg(long, value_name = "CMD")]
    pub on_change: Option<CommandLine>,
}

/// What the screen, `get` and `wait` have in common.
#[derive(Debug, Args)]
pub struct Shared {
    /// Region of the workspace, as cn-hangzhou [env: ALIBABA_CLOUD_REGION_ID, or the profile's]
    #[arg(long)]
    pub region: Option<String>,
    /// Ask this host instead of the region's public endpoint, for instance a VPC one [env:
    /// SAVEPEEK_ENDPOINT]
    #[arg(long, value_name = "URL")]
    pub endpoint: Option<String>,
    /// Workspace ID [env: SAVEPEEK_WORKSPACE]
    #[arg(short, long)]
    pub workspace: Option<String>,
    /// Namespace [env: SAVEPEEK_NAMESPACE]
    #[arg(short, long)]
    pub namespace: Option<String>,
    /// Profile of the aliyun CLI to take credentials and region from [env: ALIBABA_CLOUD_PROFILE]
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Accept an --endpoint with plain http on another machine
    #[arg(long)]
    pub allow_http: bool,
    /// Deadline of one request
    #[arg(long = "request-timeout", value_name = "DURATION", default_value = "10s", value_parser = |text: &str| duration(text, 100, 600_000))]
    pub timeout: Duration,
    /// Between two requests for a savepoint that may still change
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = |text: &str| duration(text, 1000, 3_600_000))]
    pub interval: Duration,
    /// Requests started a second at most, over all savepoints
    #[arg(long, value_name = "NUMBER", default_value = "5", value_parser = rate)]
    pub rate: f64,
    /// Requests under way at once, over all savepoints
    #[arg(long, value_name = "NUMBER", default_value = "4", value_parser = clap::value_parser!(u8).range(1..=64))]
    pub concurrency: u8,
}

/// How `get` and `wait` print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// Aligned columns, for people.
    Table,
    /// One JSON object a line, for programs.
    Json,
}

/// The longest limit of a wait, and look back into the journal, in milliseconds.
const MONTH: u32 = 30 * 86_400_000;

/// Reads `5s`, `1500ms`, `2m`, `1h`, `2d`; a bare number means seconds. Limits are in milliseconds.
fn duration(text: &str, least: u32, most: u32) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let millis = match &text[digits.len()..] {
        "ms" => 1.0,
        "s" | "" => 1000.0,
        "m" | "min" => 60_000.0,
        "h" => 3_600_000.0,
        "d" => 86_400_000.0,
        _ => return Err("a duration looks like 5s, 1500ms or 2m".to_owned()),
    };
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let number: f64 =
        digits.parse().ok().filter(|_| plain).ok_or("a duration looks like 5s, 1500ms or 2m")?;
    let bounds = f64::from(least)..=f64::from(most);
    if !bounds.contains(&(number * millis)) {
        let [least, most] =
            [least, most].map(|ms| crate::text::duration(Duration::from_millis(ms.into())));
        return Err(format!("must be from {least} to {most}"));
    }
    Ok(Duration::from_secs_f64(number * millis / 1000.0))
}

fn rate(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|error| format!("{error}"))?;
    if (0.1..=100.0).contains(&number) { Ok(number) } else { Err("must be from 0.1 to 100".into()) }
}

fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr =
        text.parse().map_err(|_not_one| "an address looks like 127.0.0.1:8080".to_owned())?;
    if address.ip().is_loopback() {
        Ok(address)
    } else {
        Err("the demo is for this machine only: give a loopback address".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[rstest::rstest]
    #[case("5s", 5000)]
    #[case("1500ms", 1500)]
    #[case("2m", 120_000)]
    #[case("1h", 3_600_000)]
    #[case("7", 7000)]
    #[case("2.5s", 2500)]
    fn reads_a_duration(#[case] text: &str, #[case] millis: u64) {
        assert_eq!(duration(text, 1000, 3_600_000), Ok(Duration::from_millis(millis)));
    }

    #[rstest::rstest]
    #[case::zero("0", "from 1 s to 1 h")]
    #[case::too_short("999ms", "from 1 s to 1 h")]
    #[case::too_long("2h", "from 1 s to 1 h")]
    #[case::empty("", "looks like")]
    #[case::no_number("s", "looks like")]
    #[case::negative("-5s", "looks like")]
    #[case::exponent("1e3", "looks like")]
    #[case::not_a_number("nan", "looks like")]
    #[case::other_unit("5 days", "looks like")]
    #[case::other_script("五s", "looks like")]
    fn refuses_what_is_no_sensible_duration(#[case] text: &str, #[case] why: &str) {
        let error = duration(text, 1000, 3_600_000).unwrap_err();
        assert!(error.contains(why), "{error}");
    }

    #[rstest::rstest]
    #[case::rate_zero(&["--rate", "0"], "0.1 to 100")]
    #[case::rate_nan(&["--rate", "nan"], "0.1 to 100")]
    #[case::concurrency_zero(&["--concurrency", "0"], "1..=64")]
    #[case::interval_zero(&["--interval", "0s"], "from 1 s to 1 h")]
    #[case::wait_without_ids(&["wait"], "ID")]
    #[case::wait_for_a_year(&["wait", "--timeout", "8760h", "a"], "from 100 ms to 30 d")]
    #[case::a_log_level_nobody_knows(&["--log-level", "loud"], "--log-level")]
    #[case::get_without_ids(&["get"], "ID")]
    #[case::listen_without_serve(&["demo", "--listen", "127.0.0.1:1"], "--serve")]
    #[case::listen_to_the_world(&["demo", "--serve", "--listen", "0.0.0.0:80"], "loopback")]
    fn refuses_with_a_reason(#[case] args: &[&str], #[case] why: &str) {
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
    fn the_deadline_of_a_request(#[case] args: &[&str], #[case] seconds: u64) {
        let cli = Cli::try_parse_from(["savepeek"].iter().chain(args)).unwrap();
        let shared = match cli.command {
            Some(Command::Get(get)) => get.shared,
            Some(Command::Wait(wait)) => wait.shared,
            _ => cli.shared,
        };
        assert_eq!(shared.timeout, Duration::from_secs(seconds));
    }

    #[test]
    fn ids_are_verbatim() {
        let cli = Cli::try_parse_from(["savepeek", "get", " a,b ", "", "-", "--", "-x"]).unwrap();
        let Some(Command::Get(get)) = cli.command else { panic!("not get") };
        assert_eq!(get.ids, [" a,b ", "", "-", "-x"]);
    }
}
