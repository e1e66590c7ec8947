//! `savepeek doctor`.

use clap::Args;

use super::Output;
use crate::config::flags::Shared;

const HELP: &str = "\
Examples:
  savepeek doctor --region cn-hangzhou -w a14bd5d90a1b2c -n default
  savepeek doctor --output json ID > doctor.json

Looks and changes nothing: it asks the service for a savepoint, and the terminal
for nothing. No secret is printed; what it prints names hosts, files, profiles
and, masked, the access key: safe to share where those may be known.

Exit codes:
  0  a request would succeed
  2  usage, a configuration file that is refused; nobody said where to ask or in
     which workspace and namespace, or the service has no such workspace; an ID
     that none can be, like .. (4 elsewhere)
  3  credentials, permission or this machine's clock
  5  the service was unreachable, throttled, failed or gave no readable answer,
     or nothing could be printed
  4  the ID given was not found
Where several apply, the first of 2, 3, 5, 4.";

/// `savepeek doctor`.
#[derive(Debug, Args)]
#[command(after_help = HELP, mut_arg("timeout", |arg| arg.visible_alias("timeout")))]
pub struct Doctor {
    /// Where and how to ask.
    #[command(flatten)]
    pub shared: Shared,
    /// How to print it: lines for people, or one JSON object
    #[arg(long, value_enum, default_value_t = Output::Table)]
    pub output: Output,
    /// A savepoint to ask for, verbatim; without one, one of the watch list, else the newest that can be listed, else an invented ID
    #[arg(value_name = "ID")]
    pub id: Option<String>,
}
