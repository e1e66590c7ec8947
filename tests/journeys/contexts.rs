//! Places with a name: shown by it, and gone to with `x`.

use savepeek::config::context::Context;
use savepeek::domain::savepoint::{Namespace, Place, SavepointId, Target};
use savepeek::tui::message::{Message, Outcome};

use crate::stage::{Harness, answer, target};

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

impl Harness {
    /// Asserts that the marked line of what lies over the panes has a text.
    #[track_caller]
    fn see_marked(&mut self, text: &str) -> &mut Self {
        let screen = self.screen();
        let marked = screen.split('│').any(|part| part.starts_with("> ") && part.contains(text));
        assert!(marked, "{text:?} is not marked on:\n{screen}");
        self
    }
}

/// Two contexts with a savepoint each, and one without any.
fn stage(width: u16, height: u16) -> Harness {
    let mut stage = Harness::watching(width, height, &[A]);
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
fn all_is_found_by_its_name_and_what_is_not_found_is_said() {
    let mut stage = stage(120, 30);
    stage.keys("x").text("staging").keys("Enter").see("only staging");
    stage.keys("x").text("ALL").see_marked("everything that is watched");
    stage.keys("Enter").see("all that is watched").see("2 savepoints");
    stage.keys("x").text("a").see_marked("staging").see("everything that is watched").keys("Esc");
    stage.keys("x").text("nobody").see("no context is called so; Esc goes back");
    stage.keys("Enter").see("no context is called so").keys("Esc").miss("no context");
}

#[test]
fn the_header_s_counts_are_of_all_and_in_a_context_say_so() {
    let mut stage = stage(80, 24);
    stage.polled(A, Ok(answer(A, "COMPLETED"))).see("✓ 1").miss("of all");
    stage.keys("x").text("staging").keys("Enter").see("only context staging");
    stage.see("of all: ✓ 1  - 1");
    let mut one = Harness::watching(80, 24, &[A]);
    one.state.settings.contexts = vec![context("prod", "prod-default")];
    one.keys("x Down Enter").see(" context prod").miss("of all");
}

#[test]
fn a_context_without_savepoints_is_shown_as_it_is() {
    let mut stage = stage(120, 30);
    stage.keys("Enter x").text("spare").keys("Enter");
    stage.see("only spare").see("only context spare").miss("354dde66").miss("1d716b22");
    stage.see("nothing of spare is watched: a adds, b browses, x leaves it").see("0 of 2");
    stage.keys("b").see("> spare").see_marked("spare-default").keys("Esc");
    stage.keys("a").see("spare-default");
    stage.text(C).keys("Enter").see("1 added").see("5af678c0").miss("354dde66").see("1 of 3");
    stage.keys("x").see_marked("spare").keys("Up Up Up Enter").see("all that is watched");
    stage.see("3 savepoints").see("354dde66").see("contexts prod, spare, staging");
}

#[test]
fn the_context_that_it_starts_with_holds_until_another_is_chosen() {
    let mut stage = stage(120, 30);
    stage.state.list.scope = Some(context("prod", "prod-default"));
    stage.state.derive();
    stage.after(0).see("only context prod").see("354dde66").miss("1d716b22");
    stage.keys("x").see_marked("prod").keys("Enter").see("only prod");
    stage.keys("b").see_marked("prod-default").keys("Esc");
    stage.keys("d").see("0 of 1").see("nothing of prod is watched").keys("x").see_marked("prod");
}

#[test]
fn a_context_that_hides_nothing_does_not_say_only() {
    let mut stage = Harness::watching(120, 30, &[A]);
    stage.state.settings.contexts = vec![context("prod", "prod-default")];
    stage.keys("x Down Enter").see(" context prod").miss("only context").see("1 of 1");
}

#[test]
fn a_context_that_is_no_place_has_all_that_it_does_not_exclude() {
    let mut stage = stage(120, 30);
    let fields = ["cn-hangzhou", "a14bd5d90a0001", "", ""].map(str::to_owned);
    let other = ["cn-shanghai", "", "", ""].map(str::to_owned);
    stage.state.settings.contexts = vec![
        Context { name: "workspace".to_owned(), fields, place: None },
        Context { name: "elsewhere".to_owned(), fields: other, place: None },
    ];
    stage.keys("x Down Enter").see("2 of 2").see("354dde66").see("1d716b22");
    stage.keys("x Down Enter").see("nothing of elsewhere is watched").miss("354dde66");
}

#[test]
fn what_is_followed_elsewhere_is_seen() {
    let mut stage = stage(120, 30);
    stage.polled(A, Ok(answer(A, "COMPLETED"))).keys("G f");
    stage.see("following").keys("f").see("no longer followed");
    stage.keys("x").text("staging").keys("Enter").see("only context staging");
    stage.keys("u").see("following").miss("only context").see("354dde66");
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
    stage.see("nothing of staging is watched: a adds, b browses, x leaves it");
    stage.keys("u").see("1 of 2 savepoints");
}

#[test]
fn the_footer_offers_it_where_there_are_contexts() {
    stage(200, 50).after(0).see(" x context");
    Harness::watching(200, 50, &[A]).after(0).see(" ? help").miss(" x context");
}

#[test]
fn the_demo_says_that_it_has_none() {
    let mut stage = Harness::new(120, 30);
    stage.send(Message::Done(Outcome::Demo(Ok(vec![target(A)])))).after(20);
    stage.keys("x").see("the demo has no contexts").miss("configuration");
}

#[test]
fn without_contexts_x_says_where_they_come_from() {
    Harness::watching(120, 30, &[A]).keys("x").see("savepeek config --sample");
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
