//! The loop: whatever happens becomes a message, messages change the state, the state is drawn.
//!
//! It waits for one thing, applies it and all that came with it, performs the effects, and draws
//! when `pace` says so. Nothing else draws, and when nothing happens nothing runs.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::frame_scheduler::{FRAME, FrameScheduler};
use super::last_words;
use super::saver::{self, Saver};
use crate::api::Identity;
use crate::domain::savepoint::{Profile, Target};
use crate::poller::{self, Command};
use crate::storage::journal::{self, Entry, JournalStore, JournalWriter, ProgramEvent};
use crate::storage::watch_list;
use crate::tui::effect::Effect;
use crate::tui::message::{Input, Message, Outcome};
use crate::tui::model::State;
use crate::tui::on_change::OnChange;
use crate::tui::terminal::clipboard::{self, Delivery};
use crate::tui::terminal::input::InputReader;
use crate::tui::terminal::multiplexer::Multiplexer;
use crate::tui::terminal::notification;
use crate::tui::terminal::signals::{self, Signal};
use crate::tui::terminal::{self, Screen, hangup, job_control, panic};
use crate::tui::update::update;
use crate::tui::view;
use crate::util::clock::{self, Now};

/// Something to find out about the world: what it is, or why it cannot be had.
pub type Ask<T> = Box<dyn Fn() -> BoxFuture<'static, Result<T, String>>>;

/// Finds out who we are to the services with a profile, or the default one.
pub type Whois =
    Box<dyn Fn(Option<Profile>) -> BoxFuture<'static, (Option<Profile>, Result<Identity, String>)>>;

/// What the loop needs of the rest of the program.
pub struct World {
    /// Makes the client and the poller; called once the first frame is on the screen.
    pub start: Box<dyn FnOnce() -> poller::Handle>,
    /// For [`Effect::Identify`]: who we are to the service.
    pub identify: Whois,
    /// For [`Effect::OpenDemo`]: the savepoints of the embedded service, once it is up.
    pub demo: Ask<Vec<Target>>,
    /// For [`Effect::Save`]: where the watch list is kept, if it is.
    pub watch_list: Option<watch_list::WatchListStore>,
    /// For [`Effect::OnChange`]: the user's command, if there is one.
    pub on_change: Option<OnChange>,
    /// Whether the mouse is ours.
    pub mouse: bool,
    /// Where the journal is kept, if it is.
    pub journal: Option<JournalStore>,
}

/// The exit code of a program that was left as the user wished, but could not save everything.
pub const NOT_SAVED: u8 = 7;

/// How long the disk, and whoever holds the lock, may keep the program that is left.
const LAST_WRITES: Duration = Duration::from_millis(2500);

/// The same after a signal: a second after it the program ends, whatever it is doing.
const LAST_WRITES_AFTER_SIGNAL: Duration = Duration::from_millis(700);

/// Runs the program on the terminal until it is left, beginning with some effects; gives the exit
/// code.
///
/// Must run on the main thread of a tokio runtime with I/O and time.
pub async fn run(state: State, first: Vec<Effect>, world: World) -> Result<u8, terminal::Error> {
    // Before the screen is taken: no signal may find the terminal raw and nobody to give it back.
    let signals = signals::watch()?;
    let mut screen = Screen::enter(world.mouse)?;
    let keys = InputReader::open()?;
    hangup::watch(saver::wait_until_saved)?;
    let mut state = state;
    let mut pace = FrameScheduler::default();
    if screen.is_blocked() {
        pace.key(Instant::now());
    } else {
        draw(&mut screen, &mut state);
    }
    panic::panic_if_requested();

    let on_change = world.on_change.clone();
    let (returning, returned) = mpsc::channel(16);
    let (journal, kept) = journal::spawn_writer(world.journal);
    let mut app = App {
        state,
        screen,
        pace,
        keys,
        signals,
        poller: (world.start)(),
        poller_lives: true,
        outbox: VecDeque::new(),
        identify: world.identify,
        demo: world.demo,
        saver: Saver::new(world.watch_list),
        on_change: world.on_change,
        journal,
        returning,
        returned,
        stopping: false,
        exit: None,
        clock_at: Instant::now(),
    };
    for effect in first {
        app.perform(effect)?;
    }
    let end = app.run().await;
    // The terminal is given back first; then neither a disk nor a command that hangs keeps anybody
    // here.
    let limit = match app.exit {
        Some(code) if code > 0 => LAST_WRITES_AFTER_SIGNAL,
        _ => LAST_WRITES,
    };
    let saver = std::mem::replace(&mut app.saver, Saver::new(None));
    drop(app);
    let uptime = async {
        if let Some(on_change) = on_change {
            on_change.finish().await;
        }
    };
    let on_disk = async {
        let (unsaved, unwritten) = tokio::join!(saver.finish(limit), kept.finish(limit));
        let lost = last_words::of(unsaved, unwritten);
        let all = lost.is_empty();
        terminal::print_after_restore(lost);
        all
    };
    let (all, ()) = tokio::join!(on_disk, uptime);
    end.map(|code| if code == 0 && !all { NOT_SAVED } else { code })
}

/// An effect that left the loop and is back.
enum Returned {
    /// A copy; what is left to do is to write it.
    Copy(String, Delivery),
    /// All that there is to tell.
    Done(Outcome),
}

/// One thing that the loop waited for.
enum Happened {
    /// The user did something.
    Input(Vec<Input>),
    /// The poller said something.
    Polled(Vec<poller::Event>),
    /// Something on the screen reads differently now.
    Tick,
    /// A signal came.
    Signal(Signal),
    /// An effect came back.
    Returned(Returned),
    /// The poller is gone: why.
    PollerDied(String),
    /// The terminal has taken what it was sent, after a while in which it did not.
    Drained,
    /// A frame that had to wait is due, or a command went out: nothing to apply.
    Nothing,
}

struct App {
    state: State,
    screen: Screen,
    pace: FrameScheduler,
    keys: InputReader,
    signals: mpsc::Receiver<Signal>,
    poller: poller::Handle,
    poller_lives: bool,
    /// What the poller is still to be told. The loop never waits for it: it might be waiting for
    /// the loop to take an event.
    outbox: VecDeque<Command>,
    identify: Whois,
    demo: Ask<Vec<Target>>,
    saver: Saver,
    on_change: Option<OnChange>,
    journal: JournalWriter,
    returning: mpsc::Sender<Returned>,
    returned: mpsc::Receiver<Returned>,
    /// Whether the program is to stop as soon as the terminal can be given back.
    stopping: bool,
    exit: Option<u8>,
    /// When the state was told the time.
    clock_at: Instant,
}

impl App {
    async fn run(&mut self) -> Result<u8, terminal::Error> {
        loop {
            let happened = self.next().await?;
            self.take(happened)?;
            if let Some(code) = self.exit {
                self.journal.record(vec![Entry::program(
                    clock::now(),
                    None,
                    ProgramEvent::Stopped,
                )]);
                return Ok(code);
            }
            // A terminal that is blocked gets no frame until it has taken the one before, and then
            // the one that shows how things are by then.
            if !self.screen.is_blocked() && self.pace.is_due(Instant::now()) {
                draw(&mut self.screen, &mut self.state);
                self.pace.drawn(Instant::now());
            }
        }
    }

    /// Waits for whatever comes first.
    async fn next(&mut self) -> Result<Happened, terminal::Error> {
        let tick = self.state.next_tick().map(|tick| self.comes_at(tick));
        let blocked = self.screen.is_blocked();
        let frame = self.pace.due().filter(|_| !blocked);
        let happened = tokio::select! {
            batch = self.keys.next_batch() => Happened::Input(batch?),
            taken = self.screen.drained(), if blocked => {
                or_gone(taken);
                Happened::Drained
            }
            Some(signal) = self.signals.recv() => Happened::Signal(signal),
            Some(event) = self.poller.events.recv() => {
                let mut events = vec![event];
                while let Ok(event) = self.poller.events.try_recv() {
                    events.push(event);
                }
                Happened::Polled(events)
            }
            end = &mut self.poller.task, if self.poller_lives => {
                Happened::PollerDied(end.map_or_else(|error| error.to_string(), |()| "it ended".into()))
            }
            Some(returned) = self.returned.recv() => Happened::Returned(returned),
            saved = self.saver.saved() => Happened::Returned(Returned::Done(Outcome::Saved(saved))),
            Some(report) = self.journal.reports.recv() => {
                Happened::Returned(Returned::Done(Outcome::Journal(report)))
            }
            room = self.poller.commands.reserve(), if !self.outbox.is_empty() => {
                match (room, self.outbox.pop_front()) {
                    (Ok(room), Some(command)) => room.send(command),
                    _ => self.outbox.clear(),
                }
                Happened::Nothing
            }
            () = sleep_until(tick.unwrap_or_else(Instant::now)), if tick.is_some() => Happened::Tick,
            () = sleep_until(frame.unwrap_or_else(Instant::now)), if frame.is_some() => Happened::Nothing,
        };
        Ok(happened)
    }

    /// When a time on the wall clock comes, by the last look at it: it may be set meanwhile. A time
    /// already past is one frame away, so that no mistake in it can make the loop spin.
    fn comes_at(&self, tick: Timestamp) -> Instant {
        let left = Duration::try_from(tick.duration_since(self.state.now)).unwrap_or_default();
        (self.clock_at + left).max(Instant::now() + FRAME)
    }

    /// Does what follows from one thing.
    fn take(&mut self, happened: Happened) -> Result<(), terminal::Error> {
        match happened {
            Happened::Drained if self.stopping => self.suspend(),
            Happened::Drained | Happened::Nothing => Ok(()),
            Happened::Input(batch) if batch.is_empty() => Ok(()),
            Happened::Input(batch) => self.take_input(batch),
            Happened::Polled(events) => self.apply(events.into_iter().map(Message::Poller)),
            Happened::Tick => {
                self.pace.tell(Instant::now(), Duration::ZERO);
                self.apply([])
            }
            Happened::Signal(Signal::Resize) => self.take_input(vec![Input::Resize]),
            Happened::Signal(Signal::Stop) => self.suspend(),
            Happened::Signal(Signal::Leave(code)) => {
                self.exit = Some(code);
                Ok(())
            }
            Happened::PollerDied(reason) => {
                self.poller_lives = false;
                self.apply([Message::PollerDied(reason)])
            }
            Happened::Returned(Returned::Done(outcome)) => self.apply([Message::Done(outcome)]),
            Happened::Returned(Returned::Copy(what, delivery)) => {
                let result = match self.screen.copy(delivery.bytes) {
                    Ok(()) => Ok(delivery.message),
                    Err(error) => Err(format!("the terminal did not take it: {error}")),
                };
                self.apply([Message::Done(Outcome::Copied { what, result })])
            }
        }
    }

    fn take_input(&mut self, batch: Vec<Input>) -> Result<(), terminal::Error> {
        if batch.contains(&Input::Resize) {
            // The window may have the size of the last frame again, and yet have been smaller
            // in between, which lost a part of the picture.
            self.repaint();
        }
        self.apply(batch.into_iter().map(Message::Terminal))
    }

    /// Paints everything in the next frame, which is wanted now.
    fn repaint(&mut self) {
        self.pace.key(Instant::now());
        self.screen.repaint();
    }

    /// Applies messages at the time that it is, performs what they ask for, and wants a frame: at
    /// once, or within the calm where a message was a mere confirmation.
    fn apply(
        &mut self,
        messages: impl IntoIterator<Item = Message>,
    ) -> Result<(), terminal::Error> {
        let uptime = self.poller.heartbeat.uptime();
        self.clock_at = Instant::now();
        self.update(Message::Clock(Now { wall: clock::now(), uptime }))?;
        if !self.state.changes.is_empty() {
            // Whatever follows may be quiet.
            self.pace.tell(Instant::now(), Duration::ZERO);
        }
        for message in messages {
            if self.exit.is_some() {
                // What was typed after `q` is meant for the shell.
                break;
            }
            let (news, outcome) =
                (matches!(message, Message::Poller(_)), matches!(message, Message::Done(_)));
            self.update(message)?;
            let now = Instant::now();
            if self.state.redraw_can_wait {
                self.pace.tell(now, self.state.settings.interval);
            } else if news {
                self.pace.tell(now, Duration::ZERO);
            } else if outcome {
                self.pace.outcome(now);
            } else {
                self.pace.key(now);
            }
        }
        Ok(())
    }

    fn update(&mut self, message: Message) -> Result<(), terminal::Error> {
        for effect in update(&mut self.state, message) {
            self.perform(effect)?;
        }
        Ok(())
    }

    /// Sets one effect going; none is waited for.
    fn perform(&mut self, effect: Effect) -> Result<(), terminal::Error> {
        match effect {
            Effect::Poller(command) => self.send(command),
            Effect::Copy(clip) => self.spawn(async move {
                let delivery = clipboard::deliver(
                    &clip.text,
                    Multiplexer::detect(|name| std::env::var_os(name)),
                )
                .await;
                Returned::Copy(clip.what, delivery)
            }),
            Effect::Save(edits) => self.saver.save(edits),
            Effect::ReadWatchList => {
                let read = self.saver.read(self.state.settings.allow_http);
                self.spawn(async move { Returned::Done(read.await) });
            }
            Effect::Alert(alert) => {
                let notify = self.state.alerts.policy.notify;
                let bytes = notification::encode(&alert, notify, |name| std::env::var_os(name));
                or_gone(self.screen.alert(bytes));
            }
            Effect::OnChange(news) => {
                if let Some(on_change) = &self.on_change {
                    let run = on_change.run(*news);
                    self.spawn(async move { Returned::Done(Outcome::Ran(run.await)) });
                }
            }
            Effect::Record(entries) => {
                if let Some(report) = self.journal.record(entries) {
                    return self.apply([Message::Done(Outcome::Journal(report))]);
                }
            }
            Effect::Identify(profile) => {
                let identity = (self.identify)(profile);
                self.spawn(async move {
                    let (profile, identity) = identity.await;
                    Returned::Done(Outcome::Identity(profile, identity))
                });
            }
            Effect::OpenDemo => {
                let demo = (self.demo)();
                self.spawn(async move { Returned::Done(Outcome::Demo(demo.await)) });
            }
            Effect::Repaint => self.repaint(),
            Effect::Suspend => self.suspend()?,
            Effect::Quit => self.exit = Some(0),
        }
        Ok(())
    }

    /// Leaves a command for the poller; one that is dead needs none.
    fn send(&mut self, command: Command) {
        if self.poller_lives {
            self.outbox.push_back(command);
        }
    }

    /// Sends an effect on its way; it comes back once, whatever its end.
    fn spawn(&self, effect: impl Future<Output = Returned> + Send + 'static) {
        let returning = self.returning.clone();
        tokio::spawn(async move {
            let _program_ended = returning.send(effect.await).await;
        });
    }

    /// Stops the program until somebody continues it, or says why that cannot be.
    fn suspend(&mut self) -> Result<(), terminal::Error> {
        if let Err(reason) = job_control::can_stop() {
            return self.apply([Message::Done(Outcome::CannotSuspend(reason.to_owned()))]);
        }
        // The shell would get a screen that is not given back.
        self.stopping = self.screen.is_blocked();
        if self.stopping {
            return Ok(());
        }
        self.keys.close();
        self.screen.suspend(job_control::stop)?;
        self.keys.reopen();
        self.apply([Message::Resumed])
    }
}

/// A terminal that takes no bytes is gone, whatever they are.
fn or_gone<T>(written: io::Result<T>) -> T {
    written.unwrap_or_else(|_gone| {
        terminal::restore();
        hangup::exit_hung_up()
    })
}

/// Draws a frame and keeps what it measured.
fn draw(screen: &mut Screen, state: &mut State) {
    let mut geometry = state.geometry;
    let drawn = screen.draw(|frame| geometry = view::draw(frame, state));
    or_gone(drawn.and_then(|()| screen.title(&view::title::of(state))));
    state.geometry = geometry;
}
