//! `wait` against a script, on tokio's paused clock.

use std::future::pending;

use rstest::rstest;

use super::*;
use crate::api::Answer;
use crate::commands::Output;
use crate::commands::get::tests::{Script, answer, request};
use crate::domain::savepoint::{Savepoint, State};

const GOAL: Goal = Goal { until: Until::Completed, keep_going: false };
const KEEP_GOING: Goal = Goal { keep_going: true, ..GOAL };
const FINAL: Goal = Goal { until: Until::Final, ..GOAL };

#[expect(clippy::unnecessary_wraps, reason = "it stands beside replies that are errors")]
fn is(state: &str) -> Result<Answer, Cause> {
    let savepoint = Savepoint { state: Some(State::parse(state)), ..Savepoint::default() };
    Ok(Answer { savepoint, ..answer(&format!(r#"{{"status":{{"state":"{state}"}}}}"#)) })
}

fn denied() -> Result<Answer, Cause> {
    Err(Cause::NoPermission { action: "stream:GetSavepoint".to_owned(), detail: None })
}

fn down() -> Result<Answer, Cause> {
    Err(Cause::Unreachable(Unreachable::Connect))
}

/// A script of the results of each savepoint's polls; the last one repeats.
fn script(lives: &[(&'static str, &[Result<Answer, Cause>])]) -> Script {
    let polls = lives.iter().flat_map(|(id, polls)| polls.iter().map(|poll| (*id, poll.clone())));
    polls.fold(Script::default(), |script, (id, poll)| script.with(id, 1, poll))
}

struct Waited {
    out: String,
    err: String,
    outcome: WaitOutcome,
    took: Duration,
    asked: usize,
}

impl Waited {
    /// The events, with the ID of each.
    fn events(&self) -> Vec<String> {
        let word = |line: &str, key: &str| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            line[key].as_str().unwrap().to_owned()
        };
        let lines = self.out.lines();
        lines.map(|line| word(line, "savepointId") + " " + &word(line, "event")).collect()
    }
}

async fn run(script: Script, request: &Request, goal: Goal, display: Display) -> Waited {
    run_until(script, request, goal, display, pending()).await
}

async fn run_until(
    script: Script,
    request: &Request,
    goal: Goal,
    display: Display,
    interrupted: impl Future<Output = u8>,
) -> Waited {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let script = Arc::new(script);
    let began = Instant::now();
    let clock = {
        let start = Timestamp::from_second(1_800_000_000).unwrap();
        move || start + began.elapsed()
    };
    let asked = Arc::clone(&script);
    let results = ResultWriter::new(request, &mut out, &mut err);
    let outcome = wait(script, goal, display, clock, interrupted, results).await.unwrap();
    let [out, err] = [out, err].map(|bytes| String::from_utf8(bytes).unwrap());
    let asked = asked.asked.lock().unwrap().len();
    Waited { out, err, outcome, took: began.elapsed(), asked }
}

fn within(limit: u64, request: Request) -> Request {
    Request { timeout_total: Some(Duration::from_secs(limit)), ..request }
}

type Life = (&'static str, Vec<Result<Answer, Cause>>);

fn life<const N: usize>(id: &'static str, polls: [Result<Answer, Cause>; N]) -> Life {
    (id, polls.into())
}

#[rstest]
#[case::all_completed(GOAL, &[life("a", [is("STARTED"), is("COMPLETED")]), life("b", [is("COMPLETED")])], 0)]
#[case::failed_ends_it(GOAL, &[life("a", [is("FAILED")]), life("b", [is("STARTED")])], 1)]
#[case::failed_after_the_rest(KEEP_GOING, &[life("a", [is("FAILED")]), life("b", [is("STARTED"), is("COMPLETED")])], 1)]
#[case::failed_is_final(FINAL, &[life("a", [is("FAILED")]), life("b", [is("STARTED"), is("COMPLETED")])], 1)]
#[case::unknown_states_are_waited_on(GOAL, &[life("a", [is("DELETING"), is("NEW"), is("COMPLETED")])], 0)]
#[case::unknown_for_a_moment(GOAL, &[life("a", [Err(Cause::NotFound), is("COMPLETED")])], 0)]
#[case::not_found(GOAL, &[life("a", [Err(Cause::NotFound)]), life("b", [is("STARTED")])], 4)]
#[case::not_found_is_not_final(FINAL, &[life("a", [Err(Cause::NotFound)]), life("b", [is("STARTED")])], 4)]
#[case::not_found_after_the_rest(KEEP_GOING, &[life("a", [Err(Cause::NotFound)]), life("b", [is("STARTED"), is("COMPLETED")])], 4)]
#[case::no_id(GOAL, &[life("..", []), life("b", [is("STARTED")])], 4)]
#[case::denied(GOAL, &[life("a", [denied()])], 3)]
#[case::denied_beside_one_that_completes(GOAL, &[life("a", [denied()]), life("b", [is("STARTED"), is("COMPLETED")])], 3)]
#[case::refused_from_the_start(GOAL, &[life("a", [Err(Cause::Service { transient: false })])], 3)]
#[case::refused_later(GOAL, &[life("a", [is("STARTED"), Err(Cause::Service { transient: false }), is("COMPLETED")])], 0)]
#[case::failed_before_denied(KEEP_GOING, &[life("a", [is("FAILED")]), life("b", [denied()])], 1)]
#[tokio::test(start_paused = true)]
async fn the_outcome_is_the_exit_code(
    #[case] goal: Goal,
    #[case] lives: &[Life],
    #[case] code: u8,
) {
    let lives: Vec<_> = lives.iter().map(|(id, polls)| (*id, polls.as_slice())).collect();
    let ids: Vec<_> = lives.iter().map(|(id, _)| *id).collect();
    let waited = run(script(&lives), &request(Output::Json, &ids), goal, Display::Off).await;
    assert_eq!(waited.outcome.exit_code(), code, "{}", waited.err);
}

#[tokio::test(start_paused = true)]
async fn a_failed_savepoint_ends_the_wait_at_once() {
    let lives = [("a", &[is("FAILED")][..]), ("b", &[is("STARTED")])];
    let waited = run(script(&lives), &request(Output::Json, &["a", "b"]), GOAL, Display::Off).await;
    assert!(waited.took < Duration::from_secs(1), "{:?}", waited.took);
    assert_eq!(waited.events().last().unwrap(), "b abandoned");
    assert!(waited.err.contains("1 of 2 still open: stopped"), "{}", waited.err);
}

#[rstest]
#[case::unreachable(Cause::Unreachable(Unreachable::Dns))]
#[case::throttled(Cause::Throttled { wait: None })]
#[case::service(Cause::Service { transient: true })]
#[case::a_proxy_answers(Cause::Unreadable)]
#[tokio::test(start_paused = true)]
async fn an_outage_of_any_length_is_survived(#[case] cause: Cause) {
    let mut polls = vec![is("STARTED")];
    polls.extend(std::iter::repeat_n(Err(cause), 900));
    polls.push(is("COMPLETED"));
    let script = script(&[("a", &polls)]);
    let waited = run(script, &request(Output::Json, &["a"]), GOAL, Display::Off).await;
    assert_eq!(waited.outcome, WaitOutcome::Completed);
    assert!(waited.took > Duration::from_secs(3600), "{:?}", waited.took);
    assert_eq!(waited.events(), ["a first", "a error", "a final"]);
}

#[tokio::test(start_paused = true)]
async fn a_permission_error_ends_the_wait_at_once_or_a_minute_after_an_answer() {
    let ids = request(Output::Json, &["a"]);
    let never = run(script(&[("a", &[denied()])]), &ids, GOAL, Display::Off).await;
    assert!(never.took < Duration::from_secs(1), "{:?}", never.took);
    assert!(never.err.contains("ask for the RAM permission stream:GetSavepoint"), "{}", never.err);

    let lives = [("a", &[is("STARTED"), denied()][..])];
    let later = run(script(&lives), &ids, GOAL, Display::Off).await;
    assert!((60..70).contains(&later.took.as_secs()), "{:?}", later.took);
    assert_eq!(later.events(), ["a first", "a error", "a refused"]);
    assert_eq!(later.outcome, WaitOutcome::Refused);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_ends_the_wait_whatever_the_other_results() {
    let refused = || Err(Cause::Service { transient: false });
    let lives = [("a", &[refused()][..]), ("b", &[is("COMPLETED")])];
    let waited = run(script(&lives), &request(Output::Json, &["a", "b"]), GOAL, Display::Off).await;
    assert_eq!((waited.outcome, waited.took.as_secs() / 10), (WaitOutcome::Refused, 6));
}

#[tokio::test(start_paused = true)]
async fn a_blocked_savepoint_does_not_end_the_wait_for_others() {
    let started = std::iter::repeat_n(is("STARTED"), 100).chain([is("COMPLETED")]);
    let script = script(&[("no", &[denied()]), ("yes", &started.collect::<Vec<_>>())]);
    let ids = request(Output::Json, &["no", "yes"]);
    let waited = run(script, &ids, GOAL, Display::Off).await;
    assert!(waited.took > Duration::from_secs(499), "{:?}", waited.took);
    assert_eq!(waited.outcome, WaitOutcome::Refused);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_prints_the_last_states() {
    let lives = [("a", &[is("STARTED")][..]), ("b", &[is("STARTED"), down()]), ("c", &[down()])];
    let ids = ["a", "b", "c"];
    let json = within(30, request(Output::Json, &ids));
    let waited = run(script(&lives), &json, GOAL, Display::Off).await;
    assert_eq!((waited.outcome, waited.took.as_secs()), (WaitOutcome::TimedOut, 30));
    let expected =
        ["a first", "b first", "c error", "b error", "a timeout", "b timeout", "c timeout"];
    assert_eq!(waited.events(), expected);

    let table = within(30, request(Output::Table, &ids));
    let waited = run(script(&lives), &table, GOAL, Display::Off).await;
    insta::assert_snapshot!(waited.out, @r"
    ID  STATE    ORIGIN  CREATED  MODIFIED  LOCATION
    a   STARTED  -       -        -         -
    b   STARTED  -       -        -         -
    ");
    assert!(waited.err.contains("savepeek: b: no connection"), "{}", waited.err);
    assert!(waited.err.contains("savepeek: c: no connection"), "{}", waited.err);
    assert!(
        waited.err.ends_with("after 30 s, 3 of 3 still open: time ran out\n"),
        "{}",
        waited.err
    );
}

#[tokio::test(start_paused = true)]
async fn a_wait_without_any_answer_reports_each_savepoint() {
    let request = within(2, request(Output::Json, &["a"]));
    let script = Script::default().with("a", 10_000, is("STARTED"));
    let waited = run(script, &request, GOAL, Display::Off).await;
    assert_eq!(waited.events(), ["a timeout"]);
    assert!(waited.out.contains("not answered yet"), "{}", waited.out);
}

#[tokio::test(start_paused = true)]
async fn a_signal_prints_the_last_states() {
    let lives = [("a", &[is("STARTED")][..]), ("b", &[is("FAILED")])];
    let interrupted = async {
        tokio::time::sleep(Duration::from_secs(7)).await;
        143
    };
    let request = request(Output::Json, &["a", "b"]);
    let (lives, off) = (script(&lives), Display::Off);
    let waited = run_until(lives, &request, KEEP_GOING, off, interrupted).await;
    assert_eq!(waited.events(), ["a first", "b final", "a interrupted"]);
    assert_eq!(waited.outcome.exit_code(), 143);
}

#[tokio::test(start_paused = true)]
async fn an_event_is_an_object_of_get_with_its_event() {
    let lives = [("a", &[is("STARTED"), down(), is("STARTED"), is("COMPLETED")][..])];
    let waited = run(script(&lives), &request(Output::Json, &["a"]), GOAL, Display::Off).await;
    assert_eq!(waited.events(), ["a first", "a error", "a recovered", "a final"]);
    insta::assert_snapshot!(waited.out.lines().next().unwrap(), @r#"{"event":"first","savepointId":"a","namespace":"n","workspace":"w","fetchedAt":"2027-01-15T08:00:00.001Z","requestId":"R-1","savepoint":{"status":{"state":"STARTED"}}}"#);
    assert_eq!(waited.err, "", "all is well that ends well");
}

#[tokio::test(start_paused = true)]
async fn final_savepoints_are_not_polled_and_duplicates_are_polled_once() {
    let lives = [("a", &[is("COMPLETED")][..]), ("b", &[is("STARTED"), is("COMPLETED")])];
    let request = request(Output::Json, &["a", "b", "a"]);
    let waited = run(script(&lives), &request, GOAL, Display::Off).await;
    assert_eq!((waited.asked, waited.outcome), (3, WaitOutcome::Completed));
    assert_eq!(waited.events(), ["a final", "b first", "b final"]);
}

#[tokio::test(start_paused = true)]
async fn plain_progress_prints_changes_and_heartbeats() {
    let started =
        std::iter::repeat_n(is("STARTED"), 30).chain([Err(Cause::NotFound), is("STARTED")]);
    let life: Vec<_> = started.chain([is("ODD\u{1b}[2J"), is("COMPLETED")]).collect();
    let request = request(Output::Table, &["快照\u{202e}"]);
    let waited = run(script(&[("快照\u{202e}", &life)]), &request, GOAL, Display::Plain).await;
    insta::assert_snapshot!(waited.err, @r"
    savepeek: 快照\u{202e}: STARTED
    savepeek: waiting for 1 of 1, 2 min 00 s so far: 快照\u{202e} STARTED
    savepeek: 快照\u{202e}: not found: some \x1b[31m\u{202e}message [requestId R-2] - check the ID, the namespace and the workspace; a savepoint may also have been deleted
    savepeek: 快照\u{202e}: answered again: STARTED
    savepeek: 快照\u{202e}: ODD\x1b[2J
    savepeek: 快照\u{202e}: COMPLETED after 2 min 45 s
    ");
}

/// The text on a terminal after writing `bytes`.
fn screen(bytes: &str, rows: u16, columns: u16) -> String {
    let mut terminal = vt100::Parser::new(rows.try_into().unwrap(), columns.try_into().unwrap(), 0);
    terminal.process(bytes.replace('\n', "\r\n").as_bytes());
    terminal.screen().contents()
}

#[tokio::test(start_paused = true)]
async fn live_lines_are_redrawn_and_erased_at_the_end() {
    let lives =
        [("a", &[is("STARTED")][..]), ("快照\u{202e}", &[is("COMPLETED")]), ("c", &[down()])];
    let request = within(5, request(Output::Table, &["a", "快照\u{202e}", "c"]));
    let display = Display::Live(|| (40, 10));
    let waited = run(script(&lives), &request, GOAL, display).await;
    let (meanwhile, end) = waited.err.rsplit_once("\x1b[J").unwrap();
    let (meanwhile, up) = meanwhile.rsplit_once("\x1b[").unwrap();
    assert_eq!(up, "4A\r");
    insta::assert_snapshot!(screen(meanwhile, 10, 40), @r"
    a             STARTED
    快照\u{202e}  COMPLETED
    c             no connection
    waiting for 2 of 3, 4.4 s so far
    ");
    assert!(end.starts_with("savepeek: c: no connection"), "{end:?}");
    assert!(!waited.err.contains("\x1b[?"), "no mode is set that would have to be restored");
}

#[tokio::test(start_paused = true)]
async fn live_lines_never_exceed_the_terminal() {
    let ids: Vec<String> = (0..50).map(|n| format!("{n:->60}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let script = ids.iter().fold(Script::default(), |script, id| {
        script.with(String::leak((*id).to_owned()), 1, is("STARTED"))
    });
    let request = within(20, request(Output::Json, &ids));
    let waited = run(script, &request, GOAL, Display::Live(|| (40, 6))).await;
    let most = waited.err.split("\x1b[J").map(|frame| frame.lines().count()).max().unwrap();
    assert_eq!(most, 6, "five lines, and the cursor's moves for the next frame");
    let widest = waited.err.split("\x1b[J").next().unwrap().lines().map(str::len).max();
    assert!(widest.unwrap() < 40 + "…".len(), "{widest:?}");
    let frame = waited.err.rsplit("\x1b[J").nth(1).unwrap();
    let rows =
        frame.lines().filter(|line| line.ends_with("… STARTED") || line.ends_with("…  STARTED"));
    assert_eq!(rows.count(), 4, "the state is seen: {frame}");
}

#[tokio::test(start_paused = true)]
async fn a_closed_pipe_exits_like_sigpipe() {
    let out = crate::commands::get::tests::Until(1, io::ErrorKind::BrokenPipe);
    let script = script(&[("a", &[is("STARTED"), is("COMPLETED")])]);
    let request = request(Output::Json, &["a"]);
    let results = ResultWriter::new(&request, out, io::sink());
    let ended =
        wait(Arc::new(script), GOAL, Display::Off, crate::util::clock::now, pending(), results);
    assert_eq!(ended.await.unwrap().exit_code(), 141);
}

#[tokio::test(start_paused = true)]
async fn the_grace_period_stands_still_while_the_program_is_stopped() {
    let refused = Err(Cause::Service { transient: false });
    let script = script(&[("a", &[is("STARTED"), refused, is("COMPLETED")])]);
    // Between the second poll and the third.
    let stop = async {
        tokio::time::sleep(Duration::from_secs(7)).await;
        tokio::time::advance(Duration::from_secs(3600)).await;
        pending().await
    };
    let request = request(Output::Json, &["a"]);
    let waited = run_until(script, &request, GOAL, Display::Off, stop).await;
    assert_eq!(waited.outcome, WaitOutcome::Completed, "{}", waited.err);
}
