//! `savepeek journal` and `savepeek report`.

use std::time::Duration;

use clap::Args;

use super::Output;
use crate::config::values::{MONTH, duration};
use crate::config::zone::ZoneName;

const JOURNAL_HELP: &str = "\
Examples:
  savepeek journal --since 8h
  savepeek journal --id 354dde66-a3ae-463e-967a-0b4107fd0001 --time-zone utc
  savepeek journal --since 2d --output json | jq -r .event

Exit codes:
  0  printed
  1  the journal cannot be read, or nothing can be printed
  2  usage";

const REPORT_HELP: &str = "\
Examples:
  savepeek report > night.md
  savepeek report --since 12h --time-zone Asia/Shanghai

Exit codes:
  0  printed
  1  the journal cannot be read, or nothing can be printed
  2  usage";

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
    /// Show times in this zone: local, utc, or a name as Asia/Shanghai
    #[arg(long, value_name = "ZONE", default_value_t)]
    pub time_zone: ZoneName,
}

/// `savepeek report`.
#[derive(Debug, Args)]
#[command(after_help = REPORT_HELP)]
pub struct Report {
    /// What was observed in this time, as 90m, 8h or 2d
    #[arg(long, value_name = "DURATION", default_value = "8h", value_parser = |text: &str| duration(text, 1000, MONTH))]
    pub since: Duration,
    /// Show times in this zone: local, utc, or a name as Asia/Shanghai
    #[arg(long, value_name = "ZONE", default_value_t)]
    pub time_zone: ZoneName,
}
