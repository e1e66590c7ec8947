//! `savepeek wait`: waits until savepoints are final, for scripts.
//!
//! A poll that fails is never an outcome, except for errors that need manual action (credentials,
//! permission, clock), which a script cannot take. Those end the wait at once if the service has
//! never answered, else after a minute.

mod args;
mod next;
mod progress;
mod tracker;

use std::io::{self, Write};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::OptionFuture;
use jiff::Timestamp;
use tokio::time::{Instant, sleep_until};

use super::exit::{self, WaitOutcome};
use super::request::{Fetched, Request};
use super::results::ResultWriter;
use super::{Error, runtime};
use crate::api::{self, Cause, Unreachable};
use crate::config::ConfigSources;
use crate::config::flags::Flags;
use crate::poller::{self, Command, Event, Fetch, Handle, Heartbeat};
use crate::util::environment::Environment;
use crate::util::{clock, text};
use progress::{Display, Progress};
use tracker::{Entry, WaitEvent, WaitStatus, WaitTracker};

pub use args::{Args, ProgressMode, Until};

pub fn run(args: Args, sources: &ConfigSources, flags: Flags) -> Result<u8, Error> {
    let display = Display::on_stderr(&args, &Environment::of_process());
    let goal = Goal { until: args.until, keep_going: args.keep_going };
    let config = sources.config(Flags { shared: args.shared, ..flags }, args.ids)?;
    let client = Arc::new(runtime::client(config.options.client()));
    let mut request = Request::new(config, args.output, args.limit)?;
    if !args.next {
        request.read_stdin_ids()?;
    }
    let signal = runtime::exit_signal()?;
    let results = ResultWriter::new(&request, io::stdout().lock(), io::stderr());
    let outcome = if let Some(deployment) = args.deployment {
        let next = next::next(client, &deployment, goal, display, clock::now, signal, results);
        runtime::block_on(next)??
    } else {
        runtime::block_on(wait(client, goal, display, clock::now, signal, results))??
    };
    Ok(outcome.exit_code())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Goal {
    until: Until,
    /// Wait for the rest even when the goal can no longer be reached.
    keep_going: bool,
}

/// Waits, shows progress, and prints the last results at the end.
///
/// The wait ends after `request`'s total timeout, or when `signal` resolves to an exit code.
async fn wait(
    client: Arc<impl Fetch>,
    goal: Goal,
    display: Display,
    clock: impl Fn() -> Timestamp + Send + 'static,
    signal: impl Future<Output = u8>,
    results: ResultWriter<'_, impl Write, impl Write>,
) -> Result<WaitOutcome, Error> {
    let request = results.request;
    // Only savepoints that were not found are polled at the recheck interval.
    let settings = poller::Settings { recheck: request.poller.interval, ..request.poller.clone() };
    let poller = poller::spawn(client, settings, clock, fastrand::Rng::new());
    let began = Instant::now();
    let wait = Wait {
        tracker: WaitTracker::new(goal, &request.ids),
        results,
        progress: Progress::new(display, began),
        began,
        heartbeat: poller.heartbeat.clone(),
    };
    match wait.run(request, poller, signal).await {
        Err(Error::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            Ok(WaitOutcome::Interrupted(exit::BROKEN_PIPE))
        }
        ended => ended,
    }
}

struct Wait<'a, O, E> {
    tracker: WaitTracker,
    results: ResultWriter<'a, O, E>,
    progress: Progress,
    began: Instant,
    heartbeat: Heartbeat,
}

impl<O: Write, E: Write> Wait<'_, O, E> {
    async fn run(
        mut self,
        request: &Request,
        mut poller: Handle,
        signal: impl Future<Output = u8>,
    ) -> Result<WaitOutcome, Error> {
        let limit = request.timeout_total.map(|limit| self.began + limit);
        let mut signal = pin!(signal);
        self.watch(request, &poller).await?;
        let reason = loop {
            let now = Instant::now();
            if let Some(reason) = self.tracker.verdict(self.running_time()) {
                break reason;
            }
            if limit.is_some_and(|limit| limit <= now) {
                break WaitOutcome::TimedOut;
            }
            let shown = self.progress.tick(&self.tracker, now);
            self.results.print_stderr(&shown);
            let patience = self.tracker.grace_ends();
            let patience =
                patience.map(|end| now + end.saturating_duration_since(self.running_time()));
            let alarms = [limit, patience, self.progress.next_tick()];
            let alarm = alarms.into_iter().flatten().min();
            let alarm = OptionFuture::from(alarm.map(sleep_until));
            tokio::select! {
                biased;
                code = &mut signal => break WaitOutcome::Interrupted(code),
                event = poller.events.recv() => match event.ok_or(Error::PollerDied)? {
                    Event::Polled(poll) => {
                        let target = poll.target.clone();
                        let over = self.update(|tracker, now| tracker.record_poll(*poll, now))?;
                        if over {
                            poller.commands.send(Command::unwatch(vec![target])).await?;
                        }
                    }
                    Event::Replied(_) | Event::Paused | Event::Resumed | Event::Woke => {}
                },
                Some(()) = alarm => {}
            }
        };
        self.conclude(reason)?;
        Ok(self.tracker.worst(reason))
    }

    /// The tracker's clock. It stands still while the program is stopped (SIGSTOP), when no poll
    /// can see that an error is gone.
    fn running_time(&self) -> Instant {
        self.began + self.heartbeat.uptime()
    }

    /// Watches the savepoints with valid IDs.
    async fn watch(&mut self, request: &Request, poller: &Handle) -> Result<(), Error> {
        let mut targets = Vec::new();
        for id in &request.ids {
            match request.target(id) {
                Ok(target) => targets.push(target),
                Err(why) => drop(self.update(|tracker, now| tracker.record(id, why.into(), now))?),
            }
        }
        Ok(poller.commands.send(Command::watch(targets)).await?)
    }

    /// Records a result and prints what is new. Returns whether the savepoint is done.
    fn update(
        &mut self,
        record: impl FnOnce(&mut WaitTracker, Instant) -> Option<(WaitEvent, &Entry)>,
    ) -> io::Result<bool> {
        let (now, running_time) = (Instant::now(), self.running_time());
        let Some((event, entry)) = record(&mut self.tracker, running_time) else {
            return Ok(false);
        };
        let (done, failing) = (entry.status != WaitStatus::Open, entry.last_error.is_some());
        self.results.print_stderr(&self.progress.clear());
        if let Some(fetched) = entry.last_error.as_ref().or(entry.last_answer.as_ref()) {
            self.results.print_object(Some(event.as_str()), &entry.id, fetched)?;
        }
        let line = self.progress.event(event, entry, now);
        // At the end of the wait, `conclude` prints the remaining errors.
        if !failing || self.tracker.verdict(running_time).is_none() {
            self.results.print_stderr(&line);
        }
        Ok(done)
    }

    /// Prints the last results at the end of the wait.
    fn conclude(&mut self, reason: WaitOutcome) -> io::Result<()> {
        self.results.print_stderr(&self.progress.clear());
        let no_answer = Fetched {
            result: Err(api::Error::local(
                Cause::Unreachable(Unreachable::Timeout),
                "not answered yet",
            )),
            received_at: None,
        };
        for entry in self.tracker.entries() {
            if let Some(answer) = &entry.last_answer {
                self.results.add_row(&entry.id, answer);
            }
            if let Some(error) = entry.error() {
                self.results.print_error(&entry.id, error);
            }
            if entry.status == WaitStatus::Open {
                let last = match reason {
                    WaitOutcome::Refused => {
                        entry.last_error.as_ref().or(entry.last_answer.as_ref())
                    }
                    _ => entry.last_answer.as_ref().or(entry.last_error.as_ref()),
                };
                let last = last.unwrap_or(&no_answer);
                self.results.print_object(Some(reason.event()), &entry.id, last)?;
            }
        }
        if let Some(words) = self.open_summary(reason, self.began.elapsed()) {
            self.results.print_stderr(&words);
        }
        self.results.finish()
    }

    /// Returns a line that says why some savepoints are still open.
    fn open_summary(&self, reason: WaitOutcome, elapsed: Duration) -> Option<String> {
        let why = match reason {
            WaitOutcome::TimedOut => "time ran out",
            WaitOutcome::Interrupted(_) => "interrupted",
            WaitOutcome::Refused => "only a person can mend that",
            WaitOutcome::Completed | WaitOutcome::Missing | WaitOutcome::Failed => {
                "stopped, for the goal is out of reach (--keep-going waits for the rest)"
            }
        };
        let (open, all) = (self.tracker.open(), self.tracker.entries().len());
        let after = text::duration(elapsed);
        (open > 0).then(|| format!("savepeek: after {after}, {open} of {all} still open: {why}\n"))
    }
}

#[cfg(test)]
mod tests;
