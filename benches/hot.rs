//! What happens often: signing a request, decoding an answer, a key press with few and with many
//! savepoints. `cargo bench` prints the figures; a key press must cost the same in every column.

use std::time::Duration;

use divan::{Bencher, black_box};
use jiff::Timestamp;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use savepeek::api::Answer;
use savepeek::endpoint::Endpoint;
use savepeek::message::{Input, Message};
use savepeek::poller::{Event, Poll};
use savepeek::savepoint::{
    Namespace, Place, Savepoint, SavepointId, State as Word, Target, Workspace,
};
use savepeek::state::{Settings, State};
use savepeek::update::update;
use savepeek::view;

fn main() {
    divan::main();
}

const NOW: i64 = 1_790_000_000;

fn target(n: usize) -> Target {
    Target {
        place: Place {
            endpoint: Endpoint::of_region("cn-hangzhou").expect("a region"),
            workspace: Workspace::new("a14bd5d90a0001").expect("a workspace"),
            namespace: Namespace::new("prod-default").expect("a namespace"),
            profile: None,
        },
        id: SavepointId::new(&format!("354dde66-a3ae-463e-967a-{n:012}")).expect("an ID"),
    }
}

fn poll(n: usize, word: &str) -> Message {
    let at = Timestamp::from_second(NOW).expect("a time");
    let savepoint = Savepoint {
        savepoint_id: Some(format!("354dde66-a3ae-463e-967a-{n:012}")),
        description: Some(format!("nightly savepoint {n}")),
        origin: Some("USER_REQUEST".to_owned()),
        location: Some(format!("oss://bucket/flink-savepoints/{n}")),
        state: Some(Word::parse(word)),
        created_at: Some(at),
        ..Savepoint::default()
    };
    let answer = Answer {
        savepoint,
        data: "{}".into(),
        request_id: None,
        round_trip: Duration::from_millis(20),
        clock_correction: None,
    };
    Message::Poller(Event::Polled(Box::new(Poll {
        target: target(n),
        result: Ok(answer),
        received_at: at,
        next_at: None,
    })))
}

/// A state with so many savepoints, of all states, and a terminal of 120x40.
fn watching(count: usize) -> (State, Terminal<TestBackend>) {
    let mut state = State::new(Settings::default(), Timestamp::from_second(NOW).expect("a time"));
    state.watch((0..count).map(target).collect());
    for (n, feed) in state.feeds.values_mut().enumerate() {
        let Message::Poller(Event::Polled(poll)) =
            poll(n, ["STARTED", "COMPLETED", "FAILED"][n % 3])
        else {
            continue;
        };
        feed.apply(*poll);
    }
    state.changed();
    let mut terminal = Terminal::new(TestBackend::new(120, 40)).expect("a buffer");
    draw(&mut state, &mut terminal);
    (state, terminal)
}

fn draw(state: &mut State, terminal: &mut Terminal<TestBackend>) {
    let mut geometry = view::Geometry::default();
    terminal.draw(|frame| geometry = view::draw(frame, state)).expect("a buffer");
    state.geometry = geometry;
}

const COUNTS: [usize; 3] = [10, 1_000, 10_000];

#[divan::bench(args = COUNTS)]
fn key_press_to_frame(bencher: Bencher, count: usize) {
    let (mut state, mut terminal) = watching(count);
    let mut down = true;
    bencher.bench_local(|| {
        let key = if down { 'j' } else { 'k' };
        down = !down;
        black_box(update(
            &mut state,
            Message::Terminal(Input::Key(KeyEvent::from(KeyCode::Char(key)))),
        ));
        draw(&mut state, &mut terminal);
    });
}

#[divan::bench(args = COUNTS)]
fn confirmation(bencher: Bencher, count: usize) {
    let (mut state, _) = watching(count);
    bencher
        .with_inputs(|| poll(0, "STARTED"))
        .bench_local_values(|message| black_box(update(&mut state, message)));
}

#[divan::bench(args = COUNTS)]
fn transition_to_frame(bencher: Bencher, count: usize) {
    let (mut state, mut terminal) = watching(count);
    let mut words = ["FAILED", "STARTED"].into_iter().cycle();
    bencher.with_inputs(|| poll(0, words.next().unwrap_or_default())).bench_local_values(
        |message| {
            black_box(update(&mut state, message));
            draw(&mut state, &mut terminal);
        },
    );
}

/// One request's signature, with a fresh canonical request.
#[divan::bench]
fn sign(bencher: Bencher) {
    let secret = secrecy::SecretString::from("FakeSecretFakeSecretFakeSecret");
    let headers: std::collections::BTreeMap<String, String> = [
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
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    let request = savepeek::api::sign::Request {
        method: "GET",
        path: "/api/v2/namespaces/default-namespace/savepoints/354dde66-a3ae-463e-967a-0b4107fd0001",
        query: "",
        headers: &headers,
        body_sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    };
    bencher.bench_local(|| black_box(request.authorization("LTAI5tFAKEFAKEFAKEFAKE01", &secret)));
}

/// The documented answer, from bytes to fields.
#[divan::bench]
fn decode(bencher: Bencher) {
    let body = include_bytes!("../tests/data/get-savepoint-example.json");
    let headers = reqwest::header::HeaderMap::new();
    bencher.bench_local(|| {
        let received = savepeek::api::wire::Received {
            status: 200,
            headers: &headers,
            body,
            hide: &[],
            action: "GetSavepoint",
        };
        let savepoint = savepeek::api::wire::open(&received).and_then(|said| said.savepoint());
        black_box(savepoint.is_ok())
    });
}
