//! No sequence of messages makes `update` panic, and no state and size makes `draw` panic.

use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use savepeek::api::{Answer, Cause, Error, Unreachable};
use savepeek::domain::deployment::{Deployment, DeploymentId};
use savepeek::domain::job::{Job, JobId};
use savepeek::poller::{Event, Poll, Query, Replied, Reply};
use savepeek::storage::journal::{Entry, ProgramEvent, WriterReport};
use savepeek::tui::message::{Input, Message, Outcome};
use savepeek::util::clock::Now;

use crate::harness::{Harness, answer, failed, not_found, target};

fn key() -> impl Strategy<Value = Message> {
    let code = prop_oneof![
        8 => "[a-zA-Z/? ]".prop_map(|text| KeyCode::Char(text.chars().next().unwrap())),
        1 => any::<char>().prop_map(KeyCode::Char),
        1 => Just(KeyCode::Char('b')),
        6 => prop::sample::select(vec![
            KeyCode::Enter, KeyCode::Esc, KeyCode::Tab, KeyCode::BackTab, KeyCode::Up, KeyCode::Down,
            KeyCode::PageUp, KeyCode::PageDown, KeyCode::Home, KeyCode::End, KeyCode::Backspace,
            KeyCode::Delete, KeyCode::F(2), KeyCode::Left,
        ]),
    ];
    (code, prop::bool::weighted(0.1)).prop_map(|(code, ctrl)| {
        let modifiers = if ctrl { KeyModifiers::CONTROL } else { KeyModifiers::NONE };
        Message::Terminal(Input::Key(KeyEvent::new(code, modifiers)))
    })
}

fn result() -> impl Strategy<Value = Result<Answer, Error>> {
    prop_oneof![
        "\\PC{0,12}".prop_map(|state| Ok(answer("x", &state))),
        (0_usize..90).prop_map(|lines| Ok(failed("x", lines))),
        any::<String>().prop_map(|text| {
            let mut odd = failed("x", 2);
            odd.savepoint.description = Some(text.clone());
            odd.savepoint.failure.as_mut().unwrap().reason = Some(text.clone());
            odd.data = text.into();
            odd.savepoint.created_at = Some(Timestamp::MAX);
            odd.savepoint.modified_at = Some(Timestamp::MIN);
            Ok(odd)
        }),
        Just(Err(not_found())),
        any::<String>()
            .prop_map(|text| Err(Error::local(Cause::Unreachable(Unreachable::Tls), text))),
        Just(Err(Error::local(Cause::CredentialsUnusable, "none"))),
    ]
}

fn message() -> impl Strategy<Value = Message> {
    let time = prop_oneof![
        (-100_000_i64..4_000_000_000).prop_map(|second| Timestamp::from_second(second).unwrap()),
        Just(Timestamp::MIN),
        Just(Timestamp::MAX),
    ];
    prop_oneof![
        8 => key(),
        1 => any::<String>().prop_map(|text| Message::Terminal(Input::Paste(text))),
        1 => Just(Message::Terminal(Input::Paste("sp-0001 sp-0002, sp-0003 x".to_owned()))),
        2 => (time.clone(), any::<u32>()).prop_map(|(wall, uptime)| {
            Message::Clock(Now { wall, uptime: Duration::from_secs(uptime.into()) })
        }),
        6 => (prop::sample::select(vec!["sp-0001", "sp-0002", "sp-0003"]), result(), time.clone(), prop::option::of(time.clone()))
            .prop_map(|(id, result, received_at, next_at)| {
                Message::Poller(Event::Polled(Box::new(Poll { target: target(id), result, received_at, next_at })))
            }),
        2 => (any::<bool>(), any::<String>(), time.clone()).prop_map(|(of_job, text, received_at)| {
            let place = target("x").place;
            let savepoint = answer("x", "").savepoint;
            let (query, reply) = if of_job {
                let id = JobId::new(savepoint.job_id.as_deref().unwrap()).unwrap();
                let failure = failed("x", 3).savepoint.failure;
                let job = Job { state: Some("FAILED".to_owned()), failure, ..Job::default() };
                (Query::Job(place, id), Reply::Job(job))
            } else {
                let id = DeploymentId::new(savepoint.deployment_id.as_deref().unwrap()).unwrap();
                let named = Deployment { name: Some(text), ..Deployment::default() };
                (Query::Deployment(place, id), Reply::Deployment(named))
            };
            let replied = Replied { query, result: Ok(reply), received_at, next_at: None };
            Message::Poller(Event::Replied(Box::new(replied)))
        }),
        4 => (crate::picker::arbitrary::replied(), time.clone(), any::<bool>()).prop_map(|(mut replied, at, again)| {
            replied.received_at = at;
            replied.next_at = again.then_some(at);
            Message::Poller(Event::Replied(Box::new(replied)))
        }),
        1 => prop::sample::select(vec![Event::Paused, Event::Resumed, Event::Woke]).prop_map(Message::Poller),
        1 => any::<String>().prop_map(Message::PollerDied),
        1 => any::<String>().prop_map(|text| Message::Done(Outcome::Identity(None, Err(text)))),
        1 => any::<String>().prop_map(|text| Message::Done(Outcome::Ran(Err(text)))),
        1 => any::<Result<Option<String>, String>>().prop_map(|saved| Message::Done(Outcome::Saved(saved))),
        1 => Just(Message::Resumed),
        1 => (0_u8..40).prop_map(|count| {
            let entry = |at| Entry::program(Timestamp::from_second(at).unwrap(), None, ProgramEvent::Woke);
            let earlier = (0..count).map(|n| entry(i64::from(n))).collect();
            Message::Done(Outcome::Journal(WriterReport::Loaded(earlier)))
        }),
        1 => any::<String>()
            .prop_map(|why| Message::Done(Outcome::Journal(WriterReport::Failing(why)))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn no_message_sequence_or_size_panics(
        (width, height) in (1_u16..220, 1_u16..70),
        messages in prop::collection::vec(message(), 0..40),
    ) {
        let mut harness = Harness::watching(width, height, &["sp-0001", "sp-0002"]);
        for message in messages {
            harness.send(message);
        }
        // The screen has no control characters.
        prop_assert!(!harness.screen().contains(|c: char| c.is_control() && c != '\n'));
        let rows = harness.state.list.shown();
        prop_assert!(rows <= harness.state.feeds.len());
        prop_assert!(rows == 0 || harness.state.list.selected.is_some());
        let _ = harness.state.next_tick();
    }
}
