//! Any keys and responses, in any order.

use proptest::prelude::*;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use savepeek::tui::message::Input;

use super::*;

/// Any reply to any query of the picker.
pub(crate) fn replied() -> impl Strategy<Value = Replied> {
    let query = prop_oneof![
        (1_u32..4).prop_map(|index| of_deployments(None, index)),
        ("[a-z]{1,2}", 1_u32..3).prop_map(|(name, index)| of_deployments(Some(&name), index)),
        (0_u32..3, 1_u32..3).prop_map(|(n, index)| of_savepoints(&format!("d-{n:04}"), index)),
    ];
    let reply = prop_oneof![
        (0_u32..300, 0_u32..101, 0_u64..400).prop_map(|(first, count, total)| Ok(deployments(
            first..first + count,
            1,
            total
        ))),
        (0_u32..300, 0_u32..101, 0_u64..400).prop_map(|(first, count, total)| Ok(savepoints(
            first..first + count,
            1,
            total
        ))),
        any::<String>()
            .prop_map(|name| { Ok(Reply::Deployments(page(vec![deployment(1, &name)], 1, 1))) }),
        Just(Err(unavailable())),
        Just(Err(denied("stream:ListSavepoints"))),
    ];
    (query, reply).prop_map(|(query, result)| Replied {
        query,
        result,
        received_at: crate::harness::START.parse().unwrap(),
        next_at: None,
    })
}

/// An event while the picker is open.
#[derive(Debug, Clone)]
enum Step {
    Key(char),
    Code(KeyCode),
    Wait(i64),
    Any(Box<Replied>),
    /// A reply to the query in flight: this many items of this total.
    Asked(u32, u64),
}

fn step() -> impl Strategy<Value = Step> {
    let codes = vec![KeyCode::Enter, KeyCode::Esc, KeyCode::Backspace, KeyCode::PageDown];
    prop_oneof![
        4 => prop::sample::select(vec!['b', 'j', 'k', 'G', 'g', '/', 'o', ' ', 'a', 'R', 'q'])
            .prop_map(Step::Key),
        2 => prop::sample::select(codes).prop_map(Step::Code),
        1 => (0_i64..70_000).prop_map(Step::Wait),
        1 => replied().prop_map(|replied| Step::Any(Box::new(replied))),
        4 => (0_u32..101, 0_u64..400).prop_map(|(count, total)| Step::Asked(count, total)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_responses_leave_one_page_in_flight_and_a_valid_cursor(
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let mut harness = Harness::watching(80, 24, &[A]);
        // The queries that the poller has in flight.
        let mut open: Vec<Query> = Vec::new();
        for step in std::iter::once(Step::Key('b')).chain(steps) {
            match step {
                Step::Key(key) => {
                    harness.send(Message::Terminal(Input::Key(KeyEvent::from(KeyCode::Char(key)))));
                }
                Step::Code(code) => {
                    harness.send(Message::Terminal(Input::Key(KeyEvent::from(code))));
                }
                Step::Wait(millis) => {
                    harness.millis(millis);
                }
                Step::Any(replied) => {
                    let answered = open.contains(&replied.query);
                    if !answered {
                        harness.send(Message::Poller(Event::Replied(replied)));
                    }
                }
                Step::Asked(count, total) => {
                    if let Some(query) = open.pop() {
                        let index = match &query {
                            Query::Deployments(_, _, at) | Query::Savepoints(_, _, at) => at.index(),
                            other => panic!("{other:?}"),
                        };
                        let first = (index - 1) * 100;
                        let reply = match &query {
                            Query::Savepoints(..) => savepoints(first..first + count, index, total),
                            _ => deployments(first..first + count, index, total),
                        };
                        harness.replied(query, Ok(reply));
                    }
                }
            }
            for effect in harness.effects() {
                match effect {
                    Effect::Poller(Command::Subscribe(queries, Recurrence::Now)) => open.extend(queries),
                    Effect::Poller(Command::Unsubscribe(queries)) => open.retain(|it| !queries.contains(it)),
                    _ => {}
                }
            }
            prop_assert!(open.len() <= 1, "{:?}", open);
            if let Some(Overlay::Picker(picker)) = &harness.state.overlay {
                prop_assert_eq!(picker.asked.as_ref(), open.first());
                let (at, rows) = picker.position();
                prop_assert!(at < rows.max(1), "{} of {}", at, rows);
                if let Some((_, level)) = &picker.savepoints {
                    prop_assert_eq!(level.rows().count(), level.count());
                }
                if let Some(level) = &picker.deployments {
                    prop_assert_eq!(level.rows().count(), level.count());
                    prop_assert_eq!(level.current().is_some(), level.count() > 0);
                }
            } else {
                prop_assert_eq!(open.first(), None);
            }
        }
    }
}
