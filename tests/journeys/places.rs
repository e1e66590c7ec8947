//! Several places in one list, grouped or flat.

use jiff::SignedDuration;
use savepeek::api::{Answer, Error};
use savepeek::config::context::{Context, PlaceFields};
use savepeek::domain::deployment::DeploymentTarget;
use savepeek::domain::savepoint::{Namespace, Place, Profile, Target};
use savepeek::poller::{Event, Poll};
use savepeek::tui::message::Message;

use crate::harness::{Harness, answer, deployment, target, unavailable};

const PLACES: [(&str, Option<&str>); 3] =
    [("prod-default", None), ("prod-default", Some("ops")), ("staging", None)];

fn at(id: &str, (namespace, profile): (&str, Option<&str>)) -> Target {
    let Target { place, id } = target(id);
    let profile = profile.map(|name| Profile::new(name).unwrap());
    let namespace = Namespace::new(namespace).unwrap();
    Target { place: Place { namespace, profile, ..place }, id }
}

fn polled(harness: &mut Harness, target: Target, result: Result<Answer, Error>) {
    let received_at = harness.state.now;
    let next_at = Some(received_at + SignedDuration::from_secs(5));
    let poll = Poll { target, result, received_at, next_at };
    harness.send(Message::Poller(Event::Polled(Box::new(poll))));
}

/// Three places with some savepoints each, grouped; the last one is in trouble.
fn grouped(width: u16, height: u16) -> Harness {
    let mut harness = Harness::new(width, height);
    for (place, ids) in PLACES.into_iter().zip([&["a1", "a2", "a3"][..], &["b1", "b2"], &["c1"]]) {
        harness.watch(ids.iter().map(|id| at(id, place)).collect());
        for id in ids {
            let word = if *id == "b2" { "FAILED" } else { "COMPLETED" };
            polled(&mut harness, at(id, place), Ok(answer(id, word)));
        }
    }
    harness.after(5);
    polled(&mut harness, at("c1", PLACES[2]), Err(unavailable()));
    harness.keys("o");
    harness
}

fn selected(harness: &Harness) -> &str {
    harness.state.list.selected.as_ref().unwrap().id.as_str()
}

#[test]
fn each_place_heading_shows_its_freshness() {
    insta::assert_snapshot!(grouped(80, 24).screen());
    insta::assert_snapshot!(grouped(200, 50).screen());
}

#[test]
fn most_urgent_place_is_first_and_headings_are_skipped() {
    let mut harness = grouped(120, 40);
    harness.keys("g");
    let mut order = vec![selected(&harness).to_owned()];
    for _ in 0..5 {
        harness.keys("j");
        order.push(selected(&harness).to_owned());
    }
    assert_eq!(order, ["b2", "b1", "a1", "a2", "a3", "c1"]);
    harness.keys("j");
    assert_eq!(selected(&harness), "c1");
    for id in order.iter().rev().skip(1) {
        harness.keys("k");
        assert_eq!(selected(&harness), id);
    }
    harness.keys("k");
    assert_eq!(selected(&harness), "b2");
}

#[test]
fn moving_up_ends_at_the_first_savepoint() {
    let mut harness = grouped(120, 40);
    for keys in ["G g", "j PgUp", "j j PgUp"] {
        harness.keys("g j").keys(keys);
        assert_eq!(selected(&harness), "b2", "{keys}");
    }
    // Moving up from the first row changes nothing, also not in the detail.
    harness.state.detail.across = 20;
    harness.keys("k g PgUp");
    assert_eq!((selected(&harness), harness.state.detail.across), ("b2", 20));
}

#[test]
fn the_selection_is_the_same_savepoint_grouped_or_flat() {
    let mut harness = grouped(120, 40);
    harness.keys("G");
    assert_eq!(selected(&harness), "c1");
    harness.keys("o").assert_screen("one list").assert_not_on_screen("· 1 savepoint");
    assert_eq!(selected(&harness), "c1");
    harness.keys("o").assert_screen("grouped by place").assert_screen("· 1 savepoint");
    assert_eq!(selected(&harness), "c1");
}

#[test]
fn sort_and_filter_work_within_the_groups() {
    let mut harness = grouped(120, 40);
    harness.keys("s s S g");
    let mut order = vec![selected(&harness).to_owned()];
    for _ in 0..5 {
        harness.keys("j");
        order.push(selected(&harness).to_owned());
    }
    assert_eq!(order, ["b2", "b1", "a3", "a2", "a1", "c1"], "by ID, reversed");
    harness.keys("/").text("a2").keys("Enter");
    harness
        .assert_screen("1 of 6 savepoints")
        .assert_screen("prod-default · 3 savepoints")
        .assert_not_on_screen("as ops");
    assert_eq!(selected(&harness), "a2");
    harness.keys("/").text("nowhere").keys("Enter").assert_screen("no row has this text");
}

#[test]
fn small_window_pins_the_heading() {
    let mut harness = grouped(80, 11);
    harness.keys("G").assert_not_on_screen("as ops").keys("k k k k k").assert_screen("as ops");
    assert_eq!(selected(&harness), "b2");
}

#[test]
fn no_heading_stands_directly_on_the_next_one() {
    let mut harness = grouped(80, 11);
    for key in "g j j j j j j k k k k k k".split(' ') {
        harness.keys(key);
        let lines = lines(&harness);
        let headings = |pair: &[String]| pair.iter().all(|line| line.contains(" savepoint"));
        assert!(!lines.windows(2).any(headings), "{lines:#?}");
    }
}

#[test]
fn one_place_has_no_heading() {
    let mut harness = Harness::watching(120, 40, &["a", "b"]);
    harness
        .keys("o")
        .assert_screen("grouped by place, once there are several")
        .assert_not_on_screen("· 2 savepoints");
    harness.watch(vec![at("c", PLACES[1])]);
    harness
        .after(1)
        .assert_screen("prod-default · 2 savepoints")
        .assert_screen("as ops · 1 savepoint");
    harness.keys("G d").assert_not_on_screen("· 2 savepoints");
}

#[test]
fn ungrouped_row_shows_its_place() {
    let mut harness = grouped(80, 24);
    harness.keys("o").assert_screen("PLACE").assert_screen("prod-default  as ops");
    let screen = harness.screen();
    let row = |id: &str| screen.lines().find(|line| line.contains(&format!(" {id} "))).unwrap();
    for (id, place) in [("a1", "prod-default "), ("b1", "prod-default  as ops"), ("c1", "staging")]
    {
        assert!(row(id).contains(place), "{id}:\n{screen}");
    }
    harness.state.settings.contexts = vec![Context {
        name: "night".to_owned(),
        fields: PlaceFields::default(),
        place: Some(at("c1", PLACES[2]).place),
    }];
    harness.after(0).assert_screen("night").keys("o").assert_not_on_screen("PLACE");
}

/// The same deployment ID is followed in two places, with a savepoint each.
fn followed_twice() -> Harness {
    let mut harness = grouped(120, 40);
    for place in [PLACES[0], PLACES[2]] {
        let deployment = DeploymentTarget { place: at("any", place).place, ..deployment() };
        harness.state.histories.follow(deployment, harness.state.now);
    }
    harness.state.derive();
    harness.after(0);
    harness
}

/// The lines of the list, without frame and selection mark.
fn lines(harness: &Harness) -> Vec<String> {
    let area = harness.state.geometry.list.area;
    let (first, height) = (usize::from(area.y), usize::from(area.height));
    let screen = harness.screen();
    let lines = screen.lines().skip(first).take(height);
    lines.map(|line| line.trim_matches(['│', ' ', '>']).to_owned()).collect()
}

#[test]
fn followed_deployment_with_a_problem_goes_first() {
    let mut harness = Harness::watching(120, 40, &["own"]);
    harness.polled("own", Ok(answer("own", "COMPLETED")));
    harness.state.histories.follow(deployment(), harness.state.now);
    harness.state.derive();
    let mut elsewhere = answer("own", "COMPLETED");
    elsewhere.savepoint.deployment_id = None;
    harness.polled("own", Ok(elsewhere)).listed(Ok(vec![answer("theirs", "COMPLETED")]));
    let first = |harness: &mut Harness| {
        harness.keys("g");
        selected(harness).to_owned()
    };
    assert_eq!(first(&mut harness), "own");
    // A new savepoint alone does not move a group.
    harness.after(5).polled("theirs", Ok(answer("theirs", "STARTED")));
    assert_eq!(first(&mut harness), "own");
    harness.after(5).polled("theirs", Ok(answer("theirs", "FAILED")));
    assert_eq!(first(&mut harness), "theirs");
    harness.keys("S");
    assert_eq!(first(&mut harness), "own", "the other way round the groups stay");
    harness.keys("S s");
    assert_eq!(first(&mut harness), "own", "so they do by state");
}

#[test]
fn followed_deployment_is_below_its_place_or_names_it() {
    let mut harness = followed_twice();
    let starts = |harness: &Harness, words: &[&str]| {
        let lines = lines(harness);
        for (line, words) in lines.iter().zip(words) {
            assert!(line.starts_with(words), "{words:?} is not at {line:?}:\n{lines:#?}");
        }
    };
    let deployment = |place| format!("1d716b22-6aad-4be2-85c2-50cfc7570002 ({place}) · - asking");
    let [prod, staging] = ["prod-default", "staging"].map(deployment);
    starts(
        &harness,
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
    harness.keys("g j j G k k k k");
    assert_eq!(selected(&harness), "b1", "headings are skipped, also two of them");
    harness.keys("o");
    let lines = lines(&harness).join("\n");
    for place in ["prod-default", "staging"] {
        assert!(lines.contains(&format!("0002 ({place}) · ")), "{lines}");
    }
}
