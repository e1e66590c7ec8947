//! `savepeek doctor` on the real binary: each way to fail, on loopback.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

#[path = "../support/canned.rs"]
mod canned;
#[path = "../support/embedded.rs"]
mod embedded;
mod files;
mod tls;

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use canned::{SECRET, Service, TOKEN, business, example, gateway, text};
use embedded::Embedded;
use serde_json::Value;

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

/// The doctor, in a terminal that is none.
fn doctor(service: &Service, args: &[&str]) -> Command {
    let mut command = service.command(&[&["doctor"], args].concat());
    command.env("LC_ALL", "C.UTF-8").env("TERM", "xterm-256color");
    command
}

/// The findings by kind, with the exit code.
struct Seen {
    code: i32,
    findings: Vec<Value>,
}

impl Seen {
    fn of(mut command: Command) -> Self {
        let output = command.args(["--output", "json"]).output().unwrap();
        no_secret(&output);
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
fn no_secret(output: &Output) {
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
fn the_request_decides(#[case] id: &str, #[case] code: i32, #[case] failed: &[&str]) {
    let seen = Seen::of(doctor(&Service::start(answers), &[id]));
    assert_eq!((seen.code, seen.failed().as_slice()), (code, failed));
}

#[test]
fn without_an_id_an_invented_one_proves_signature_and_permission_and_claims_no_more() {
    let service = Service::start(answers);
    let seen = Seen::of(doctor(&service, &[]));
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
    let seen = Seen::of(doctor(&service, &[]));
    assert_eq!(seen.of_kind("list"), ("ok", "ListSavepoints: 7 in this namespace"));
    let (verdict, words) = seen.of_kind("request");
    assert_eq!((seen.code, verdict), (0, "ok"));
    assert!(words.starts_with("GetSavepoint of newest (the newest): COMPLETED"), "{words}");
}

#[test]
fn whoever_lends_credentials_has_a_limit_of_its_own() {
    let (service, home) = (Service::start(answers), tempfile::tempdir().unwrap());
    let keys = r#"{"mode": "AK", "access_key_id": "LTAI1", "access_key_secret": "s"}"#;
    let script = format!("sleep 1; echo '{keys}'");
    let helper = home.path().join("helper");
    std::fs::write(&helper, script).unwrap();
    let config = serde_json::json!({"profiles": [
        {"name": "p", "mode": "External", "process_command": format!("sh {}", helper.display())}]});
    std::fs::create_dir(home.path().join(".aliyun")).unwrap();
    std::fs::write(home.path().join(".aliyun/config.json"), config.to_string()).unwrap();
    let mut command = doctor(&service, &["--profile", "p", "--request-timeout", "800ms", "good"]);
    command.env("HOME", home.path());
    assert_eq!(Seen::of(command).of_kind("provider").0, "ok");
}

#[test]
fn no_credentials() {
    let service = Service::start(answers);
    let mut command = doctor(&service, &[]);
    command.env_remove("ALIBABA_CLOUD_ACCESS_KEY_ID");
    command.env_remove("ALIBABA_CLOUD_ACCESS_KEY_SECRET");
    let seen = Seen::of(command);
    assert_eq!((seen.code, seen.failed()), (3, vec!["identity"]));
    assert_eq!(seen.of_kind("request"), ("skipped", "no credentials"));
    assert_eq!(seen.of_kind("round-trip").0, "ok", "the way there is examined nevertheless");
    let passed_over = seen.findings.iter().filter(|finding| finding["kind"] == "provider");
    assert_eq!(passed_over.count(), 6);
}

#[test]
fn half_credentials_end_the_chain() {
    let service = Service::start(answers);
    let mut command = doctor(&service, &[]);
    command.env_remove("ALIBABA_CLOUD_ACCESS_KEY_ID");
    let seen = Seen::of(command);
    assert_eq!((seen.code, seen.failed()), (3, vec!["provider"]));
    assert!(seen.of_kind("provider").1.contains("ALIBABA_CLOUD_ACCESS_KEY_ID is not"));
}

#[test]
fn a_profile_that_cannot_be_read_is_a_finding_among_others() {
    let service = Service::start(answers);
    std::fs::create_dir(service.home.path().join(".aliyun")).unwrap();
    let damaged = r#"{"profiles": [{"name": "default", "access_key_secret": hunter2"#;
    std::fs::write(service.home.path().join(".aliyun/config.json"), damaged).unwrap();
    let mut command = doctor(&service, &[]);
    command.env_remove("SAVEPEEK_ENDPOINT");
    let seen = Seen::of(command);
    assert_eq!((seen.code, seen.failed()), (2, vec!["endpoint"]));
    assert!(seen.of_kind("endpoint").1.contains("config.json is damaged at line 1"));
    assert_eq!(seen.of_kind("request"), ("skipped", "the service does not answer"));
    assert_eq!(seen.of_kind("keys-file").0, "warn", "others may read it");
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
    let seen = Seen::of(command);
    assert_eq!((seen.code, seen.failed()), (2, vec!["start"]));
    assert_eq!(seen.findings[0]["section"], "configuration", "it comes first");
    let words = seen.of_kind("start").1;
    assert!(words.contains(starts) && words.contains(says), "{words}");
    assert_eq!(seen.of_kind("request").0, "ok", "the rest is examined without the file");
}

#[test]
fn so_is_a_log_that_cannot_be_written() {
    let log = ["good", "--log-file", "/nowhere/log"];
    let seen = Seen::of(doctor(&Service::start(answers), &log));
    assert_eq!((seen.code, seen.failed()), (2, vec!["start"]));
    assert!(seen.of_kind("start").1.starts_with("cannot log to /nowhere/log: "));
    assert_eq!(seen.of_kind("request").0, "ok");
}

#[test]
fn what_the_flags_say_is_still_usage() {
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
fn the_embedded_service_agrees(
    #[case] fault: &str,
    #[case] code: i32,
    #[case] clock: (&str, &str),
    #[case] request: &str,
) {
    let fault = if fault.is_empty() { "" } else { &format!("[[fault]]\nkind = {fault}") };
    let demo = Embedded::misbehaving(fault);
    let id = demo.variable("SAVEPEEK_IDS").split(' ').next().unwrap();
    let mut command = doctor(&Service::nobody_at(1), &[id]);
    command.envs(demo.environment.iter().cloned());
    let seen = Seen::of(command);
    let (verdict, words) = seen.of_kind("clock");
    // A second may pass between the two clocks, in either direction.
    let words = words.replace("1 h 59 min", "2 h 00 min");
    assert!(words.starts_with(clock.1), "{words}");
    assert_eq!((seen.code, verdict, seen.of_kind("request").0), (code, clock.0, request));
}

#[test]
fn nobody_listens() {
    let seen = Seen::of(doctor(&Service::nobody_at(1), &[]));
    assert_eq!((seen.code, seen.failed()), (5, vec!["connection"]));
    for kind in ["tls", "round-trip", "clock", "request"] {
        assert_eq!(seen.of_kind(kind).0, "skipped", "{kind}");
    }
}

#[test]
fn a_name_that_nobody_has() {
    let service = Service::start(answers);
    let seen = Seen::of(doctor(&service, &["--endpoint", "https://savepeek-test.invalid"]));
    assert_eq!((seen.code, seen.failed()), (5, vec!["resolution"]));
    assert_eq!(seen.of_kind("connection"), ("skipped", "no address"));
}

#[test]
fn tls_to_a_port_that_speaks_none() {
    let service = Service::start(answers);
    let url = service.url.replace("http:", "https:");
    let seen = Seen::of(doctor(&service, &["--endpoint", &url]));
    assert_eq!((seen.code, seen.failed()), (5, vec!["tls"]));
}

#[test]
fn whoever_never_answers_is_given_up_at_the_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let service = Service::nobody_at(listener.local_addr().unwrap().port());
    // The kernel takes connections, and nobody takes them from it.
    let seen = Seen::of(doctor(&service, &["--request-timeout", "3s"]));
    assert_eq!((seen.code, seen.failed()), (5, vec!["round-trip"]));
    assert!(seen.of_kind("round-trip").1.contains("within 3 s"));
    drop(listener);
}

#[rstest::rstest]
#[case::workspace("SAVEPEEK_WORKSPACE", "workspace")]
#[case::namespace("SAVEPEEK_NAMESPACE", "namespace")]
fn what_was_not_said_is_missing(#[case] variable: &str, #[case] kind: &str) {
    let service = Service::start(answers);
    let mut command = doctor(&service, &[]);
    command.env_remove(variable);
    let seen = Seen::of(command);
    assert_eq!((seen.code, seen.failed()), (2, vec![kind]));
    assert_eq!(seen.of_kind("request"), ("skipped", "no place to ask in"));
}

#[test]
fn no_password_of_a_proxy_is_told() {
    let service = Service::start(answers);
    let mut command = doctor(&service, &["--endpoint", "https://savepeek-test.invalid"]);
    command.env("HTTPS_PROXY", "http://user:hunter2@127.0.0.1:1");
    let seen = Seen::of(command);
    assert_eq!(seen.of_kind("proxy"), ("ok", "127.0.0.1:1 (from HTTPS_PROXY)"));
    assert_eq!((seen.code, seen.failed()), (5, vec!["connection"]));
}

/// Every sample of the vendor's files: whatever is wrong with one, its secrets stay in it.
#[test]
fn no_secret_of_any_profile_is_told() {
    let samples = Path::new("tests/data/credentials/home");
    let config = std::fs::read_to_string(samples.join(".aliyun/config.json")).unwrap();
    let config: Value = serde_json::from_str(&config).unwrap();
    let secret = |key: &str| {
        ["secret", "token"].iter().any(|it| key.contains(it))
            && !["_file", "_expire"].iter().any(|it| key.ends_with(it))
    };
    let service = Service::start(answers);
    copy(samples, service.home.path());
    for profile in config["profiles"].as_array().unwrap() {
        let name = profile["name"].as_str().unwrap();
        let mut command = doctor(&service, &["--profile", name, "--request-timeout", "200ms"]);
        // Nobody on the way to whoever would lend keys.
        command.env("HTTPS_PROXY", "http://127.0.0.1:1");
        let output = command.output().unwrap();
        no_secret(&output);
        let told = text(&output.stdout);
        // Told of is what is asked for, and what came of it: not nothing at all.
        assert!(told.contains(&format!("profile       {name:?}, named by --profile")), "{told}");
        let reached = ["✓ ok    ", "✗ FAILED"]
            .map(|verdict| format!("{verdict}  provider      profile {name:?}: "));
        assert!(reached.iter().any(|line| told.contains(line)), "{told}");
        for (key, value) in profile.as_object().unwrap() {
            if let Some(value) = value.as_str().filter(|it| it.len() > 3 && secret(key)) {
                assert!(!told.contains(value), "{name}: {key}: {told}");
            }
        }
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).unwrap();
            std::fs::set_permissions(&target, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
    }
}

/// What differs from run to run.
fn steady(service: &Service, out: &str) -> String {
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
fn for_people() {
    let service = Service::start(answers);
    let output = doctor(&service, &["good"]).output().unwrap();
    insta::assert_snapshot!(steady(&service, text(&output.stdout)));
    let wide = text(&output.stdout).lines().skip(1).filter(|line| line.chars().count() > 80);
    assert_eq!(wide.count(), 0);
}

#[test]
fn what_cannot_be_printed_is_5() {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let output = doctor(&Service::start(answers), &["good"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(5));
    assert!(text(&output.stderr).contains("No space left on device"), "{output:?}");
}

#[test]
fn for_programs() {
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
