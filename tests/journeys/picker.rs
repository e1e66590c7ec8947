//! The picker: from a place to its deployments to their savepoints, without typing an ID.

pub(crate) mod arbitrary;
mod search;
mod startup_query;

use std::time::Duration;

use jiff::SignedDuration;
use savepeek::api::lists::{Page, PageRequest, SavepointQuery};
use savepeek::api::{Cause, Error};
use savepeek::config::context::PlaceFields;
use savepeek::domain::deployment::{Deployment, DeploymentId, JobSummary};
use savepeek::domain::job::JobId;
use savepeek::domain::savepoint::{Namespace, Place, SavepointId, Target};
use savepeek::poller::{Command, Event, Query, Recurrence, Replied, Reply};
use savepeek::tui::effect::Effect;
use savepeek::tui::message::Message;
use savepeek::tui::model::Overlay;
use savepeek::tui::model::picker::Picker;
use savepeek::tui::update::picker::{StartupQuery, run};

use crate::harness::{Harness, answer, target, unavailable};

const A: &str = "354dde66-a3ae-463e-967a-0b4107fd0001";

fn place() -> Place {
    target(A).place
}

fn page<T>(items: Vec<T>, index: u32, total: u64) -> Page<T> {
    Page {
        items,
        unreadable: 0,
        index,
        size: 100,
        total: Some(total),
        request_id: None,
        round_trip: Duration::ZERO,
        clock_correction: None,
    }
}

fn deployment(number: u32, name: &str) -> Deployment {
    Deployment {
        deployment_id: Some(DeploymentId::new(&format!("d-{number:04}")).unwrap()),
        name: Some(name.to_owned()),
        execution_mode: Some("STREAMING".to_owned()),
        jobs: Some(JobSummary { running: 1, ..JobSummary::default() }),
        modified_at: Some("2026-11-23T02:29:00Z".parse().unwrap()),
        ..Deployment::default()
    }
}

/// Deployments by number; every tenth has `orders` in its name.
fn deployments(numbers: std::ops::Range<u32>, index: u32, total: u64) -> Reply {
    let name = |n: u32| if n % 10 == 3 { format!("orders-{n:04}") } else { format!("job-{n:04}") };
    Reply::Deployments(page(numbers.map(|n| deployment(n, &name(n))).collect(), index, total))
}

fn savepoints(numbers: std::ops::Range<u32>, index: u32, total: u64) -> Reply {
    let items = numbers.map(|n| answer(&format!("sp-{n:04}"), "COMPLETED"));
    Reply::Savepoints(page(items.collect(), index, total))
}

fn of_deployments(name: Option<&str>, index: u32) -> Query {
    Query::Deployments(place(), name.map(Into::into), PageRequest::new(index, 100))
}

fn of_savepoints(deployment: &str, index: u32) -> Query {
    let deployment = Some(DeploymentId::new(deployment).unwrap());
    Query::Savepoints(
        place(),
        SavepointQuery { deployment, job: None }.into(),
        PageRequest::new(index, 100),
    )
}

fn ask(query: Query) -> Effect {
    Effect::Poller(Command::Subscribe(vec![query], Recurrence::Now))
}

fn unsubscribe(query: Query) -> Effect {
    Effect::Poller(Command::Unsubscribe(vec![query]))
}

fn denied(action: &str) -> Error {
    Error::local(Cause::NoPermission { action: action.to_owned(), detail: None }, "no")
}

impl Harness {
    /// The poller brings an error, and tries again in 4 s.
    fn retrying(&mut self, query: Query, error: Error) -> &mut Self {
        let received_at = self.state.now;
        let next_at = Some(received_at + SignedDuration::from_secs(4));
        let replied = Replied { query, result: Err(error), received_at, next_at };
        self.send(Message::Poller(Event::Replied(Box::new(replied))))
    }

    fn picker(&self) -> &Picker {
        match &self.state.overlay {
            Some(Overlay::Picker(picker)) => picker,
            other => panic!("not the picker but {other:?}"),
        }
    }

    fn millis(&mut self, millis: i64) -> &mut Self {
        let now = self.state.now + SignedDuration::from_millis(millis);
        self.clock(now)
    }
}

/// One savepoint is watched, and the picker holds the first 100 deployments of 250.
fn opened() -> Harness {
    let mut harness = Harness::watching(120, 40, &[A]);
    harness.keys("b");
    assert_eq!(harness.effects(), [ask(of_deployments(None, 1))]);
    harness.assert_screen("asking for the deployments ...").assert_screen("nothing loaded so far");
    harness.replied(of_deployments(None, 1), Ok(deployments(0..100, 1, 250)));
    harness
        .assert_screen("100 of 250 loaded")
        .assert_not_on_screen("asking for the deployments")
        .assert_screen("job-0000");
    assert_eq!(harness.effects(), []);
    harness
}

#[test]
fn from_a_deployment_to_its_savepoints_to_the_list() {
    let mut harness = opened();
    harness.keys("j j j Enter").assert_screen("asking for the savepoints ...");
    assert_eq!(harness.effects(), [ask(of_savepoints("d-0003", 1))]);
    harness.replied(of_savepoints("d-0003", 1), Ok(savepoints(0..3, 1, 3)));
    insta::assert_snapshot!(harness.screen());
    harness.text("  ").assert_screen("2 marked, all 3 loaded").assert_screen("[x]");
    let of = |id: &str| Target { place: place(), id: SavepointId::new(id).unwrap() };
    harness.keys("Enter").assert_screen("2 added");
    assert!(harness.state.overlay.is_none());
    assert_eq!(harness.state.list.selected, Some(of("sp-0000")));
    let effects = harness.effects();
    assert_eq!(effects, [Effect::Poller(Command::watch(vec![of("sp-0000"), of("sp-0001")]))]);

    // A watched savepoint is marked, and adding it again changes nothing.
    harness.keys("b Enter");
    harness
        .replied(of_savepoints("d-0003", 1), Ok(savepoints(0..3, 1, 3)))
        .assert_screen("watched");
    harness.effects();
    harness.keys("Enter").assert_screen("0 added, 1 already watched");
    assert_eq!(harness.effects(), []);
}

#[test]
fn mark_all_toggles_visible_rows() {
    let mut harness = opened();
    harness.keys("Enter").replied(of_savepoints("d-0000", 1), Ok(savepoints(0..30, 1, 30)));
    harness.keys("a").assert_screen("30 marked").keys("/").text("sp-001").keys("Enter");
    harness
        .assert_screen("10 with \"sp-001\"")
        .keys("a")
        .assert_screen("20 marked")
        .keys("a")
        .assert_screen("30 marked");
    harness.keys("Esc a").assert_not_on_screen("marked,");
    // Esc returns to the deployments as they were.
    harness.keys("Esc").assert_screen("100 of 250 loaded");
    assert_eq!(harness.effects(), [ask(of_savepoints("d-0000", 1))]);
}

#[test]
fn next_page_loads_near_the_end_and_a_failure_keeps_loaded_rows() {
    let mut harness = opened();
    harness.keys("G").assert_screen("loading more ...");
    assert_eq!(harness.effects(), [ask(of_deployments(None, 2))]);
    // A page that is already loaded changes nothing, nor does one that was not requested.
    harness.replied(of_deployments(None, 1), Ok(deployments(0..1, 1, 1)));
    harness.replied(of_deployments(None, 3), Ok(deployments(200..250, 3, 250)));
    harness.assert_screen("100 of 250 loaded").assert_screen("> RUNNING       job-0099");

    harness.retrying(of_deployments(None, 2), unavailable());
    harness
        .assert_screen("service trouble (ServiceUnavailable)")
        .assert_screen("asked again at 11:00:04")
        .assert_screen("job-0099");
    assert_eq!(harness.effects(), []);
    harness.keys("R").assert_screen("loading more ...");
    let again = [unsubscribe(of_deployments(None, 2)), ask(of_deployments(None, 2))];
    assert_eq!(harness.effects(), again);
    harness.replied(of_deployments(None, 2), Ok(deployments(100..200, 2, 250)));
    harness
        .assert_screen("200 of 250 loaded")
        .assert_screen("> RUNNING       job-0099")
        .assert_not_on_screen("trouble");
    harness.keys("G");
    harness.replied(of_deployments(None, 3), Ok(deployments(200..250, 3, 250)));
    harness.assert_screen("all 250 loaded").keys("G").assert_screen("> RUNNING       job-0249");
    assert_eq!(harness.effects(), [ask(of_deployments(None, 3))]);
}

#[rstest::rstest]
#[case::deployments("stream:ListDeployments", "", "--deployment ID follows it all the same")]
#[case::savepoints("stream:ListSavepoints", "Enter", "IDs can be added on the form")]
fn a_missing_permission_is_named(#[case] action: &str, #[case] keys: &str, #[case] without: &str) {
    let mut harness = if keys.is_empty() { Harness::watching(160, 40, &[A]) } else { opened() };
    harness.keys(keys).keys(if keys.is_empty() { "b" } else { "" });
    let query = harness.picker().asked.clone().unwrap();
    harness.replied(query.clone(), Err(denied(action)));
    let screen = harness.screen().replace('│', " ");
    let words = screen.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(&format!("no permission {action}")), "{words}");
    assert!(words.contains(&format!("ask for the RAM permission {action}")), "{words}");
    assert!(words.contains(without), "{words}");
    // The poller asks again by itself once the permission is granted.
    let (reply, shown) = match query {
        Query::Deployments(..) => (deployments(0..5, 1, 5), "job-0000"),
        _ => (savepoints(0..5, 1, 5), "sp-0000"),
    };
    harness.replied(query, Ok(reply)).assert_screen(shown).assert_not_on_screen("no permission");
}

#[test]
fn reopened_picker_shows_old_rows_and_reloads() {
    let mut harness = opened();
    harness.keys("G").replied(of_deployments(None, 2), Ok(deployments(100..200, 2, 250)));
    harness.keys("Esc").after(40).keys("b");
    assert!(harness.effects().ends_with(&[ask(of_deployments(None, 1))]));
    harness
        .assert_screen("200 of 250 loaded")
        .assert_screen("as of 11:00:00")
        .assert_screen("asking again ...");
    // The old rows stay until as many new ones are loaded.
    harness.replied(of_deployments(None, 1), Ok(deployments(1..101, 1, 249)));
    harness.assert_screen("200 of 250 loaded").assert_screen("as of 11:00:00");
    assert_eq!(harness.effects(), [ask(of_deployments(None, 2))]);
    harness.replied(of_deployments(None, 2), Ok(deployments(101..201, 2, 249)));
    harness
        .assert_screen("200 of 249 loaded, as of 11:00:40")
        .assert_not_on_screen("asking again")
        .assert_screen("> RUNNING       job-0099");

    harness.keys("Esc").after(61).keys("b").assert_screen("nothing loaded so far");
    assert!(harness.state.closed_picker.is_none());
}

#[test]
fn closing_cancels_the_query_in_flight() {
    let mut harness = Harness::watching(120, 40, &[A]);
    harness.keys("b").effects();
    harness.keys("q").replied(of_deployments(None, 1), Ok(deployments(0..9, 1, 9)));
    assert_eq!(harness.effects(), [unsubscribe(of_deployments(None, 1))]);
    assert!(harness.state.overlay.is_none());
    harness.keys("b").assert_screen("nothing loaded so far");
}

#[test]
fn narrow_picker_keeps_names_and_the_back_hint() {
    let mut harness = Harness::watching(40, 12, &[A]);
    harness.keys("b").replied(of_deployments(None, 1), Ok(deployments(0..100, 1, 250)));
    harness
        .assert_screen("NAME")
        .assert_screen("job-0000")
        .assert_screen("Esc back")
        .assert_not_on_screen("FOLLOW");
}

#[test]
fn footer_names_the_level() {
    let mut harness = opened();
    harness
        .assert_screen("Enter open")
        .assert_screen("f follow")
        .assert_screen("R refresh")
        .assert_not_on_screen("Space mark")
        .assert_not_on_screen("mark all");
    harness
        .keys("Enter")
        .assert_screen("Enter watch")
        .assert_screen("Space mark")
        .assert_screen("a mark all");
}

#[test]
fn several_places_start_with_a_choice() {
    let mut harness = Harness::watching(120, 40, &[A]);
    let namespace = Namespace::new("staging").unwrap();
    let other = Place { namespace, ..place() };
    let id = SavepointId::new("sp-other").unwrap();
    harness.watch(vec![Target { place: other.clone(), id }]);
    harness.keys("b").assert_screen("where?").assert_screen("staging").assert_screen("2 places");
    harness
        .assert_screen("REGION")
        .assert_screen("NAMESPACE")
        .assert_not_on_screen("f follow")
        .assert_not_on_screen("R refresh");
    assert_eq!(harness.effects(), []);
    harness.keys("j Enter").assert_screen("deployments of cn-hangzhou");
    let query = harness.picker().asked.clone().unwrap();
    assert_eq!(query.place(), &other);
    harness.replied(query.clone(), Ok(deployments(0..3, 1, 3))).assert_screen("job-0001");
    harness.keys("Esc").assert_screen("where?").keys("k Enter").assert_not_on_screen("job-0001");
    harness.keys("Esc Esc");
    assert!(harness.state.overlay.is_none());
}

#[test]
fn without_a_place_required_settings_are_named() {
    let mut harness = Harness::new(120, 40);
    harness.keys("b").assert_screen("nowhere to browse: give region, workspace and namespace");
    harness.state.defaults = PlaceFields::new("cn-hangzhou", "a14bd5d90a0001", "prod-default", "");
    harness.keys("b").assert_screen("deployments of cn-hangzhou / a14bd5d90a0001 / prod-default");
}

#[test]
fn ids_pasted_over_the_picker_go_to_the_form() {
    let mut harness = opened();
    harness.keys("G").effects();
    harness.paste(A).assert_screen("1 savepoint ID found");
    assert_eq!(harness.effects(), [unsubscribe(of_deployments(None, 2))]);
    let mut harness = opened();
    harness.keys("/").paste("ord\n").assert_screen("10 with \"ord\"");
}

#[test]
fn picker_is_bounded_and_says_so() {
    let mut harness = opened();
    for index in 2..=100 {
        harness.keys("G");
        let first = (index - 1) * 100;
        let page = deployments(first..first + 100, index, 50_000);
        harness.replied(of_deployments(None, index), Ok(page));
    }
    harness
        .keys("G")
        .assert_screen("10,000 of 50,000 loaded")
        .assert_screen("only the first 10,000 are loaded");
    assert!(harness.picker().asked.is_none());
}

#[test]
fn back_clears_the_marks() {
    let mut harness = opened();
    harness.keys("Enter").replied(of_savepoints("d-0000", 1), Ok(savepoints(0..3, 1, 3)));
    harness
        .keys("a")
        .assert_screen("3 marked")
        .keys("Esc")
        .assert_not_on_screen("marked")
        .assert_screen("savepoints of");
    harness.keys("Esc").assert_screen("deployments of");
}
