//! Several places in one list, grouped or flat.

use jiff::SignedDuration;
use savepeek::api::{Answer, Error};
use savepeek::config::context::Context;
use savepeek::domain::deployment::DeploymentTarget;
use savepeek::domain::savepoint::{Namespace, Place, Profile, Target};
use savepeek::poller::{Event, Poll};
use savepeek::tui::message::Message;

use crate::stage::{Harness, answer, deployment, target, unavailable};

const PLACES: [(&str, Option<&str>); 3] =
    [("prod-default", None), ("prod-default", Some("ops")), ("staging", None)];

fn at(id: &str, (namespace, profile): (&str, Option<&str>)) -> Target {
    let Target { place, id } = target(id);
    let profile = profile.map(|name| Profile::new(name).unwrap());
    let namespace = Namespace::new(namespace).unwrap();
    Target { place: Place { namespace, profile, ..place }, id }
}

fn polled(stage: &mut Harness, target: Target, result: Result<Answer, Error>) {
    let received_at = stage.state.now;
    let next_at = Some(received_at + SignedDuration::from_secs(5));
    let poll = Poll { target, result, received_at, next_at };
    stage.send(Message::Poller(Event::Polled(Box::new(poll))));
}

/// Three places with some savepoints each, grouped; the last one is in trouble.
fn grouped(width: u16, height: u16) -> Harness {
    let mut stage = Harness::new(width, height);
    for (place, ids) in PLACES.into_iter().zip([&["a1", "a2", "a3"][..], &["b1", "b2"], &["c1"]]) {
        stage.state.watch(ids.iter().map(|id| at(id, place)).collect());
        for id in ids {
            let word = if *id == "b2" { "FAILED" } else { "COMPLETED" };
            polled(&mut stage, at(id, place), Ok(answer(id, word)));
        }
    }
    stage.after(5);
    polled(&mut stage, at("c1", PLACES[2]), Err(unavailable()));
    stage.keys("o");
    stage
}

fn selected(stage: &Harness) -> &str {
    stage.state.list.selected.as_ref().unwrap().id.as_str()
}

#[test]
fn each_place_has_a_heading_that_says_how_far_to_trust_it() {
    insta::assert_snapshot!(grouped(80, 24).screen());
    insta::assert_snapshot!(grouped(200, 50).screen());
}

#[test]
fn the_place_that_needs_a_person_comes_first_and_headings_are_passed_over() {
    let mut stage = grouped(120, 40);
    stage.keys("g");
    let mut order = vec![selected(&stage).to_owned()];
    for _ in 0..5 {
        stage.keys("j");
        order.push(selected(&stage).to_owned());
    }
    assert_eq!(order, ["b2", "b1", "a1", "a2", "a3", "c1"]);
    stage.keys("j");
    assert_eq!(selected(&stage), "c1");
    for id in order.iter().rev().skip(1) {
        stage.keys("k");
        assert_eq!(selected(&stage), id);
    }
    stage.keys("k");
    assert_eq!(selected(&stage), "b2");
}

#[test]
fn the_way_to_the_top_ends_at_the_first_savepoint_below_its_headings() {
    let mut stage = grouped(120, 40);
    for keys in ["G g", "j PgUp", "j j PgUp"] {
        stage.keys("g j").keys(keys);
        assert_eq!(selected(&stage), "b2", "{keys}");
    }
    // Who is there already goes nowhere, and keeps his place in the detail.
    stage.state.reading.across = 20;
    stage.keys("k g PgUp");
    assert_eq!((selected(&stage), stage.state.reading.across), ("b2", 20));
}

#[test]
fn the_selection_is_the_same_savepoint_grouped_or_flat() {
    let mut stage = grouped(120, 40);
    stage.keys("G");
    assert_eq!(selected(&stage), "c1");
    stage.keys("o").see("one list").miss("· 1 savepoint");
    assert_eq!(selected(&stage), "c1");
    stage.keys("o").see("grouped by place").see("· 1 savepoint");
    assert_eq!(selected(&stage), "c1");
}

#[test]
fn sort_and_filter_work_within_the_groups() {
    let mut stage = grouped(120, 40);
    stage.keys("s s S g");
    let mut order = vec![selected(&stage).to_owned()];
    for _ in 0..5 {
        stage.keys("j");
        order.push(selected(&stage).to_owned());
    }
    assert_eq!(order, ["b2", "b1", "a3", "a2", "a1", "c1"], "by ID, reversed");
    stage.keys("/").text("a2").keys("Enter");
    stage.see("1 of 6 savepoints").see("prod-default · 3 savepoints").miss("as ops");
    assert_eq!(selected(&stage), "a2");
    stage.keys("/").text("nowhere").keys("Enter").see("no row has this text");
}

#[test]
fn in_a_small_window_the_heading_above_the_first_row_is_seen_again() {
    let mut stage = grouped(80, 11);
    stage.keys("G").miss("as ops").keys("k k k k k").see("as ops");
    assert_eq!(selected(&stage), "b2");
}

#[test]
fn no_heading_stands_directly_on_the_next_one() {
    let mut stage = grouped(80, 11);
    for key in "g j j j j j j k k k k k k".split(' ') {
        stage.keys(key);
        let lines = lines(&stage);
        let headings = |pair: &[String]| pair.iter().all(|line| line.contains(" savepoint"));
        assert!(!lines.windows(2).any(headings), "{lines:#?}");
    }
}

#[test]
fn one_place_has_no_heading() {
    let mut stage = Harness::watching(120, 40, &["a", "b"]);
    stage.keys("o").see("grouped by place, once there are several").miss("· 2 savepoints");
    stage.state.watch(vec![at("c", PLACES[1])]);
    stage.after(1).see("prod-default · 2 savepoints").see("as ops · 1 savepoint");
    stage.keys("G d").miss("· 2 savepoints");
}

#[test]
fn a_flat_row_says_which_place_it_is_of() {
    let mut stage = grouped(80, 24);
    stage.keys("o").see("PLACE").see("prod-default  as ops");
    let screen = stage.screen();
    let row = |id: &str| screen.lines().find(|line| line.contains(&format!(" {id} "))).unwrap();
    for (id, place) in [("a1", "prod-default "), ("b1", "prod-default  as ops"), ("c1", "staging")]
    {
        assert!(row(id).contains(place), "{id}:\n{screen}");
    }
    stage.state.settings.contexts = vec![Context {
        name: "night".to_owned(),
        fields: Default::default(),
        place: Some(at("c1", PLACES[2]).place),
    }];
    stage.after(0).see("night").keys("o").miss("PLACE");
}

/// The same deployment ID is followed in two places, with a savepoint each.
fn followed_twice() -> Harness {
    let mut stage = grouped(120, 40);
    for place in [PLACES[0], PLACES[2]] {
        let deployment = DeploymentTarget { place: at("any", place).place, ..deployment() };
        stage.state.histories.follow(deployment, stage.state.now);
    }
    stage.state.derive();
    stage.after(0);
    stage
}

/// The lines of the list that begin with some of these words, in their order.
fn lines(stage: &Harness) -> Vec<String> {
    let area = stage.state.geometry.list_area;
    let (first, height) = (usize::from(area.y), usize::from(area.height));
    let screen = stage.screen();
    let lines = screen.lines().skip(first).take(height);
    lines.map(|line| line.trim_matches(['│', ' ', '>']).to_owned()).collect()
}

#[test]
fn a_followed_deployment_with_a_problem_goes_above_what_has_none() {
    let mut stage = Harness::watching(120, 40, &["own"]);
    stage.polled("own", Ok(answer("own", "COMPLETED")));
    stage.state.histories.follow(deployment(), stage.state.now);
    stage.state.derive();
    let mut elsewhere = answer("own", "COMPLETED");
    elsewhere.savepoint.deployment_id = None;
    stage.polled("own", Ok(elsewhere)).listed(Ok(vec![answer("theirs", "COMPLETED")]));
    let first = |stage: &mut Harness| {
        stage.keys("g");
        selected(stage).to_owned()
    };
    assert_eq!(first(&mut stage), "own");
    // What is taken every now and then moves no group.
    stage.after(5).polled("theirs", Ok(answer("theirs", "STARTED")));
    assert_eq!(first(&mut stage), "own");
    stage.after(5).polled("theirs", Ok(answer("theirs", "FAILED")));
    assert_eq!(first(&mut stage), "theirs");
    stage.keys("S");
    assert_eq!(first(&mut stage), "own", "the other way round the groups stay");
    stage.keys("S s");
    assert_eq!(first(&mut stage), "own", "so they do by state");
}

#[test]
fn what_is_followed_stands_below_its_place_and_is_told_apart_where_there_is_none() {
    let mut stage = followed_twice();
    let starts = |stage: &Harness, words: &[&str]| {
        let lines = lines(stage);
        for (line, words) in lines.iter().zip(words) {
            assert!(line.starts_with(words), "{words:?} is not at {line:?}:\n{lines:#?}");
        }
    };
    let deployment = |place| format!("1d716b22-6aad-4be2-85c2-50cfc7570002 ({place}) · - asking");
    let [prod, staging] = ["prod-default", "staging"].map(deployment);
    starts(
        &stage,
        &[
            "prod-default  as ops · 2 savepoints",
            "✗ FAILED    b2",
            "✓ COMPLETED b1",
            "prod-default · 3 savepoints",
            &prod,
            "✓ COMPLETED a1",
            "✓ COMPLETED a2",
            "✓ COMPLETED a3",
            "staging · 1 savepoint",
            &staging,
            "✓ COMPLETED c1",
        ],
    );
    stage.keys("g j j G k k k k");
    assert_eq!(selected(&stage), "b1", "headings are passed over, also two of them");
    stage.keys("o");
    let lines = lines(&stage).join("\n");
    for place in ["prod-default", "staging"] {
        assert!(lines.contains(&format!("0002 ({place}) · ")), "{lines}");
    }
}
