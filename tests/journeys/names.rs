//! Names instead of UUIDs: what is asked beside the savepoints, when, and what it changes.

use jiff::SignedDuration;
use savepeek::api::{Answer, Cause, Error};
use savepeek::domain::deployment::{Deployment, DeploymentId, DeploymentTarget};
use savepeek::domain::job::{Job, JobId};
use savepeek::domain::savepoint::{Failure, State};
use savepeek::poller::{Event, Query, Replied, Reply};
use savepeek::tui::effect::Effect;
use savepeek::tui::message::{Message, Outcome};

use crate::stage::{Harness, answer, failed, identity, not_found, target, unavailable};

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
fn of(id: &str, state: &str, deployment: &str, job: &str) -> Answer {
    let mut answer = answer(id, state);
    answer.savepoint.deployment_id = Some(deployment.to_owned());
    answer.savepoint.job_id = Some(job.to_owned());
    answer
}

fn named(name: &str) -> Reply {
    Reply::Deployment(Deployment { name: Some(name.to_owned()), ..Deployment::default() })
}

fn is(state: &str) -> Reply {
    Reply::Job(Job { state: Some(state.to_owned()), ..Job::default() })
}

fn down(message: &str, reason: &str) -> Reply {
    let failure = Failure {
        message: Some(message.to_owned()),
        reason: Some(reason.to_owned()),
        failed_at: None,
    };
    let state = Some("FAILED".to_owned());
    Reply::Job(Job { state, failure: Some(failure), ..Job::default() })
}

fn refused(operation: &str) -> Error {
    let action = format!("stream:{operation}");
    Error::local(Cause::NoPermission { action, detail: None }, "no")
}

/// The poller brings a reply.
fn replied(stage: &mut Harness, query: Query, result: Result<Reply, Error>) {
    let received_at = stage.state.now;
    let replied = Replied { query, result, received_at, next_at: None };
    stage.send(Message::Poller(Event::Replied(Box::new(replied))));
}

/// So much later, with an answer for each savepoint, as the poller brings them.
fn later(stage: &mut Harness, seconds: i64, answers: &[Answer]) {
    let now = stage.state.now + SignedDuration::from_secs(seconds);
    stage.clock(now);
    for answer in answers {
        let id = answer.savepoint.savepoint_id.clone().unwrap();
        stage.polled(&id, Ok(answer.clone()));
    }
}

/// Three savepoints of two deployments, the first one selected.
fn three() -> (Harness, [Answer; 3]) {
    let answers =
        [of(A, "FAILED", "d1", "j1"), of(B, "COMPLETED", "d1", "j2"), of(C, "STARTED", "d2", "j3")];
    let mut stage = Harness::watching(200, 50, &[A, B, C]);
    stage.keys("g");
    later(&mut stage, 0, &answers);
    (stage, answers)
}

#[test]
fn each_deployment_is_asked_once_and_again_after_an_hour() {
    let (mut stage, answers) = three();
    let (asked, _) = stage.asked();
    assert_eq!(asked, [deployment("d1"), job("j1"), deployment("d2")]);
    replied(&mut stage, deployment("d1"), Ok(named("orders")));
    replied(&mut stage, deployment("d2"), Ok(named("payments")));
    replied(&mut stage, job("j1"), Ok(is("RUNNING")));
    for _ in 0..59 {
        later(&mut stage, 60, &answers);
    }
    assert_eq!(stage.asked(), (vec![], vec![]), "an idle program asks for nothing");
    later(&mut stage, 60, &answers);
    let (asked, _) = stage.asked();
    assert_eq!(asked, [job("j1"), deployment("d1"), deployment("d2")]);
    later(&mut stage, 60, &answers);
    assert_eq!(stage.asked().0, [], "although there is no reply yet");
    stage.see("orders (heard 1 h 01 min ago)");
}

#[test]
fn a_job_is_asked_for_when_its_savepoint_is_selected_or_changes() {
    let (mut stage, mut answers) = three();
    replied(&mut stage, job("j1"), Ok(is("RUNNING")));
    stage.asked();
    stage.keys("j").see("j3");
    assert_eq!(stage.asked().0, [job("j3")]);
    stage.keys("k j k j");
    assert_eq!(stage.asked().0, [], "at most once a minute");
    replied(&mut stage, job("j3"), Ok(is("RUNNING")));
    stage.asked();
    later(&mut stage, 61, &answers);
    assert_eq!(stage.asked().0, [job("j3")], "it was selected anew since");
    later(&mut stage, 61, &answers);
    assert_eq!(stage.asked().0, []);
    answers[2].savepoint.state = Some(State::Completed);
    later(&mut stage, 5, &answers);
    assert_eq!(stage.asked().0, [job("j3")]);
}

#[test]
fn nothing_is_asked_while_paused() {
    let mut stage = Harness::watching(100, 40, &[A]);
    stage.keys("p").polled(A, Ok(of(A, "STARTED", "d1", "j1")));
    stage.send(Message::Poller(Event::Paused));
    later(&mut stage, 7200, &[of(A, "FAILED", "d1", "j1")]);
    stage.keys("j");
    assert_eq!(stage.asked().0, []);
    stage.send(Message::Poller(Event::Resumed));
    later(&mut stage, 1, &[of(A, "FAILED", "d1", "j1")]);
    let (asked, _) = stage.asked();
    assert_eq!(asked, [job("j1"), deployment("d1")]);
}

#[test]
fn the_detail_says_how_old_each_is_and_old_news_is_not_live() {
    let (mut stage, answers) = three();
    replied(&mut stage, deployment("d1"), Ok(named("orders")));
    replied(&mut stage, job("j1"), Ok(is("RUNNING")));
    stage.see("orders (heard just now)").see("RUNNING, heard just now").see("d1").see("j1");
    later(&mut stage, 61, &answers);
    stage.see("orders (heard 1 min ago)").see("was RUNNING, heard 1 min ago");
    replied(&mut stage, job("j1"), Ok(is("CANCELLED")));
    later(&mut stage, 300, &answers);
    stage.see("CANCELLED, heard 5 min ago").miss("was CANCELLED");
    stage.send(Message::Poller(Event::Paused));
    stage.miss("min ago").see("CANCELLED, heard at 11:01:01");
}

#[test]
fn a_job_that_failed_says_why_apart_from_the_savepoint() {
    let mut stage = Harness::watching(200, 60, &[A]);
    stage.polled(A, Ok(failed(A, 2)));
    let Some(Query::Job(place, id)) = stage.asked().0.pop() else { panic!("no job") };
    let reason = "JobException: Recovery is suppressed\nCaused by: OSSException: AccessDenied";
    replied(&mut stage, Query::Job(place, id), Ok(down("Recovery is suppressed", reason)));
    stage
        .keys("Enter")
        .see("Job         FAILED, heard just now")
        .see("Job failed  Recovery is suppressed")
        .see("Its cause?  OSSException: AccessDenied")
        .see("Failure     Checkpoint expired before completing.")
        .see("Reason of the job's own failure, not the savepoint's")
        .see("what the job's failure means");
    let screen = stage.screen();
    let at = |text: &str| screen.find(text).unwrap();
    assert!(at("-- what this means") < at("Reason of the job's own"), "{screen}");
}

#[test]
fn a_failure_of_a_job_that_runs_again_means_nothing() {
    let mut stage = Harness::watching(200, 60, &[A]);
    stage.polled(A, Ok(of(A, "COMPLETED", "d1", "j1")));
    let Reply::Job(failed) = down("it was so", "long ago") else { panic!() };
    let reply = Reply::Job(Job { state: Some("RUNNING".to_owned()), ..failed });
    replied(&mut stage, job("j1"), Ok(reply));
    stage.keys("Enter").see("RUNNING, heard just now").miss("it was so").miss("long ago");
}

#[test]
fn a_missing_permission_is_told_once_and_nothing_more_is_asked() {
    let (mut stage, answers) = three();
    stage.asked();
    stage.changes();
    replied(&mut stage, deployment("d1"), Err(refused("GetDeployment")));
    stage.see("the RAM permission stream:GetDeployment would add the names of deployments");
    assert_eq!(stage.asked().1, [deployment("d1"), deployment("d2")], "both wait in vain");
    replied(&mut stage, job("j1"), Err(refused("GetJob")));
    stage.see("The RAM permission stream:GetDeployment would add").see("stream:GetJob would add");
    stage.see("problems first").miss("fails,");
    assert_eq!(stage.changes(), [], "no change of any savepoint");
    stage.asked();
    for _ in 0..70 {
        later(&mut stage, 60, &answers);
    }
    stage.keys("j k");
    assert_eq!(stage.asked(), (vec![], vec![]));
    assert!(stage.state.notice.is_none());
}

#[test]
fn a_refusal_lasts_until_the_credentials_change_or_the_user_asks_anew() {
    let (mut stage, answers) = three();
    replied(&mut stage, deployment("d1"), Err(refused("GetDeployment")));
    later(&mut stage, 20, &answers);
    stage.asked();
    stage.send(Message::Done(Outcome::Identity(None, Ok(identity("other keys")))));
    later(&mut stage, 1, &answers);
    assert_eq!(stage.asked().0, [deployment("d1"), deployment("d2")]);
    replied(&mut stage, deployment("d1"), Err(refused("GetDeployment")));
    assert!(stage.state.notice.is_none(), "it was told");
    stage.asked();
    stage.keys("R");
    later(&mut stage, 1, &answers);
    assert_eq!(stage.asked().0, [deployment("d1"), deployment("d2")]);
    replied(&mut stage, deployment("d1"), Ok(named("orders")));
    stage.see("orders").miss("stream:GetDeployment");
}

#[rstest::rstest]
#[case::gone(not_found())]
#[case::trouble(unavailable())]
fn any_other_error_changes_nothing(#[case] error: Error) {
    let (mut stage, _) = three();
    stage.asked();
    stage.changes();
    let before = stage.screen();
    replied(&mut stage, deployment("d1"), Err(error.clone()));
    replied(&mut stage, job("j1"), Err(error));
    assert_eq!(stage.screen(), before);
    assert!(stage.state.quiet);
    assert_eq!((stage.effects.len(), stage.changes().len()), (0, 0));
}

#[test]
fn the_list_shows_names_where_there_is_room_and_is_sorted_and_filtered_by_them() {
    let (mut stage, _) = three();
    stage.miss("DEPLOYMENT");
    replied(&mut stage, deployment("d2"), Ok(named("accounts")));
    stage.see("DEPLOYMENT").see("accounts");
    replied(&mut stage, deployment("d1"), Ok(named("orders")));
    while !stage.screen().contains("by deployment") {
        stage.keys("s");
    }
    let first = stage.state.list.rows()[0].savepoint().unwrap();
    assert_eq!(stage.state.feeds.get_index(first).unwrap().0.id.as_str(), C);
    stage.see("DEPLOYMENT ^").keys("/").text("ORDERS").keys("Enter").see("2 of 3 savepoints");
    replied(&mut stage, deployment("d2"), Ok(named("orders-2")));
    stage.see("3 of 3 savepoints");
}

#[test]
fn what_is_copied_has_the_name_beside_the_id_and_never_instead() {
    let (mut stage, _) = three();
    replied(&mut stage, deployment("d1"), Ok(named("orders\nstate COMPLETED")));
    for (key, text) in
        [("s", "deployment d1\nnamed      orders\\x0astate COMPLETED\n"), ("d", "d1")]
    {
        stage.effects();
        stage.keys("y").keys(key);
        let effects = stage.effects();
        let [Effect::Copy(clip)] = &effects[..] else { panic!("{effects:?}") };
        assert!(clip.text.contains(text), "{}", clip.text);
        assert_eq!(key == "d", clip.text == text);
    }
}

#[test]
fn what_is_known_is_bounded() {
    let mut stage = Harness::new(80, 24);
    let (place, now) = (target(A).place, stage.state.now);
    let names = &mut stage.state.names;
    let id = |n: usize| DeploymentId::new(&format!("d{n}")).unwrap();
    let asked = (0..10_500).filter(|&n| names.ask(&place, &id(n), now)).count();
    assert_eq!(asked, 10_000);
    let target = DeploymentTarget { place: place.clone(), id: id(0) };
    assert!(names.insert(target.clone(), &"x".repeat(1000), now));
    assert_eq!(names.deployment(&target).unwrap().len(), 256);
    let later = now + SignedDuration::from_hours(2);
    assert!(names.ask(&place, &id(10_400), later), "nobody has asked for the others since");
    let names_of_jobs = |n: usize| JobId::new(&format!("j{n}")).unwrap();
    let mut vain = Vec::new();
    for n in 0..60 {
        vain.extend(names.ask_job(&place, &names_of_jobs(n), now).1);
    }
    assert_eq!(vain.len(), 10, "fifty wait");
    assert_eq!(vain[0], job("j0"));
}
