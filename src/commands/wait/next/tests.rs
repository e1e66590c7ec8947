//! `wait --next` against a script, on tokio's paused clock.

use std::future::pending;
use std::time::Duration;

use rstest::rstest;

use super::*;
use crate::api::{Cause, Unreachable};
use crate::commands::get::tests::request;
use crate::commands::list::tests::{Item, Lists};
use crate::commands::{Output, wait::Until};

const GOAL: Goal = Goal { until: Until::Completed, keep_going: false };
const ID: &str = "9c59b2ca-ad85-46da-8cff-c2c0e8d40303";

const OLD: Item = ("old", "COMPLETED", "USER_REQUEST", 10);
const BEFORE: Item = ("before", "STARTED", "USER_REQUEST", 20);
const NEXT: Item = ("next", "STARTED", "USER_REQUEST", 30);
const LATER: Item = ("later", "STARTED", "USER_REQUEST", 40);

struct Waited {
    out: String,
    err: String,
    outcome: WaitOutcome,
    took: u64,
}

impl Waited {
    /// The events, with the ID of each.
    fn events(&self) -> Vec<String> {
        let lines = self.out.lines().map(|line| serde_json::from_str(line).unwrap());
        let word = |line: &serde_json::Value, key: &str| line[key].as_str().unwrap().to_owned();
        lines.map(|line| word(&line, "savepointId") + " " + &word(&line, "event")).collect()
    }
}

async fn run(lists: Lists, limit: Option<u64>, name: &str, display: Display) -> Waited {
    run_until(lists, limit, name, display, pending()).await
}

async fn run_until(
    lists: Lists,
    limit: Option<u64>,
    name: &str,
    display: Display,
    interrupted: impl Future<Output = u8>,
) -> Waited {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let timeout_total = limit.map(Duration::from_secs);
    let request = Request { timeout_total, ..request(Output::Json, &[]) };
    let began = Instant::now();
    let clock = move || Timestamp::from_second(1_800_000_000).unwrap() + began.elapsed();
    let results = ResultWriter::new(&request, &mut out, &mut err);
    let outcome =
        next(Arc::new(lists), name, GOAL, display, clock, interrupted, results).await.unwrap();
    let [out, err] = [out, err].map(|bytes| String::from_utf8(bytes).unwrap());
    Waited { out, err, outcome, took: began.elapsed().as_secs() }
}

/// It appears in the third response, and is COMPLETED in later ones.
#[expect(clippy::unnecessary_wraps, reason = "it stands beside lists that fail")]
fn appears(nth: usize) -> Result<Vec<Item>, Cause> {
    Ok(match nth {
        0 | 1 => vec![BEFORE, OLD],
        2 => vec![NEXT, BEFORE, OLD],
        _ => vec![("next", "COMPLETED", "USER_REQUEST", 30), BEFORE, OLD],
    })
}

#[tokio::test(start_paused = true)]
async fn only_a_savepoint_that_appears_later_is_waited_for() {
    let waited = run(Lists::new(appears), None, ID, Display::Plain).await;
    assert_eq!((waited.outcome, waited.took), (WaitOutcome::Completed, 20));
    assert_eq!(waited.events(), ["next final"]);
    insta::assert_snapshot!(waited.err, @r"
    savepeek: waiting for the next savepoint of 9c59b2ca-ad85-46da-8cff-c2c0e8d40303
    savepeek: next: appeared after 20 s
    savepeek: next: already COMPLETED
    ");
}

#[rstest]
#[case::the_older_of_two(|nth| Ok(if nth == 0 { vec![OLD] } else { vec![LATER, NEXT, OLD] }), "next")]
#[case::the_first_of_all(|nth| Ok(if nth == 0 { vec![] } else { vec![NEXT] }), "next")]
#[case::not_what_a_deletion_brings_up(
    |nth| Ok(match nth { 0 => vec![BEFORE], 1 | 2 => vec![OLD], _ => vec![LATER, OLD] }), "later"
)]
#[case::without_a_time_by_its_place(
    |nth| Ok(if nth == 0 { vec![OLD] } else { vec![("next", "STARTED", "USER_REQUEST", i64::MAX), OLD] }), "next"
)]
#[tokio::test(start_paused = true)]
async fn the_next_savepoint_is(
    #[case] lives: fn(usize) -> Result<Vec<Item>, Cause>,
    #[case] expected: &str,
) {
    let waited = run(Lists::new(lives), Some(60), ID, Display::Off).await;
    assert_eq!(waited.events().last(), Some(&format!("{expected} timeout")));
    assert_eq!(
        (waited.outcome, waited.took),
        (WaitOutcome::TimedOut, 60),
        "the time is that of both"
    );
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_waited_out_and_reported_once() {
    let lists = Lists::new(|nth| match nth {
        1..500 => Err(Cause::Unreachable(Unreachable::Connect)),
        _ => appears(if nth == 0 { 0 } else { nth - 498 }),
    });
    let waited = run(lists, None, ID, Display::Plain).await;
    assert_eq!(waited.outcome, WaitOutcome::Completed);
    assert!(waited.took > 1000, "{}", waited.took);
    let lines: Vec<_> = waited.err.lines().filter(|line| !line.contains("so far")).collect();
    let lost = format!("savepeek: {ID}: no connection: some ");
    assert!(lines[1].starts_with(&lost), "{lines:#?}");
    assert_eq!(lines[2], format!("savepeek: {ID}: answered again"));
    assert_eq!(lines.len(), 5, "{lines:#?}");
    assert!(waited.err.contains("2 min 10 s so far (no connection)"), "{}", waited.err);
}

fn denied() -> Cause {
    Cause::NoPermission { action: "stream:ListSavepoints".to_owned(), detail: None }
}

#[tokio::test(start_paused = true)]
async fn a_permission_error_ends_the_wait_at_once_or_a_minute_after_an_answer() {
    let never = run(Lists::new(|_| Err(denied())), None, ID, Display::Off).await;
    assert_eq!((never.outcome, never.took), (WaitOutcome::Refused, 0));
    assert!(
        never.err.contains("ask for the RAM permission stream:ListSavepoints"),
        "{}",
        never.err
    );

    let lists = Lists::new(|nth| if nth == 0 { Ok(vec![OLD]) } else { Err(denied()) });
    let later = run(lists, None, ID, Display::Off).await;
    assert_eq!((later.outcome, later.took), (WaitOutcome::Refused, 70));
}

#[rstest]
#[case::refused(Cause::Service { transient: false })]
#[case::not_found(Cause::NotFound)]
#[tokio::test(start_paused = true)]
async fn errors_after_a_first_response_are_retried(#[case] cause: Cause) {
    let lives: fn(usize) -> Result<Vec<Item>, Cause> = match cause {
        Cause::NotFound => |nth| if nth == 1 { Err(Cause::NotFound) } else { appears(nth) },
        _ => |nth| if nth == 1 { Err(Cause::Service { transient: false }) } else { appears(nth) },
    };
    let waited = run(Lists::new(lives), None, ID, Display::Off).await;
    assert_eq!((waited.outcome, waited.took), (WaitOutcome::Completed, 20));
}

#[tokio::test(start_paused = true)]
async fn an_unknown_name_is_not_found() {
    let waited = run(Lists::new(appears), None, "gone", Display::Plain).await;
    assert_eq!((waited.outcome.exit_code(), waited.out.as_str()), (4, ""));
    assert!(waited.err.contains("the deployment gone: not found"), "{}", waited.err);
}

#[tokio::test(start_paused = true)]
async fn the_timeout_can_end_before_a_savepoint_appears() {
    let lists = Lists::new(|nth| match nth {
        0 => Ok(vec![OLD]),
        _ => Err(Cause::Unreachable(Unreachable::Connect)),
    });
    let waited = run(lists, Some(30), ID, Display::Off).await;
    assert_eq!((waited.outcome, waited.took, waited.out.as_str()), (WaitOutcome::TimedOut, 30, ""));
    let lines: Vec<_> = waited.err.lines().collect();
    assert!(lines[0].contains("no connection"), "{lines:?}");
    let end = format!("savepeek: after 30 s, no savepoint of {ID} has appeared: time ran out");
    assert_eq!(lines[1..], [end]);
}

#[tokio::test(start_paused = true)]
async fn a_signal_ends_the_wait_before_and_after_a_savepoint_appears() {
    let after = |seconds| async move {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        143
    };
    let before = run_until(Lists::new(appears), None, ID, Display::Off, after(5)).await;
    assert_eq!((before.outcome.exit_code(), before.took, before.out.as_str()), (143, 5, ""));
    assert!(before.err.ends_with("has appeared: interrupted\n"), "{}", before.err);

    let lists = Lists::new(|nth| Ok(if nth == 0 { vec![OLD] } else { vec![NEXT, OLD] }));
    let waited = run_until(lists, None, ID, Display::Off, after(25)).await;
    assert_eq!((waited.outcome.exit_code(), waited.took), (143, 25));
    assert_eq!(waited.events(), ["next first", "next interrupted"]);
}

#[tokio::test(start_paused = true)]
async fn heartbeats_show_that_the_wait_goes_on() {
    let waited = run(Lists::new(|_| Ok(vec![OLD])), Some(300), ID, Display::Plain).await;
    let beats = waited.err.lines().filter(|line| line.contains("so far")).count();
    assert_eq!(beats, 2, "{}", waited.err);
}
