//! The event loop: an event becomes messages, messages change the state, the state is drawn.
//!
//! It waits for one event, applies its messages, performs their effects, and draws when the
//! `FrameScheduler` says so. Nothing else draws, and when nothing happens nothing runs.

mod dependencies;
mod effects;
mod event;

use std::collections::VecDeque;
use std::time::Duration;
use std::{io, iter};

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::exit_report;
use super::frame_scheduler::FrameScheduler;
use super::watch_list_writer::{self, WatchListWriter};
use crate::poller::{self, Command};
use crate::storage::journal::{self, Entry, JournalWriter, ProgramEvent};
use crate::tui::effect::Effect;
use crate::tui::message::{Input, Message, Outcome};
use crate::tui::model::State;
use crate::tui::on_change::OnChange;
use crate::tui::terminal::input::InputReader;
use crate::tui::terminal::signals::{self, Signal};
use crate::tui::terminal::{self, Screen, hangup, panic};
use crate::tui::update::{Redraw, Update, update};
use crate::tui::view;
use crate::util::clock::{self, Now};

pub use dependencies::{Dependencies, FetchIdentity, StartDemo};
use event::{Completion, LoopEvent};

/// The exit code of a program that was quit but could not save everything.
pub const NOT_SAVED: u8 = 7;

/// How long the disk, or another program that holds the lock, may delay the exit.
const SAVE_TIMEOUT: Duration = Duration::from_millis(2500);

/// The same limit after a signal, which exits the program after a second in any case.
const SAVE_TIMEOUT_AFTER_SIGNAL: Duration = Duration::from_millis(700);

/// Runs the program on the terminal until it exits; returns the exit code.
///
/// Must run on the main thread of a tokio runtime with I/O and time.
///
/// # Errors
/// When the terminal cannot be used.
pub async fn run(
    mut state: State,
    initial_effects: Vec<Effect>,
    dependencies: Dependencies,
) -> Result<u8, terminal::Error> {
    // Before the screen is acquired: otherwise a signal could end the program in raw mode.
    let signals = signals::watch()?;
    let mut screen = Screen::enter(dependencies.mouse)?;
    let input = InputReader::open()?;
    hangup::watch(watch_list_writer::wait_until_saved)?;
    let mut frames = FrameScheduler::default();
    if screen.is_blocked() {
        frames.on_input(Instant::now());
    } else {
        draw(&mut screen, &mut state);
    }
    panic::panic_if_requested();

    let on_change = dependencies.on_change.clone();
    let (completions_sender, completions) = mpsc::channel(16);
    let (journal, journal_writes) = journal::spawn_writer(dependencies.journal);
    let mut app = App {
        state,
        screen,
        frames,
        input,
        signals,
        poller: (dependencies.start_poller)(),
        poller_alive: true,
        commands: VecDeque::new(),
        fetch_identity: dependencies.fetch_identity,
        start_demo: dependencies.start_demo,
        watch_list: WatchListWriter::new(dependencies.watch_list),
        on_change: dependencies.on_change,
        journal,
        completions_sender,
        completions,
        suspend_pending: false,
        exit: None,
        clock_read_at: Instant::now(),
    };
    for effect in initial_effects {
        app.perform(effect)?;
    }
    let result = app.run().await;
    // Dropping the app restores the terminal first: neither a slow disk nor a hanging command then
    // delays the user.
    let limit = match app.exit {
        Some(code) if code > 0 => SAVE_TIMEOUT_AFTER_SIGNAL,
        _ => SAVE_TIMEOUT,
    };
    let watch_list = std::mem::replace(&mut app.watch_list, WatchListWriter::new(None));
    drop(app);
    let finish_commands = async {
        if let Some(on_change) = on_change {
            on_change.finish().await;
        }
    };
    let finish_writes = async {
        let (unsaved, unwritten) =
            tokio::join!(watch_list.finish(limit), journal_writes.finish(limit));
        let report = exit_report::format(unsaved, unwritten);
        let all_saved = report.is_empty();
        terminal::print_after_restore(report);
        all_saved
    };
    let (all_saved, ()) = tokio::join!(finish_writes, finish_commands);
    result.map(|code| if code == 0 && !all_saved { NOT_SAVED } else { code })
}

struct App {
    state: State,
    screen: Screen,
    frames: FrameScheduler,
    input: InputReader,
    signals: mpsc::Receiver<Signal>,
    poller: poller::Handle,
    poller_alive: bool,
    /// Commands for the poller. The loop never blocks on sending one: the poller might be blocked
    /// on sending an event to the loop.
    commands: VecDeque<Command>,
    fetch_identity: FetchIdentity,
    start_demo: StartDemo,
    watch_list: WatchListWriter,
    on_change: Option<OnChange>,
    journal: JournalWriter,
    completions_sender: mpsc::Sender<Completion>,
    completions: mpsc::Receiver<Completion>,
    /// Whether to suspend as soon as the terminal can be restored.
    suspend_pending: bool,
    exit: Option<u8>,
    /// When the wall clock was last read into the state.
    clock_read_at: Instant,
}

impl App {
    async fn run(&mut self) -> Result<u8, terminal::Error> {
        loop {
            let event = self.next_event().await?;
            self.handle(event)?;
            if let Some(code) = self.exit {
                self.journal.record(vec![Entry::program(
                    clock::now(),
                    None,
                    ProgramEvent::Stopped,
                )]);
                return Ok(code);
            }
            // A blocked terminal gets no frame until it has accepted the previous one; the next one
            // then shows the current state.
            if !self.screen.is_blocked() && self.frames.is_due(Instant::now()) {
                draw(&mut self.screen, &mut self.state);
                self.frames.on_drawn(Instant::now());
            }
        }
    }

    fn handle(&mut self, event: LoopEvent) -> Result<(), terminal::Error> {
        match event {
            LoopEvent::Drained if self.suspend_pending => self.suspend(),
            LoopEvent::Drained | LoopEvent::Nothing => Ok(()),
            LoopEvent::Input(batch) if batch.is_empty() => Ok(()),
            LoopEvent::Input(batch) => self.handle_input(batch),
            LoopEvent::Poller(events) => self.apply(events.into_iter().map(Message::Poller)),
            LoopEvent::Tick => {
                self.frames.on_data(Instant::now(), Duration::ZERO);
                self.apply([])
            }
            LoopEvent::Signal(Signal::Resize) => self.handle_input(vec![Input::Resize]),
            LoopEvent::Signal(Signal::Stop) => self.suspend(),
            LoopEvent::Signal(Signal::Exit(code)) => {
                self.exit = Some(code);
                Ok(())
            }
            LoopEvent::PollerDied(reason) => {
                self.poller_alive = false;
                self.apply([Message::PollerDied(reason)])
            }
            LoopEvent::Completed(Completion::Outcome(outcome)) => {
                self.apply([Message::Done(outcome)])
            }
            LoopEvent::Completed(Completion::Copy { what, delivery }) => {
                let result = match self.screen.copy(delivery.bytes) {
                    Ok(()) => Ok(delivery.message),
                    Err(error) => Err(format!("the terminal did not take it: {error}")),
                };
                self.apply([Message::Done(Outcome::Copied { what, result })])
            }
        }
    }

    fn handle_input(&mut self, batch: Vec<Input>) -> Result<(), terminal::Error> {
        if batch.contains(&Input::Resize) {
            // The window may have been smaller in between, which lost a part of the picture, even if
            // it has the size of the last frame again.
            self.repaint();
        }
        self.apply(batch.into_iter().map(Message::Terminal))
    }

    /// Repaints every cell in the next frame, which is due now.
    fn repaint(&mut self) {
        self.frames.on_input(Instant::now());
        self.screen.repaint();
    }

    /// Reads the clock, applies messages, performs their effects, and schedules a frame: at once, or
    /// within a poll interval if the message only confirmed what is shown.
    fn apply(
        &mut self,
        messages: impl IntoIterator<Item = Message>,
    ) -> Result<(), terminal::Error> {
        let uptime = self.poller.heartbeat.uptime();
        self.clock_read_at = Instant::now();
        let now = Message::Clock(Now { wall: clock::now(), uptime });
        for message in iter::once(now).chain(messages) {
            if self.exit.is_some() {
                // What was typed after `q` is for the shell.
                break;
            }
            let is_data = matches!(message, Message::Poller(_) | Message::Clock(_));
            let is_outcome = matches!(message, Message::Done(_));
            let update = self.update(message)?;
            let now = Instant::now();
            match update.redraw {
                Redraw::Never => {}
                Redraw::Later => self.frames.on_data(now, self.state.settings.interval),
                Redraw::Now if is_data => self.frames.on_data(now, Duration::ZERO),
                Redraw::Now if is_outcome => self.frames.on_outcome(now),
                Redraw::Now => self.frames.on_input(now),
            }
        }
        Ok(())
    }

    /// Applies a message and performs its effects.
    fn update(&mut self, message: Message) -> Result<Update, terminal::Error> {
        let mut update = update(&mut self.state, message);
        for effect in std::mem::take(&mut update.effects) {
            self.perform(effect)?;
        }
        Ok(update)
    }
}

/// Exits the program if writing to the terminal failed, which means that the terminal is gone.
fn exit_on_error<T>(written: io::Result<T>) -> T {
    written.unwrap_or_else(|_error| {
        terminal::restore();
        hangup::exit_hung_up()
    })
}

/// Draws a frame and stores its geometry in the state.
fn draw(screen: &mut Screen, state: &mut State) {
    let mut geometry = state.geometry;
    let drawn = screen.draw(|frame| geometry = view::draw(frame, state));
    exit_on_error(drawn.and_then(|()| screen.title(&view::title::text(state))));
    state.geometry = geometry;
}
