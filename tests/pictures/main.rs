//! The pictures in the README are real frames: these tests draw them again and compare.
//! `UPDATE_PICTURES=1 cargo test --test pictures` rewrites them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod doctor;
mod svg;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use savepeek::api::credentials::Chain;
use savepeek::api::lists::{PageRequest, SavepointQuery};
use savepeek::api::{self, Answer, Client, Error, Retry};
use savepeek::demo::{Service, Story};
use savepeek::domain::deployment::{DeploymentId, DeploymentTarget, HISTORY_LIMIT};
use savepeek::domain::endpoint::Endpoint;
use savepeek::domain::job::JobId;
use savepeek::domain::savepoint::{Place, Savepoint, Target};
use savepeek::poller::{Command, Event, Poll, Query, Replied, Reply};
use savepeek::tui::effect::Effect;
use savepeek::tui::message::{Input, Message};
use savepeek::tui::model::history;
use savepeek::tui::model::{Settings, State};
use savepeek::tui::update::picker::{self, StartupQuery};
use savepeek::tui::update::update;
use savepeek::tui::view;
use savepeek::util::clock::Now;

/// The time in the pictures.
const NOW: &str = "2026-11-23T03:04:05Z";

/// The demo's deployment with a savepoint every 20 s.
const BUSY: &str = "6513270e-269e-4d37-b2a7-4de452e6b438";

/// All answers of the service at one moment, given as the time since its start.
type Round = (SignedDuration, Vec<(Target, Result<Answer, Error>)>, Replies);

/// Its answers to the queries that the screen may send meanwhile.
type Replies = Vec<(Query, Reply)>;

/// All answers of the demo's service at these seconds after its start. Only the clock, the address
/// and the round trips are replaced by fixed values.
async fn rounds<const N: usize>(seconds: [u32; N]) -> Vec<Round> {
    let began = savepeek::util::clock::now().as_second();
    let service = Service::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), Story::embedded())
        .await
        .unwrap();
    let client = Client::new(api::Settings::default(), |_| Chain::new(Vec::new()));
    client.add_identity(service.endpoint(), service.credentials());
    let now: Timestamp = NOW.parse().unwrap();
    let shift = SignedDuration::from_secs(now.as_second() - began);
    let mut rounds = Vec::new();
    let mut at = 0;
    for second in seconds {
        // The story's clock is tokio's.
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs((second - at).into())).await;
        tokio::time::resume();
        at = second;
        // The list first: it is accurate to the second.
        let mut replies = list(&client, &service.targets()[0].place, shift).await;
        let mut answers = Vec::new();
        for target in service.targets() {
            let mut result = client.get_savepoint(&target).await;
            while matches!(&result, Err(error) if matches!(error.retry(), Retry::After(_))) {
                tokio::time::sleep(Duration::from_millis(50)).await;
                result = client.get_savepoint(&target).await;
            }
            if let Ok(answer) = &mut result {
                pin(answer, shift);
            }
            let place = elsewhere(&target.place);
            if let Ok(answer) = &result {
                replies.extend(owner(&client, &target.place, &place, &answer.savepoint).await);
            }
            answers.push((Target { place, ..target }, result));
        }
        rounds.push((SignedDuration::from_secs(second.into()), answers, replies));
    }
    rounds
}

/// The place that the pictures show instead of the embedded service's.
fn elsewhere(there: &Place) -> Place {
    Place { endpoint: Endpoint::of_region("cn-hangzhou").unwrap(), ..there.clone() }
}

/// The busy deployment's savepoints and name.
async fn list(client: &Client, there: &Place, shift: SignedDuration) -> Replies {
    let id = DeploymentId::new(BUSY).unwrap();
    let query = SavepointQuery { deployment: Some(id.clone()), job: None };
    let page =
        client.list_savepoints(there, &query, PageRequest::new(1, HISTORY_LIMIT)).await.unwrap();
    let page = page.map(|mut answer| {
        pin(&mut answer, shift);
        answer
    });
    let named = client.get_deployment(there, &id).await.unwrap();
    let busy = DeploymentTarget { place: elsewhere(there), id };
    let query = Query::Deployment(busy.place.clone(), busy.id.clone());
    vec![(history::list_query(&busy), Reply::Savepoints(page)), (query, Reply::Deployment(named))]
}

/// A savepoint's deployment and job, read at the service's place and reported for another.
async fn owner(client: &Client, there: &Place, place: &Place, savepoint: &Savepoint) -> Replies {
    let deployment = DeploymentId::new(savepoint.deployment_id.as_deref().unwrap()).unwrap();
    let job = JobId::new(savepoint.job_id.as_deref().unwrap()).unwrap();
    let named = client.get_deployment(there, &deployment).await.unwrap();
    let run = client.get_job(there, &job).await.unwrap();
    vec![
        (Query::Deployment(place.clone(), deployment), Reply::Deployment(named)),
        (Query::Job(place.clone(), job), Reply::Job(run)),
    ]
}

/// Replaces what differs between runs.
fn pin(answer: &mut Answer, shift: SignedDuration) {
    answer.round_trip = Duration::from_millis(38);
    answer.request_id = Some("7AC26CA5-2C7A-5D50-8CB1-0C4F1A6B1E2D".to_owned());
    let savepoint = &mut answer.savepoint;
    let failed_at = savepoint.failure.as_mut().map(|failure| &mut failure.failed_at);
    let times = [Some(&mut savepoint.created_at), Some(&mut savepoint.modified_at), failed_at];
    for time in times.into_iter().flatten().flatten() {
        // The service's story starts a moment after the test's clock.
        let second = (*time + shift).as_second();
        *time = Timestamp::from_second(second - second.rem_euclid(10)).unwrap();
    }
}

/// Sends a message, and replies to the queries that follow.
fn send(state: &mut State, message: Message, replies: &Replies) {
    let effects = update(state, message).effects;
    reply(state, effects, replies);
}

/// Replies to the queries among the effects.
fn reply(state: &mut State, effects: Vec<Effect>, replies: &Replies) {
    for effect in effects {
        let Effect::Poller(Command::Subscribe(queries, _)) = effect else { continue };
        for query in queries {
            let Some((_, reply)) = replies.iter().find(|(its, _)| *its == query) else {
                continue;
            };
            let (result, received_at) = (Ok(reply.clone()), state.now);
            let event = Replied { query, result, received_at, next_at: None };
            update(state, Message::Poller(Event::Replied(Box::new(event))));
        }
    }
}

/// The screen after these answers and keys. `\n` is Enter, `>` follows the busy deployment.
fn frame(rounds: &[Round], keys: &str, width: u16, height: u16) -> String {
    let settings = Settings { zone: TimeZone::fixed(jiff::tz::offset(8)), ..Settings::default() };
    let start: Timestamp = NOW.parse().unwrap();
    let mut state = State::new(settings, start);
    state.watch(rounds[0].1.iter().map(|(target, _)| target.clone()).collect());
    for (passed, answers, replies) in rounds {
        let now = start + *passed;
        let ran = Duration::try_from(*passed).unwrap();
        update(&mut state, Message::Clock(Now { wall: now, uptime: ran }));
        for (target, result) in answers {
            let next_at = Some(now + SignedDuration::from_secs(5));
            let poll =
                Poll { target: target.clone(), result: result.clone(), received_at: now, next_at };
            send(&mut state, Message::Poller(Event::Polled(Box::new(poll))), replies);
        }
    }
    for key in keys.chars() {
        let (_, answers, replies) = rounds.last().unwrap();
        if key == '>' {
            let wanted = StartupQuery::Deployment(BUSY.to_owned());
            let effects = picker::run(&mut state, &answers[0].0.place, wanted);
            reply(&mut state, effects, replies);
            state.notices.dismiss();
            continue;
        }
        let code = if key == '\n' { KeyCode::Enter } else { KeyCode::Char(key) };
        send(&mut state, Message::Terminal(Input::Key(KeyEvent::from(code))), replies);
    }
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal
        .draw(|frame| {
            view::draw(frame, &state);
        })
        .unwrap();
    svg::draw(terminal.backend().buffer())
}

fn compare(name: &str, picture: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets").join(name);
    if std::env::var_os("UPDATE_PICTURES").is_some() {
        std::fs::write(&path, picture).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == picture,
        "{name} is no longer what the screen shows: UPDATE_PICTURES=1 draws it again"
    );
}

#[tokio::test]
async fn the_pictures_match_the_frames() {
    let start = rounds([0]).await;
    compare("screen.svg", &frame(&start, "j", 120, 34));
    compare("failure.svg", &frame(&start, "\n", 100, 57));
    compare("follow.svg", &frame(&rounds([21]).await, ">Gkkkkkkk", 120, 32));
    let night = rounds([0, 10, 25, 40, 55]).await;
    compare("journal.svg", &frame(&night, "ee", 120, 20));
}

#[tokio::test]
async fn the_picture_of_doctor_is_its_output() {
    compare("doctor.svg", &svg::text(&doctor::words().await));
}

#[test]
fn text_is_drawn_with_escapes_removed() {
    let picture = svg::text("one < two\n\u{1b}[1mthree");
    assert!(picture.contains(">one &lt; two"), "{picture}");
    assert!(!picture.contains('\u{1b}'), "{picture}");
}
