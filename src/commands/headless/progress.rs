//! What `wait` shows on standard error meanwhile: pure, told the time, gives the text.
//!
//! The cursor is never hidden and always left at the start of the line below the live ones, so
//! that there is nothing to restore, however the program ends.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _};
use std::time::Duration;

use tokio::time::Instant;
use unicode_width::UnicodeWidthStr as _;

use super::report::complaint;
use super::wait_tracker::{Entry, WaitEvent, WaitStatus, WaitTracker};
use crate::api::Error;
use crate::commands::cli;
use crate::domain::savepoint::State;
use crate::util::environment::Environment;
use crate::util::text::{self, clean};

/// How often plain progress says something although nothing changes, so that nobody takes the job
/// for dead.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(120);

/// How often live lines are drawn although nothing changes.
pub(super) const SECOND: Duration = Duration::from_secs(1);

/// How many savepoints a heartbeat names.
const NAMED: usize = 3;

/// How progress is shown.
#[derive(Debug, Clone, Copy)]
pub enum Display {
    /// Live lines on a terminal of this size, columns and rows, asked anew for each drawing.
    Live(fn() -> (usize, usize)),
    /// A line a change, and the heartbeat.
    Plain,
    /// Not at all.
    Off,
}

impl Display {
    /// What was asked for, on this process's standard error. Live lines go up and erase: not where
    /// somebody else may print between them what is read from a pipe meanwhile.
    pub fn on_stderr(wait: &cli::Wait, environment: &Environment) -> Self {
        let dumb = environment.get("TERM").is_none_or(|term| term == "dumb");
        let alone = wait.output == cli::Output::Table || io::stdout().is_terminal();
        match wait.progress {
            cli::Progress::Auto if io::stderr().is_terminal() && !dumb && alone => Self::Live(size),
            cli::Progress::Auto | cli::Progress::Plain => Self::Plain,
            cli::Progress::Off => Self::Off,
        }
    }
}

/// The size of the terminal on standard error.
fn size() -> (usize, usize) {
    match rustix::termios::tcgetwinsize(rustix::stdio::stderr()) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => (size.ws_col.into(), size.ws_row.into()),
        _ => (80, 24),
    }
}

/// Progress so far.
#[derive(Debug)]
pub(super) struct Progress {
    display: Display,
    began: Instant,
    /// When something was shown last.
    shown: Instant,
    /// How many live lines are on the terminal.
    lines: usize,
}

impl Progress {
    pub(super) fn new(display: Display, now: Instant) -> Self {
        Self { display, began: now, shown: now, lines: 0 }
    }

    /// A line about what is new, where those are shown.
    pub(super) fn news(&mut self, news: WaitEvent, entry: &Entry, now: Instant) -> String {
        if !matches!(self.display, Display::Plain) {
            return String::new();
        }
        self.shown = now;
        let state = state(entry);
        let words = match news {
            WaitEvent::First | WaitEvent::Changed => state,
            WaitEvent::Already => format!("already {state}"),
            WaitEvent::Final => format!("{state} after {}", text::duration(now - self.began)),
            WaitEvent::Recovered => format!("answered again: {state}"),
            WaitEvent::Missing | WaitEvent::Error => {
                entry.error().map(complaint).unwrap_or_default()
            }
        };
        format!("savepeek: {}: {words}\n", clean(&entry.id))
    }

    /// What is to be shown now, if it is time.
    pub(super) fn tick(&mut self, ledger: &WaitTracker, now: Instant) -> String {
        if self.next_tick().is_none_or(|due| now < due) {
            return String::new();
        }
        self.shown = now;
        match self.display {
            Display::Off => String::new(),
            Display::Plain => format!("savepeek: {}{}\n", self.summary(ledger, now), named(ledger)),
            Display::Live(size) => {
                let erase = self.clear();
                let lines = live(ledger, &self.summary(ledger, now), size());
                self.lines = lines.len();
                erase + &lines.concat()
            }
        }
    }

    /// When [`Self::tick`] has something to show although nothing happens.
    pub(super) fn next_tick(&self) -> Option<Instant> {
        match self.display {
            Display::Off => None,
            Display::Plain => Some(self.shown + HEARTBEAT),
            Display::Live(_) if self.lines == 0 => Some(self.shown),
            Display::Live(_) => Some(self.shown + SECOND),
        }
    }

    /// Takes the live lines away, so that something else can be printed.
    pub(super) fn clear(&mut self) -> String {
        erase(std::mem::take(&mut self.lines))
    }

    fn summary(&self, ledger: &WaitTracker, now: Instant) -> String {
        let (open, all) = (ledger.open(), ledger.entries().len());
        format!("waiting for {open} of {all}, {} so far", text::duration(now - self.began))
    }
}

/// Takes lines above the cursor away.
pub(super) fn erase(lines: usize) -> String {
    match lines {
        0 => String::new(),
        lines => format!("\x1b[{lines}A\r\x1b[J"),
    }
}

/// Some of those that are waited for, and how they are.
fn named(ledger: &WaitTracker) -> String {
    let mut text = String::new();
    for (nth, entry) in open(ledger).take(NAMED).enumerate() {
        let separator = if nth == 0 { ":" } else { "," };
        let _ = write!(text, "{separator} {} {}", clean(&entry.id), display_status(entry));
    }
    match ledger.open().saturating_sub(NAMED) {
        0 => text,
        more => format!("{text}, and {more} more"),
    }
}

/// A line a savepoint and the summary, each within the terminal's width and with its line break,
/// and all of them within its height: where not all fit, those that are open.
fn live(ledger: &WaitTracker, summary: &str, (columns, rows): (usize, usize)) -> Vec<String> {
    let room = rows.saturating_sub(2);
    let all = ledger.entries();
    let shown: Vec<&Entry> =
        if all.len() <= room { all.iter().collect() } else { open(ledger).take(room).collect() };
    let widest = |of: fn(&Entry) -> usize| shown.iter().map(|entry| of(entry)).max().unwrap_or(0);
    // Of the ID a part will do; the state is what it is all about.
    let room = columns.saturating_sub(widest(|entry| display_status(entry).width()) + 3).max(8);
    let width = widest(|entry| clean(&entry.id).width()).min(room);
    let line = |text: &str| format!("{}\n", text::fit(text, columns.saturating_sub(1)));
    let of = |entry: &&Entry| {
        let id = clean(&entry.id);
        let id = text::fit(&id, width);
        let gap = width.saturating_sub(id.width()) + 2;
        line(&format!("{id}{:gap$}{}", "", display_status(entry)))
    };
    shown.iter().map(of).chain([line(summary)]).collect()
}

fn open(ledger: &WaitTracker) -> impl Iterator<Item = &Entry> {
    ledger.entries().iter().filter(|entry| entry.fate == WaitStatus::Open)
}

/// The state, and why it may be an old one.
fn display_status(entry: &Entry) -> String {
    match entry.error().map(Error::summary) {
        None => state(entry),
        Some(error) if entry.good.is_none() => clean(&error).into_owned(),
        Some(error) => format!("{} ({})", state(entry), clean(&error)),
    }
}

fn state(entry: &Entry) -> String {
    match (&entry.good, entry.state().map(State::as_str)) {
        (None, _) => "no answer yet".to_owned(),
        (Some(_), None | Some("")) => "no state".to_owned(),
        (Some(_), Some(state)) => clean(state).into_owned(),
    }
}
