//! `savepeek doctor` on the real binary: each way to fail, on loopback.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod connection;
mod credentials;
mod files;
#[path = "../support/mod.rs"]
mod support;
mod tls;

use std::process::{Command, Output};

use serde_json::Value;
use support::canned::{SECRET, Service, TOKEN, business, example, gateway};
use support::embedded::Embedded;
use support::text;

fn answers(id: &str, _before: usize) -> (u16, String) {
    match id {
        "" => (404, gateway("InvalidApi.NotFound")),
        "good" => (200, example(id)),
        "forbidden" => (403, gateway("NoPermission")),
        "wrong-key" => (404, gateway("InvalidAccessKeyId.NotFound")),
        "late" => (400, gateway("InvalidTimeStamp.Expired")),
        "elsewhere" => (200, business("903021")),
        "broken" => (500, gateway("InternalError")),
        _ => (200, business("990301")),
    }
}

/// `doctor`, not on a terminal.
fn doctor(service: &Service, args: &[&str]) -> Command {
    let mut command = service.command(&[&["doctor"], args].concat());
    command.env("LC_ALL", "C.UTF-8").env("TERM", "xterm-256color");
    command
}

/// The findings of one run, with its exit code.
struct Findings {
    code: i32,
    findings: Vec<Value>,
}

impl Findings {
    fn of(mut command: Command) -> Self {
        let output = command.args(["--output", "json"]).output().unwrap();
        assert_no_secret(&output);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let code = output.status.code().unwrap();
        assert_eq!(report["exitCode"], code, "{report}");
        Self { code, findings: report["findings"].as_array().unwrap().clone() }
    }

    /// The first finding of a kind: its verdict and its words.
    #[track_caller]
    fn of_kind(&self, kind: &str) -> (&str, &str) {
        let found = self.findings.iter().find(|finding| finding["kind"] == kind);
        let found = found.unwrap_or_else(|| panic!("no {kind} in {:#?}", self.findings));
        (found["verdict"].as_str().unwrap(), found["words"].as_str().unwrap())
    }

    /// The kinds that failed.
    fn failed(&self) -> Vec<&str> {
        let failed = self.findings.iter().filter(|finding| finding["verdict"] == "FAILED");
        failed.map(|finding| finding["kind"].as_str().unwrap()).collect()
    }
}

#[track_caller]
fn assert_no_secret(output: &Output) {
    let all = [&output.stdout[..], &output.stderr].concat();
    let all = String::from_utf8(all).unwrap();
    for secret in [SECRET, TOKEN, "hunter2"] {
        assert!(!all.contains(secret), "{all}");
    }
}

#[rstest::rstest]
#[case::good("good", 0, &[])]
#[case::not_found("gone", 4, &["request"])]
#[case::invalid("..", 2, &["request"])]
#[case::permission("forbidden", 3, &["request"])]
#[case::wrong_key("wrong-key", 3, &["request"])]
#[case::clock("late", 3, &["request"])]
#[case::no_such_workspace("elsewhere", 2, &["workspace", "request"])]
#[case::trouble_at_the_service("broken", 5, &["request"])]
fn the_exit_code_follows_the_request(#[case] id: &str, #[case] code: i32, #[case] failed: &[&str]) {
    let seen = Findings::of(doctor(&Service::start(answers), &[id]));
    assert_eq!((seen.code, seen.failed().as_slice()), (code, failed));
}

#[test]
fn without_an_id_an_invented_one_proves_signature_and_permission_only() {
    let service = Service::start(answers);
    let seen = Findings::of(doctor(&service, &[]));
    let (verdict, words) = seen.of_kind("request");
    assert_eq!((seen.code, verdict), (0, "ok"));
    assert!(words.contains("invented ID: not found, so signature and permission are right"));
    assert!(words.contains("does not show whether workspace and namespace"), "{words}");
    let asked = service.asked.lock().unwrap();
    let [probe, list, request] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!((probe.as_str(), request.as_str()), ("", "00000000-0000-0000-0000-000000000000"));
    assert!(list.starts_with("savepoints?"), "{list}");
    assert_eq!(seen.of_kind("list").0, "warn", "the place is not shown to be there");
}

#[test]
fn the_newest_savepoint_proves_workspace_and_namespace_too() {
    let service = Service::start(|id, _| match id {
        "" => (404, gateway("InvalidApi.NotFound")),
        "newest" => (200, example(id)),
        _ => {
            (200, r#"{"success":true,"totalSize":7,"data":[{"savepointId":"newest"}]}"#.to_owned())
        }
    });
    let seen = Findings::of(doctor(&service, &[]));
    assert_eq!(seen.of_kind("list"), ("ok", "ListSavepoints: 7 in this namespace"));
    let (verdict, words) = seen.of_kind("request");
    assert_eq!((seen.code, verdict), (0, "ok"));
    assert!(words.starts_with("GetSavepoint of newest (the newest): COMPLETED"), "{words}");
}

#[rstest::rstest]
#[case::an_unknown_key("intervall = \"5s\"", &[], "config.toml:1: there is no key \"intervall\"", "did you mean \"interval\"?")]
#[case::no_toml("\nrate = ", &[], "config.toml:2: this is not TOML", "")]
#[case::a_value_that_cannot_be("rate = 1000", &[], "config.toml:1: rate", "from 0.1 to 100")]
#[case::the_context_is_in_it("[contexts.prod]\nregoin = \"r\"", &["--context", "prod"], "config.toml:2: ", "did you mean \"region\"?")]
#[case::no_file("", &["--config", "/nowhere"], "cannot read /nowhere: ", "--config")]
fn a_configuration_that_is_refused_is_a_finding_among_others(
    #[case] file: &str,
    #[case] args: &[&str],
    #[case] starts: &str,
    #[case] says: &str,
) {
    let service = Service::start(answers);
    let directory = service.home.path().join(".config/savepeek");
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join("config.toml"), file).unwrap();
    let mut command = doctor(&service, &[&["good"], args].concat());
    command.env("SAVEPEEK_CONTEXT", if args.is_empty() { "" } else { "prod" });
    let seen = Findings::of(command);
    assert_eq!((seen.code, seen.failed()), (2, vec!["start"]));
    assert_eq!(seen.findings[0]["section"], "configuration", "it comes first");
    let words = seen.of_kind("start").1;
    assert!(words.contains(starts) && words.contains(says), "{words}");
    assert_eq!(seen.of_kind("request").0, "ok", "the rest is examined without the file");
}

#[test]
fn a_log_that_cannot_be_written_is_a_finding_among_others() {
    let log = ["good", "--log-file", "/nowhere/log"];
    let seen = Findings::of(doctor(&Service::start(answers), &log));
    assert_eq!((seen.code, seen.failed()), (2, vec!["start"]));
    assert!(seen.of_kind("start").1.starts_with("cannot log to /nowhere/log: "));
    assert_eq!(seen.of_kind("request").0, "ok");
}

#[test]
fn an_invalid_flag_is_a_usage_error() {
    let output = doctor(&Service::start(answers), &["-w", "a b"]).output().unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
    assert!(text(&output.stderr).starts_with("savepeek: --workspace: "), "{output:?}");
}

#[rstest::rstest]
#[case::nothing("", 0, ("ok", "as the service's"), "ok")]
#[case::behind(r#"{ clock = "2h" }"#, 0, ("warn", "2 h 00 min behind the service's"), "ok")]
#[case::ahead(r#"{ clock = "-2h" }"#, 0, ("warn", "2 h 00 min ahead of the service's"), "ok")]
#[case::disabled(r#""disabled-key""#, 3, ("ok", "as the service's"), "FAILED")]
#[case::forbidden(r#""not-authorised""#, 3, ("ok", "as the service's"), "FAILED")]
fn each_fault_of_the_embedded_service_is_found(
    #[case] fault: &str,
    #[case] code: i32,
    #[case] clock: (&str, &str),
    #[case] request: &str,
) {
    let fault = if fault.is_empty() { "" } else { &format!("[[fault]]\nkind = {fault}") };
    let demo = Embedded::with_faults(fault);
    let id = demo.variable("SAVEPEEK_IDS").split(' ').next().unwrap();
    let mut command = doctor(&Service::without_listener(1), &[id]);
    command.envs(demo.environment.iter().cloned());
    let seen = Findings::of(command);
    let (verdict, words) = seen.of_kind("clock");
    // A second may pass between the two clocks, in either direction.
    let words = words.replace("1 h 59 min", "2 h 00 min");
    assert!(words.starts_with(clock.1), "{words}");
    assert_eq!((seen.code, verdict, seen.of_kind("request").0), (code, clock.0, request));
}

#[rstest::rstest]
#[case::workspace("SAVEPEEK_WORKSPACE", "workspace")]
#[case::namespace("SAVEPEEK_NAMESPACE", "namespace")]
fn a_missing_setting_fails_its_check(#[case] variable: &str, #[case] kind: &str) {
    let service = Service::start(answers);
    let mut command = doctor(&service, &[]);
    command.env_remove(variable);
    let seen = Findings::of(command);
    assert_eq!((seen.code, seen.failed()), (2, vec![kind]));
    assert_eq!(seen.of_kind("request"), ("skipped", "no place to ask in"));
}

/// The output with port, version, time and durations replaced: they differ between runs.
fn normalized(service: &Service, out: &str) -> String {
    let port = service.url.rsplit(':').next().unwrap();
    let time = |word: &str| word.len() == 10 && word.starts_with("20");
    let mut lines: Vec<String> = Vec::new();
    for line in out.replace(port, "PORT").lines() {
        let line = if line.starts_with("savepeek ") {
            let at = line.split(' ').position(time).unwrap();
            format!("savepeek VERSION doctor, {}", if at > 0 { "TIME" } else { "" })
        } else if let Some(start) = line.find(" ms").or_else(|| line.find(" s,")) {
            let digits = line[..start].trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
            format!("{digits}N{}", &line[start..])
        } else {
            line.to_owned()
        };
        lines.push(line);
    }
    lines.join("\n")
}

#[test]
fn the_report_as_text() {
    let service = Service::start(answers);
    let output = doctor(&service, &["good"]).output().unwrap();
    insta::assert_snapshot!(normalized(&service, text(&output.stdout)));
    let wide = text(&output.stdout).lines().skip(1).filter(|line| line.chars().count() > 80);
    assert_eq!(wide.count(), 0);
}

#[test]
fn an_output_error_exits_5() {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let output = doctor(&Service::start(answers), &["good"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(5));
    assert!(text(&output.stderr).contains("No space left on device"), "{output:?}");
}

#[test]
fn the_report_as_json() {
    let service = Service::start(answers);
    let output = doctor(&service, &["forbidden", "--output", "json"]).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let keys: Vec<_> = report.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["at", "exitCode", "findings", "version"]);
    let lines = report["findings"].as_array().unwrap().iter().map(|finding| {
        let finding = finding.as_object().unwrap();
        assert_eq!(
            finding.keys().collect::<Vec<_>>(),
            ["advice", "kind", "section", "verdict", "words"]
        );
        let [section, kind, verdict] =
            ["section", "kind", "verdict"].map(|it| finding[it].as_str().unwrap());
        format!("{section} {kind} {verdict}")
    });
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));
}
