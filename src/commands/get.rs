//! `savepeek get`: prints each savepoint once.
//!
//! It polls with the poller of the screen, and so keeps to the same rate, backoff and `Retry-After`.
//! It unwatches a savepoint as soon as no better result can come.

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, timeout_at};

use super::exit::FetchOutcome;
use super::request::{Fetched, Request, too_late};
use super::results::{ResultWriter, ignore_closed_pipe};
use super::{Error, Output, runtime};
use crate::api::Retry;
use crate::config::ConfigSources;
use crate::config::flags::{Flags, Shared};
use crate::config::values::duration;
use crate::poller::{self, Command, Event, Fetch, Poll};
use crate::util::clock;

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

#[derive(Debug, clap::Args)]
#[command(after_help = HELP, mut_arg("timeout", |arg| arg.visible_alias("timeout")))]
pub struct Args {
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

pub fn run(args: Args, sources: &ConfigSources, flags: Flags) -> Result<u8, Error> {
    let config = sources.config(Flags { shared: args.shared, ..flags }, args.ids)?;
    let client = Arc::new(runtime::client(config.options.client()));
    let mut request = Request::new(config, args.output, args.timeout_total)?;
    request.read_stdin_ids()?;
    let (out, err) = (io::stdout().lock(), io::stderr());
    let get = get(client, &request, clock::now, out, err);
    runtime::block_on_until_signal(get)?.map(FetchOutcome::exit_code)
}

/// Fetches and prints savepoints. Stops early when the pipe on standard output is closed.
pub async fn get(
    client: Arc<impl Fetch>,
    request: &Request,
    clock: impl Fn() -> Timestamp + Send + 'static,
    out: impl Write,
    err: impl Write,
) -> Result<FetchOutcome, Error> {
    let mut results = ResultWriter::new(request, out, err);
    ignore_closed_pipe(fetch(client, request, clock, &mut results).await)?;
    Ok(results.outcome)
}

async fn fetch(
    client: Arc<impl Fetch>,
    request: &Request,
    clock: impl Fn() -> Timestamp + Send + 'static,
    results: &mut ResultWriter<'_, impl Write, impl Write>,
) -> Result<(), Error> {
    let timeout = request.timeout();
    let deadline = Instant::now() + timeout;
    let mut done: HashMap<String, Fetched> = HashMap::new();
    let mut targets = Vec::new();
    for id in &request.ids {
        match request.target(id) {
            Ok(target) => targets.push(target),
            Err(why) => drop(done.insert(id.clone(), why.into())),
        }
    }
    let mut poller = poller::spawn(client, request.poller.clone(), clock, fastrand::Rng::new());
    poller.commands.send(Command::watch(targets)).await?;

    let mut so_far: HashMap<String, Fetched> = HashMap::new();
    for id in &request.ids {
        while !done.contains_key(id) {
            match timeout_at(deadline, poller.events.recv()).await {
                Ok(Some(Event::Polled(poll))) => {
                    let target = poll.target.clone();
                    let id = target.id.to_string();
                    if is_final(&poll, deadline) {
                        done.insert(id, Fetched::from(*poll));
                        poller.commands.send(Command::unwatch(vec![target])).await?;
                    } else {
                        so_far.insert(id, Fetched::from(*poll));
                    }
                }
                Ok(Some(_)) => {}
                Ok(None) => return Err(Error::PollerDied),
                Err(_elapsed) => {
                    let last = so_far.remove(id).unwrap_or_else(|| Fetched {
                        result: Err(too_late(timeout)),
                        received_at: None,
                    });
                    done.insert(id.clone(), last);
                }
            }
        }
        if let Some(fetched) = done.get(id) {
            results.add(id, fetched)?;
        }
    }
    results.finish()?;
    Ok(())
}

/// Whether no better result can come before the deadline.
fn is_final(poll: &Poll, deadline: Instant) -> bool {
    let Err(error) = &poll.result else { return true };
    let Retry::After(_) = error.retry() else { return true };
    let wait = poll.next_at.map_or(jiff::SignedDuration::MAX, |at| at - poll.received_at);
    wait.unsigned_abs() > deadline.saturating_duration_since(Instant::now())
}

#[cfg(test)]
pub(super) mod tests;
