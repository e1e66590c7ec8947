//! The clock, and times of the service, at both ends of the range of timestamps.

use jiff::{SignedDuration, Timestamp};
use rstest::rstest;
use savepeek::poller::{Event, Poll};
use savepeek::tui::message::{Message, Outcome};

use crate::harness::{Harness, answer, failed, target};

const A: &str = "354dde66-a3ae-463e-967a-0b4107fd0001";
const B: &str = "4b1f0c57-91d8-4d52-8e0c-6f2b7c1d0002";

fn polled(harness: &mut Harness, id: &str, word: &str, at: Timestamp, next_at: Option<Timestamp>) {
    let mut answer = if word == "FAILED" { failed(id, 3) } else { answer(id, word) };
    answer.savepoint.created_at = Some(at);
    answer.savepoint.modified_at = next_at;
    let poll = Poll { target: target(id), result: Ok(answer), received_at: at, next_at };
    harness.send(Message::Poller(Event::Polled(Box::new(poll))));
}

#[rstest]
#[case::the_last(Timestamp::MAX, Timestamp::MIN)]
#[case::the_first(Timestamp::MIN, Timestamp::MAX)]
fn screen_draws_at_any_timestamp(#[case] now: Timestamp, #[case] other: Timestamp) {
    let mut harness = Harness::watching(120, 40, &[A, B]);
    harness.clock(now);
    for at in [now, other] {
        for next_at in [None, Some(now), Some(other)] {
            polled(&mut harness, A, "STARTED", at, next_at);
            polled(&mut harness, B, "FAILED", at, next_at);
            for keys in
                ["j", "Enter", "J", "Esc", "e", "Esc", "y", "Esc", "f", "b", "Esc", "p", "p", "t"]
            {
                harness.keys(keys);
            }
        }
    }
    let near = now.saturating_sub(SignedDuration::from_secs(1)).unwrap();
    for clock in [near, now, other, now] {
        // A notice has an end time.
        let notice = Message::Done(Outcome::CannotSuspend("of a notice".to_owned()));
        harness.clock(clock).send(notice).assert_screen("of a notice");
        // A tick that is not in the future would repeat at once.
        assert!(harness.state.next_tick().is_none_or(|tick| tick > harness.state.now));
    }
    harness.assert_screen("savepeek").assert_screen("354dde66");
}
