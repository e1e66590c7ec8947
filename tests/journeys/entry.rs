//! From an empty screen to something that is watched.

use savepeek::domain::savepoint::Profile;
use savepeek::tui::effect::Effect;
use savepeek::tui::message::{Message, Outcome};
use savepeek::tui::model::{Overlay, State};

use crate::stage::{Harness, identity, target};

const A: &str = "354dde66-a3ae-463e-967a-0b4107fd0001";
const B: &str = "4b1f0c57-91d8-4d52-8e0c-6f2b7c1d0002";

fn entry() -> Harness {
    let mut stage = Harness::new(80, 24);
    stage.state.defaults = ["cn-hangzhou", "a14bd5d90a0001", "prod-default", ""].map(str::to_owned);
    stage.keys("a");
    stage
}

fn watched(state: &State) -> Vec<String> {
    state.feeds.keys().map(|target| target.id.to_string()).collect()
}

#[test]
fn the_form_is_filled_with_what_is_known_and_waits_for_ids() {
    let mut stage = entry();
    stage.send(Message::Done(Outcome::Identity(None, Ok(identity("profile \"prod\"")))));
    insta::assert_snapshot!(stage.screen());
}

#[test]
fn missing_credentials_are_said_with_the_ways_to_provide_them_and_the_demo() {
    let mut stage = entry();
    let why = "set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or run `aliyun configure`";
    stage.send(Message::Done(Outcome::Identity(None, Err(why.to_owned()))));
    stage
        .see("no credentials")
        .see("ALIBABA_CLOUD_ACCESS_KEY_ID")
        .see("aliyun configure")
        .see("F2 opens the demo");
    stage.keys("F2");
    assert_eq!(stage.effects(), [Effect::OpenDemo]);
    stage.send(Message::Done(Outcome::Demo(Ok(vec![target(A)]))));
    assert_eq!(stage.effects(), [Effect::Watch(vec![target(A)])]);
}

#[test]
fn pasted_ids_are_understood_merged_and_watched() {
    let mut stage = entry();
    stage.paste(&format!("Savepoint {A} COMPLETED,\r\n\"{B}\" {A}"));
    stage.see("2 savepoint IDs found").see("no savepoint ID: COMPLETED");
    stage.keys("Enter");
    assert_eq!(stage.effects(), [Effect::Watch(vec![target(A), target(B)])]);
    assert_eq!(watched(&stage.state), [A, B]);
    stage.see("2 added").see("COMPLETED");
}

#[test]
fn a_profile_makes_another_place() {
    let mut stage = entry();
    stage.send(Message::Done(Outcome::Identity(None, Ok(identity("environment")))));
    stage.see("the default credentials").see("credentials: LTAI…MPLE");
    stage.paste(A).keys("Enter").keys("a").paste(A).keys("Tab Tab Tab Tab").text("ops");
    stage.miss("credentials: LTAI");
    stage.keys("Enter").see("1 added").see("- 2");
    let profiles: Vec<_> = stage.state.feeds.keys().map(|it| it.place.profile.clone()).collect();
    assert_eq!(profiles, [None, Some(Profile::new("ops").unwrap())]);
    stage.keys("/").text("OPS").keys("Enter");
    assert_eq!(stage.state.list.rows().len(), 1);
    stage.keys("Enter").see("Profile     ops").keys("a").see("Profile        ops");
}

#[test]
fn on_a_small_screen_the_field_one_is_in_and_what_is_wrong_are_seen() {
    let mut stage = Harness::new(40, 10);
    stage.state.defaults = ["cn-hangzhou", "a14bd5d90a0001", "prod-default", ""].map(str::to_owned);
    stage.keys("a").see(">Savepoints");
    stage.paste(A).keys("Tab").keys("Ctrl-u").text("http://example.com").keys("Enter");
    stage.see(">Region").see("plain http").see("Esc back");
    stage.keys("Tab").see(">Workspace").keys("Tab Tab Tab").see(">Savepoints");
}

#[test]
fn a_field_that_is_wrong_says_so_and_nothing_is_lost() {
    let mut stage = entry();
    stage.paste(A).keys("Tab").keys("Ctrl-u").text("http://example.com").keys("Enter");
    stage.see("plain http to example.com is refused").see("1 savepoint ID found");
    assert_eq!(stage.effects(), []);
    stage.keys("Ctrl-u").text("cn-beijing").keys("Enter").miss("refused");
    assert_eq!(stage.state.places[0].endpoint.to_string(), "cn-beijing");
}

#[test]
fn the_same_id_in_another_namespace_is_another_savepoint() {
    let mut stage = Harness::watching(120, 40, &[A]);
    stage.paste(A).keys("Tab Tab Tab Ctrl-u").text("staging").keys("Enter");
    assert_eq!(stage.state.feeds.len(), 2);
    stage.see("prod-default, staging");
    stage.keys("a Tab Tab Tab").paste(A).keys("Enter");
}

#[test]
fn what_is_watched_already_is_not_asked_for_twice() {
    let mut stage = Harness::watching(120, 40, &[A]);
    stage.paste(&format!("{A} {B}")).keys("Enter").see("1 added, 1 already watched");
    assert_eq!(stage.effects(), [Effect::Watch(vec![target(B)])]);
}

#[test]
fn a_paste_over_the_panes_opens_the_form_with_it() {
    let mut stage = Harness::watching(120, 40, &[A]);
    stage.paste(B).see("1 savepoint ID found").keys("Esc");
    assert!(stage.state.overlay.is_none());
    assert_eq!(watched(&stage.state), [A]);
}

#[test]
fn a_paste_with_escape_sequences_cannot_act() {
    let mut stage = entry();
    stage.paste(&format!("\x1b]0;owned\x07{A}\x1b[31m\u{202e}"));
    assert!(
        matches!(&stage.state.overlay, Some(Overlay::Form(form)) if !form.ids.value().contains('\x1b'))
    );
    assert!(!stage.screen().contains(['\x1b', '\u{202e}']));
}

#[test]
fn a_key_that_goes_by_the_word_loses_nothing_that_was_typed() {
    let mut stage = entry();
    stage.text("one two").keys("Alt-b").text("x-");
    assert!(
        matches!(&stage.state.overlay, Some(Overlay::Form(form)) if form.ids.value() == "one x-two")
    );
    // Any other is Esc and a key.
    stage.keys("Alt-x");
    assert!(stage.state.overlay.is_none());
}

#[test]
fn the_demos_savepoints_are_not_kept_however_they_come() {
    let mut stage = entry();
    stage.keys("F2").send(Message::Done(Outcome::Demo(Ok(vec![target(A)]))));
    stage.edits();
    stage.paste(B).keys("Enter").see("1 added");
    stage.keys("m").text("mine").keys("Enter");
    assert_eq!(stage.edits(), []);
}
