//! The event loop's sources: it waits for the first of them to deliver.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, sleep_until};

use super::{App, exit_on_error};
use crate::poller;
use crate::tui::frame_scheduler::FRAME;
use crate::tui::message::{Input, Outcome};
use crate::tui::terminal;
use crate::tui::terminal::clipboard::Delivery;
use crate::tui::terminal::signals::Signal;

/// The result of an effect that was performed in a task.
pub(super) enum Completion {
    /// A copy that is still to be written to the terminal.
    Copy {
        /// What is copied, for the notice.
        what: String,
        delivery: Delivery,
    },
    /// An effect that needs nothing more.
    Outcome(Outcome),
}

/// One thing that the loop waited for.
pub(super) enum LoopEvent {
    Input(Vec<Input>),
    Poller(Vec<poller::Event>),
    /// Something on the screen depends on the time and is due to change.
    Tick,
    Signal(Signal),
    Completed(Completion),
    /// The poller's task ended: why.
    PollerDied(String),
    /// A blocked terminal has accepted all bytes.
    Drained,
    /// A frame is due, or a command was sent to the poller: there is no message to apply.
    Nothing,
}

impl App {
    /// Waits for the first event of any source.
    pub(super) async fn next_event(&mut self) -> Result<LoopEvent, terminal::Error> {
        let tick = self.state.next_tick().map(|tick| self.instant_of(tick));
        let blocked = self.screen.is_blocked();
        let frame = self.frames.due().filter(|_| !blocked);
        let event = tokio::select! {
            batch = self.input.next_batch() => LoopEvent::Input(batch?),
            drained = self.screen.drained(), if blocked => {
                exit_on_error(drained);
                LoopEvent::Drained
            }
            Some(signal) = self.signals.recv() => LoopEvent::Signal(signal),
            Some(event) = self.poller.events.recv() => {
                let mut events = vec![event];
                while let Ok(event) = self.poller.events.try_recv() {
                    events.push(event);
                }
                LoopEvent::Poller(events)
            }
            end = &mut self.poller.task, if self.poller_alive => {
                LoopEvent::PollerDied(end.map_or_else(|error| error.to_string(), |()| "it ended".into()))
            }
            Some(completion) = self.completions.recv() => LoopEvent::Completed(completion),
            saved = self.watch_list.saved() => {
                LoopEvent::Completed(Completion::Outcome(Outcome::Saved(saved)))
            }
            Some(report) = self.journal.reports.recv() => {
                LoopEvent::Completed(Completion::Outcome(Outcome::Journal(report)))
            }
            permit = self.poller.commands.reserve(), if !self.commands.is_empty() => {
                match (permit, self.commands.pop_front()) {
                    (Ok(permit), Some(command)) => permit.send(command),
                    _ => self.commands.clear(),
                }
                LoopEvent::Nothing
            }
            () = sleep_until(tick.unwrap_or_else(Instant::now)), if tick.is_some() => LoopEvent::Tick,
            () = sleep_until(frame.unwrap_or_else(Instant::now)), if frame.is_some() => LoopEvent::Nothing,
        };
        Ok(event)
    }

    /// Converts a time on the wall clock, which may be set meanwhile, as of the last reading. A time
    /// in the past becomes one frame from now, so that a wrong tick cannot make the loop spin.
    fn instant_of(&self, tick: Timestamp) -> Instant {
        let left = Duration::try_from(tick.duration_since(self.state.now)).unwrap_or_default();
        (self.clock_read_at + left).max(Instant::now() + FRAME)
    }
}
