//! `list` and `latest` against a script, on tokio's paused clock.

mod latest;

use std::cmp::Reverse;
use std::sync::Mutex;
use std::time::Duration;

use rstest::rstest;
use tokio::time::Instant;

use super::*;
use crate::api::lists::{Page, PageRequest};
use crate::api::{Answer, Cause, Error, Unreachable};
use crate::commands::get::tests::{self, failing};
use crate::commands::latest::latest;
use crate::domain::deployment::{Deployment, DeploymentId};
use crate::domain::savepoint::{Profile, Savepoint, State};
use crate::poller::{Query, Reply};

/// ID, state, origin, second of its creation.
pub(in crate::commands) type Item = (&'static str, &'static str, &'static str, i64);

/// The service's list at the nth request, from 0.
type Lives = fn(usize) -> Result<Vec<Item>, Cause>;

/// A service with a list of savepoints, and deployments with their names and IDs.
pub(in crate::commands) struct Lists {
    pub(in crate::commands) lives: Lives,
    pub(in crate::commands) deployments: &'static [(&'static str, &'static str)],
    pub(in crate::commands) asked: Mutex<Vec<Query>>,
    pub(in crate::commands) unreadable: usize,
}

impl Lists {
    pub(in crate::commands) fn new(lives: Lives) -> Self {
        Self { lives, deployments: &[], asked: Mutex::default(), unreadable: 0 }
    }

    /// The requested pages of savepoints, with their sizes.
    fn pages(&self) -> Vec<(u32, u32)> {
        let asked = self.asked.lock().unwrap();
        let page = |query: &Query| match query {
            Query::Savepoints(_, _, at) => Some((at.index(), at.size())),
            _ => None,
        };
        asked.iter().filter_map(page).collect()
    }
}

fn answer((id, state, origin, created): Item) -> Answer {
    let savepoint = Savepoint {
        savepoint_id: Some(id.to_owned()),
        state: Some(State::parse(state)),
        origin: Some(origin.to_owned()),
        created_at: Timestamp::from_second(created).ok(),
        ..Savepoint::default()
    };
    Answer { savepoint, ..tests::answer(&format!(r#"{{"savepointId":"{id}"}}"#)) }
}

fn part<T: Clone>(items: &[T], at: PageRequest) -> Page<T> {
    let (index, size) = (at.index() as usize, at.size() as usize);
    Page {
        items: items.iter().skip((index - 1) * size).take(size).cloned().collect(),
        unreadable: 0,
        index: at.index(),
        size: at.size(),
        total: Some(items.len() as u64),
        request_id: Some("R-1".to_owned()),
        round_trip: Duration::ZERO,
        clock_correction: None,
    }
}

impl Fetch for Lists {
    async fn fetch(&self, query: &Query) -> Result<Reply, Error> {
        let nth = {
            let mut asked = self.asked.lock().unwrap();
            asked.push(query.clone());
            asked.iter().filter(|it| matches!(it, Query::Savepoints(..))).count()
        };
        tokio::time::sleep(Duration::from_millis(1)).await;
        match query {
            Query::Savepoints(_, _, at) => {
                let items = (self.lives)(nth - 1).map_err(failing)?;
                let items: Vec<_> = items.into_iter().map(answer).collect();
                let unreadable = if at.index() == 1 { self.unreadable } else { 0 };
                Ok(Reply::Savepoints(Page { unreadable, ..part(&items, *at) }))
            }
            Query::Deployments(_, name, at) => {
                let part_of = name.clone().unwrap();
                let fits = |(name, _): &&(&str, &str)| name.contains(&*part_of);
                let of = |(name, id): &(&str, &str)| Deployment {
                    name: Some((*name).to_owned()),
                    deployment_id: DeploymentId::new(id).ok(),
                    ..Deployment::default()
                };
                let all: Vec<_> = self.deployments.iter().filter(fits).map(of).collect();
                Ok(Reply::Deployments(part(&all, *at)))
            }
            Query::Savepoint(target) => {
                // What becomes of one is the last that was listed of it.
                let items = (self.lives)(nth).map_err(failing)?;
                let item = items.into_iter().find(|item| item.0 == target.id.as_str());
                item.map(|it| Reply::Savepoint(answer(it))).ok_or(failing(Cause::NotFound))
            }
            other => unreachable!("unexpected {other}"),
        }
    }

    async fn reload_credentials(&self, _: Option<&Profile>, _: bool) -> bool {
        false
    }
}

enum Command {
    List(Option<Limit>),
    Latest,
}

#[derive(Debug)]
struct Printed {
    out: String,
    err: String,
    exit: Result<FetchOutcome, String>,
    pages: Vec<(u32, u32)>,
    took: Duration,
}

impl Printed {
    fn ids(&self) -> Vec<String> {
        let lines = self.out.lines().map(|line| serde_json::from_str(line).unwrap());
        lines.map(|line: serde_json::Value| line["savepointId"].as_str().unwrap().into()).collect()
    }
}

const CLOCK: fn() -> Timestamp = || Timestamp::from_second(1_800_000_000).unwrap();

async fn run(lists: Lists, request: &Request, selection: Selection, command: Command) -> Printed {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let lists = Arc::new(lists);
    let ask = Arc::clone(&lists);
    let began = Instant::now();
    let results = ResultWriter::new(request, &mut out, &mut err);
    let exit = match command {
        Command::List(limit) => list(ask, &selection, limit, CLOCK, results).await,
        Command::Latest => latest(ask, &selection, CLOCK, results).await,
    };
    let [out, err] = [out, err].map(|bytes| String::from_utf8(bytes).unwrap());
    let exit = exit.map_err(|failure| failure.to_string());
    Printed { out, err, exit, pages: lists.pages(), took: began.elapsed() }
}

async fn listed(lists: Lists, limit: Option<Limit>, states: &[&str]) -> Printed {
    let states = states.iter().map(|state| (*state).to_owned()).collect();
    let selection = Selection { states, ..Selection::default() };
    run(lists, &tests::request(Output::Json, &[]), selection, Command::List(limit)).await
}

const A: Item = ("a", "COMPLETED", "USER_REQUEST", 10);
const B: Item = ("b", "FAILED", "USER_REQUEST", 20);
const C: Item = ("c", "COMPLETED", "USER_REQUEST", 30);
const D: Item = ("d", "COMPLETED", "RETAINED_CHECKPOINT", 40);
const E: Item = ("e", "STARTED", "USER_REQUEST", 50);

/// Not a valid time.
const UNDATED: Item = ("u", "COMPLETED", "USER_REQUEST", i64::MAX);

#[expect(clippy::unnecessary_wraps, reason = "it stands beside lists that fail")]
fn five(_: usize) -> Result<Vec<Item>, Cause> {
    Ok(vec![E, D, C, B, A])
}

/// Three hundred, of which one in a hundred failed.
#[expect(clippy::unnecessary_wraps, reason = "it stands beside lists that fail")]
fn many(_: usize) -> Result<Vec<Item>, Cause> {
    let state = |n: i64| if n % 100 == 50 { "FAILED" } else { "COMPLETED" };
    let name = |n: i64| &*n.to_string().leak();
    Ok((0..300).rev().map(|n| (name(n), state(n), "USER_REQUEST", n)).collect())
}

fn down() -> Cause {
    Cause::Unreachable(Unreachable::Connect)
}

fn denied() -> Cause {
    Cause::NoPermission { action: "stream:ListSavepoints".to_owned(), detail: None }
}

#[tokio::test(start_paused = true)]
async fn list_prints_the_objects_of_get() {
    let printed = listed(Lists::new(|_| Ok(vec![C])), None, &[]).await;
    insta::assert_snapshot!(printed.out, @r#"{"savepointId":"c","namespace":"n","workspace":"w","fetchedAt":"2027-01-15T08:00:00.000Z","requestId":"R-1","savepoint":{"savepointId":"c"}}"#);
    assert_eq!((printed.exit, printed.err.as_str()), (Ok(FetchOutcome::Fetched), ""));
}

#[tokio::test(start_paused = true)]
async fn a_table_for_people() {
    let request = tests::request(Output::Table, &[]);
    let of = Selection { states: vec!["FAILED".to_owned()], ..Selection::default() };
    let printed = run(Lists::new(five), &request, of, Command::List(None)).await;
    assert_eq!(printed.out.lines().count(), 2);
    assert!(printed.out.starts_with("ID  STATE   ORIGIN        CREATED"), "{}", printed.out);
    assert!(printed.out.lines().nth(1).unwrap().starts_with("b   FAILED  USER_REQUEST  19"));
}

#[rstest]
#[case::as_many_as_usual(None, &[], 20, &[(1, 20)], "savepeek: the first 20 of 300; --limit all prints all\n")]
#[case::less_than_a_page(Some(Limit::First(7)), &[], 7, &[(1, 7)], "")]
#[case::more_than_a_page(Some(Limit::First(150)), &[], 150, &[(1, 100), (2, 100)], "")]
#[case::all(Some(Limit::All), &[], 300, &[(1, 100), (2, 100), (3, 100)], "")]
#[case::a_state_is_looked_for(Some(Limit::First(1)), &["failed"], 1, &[(1, 100)], "")]
#[case::on_all_pages_if_need_be(None, &["FAILED"], 3, &[(1, 100), (2, 100), (3, 100)], "")]
#[case::one_of_several(Some(Limit::First(2)), &["STARTED", "COMPLETED"], 2, &[(1, 100)], "")]
#[case::none(None, &["ODD"], 0, &[(1, 100), (2, 100), (3, 100)], "savepeek: no savepoint that was read has the state ODD; usual are STARTED, COMPLETED, FAILED\nsavepeek: there is no such savepoint\n")]
#[case::a_slip(None, &["COMPLETEDD"], 0, &[(1, 100), (2, 100), (3, 100)], "savepeek: no savepoint that was read has the state COMPLETEDD; did you mean \"COMPLETED\"?\nsavepeek: there is no such savepoint\n")]
#[tokio::test(start_paused = true)]
async fn only_the_needed_pages_are_requested(
    #[case] limit: Option<Limit>,
    #[case] states: &[&str],
    #[case] count: usize,
    #[case] pages: &[(u32, u32)],
    #[case] says: &str,
) {
    let printed = listed(Lists::new(many), limit, states).await;
    assert_eq!((printed.ids().len(), printed.pages.as_slice()), (count, pages));
    assert_eq!((&printed.exit, printed.err.as_str()), (&Ok(FetchOutcome::Fetched), says));
    assert!(printed.ids().is_sorted_by_key(|id| Reverse(id.parse::<u32>().unwrap())));
}

#[tokio::test(start_paused = true)]
async fn a_savepoint_that_appears_between_pages_is_listed_once() {
    let lists = Lists::new(|nth| {
        let mut all = many(nth)?;
        if nth > 0 {
            all.insert(0, ("new", "STARTED", "USER_REQUEST", 1000));
        }
        Ok(all)
    });
    let printed = listed(lists, Some(Limit::All), &[]).await;
    let ids = printed.ids();
    assert_eq!((ids.len(), ids[0].as_str(), ids[1].as_str()), (301, "new", "299"));
    assert_eq!(printed.exit, Ok(FetchOutcome::Fetched));
}

#[tokio::test(start_paused = true)]
async fn a_savepoint_that_vanishes_between_pages_hides_no_other() {
    let lists = Lists::new(|nth| {
        let mut all = many(nth)?;
        if nth > 0 {
            all.remove(0);
        }
        Ok(all)
    });
    let printed = listed(lists, Some(Limit::All), &[]).await;
    let expected: Vec<_> = (0..299).rev().map(|n: u32| n.to_string()).collect();
    assert_eq!(printed.ids(), expected);
    assert_eq!((printed.exit, printed.err.as_str()), (Ok(FetchOutcome::Fetched), ""));
}

#[tokio::test(start_paused = true)]
async fn an_empty_last_page_ends_the_list() {
    let lists =
        Lists::new(|nth| Ok(many(nth)?.drain(..if nth == 0 { 101 } else { 100 }).collect()));
    let printed = listed(lists, Some(Limit::All), &[]).await;
    assert_eq!((printed.ids().len(), printed.exit), (100, Ok(FetchOutcome::Fetched)));
}

#[tokio::test(start_paused = true)]
async fn a_failed_page_is_retried_silently() {
    let lists = Lists::new(|nth| if (1..4).contains(&nth) { Err(down()) } else { many(nth) });
    let printed = listed(lists, Some(Limit::All), &[]).await;
    assert_eq!((printed.ids().len(), printed.err.as_str()), (300, ""));
    let expected = [(1, 100), (2, 100), (2, 100), (2, 100), (2, 100), (3, 100)];
    assert_eq!(printed.pages, expected);
}

#[tokio::test(start_paused = true)]
async fn an_incomplete_list_is_not_printed() {
    let lists = Lists::new(|nth| if nth > 0 { Err(down()) } else { many(nth) });
    let printed = listed(lists, Some(Limit::All), &[]).await;
    assert_eq!((printed.exit, printed.out.as_str()), (Ok(FetchOutcome::NoAnswer), ""));
    let start = "savepeek: the list of savepoints, of which only 100 could be read: no connection";
    assert!(printed.err.starts_with(start), "{}", printed.err);
    assert!(printed.took <= Duration::from_secs(31), "{:?}", printed.took);
}

#[tokio::test(start_paused = true)]
async fn the_total_timeout_covers_all_pages() {
    let total = Some(Duration::from_secs(5));
    let request = Request { timeout_total: total, ..tests::request(Output::Json, &[]) };
    let lists = Lists::new(|nth| if nth > 0 { Err(down()) } else { many(nth) });
    let printed = run(lists, &request, Selection::default(), Command::List(Some(Limit::All))).await;
    assert_eq!(printed.exit, Ok(FetchOutcome::NoAnswer));
    assert!(printed.took <= Duration::from_secs(5), "{:?}", printed.took);
}

#[rstest]
#[case::permission(
    denied(),
    FetchOutcome::Refused,
    "ask for the RAM permission stream:ListSavepoints"
)]
#[case::credentials(Cause::CredentialsNotFound, FetchOutcome::Refused, "aliyun configure")]
#[case::refused(Cause::Service { transient: false }, FetchOutcome::NoAnswer, "refused by the service")]
#[case::not_found(Cause::NotFound, FetchOutcome::Missing, "not found")]
#[tokio::test(start_paused = true)]
async fn errors_that_no_retry_can_cure_end_the_command(
    #[case] cause: Cause,
    #[case] exit: FetchOutcome,
    #[case] says: &str,
) {
    static CAUSE: Mutex<Option<Cause>> = Mutex::new(None);
    // One case at a time: a script is a plain function.
    static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let _alone = ALONE.lock().await;
    *CAUSE.lock().unwrap() = Some(cause);
    let lists = Lists::new(|_| Err(CAUSE.lock().unwrap().clone().unwrap()));
    let printed = listed(lists, None, &[]).await;
    assert_eq!((printed.exit, printed.pages.len()), (Ok(exit), 1));
    assert!(printed.err.contains(says), "{}", printed.err);
    assert_eq!(printed.out, "");
}

#[tokio::test(start_paused = true)]
async fn unreadable_items_are_counted_on_stderr() {
    let lists = Lists { unreadable: 2, ..Lists::new(five) };
    let printed = listed(lists, None, &[]).await;
    assert_eq!((printed.ids().len(), printed.exit), (5, Ok(FetchOutcome::NoAnswer)));
    let expected = "savepeek: the list of savepoints is not whole: 2 of it could not be used\n";
    assert_eq!(printed.err, expected);
}

const ORDERS: &str = "9c59b2ca-ad85-46da-8cff-c2c0e8d40303";
const DEPLOYMENTS: &[(&str, &str)] =
    &[("orders-2", "id-2"), ("orders", "id-1"), ("twice", "id-3"), ("twice", "id-4")];

#[rstest]
#[case::an_id_is_taken_as_it_is(ORDERS, Ok(ORDERS))]
#[case::a_whole_name_wins("orders", Ok("id-1"))]
#[case::a_part_is_none(
    "order",
    Err(
        "--deployment order: is the whole name of none; it is part of orders-2 (id-2), orders (id-1); give the whole name or the ID"
    )
)]
#[case::of_one_too(
    "orders-",
    Err(
        "--deployment orders-: is the whole name of none; it is part of orders-2 (id-2); give the whole name or the ID"
    )
)]
#[case::a_name_of_two(
    "twice",
    Err(
        "--deployment twice: is the name of twice (id-3), twice (id-4); give the whole name or the ID"
    )
)]
#[tokio::test(start_paused = true)]
async fn a_deployment_is_found_by_id_or_whole_name(
    #[case] text: &str,
    #[case] expected: Result<&str, &str>,
) {
    let lists = Arc::new(Lists { deployments: DEPLOYMENTS, ..Lists::new(five) });
    let selection = Selection { deployment: Some(text.to_owned()), ..Selection::default() };
    let request = tests::request(Output::Json, &[]);
    let results = ResultWriter::new(&request, Vec::new(), Vec::new());
    let ended = list(Arc::clone(&lists), &selection, None, CLOCK, results).await;
    assert_eq!(ended.map_err(|failure| failure.to_string()).err().as_deref(), expected.err());
    let asked = lists.asked.lock().unwrap();
    let of = asked.iter().find_map(|query| match query {
        Query::Savepoints(_, query, _) => Some(query.deployment.as_ref().unwrap().as_str()),
        _ => None,
    });
    assert_eq!(of, expected.ok());
    assert_eq!(asked.len(), 1 + usize::from(text != ORDERS && expected.is_ok()));
}

#[tokio::test(start_paused = true)]
async fn a_closed_pipe_ends_it_quietly() {
    let request = tests::request(Output::Json, &[]);
    let out = tests::Until(1, std::io::ErrorKind::BrokenPipe);
    let mut err = Vec::new();
    let all = Selection::default();
    let lists = Arc::new(Lists::new(five));
    let ended = list(lists, &all, None, CLOCK, ResultWriter::new(&request, out, &mut err)).await;
    assert_eq!((ended.unwrap(), err.len()), (FetchOutcome::Fetched, 0));
}
