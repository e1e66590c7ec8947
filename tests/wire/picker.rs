//! The picker, the poller and the client against the embedded service: thousands of deployments.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;
use savepeek::demo::{Service, Story};
use savepeek::poller::{self, Command, Event, Handle};
use savepeek::tui::effect::Effect;
use savepeek::tui::message::{Input, Message};
use savepeek::tui::model::picker::Picker;
use savepeek::tui::model::{Overlay, Settings, State};
use savepeek::tui::update::update;
use savepeek::util::clock::Now;

use crate::embedded::client;

/// The program without its terminal and its clock.
struct Run {
    state: State,
    poller: Handle,
    /// How many queries were sent.
    queries_sent: usize,
}

impl Run {
    async fn apply(&mut self, message: Message) {
        for effect in update(&mut self.state, message).effects {
            let Effect::Poller(command) = effect else { continue };
            if let Command::Subscribe(queries, _) = &command {
                self.queries_sent += queries.len();
            }
            self.poller.commands.send(command).await.unwrap();
        }
    }

    async fn press(&mut self, code: KeyCode) {
        self.apply(Message::Terminal(Input::Key(KeyEvent::from(code)))).await;
    }

    /// Applies events until no query is in flight.
    async fn settle(&mut self) {
        while self.picker().asked.is_some() {
            let event: Event = self.poller.events.recv().await.unwrap();
            self.apply(Message::Poller(event)).await;
        }
    }

    fn picker(&self) -> &Picker {
        match &self.state.overlay {
            Some(Overlay::Picker(picker)) => picker,
            other => panic!("not the picker but {other:?}"),
        }
    }
}

#[tokio::test]
async fn all_deployments_are_loaded_and_the_service_searches_by_name() {
    let service = Service::start("127.0.0.1:0".parse().unwrap(), Story::embedded()).await.unwrap();
    let client = Arc::new(client(&service, service.credentials()));
    let settings = poller::Settings { rate: 100.0, ..poller::Settings::default() };
    let poller =
        poller::spawn(client, settings, savepeek::util::clock::now, fastrand::Rng::with_seed(1));
    let now: Timestamp = "2026-11-23T03:00:00Z".parse().unwrap();
    let mut state = State::new(Settings::default(), now);
    state.watch(service.targets());
    state.derive();
    state.geometry.picker.area = Rect::new(0, 0, 80, 20);
    let mut run = Run { state, poller, queries_sent: 0 };

    run.press(KeyCode::Char('b')).await;
    run.settle().await;
    let level = run.picker().deployments.as_ref().unwrap();
    assert_eq!((level.count(), run.queries_sent), (100, 1));
    let total = usize::try_from(level.all.shown().total().unwrap()).unwrap();
    assert!(total > 2_000, "{total}");
    while !run.picker().deployments.as_ref().unwrap().all.is_complete() {
        run.press(KeyCode::End).await;
        run.settle().await;
    }
    assert_eq!(run.picker().position(), (run.picker().position().0, total));
    assert_eq!(run.queries_sent, total.div_ceil(100));

    // After reopening, the list is short, and the service knows more names than are loaded.
    let later = |seconds| {
        let wall = now + SignedDuration::from_secs(seconds);
        Message::Clock(Now { wall, uptime: Duration::from_secs(seconds.unsigned_abs()) })
    };
    run.press(KeyCode::Esc).await;
    run.apply(later(61)).await;
    run.press(KeyCode::Char('b')).await;
    run.settle().await;
    run.press(KeyCode::Char('/')).await;
    for letter in "DEDUP-1990".chars() {
        run.press(KeyCode::Char(letter)).await;
    }
    assert_eq!(run.picker().position().1, 0);
    run.apply(later(62)).await;
    run.settle().await;
    let found = run.picker().deployments.as_ref().unwrap();
    let names: Vec<_> = found.rows().filter_map(|it| it.name.as_deref()).collect();
    assert_eq!(names.len(), 1, "{names:?}");
    run.press(KeyCode::Enter).await;
    run.press(KeyCode::Enter).await;
    run.settle().await;
    let (_, level) = run.picker().savepoints.as_ref().unwrap();
    assert!(level.count() > 0);
    let before = run.state.feeds.len();
    run.press(KeyCode::Char('a')).await;
    let marked = run.picker().marks.len();
    run.press(KeyCode::Enter).await;
    assert_eq!(run.state.feeds.len(), before + marked);
}
