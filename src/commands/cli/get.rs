//! `savepeek get`.

use std::time::Duration;

use clap::Args;

use super::Output;
use crate::config::flags::Shared;
use crate::config::values::duration;

const HELP: &str = "\
Examples:
  savepeek get --region cn-hangzhou -w a14bd5d90a1b2c -n default ID ID
  savepeek get --output json - < ids.txt

Exit codes:
  0  all were fetched
  2  usage
  3  credentials, permission or this machine's clock
  5  the service was unreachable, throttled, failed or gave no readable answer,
     or nothing could be printed
  4  not found, or not an ID
Where several apply, the first of 3, 5, 4.";

/// `savepeek get`.
#[derive(Debug, Args)]
#[command(after_help = HELP, mut_arg("timeout", |arg| arg.visible_alias("timeout")))]
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
