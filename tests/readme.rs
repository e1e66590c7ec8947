//! The scripts in README.md, run by bash exactly as written, on the embedded service. Commands of
//! other programs are stubs.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "support/mod.rs"]
mod support;

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use support::service::DemoService;
use support::text;
use tempfile::TempDir;

const A: &str = "79b4e2ca-ad85-46da-8cff-c2c0e8d40303";
const B: &str = "354dde66-a3ae-463e-967a-0b4107fd0001";

const README: &str = include_str!("../README.md");

/// The README's only example that begins with this text.
fn example(start: &str) -> &'static str {
    let blocks =
        README.split("\n```").filter_map(|block| block.split_once('\n')).map(|(_, text)| text);
    let found: Vec<&str> = blocks.filter(|text| text.starts_with(start)).collect();
    let [only] = found[..] else { panic!("{} examples begin with {start:?}", found.len()) };
    only
}

/// A savepoint's ID, origin, second of creation, and state 11 s later.
type Item = (&'static str, &'static str, i32, &'static str);

/// The README's place, with savepoints of the deployment `orders`.
fn story(savepoints: &[Item], series: &str) -> String {
    let deployment = format!(
        r#"
        workspace = "a14bd5d90a0001"
        namespace = "prod-default"
        [[deployment]]
        id = "5a19a71b-1c42-4f34-94fd-86cf60782c81"
        name = "orders"
        created = "-900h"
        modified = "-48h"
        jobs = [{{ id = "d23f0824-128b-4f33-8c5c-7fd0a6a3a450", state = "RUNNING", started = "-48h" }}]
        {series}
        "#
    );
    let savepoint = |&(id, origin, created, then): &Item| {
        let ended = created + 11;
        format!(
            r#"
            [[savepoint]]
            id = "{id}"
            deploymentId = "5a19a71b-1c42-4f34-94fd-86cf60782c81"
            jobId = "d23f0824-128b-4f33-8c5c-7fd0a6a3a450"
            savepointOrigin = "{origin}"
            nativeFormat = true
            steps = [
                {{ at = "{created}s", state = "STARTED" }},
                {{ at = "{ended}s", state = "{then}", location = "oss://bucket/{id}" }},
            ]
            "#
        )
    };
    deployment + &savepoints.iter().map(savepoint).collect::<String>()
}

/// Where scripts run: a service, and a PATH with the program and the stubs.
struct Sandbox {
    service: DemoService,
    home: TempDir,
}

impl Sandbox {
    fn new(story: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        let bin = home.path().join("bin");
        fs::create_dir(&bin).unwrap();
        symlink(env!("CARGO_BIN_EXE_savepeek"), bin.join("savepeek")).unwrap();
        // Each stub records its arguments.
        for name in ["restart", "trigger-savepoint"] {
            write_stub(&bin.join(name), &format!("echo {name} \"$@\" >> called"));
        }
        // Prints the last member of that name in each line, which is enough here.
        write_stub(&bin.join("jq"), r#"sed -n "s/.*\"${2##*.}\":\"\([^\"]*\)\".*/\1/p""#);
        Self { service: DemoService::from_toml(story), home }
    }

    fn bash(&self, options: &[&str], script: &str, more: &[(&str, &str)]) -> Output {
        let home = self.home.path();
        let path = format!("{}:{}", home.join("bin").display(), std::env::var("PATH").unwrap());
        let mut bash = Command::new("bash");
        bash.args(options).args(["-c", script]).env_clear().current_dir(home).stdin(Stdio::null());
        bash.env("PATH", path).env("HOME", home).env("SAVEPEEK_INTERVAL", "1s");
        bash.env("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true");
        // No request of a script can leave this machine.
        bash.env("HTTPS_PROXY", "http://127.0.0.1:1");
        bash.envs(self.service.variables()).envs(more.iter().copied()).output().unwrap()
    }

    fn file(&self, name: &str) -> String {
        fs::read_to_string(self.home.path().join(name)).unwrap_or_default()
    }
}

fn write_stub(path: &Path, script: &str) {
    fs::write(path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

const PLACE: [(&str, &str); 3] = [
    ("ALIBABA_CLOUD_REGION_ID", "cn-hangzhou"),
    ("SAVEPEEK_WORKSPACE", "a14bd5d90a0001"),
    ("SAVEPEEK_NAMESPACE", "prod-default"),
];

#[rstest::rstest]
#[case::restarts(
    &[(A, "USER_REQUEST", -90, "COMPLETED"), (B, "RETAINED_CHECKPOINT", -60, "COMPLETED")],
    0, "", A,
)]
#[case::has_none(
    &[(A, "USER_REQUEST", -90, "FAILED")],
    1, "no COMPLETED savepoint of orders: start without state?", "",
)]
fn the_restart_from_the_latest(
    #[case] savepoints: &[Item],
    #[case] code: i32,
    #[case] says: &str,
    #[case] from: &str,
) {
    let sandbox = Sandbox::new(&story(savepoints, ""));
    let output = sandbox.bash(&[], example("savepoint=$(savepeek latest"), &PLACE);
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    let strategy = format!(r#"{{"kind": "FROM_SAVEPOINT", "savepointId": "{from}"}}"#);
    let called = if code == 0 { format!("restart --strategy {strategy}\n") } else { String::new() };
    assert_eq!(sandbox.file("called"), called);
    assert!(stderr.contains(says) && stderr.is_empty() == says.is_empty(), "{stderr}");
}

#[rstest::rstest]
#[case::completed(
    A,
    "COMPLETED",
    0,
    "COMPLETED",
    "location=oss://bucket/79b4e2ca-ad85-46da-8cff-c2c0e8d40303\n"
)]
#[case::failed(A, "FAILED", 1, "the savepoint FAILED: keep the old job", "")]
#[case::unknown(B, "COMPLETED", 1, "cannot tell: see above", "")]
fn the_deploy_script(
    #[case] id: &str,
    #[case] becomes: &'static str,
    #[case] code: i32,
    #[case] says: &str,
    #[case] prints: &str,
) {
    let sandbox = Sandbox::new(&story(&[(A, "USER_REQUEST", -10, becomes)], ""));
    let script = example("export ALIBABA_CLOUD_REGION_ID=");
    let script = format!("{script}\necho location=$location");
    let output = sandbox.bash(&[], &script, &[("SAVEPOINT", id)]);
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    assert!(stderr.contains(says), "{stderr}");
    assert!(stdout.ends_with(prints) && stdout.contains("location=") != prints.is_empty());
}

#[test]
fn the_wait_for_the_next_one() {
    let series = r#"
        [[deployment.series]]
        job = "d23f0824-128b-4f33-8c5c-7fd0a6a3a450"
        origin = "AUTO_TRIGGERED"
        from = "-1m"
        every = "2s"
        took = ["1s"]
    "#;
    let sandbox = Sandbox::new(&story(&[], series));
    let script = example("savepeek wait --deployment orders --next");
    let output = sandbox.bash(&[], &format!("{script}\necho $savepoint"), &PLACE);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(sandbox.file("called"), "trigger-savepoint orders\n");
    let last = sandbox.file("next.jsonl").lines().last().unwrap().to_owned();
    let last: serde_json::Value = serde_json::from_str(&last).unwrap();
    assert_eq!(last["savepoint"]["status"]["state"], "COMPLETED");
    assert_eq!(last["savepointId"], text(&output.stdout).trim());
}

#[rstest::rstest]
#[case::completed("COMPLETED", 0)]
#[case::failed("FAILED", 1)]
fn the_ci_job(#[case] becomes: &'static str, #[case] code: i32) {
    let job = example("savepoints:\n");
    let after = |start: &str| job.lines().find_map(|line| line.trim().strip_prefix(start)).unwrap();
    let variables = after("variables: {").trim_end_matches('}').split(',');
    let variables: Vec<_> = variables.map(|it| it.trim().split_once(": ").unwrap()).collect();
    let ids = [(A, "USER_REQUEST", -10, "COMPLETED"), (B, "USER_REQUEST", -10, becomes)];
    let sandbox = Sandbox::new(&story(&ids, ""));
    fs::write(sandbox.home.path().join("ids.txt"), format!("{A}\n{B}\n")).unwrap();
    // With the options that GitLab uses.
    let output = sandbox.bash(&["-eo", "pipefail"], after("- "), &variables);
    assert_eq!(output.status.code(), Some(code), "{}", text(&output.stderr));
    let lines = sandbox.file("savepoints.jsonl");
    let events = lines.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let ends: Vec<_> = events.filter(|it| it["event"] == "final").collect();
    assert_eq!(ends.len(), 2, "{lines}");
    assert!(after("artifacts:").contains("savepoints.jsonl"));
}
