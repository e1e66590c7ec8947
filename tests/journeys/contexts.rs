//! Places with a name: shown by it, and gone to with `x`.

use savepeek::savepoint::{Namespace, Place, SavepointId, Target};
use savepeek::state::contexts::Context;

use crate::stage::{Stage, target};

const A: &str = "354dde66-a3ae-463e-967a-0b4107fd0001";
const B: &str = "1d716b22-6aad-4be2-85c2-50cfc7570002";
const C: &str = "5af678c0-7db0-4650-94c2-d2604f0a0003";

fn place(namespace: &str) -> Place {
    Place { namespace: Namespace::new(namespace).unwrap(), ..target(A).place }
}

fn context(name: &str, namespace: &str) -> Context {
    let place = place(namespace);
    let fields = [place.endpoint.form_text(), place.workspace.as_str(), namespace, ""];
    Context { name: name.to_owned(), fields: fields.map(str::to_owned), place: Some(place) }
}

/// Two contexts with a savepoint each, and one without any.
fn stage(width: u16, height: u16) -> Stage {
    let mut stage = Stage::watching(width, height, &[A]);
    let id = SavepointId::new(B).unwrap();
    stage.state.watch(vec![Target { place: place("staging-default"), id }]);
    stage.state.settings.contexts = vec![
        context("prod", "prod-default"),
        context("staging", "staging-default"),
        context("spare", "spare-default"),
    ];
    stage
}

#[test]
fn the_screen_calls_places_by_their_names() {
    let mut stage = stage(120, 30);
    stage.after(0).see("contexts prod, staging").see("Context     prod");
    stage.keys("o").see("staging · 1 savepoint");
}

#[test]
fn x_goes_to_one_context_and_to_all() {
    let mut stage = stage(120, 30);
    stage.keys("x").see("everything that is watched").see("staging-default");
    insta::assert_snapshot!(stage.screen());
    stage
        .keys("Down Down Enter")
        .see("only staging")
        .see("1 of 2 savepoints")
        .see("only context staging");
    stage.see("1d716b22").miss("354dde66");
    stage.keys("a").see("staging-default").keys("Esc");
    stage.keys("x").text("PRO").keys("Enter").see("only prod").see("354dde66").miss("1d716b22");
    stage.keys("x").text("nobody").keys("Enter").see("name: nobody").keys("Esc").see("1 of 2");
    stage.keys("x Up Enter").see("all that is watched");
    stage.see("2 savepoints").see("354dde66").see("1d716b22");
}

#[test]
fn a_context_without_savepoints_hides_nothing_and_fills_the_form() {
    let mut stage = stage(120, 30);
    stage.keys("x").text("spare").keys("Enter");
    stage.see("nothing of spare is watched so far: a adds to it").see("354dde66").see("1d716b22");
    stage.keys("a").see("spare-default");
    stage.text(C).keys("Enter").see("1 added").see("5af678c0").see("354dde66");
}

#[test]
fn what_is_added_elsewhere_is_seen() {
    let mut stage = stage(120, 30);
    stage.keys("x").text("staging").keys("Enter").miss("354dde66");
    let id = SavepointId::new(C).unwrap();
    stage.state.watch(vec![Target { place: place("other"), id }]);
    stage.after(0).see("5af678c0").see("354dde66").see("3 savepoints");
}

#[test]
fn an_emptied_context_says_the_way_out() {
    let mut stage = stage(120, 30);
    stage.keys("x").text("staging").keys("Enter d").see("0 of 1 savepoints");
    stage.see("x shows other contexts, or all");
    stage.keys("u").see("1 of 2 savepoints");
}

#[test]
fn without_contexts_x_says_where_they_come_from() {
    Stage::watching(120, 30, &[A]).keys("x").see("savepeek config --sample");
}

#[test]
fn no_size_panics() {
    for (width, height) in [(1, 1), (10, 3), (20, 5), (40, 12), (80, 24), (200, 50)] {
        stage(width, height).keys("x Down").text("快照").keys("Esc");
    }
}

#[test]
fn a_name_can_be_pasted() {
    let mut stage = stage(120, 30);
    stage.keys("x").paste("stag\n").keys("Enter").see("only staging");
}
