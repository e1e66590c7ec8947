//! Places with a name: shown by it, and selected with `x`.

use savepeek::config::context::{Context, PlaceFields};
use savepeek::domain::savepoint::{Namespace, Place, SavepointId, Target};
use savepeek::tui::message::{Message, Outcome};

use crate::harness::{Harness, answer, target};

const A: &str = "354dde66-a3ae-463e-967a-0b4107fd0001";
const B: &str = "1d716b22-6aad-4be2-85c2-50cfc7570002";
const C: &str = "5af678c0-7db0-4650-94c2-d2604f0a0003";

fn place(namespace: &str) -> Place {
    Place { namespace: Namespace::new(namespace).unwrap(), ..target(A).place }
}

fn context(name: &str, namespace: &str) -> Context {
    let place = place(namespace);
    let fields = PlaceFields::from(&place);
    Context { name: name.to_owned(), fields, place: Some(place) }
}

impl Harness {
    /// Asserts that the marked line of the dialog has a text.
    #[track_caller]
    fn assert_marked(&mut self, text: &str) -> &mut Self {
        let screen = self.screen();
        let marked = screen.split('│').any(|part| part.starts_with("> ") && part.contains(text));
        assert!(marked, "{text:?} is not marked on:\n{screen}");
        self
    }
}

/// Two contexts with a savepoint each, and one without any.
fn harness(width: u16, height: u16) -> Harness {
    let mut harness = Harness::watching(width, height, &[A]);
    let id = SavepointId::new(B).unwrap();
    harness.watch(vec![Target { place: place("staging-default"), id }]);
    harness.state.settings.contexts = vec![
        context("prod", "prod-default"),
        context("staging", "staging-default"),
        context("spare", "spare-default"),
    ];
    harness
}

#[test]
fn places_are_shown_by_context_name() {
    let mut harness = harness(120, 30);
    harness.after(0).assert_screen("contexts prod, staging").assert_screen("Context     prod");
    harness.keys("o").assert_screen("staging · 1 savepoint");
}

#[test]
fn x_switches_to_one_context_and_to_all() {
    let mut harness = harness(120, 30);
    harness.keys("x").assert_screen("everything that is watched").assert_screen("staging-default");
    insta::assert_snapshot!(harness.screen());
    harness
        .keys("Down Down Enter")
        .assert_screen("only staging")
        .assert_screen("1 of 2 savepoints")
        .assert_screen("only context staging");
    harness.assert_screen("1d716b22").assert_not_on_screen("354dde66");
    harness.keys("a").assert_screen("staging-default").keys("Esc");
    harness
        .keys("x")
        .text("PRO")
        .keys("Enter")
        .assert_screen("only prod")
        .assert_screen("354dde66")
        .assert_not_on_screen("1d716b22");
    harness
        .keys("x")
        .text("nobody")
        .keys("Enter")
        .assert_screen("name: nobody")
        .keys("Esc")
        .assert_screen("1 of 2");
    harness.keys("x Up Enter").assert_screen("all that is watched");
    harness.assert_screen("2 savepoints").assert_screen("354dde66").assert_screen("1d716b22");
}

#[test]
fn all_is_a_choice_and_no_match_is_shown() {
    let mut harness = harness(120, 30);
    harness.keys("x").text("staging").keys("Enter").assert_screen("only staging");
    harness.keys("x").text("ALL").assert_marked("everything that is watched");
    harness.keys("Enter").assert_screen("all that is watched").assert_screen("2 savepoints");
    harness
        .keys("x")
        .text("a")
        .assert_marked("staging")
        .assert_screen("everything that is watched")
        .keys("Esc");
    harness.keys("x").text("nobody").assert_screen("no context is called so; Esc goes back");
    harness
        .keys("Enter")
        .assert_screen("no context is called so")
        .keys("Esc")
        .assert_not_on_screen("no context");
}

#[test]
fn header_counts_cover_all_and_say_so_in_a_context() {
    let mut harness = harness(80, 24);
    harness
        .polled(A, Ok(answer(A, "COMPLETED")))
        .assert_screen("✓ 1")
        .assert_not_on_screen("of all");
    harness.keys("x").text("staging").keys("Enter").assert_screen("only context staging");
    harness.assert_screen("of all: ✓ 1  - 1");
    let mut one = Harness::watching(80, 24, &[A]);
    one.state.settings.contexts = vec![context("prod", "prod-default")];
    one.keys("x Down Enter").assert_screen(" context prod").assert_not_on_screen("of all");
}

#[test]
fn empty_context_is_shown() {
    let mut harness = harness(120, 30);
    harness.keys("Enter x").text("spare").keys("Enter");
    harness
        .assert_screen("only spare")
        .assert_screen("only context spare")
        .assert_not_on_screen("354dde66")
        .assert_not_on_screen("1d716b22");
    harness
        .assert_screen("nothing of spare is watched: a adds, b browses, x leaves it")
        .assert_screen("0 of 2");
    harness.keys("b").assert_screen("> spare").assert_marked("spare-default").keys("Esc");
    harness.keys("a").assert_screen("spare-default");
    harness
        .text(C)
        .keys("Enter")
        .assert_screen("1 added")
        .assert_screen("5af678c0")
        .assert_not_on_screen("354dde66")
        .assert_screen("1 of 3");
    harness
        .keys("x")
        .assert_marked("spare")
        .keys("Up Up Up Enter")
        .assert_screen("all that is watched");
    harness
        .assert_screen("3 savepoints")
        .assert_screen("354dde66")
        .assert_screen("contexts prod, spare, staging");
}

#[test]
fn initial_context_stays_until_another_is_chosen() {
    let mut harness = harness(120, 30);
    harness.state.list.scope = Some(context("prod", "prod-default"));
    harness.state.derive();
    harness
        .after(0)
        .assert_screen("only context prod")
        .assert_screen("354dde66")
        .assert_not_on_screen("1d716b22");
    harness.keys("x").assert_marked("prod").keys("Enter").assert_screen("only prod");
    harness.keys("b").assert_marked("prod-default").keys("Esc");
    harness
        .keys("d")
        .assert_screen("0 of 1")
        .assert_screen("nothing of prod is watched")
        .keys("x")
        .assert_marked("prod");
}

#[test]
fn context_that_hides_nothing_is_not_marked_as_only() {
    let mut harness = Harness::watching(120, 30, &[A]);
    harness.state.settings.contexts = vec![context("prod", "prod-default")];
    harness
        .keys("x Down Enter")
        .assert_screen(" context prod")
        .assert_not_on_screen("only context")
        .assert_screen("1 of 1");
}

#[test]
fn partial_context_includes_all_matching_places() {
    let mut harness = harness(120, 30);
    let fields = PlaceFields::new("cn-hangzhou", "a14bd5d90a0001", "", "");
    let other = PlaceFields::new("cn-shanghai", "", "", "");
    harness.state.settings.contexts = vec![
        Context { name: "workspace".to_owned(), fields, place: None },
        Context { name: "elsewhere".to_owned(), fields: other, place: None },
    ];
    harness
        .keys("x Down Enter")
        .assert_screen("2 of 2")
        .assert_screen("354dde66")
        .assert_screen("1d716b22");
    harness
        .keys("x Down Enter")
        .assert_screen("nothing of elsewhere is watched")
        .assert_not_on_screen("354dde66");
}

#[test]
fn following_outside_the_context_leaves_it() {
    let mut harness = harness(120, 30);
    harness.polled(A, Ok(answer(A, "COMPLETED"))).keys("G f");
    harness.assert_screen("following").keys("f").assert_screen("no longer followed");
    harness.keys("x").text("staging").keys("Enter").assert_screen("only context staging");
    harness
        .keys("u")
        .assert_screen("following")
        .assert_not_on_screen("only context")
        .assert_screen("354dde66");
}

#[test]
fn adding_outside_the_context_leaves_it() {
    let mut harness = harness(120, 30);
    harness.keys("x").text("staging").keys("Enter").assert_not_on_screen("354dde66");
    let id = SavepointId::new(C).unwrap();
    harness.watch(vec![Target { place: place("other"), id }]);
    harness
        .after(0)
        .assert_screen("5af678c0")
        .assert_screen("354dde66")
        .assert_screen("3 savepoints");
}

#[test]
fn emptied_context_shows_the_way_out() {
    let mut harness = harness(120, 30);
    harness.keys("x").text("staging").keys("Enter d").assert_screen("0 of 1 savepoints");
    harness.assert_screen("nothing of staging is watched: a adds, b browses, x leaves it");
    harness.keys("u").assert_screen("1 of 2 savepoints");
}

#[test]
fn footer_offers_contexts_if_there_are_any() {
    harness(200, 50).after(0).assert_screen(" x context");
    Harness::watching(200, 50, &[A])
        .after(0)
        .assert_screen(" ? help")
        .assert_not_on_screen(" x context");
}

#[test]
fn demo_has_no_contexts() {
    let mut harness = Harness::new(120, 30);
    harness.send(Message::Done(Outcome::Demo(Ok(vec![target(A)])))).after(20);
    harness
        .keys("x")
        .assert_screen("the demo has no contexts")
        .assert_not_on_screen("configuration");
}

#[test]
fn x_without_contexts_explains_the_config() {
    Harness::watching(120, 30, &[A]).keys("x").assert_screen("savepeek config --sample");
}

#[test]
fn no_window_size_panics() {
    for (width, height) in [(1, 1), (10, 3), (20, 5), (40, 12), (80, 24), (200, 50)] {
        harness(width, height).keys("x Down").text("快照").keys("Esc");
    }
}

#[test]
fn context_name_can_be_pasted() {
    let mut harness = harness(120, 30);
    harness.keys("x").paste("stag\n").keys("Enter").assert_screen("only staging");
}
