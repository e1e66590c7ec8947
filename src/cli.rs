//! The arguments, as types. What they mean together with the environment is [`crate::config`]'s
//! business.

#![expect(clippy::doc_markdown, reason = "these comments are the help, printed as they stand")]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

const EXAMPLES: &str = "\
Examples:
  savepeek                                    ask for everything on a form
  savepeek --region cn-hangzhou -w a14bd5d90a1b2c -n default ID ID
  savepeek get --region cn-hangzhou -w a14bd5d90a1b2c -n default --output json ID
  savepeek demo                               try it without an account

Credentials come from ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET
(and ALIBABA_CLOUD_SECURITY_TOKEN), or from a profile of the aliyun CLI.";

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

/// Watch savepoints of Realtime Compute for Apache Flink in the terminal.
#[derive(Debug, Parser)]
#[command(name = "savepeek", version, after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// What to do instead of opening the screen.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Where and how to ask.
    #[command(flatten)]
    pub shared: Shared,
    /// Savepoints to watch; without any, a form asks for them
    #[arg(value_name = "ID")]
    pub ids: Vec<String>,
}

/// What else the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print savepoints once
    Get(Get),
    /// Open the screen on an embedded service with invented savepoints; needs no account
    Demo(Demo),
}

/// `savepeek get`.
#[derive(Debug, Args)]
#[command(after_help = GET_HELP)]
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
}

/// What the screen and `get` have in common.
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
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = |text: &str| duration(text, 100, 600_000))]
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
    /// Start with only the IDs given
    #[arg(long, hide = true)]
    pub fresh: bool,
}

/// How `get` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// Aligned columns, for people.
    Table,
    /// One JSON object a line, for programs.
    Json,
}

/// Reads `5s`, `1500ms`, `2m`, `1h`; a bare number means seconds. Limits are in milliseconds.
fn duration(text: &str, least: u32, most: u32) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let millis = match &text[digits.len()..] {
        "ms" => 1.0,
        "s" | "" => 1000.0,
        "m" | "min" => 60_000.0,
        "h" => 3_600_000.0,
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
    #[case::get_without_ids(&["get"], "ID")]
    #[case::listen_without_serve(&["demo", "--listen", "127.0.0.1:1"], "--serve")]
    #[case::listen_to_the_world(&["demo", "--serve", "--listen", "0.0.0.0:80"], "loopback")]
    fn refuses_with_a_reason(#[case] args: &[&str], #[case] why: &str) {
        let args = ["savepeek"].iter().chain(args);
        let error = Cli::try_parse_from(args).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().contains(why), "{error}");
    }

    #[test]
    fn ids_are_verbatim() {
        let cli = Cli::try_parse_from(["savepeek", "get", " a,b ", "", "-", "--", "-x"]).unwrap();
        let Some(Command::Get(get)) = cli.command else { panic!("not get") };
        assert_eq!(get.ids, [" a,b ", "", "-", "-x"]);
    }
}
