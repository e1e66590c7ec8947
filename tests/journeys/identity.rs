//! The identity that signs requests, at the top of the screen.

use jiff::{SignedDuration, Timestamp};
use ratatui::style::Color;
use savepeek::api::{Cause, Error, Identity};
use savepeek::domain::savepoint::Profile;
use savepeek::poller::Event;
use savepeek::tui::effect::Effect;
use savepeek::tui::message::{Message, Outcome};
use savepeek::tui::update::Redraw;

use crate::harness::{Harness, START, answer, identity, target, unavailable};

fn start() -> Timestamp {
    START.parse().unwrap()
}

/// Temporary keys that expire after these seconds.
fn lasting(seconds: i64) -> Identity {
    let expires_at = Some(start() + SignedDuration::from_secs(seconds));
    Identity { expires_at, ..identity("profile \"ops\"") }
}

fn with_identity(width: u16, known: Result<Identity, String>) -> Harness {
    let mut harness = Harness::watching(width, 24, &["sp-0001"]);
    harness.send(Message::Done(Outcome::Identity(None, known)));
    harness
}

/// The second line, without its freshness.
fn identity_line(harness: &Harness) -> String {
    let screen = harness.screen();
    let line = screen.lines().nth(1).unwrap();
    line.split_once("first time").map_or(line, |(_, rest)| rest).trim().to_owned()
}

#[rstest::rstest]
#[case::permanent(80, identity("environment"), "LTAI…MPLE · environment")]
#[case::temporary(80, lasting(41 * 60), "LTAI…MPLE · profile ops · 41 min left")]
#[case::for_hours(80, lasting(12_000), "LTAI…MPLE · profile ops · 3 h 20 min left")]
#[case::soon(80, lasting(299), "LTAI…MPLE · profile ops · 4 min left")]
#[case::very_soon(80, lasting(59), "LTAI…MPLE · profile ops · under 1 min left")]
#[case::expired(80, lasting(0), "LTAI…MPLE · profile ops · expired")]
#[case::permanent_from_a_file_that_cannot_be_read(
    100,
    Identity { renewal_error: Some("is damaged".to_owned()), ..identity("profile ops") },
    "LTAI…MPLE · profile ops · not read again"
)]
#[case::renewal_error(
    100,
    Identity { renewal_error: Some("STS: no".to_owned()), ..lasting(600) },
    "LTAI…MPLE · profile ops · 10 min left, not renewed"
)]
#[case::narrow_without_the_provider(60, lasting(41 * 60), "LTAI…MPLE · 41 min left")]
#[case::narrower_without_anything(45, lasting(41 * 60), "")]
#[case::narrow_with_a_warning(45, lasting(0), "keys expired")]
#[case::hostile_name(
    80,
    identity("profile \"a\u{1b}[31m\u{202e}\""),
    "LTAI…MPLE · profile a\\x1b[31m\\u{202e}"
)]
fn header_shows_the_identity(#[case] width: u16, #[case] known: Identity, #[case] words: &str) {
    assert_eq!(identity_line(&with_identity(width, Ok(known))), words);
}

#[test]
fn expiring_credentials_are_highlighted() {
    for (known, worry) in [(lasting(301), false), (lasting(299), true), (lasting(-5), true)] {
        let harness = with_identity(80, Ok(known));
        let last = &harness.buffer()[(78, 1)];
        assert_eq!(last.bg == Color::Yellow, worry, "{}", harness.screen());
    }
}

#[rstest::rstest]
#[case::narrow(80)]
#[case::wide(120)]
fn rejected_credentials_show_their_provider(#[case] width: u16) {
    let mut harness = with_identity(width, Ok(identity("environment")));
    let code = Some("InvalidAccessKeyId.NotFound".to_owned());
    let refused = Error { code, ..Error::local(Cause::CredentialsRejected, "no") };
    harness.polled("sp-0001", Err(refused));
    harness.state.feeds.get_index_mut(0).unwrap().1.next_at = None;
    harness.state.derive();
    harness.after(1).assert_screen("▲ waiting for you: credentials refused (");
    let line = identity_line(&harness);
    assert!(line.ends_with("LTAI…MPLE · environment"), "{line}");
    // A failure that has nothing to do with the identity is shown in full.
    harness.polled("sp-0001", Err(unavailable()));
    let line = identity_line(&harness);
    assert_eq!(line.contains("LTAI"), width > 80, "{line}");
}

#[test]
fn missing_identity_is_shown() {
    assert_eq!(
        identity_line(&with_identity(80, Err("set some keys".to_owned()))),
        "no credentials"
    );
}

#[test]
fn identity_is_resolved_once_a_minute_while_polling() {
    let at = |seconds| start() + SignedDuration::from_secs(seconds);
    let mut harness = with_identity(80, Ok(lasting(3600)));
    harness.effects();
    harness.clock(at(59));
    assert_eq!(harness.effects(), []);
    harness.clock(at(60)).clock(at(61)).clock(at(119));
    assert_eq!(
        harness.effects(),
        [Effect::Identify(None)],
        "once, although there is no answer yet"
    );
    harness.send(Message::Done(Outcome::Identity(None, Ok(lasting(7200)))));
    harness.assert_screen("1 h 58 min left");
    harness.send(Message::Poller(Event::Paused)).clock(at(300));
    assert_eq!(
        harness.effects().iter().filter(|effect| matches!(effect, Effect::Identify(_))).count(),
        0
    );
}

#[test]
fn unchanged_identity_needs_no_redraw() {
    let mut harness = with_identity(80, Ok(lasting(3600)));
    assert_eq!(harness.redraw, Redraw::Now);
    harness.send(Message::Done(Outcome::Identity(None, Ok(lasting(3600)))));
    assert_eq!(harness.redraw, Redraw::Later);
}

#[test]
fn demo_does_not_use_the_users_identity() {
    let mut harness = with_identity(80, Err("set some keys".to_owned()));
    harness.state.demo_endpoint = Some(target("sp-0001").place.endpoint);
    harness.clock(start());
    assert_eq!(identity_line(&harness), "");
}

#[test]
fn header_shows_the_selected_savepoints_profile() {
    let mut harness = with_identity(100, Ok(identity("environment")));
    let mut theirs = target("sp-0002");
    theirs.place.profile = Some(Profile::new("ops").unwrap());
    harness.watch(vec![theirs.clone()]);
    harness.effects();
    harness.state.list.selected = Some(theirs.clone());
    harness.clock(start());
    assert_eq!(harness.effects(), [Effect::Identify(theirs.place.profile.clone())]);
    assert_eq!(identity_line(&harness), "", "this profile's identity is not known yet");
    harness.send(Message::Done(Outcome::Identity(theirs.place.profile, Ok(lasting(3600)))));
    assert_eq!(identity_line(&harness), "LTAI…MPLE · profile ops · 1 h 00 min left");
}

#[test]
fn refresh_rejection_and_recovery_resolve_the_identity() {
    let asked = |harness: &mut Harness| {
        harness.effects().iter().filter(|it| matches!(it, Effect::Identify(_))).count()
    };
    let mut harness = with_identity(80, Ok(lasting(3600)));
    harness.after(5).effects();
    harness.keys("r r R");
    assert_eq!(asked(&mut harness), 1, "at once, and only once");
    harness.after(5).polled("sp-0001", Ok(answer("sp-0001", "STARTED")));
    assert_eq!(asked(&mut harness), 0);
    let refused = || Err(Error::local(Cause::CredentialsRejected, "no"));
    harness.after(5).polled("sp-0001", refused());
    assert_eq!(asked(&mut harness), 1);
    harness.after(5).polled("sp-0001", refused());
    assert_eq!(asked(&mut harness), 0);
    harness.after(5).polled("sp-0001", Ok(answer("sp-0001", "STARTED")));
    assert_eq!(asked(&mut harness), 1);
}
