//! Hot paths: signing a request, decoding an answer, a key press with few and with many savepoints.
//! `cargo bench` prints the times. A key press must cost the same with every load.

use std::fmt;
use std::time::Duration;

use divan::{Bencher, black_box};
use jiff::Timestamp;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use savepeek::api::Answer;
use savepeek::api::lists::Page;
use savepeek::domain::deployment::{Deployment, DeploymentId, DeploymentTarget};
use savepeek::domain::endpoint::Endpoint;
use savepeek::domain::savepoint::{
    Namespace, Place, Savepoint, SavepointId, State as Word, Target, Workspace,
};
use savepeek::poller::{Event, Poll, Query, Replied, Reply};
use savepeek::tui::message::{Input, Message};
use savepeek::tui::model::geometry::Geometry;
use savepeek::tui::model::history::list_query;
use savepeek::tui::model::{Overlay, Settings, State};
use savepeek::tui::update::update;
use savepeek::tui::view;

fn main() {
    divan::main();
}

/// What is watched and how it is shown.
#[derive(Clone, Copy)]
struct Load {
    watched: usize,
    /// Followed deployments, with [`MEMBERS`] more savepoints each.
    followed: usize,
    /// Whether the other savepoints are in two places, each with a heading.
    grouped: bool,
}

const MEMBERS: usize = 10;

/// The deployments of the watched savepoints: more than are followed.
const DEPLOYMENTS: usize = 200;

const FLAT: [Load; 3] = [flat(10), flat(1_000), flat(10_000)];
const FOLLOWED: [Load; 3] =
    [following(10, false), following(10_000, false), following(10_000, true)];
const ALL: [Load; 6] = [FLAT[0], FLAT[1], FLAT[2], FOLLOWED[0], FOLLOWED[1], FOLLOWED[2]];

const fn flat(watched: usize) -> Load {
    Load { watched, followed: 0, grouped: false }
}

const fn following(watched: usize, grouped: bool) -> Load {
    Load { watched, followed: 50, grouped }
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { watched, followed, grouped } = self;
        write!(f, "{watched}")?;
        if *followed > 0 {
            write!(f, " + {followed} followed")?;
        }
        if *grouped { f.write_str(", grouped") } else { Ok(()) }
    }
}

fn now() -> Timestamp {
    Timestamp::from_second(1_790_000_000).expect("a time")
}

fn place(namespace: &str) -> Place {
    Place {
        endpoint: Endpoint::of_region("cn-hangzhou").expect("a region"),
        workspace: Workspace::new("a14bd5d90a0001").expect("a workspace"),
        namespace: Namespace::new(namespace).expect("a namespace"),
        profile: None,
    }
}

fn deployment_id(n: usize) -> DeploymentId {
    let n = n % DEPLOYMENTS;
    DeploymentId::new(&format!("1d716b22-6aad-4be2-85c2-{n:012}")).expect("an ID")
}

fn savepoint_id(n: usize) -> SavepointId {
    SavepointId::new(&format!("354dde66-a3ae-463e-967a-{n:012}")).expect("an ID")
}

fn target(n: usize, load: Load) -> Target {
    let namespace = if load.grouped && n % 2 == 1 { "test-default" } else { "prod-default" };
    Target { place: place(namespace), id: savepoint_id(n) }
}

fn answer(n: usize, deployment: usize, word: &str) -> Answer {
    Answer {
        savepoint: Savepoint {
            savepoint_id: Some(savepoint_id(n).to_string()),
            deployment_id: Some(deployment_id(deployment).to_string()),
            description: Some(format!("nightly savepoint {n}")),
            origin: Some("USER_REQUEST".to_owned()),
            location: Some(format!("oss://bucket/flink-savepoints/{n}")),
            state: Some(Word::parse(word)),
            created_at: Some(now()),
            ..Savepoint::default()
        },
        data: "{}".into(),
        omitted_bytes: 0,
        request_id: None,
        round_trip: Duration::from_millis(20),
        clock_correction: None,
    }
}

fn poll(n: usize, load: Load, word: &str) -> Poll {
    let result = Ok(answer(n, n, word));
    Poll { target: target(n, load), result, received_at: now(), next_at: None }
}

fn polled(n: usize, load: Load, word: &str) -> Message {
    Message::Poller(Event::Polled(Box::new(poll(n, load, word))))
}

fn followed(n: usize) -> DeploymentTarget {
    DeploymentTarget { place: place("prod-default"), id: deployment_id(n) }
}

/// The list of a followed deployment.
fn listed(n: usize) -> Message {
    let ids = (1..=MEMBERS).map(|member| 1_000_000 * (n + 1) + member);
    let items = ids.map(|id| answer(id, n, "COMPLETED")).collect();
    replied(list_query(&followed(n)), Reply::Savepoints(page(items, 1, MEMBERS)))
}

fn page<T>(items: Vec<T>, index: u32, total: usize) -> Page<T> {
    Page {
        items,
        unreadable: 0,
        index,
        size: 100,
        total: u64::try_from(total).ok(),
        request_id: None,
        round_trip: Duration::from_millis(20),
        clock_correction: None,
    }
}

fn replied(query: Query, reply: Reply) -> Message {
    let result = Ok(reply);
    let replied = Replied { query, result, received_at: now(), next_at: None };
    Message::Poller(Event::Replied(Box::new(replied)))
}

/// The model with a load, and a terminal of 120x40.
struct Harness {
    state: State,
    terminal: Terminal<TestBackend>,
}

impl Harness {
    /// Savepoints in all states, each with an answer.
    fn watching(load: Load) -> Self {
        let terminal = Terminal::new(TestBackend::new(120, 40)).expect("a buffer");
        let mut harness = Self { state: State::new(Settings::default(), now()), terminal };
        for n in 0..load.followed {
            harness.state.histories.follow(followed(n), now());
            update(&mut harness.state, listed(n));
        }
        harness.state.list.grouped = load.grouped;
        harness.state.watch((0..load.watched).map(|n| target(n, load)).collect());
        for n in 0..load.watched {
            let poll = poll(n, load, ["STARTED", "COMPLETED", "FAILED"][n % 3]);
            let feed = harness.state.feeds.get_mut(&poll.target).expect("it is watched");
            feed.apply(poll, Duration::ZERO);
        }
        harness.state.derive();
        harness.draw();
        harness
    }

    fn draw(&mut self) {
        let mut geometry = Geometry::default();
        let state = &self.state;
        self.terminal.draw(|frame| geometry = view::draw(frame, state)).expect("a buffer");
        self.state.geometry = geometry;
    }

    /// Applies a message, then draws a frame.
    fn send(&mut self, message: Message) {
        black_box(update(&mut self.state, message));
        self.draw();
    }

    fn press(&mut self, key: KeyCode) {
        self.send(Message::Terminal(Input::Key(KeyEvent::from(key))));
    }
}

/// Moves up from the end of the list, and down again.
#[divan::bench(args = ALL)]
fn key_press_to_frame(bencher: Bencher, load: Load) {
    let mut harness = Harness::watching(load);
    harness.press(KeyCode::Char('G'));
    let mut keys = ['k', 'j'].into_iter().cycle();
    bencher.bench_local(|| harness.press(KeyCode::Char(keys.next().unwrap_or_default())));
}

#[divan::bench(args = ALL)]
fn confirmation(bencher: Bencher, load: Load) {
    let mut harness = Harness::watching(load);
    bencher
        .with_inputs(|| polled(0, load, "STARTED"))
        .bench_local_values(|message| black_box(update(&mut harness.state, message)));
}

#[divan::bench(args = ALL)]
fn transition_to_frame(bencher: Bencher, load: Load) {
    let mut harness = Harness::watching(load);
    let mut words = ["FAILED", "STARTED"].into_iter().cycle();
    bencher
        .with_inputs(|| polled(0, load, words.next().unwrap_or_default()))
        .bench_local_values(|message| harness.send(message));
}

/// The list of a followed deployment comes again without a change.
#[divan::bench(args = FOLLOWED)]
fn list_to_frame(bencher: Bencher, load: Load) {
    let mut harness = Harness::watching(load);
    bencher.with_inputs(|| listed(7)).bench_local_values(|message| harness.send(message));
}

/// The picker with 2,000 deployments.
fn picking() -> Harness {
    let mut harness = Harness::watching(FOLLOWED[1]);
    harness.press(KeyCode::Char('b'));
    let count = 2_000;
    for index in 1.. {
        let Some(Overlay::Picker(picker)) = &harness.state.overlay else { break };
        let Some(query) = picker.asked.clone() else { break };
        let numbers = (0..count).skip(100 * (index as usize - 1)).take(100);
        let deployment = |n| Deployment {
            deployment_id: DeploymentId::new(&format!("d-{n}")).ok(),
            name: Some(format!("{}-{n:04}", ["orders", "risk", "ads"][n % 3])),
            ..Deployment::default()
        };
        let page = page(numbers.map(deployment).collect(), index, count);
        harness.send(replied(query, Reply::Deployments(page)));
        // The end of the loaded rows requests the next page.
        harness.press(KeyCode::Char('G'));
    }
    harness
}

#[divan::bench]
fn picker_opened_and_closed(bencher: Bencher) {
    let mut harness = picking();
    harness.press(KeyCode::Esc);
    bencher.bench_local(|| {
        harness.press(KeyCode::Char('b'));
        harness.press(KeyCode::Esc);
    });
}

/// Adds a letter that most names contain to the filter, and deletes it.
#[divan::bench]
fn picker_letter_to_frame(bencher: Bencher) {
    let mut harness = picking();
    harness.press(KeyCode::Char('/'));
    let mut keys = [KeyCode::Char('s'), KeyCode::Backspace].into_iter().cycle();
    bencher.bench_local(|| harness.press(keys.next().unwrap_or(KeyCode::Esc)));
}

/// The signature of one request, with its canonical request.
#[divan::bench]
fn sign(bencher: Bencher) {
    let secret = secrecy::SecretString::from("FakeSecretFakeSecretFakeSecret");
    let headers = savepeek::api::signing::Headers::from(
        [
            ("host", "ververica.cn-hangzhou.aliyuncs.com"),
            ("workspace", "a14bd5d90a0001"),
            ("x-acs-action", "GetSavepoint"),
            (
                "x-acs-content-sha256",
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            ),
            ("x-acs-date", "2026-01-02T03:04:05Z"),
            ("x-acs-signature-nonce", "332d31ef7a54254096864cfcca62cd73"),
            ("x-acs-version", "2022-07-18"),
        ]
        .map(|(name, value)| (name, value.into())),
    );
    let request = savepeek::api::signing::Request {
        method: "GET",
        path: "/api/v2/namespaces/default-namespace/savepoints/354dde66-a3ae-463e-967a-0b4107fd0001",
        query: "",
        headers: &headers,
        body_sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    };
    bencher.bench_local(|| black_box(request.authorization("LTAI5tFAKEFAKEFAKEFAKE01", &secret)));
}

/// Decodes the documented answer.
#[divan::bench]
fn decode(bencher: Bencher) {
    let body = include_bytes!("../tests/data/get-savepoint-example.json");
    let headers = reqwest::header::HeaderMap::new();
    bencher.bench_local(|| {
        let received = savepeek::api::response::HttpResponse {
            status: 200,
            headers: &headers,
            body,
            action: "GetSavepoint",
        };
        let savepoint = savepeek::api::response::open(&received).and_then(|said| said.savepoint());
        black_box(savepoint.is_ok())
    });
}

/// A redactor with the secrets of one request: those of the keys, and those sent once.
fn redactor() -> savepeek::util::redact::Redactor {
    let token = "CAISzgJ1q6Ft5B2yfSjIr5fTL/mubWVqnDzKg8nfpY".repeat(19);
    let keys = savepeek::util::redact::Secrets::of(["FakeSecretFakeSecretFakeSecret", &token]);
    savepeek::util::redact::Redactor::new([keys.into(), of_one_request().into()])
}

fn of_one_request() -> savepeek::util::redact::Secrets {
    let digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    savepeek::util::redact::Secrets::of([digest, "332d31ef7a54254096864cfcca62cd73"])
}

/// Searches the same answer, which contains no secret; compare with [`decode`].
#[divan::bench]
fn redact(bencher: Bencher) {
    let body = include_bytes!("../tests/data/get-savepoint-example.json");
    let redactor = redactor();
    bencher.bench_local(|| black_box(redactor.bytes(body).len()));
}

#[divan::bench]
fn redact_index_of_a_request(bencher: Bencher) {
    bencher.bench_local(|| black_box(of_one_request()));
}

/// The longest answer that is read: 4 MiB, with line breaks in JSON.
#[divan::bench]
fn redact_the_longest(bencher: Bencher) {
    let body =
        "\\tat org.apache.flink.runtime.checkpoint.Coordinator.abort(Coordinator.java:2143)\\n"
            .repeat(50_000);
    let redactor = redactor();
    bencher.bench_local(|| black_box(redactor.bytes(body.as_bytes()).len()));
}

#[divan::bench(args = [10_000, 100_000, 1_000_000])]
fn key_press_with_a_long_failure(bencher: Bencher, length: usize) {
    let mut harness = Harness::watching(flat(10));
    let line = "\tat org.apache.flink.runtime.checkpoint.CheckpointCoordinator.abortPendingCheckpoint(CheckpointCoordinator.java:2143)\n";
    let target = harness.state.list.selected.clone().expect("one");
    let feed = harness.state.feeds.get_mut(&target).expect("a feed");
    let answer = feed.answer.as_mut().expect("an answer");
    answer.savepoint.state = Some(Word::Failed);
    let reason = Some(line.repeat(length / line.len() + 1));
    let failure = savepeek::domain::savepoint::Failure { reason, ..Default::default() };
    answer.savepoint.failure = Some(failure.into());
    harness.state.derive();
    harness.state.pane = savepeek::tui::model::Pane::Detail;
    bencher.bench_local(|| harness.press(KeyCode::Char('j')));
}
