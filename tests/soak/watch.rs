//! The program without its terminal: poller, model and effects, connected as in the event loop.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use savepeek::domain::change::Kind;
use savepeek::domain::savepoint::Target;
use savepeek::poller::{self, Command, Handle};
use savepeek::tui::effect::Effect;
use savepeek::tui::message::{Input, Message, Outcome};
use savepeek::tui::model::{Polling, Settings, State};
use savepeek::tui::update::{Update, update};
use savepeek::tui::view;
use savepeek::util::clock::Now;
use tokio::time::{Instant, advance, sleep_until};

use crate::service::{CONCURRENCY, RATE, Service};

/// The longest time between two clock messages, as in the event loop.
const TICK: Duration = Duration::from_secs(60);

/// A long interval, so that thirty days take half a minute in a debug build. Most requests are then
/// retries, which this test is about.
pub(crate) const INTERVAL: Duration = Duration::from_secs(5 * 60);
const RECHECK: Duration = Duration::from_secs(8 * 3600);

/// The limit of the printed state in bytes: a full journal, two hundred feeds, and some more.
const BULK: usize = 2 << 20;

pub(crate) struct Watch {
    pub(crate) state: State,
    /// Entries written to the journal.
    pub(crate) recorded: usize,
    /// Alerts raised.
    pub(crate) alerts: u64,
    /// The savepoints that were lost, and those that came back.
    pub(crate) lost: Vec<Target>,
    pub(crate) back: Vec<Target>,
    service: Arc<Service>,
    poller: Handle,
    commands: VecDeque<Command>,
}

impl Watch {
    pub(crate) fn open(service: &Arc<Service>, interval: Duration) -> Self {
        let settings = Settings { interval, recheck: RECHECK, rate: RATE, ..Settings::default() };
        let pace =
            poller::Settings { interval, recheck: RECHECK, concurrency: CONCURRENCY, rate: RATE };
        let clock = {
            let service = Arc::clone(service);
            move || service.clock()
        };
        let rng = fastrand::Rng::with_seed(30);
        Self {
            state: State::new(settings, service.clock()),
            recorded: 0,
            alerts: 0,
            lost: Vec::new(),
            back: Vec::new(),
            service: Arc::clone(service),
            poller: poller::spawn(Arc::clone(service), pace, clock, rng),
            commands: VecDeque::new(),
        }
    }

    /// Watches those that are not watched yet.
    pub(crate) fn watch(&mut self, targets: &[Target]) {
        let new = self.state.watch(targets.to_vec());
        self.perform(Effect::Poller(Command::watch(new)));
    }

    /// Lets time pass.
    pub(crate) async fn pass(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end {
            let tick = end.min(Instant::now() + TICK);
            let message = tokio::select! {
                event = self.poller.events.recv() => Some(Message::Poller(event.unwrap())),
                room = self.poller.commands.reserve(), if !self.commands.is_empty() => {
                    room.unwrap().send(self.commands.pop_front().unwrap());
                    None
                }
                () = sleep_until(tick) => None,
            };
            self.update(message);
            self.assert_bounded();
        }
    }

    /// Stops the process: nothing runs, while the clocks go on.
    pub(crate) async fn stop(&mut self, time: Duration) {
        advance(time).await;
    }

    /// A complete frame, as a terminal gets it that took no bytes until now.
    pub(crate) fn frame(&mut self) -> String {
        let mut terminal = Terminal::new(TestBackend::new(120, 40)).unwrap();
        let state = &self.state;
        let mut geometry = state.geometry;
        terminal.draw(|frame| geometry = view::draw(frame, state)).unwrap();
        self.state.geometry = geometry;
        terminal.backend().to_string()
    }

    /// Presses random keys, and leaves the program polling and without a dialog.
    pub(crate) async fn press_random_keys(&mut self, rng: &mut fastrand::Rng) {
        for _ in 0..rng.usize(..60) {
            let key = char::from(*rng.choice(b"jjjkkdddduurryYpst/Jnw?ahl\t\r").unwrap());
            self.press(KeyCode::Char(key));
            if rng.u8(..4) == 0 {
                self.press(KeyCode::Esc);
            }
            self.pass(Duration::from_millis(rng.u64(..2000))).await;
        }
        for _ in 0..3 {
            self.press(KeyCode::Esc);
        }
        self.pass(Duration::from_secs(30)).await;
        if self.state.polling != Polling::Running {
            self.press(KeyCode::Char('p'));
        }
        self.pass(Duration::from_secs(30)).await;
        assert_eq!(self.state.polling, Polling::Running);
        self.assert_small();
        // Polls that wait for manual action are retried.
        self.press(KeyCode::Char('R'));
    }

    fn press(&mut self, key: KeyCode) {
        self.update([Message::Terminal(Input::Key(KeyEvent::from(key)))]);
    }

    /// Applies messages at the current time.
    fn update(&mut self, messages: impl IntoIterator<Item = Message>) {
        let uptime = self.poller.heartbeat.uptime();
        let clock = Message::Clock(Now { wall: self.service.clock(), uptime });
        for message in [clock].into_iter().chain(messages) {
            let Update { effects, changes, .. } = update(&mut self.state, message);
            for change in &changes {
                match change.kind {
                    Kind::Lost { .. } => self.lost.push(change.target.clone()),
                    Kind::Back { .. } => self.back.push(change.target.clone()),
                    _ => {}
                }
            }
            for effect in effects {
                self.perform(effect);
            }
        }
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Poller(command) => self.commands.push_back(command),
            Effect::Record(entries) => self.recorded += entries.len(),
            Effect::Alert(_) => self.alerts += 1,
            Effect::OnChange(_) => self.update([Message::Done(Outcome::Ran(Ok(())))]),
            Effect::Copy(clip) => {
                let result = Ok("copied".to_owned());
                let copied = Outcome::Copied { what: clip.what, result };
                self.update([Message::Done(copied)]);
            }
            _ => {}
        }
    }

    /// Checks what is expensive to check.
    pub(crate) fn assert_small(&self) {
        let entries = self.state.journal.newest_first().count();
        assert!(entries <= savepeek::storage::journal::RECENT_ENTRIES, "{entries} entries");
        // Covers everything else in the state: suppressed alerts, dialogs, marks ...
        let bulk = format!("{:?}", self.state).len();
        assert!(bulk < BULK, "the printed state has {bulk} bytes");
    }

    fn assert_bounded(&self) {
        let state = &self.state;
        assert!(state.feeds.len() <= 200, "{}", state.feeds.len());
        assert!(state.list.rows().len() <= state.feeds.len());
        assert!(state.watch_list.removed.len() <= 20, "{}", state.watch_list.removed.len());
        assert!(state.places().len() <= 2);
        assert!(self.commands.len() <= 8, "{:?}", self.commands);
        if let Some(notice) = state.notices.shown() {
            assert!(notice.text.len() < 500 && notice.until > state.now, "{notice:?}");
        }
    }
}
