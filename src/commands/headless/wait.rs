//! `savepeek wait`: savepoints until they are final, for scripts.
//!
//! A poll that fails is never an outcome. What only a person can mend is one, because in a script
//! there is nobody to mend it: at once if nothing was ever answered, else after a minute.

use std::io::{self, Write};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::OptionFuture;
use jiff::Timestamp;
use tokio::time::{Instant, sleep_until};

use super::progress::{Display, Progress};
use super::report::Report;
use super::wait_tracker::{Entry, WaitEvent, WaitStatus, WaitTracker};
use super::{Failure, Fetched, Request};
use crate::api::{Cause, Error, Unreachable};
use crate::commands::cli::Until;
use crate::poller::{self, Command, Event, Fetch, Handle, Heartbeat};
use crate::util::text;

/// 128 and the number of SIGPIPE: what a shell sees of a program whose reader went away.
const NOBODY_READS: u8 = 141;

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Goal {
    /// When one savepoint has got there.
    pub until: Until,
    /// Wait for the rest even when the goal can no longer be reached.
    pub keep_going: bool,
}

/// How it ended, from good to bad: the worst decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// All are COMPLETED.
    Completed,
    /// Time ran out.
    TimedOut,
    /// Not found, or not an ID.
    Missing,
    /// Credentials, permission or clock, or whatever else the service refuses for good.
    Refused,
    /// At least one is FAILED.
    Failed,
    /// Told to leave with this code.
    Interrupted(u8),
}

impl Outcome {
    /// The code for the shell.
    pub fn code(self) -> u8 {
        match self {
            Self::Completed => 0,
            Self::Failed => 1,
            Self::Refused => 3,
            Self::Missing => 4,
            Self::TimedOut => 6,
            Self::Interrupted(code) => code,
        }
    }

    /// The word for scripts for what became of a savepoint that is still open.
    fn event(self) -> &'static str {
        match self {
            Self::TimedOut => "timeout",
            Self::Refused => "refused",
            Self::Interrupted(_) => "interrupted",
            Self::Completed | Self::Missing | Self::Failed => "abandoned",
        }
    }
}

/// Waits, shows what happens, and prints where things stand at the end.
///
/// `request`'s total timeout is that of the wait; `interrupted` is ready with an exit code when
/// the wait is to end now.
pub async fn wait(
    client: Arc<impl Fetch>,
    request: &Request,
    (goal, display): (Goal, Display),
    clock: impl Fn() -> Timestamp + Send + 'static,
    interrupted: impl Future<Output = u8>,
    out: impl Write,
    err: impl Write,
) -> Result<Outcome, Failure> {
    // In a wait the only ones asked again that late are those that were not found.
    let settings = poller::Settings { recheck: request.poller.interval, ..request.poller.clone() };
    let poller = poller::spawn(client, settings, clock, fastrand::Rng::new());
    let began = Instant::now();
    let wait = Wait {
        ledger: WaitTracker::new(goal, &request.ids),
        report: Report::new(request, out, err),
        progress: Progress::new(display, began),
        began,
        heartbeat: poller.heartbeat.clone(),
    };
    match wait.run(request, poller, interrupted).await {
        Err(Failure::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            Ok(Outcome::Interrupted(NOBODY_READS))
        }
        ended => ended,
    }
}

struct Wait<'a, O, E> {
    ledger: WaitTracker,
    report: Report<'a, O, E>,
    progress: Progress,
    began: Instant,
    heartbeat: Heartbeat,
}

impl<O: Write, E: Write> Wait<'_, O, E> {
    async fn run(
        mut self,
        request: &Request,
        mut poller: Handle,
        interrupted: impl Future<Output = u8>,
    ) -> Result<Outcome, Failure> {
        let limit = request.timeout_total.map(|limit| self.began + limit);
        let mut interrupted = pin!(interrupted);
        self.begin(request, &poller).await?;
        let reason = loop {
            let now = Instant::now();
            if let Some(reason) = self.ledger.verdict(self.running()) {
                break reason;
            }
            if limit.is_some_and(|limit| limit <= now) {
                break Outcome::TimedOut;
            }
            let shown = self.progress.tick(&self.ledger, now);
            self.report.say(&shown);
            let patience = self.ledger.patience_ends();
            let patience = patience.map(|end| now + end.saturating_duration_since(self.running()));
            let alarms = [limit, patience, self.progress.next_tick()];
            let alarm = alarms.into_iter().flatten().min();
            let alarm = OptionFuture::from(alarm.map(sleep_until));
            tokio::select! {
                biased;
                code = &mut interrupted => break Outcome::Interrupted(code),
                event = poller.events.recv() => match event.ok_or(Failure::PollerDied)? {
                    Event::Polled(poll) => {
                        let target = poll.target.clone();
                        let over = self.tell(|ledger, now| ledger.polled(*poll, now))?;
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
        Ok(self.ledger.worst(reason))
    }

    /// The time for the ledger, which stands still while the program is stopped: nothing can be
    /// found mended meanwhile.
    fn running(&self) -> Instant {
        self.began + self.heartbeat.uptime()
    }

    /// Watches whatever can be asked for.
    async fn begin(&mut self, request: &Request, poller: &Handle) -> Result<(), Failure> {
        let mut targets = Vec::new();
        for id in &request.ids {
            match request.target(id) {
                Ok(target) => targets.push(target),
                Err(why) => drop(self.tell(|ledger, now| ledger.take(id, why.into(), now))?),
            }
        }
        Ok(poller.commands.send(Command::watch(targets)).await?)
    }

    /// Tells what is new; whether that was the last of this savepoint.
    fn tell(
        &mut self,
        take: impl FnOnce(&mut WaitTracker, Instant) -> Option<(WaitEvent, &Entry)>,
    ) -> io::Result<bool> {
        let (now, running) = (Instant::now(), self.running());
        let Some((news, entry)) = take(&mut self.ledger, running) else { return Ok(false) };
        let (over, trouble) = (entry.fate != WaitStatus::Open, entry.bad.is_some());
        self.report.say(&self.progress.clear());
        if let Some(fetched) = entry.bad.as_ref().or(entry.good.as_ref()) {
            self.report.object(Some(news.as_str()), &entry.id, fetched)?;
        }
        let line = self.progress.news(news, entry, now);
        // The end repeats every error that is left, and so has the last word on it.
        if !trouble || self.ledger.verdict(running).is_none() {
            self.report.say(&line);
        }
        Ok(over)
    }

    /// Where things stand at the end, which came for a reason.
    fn conclude(&mut self, reason: Outcome) -> io::Result<()> {
        self.report.say(&self.progress.clear());
        let silence = Fetched {
            result: Err(Error::local(Cause::Unreachable(Unreachable::Timeout), "not answered yet")),
            at: None,
        };
        for entry in self.ledger.entries() {
            if let Some(good) = &entry.good {
                self.report.row(&entry.id, good);
            }
            if let Some(error) = entry.error() {
                self.report.complain(&entry.id, error);
            }
            if entry.fate == WaitStatus::Open {
                let last = match reason {
                    Outcome::Refused => entry.bad.as_ref().or(entry.good.as_ref()),
                    _ => entry.good.as_ref().or(entry.bad.as_ref()),
                };
                let last = last.unwrap_or(&silence);
                self.report.object(Some(reason.event()), &entry.id, last)?;
            }
        }
        if let Some(words) = self.parting(reason, self.began.elapsed()) {
            self.report.say(&words);
        }
        self.report.finish()
    }

    /// Why some are still open, in a line.
    fn parting(&self, reason: Outcome, elapsed: Duration) -> Option<String> {
        let why = match reason {
            Outcome::TimedOut => "time ran out",
            Outcome::Interrupted(_) => "interrupted",
            Outcome::Refused => "only a person can mend that",
            Outcome::Completed | Outcome::Missing | Outcome::Failed => {
                "stopped, for the goal is out of reach (--keep-going waits for the rest)"
            }
        };
        let (open, all) = (self.ledger.open(), self.ledger.entries().len());
        let after = text::duration(elapsed);
        (open > 0).then(|| format!("savepeek: after {after}, {open} of {all} still open: {why}\n"))
    }
}

#[cfg(test)]
mod tests;
