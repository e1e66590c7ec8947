//! `--deployment` and `--job`, on the embedded service.

use crate::support::embedded::Embedded;
use crate::support::session::{Launch, Session};

const SESSIONS: &str = "d4610297-b3ae-4561-8303-7efc6f18b104";
const JOB_OF_SESSIONS: &str = "909d1d21-e0e3-493c-b655-b317ff004913";

/// Starts savepeek with these flags on the embedded service.
fn start(service: &Embedded, flags: &[&str]) -> Session {
    let launch = Launch::savepeek(flags).size(120, 40);
    // The session has a home of its own.
    let environment = service.environment.iter().filter(|(name, _)| name != "HOME");
    environment.fold(launch, |it, (name, value)| it.environment(name, value)).start()
}

#[rstest::rstest]
#[case::by_its_name("session-windows")]
#[case::by_its_id(SESSIONS)]
fn a_deployment_is_followed(#[case] name_or_id: &str) {
    let service = Embedded::start();
    let mut session = start(&service, &["--deployment", name_or_id, "--newest", "3"]);
    // The heading has the name in either case; three of its twelve savepoints are watched.
    session.wait_for("session-windows · ");
    session.wait_for("3 savepoints");
    session.send("q");
    assert_eq!(session.exit(), 0);
}

#[test]
fn an_ambiguous_name_offers_the_matches() {
    let service = Embedded::start();
    let mut session = start(&service, &["--deployment", "payments"]);
    session.wait_for("several fit \"payments\": f follows one");
    session.wait_for("payments-ledger");
    session.wait_for("payments-dedup");
    session.send("G");
    session.wait_for("> RUNNING       payments-dedup");
    session.send("f");
    session.wait_for("following payments-dedup");
    // The first Esc clears the filter, the second closes the list.
    session.send("\x1b");
    session.wait_for("ads-join-0000");
    session.send("\x1b");
    session.wait_for("payments-dedup · ");
}

#[test]
fn an_unknown_name_is_reported() {
    let service = Embedded::start();
    let session = start(&service, &["--deployment", "zebra"]);
    session.wait_for("no deployment has \"zebra\" in its name");
}

#[test]
fn the_newest_savepoints_of_a_job_are_watched() {
    let service = Embedded::start();
    let session = start(&service, &["--job", JOB_OF_SESSIONS, "--newest", "4"]);
    session.wait_for("4 added");
    session.wait_for("4 savepoints");
}

#[test]
fn an_unknown_job_is_reported() {
    let service = Embedded::start();
    let session = start(&service, &["--job", "00000000-0000-0000-0000-000000000000"]);
    session.wait_for("no savepoint so far");
}

#[test]
fn the_configured_context_is_used_at_startup() {
    let service = Embedded::start();
    let variable = |name: &str| service.variable(name);
    let (endpoint, workspace) = (variable("SAVEPEEK_ENDPOINT"), variable("SAVEPEEK_WORKSPACE"));
    let file = service.home.path().join("config.toml");
    let at = format!("endpoint = \"{endpoint}\"\nworkspace = \"{workspace}\"\n");
    let text = format!(
        "context = \"here\"\n[contexts.here]\n{at}namespace = \"{}\"\n\
         [contexts.empty]\n{at}namespace = \"empty-default\"\n",
        variable("SAVEPEEK_NAMESPACE")
    );
    std::fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap();
    let mut session = start(&service, &["--config", file, "--deployment", "session-windows"]);
    session.wait_for("session-windows · ");
    session.wait_for("context here");
    session.send("x");
    session.wait_for("> here");
    session.send("\x1b[B\r");
    session.wait_for("nothing of empty is watched");
    session.send("q");
    assert_eq!(session.exit(), 0);
    let mut session = start(&service, &["--config", file, "--context", "empty"]);
    session.wait_for("empty-default");
    session.send("\x1bx");
    session.wait_for("> empty");
    session.send("q\x03");
    assert_eq!(session.exit(), 0);
}
