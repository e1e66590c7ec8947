//! Whatever happens, what is kept up to date is what a derivation from nothing gives.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use unicode_width::UnicodeWidthStr as _;

use super::{Derived, PlaceTotals};
use crate::api::lists::Page;
use crate::api::{Answer, Cause, Error, Unreachable};
use crate::domain::deployment::{Deployment, DeploymentId, DeploymentTarget};
use crate::domain::endpoint::Endpoint;
use crate::domain::savepoint::{
    Namespace, Place, Savepoint, SavepointId, State as Word, Target, Workspace,
};
use crate::poller::{Event, Poll, Query, Replied, Reply};
use crate::tui::message::{Input, Message};
use crate::tui::model::failures::FailureSummary;
use crate::tui::model::feed::{DisplayStatus, Feed, Freshness, Trouble};
use crate::tui::model::history;
use crate::tui::model::summary::{Stale, Summary, earliest};
use crate::tui::model::{Settings, State};
use crate::tui::update::update;
use crate::util::clock::Now;
use crate::util::text;

fn start() -> Timestamp {
    Timestamp::from_second(1_790_000_000).unwrap()
}

fn place(n: usize) -> Place {
    let (region, namespace) =
        [("cn-hangzhou", "a"), ("cn-hangzhou", "b"), ("cn-beijing", "a")][n % 3];
    Place {
        endpoint: Endpoint::of_region(region).unwrap(),
        workspace: Workspace::new("w").unwrap(),
        namespace: Namespace::new(namespace).unwrap(),
        profile: None,
    }
}

fn target(n: usize) -> Target {
    Target { place: place(n), id: SavepointId::new(&format!("sp-{n:02}")).unwrap() }
}

fn deployment(n: usize) -> DeploymentTarget {
    DeploymentTarget { place: place(n), id: DeploymentId::new(&format!("d-{n}")).unwrap() }
}

/// The answer for a savepoint of the deployment with the number of its place.
fn answer(n: usize, word: usize, latency: u64) -> Answer {
    let word = ["STARTED", "COMPLETED", "FAILED", "ARCHIVED", "未知的状态"][word % 5];
    let created_at = start() + SignedDuration::from_mins(i64::try_from(n / 2).unwrap());
    Answer {
        savepoint: Savepoint {
            savepoint_id: Some(target(n).id.to_string()),
            deployment_id: Some(format!("d-{}", n % 3)),
            description: Some(format!("nightly {}", n % 4)),
            state: Some(Word::parse(word)),
            created_at: Some(created_at),
            modified_at: Some(created_at),
            ..Savepoint::default()
        },
        data: "{}".into(),
        omitted_bytes: 0,
        request_id: None,
        round_trip: Duration::from_millis(latency),
        clock_correction: None,
    }
}

fn error(kind: usize) -> Error {
    let causes = [
        Cause::NotFound,
        Cause::Unreachable(Unreachable::Timeout),
        Cause::Service { transient: true },
        Cause::CredentialsUnusable,
    ];
    Error::local(causes[kind % causes.len()].clone(), "no")
}

#[derive(Debug, Clone)]
enum Step {
    Answer { n: usize, word: usize, latency: u64 },
    Fail { n: usize, kind: usize, again: bool },
    List { n: usize, members: Vec<usize>, word: usize },
    Name(usize),
    Key(char),
    Pass(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let keys = "sSogfFnprRudxjkGJ/4\n\u{1b} ".chars().collect::<Vec<_>>();
    prop_oneof![
        8 => (0_usize..14, 0_usize..5, 0_u64..30_000)
            .prop_map(|(n, word, latency)| Step::Answer { n, word, latency }),
        4 => (0_usize..14, 0_usize..4, any::<bool>())
            .prop_map(|(n, kind, again)| Step::Fail { n, kind, again }),
        2 => (0_usize..3, prop::collection::vec(0_usize..10, 0..6), 0_usize..3)
            .prop_map(|(n, members, word)| Step::List { n, members, word }),
        1 => (0_usize..3).prop_map(Step::Name),
        4 => prop::sample::select(keys).prop_map(Step::Key),
        4 => prop_oneof![8 => 0_i64..60, 1 => 0_i64..600, 1 => -60_i64..0].prop_map(Step::Pass),
    ]
}

fn message(step: Step, now: Timestamp, uptime: Duration) -> Message {
    let polled = |n, result, next_at| {
        Message::Poller(Event::Polled(Box::new(Poll {
            target: target(n),
            result,
            received_at: now,
            next_at,
        })))
    };
    let replied = |query, reply| {
        let (result, received_at, next_at) = (Ok(reply), now, Some(now));
        Message::Poller(Event::Replied(Box::new(Replied { query, result, received_at, next_at })))
    };
    match step {
        Step::Answer { n, word, latency } => polled(n, Ok(answer(n, word, latency)), Some(now)),
        Step::Fail { n, kind, again } => polled(n, Err(error(kind)), again.then_some(now)),
        Step::List { n, members, word } => {
            let items: Vec<Answer> =
                members.into_iter().map(|it| answer(20 + 3 * it + n, word, 50)).collect();
            let page = Page {
                unreadable: 0,
                index: 1,
                size: 100,
                total: u64::try_from(items.len()).ok(),
                items,
                request_id: None,
                round_trip: Duration::from_millis(20),
                clock_correction: None,
            };
            replied(history::list_query(&deployment(n)), Reply::Savepoints(page))
        }
        Step::Name(n) => {
            let DeploymentTarget { place, id } = deployment(n);
            let name = Some(format!("orders-{}", 3 - n));
            let named = Deployment { name, ..Deployment::default() };
            replied(Query::Deployment(place, id), Reply::Deployment(named))
        }
        Step::Key(key) => {
            let code = match key {
                '\n' => KeyCode::Enter,
                '\u{1b}' => KeyCode::Esc,
                key => KeyCode::Char(key),
            };
            Message::Terminal(Input::Key(KeyEvent::from(code)))
        }
        Step::Pass(seconds) => {
            let wall = now + SignedDuration::from_secs(seconds);
            // Set back, the clock stands still for the program.
            let passed = Duration::from_secs(u64::try_from(seconds).unwrap_or_default());
            Message::Clock(Now { wall, uptime: uptime + passed })
        }
    }
}

/// The summary of some feeds, one after the other.
fn count<'a>(state: &State, feeds: impl Iterator<Item = (&'a Target, &'a Feed)>) -> Summary {
    let (now, grace_until) = (state.now, state.grace_until);
    let mut sum = Summary::default();
    for (target, feed) in feeds {
        let timing = state.timing_for(&target.place);
        match feed.display_status() {
            DisplayStatus::Waiting => sum.unanswered += 1,
            DisplayStatus::NoAnswer => {
                sum.unanswered += 1;
                sum.no_answer += 1;
            }
            DisplayStatus::NotFound => sum.not_found += 1,
            DisplayStatus::State(Some(Word::Failed)) => sum.failed += 1,
            DisplayStatus::State(Some(Word::Started)) => {
                sum.started += 1;
                sum.overdue += usize::from(feed.overdue);
            }
            DisplayStatus::State(Some(Word::Completed)) => sum.completed += 1,
            DisplayStatus::State(None) => sum.other += 1,
            DisplayStatus::State(Some(Word::Other(word))) => {
                sum.other += 1;
                sum.longest = sum.longest.max(text::clean(word).width());
            }
        }
        sum.oldest = sum.oldest.into_iter().chain(feed.confirmed_at()).min();
        let lasts = |trouble: &Trouble| trouble.attempts > 1 || feed.next_at.is_none();
        if feed.lost.is_some() || feed.trouble.as_deref().is_some_and(lasts) {
            sum.not_live += 1;
        }
        let stale_at = feed.stale_at(timing).filter(|at| *at > now);
        sum.stale_from = earliest(sum.stale_from, stale_at);
        if feed.confirmed_at().is_some() && feed.lost.is_none() {
            let at = feed.due_since + timing.fresh_for(feed.cycle());
            sum.lost_from = earliest(sum.lost_from, Some(at.max(grace_until)));
        }
        match feed.freshness(now, timing) {
            Freshness::Never | Freshness::Live => {}
            Freshness::Stale => {
                let oldest = feed.confirmed_at().unwrap_or(now);
                sum.stale = Stale::sum(sum.stale, Some(Stale { count: 1, oldest }));
            }
            Freshness::Failing(trouble) => sum.failing.add(trouble, feed.next_at),
        }
    }
    sum
}

/// The same of an overview that depends on no order.
fn comparable(mut summary: Summary) -> (Summary, Vec<String>) {
    let failing = std::mem::take(&mut summary.failing);
    (summary, causes(&failing))
}

fn causes(failing: &FailureSummary) -> Vec<String> {
    let mut causes: Vec<String> = failing.causes().iter().map(|it| format!("{it:?}")).collect();
    causes.sort_unstable();
    causes
}

/// Time passes also where nothing is said of it: the summary is as of when it was derived.
fn check(state: &State) -> Result<(), TestCaseError> {
    let mut fresh = state.clone();
    fresh.derived = Derived::default();
    fresh.derive();
    prop_assert_eq!(state.list.rows(), fresh.list.rows());
    prop_assert_eq!(state.list.position(), fresh.list.position());
    prop_assert_eq!(&state.list.selected, &fresh.list.selected);
    let place_indices =
        |state: &State| (0..=state.feeds.len()).map(|at| state.place_index(at)).collect::<Vec<_>>();
    prop_assert_eq!(place_indices(state), place_indices(&fresh));
    prop_assert!(state.places().eq(fresh.places()));
    prop_assert_eq!(state.derived.max_load, fresh.derived.max_load);
    prop_assert_eq!(&state.derived.groups, &fresh.derived.groups);
    prop_assert_eq!(state.derived.groups_have_places, fresh.derived.groups_have_places);
    for ((.., kept), (.., known)) in state.histories.followed().zip(fresh.histories.followed()) {
        prop_assert_eq!(&kept.restart_summary, &known.restart_summary);
    }
    prop_assert_eq!(
        comparable(state.summary().clone()),
        comparable(count(state, state.feeds.iter()))
    );
    prop_assert_eq!(comparable(fresh.summary().clone()), comparable(state.summary().clone()));
    for PlaceTotals { place, summary, .. } in &state.derived.places {
        let of = |(target, _): &(&Target, &Feed)| target.place == *place;
        prop_assert_eq!(
            comparable(summary.clone()),
            comparable(count(state, state.feeds.iter().filter(of)))
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn what_is_kept_up_to_date_is_what_a_derivation_from_nothing_gives(
        steps in prop::collection::vec(step(), 0..60),
        grouped in any::<bool>(),
        followed in 0_usize..3,
    ) {
        let mut state = State::new(Settings { newest: 3, ..Settings::default() }, start());
        state.list.grouped = grouped;
        for n in 0..followed {
            state.histories.follow(deployment(n), start());
        }
        state.watch((0..10).map(target).collect());
        state.derive();
        check(&state)?;
        for step in steps {
            let message = message(step, state.now, state.uptime);
            update(&mut state, message);
            check(&state)?;
        }
    }
}
