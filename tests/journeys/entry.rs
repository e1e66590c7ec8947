//! The form: from an empty screen to watched savepoints.

use savepeek::config::context::PlaceFields;
use savepeek::domain::savepoint::Profile;
use savepeek::poller::Command;
use savepeek::tui::effect::Effect;
use savepeek::tui::message::{Message, Outcome};
use savepeek::tui::model::{Overlay, State};

use crate::harness::{Harness, identity, target};

const A: &str = "354dde66-a3ae-463e-967a-0b4107fd0001";
const B: &str = "4b1f0c57-91d8-4d52-8e0c-6f2b7c1d0002";

fn entry() -> Harness {
    let mut harness = Harness::new(80, 24);
    harness.state.defaults = PlaceFields::new("cn-hangzhou", "a14bd5d90a0001", "prod-default", "");
    harness.keys("a");
    harness
}

fn watched(state: &State) -> Vec<String> {
    state.feeds.keys().map(|target| target.id.to_string()).collect()
}

#[test]
fn the_form_is_filled_with_what_is_known_and_waits_for_ids() {
    let mut harness = entry();
    harness.send(Message::Done(Outcome::Identity(None, Ok(identity("profile \"prod\"")))));
    insta::assert_snapshot!(harness.screen());
}

#[test]
fn missing_credentials_show_how_to_provide_them_and_the_demo() {
    let mut harness = entry();
    let why = "set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or run `aliyun configure`";
    harness.send(Message::Done(Outcome::Identity(None, Err(why.to_owned()))));
    harness
        .assert_screen("no credentials")
        .assert_screen("ALIBABA_CLOUD_ACCESS_KEY_ID")
        .assert_screen("aliyun configure")
        .assert_screen("F2 opens the demo");
    harness.keys("F2");
    assert_eq!(harness.effects(), [Effect::OpenDemo]);
    harness.send(Message::Done(Outcome::Demo(Ok(vec![target(A)]))));
    assert_eq!(harness.effects(), [Effect::Poller(Command::watch(vec![target(A)]))]);
}

#[test]
fn pasted_ids_are_parsed_merged_and_watched() {
    let mut harness = entry();
    harness.paste(&format!("Savepoint {A} COMPLETED,\r\n\"{B}\" {A}"));
    harness.assert_screen("2 savepoint IDs found").assert_screen("no savepoint ID: COMPLETED");
    harness.keys("Enter");
    assert_eq!(harness.effects(), [Effect::Poller(Command::watch(vec![target(A), target(B)]))]);
    assert_eq!(watched(&harness.state), [A, B]);
    harness.assert_screen("2 added").assert_screen("COMPLETED");
}

#[test]
fn another_profile_is_another_place() {
    let mut harness = entry();
    harness.send(Message::Done(Outcome::Identity(None, Ok(identity("environment")))));
    harness.assert_screen("the default credentials").assert_screen("credentials: LTAI…MPLE");
    harness.paste(A).keys("Enter").keys("a").paste(A).keys("Tab Tab Tab Tab").text("ops");
    harness.assert_not_on_screen("credentials: LTAI");
    harness.keys("Enter").assert_screen("1 added").assert_screen("- 2");
    let profiles: Vec<_> = harness.state.feeds.keys().map(|it| it.place.profile.clone()).collect();
    assert_eq!(profiles, [None, Some(Profile::new("ops").unwrap())]);
    harness.keys("/").text("OPS").keys("Enter");
    assert_eq!(harness.state.list.rows().len(), 1);
    harness
        .keys("Enter")
        .assert_screen("Profile     ops")
        .keys("a")
        .assert_screen("Profile        ops");
}

#[test]
fn small_screen_shows_the_focused_field_and_its_error() {
    let mut harness = Harness::new(40, 10);
    harness.state.defaults = PlaceFields::new("cn-hangzhou", "a14bd5d90a0001", "prod-default", "");
    harness.keys("a").assert_screen(">Savepoints");
    harness.paste(A).keys("Tab").keys("Ctrl-u").text("http://example.com").keys("Enter");
    harness.assert_screen(">Region").assert_screen("plain http").assert_screen("Esc back");
    harness
        .keys("Tab")
        .assert_screen(">Workspace")
        .keys("Tab Tab Tab")
        .assert_screen(">Savepoints");
}

#[test]
fn invalid_field_shows_its_error_and_keeps_the_input() {
    let mut harness = entry();
    harness.paste(A).keys("Tab").keys("Ctrl-u").text("http://example.com").keys("Enter");
    harness
        .assert_screen("plain http to example.com is refused")
        .assert_screen("1 savepoint ID found");
    assert_eq!(harness.effects(), []);
    harness.keys("Ctrl-u").text("cn-beijing").keys("Enter").assert_not_on_screen("refused");
    assert_eq!(harness.state.places().next().unwrap().endpoint.to_string(), "cn-beijing");
}

#[test]
fn the_same_id_in_another_namespace_is_another_savepoint() {
    let mut harness = Harness::watching(120, 40, &[A]);
    harness.paste(A).keys("Tab Tab Tab Ctrl-u").text("staging").keys("Enter");
    assert_eq!(harness.state.feeds.len(), 2);
    harness.assert_screen("prod-default, staging");
}

#[test]
fn watched_savepoint_is_not_subscribed_twice() {
    let mut harness = Harness::watching(120, 40, &[A]);
    harness.paste(&format!("{A} {B}")).keys("Enter").assert_screen("1 added, 1 already watched");
    assert_eq!(harness.effects(), [Effect::Poller(Command::watch(vec![target(B)]))]);
}

#[test]
fn paste_over_the_panes_opens_the_form() {
    let mut harness = Harness::watching(120, 40, &[A]);
    harness.paste(B).assert_screen("1 savepoint ID found").keys("Esc");
    assert!(harness.state.overlay.is_none());
    assert_eq!(watched(&harness.state), [A]);
}

#[test]
fn pasted_escape_sequences_have_no_effect() {
    let mut harness = entry();
    harness.paste(&format!("\x1b]0;owned\x07{A}\x1b[31m\u{202e}"));
    assert!(
        matches!(&harness.state.overlay, Some(Overlay::Form(form)) if !form.ids.value().contains('\x1b'))
    );
    assert!(!harness.screen().contains(['\x1b', '\u{202e}']));
}

#[test]
fn word_keys_keep_the_typed_text() {
    let mut harness = entry();
    harness.text("one two").keys("Alt-b").text("x-");
    assert!(
        matches!(&harness.state.overlay, Some(Overlay::Form(form)) if form.ids.value() == "one x-two")
    );
    // Any other Alt key is Esc and the key.
    harness.keys("Alt-x");
    assert!(harness.state.overlay.is_none());
}

#[test]
fn demo_savepoints_are_never_saved() {
    let mut harness = entry();
    harness.keys("F2").send(Message::Done(Outcome::Demo(Ok(vec![target(A)]))));
    harness.edits();
    harness.paste(B).keys("Enter").assert_screen("1 added");
    harness.keys("m").text("mine").keys("Enter");
    assert_eq!(harness.edits(), []);
}
