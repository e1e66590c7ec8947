//! `savepeek list` and `savepeek latest`.

use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum};

use super::Output;
use crate::config::flags::Shared;
use crate::config::values::duration;

const LIST_HELP: &str = "\
Examples:
  savepeek list --region cn-hangzhou -w a14bd5d90a1b2c -n default
  savepeek list --deployment orders --state STARTED,FAILED
  savepeek list --deployment orders --limit all --output json | jq -r .savepointId
  savepeek list --deployments --name orders

A list that could not be read so far is not printed at all; items that nobody
can read are counted on standard error.

Exit codes:
  0  the list was printed, even if it is empty
  2  usage, or several deployments fit
  3  credentials, permission (stream:ListSavepoints; for deployments
     stream:ListDeployments) or this machine's clock
  4  there is no such deployment
  5  the service was unreachable, throttled, failed or gave no readable answer;
     something of the list is missing; or nothing could be printed";

const LATEST_HELP: &str = "\
Examples:
  savepeek latest --region cn-hangzhou -w a14bd5d90a1b2c -n default --deployment orders
  savepeek latest --deployment orders --exclude-origin RETAINED_CHECKPOINT
  savepeek latest --deployment orders --output json | jq -r .savepoint.savepointLocation

A RETAINED_CHECKPOINT counts, for a job can be restarted from its ID; the
restore strategy LATEST_SAVEPOINT passes it over, and so does --exclude-origin.

Exit codes:
  0  one ID was printed
  2  usage, or several deployments fit
  3  credentials, permission (stream:ListSavepoints; for a name
     stream:ListDeployments too) or this machine's clock
  4  there is no such savepoint, or no such deployment
  5  the service was unreachable, throttled, failed or gave no readable answer,
     or nothing could be printed";

/// `savepeek list`.
#[derive(Debug, Args)]
#[command(after_help = LIST_HELP, mut_arg("timeout", |arg| arg.visible_alias("timeout")))]
pub struct List {
    /// Where and how to ask.
    #[command(flatten)]
    pub shared: Shared,
    /// Of this deployment only: its ID, or its whole name
    #[arg(long, value_name = "NAME_OR_ID", value_parser = NonEmptyStringValueParser::new())]
    pub deployment: Option<String>,
    /// Of this job only
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    pub job: Option<String>,
    /// In one of these states, separated by commas; the service cannot select them, so that page
    /// after page is read until as many fit as are wanted
    #[arg(long, value_name = "STATE", value_delimiter = ',', value_parser = NonEmptyStringValueParser::new())]
    pub state: Vec<String>,
    /// List deployments instead; their state is savepeek's reading of how many jobs are in which
    #[arg(long, conflicts_with_all = ["deployment", "job", "state"])]
    pub deployments: bool,
    /// Of the deployments only those with this in their names
    #[arg(long, value_name = "TEXT", requires = "deployments")]
    pub name: Option<String>,
    /// How many at most; `all` or 0 for all of them [default: 20, and a word on standard error if
    /// there are more]
    #[arg(long, value_name = "NUMBER", value_parser = limit)]
    pub limit: Option<Limit>,
    /// How to print them: aligned columns, or one JSON object a line
    #[arg(long, value_enum, default_value_t = Output::Table)]
    pub output: Output,
    /// Give up what can be asked again after this long [default: 30s for each page]
    #[arg(long, value_name = "DURATION", value_parser = |text: &str| duration(text, 100, 86_400_000))]
    pub timeout_total: Option<Duration>,
}

/// `savepeek latest`.
#[derive(Debug, Args)]
#[command(after_help = LATEST_HELP, mut_arg("timeout", |arg| arg.visible_alias("timeout")))]
pub struct Latest {
    /// Where and how to ask.
    #[command(flatten)]
    pub shared: Shared,
    /// Of which deployment: its ID, or its whole name
    #[arg(long, value_name = "NAME_OR_ID", value_parser = NonEmptyStringValueParser::new())]
    pub deployment: String,
    /// Of this job only
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    pub job: Option<String>,
    /// In one of these states, separated by commas
    #[arg(long, value_name = "STATE", value_delimiter = ',', default_value = "COMPLETED", value_parser = NonEmptyStringValueParser::new())]
    pub state: Vec<String>,
    /// Of none of these origins, separated by commas
    #[arg(long, value_name = "ORIGIN", value_delimiter = ',', value_parser = NonEmptyStringValueParser::new())]
    pub exclude_origin: Vec<String>,
    /// How to print it: its ID and nothing else, or the object that `get` prints
    #[arg(long, value_enum, default_value_t = LatestOutput::Id)]
    pub output: LatestOutput,
    /// Give up what can be asked again after this long [default: 30s for each page]
    #[arg(long, value_name = "DURATION", value_parser = |text: &str| duration(text, 100, 86_400_000))]
    pub timeout_total: Option<Duration>,
}

/// How `latest` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LatestOutput {
    /// The ID.
    Id,
    /// One JSON object.
    Json,
}

/// How many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// The first so many.
    First(usize),
    /// All.
    All,
}

fn limit(text: &str) -> Result<Limit, String> {
    match text.parse() {
        Ok(0) => Ok(Limit::All),
        Ok(most) => Ok(Limit::First(most)),
        Err(_) if text == "all" => Ok(Limit::All),
        Err(_) => Err("must be a number, or all".to_owned()),
    }
}
