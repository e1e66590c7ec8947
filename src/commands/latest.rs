//! `savepeek latest`: the newest savepoint of a deployment.

use std::cmp::Reverse;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use clap::ValueEnum;
use clap::builder::NonEmptyStringValueParser;
use jiff::Timestamp;

use super::exit::FetchOutcome;
use super::fetch::{Deadline, Fetcher};
use super::request::{Fetched, Request};
use super::results::{ResultWriter, ignore_closed_pipe};
use super::selection::{self, Selection, fail, missing_part, note_unknown_filters};
use super::{Error, Output, runtime};
use crate::api::lists::ListItem as _;
use crate::config::ConfigSources;
use crate::config::flags::{Flags, Shared};
use crate::config::values::duration;
use crate::poller::Fetch;
use crate::util::clock;
use crate::util::text::clean;

const HELP: &str = "\
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

#[derive(Debug, clap::Args)]
#[command(after_help = HELP, mut_arg("timeout", |arg| arg.visible_alias("timeout")))]
pub struct Args {
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LatestOutput {
    /// The ID.
    Id,
    /// One JSON object.
    Json,
}

pub fn run(args: Args, sources: &ConfigSources, flags: Flags) -> Result<u8, Error> {
    let config = sources.config(Flags { shared: args.shared, ..flags }, Vec::new())?;
    let client = Arc::new(runtime::client(config.options.client()));
    let output = match args.output {
        LatestOutput::Id => Output::Table,
        LatestOutput::Json => Output::Json,
    };
    let request = Request::new(config, output, args.timeout_total)?;
    let selection = Selection {
        deployment: Some(args.deployment),
        job: args.job,
        states: args.state,
        excluded_origins: args.exclude_origin,
    };
    let results = ResultWriter::new(&request, io::stdout().lock(), io::stderr());
    let latest = latest(client, &selection, clock::now, results);
    runtime::block_on_until_signal(latest)?.map(FetchOutcome::exit_code)
}

/// Prints the ID of the newest savepoint, or as JSON the object that `get` prints.
pub(super) async fn latest(
    client: Arc<impl Fetch>,
    selection: &Selection,
    clock: impl Fn() -> Timestamp + Send + 'static,
    mut results: ResultWriter<'_, impl Write, impl Write>,
) -> Result<FetchOutcome, Error> {
    let request = results.request;
    let mut fetcher = Fetcher::new(client, request, clock, Deadline::from_request(request), |_| {});
    let paging = match selection::read(&mut fetcher, request, selection, 1).await {
        Ok(paging) => paging,
        Err(error) => return fail(&mut results, error),
    };
    note_unknown_filters(&mut results, selection, &paging);
    let matching: Vec<&Fetched> = paging.items().filter(|item| selection.matches(item)).collect();
    // The service lists the newest first, but that is not relied on within what was read.
    let newest = matching.iter().copied().min_by_key(|item| Reverse(created_at(item)));
    let undated = matching.len() > 1 && matching.iter().any(|item| created_at(item).is_none());
    let undated = undated.then(|| "one of it does not say when it was created".to_owned());
    if let Some(missing) = missing_part(&paging, newest.is_some()).or(undated) {
        results.print_stderr(&format!("savepeek: cannot tell which is the newest: {missing}\n"));
        return Ok(FetchOutcome::NoAnswer);
    }
    let Some((newest, id)) = newest.and_then(|newest| Some((newest, newest.id()?))) else {
        results.print_stderr("savepeek: there is no such savepoint\n");
        return Ok(FetchOutcome::Missing);
    };
    ignore_closed_pipe(match request.output {
        Output::Json => results.print_object(None, id, newest).map_err(Error::from),
        Output::Table if is_shell_safe(id) => {
            results.print(&format!("{id}\n")).map_err(Error::from)
        }
        Output::Table => {
            let id = clean(id);
            results.print_stderr(&format!(
                "savepeek: the newest savepoint's ID is not safe in a shell: {id}; --output json prints it\n"
            ));
            return Ok(FetchOutcome::NoAnswer);
        }
    })?;
    Ok(FetchOutcome::Fetched)
}

/// Whether an ID is one plain word in a shell, in an option's value and in JSON, quoted or not: scripts
/// put it there. Other IDs are not escaped, because they would then name nothing, or something else.
fn is_shell_safe(id: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.~".contains(c);
    id.starts_with(|c: char| c.is_ascii_alphanumeric()) && id.chars().all(plain)
}

fn created_at(fetched: &Fetched) -> Option<Timestamp> {
    fetched.result.as_ref().ok()?.savepoint.created_at
}
