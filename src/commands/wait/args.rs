//! The arguments of `savepeek wait`.

use std::time::Duration;

use clap::ValueEnum;
use clap::builder::NonEmptyStringValueParser;

use crate::commands::Output;
use crate::config::flags::Shared;
use crate::config::values::{MONTH, duration};

const HELP: &str = "\
Examples:
  savepeek wait --region cn-hangzhou -w a14bd5d90a1b2c -n default --timeout 45m ID ID
  savepeek wait --keep-going --output json - < ids.txt
  savepeek wait --deployment orders --next --timeout 45m

A poll that fails is never an outcome: outages, throttling and unknown states
are waited out. What only a person can mend (credentials, permission, clock)
ends the wait at once if nothing was ever answered, and after a minute without
change if something was. Not found is believed when it is said twice in a row.

With --next it waits for the savepoint of the deployment that appears next,
whatever made it, and then for that one as for an ID. What the first answer of
the service names was there before and does not count: where a script triggers
the savepoint, do so after the line \"waiting for the next savepoint\" on
standard error. A deployment that nobody finds by its name is not found.

Exit codes:
  0    all are COMPLETED
  1    at least one is FAILED
  2    usage
  3    credentials, permission or this machine's clock, or refused for good
  4    not found, or not an ID
  5    this program could not start or print
  6    time ran out
  130  interrupted (SIGINT); 143 terminated (SIGTERM)
Where several of 1, 3, 4 and 6 apply, the first of 1, 3, 4, 6. The state so far
is always printed.";

#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub struct Args {
    #[command(flatten)]
    pub shared: Shared,
    /// Give up after this long; without it, wait as long as it takes
    /// (the deadline of one request is --request-timeout)
    #[arg(long = "timeout", value_name = "DURATION", value_parser = |text: &str| duration(text, 100, MONTH))]
    pub limit: Option<Duration>,
    /// What to wait for
    #[arg(long, value_enum, default_value_t = Until::Completed)]
    pub until: Until,
    /// Wait for the rest, although one is FAILED or not found
    #[arg(long)]
    pub keep_going: bool,
    /// How to show on standard error what happens meanwhile
    #[arg(long, value_enum, default_value_t = ProgressMode::Auto)]
    pub progress: ProgressMode,
    /// How to print: aligned columns at the end, or one JSON object a line as it happens
    #[arg(long, value_enum, default_value_t = Output::Table)]
    pub output: Output,
    /// Wait for the savepoint of --deployment that appears next
    #[arg(long, requires = "deployment", conflicts_with = "ids")]
    pub next: bool,
    /// Of which deployment: its ID, or its whole name
    #[arg(long, value_name = "NAME_OR_ID", requires = "next", conflicts_with = "ids", value_parser = NonEmptyStringValueParser::new())]
    pub deployment: Option<String>,
    /// Savepoints, verbatim; `-` reads them from standard input, one a line
    #[arg(value_name = "ID", required_unless_present = "next")]
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
pub enum ProgressMode {
    /// A live line a savepoint on a terminal, plain lines otherwise
    Auto,
    /// A line a change, and one every two minutes in which nothing changes
    Plain,
    /// Nothing but errors
    Off,
}
