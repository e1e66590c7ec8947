//! `savepeek wait` and the log with the real binary, against canned answers on loopback. How answers
//! are evaluated is tested on a paused clock, beside the source.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/mod.rs"]
mod support;

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use support::canned::{SECRET, Service, TOKEN, business, example, gateway};
use support::text;

fn answers(id: &str, before: usize) -> (u16, String) {
    let state = |state: &str| (200, example(id).replace("COMPLETED", state));
    match id {
        "soon" if before == 0 => state("STARTED"),
        "odd" if before == 0 => state("PENDING_MYSTERY"),
        "late" if before == 0 => (200, business("990301")),
        "good" | "soon" | "odd" | "late" => state("COMPLETED"),
        "slow" => state("STARTED"),
        "restless" if before.is_multiple_of(2) => state("STARTED"),
        "restless" => state("PENDING_MYSTERY"),
        "bad" => state("FAILED"),
        "wrong-id" => (200, example("another")),
        "surrogate" => (200, example(id).replace("Job snapshot", r"\ud800")),
        "forbidden" => (403, gateway("NoPermission")),
        _ => (200, business("990301")),
    }
}

fn wait(service: &Service, args: &[&str]) -> Output {
    service.command(&[&["wait", "--interval", "1s"], args].concat()).output().unwrap()
}

fn start(service: &Service, args: &[&str]) -> Child {
    let mut command = service.command(&[&["wait", "--interval", "1s"], args].concat());
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// The events in the order printed, with the ID of each.
fn events(out: &str) -> Vec<String> {
    let word = |line: &serde_json::Value, key: &str| line[key].as_str().unwrap().to_owned();
    let lines = out.lines().map(|line| serde_json::from_str(line).unwrap());
    lines.map(|line| word(&line, "savepointId") + " " + &word(&line, "event")).collect()
}

#[rstest::rstest]
#[case::completed(&["good", "soon", "odd"], 0, "")]
#[case::failed(&["bad", "slow"], 1, "1 of 2 still open")]
#[case::failed_and_the_rest(&["--keep-going", "bad", "soon"], 1, "")]
#[case::final_states(&["--until", "final", "bad", "soon"], 1, "")]
#[case::usage(&["--until", "tomorrow", "good"], 2, "--until")]
#[case::denied(&["forbidden"], 3, "stream:GetSavepoint")]
#[case::unknown_for_a_moment(&["late"], 0, "")]
#[case::not_found(&["gone"], 4, "savepeek: gone: not found")]
#[case::one_field_unreadable(&["surrogate"], 0, "")]
#[case::of_another(
    &["--timeout", "1s", "wrong-id"], 6, "the service answered about another savepoint"
)]
#[case::no_id(&[".."], 4, "invalid ID")]
#[case::out_of_time(&["--timeout", "1s", "slow"], 6, "1 of 1 still open: time ran out")]
fn the_exit_code_tells_the_outcome(#[case] args: &[&str], #[case] code: i32, #[case] says: &str) {
    let args = [&["--progress", "off"], args].concat();
    let output = wait(&Service::start(answers), &args);
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    assert!(stderr.contains(says) && stderr.is_empty() == says.is_empty(), "{stderr}");
}

#[test]
fn each_change_is_a_line_and_the_end_is_a_table() {
    let output = wait(&Service::start(answers), &["odd"]);
    insta::assert_snapshot!(text(&output.stdout), @r"
    ID   STATE      ORIGIN        CREATED                    MODIFIED                   LOCATION
    odd  COMPLETED  USER_REQUEST  2022-07-29T03:51:51+00:00  2022-07-29T04:37:53+00:00  https://oss/bucket/flink/flink-jobs/namespaces/vvp-team/deployments/5a19a71b-1c42-4f34-94fd-86cf60782c81/checkpoints/sp-3285
    ");
    let lines: Vec<_> = text(&output.stderr).lines().collect();
    assert_eq!(lines[0], "savepeek: odd: PENDING_MYSTERY");
    assert!(lines[1].starts_with("savepeek: odd: COMPLETED after "), "{lines:?}");
    assert_eq!(lines.len(), 2);
}

#[rstest::rstest]
#[case::interrupted(Signal::INT, 130)]
#[case::terminated(Signal::TERM, 143)]
fn a_signal_prints_the_state_so_far(#[case] signal: Signal, #[case] code: i32) {
    let service = Service::start(answers);
    let mut child = start(&service, &["--output", "json", "slow", "good"]);
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut printed = String::new();
    out.read_line(&mut printed).unwrap();
    out.read_line(&mut printed).unwrap();
    kill_process(Pid::from_child(&child), signal).unwrap();
    out.read_to_string(&mut printed).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(code));
    let mut events = events(&printed);
    assert_eq!(events.pop().as_deref(), Some("slow interrupted"));
    events.sort();
    assert_eq!(events, ["good final", "slow first"]);
}

#[test]
fn an_outage_is_waited_out() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut child = start(&Service::without_listener(port), &["good"]);
    let mut trouble = String::new();
    BufReader::new(child.stderr.as_mut().unwrap()).read_line(&mut trouble).unwrap();
    assert!(trouble.starts_with("savepeek: good: no connection"), "{trouble}");
    Service::start_on(TcpListener::bind(("127.0.0.1", port)).unwrap(), answers);
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(0));
}

#[test]
fn a_closed_pipe_exits_141() {
    let mut child = start(&Service::start(answers), &["--output", "json", "restless"]);
    let mut first = String::new();
    // Dropped at once, as `head -1` would.
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert_eq!(events(&first), ["restless first"]);
    assert_eq!(child.wait().unwrap().code(), Some(141));
}

#[test]
fn the_log_is_private_and_has_each_request_but_no_secret() {
    let service = Service::start(answers);
    let log = service.home.path().join("log");
    let file = log.to_str().unwrap();
    let args = ["wait", "--log-level", "debug", "--log-file", file, "soon", "快", "--keep-going"];
    let mut command = service.command(&[&args[..], &["--interval", "1s"]].concat());
    let output = command.env("ALIBABA_CLOUD_SECURITY_TOKEN", TOKEN).output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    assert_eq!(std::fs::metadata(&log).unwrap().permissions().mode() & 0o777, 0o600);

    let log = std::fs::read_to_string(log).unwrap();
    for secret in [SECRET, TOKEN, "hunter2", "Signature", "LTAI-invented"] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
    let line =
        |words: &[&str]| log.lines().any(|line| words.iter().all(|word| line.contains(word)));
    assert!(line(&["starts", savepeek::VERSION]), "{log}");
    let place = r#"method="GET" host="127.0.0.1"#;
    let path =
        r#"workspace="w" path="/api/v2/namespaces/n/savepoints/soon" status=200 request_id="#;
    assert!(line(&["INFO", place, path, "took=", "answered"]), "{log}");
    assert!(line(&["INFO", "credentials of environment id=LTAI…nted"]), "{log}");
    assert!(line(&["WARN", "%E5%BF%AB", r#"request_id="R-B""#, r#"code="990301""#]), "{log}");
    assert!(line(&["DEBUG", "asked again in"]), "{log}");
    assert!(line(&["ERROR", "ends", "code=4"]), "{log}");
}

#[test]
fn the_configured_log_is_written_at_the_flag_s_level() {
    let service = Service::start(answers);
    let directory = service.home.path().join(".config/savepeek");
    std::fs::create_dir_all(&directory).unwrap();
    let file = "log-file = \"~/night.log\"\nlog-level = \"debug\"";
    std::fs::write(directory.join("config.toml"), file).unwrap();
    let log = || std::fs::read_to_string(service.home.path().join("night.log")).unwrap();
    wait(&service, &["late"]);
    let first = log();
    assert!(first.contains("DEBUG") && first.contains("asked again in"), "{first}");
    wait(&service, &["--log-level", "error", "good"]);
    assert_eq!(log(), first);
}
