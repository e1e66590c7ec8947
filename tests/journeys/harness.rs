//! The program without terminal, network and disk: messages in, effects and frames out.

use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use savepeek::api::lists::Page;
use savepeek::api::{Answer, Cause, Error, Identity, Retry};
use savepeek::domain::change::Change;
use savepeek::domain::deployment::{DeploymentId, DeploymentTarget};
use savepeek::domain::endpoint::Endpoint;
use savepeek::domain::savepoint::{
    Failure, Namespace, Place, Savepoint, SavepointId, State as SavepointState, Target, Workspace,
};
use savepeek::poller::{Command, Event, Poll, Query, Recurrence, Replied, Reply};
use savepeek::storage::watch_list::Edit;
use savepeek::tui::effect::Effect;
use savepeek::tui::message::{Input, Message};
use savepeek::tui::model::geometry::Geometry;
use savepeek::tui::model::history::list_query;
use savepeek::tui::model::metadata::OptionalApi;
use savepeek::tui::model::{Settings, State};
use savepeek::tui::update::{Redraw, Update};
use savepeek::tui::{update, view};
use savepeek::util::clock::Now;

pub(crate) const START: &str = "2026-11-23T03:00:00Z";

/// Drives the model, and draws a frame after each message.
pub(crate) struct Harness {
    pub(crate) state: State,
    pub(crate) effects: Vec<Effect>,
    pub(crate) changes: Vec<Change>,
    /// When the last message needed a frame.
    pub(crate) redraw: Redraw,
    terminal: Terminal<TestBackend>,
}

pub(crate) fn settings() -> Settings {
    Settings { zone: TimeZone::fixed(jiff::tz::offset(8)), ..Settings::default() }
}

/// A savepoint of the tests' place.
pub(crate) fn target(id: &str) -> Target {
    Target {
        place: Place {
            endpoint: Endpoint::of_region("cn-hangzhou").unwrap(),
            workspace: Workspace::new("a14bd5d90a0001").unwrap(),
            namespace: Namespace::new("prod-default").unwrap(),
            profile: None,
        },
        id: SavepointId::new(id).unwrap(),
    }
}

/// The deployment of all savepoints.
pub(crate) fn deployment() -> DeploymentTarget {
    let id = DeploymentId::new("1d716b22-6aad-4be2-85c2-50cfc7570002").unwrap();
    DeploymentTarget { place: target("any").place, id }
}

/// An answer of the service for a savepoint in some state.
pub(crate) fn answer(id: &str, state: &str) -> Answer {
    let created: Timestamp = "2026-11-23T02:29:00Z".parse().unwrap();
    Answer {
        savepoint: Savepoint {
            savepoint_id: Some(id.to_owned()),
            deployment_id: Some("1d716b22-6aad-4be2-85c2-50cfc7570002".to_owned()),
            job_id: Some("5af678c0-7db0-4650-94c2-d2604f0a0003".to_owned()),
            namespace: Some("prod-default".to_owned()),
            origin: Some("USER_REQUEST".to_owned()),
            native_format: Some(true),
            stop_with_drain_enabled: Some(false),
            description: Some("before upgrade 4.2".to_owned()),
            location: Some(format!(
                "oss://flink-prod/savepoints/{id}/savepoint-a5808f-026813d96a6a"
            )),
            state: Some(SavepointState::parse(state)),
            failure: None,
            created_at: Some(created),
            modified_at: Some(created + SignedDuration::from_secs(125)),
        },
        data: format!(r#"{{"savepointId":"{id}","status":{{"state":"{state}"}}}}"#).into(),
        omitted_bytes: 0,
        request_id: Some("7AC26CA5-2C7A-5D50-8CB1-0C4F1A6B1E2D".to_owned()),
        round_trip: Duration::from_millis(38),
        clock_correction: None,
    }
}

/// Keys that do not end, of some provider.
pub(crate) fn identity(provider: &str) -> Identity {
    Identity {
        provider: provider.to_owned(),
        access_key_id_masked: "LTAI…MPLE".to_owned(),
        expires_at: None,
        renewal_error: None,
    }
}

/// An answer FAILED with a stack trace of some lines.
pub(crate) fn failed(id: &str, lines: usize) -> Answer {
    let mut answer = answer(id, "FAILED");
    let trace: Vec<String> =
        (0..lines).map(|n| format!("\tat org.apache.flink.Frame{n}.run(Frame.java:{n})")).collect();
    let failure = Failure {
        message: Some("Checkpoint expired before completing.".to_owned()),
        reason: Some(format!(
            "org.apache.flink.runtime.checkpoint.CheckpointException\n{}",
            trace.join("\n")
        )),
        failed_at: Some("2026-11-23T02:39:00Z".parse().unwrap()),
    };
    answer.savepoint.failure = Some(failure.into());
    answer
}

/// The service knows no such savepoint.
pub(crate) fn not_found() -> Error {
    Error {
        cause: Cause::NotFound,
        code: Some("990301".to_owned()),
        message: "savepoint not exist".to_owned(),
        request_id: Some("R-1".to_owned()),
        http_status: Some(200),
    }
}

/// The service is in trouble.
pub(crate) fn unavailable() -> Error {
    Error {
        cause: Cause::Service { transient: true },
        code: Some("ServiceUnavailable".to_owned()),
        message: "The request has failed due to a temporary failure of the server.".to_owned(),
        request_id: Some("R-2".to_owned()),
        http_status: Some(503),
    }
}

/// Whether an effect requests or cancels names and jobs.
fn is_metadata_query(effect: &Effect) -> bool {
    let about = |them: &[Query]| them.iter().all(|it| OptionalApi::of(it).is_some());
    match effect {
        Effect::Poller(Command::Subscribe(queries, recurrence)) => {
            *recurrence == Recurrence::Once && about(queries)
        }
        Effect::Poller(Command::Unsubscribe(queries)) => about(queries),
        _ => false,
    }
}

impl Harness {
    pub(crate) fn new(width: u16, height: u16) -> Self {
        let terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        let mut harness = Self {
            state: State::new(settings(), START.parse().unwrap()),
            effects: Vec::new(),
            changes: Vec::new(),
            redraw: Redraw::Now,
            terminal,
        };
        harness.draw();
        harness
    }

    /// With these savepoints watched.
    pub(crate) fn watching(width: u16, height: u16, ids: &[&str]) -> Self {
        let mut harness = Self::new(width, height);
        harness.watch(ids.iter().map(|id| target(id)).collect());
        harness.draw();
        harness
    }

    /// Watches savepoints as at the start of the program; the next frame shows them.
    pub(crate) fn watch(&mut self, targets: Vec<Target>) {
        self.state.watch(targets);
        self.state.derive();
    }

    pub(crate) fn unwatch(&mut self, target: &Target) {
        self.state.unwatch(target);
        self.state.derive();
    }

    /// One message, then a frame.
    pub(crate) fn send(&mut self, message: Message) -> &mut Self {
        let Update { effects, changes, redraw } = update::update(&mut self.state, message);
        self.effects.extend(effects);
        self.changes.extend(changes);
        self.redraw = redraw;
        self.draw();
        self
    }

    /// Keys by name, separated by spaces: `j`, `Enter`, `Esc`, `Ctrl-c`, `PgDn`.
    pub(crate) fn keys(&mut self, keys: &str) -> &mut Self {
        for name in keys.split_whitespace() {
            let (name, modifiers) = match name.split_once('-') {
                Some(("Ctrl", rest)) => (rest, KeyModifiers::CONTROL),
                Some(("Alt", rest)) => (rest, KeyModifiers::ALT),
                _ => (name, KeyModifiers::NONE),
            };
            let code = match name {
                "Enter" => KeyCode::Enter,
                "Esc" => KeyCode::Esc,
                "Tab" => KeyCode::Tab,
                "Down" => KeyCode::Down,
                "Up" => KeyCode::Up,
                "PgDn" => KeyCode::PageDown,
                "PgUp" => KeyCode::PageUp,
                "F2" => KeyCode::F(2),
                "F5" => KeyCode::F(5),
                letter => KeyCode::Char(letter.chars().next().unwrap()),
            };
            self.send(Message::Terminal(Input::Key(KeyEvent::new(code, modifiers))));
        }
        self
    }

    /// Text typed letter by letter.
    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        for letter in text.chars() {
            self.send(Message::Terminal(Input::Key(KeyEvent::from(KeyCode::Char(letter)))));
        }
        self
    }

    pub(crate) fn paste(&mut self, text: &str) -> &mut Self {
        self.send(Message::Terminal(Input::Paste(text.to_owned())))
    }

    /// Time passes.
    pub(crate) fn after(&mut self, seconds: i64) -> &mut Self {
        let now = self.state.now + SignedDuration::from_secs(seconds);
        self.clock(now)
    }

    /// Time passes until then.
    pub(crate) fn clock(&mut self, wall: Timestamp) -> &mut Self {
        let passed = Duration::try_from(wall.duration_since(self.state.now)).unwrap_or_default();
        let uptime = self.state.uptime + passed;
        self.send(Message::Clock(Now { wall, uptime }))
    }

    /// Time passes in which the program does not run, or its clock is set.
    pub(crate) fn asleep(&mut self, seconds: i64) -> &mut Self {
        let wall = self.state.now + SignedDuration::from_secs(seconds);
        self.send(Message::Clock(Now { wall, uptime: self.state.uptime }))
    }

    /// A second passes, which is longer or shorter by the wall clock.
    pub(crate) fn slewed(&mut self, seconds: f64) -> &mut Self {
        let wall = self.state.now + SignedDuration::from_secs_f64(seconds);
        let uptime = self.state.uptime + Duration::from_secs(1);
        self.send(Message::Clock(Now { wall, uptime }))
    }

    /// The poller brings a result for a savepoint, and will ask again in 5 s.
    pub(crate) fn polled(&mut self, id: &str, result: Result<Answer, Error>) -> &mut Self {
        let received_at = self.state.now;
        let next_at = Some(received_at + SignedDuration::from_secs(5));
        self.send(Message::Poller(Event::Polled(Box::new(Poll {
            target: target(id),
            result,
            received_at,
            next_at,
        }))))
    }

    /// The poller brings a reply, and asks no more.
    pub(crate) fn replied(&mut self, query: Query, result: Result<Reply, Error>) -> &mut Self {
        let received_at = self.state.now;
        let replied = Replied { query, result, received_at, next_at: None };
        self.send(Message::Poller(Event::Replied(Box::new(replied))))
    }

    fn draw(&mut self) {
        let state = &self.state;
        let mut geometry = Geometry::default();
        self.terminal.draw(|frame| geometry = view::draw(frame, state)).unwrap();
        self.state.geometry = geometry;
    }

    pub(crate) fn buffer(&self) -> &Buffer {
        self.terminal.backend().buffer()
    }

    /// The screen as text.
    pub(crate) fn screen(&self) -> String {
        let text = self.terminal.backend().to_string();
        let lines: Vec<&str> = text.lines().map(|line| line.trim_matches('"').trim_end()).collect();
        lines.join("\n")
    }

    /// Asserts that the screen shows a text.
    #[track_caller]
    pub(crate) fn assert_screen(&mut self, text: &str) -> &mut Self {
        assert!(self.screen().contains(text), "{text:?} is not on the screen:\n{}", self.screen());
        self
    }

    /// Asserts that the screen does not show a text.
    #[track_caller]
    pub(crate) fn assert_not_on_screen(&mut self, text: &str) -> &mut Self {
        assert!(!self.screen().contains(text), "{text:?} is on the screen:\n{}", self.screen());
        self
    }

    /// The list of a deployment's savepoints came, and will be asked for again in 30 s.
    pub(crate) fn listed(&mut self, answers: Result<Vec<Answer>, Error>) -> &mut Self {
        let received_at = self.state.now;
        let page = |items: Vec<Answer>| Page {
            total: u64::try_from(items.len()).ok(),
            items,
            unreadable: 0,
            index: 1,
            size: 50,
            request_id: None,
            round_trip: Duration::from_millis(40),
            clock_correction: None,
        };
        let waits = answers.as_ref().is_err_and(|error| error.retry() == Retry::WhenChanged);
        self.send(Message::Poller(Event::Replied(Box::new(Replied {
            query: list_query(&deployment()),
            result: answers.map(|items| Reply::Savepoints(page(items))),
            received_at,
            next_at: (!waits).then(|| received_at + SignedDuration::from_secs(30)),
        }))))
    }

    /// Takes the effects so far, except for writes to disk and requests for names and jobs.
    pub(crate) fn effects(&mut self) -> Vec<Effect> {
        let effects = std::mem::take(&mut self.effects);
        let written = |it: &Effect| {
            matches!(
                it,
                Effect::Record(_)
                    | Effect::Save(_)
                    | Effect::Poller(Command::Subscribe(_, Recurrence::Once))
            ) || is_metadata_query(it)
        };
        effects.into_iter().filter(|effect| !written(effect)).collect()
    }

    /// Takes the requests for names and jobs so far, and the cancelled ones.
    pub(crate) fn metadata_queries(&mut self) -> (Vec<Query>, Vec<Query>) {
        let (mut asked, mut given_up) = (Vec::new(), Vec::new());
        for effect in std::mem::take(&mut self.effects).into_iter().filter(is_metadata_query) {
            match effect {
                Effect::Poller(Command::Subscribe(queries, _)) => asked.extend(queries),
                Effect::Poller(Command::Unsubscribe(queries)) => given_up.extend(queries),
                _ => {}
            }
        }
        (asked, given_up)
    }

    /// Takes the changes to the watch list so far.
    pub(crate) fn edits(&mut self) -> Vec<Edit> {
        let edits = |effect| match effect {
            Effect::Save(edits) => Some(edits),
            _ => None,
        };
        std::mem::take(&mut self.effects).into_iter().filter_map(edits).flatten().collect()
    }

    /// Takes what was observed so far.
    pub(crate) fn changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }
}
