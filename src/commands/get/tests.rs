//! `get` against a script, on tokio's paused clock.

use std::collections::HashMap;
use std::sync::Mutex;

use jiff::tz::TimeZone;

use super::*;
use crate::api::{Answer, Cause, Error, Unreachable};
use crate::domain::savepoint::tests::place;
use crate::domain::savepoint::{Failure as Failed, Profile, Savepoint, State, Target};
use crate::poller::Query;

/// The reply to one request, and its delay in milliseconds.
type Reply = (u64, Result<Answer, Cause>);

/// Replies by ID. Other IDs are not found.
#[derive(Default)]
pub(in crate::commands) struct Script {
    replies: HashMap<&'static str, Vec<Reply>>,
    pub(in crate::commands) asked: Mutex<Vec<String>>,
}

impl Script {
    pub(in crate::commands) fn with(
        mut self,
        id: &'static str,
        millis: u64,
        reply: Result<Answer, Cause>,
    ) -> Self {
        self.replies.entry(id).or_default().push((millis, reply));
        self
    }
}

impl Script {
    async fn get_savepoint(&self, target: &Target) -> Result<Answer, Error> {
        let id = target.id.as_str();
        let nth = {
            let mut asked = self.asked.lock().unwrap();
            asked.push(id.to_owned());
            asked.iter().filter(|other| *other == id).count() - 1
        };
        match self.replies.get(id).and_then(|replies| replies.get(nth).or(replies.last())) {
            None => Err(Error::local(Cause::NotFound, "")),
            Some((millis, reply)) => {
                tokio::time::sleep(Duration::from_millis(*millis)).await;
                reply.clone().map_err(failing)
            }
        }
    }
}

impl Fetch for Script {
    async fn fetch(&self, query: &Query) -> Result<poller::Reply, Error> {
        let Query::Savepoint(target) = query else { unreachable!("unexpected {query}") };
        self.get_savepoint(target).await.map(poller::Reply::Savepoint)
    }

    async fn reload_credentials(&self, _: Option<&Profile>, _: bool) -> bool {
        false
    }
}

pub(in crate::commands) fn answer(data: &str) -> Answer {
    Answer {
        savepoint: Savepoint { state: Some(State::Completed), ..Savepoint::default() },
        data: data.into(),
        omitted_bytes: 0,
        request_id: Some("R-1".to_owned()),
        round_trip: Duration::from_millis(1),
        clock_correction: None,
    }
}

pub(in crate::commands) fn failing(cause: Cause) -> Error {
    Error {
        cause,
        code: Some("Some.Code".to_owned()),
        message: "some \u{1b}[31m\u{202e}message".to_owned(),
        request_id: Some("R-2".to_owned()),
        http_status: Some(400),
    }
}

pub(in crate::commands) fn request(output: Output, ids: &[&str]) -> Request {
    Request {
        place: place(),
        ids: ids.iter().map(|id| (*id).to_owned()).collect(),
        output,
        zone: TimeZone::fixed(jiff::tz::offset(8)),
        poller: poller::Settings::default(),
        timeout_total: None,
    }
}

struct Printed {
    out: String,
    err: String,
    exit: FetchOutcome,
    asked: Vec<String>,
    took: Duration,
}

async fn run(script: Script, request: &Request) -> Printed {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let script = Arc::new(script);
    let began = Instant::now();
    let clock = || Timestamp::from_second(1_800_000_000).unwrap();
    let exit = get(Arc::clone(&script), request, clock, &mut out, &mut err).await.unwrap();
    let asked = script.asked.lock().unwrap().clone();
    let [out, err] = [out, err].map(|bytes| String::from_utf8(bytes).unwrap());
    Printed { out, err, exit, asked, took: began.elapsed() }
}

#[tokio::test(start_paused = true)]
async fn json_is_one_object_a_line_in_the_order_asked() {
    let script = Script::default()
        .with("slow", 9000, Ok(answer("{\"b\": 1.0,\n \"a\": \"\u{85}\"}")))
        .with("no", 1, Err(Cause::NoPermission { action: "x".to_owned(), detail: None }));
    let printed = run(script, &request(Output::Json, &["slow", "no", ".."])).await;
    insta::assert_snapshot!(printed.out, @r#"
    {"savepointId":"slow","namespace":"n","workspace":"w","fetchedAt":"2027-01-15T08:00:00.000Z","requestId":"R-1","savepoint":{"b":1.0,"a":"\u0085"}}
    {"savepointId":"no","namespace":"n","workspace":"w","fetchedAt":"2027-01-15T08:00:00.000Z","requestId":"R-2","error":{"kind":"permission","code":"Some.Code","message":"some \u001b[31m\u202emessage","requestId":"R-2","httpStatus":400}}
    {"savepointId":"..","namespace":"n","workspace":"w","fetchedAt":null,"requestId":null,"error":{"kind":"invalid-id","code":null,"message":"the savepoint ID must not be \".\" or \"..\"","requestId":null,"httpStatus":null}}
    "#);
    for line in printed.out.lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap();
    }
    assert_eq!(printed.exit, FetchOutcome::Refused);
}

#[tokio::test(start_paused = true)]
async fn errors_are_on_stderr_in_one_clean_line_each() {
    let script = Script::default().with("a\u{202e}", 1, Err(Cause::CredentialsRejected));
    let printed = run(script, &request(Output::Json, &["a\u{202e}"])).await;
    insta::assert_snapshot!(printed.err, @r"savepeek: a\u{202e}: credentials refused (Some.Code): some \x1b[31m\u{202e}message [requestId R-2] - check the access key and its secret");
}

#[tokio::test(start_paused = true)]
async fn a_table_is_aligned_by_display_width() {
    let of = |state: &str, location: &str| {
        let failure = Failed { message: Some("it\nbroke".to_owned()), ..Failed::default() };
        let savepoint = Savepoint {
            state: Some(State::parse(state)),
            origin: Some("用户请求".to_owned()),
            location: Some(location.to_owned()),
            failure: Some(Box::new(failure)),
            ..Savepoint::default()
        };
        Ok(Answer { savepoint, ..answer("{}") })
    };
    let script = Script::default().with("a", 1, of("FAILED", "oss://b/\u{1b}x")).with(
        "快照",
        1,
        of("COMPLETED", ""),
    );
    let printed = run(script, &request(Output::Table, &["a", "gone", "快照"])).await;
    insta::assert_snapshot!(printed.out, @r"
    ID    STATE      ORIGIN    CREATED  MODIFIED  LOCATION
    a     FAILED     用户请求  -        -         oss://b/\x1bx
      failed: it\x0abroke
    快照  COMPLETED  用户请求  -        -         -
    ");
    assert!(printed.err.starts_with("savepeek: gone: not found"), "{}", printed.err);
    assert_eq!(printed.exit, FetchOutcome::Missing);
}

#[tokio::test(start_paused = true)]
async fn a_table_shows_times_in_the_configured_zone_with_their_offset() {
    let created_at = Some(Timestamp::from_second(1_659_066_711).unwrap());
    let savepoint = Savepoint { created_at, ..Savepoint::default() };
    let reply = Ok(Answer { savepoint, ..answer("{}") });
    let printed = run(Script::default().with("a", 1, reply), &request(Output::Table, &["a"])).await;
    let row = printed.out.lines().nth(1).unwrap();
    assert_eq!(row.split_whitespace().nth(3), Some("2022-07-29T11:51:51+08:00"));
}

#[tokio::test(start_paused = true)]
async fn an_id_given_twice_is_requested_once_and_printed_twice() {
    let script = Script::default().with("a", 1, Ok(answer("{}")));
    let printed = run(script, &request(Output::Json, &["a", "gone", "a"])).await;
    assert_eq!(printed.out.lines().count(), 3);
    assert_eq!(printed.asked, ["a", "gone"]);
}

#[tokio::test(start_paused = true)]
async fn transient_errors_are_retried() {
    let script = Script::default()
        .with("a", 1, Err(Cause::Service { transient: true }))
        .with("a", 1, Err(Cause::Unreachable(Unreachable::Timeout)))
        .with("a", 1, Ok(answer("{}")));
    let printed = run(script, &request(Output::Json, &["a"])).await;
    assert_eq!((printed.exit, printed.asked.len()), (FetchOutcome::Fetched, 3));
    assert_eq!(printed.err, "");
}

#[rstest::rstest]
#[case::not_found(Cause::NotFound)]
#[case::refused(Cause::Service { transient: false })]
#[case::credentials(Cause::CredentialsUnusable)]
#[case::clock(Cause::ClockSkew { ahead: None })]
#[tokio::test(start_paused = true)]
async fn other_errors_are_not_retried(#[case] cause: Cause) {
    let script = Script::default().with("a", 1, Err(cause));
    let printed = run(script, &request(Output::Json, &["a"])).await;
    assert_eq!(printed.asked.len(), 1);
    assert!(printed.took < Duration::from_secs(1), "{:?}", printed.took);
}

#[rstest::rstest]
#[case::trouble_that_stays(0, Cause::Service { transient: true }, "service")]
#[case::an_answer_that_never_comes(100_000, Cause::NotFound, "unreachable")]
#[case::a_wait_beyond_it(0, Cause::Throttled { wait: Some(Duration::from_secs(60)) }, "throttled")]
#[tokio::test(start_paused = true)]
async fn retries_end_at_the_deadline(
    #[case] millis: u64,
    #[case] cause: Cause,
    #[case] kind: &str,
) {
    let script = Script::default().with("a", millis, Err(cause));
    let request =
        Request { timeout_total: Some(Duration::from_secs(8)), ..request(Output::Json, &["a"]) };
    let printed = run(script, &request).await;
    assert!(printed.took <= Duration::from_millis(8010), "{:?}", printed.took);
    assert!(printed.out.contains(&format!(r#""kind":"{kind}""#)), "{}", printed.out);
    assert_eq!(printed.exit, FetchOutcome::NoAnswer);
}

#[tokio::test(start_paused = true)]
async fn the_timeout_grows_with_the_number_of_savepoints() {
    let ids: Vec<_> = (0..1000).map(|n| n.to_string()).collect();
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    let printed = run(Script::default(), &request(Output::Json, &ids)).await;
    assert_eq!(printed.asked.len(), 1000);
    assert_eq!(printed.exit, FetchOutcome::Missing);
}

#[rstest::rstest]
#[case(&[("a", None)], FetchOutcome::Fetched, 0)]
#[case(&[("a", None), ("b", Some(Cause::NotFound))], FetchOutcome::Missing, 4)]
#[case(&[("a", Some(Cause::NotFound)), ("b", Some(Cause::Service { transient: false }))], FetchOutcome::NoAnswer, 5)]
#[case(&[("a", Some(Cause::TokenExpired)), ("b", Some(Cause::Service { transient: false })), ("c", Some(Cause::NotFound))], FetchOutcome::Refused, 3)]
#[tokio::test(start_paused = true)]
async fn the_worst_decides_the_exit_code(
    #[case] replies: &[(&'static str, Option<Cause>)],
    #[case] exit: FetchOutcome,
    #[case] code: u8,
) {
    let mut script = Script::default();
    for (id, cause) in replies {
        script = script.with(id, 1, cause.clone().map_or_else(|| Ok(answer("{}")), Err));
    }
    let ids: Vec<_> = replies.iter().map(|(id, _)| *id).collect();
    let printed = run(script, &request(Output::Table, &ids)).await;
    assert_eq!((printed.exit, printed.exit.exit_code()), (exit, code));
}

/// A writer that fails after some lines, like a closed pipe or a full disk.
pub(in crate::commands) struct Until(
    pub(in crate::commands) usize,
    pub(in crate::commands) io::ErrorKind,
);

impl Write for Until {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(1).ok_or(self.1)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn a_closed_pipe_ends_it_quietly_with_what_is_known() {
    let script =
        Arc::new(Script::default().with("a", 1, Ok(answer("{}"))).with("b", 1, Ok(answer("{}"))));
    let request = request(Output::Json, &["a", "b", "gone"]);
    let out = Until(1, io::ErrorKind::BrokenPipe);
    let mut err = Vec::new();
    let exit = get(script, &request, crate::util::clock::now, out, &mut err).await.unwrap();
    assert_eq!((exit, err.len()), (FetchOutcome::Fetched, 0));
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_is_an_error() {
    let out = Until(0, io::ErrorKind::StorageFull);
    let request = request(Output::Json, &["a"]);
    let result =
        get(Arc::new(Script::default()), &request, crate::util::clock::now, out, Vec::new()).await;
    assert!(matches!(result, Err(crate::commands::Error::Write(_))));
}

#[test]
fn ids_are_read_one_a_line_and_verbatim() {
    let mut request = request(Output::Json, &["first", "-", "last", "-"]);
    request.read_ids(&b"a\r\n\n  \n lead, trail \n\xe5\xbf\xab\nno newline"[..]).unwrap();
    assert_eq!(request.ids, ["first", "a", " lead, trail ", "快", "no newline", "last"]);
    assert!(request.read_ids(&b"\xff\n"[..]).is_ok(), "nothing asks for the input any more");
    request.ids.push("-".to_owned());
    assert!(request.read_ids(&b"\xff\n"[..]).is_err());
}
