//! Polling that is paused, or has ended for good.

use super::*;

#[test]
fn pausing_is_not_paused() {
    let mut harness = one();
    harness.keys("p").assert_screen("pausing");
    assert_eq!(harness.effects(), [Effect::Poller(Command::Pause)]);
    harness
        .send(Message::Poller(Event::Paused))
        .assert_screen("PAUSED since 11:00:00")
        .assert_not_on_screen("live");
    assert_eq!(harness.state.next_tick(), None);
    let paused = harness.screen();
    harness.after(3600);
    assert_eq!(harness.screen(), paused);
    harness.keys("p");
    assert_eq!(harness.effects(), [Effect::Poller(Command::Resume)]);
    harness.send(Message::Poller(Event::Resumed)).assert_screen("stale");
}

#[test]
fn paused_screen_shows_no_polling() {
    let mut harness = one();
    harness.keys("p").send(Message::Resumed);
    assert_eq!(harness.effects(), [Effect::Poller(Command::Pause)]);
    harness.send(Message::Poller(Event::Paused));
    let paused = harness.screen();
    harness.send(Message::Resumed).send(Message::Poller(Event::Woke));
    assert_eq!(harness.effects(), []);
    assert_eq!(harness.screen(), paused);
    harness.send(Message::Poller(Event::Resumed)).send(Message::Resumed);
    assert_eq!(harness.effects(), [Effect::Poller(Command::fetch(vec![target(A)]))]);
}

#[test]
fn dead_poller_stays_dead_despite_earlier_events() {
    for said in [Event::Paused, Event::Resumed] {
        let mut harness = one();
        harness.send(Message::PollerDied("it panicked".to_owned())).send(Message::Poller(said));
        harness
            .assert_screen("NOT LIVE")
            .assert_not_on_screen("PAUSED")
            .assert_not_on_screen("● live");
    }
}

#[test]
fn age_of_a_paused_screen_is_readable_at_80_columns() {
    let mut harness = Harness::watching(80, 24, &[A]);
    harness.polled(A, Ok(answer(A, "STARTED"))).after(5).send(Message::Poller(Event::Paused));
    harness.assert_screen("PAUSED since 11:00:05 +08:00, oldest answer of 11:00:00 (p goes on)");
}

#[test]
fn dead_poller_is_shown() {
    one()
        .send(Message::PollerDied("it panicked".to_owned()))
        .assert_screen("NOT LIVE")
        .assert_screen("it panicked")
        .assert_not_on_screen("● live");
}

#[test]
fn refresh_is_refused_after_the_poller_died() {
    let mut harness = one();
    harness.send(Message::PollerDied("it panicked".to_owned()));
    harness
        .keys("r")
        .assert_screen("nothing can be asked any more")
        .assert_not_on_screen("asking ...");
    assert_eq!(harness.effects(), []);
}
