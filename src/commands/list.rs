//! `savepeek list`: which savepoints there are, or which deployments.
//!
//! A page that fails is retried. A list of which a page could not be read is not printed at all,
//! because its reader would not see that it is incomplete.

mod deployments;

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use jiff::Timestamp;

use super::exit::FetchOutcome;
use super::fetch::{Deadline, Fetcher};
use super::request::{Fetched, Request};
use super::results::{ResultWriter, ignore_closed_pipe};
use super::selection::{
    self, LIST, Selection, count_matches, fail, missing_part, note_unknown_filters,
};
use super::{Error, Output, runtime};
use crate::api::lists::ListItem;
use crate::api::pagination::Paging;
use crate::config::ConfigSources;
use crate::config::flags::{Flags, Shared};
use crate::config::values::duration;
use crate::poller::Fetch;
use crate::util::clock;

/// How many items are printed without `--limit`.
const DEFAULT_ITEMS: usize = 20;

const HELP: &str = "\
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

#[derive(Debug, clap::Args)]
#[command(after_help = HELP, mut_arg("timeout", |arg| arg.visible_alias("timeout")))]
pub struct Args {
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
    /// How many at most; `all` or 0 for all of them
    /// [default: 20, and a word on standard error if there are more]
    #[arg(long, value_name = "NUMBER", value_parser = limit)]
    pub limit: Option<Limit>,
    /// How to print them: aligned columns, or one JSON object a line
    #[arg(long, value_enum, default_value_t = Output::Table)]
    pub output: Output,
    /// Give up what can be asked again after this long [default: 30s for each page]
    #[arg(long, value_name = "DURATION", value_parser = |text: &str| duration(text, 100, 86_400_000))]
    pub timeout_total: Option<Duration>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    First(usize),
    All,
}

fn limit(text: &str) -> Result<Limit, String> {
    match text.parse() {
        Ok(0) => Ok(Limit::All),
        Ok(max) => Ok(Limit::First(max)),
        Err(_) if text == "all" => Ok(Limit::All),
        Err(_) => Err("must be a number, or all".to_owned()),
    }
}

pub fn run(args: Args, sources: &ConfigSources, flags: Flags) -> Result<u8, Error> {
    let config = sources.config(Flags { shared: args.shared, ..flags }, Vec::new())?;
    let client = Arc::new(runtime::client(config.options.client()));
    let request = Request::new(config, args.output, args.timeout_total)?;
    let results = ResultWriter::new(&request, io::stdout().lock(), io::stderr());
    let outcome = if args.deployments {
        let list = deployments::list(client, args.name, args.limit, clock::now, results);
        runtime::block_on_until_signal(list)??
    } else {
        let selection = Selection {
            deployment: args.deployment,
            job: args.job,
            states: args.state,
            excluded_origins: Vec::new(),
        };
        let list = list(client, &selection, args.limit, clock::now, results);
        runtime::block_on_until_signal(list)??
    };
    Ok(outcome.exit_code())
}

async fn list(
    client: Arc<impl Fetch>,
    selection: &Selection,
    limit: Option<Limit>,
    clock: impl Fn() -> Timestamp + Send + 'static,
    mut results: ResultWriter<'_, impl Write, impl Write>,
) -> Result<FetchOutcome, Error> {
    let (request, max) = (results.request, max_items(limit));
    let mut fetcher = Fetcher::new(client, request, clock, Deadline::from_request(request), |_| {});
    let paging = match selection::read(&mut fetcher, request, selection, max).await {
        Ok(paging) => paging,
        Err(error) => return fail(&mut results, error),
    };
    let printed = print(&mut results, selection, &paging, max);
    ignore_closed_pipe(printed)?;
    note_unknown_filters(&mut results, selection, &paging);
    let found = count_matches(selection, &paging);
    print_notes(&mut results, LIST, "savepoint", &paging, found, limit, selection.is_unfiltered());
    Ok(results.outcome)
}

fn max_items(limit: Option<Limit>) -> usize {
    match limit {
        None => DEFAULT_ITEMS,
        Some(Limit::First(max)) => max,
        Some(Limit::All) => usize::MAX,
    }
}

/// Prints on standard error what the printed list lacks: unreadable items, or items beyond the limit.
///
/// `found` items match; `counted` if the service's total counts exactly those.
fn print_notes<T: ListItem>(
    results: &mut ResultWriter<'_, impl Write, impl Write>,
    list: &str,
    item: &str,
    paging: &Paging<T>,
    found: usize,
    limit: Option<Limit>,
    counted: bool,
) {
    let max = max_items(limit);
    let more = found > max || (found == max && paging.next().is_some());
    if let Some(missing) = missing_part(paging, found >= max) {
        results.outcome = results.outcome.max(FetchOutcome::NoAnswer);
        results.print_stderr(&format!("savepeek: {list} is not whole: {missing}\n"));
    } else if more && limit.is_none() {
        let total = paging.total().filter(|_| counted);
        let of = total.map_or(String::new(), |total| format!(" of {total}"));
        results.print_stderr(&format!("savepeek: the first {max}{of}; --limit all prints all\n"));
    } else if found == 0 {
        results.print_stderr(&format!("savepeek: there is no such {item}\n"));
    }
}

fn print(
    results: &mut ResultWriter<'_, impl Write, impl Write>,
    selection: &Selection,
    paging: &Paging<Fetched>,
    max: usize,
) -> Result<(), Error> {
    for item in paging.items().filter(|item| selection.matches(item)).take(max) {
        results.add(item.id().unwrap_or_default(), item)?;
    }
    Ok(results.finish()?)
}

#[cfg(test)]
pub(super) mod tests;
