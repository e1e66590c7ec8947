//! Names and jobs beside savepoints: when they are requested, and what they change on the screen.

use jiff::SignedDuration;
use savepeek::api::{Answer, Cause, Error};
use savepeek::domain::deployment::{Deployment, DeploymentId, DeploymentTarget};
use savepeek::domain::job::{Job, JobId};
use savepeek::domain::savepoint::{Failure, State};
use savepeek::poller::{Event, Query, Reply};
use savepeek::tui::effect::Effect;
use savepeek::tui::message::{Message, Outcome};
use savepeek::tui::update::Redraw;

use crate::harness::{Harness, answer, failed, identity, not_found, target, unavailable};

const A: &str = "sp-0001";
const B: &str = "sp-0002";
const C: &str = "sp-0003";

fn deployment(id: &str) -> Query {
    Query::Deployment(target(A).place, DeploymentId::new(id).unwrap())
}

fn job(id: &str) -> Query {
    Query::Job(target(A).place, JobId::new(id).unwrap())
}

/// An answer for a savepoint of a deployment and a job.
fn answer_of(id: &str, state: &str, deployment: &str, job: &str) -> Answer {
    let mut answer = answer(id, state);
    answer.savepoint.deployment_id = Some(deployment.to_owned());
    answer.savepoint.job_id = Some(job.to_owned());
    answer
}

fn named(name: &str) -> Reply {
    Reply::Deployment(Deployment { name: Some(name.to_owned()), ..Deployment::default() })
}

fn job_in_state(state: &str) -> Reply {
    Reply::Job(Job { state: Some(state.to_owned()), ..Job::default() })
}

fn failed_job(message: &str, reason: &str) -> Reply {
    let failure = Failure {
        message: Some(message.to_owned()),
        reason: Some(reason.to_owned()),
        failed_at: None,
    };
    let state = Some("FAILED".to_owned());
    Reply::Job(Job { state, failure: Some(failure.into()), ..Job::default() })
}

fn denied(operation: &str) -> Error {
    let action = format!("stream:{operation}");
    Error::local(Cause::NoPermission { action, detail: None }, "no")
}

/// Advances the clock, then brings these answers.
fn later(harness: &mut Harness, seconds: i64, answers: &[Answer]) {
    let now = harness.state.now + SignedDuration::from_secs(seconds);
    harness.clock(now);
    for answer in answers {
        let id = answer.savepoint.savepoint_id.clone().unwrap();
        harness.polled(&id, Ok(answer.clone()));
    }
}

/// Three savepoints of two deployments, the first one selected.
fn three() -> (Harness, [Answer; 3]) {
    let answers = [
        answer_of(A, "FAILED", "d1", "j1"),
        answer_of(B, "COMPLETED", "d1", "j2"),
        answer_of(C, "STARTED", "d2", "j3"),
    ];
    let mut harness = Harness::watching(200, 50, &[A, B, C]);
    harness.keys("g");
    later(&mut harness, 0, &answers);
    (harness, answers)
}

#[test]
fn deployment_is_requested_once_and_again_after_an_hour() {
    let (mut harness, answers) = three();
    let (asked, _) = harness.metadata_queries();
    assert_eq!(asked, [deployment("d1"), job("j1"), deployment("d2")]);
    harness.replied(deployment("d1"), Ok(named("orders")));
    harness.replied(deployment("d2"), Ok(named("payments")));
    harness.replied(job("j1"), Ok(job_in_state("RUNNING")));
    for _ in 0..59 {
        later(&mut harness, 60, &answers);
    }
    assert_eq!(harness.metadata_queries(), (vec![], vec![]), "an idle program asks for nothing");
    later(&mut harness, 60, &answers);
    let (asked, _) = harness.metadata_queries();
    assert_eq!(asked, [job("j1"), deployment("d1"), deployment("d2")]);
    later(&mut harness, 60, &answers);
    assert_eq!(harness.metadata_queries().0, [], "although there is no reply yet");
    harness.assert_screen("orders (heard 1 h 01 min ago)");
}

#[test]
fn job_is_requested_when_its_savepoint_is_selected_or_changes() {
    let (mut harness, mut answers) = three();
    harness.replied(job("j1"), Ok(job_in_state("RUNNING")));
    harness.metadata_queries();
    harness.keys("j").assert_screen("j3");
    assert_eq!(harness.metadata_queries().0, [job("j3")]);
    harness.keys("k j k j");
    assert_eq!(harness.metadata_queries().0, [], "at most once a minute");
    harness.replied(job("j3"), Ok(job_in_state("RUNNING")));
    harness.metadata_queries();
    later(&mut harness, 61, &answers);
    assert_eq!(harness.metadata_queries().0, [job("j3")], "it has been selected again since");
    later(&mut harness, 61, &answers);
    assert_eq!(harness.metadata_queries().0, []);
    answers[2].savepoint.state = Some(State::Completed);
    later(&mut harness, 5, &answers);
    assert_eq!(harness.metadata_queries().0, [job("j3")]);
}

#[test]
fn nothing_is_asked_while_paused() {
    let mut harness = Harness::watching(100, 40, &[A]);
    harness.keys("p").polled(A, Ok(answer_of(A, "STARTED", "d1", "j1")));
    harness.send(Message::Poller(Event::Paused));
    later(&mut harness, 7200, &[answer_of(A, "FAILED", "d1", "j1")]);
    harness.keys("j");
    assert_eq!(harness.metadata_queries().0, []);
    harness.send(Message::Poller(Event::Resumed));
    later(&mut harness, 1, &[answer_of(A, "FAILED", "d1", "j1")]);
    let (asked, _) = harness.metadata_queries();
    assert_eq!(asked, [job("j1"), deployment("d1")]);
}

#[test]
fn detail_shows_ages_and_an_old_job_state_is_not_live() {
    let (mut harness, answers) = three();
    harness.replied(deployment("d1"), Ok(named("orders")));
    harness.replied(job("j1"), Ok(job_in_state("RUNNING")));
    harness
        .assert_screen("orders (heard just now)")
        .assert_screen("RUNNING, heard just now")
        .assert_screen("d1")
        .assert_screen("j1");
    later(&mut harness, 61, &answers);
    harness.assert_screen("orders (heard 1 min ago)").assert_screen("was RUNNING, heard 1 min ago");
    harness.replied(job("j1"), Ok(job_in_state("CANCELLED")));
    later(&mut harness, 300, &answers);
    harness.assert_screen("CANCELLED, heard 5 min ago").assert_not_on_screen("was CANCELLED");
    harness.send(Message::Poller(Event::Paused));
    harness.assert_not_on_screen("min ago").assert_screen("CANCELLED, heard at 11:01:01");
}

#[test]
fn job_failure_is_shown_apart_from_the_savepoint() {
    let mut harness = Harness::watching(200, 60, &[A]);
    harness.polled(A, Ok(failed(A, 2)));
    let Some(Query::Job(place, id)) = harness.metadata_queries().0.pop() else { panic!("no job") };
    let reason = "JobException: Recovery is suppressed\nCaused by: OSSException: AccessDenied";
    harness.replied(Query::Job(place, id), Ok(failed_job("Recovery is suppressed", reason)));
    harness
        .keys("Enter")
        .assert_screen("Job         FAILED, heard just now")
        .assert_screen("Job failed  Recovery is suppressed")
        .assert_screen("Its cause?  OSSException: AccessDenied")
        .assert_screen("Failure     Checkpoint expired before completing.")
        .assert_screen("Reason of the job's own failure, not the savepoint's")
        .assert_screen("what the job's failure means");
    let screen = harness.screen();
    let at = |text: &str| screen.find(text).unwrap();
    assert!(at("-- what this means") < at("Reason of the job's own"), "{screen}");
}

#[test]
fn failure_of_a_running_job_is_not_shown() {
    let mut harness = Harness::watching(200, 60, &[A]);
    harness.polled(A, Ok(answer_of(A, "COMPLETED", "d1", "j1")));
    let Reply::Job(failed) = failed_job("it was so", "long ago") else { panic!() };
    let reply = Reply::Job(Job { state: Some("RUNNING".to_owned()), ..failed });
    harness.replied(job("j1"), Ok(reply));
    harness
        .keys("Enter")
        .assert_screen("RUNNING, heard just now")
        .assert_not_on_screen("it was so")
        .assert_not_on_screen("long ago");
}

#[test]
fn denied_permission_is_reported_once_and_requests_stop() {
    let (mut harness, answers) = three();
    harness.metadata_queries();
    harness.changes();
    harness.replied(deployment("d1"), Err(denied("GetDeployment")));
    harness.assert_screen(
        "the RAM permission stream:GetDeployment would add the names of deployments",
    );
    assert_eq!(
        harness.metadata_queries().1,
        [deployment("d1"), deployment("d2")],
        "both are cancelled"
    );
    harness.replied(job("j1"), Err(denied("GetJob")));
    harness
        .assert_screen("The RAM permission stream:GetDeployment would add")
        .assert_screen("stream:GetJob would add");
    harness.assert_screen("problems first").assert_not_on_screen("fails,");
    assert_eq!(harness.changes(), [], "no change of any savepoint");
    harness.metadata_queries();
    for _ in 0..70 {
        later(&mut harness, 60, &answers);
    }
    harness.keys("j k");
    assert_eq!(harness.metadata_queries(), (vec![], vec![]));
    assert!(harness.state.notices.shown().is_none());
}

#[test]
fn denial_lasts_until_credentials_change_or_a_refresh() {
    let (mut harness, answers) = three();
    harness.replied(deployment("d1"), Err(denied("GetDeployment")));
    later(&mut harness, 20, &answers);
    harness.metadata_queries();
    harness.send(Message::Done(Outcome::Identity(None, Ok(identity("other keys")))));
    later(&mut harness, 1, &answers);
    assert_eq!(harness.metadata_queries().0, [deployment("d1"), deployment("d2")]);
    harness.replied(deployment("d1"), Err(denied("GetDeployment")));
    assert!(harness.state.notices.shown().is_none(), "it has been reported");
    harness.metadata_queries();
    harness.keys("R");
    later(&mut harness, 1, &answers);
    assert_eq!(harness.metadata_queries().0, [deployment("d1"), deployment("d2")]);
    harness.replied(deployment("d1"), Ok(named("orders")));
    harness.assert_screen("orders").assert_not_on_screen("stream:GetDeployment");
}

#[rstest::rstest]
#[case::gone(not_found())]
#[case::trouble(unavailable())]
fn any_other_error_changes_nothing(#[case] error: Error) {
    let (mut harness, _) = three();
    harness.metadata_queries();
    harness.changes();
    let before = harness.screen();
    harness.replied(deployment("d1"), Err(error.clone()));
    harness.replied(job("j1"), Err(error));
    assert_eq!(harness.screen(), before);
    assert_eq!(harness.redraw, Redraw::Later);
    assert_eq!((harness.effects.len(), harness.changes().len()), (0, 0));
}

#[test]
fn the_list_shows_names_where_there_is_room_and_is_sorted_and_filtered_by_them() {
    let (mut harness, _) = three();
    harness.assert_not_on_screen("DEPLOYMENT");
    harness.replied(deployment("d2"), Ok(named("accounts")));
    harness.assert_screen("DEPLOYMENT").assert_screen("accounts");
    harness.replied(deployment("d1"), Ok(named("orders")));
    while !harness.screen().contains("by deployment") {
        harness.keys("s");
    }
    let first = harness.state.list.rows()[0].savepoint().unwrap();
    assert_eq!(harness.state.feeds.get_index(first).unwrap().0.id.as_str(), C);
    harness
        .assert_screen("DEPLOYMENT ^")
        .keys("/")
        .text("ORDERS")
        .keys("Enter")
        .assert_screen("2 of 3 savepoints");
    harness.replied(deployment("d2"), Ok(named("orders-2")));
    harness.assert_screen("3 of 3 savepoints");
}

#[test]
fn copied_summary_has_the_name_beside_the_id() {
    let (mut harness, _) = three();
    harness.replied(deployment("d1"), Ok(named("orders\nstate COMPLETED")));
    for (key, text) in
        [("s", "deployment d1\nnamed      orders\\x0astate COMPLETED\n"), ("d", "d1")]
    {
        harness.effects();
        harness.keys("y").keys(key);
        let effects = harness.effects();
        let [Effect::Copy(clip)] = &effects[..] else { panic!("{effects:?}") };
        assert!(clip.text.contains(text), "{}", clip.text);
        assert_eq!(key == "d", clip.text == text);
    }
}

#[test]
fn metadata_cache_is_bounded() {
    let mut harness = Harness::new(80, 24);
    let (place, now) = (target(A).place, harness.state.now);
    let names = &mut harness.state.metadata;
    let id = |n: usize| DeploymentId::new(&format!("d{n}")).unwrap();
    let asked = (0..10_500).filter(|&n| names.request(&place, &id(n), now)).count();
    assert_eq!(asked, 10_000);
    let target = DeploymentTarget { place: place.clone(), id: id(0) };
    assert!(names.insert(target.clone(), &"x".repeat(1000), now));
    assert_eq!(names.deployment(&target).unwrap().len(), 256);
    let later = now + SignedDuration::from_hours(2);
    assert!(names.request(&place, &id(10_400), later), "the others were not used since");
    let names_of_jobs = |n: usize| JobId::new(&format!("j{n}")).unwrap();
    let mut cancelled = Vec::new();
    for n in 0..60 {
        cancelled.extend(names.request_job(&place, &names_of_jobs(n), now).unwrap());
    }
    assert_eq!(cancelled.len(), 10, "fifty wait");
    assert_eq!(cancelled[0], job("j0"));
}
