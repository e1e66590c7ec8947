//! Following a deployment: its newest savepoints enter and leave the list by themselves.

mod arbitrary;
mod failing_list;
mod leaving;
mod restart;

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use ratatui::layout::Position;
use savepeek::api::{Answer, Cause, Error};
use savepeek::domain::change::{Change, Kind};
use savepeek::domain::deployment::{DEFAULT_NEWEST, DeploymentId, DeploymentTarget, HISTORY_LIMIT};
use savepeek::poller::{Command, Event, Query, Recurrence};
use savepeek::storage::watch_list::Edit;
use savepeek::tui::effect::Effect;
use savepeek::tui::message::{Input, Message};
use savepeek::tui::model::feed::{Freshness, Membership};
use savepeek::tui::model::history::{LIST_INTERVAL, list_query};
use savepeek::tui::model::{Overlay, Removed};
use savepeek::tui::view::title;

use crate::harness::{Harness, answer, deployment, not_found, target, unavailable};

/// A savepoint created some minutes ago and modified some seconds after that.
pub(crate) fn made(id: &str, state: &str, minutes: i64, took: i64) -> Answer {
    let start: Timestamp = crate::harness::START.parse().unwrap();
    let created = start - SignedDuration::from_mins(minutes);
    let mut answer = answer(id, state);
    answer.savepoint.created_at = Some(created);
    answer.savepoint.modified_at = Some(created + SignedDuration::from_secs(took));
    answer
}

/// Twelve COMPLETED savepoints, the newest first: `s00`, created two minutes ago, to `s11`.
pub(crate) fn twelve() -> Vec<Answer> {
    (0..12).map(|n| made(&format!("s{n:02}"), "COMPLETED", 2 + n * 10, 60 + n)).collect()
}

pub(crate) fn denied() -> Error {
    let action = "stream:ListSavepoints".to_owned();
    Error::local(Cause::NoPermission { action, detail: None }, "not authorized")
}

/// Watches `s00` and follows its deployment.
fn following(width: u16, height: u16) -> Harness {
    let mut harness = Harness::watching(width, height, &["s00"]);
    harness.polled("s00", Ok(made("s00", "COMPLETED", 2, 60)));
    harness.keys("f");
    harness
}

/// The same after the first list.
fn followed(width: u16, height: u16) -> Harness {
    let mut harness = following(width, height);
    harness.listed(Ok(twelve()));
    harness.effects();
    harness.changes();
    harness
}

pub(crate) fn ids(harness: &Harness) -> Vec<&str> {
    let mut ids: Vec<&str> = harness.state.feeds.keys().map(|it| it.id.as_str()).collect();
    ids.sort_unstable();
    ids
}

fn membership(harness: &Harness, id: &str) -> Membership {
    harness.state.feeds[&target(id)].membership
}

fn ask() -> Effect {
    Effect::Poller(Command::Subscribe(
        vec![list_query(&deployment())],
        Recurrence::Every(LIST_INTERVAL),
    ))
}

#[test]
fn newest_savepoints_enter_the_list_and_are_confirmed_by_it() {
    let mut harness = following(120, 40);
    harness.assert_screen("asking");
    let name = Query::Deployment(deployment().place, deployment().id);
    let now =
        Effect::Poller(Command::Subscribe(vec![list_query(&deployment()), name], Recurrence::Now));
    assert_eq!(
        harness.effects(),
        [Effect::Poller(Command::Unsubscribe(vec![list_query(&deployment())])), ask(), now]
    );
    harness.listed(Ok(twelve()));
    assert_eq!(ids(&harness).len(), DEFAULT_NEWEST);
    assert_eq!(membership(&harness, "s00"), Membership::UserAdded);
    assert_eq!(membership(&harness, "s09"), Membership::ListedMember);
    assert_eq!(harness.effects(), [], "final savepoints are not polled");
    assert!(harness.changes().iter().all(|it| matches!(it.kind, Kind::First { .. })), "no event");
    harness.assert_screen("s00, 2 min ago").assert_screen("10 savepoints");
}

#[test]
fn changed_description_from_the_list_resorts_the_row() {
    let mut harness = followed(120, 40);
    harness.keys("/").text("before the move").keys("Enter").assert_screen("no row has this text");
    let mut items = twelve();
    items[3].savepoint.description = Some("before the move".to_owned());
    harness.after(30).listed(Ok(items.clone()));
    harness.assert_screen(" 1 of 10 savepoints").assert_screen("s03");
    harness.after(30).listed(Ok(items));
    harness.assert_screen(" 1 of 10 savepoints").assert_screen("s03");
}

#[test]
fn newest_option_limits_new_members() {
    let mut harness = following(120, 40);
    harness.state.settings.newest = 3;
    let mut items = twelve();
    items[7] = made("s07", "STARTED", 72, 0);
    harness.listed(Ok(items));
    assert_eq!(ids(&harness), ["s00", "s01", "s02", "s07"], "and what may still change");
    harness.after(30).listed(Ok(twelve()));
    harness.polled("s07", Ok(made("s07", "COMPLETED", 72, 60)));
    harness.after(30).listed(Ok(twelve()));
    assert_eq!(ids(&harness), ["s00", "s01", "s02"]);
}

#[test]
fn the_heading_fits_three_sizes() {
    for (width, height) in [(80, 24), (120, 40), (200, 50)] {
        let mut harness = followed(width, height);
        let mut items = twelve();
        items.insert(0, made("s20", "FAILED", 1, 5));
        items.insert(0, made("s21", "STARTED", 0, 0));
        harness.after(30).listed(Ok(items));
        insta::assert_snapshot!(harness.screen());
    }
}

#[test]
fn heading_stays_pinned_while_its_rows_scroll() {
    let mut harness = followed(80, 24);
    let first = |harness: &Harness| {
        let area = harness.state.geometry.list.area;
        harness.screen().lines().nth(area.y.into()).unwrap().to_owned()
    };
    for key in ["G", "k", "k", "k", "k", "k", "k", "k", "k", "k", "k", "j", "j", "PgDn", "PgUp"] {
        harness.keys(key);
        let heading = first(&harness);
        assert!(heading.contains("s00, 2 min ago"), "{key}: {heading}");
        let selected = harness.state.list.selected.clone().unwrap().id;
        let shown = harness.screen();
        let marked = shown.lines().find(|line| line.contains("> ✓")).unwrap();
        assert!(marked.contains(selected.as_str()), "{key}: {shown}");
    }
    harness.keys("G");
    let (area, before) = (harness.state.geometry.list.area, harness.state.list.position());
    harness.send(Message::Terminal(Input::Click(Position::new(area.x + 20, area.y))));
    assert_eq!(harness.state.list.position(), before, "a heading is nothing to select");
}

#[test]
fn new_savepoint_is_a_change_and_is_polled_until_final() {
    let mut harness = followed(120, 40);
    let mut items = twelve();
    items.insert(0, made("s20", "STARTED", 0, 0));
    harness.after(30).listed(Ok(items.clone()));
    assert_eq!(
        harness.effects().first(),
        Some(&Effect::Poller(Command::watch(vec![target("s20")])))
    );
    let changes = harness.changes();
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].kind, Kind::New { state: "STARTED".to_owned() });
    assert_eq!(ids(&harness).len(), DEFAULT_NEWEST, "s09 fell out");
    assert!(!ids(&harness).contains(&"s09"));
    // Once it is complete, the list is requested at once, and confirms it from then on.
    harness.after(5).polled("s20", Ok(made("s20", "COMPLETED", 0, 8)));
    assert!(harness.effects().contains(&ask()));
    items[0] = made("s20", "COMPLETED", 0, 8);
    harness.after(1).listed(Ok(items));
    assert!(harness.effects().contains(&Effect::Poller(Command::unwatch(vec![target("s20")]))));
    assert_eq!(membership(&harness, "s20"), Membership::ListedMember);
}

#[test]
fn new_after_a_long_gap_but_not_older_items_sliding_in() {
    let mut harness = followed(120, 40);
    let mut items = twelve();
    items.remove(5);
    items.push(made("old", "COMPLETED", 500, 60));
    harness.after(30).listed(Ok(items));
    let kinds = |harness: &mut Harness| -> Vec<(String, &'static str)> {
        let changes = harness.changes();
        changes.iter().map(|it| (it.target.id.to_string(), it.kind.word())).collect()
    };
    // s10 enters the newest ten: that is its first answer and no event.
    assert_eq!(kinds(&mut harness), [("s10".to_owned(), "first")]);
    let mut items = twelve();
    items.insert(0, made("s20", "COMPLETED", 0, 60));
    harness.after(6 * 3600).listed(Ok(items));
    assert!(kinds(&mut harness).contains(&("s20".to_owned(), "new")));
}

#[test]
fn late_item_is_new_but_not_items_missing_from_an_empty_list() {
    let new = |harness: &mut Harness| -> Vec<String> {
        let changes = harness.changes().into_iter();
        let new = changes.filter(|it| matches!(it.kind, Kind::New { .. }));
        new.map(|it| it.target.id.to_string()).collect()
    };
    let mut harness = followed(120, 40);
    let mut items = twelve();
    // A retained checkpoint that appears in the list after a newer savepoint.
    items.insert(1, made("late", "COMPLETED", 3, 5));
    harness.after(30).listed(Ok(items.clone()));
    assert_eq!(new(&mut harness), ["late"]);
    harness.after(30).listed(Ok(vec![]));
    items.insert(0, made("s20", "COMPLETED", 0, 5));
    harness.after(30).listed(Ok(items));
    assert_eq!(new(&mut harness), ["s20"], "and not s11, which is no member");
    // The first of all after an empty list is new.
    let mut harness = following(120, 40);
    harness.listed(Ok(vec![])).after(30);
    harness.listed(Ok(vec![made("s20", "STARTED", 0, 0)]));
    assert_eq!(new(&mut harness), ["s20"]);
}

#[test]
fn first_list_is_journaled_and_recovery_after_an_outage() {
    let mut harness = following(120, 40);
    harness.changes();
    harness.listed(Ok(twelve()));
    let firsts = harness.changes();
    assert!(firsts.iter().all(|it| it.kind == Kind::First { state: "COMPLETED".to_owned() }));
    assert_eq!(firsts.len(), DEFAULT_NEWEST - 1, "one was watched already");
    // The schedule may delay each list by ten seconds.
    harness.after(89);
    assert_eq!(harness.changes(), []);
    harness.after(2);
    let words = |changes: &[Change]| -> BTreeSet<&'static str> {
        changes.iter().map(|it| it.kind.word()).collect()
    };
    let lost = harness.changes();
    assert_eq!((lost.len(), words(&lost)), (DEFAULT_NEWEST - 1, BTreeSet::from(["lost"])));
    harness.listed(Ok(twelve()));
    let back = harness.changes();
    assert_eq!((back.len(), words(&back)), (DEFAULT_NEWEST - 1, BTreeSet::from(["back"])));
}

#[test]
fn viewed_savepoint_stays_live_however_old() {
    let mut harness = followed(120, 40);
    harness.keys("G");
    let read = harness.state.list.selected.clone().unwrap();
    let mut items = twelve();
    for n in 0..4 {
        items.insert(0, made(&format!("s2{n}"), "COMPLETED", 1, 5));
        harness.after(30).listed(Ok(items.clone()));
    }
    let feed = &harness.state.feeds[&read];
    assert_eq!(harness.state.freshness(&read, feed), Freshness::Live);
    harness.keys("r").assert_screen("asking").listed(Ok(items)).assert_not_on_screen("asking");
    assert!(!harness.changes().iter().any(|it| matches!(it.kind, Kind::Lost { .. })));
}

#[test]
fn following_twice_changes_nothing() {
    let mut harness = followed(120, 40);
    let id = DeploymentId::new("other").unwrap();
    let other = DeploymentTarget { id, ..deployment() };
    harness.keys("f");
    harness.watch(vec![target("s00")]);
    harness.keys("f");
    harness.listed(Ok(twelve()));
    harness.state.histories.follow(other, harness.state.now);
    harness.state.derive();
    harness.after(0);
    let before = harness.screen();
    assert!(
        !harness.state.watch_list.removed.iter().any(|it| matches!(it, Removed::Deployment(_)))
    );
    assert!(!harness.state.histories.follow(deployment(), harness.state.now));
    harness.after(0);
    assert_eq!(harness.screen(), before);
}

#[test]
fn followed_deployment_without_savepoints_is_shown() {
    let mut harness = Harness::watching(80, 24, &[]);
    harness.state.histories.follow(deployment(), harness.state.now);
    harness.state.derive();
    harness.after(0).assert_screen("prod-default").assert_not_on_screen("nothing is watched");
    harness.assert_screen("asking for the first time").assert_not_on_screen("no savepoint so far");
    harness
        .listed(Ok(vec![]))
        .assert_screen("a deployment is followed; it has no savepoint so far");
}
