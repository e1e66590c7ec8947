//! The progress of `wait` on standard error. Pure: the caller passes the time and prints the text.
//!
//! The cursor is never hidden, and always stays at the start of the line below the live ones, so that
//! there is nothing to restore, however the program ends.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _};
use std::time::Duration;

use tokio::time::Instant;
use unicode_width::UnicodeWidthStr as _;

use super::tracker::{Entry, WaitEvent, WaitStatus, WaitTracker};
use super::{Args, ProgressMode};
use crate::api::Error;
use crate::commands::Output;
use crate::commands::results::error_line;
use crate::domain::savepoint::State;
use crate::util::environment::Environment;
use crate::util::text::{self, clean};

/// The time without a change after which plain progress prints a line, to show that
/// the job is alive.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(120);

/// How often live lines are drawn without a change.
pub(super) const REDRAW: Duration = Duration::from_secs(1);

/// How many savepoints a heartbeat names.
const MAX_NAMED: usize = 3;

/// How progress is shown.
#[derive(Debug, Clone, Copy)]
pub(super) enum Display {
    /// Live lines on a terminal. The function returns its columns and rows.
    Live(fn() -> (usize, usize)),
    /// One line for each change, and the heartbeat.
    Plain,
    Off,
}

impl Display {
    /// The display on this process's standard error. No live lines if another program may print on
    /// the terminal what it reads from our pipe: live lines move the cursor up and erase.
    pub(super) fn on_stderr(args: &Args, environment: &Environment) -> Self {
        let dumb = environment.get("TERM").is_none_or(|term| term == "dumb");
        let alone = args.output == Output::Table || io::stdout().is_terminal();
        match args.progress {
            ProgressMode::Auto if io::stderr().is_terminal() && !dumb && alone => Self::Live(size),
            ProgressMode::Auto | ProgressMode::Plain => Self::Plain,
            ProgressMode::Off => Self::Off,
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

#[derive(Debug)]
pub(super) struct Progress {
    display: Display,
    began: Instant,
    shown_at: Instant,
    /// How many live lines are on the terminal.
    lines: usize,
}

impl Progress {
    pub(super) fn new(display: Display, now: Instant) -> Self {
        Self { display, began: now, shown_at: now, lines: 0 }
    }

    /// Returns a line about an event, in plain progress.
    pub(super) fn event(&mut self, event: WaitEvent, entry: &Entry, now: Instant) -> String {
        if !matches!(self.display, Display::Plain) {
            return String::new();
        }
        self.shown_at = now;
        let state = state(entry);
        let words = match event {
            WaitEvent::First | WaitEvent::Changed => state,
            WaitEvent::Already => format!("already {state}"),
            WaitEvent::Final => format!("{state} after {}", text::duration(now - self.began)),
            WaitEvent::Recovered => format!("answered again: {state}"),
            WaitEvent::Missing | WaitEvent::Error => {
                entry.error().map(error_line).unwrap_or_default()
            }
        };
        format!("savepeek: {}: {words}\n", clean(&entry.id))
    }

    /// Returns what to show now, if it is time.
    pub(super) fn tick(&mut self, tracker: &WaitTracker, now: Instant) -> String {
        if self.next_tick().is_none_or(|due| now < due) {
            return String::new();
        }
        self.shown_at = now;
        match self.display {
            Display::Off => String::new(),
            Display::Plain => {
                format!("savepeek: {}{}\n", self.summary(tracker, now), open_names(tracker))
            }
            Display::Live(size) => {
                let erase = self.clear();
                let lines = live_lines(tracker, &self.summary(tracker, now), size());
                self.lines = lines.len();
                erase + &lines.concat()
            }
        }
    }

    /// When [`Self::tick`] has something to show next.
    pub(super) fn next_tick(&self) -> Option<Instant> {
        match self.display {
            Display::Off => None,
            Display::Plain => Some(self.shown_at + HEARTBEAT),
            Display::Live(_) if self.lines == 0 => Some(self.shown_at),
            Display::Live(_) => Some(self.shown_at + REDRAW),
        }
    }

    /// Erases the live lines, so that something else can be printed.
    pub(super) fn clear(&mut self) -> String {
        erase(std::mem::take(&mut self.lines))
    }

    fn summary(&self, tracker: &WaitTracker, now: Instant) -> String {
        let (open, all) = (tracker.open(), tracker.entries().len());
        format!("waiting for {open} of {all}, {} so far", text::duration(now - self.began))
    }
}

/// Returns the sequence that erases lines above the cursor.
pub(super) fn erase(lines: usize) -> String {
    match lines {
        0 => String::new(),
        lines => format!("\x1b[{lines}A\r\x1b[J"),
    }
}

/// Names some open savepoints and their states.
fn open_names(tracker: &WaitTracker) -> String {
    let mut text = String::new();
    for (nth, entry) in open(tracker).take(MAX_NAMED).enumerate() {
        let separator = if nth == 0 { ":" } else { "," };
        let _ = write!(text, "{separator} {} {}", clean(&entry.id), display_status(entry));
    }
    match tracker.open().saturating_sub(MAX_NAMED) {
        0 => text,
        more => format!("{text}, and {more} more"),
    }
}

/// Returns one line for each savepoint, and the summary. They fit the terminal's width and height:
/// if there are too many savepoints, only open ones.
fn live_lines(
    tracker: &WaitTracker,
    summary: &str,
    (columns, rows): (usize, usize),
) -> Vec<String> {
    let room = rows.saturating_sub(2);
    let all = tracker.entries();
    let shown: Vec<&Entry> =
        if all.len() <= room { all.iter().collect() } else { open(tracker).take(room).collect() };
    let widest =
        |width: fn(&Entry) -> usize| shown.iter().map(|entry| width(entry)).max().unwrap_or(0);
    // The ID is cut before the state is.
    let room = columns.saturating_sub(widest(|entry| display_status(entry).width()) + 3).max(8);
    let width = widest(|entry| clean(&entry.id).width()).min(room);
    let line = |text: &str| format!("{}\n", text::fit(text, columns.saturating_sub(1)));
    let row = |entry: &&Entry| {
        let id = clean(&entry.id);
        let id = text::fit(&id, width);
        let gap = width.saturating_sub(id.width()) + 2;
        line(&format!("{id}{:gap$}{}", "", display_status(entry)))
    };
    shown.iter().map(row).chain([line(summary)]).collect()
}

fn open(tracker: &WaitTracker) -> impl Iterator<Item = &Entry> {
    tracker.entries().iter().filter(|entry| entry.status == WaitStatus::Open)
}

/// Returns the state, and the error that may make it stale.
fn display_status(entry: &Entry) -> String {
    match entry.error().map(Error::summary) {
        None => state(entry),
        Some(error) if entry.last_answer.is_none() => clean(&error).into_owned(),
        Some(error) => format!("{} ({})", state(entry), clean(&error)),
    }
}

fn state(entry: &Entry) -> String {
    match (&entry.last_answer, entry.state().map(State::as_str)) {
        (None, _) => "no answer yet".to_owned(),
        (Some(_), None | Some("")) => "no state".to_owned(),
        (Some(_), Some(state)) => clean(state).into_owned(),
    }
}
