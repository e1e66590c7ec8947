//! The real binary as a shell sees it: streams, exit codes, usage. No service is needed: without
//! credentials no request is sent.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

const PLACE: [&str; 6] = ["--region", "cn-hangzhou", "-w", "w", "-n", "n"];

/// The program in a home and an environment of its own.
fn savepeek(home: &TempDir) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("savepeek"));
    command
        .env_clear()
        .env("HOME", home.path())
        .env("XDG_CONFIG_HOME", home.path())
        .env("XDG_STATE_HOME", home.path())
        .env("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")
        .stdin(Stdio::null());
    command
}

fn run(args: &[&str], env: &[(&str, &str)]) -> Output {
    let home = TempDir::new().unwrap();
    savepeek(&home).args(args).envs(env.iter().copied()).output().unwrap()
}

fn get(args: &[&str]) -> Output {
    run(&[&["get"], &PLACE[..], args].concat(), &[])
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// The objects that were printed.
fn json(output: &Output) -> Vec<serde_json::Value> {
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[rstest::rstest]
#[case::of_the_screen(&["--help"], &["Usage: savepeek", "get", "demo", "--region", "--fresh", "Examples:"])]
#[case::of_get(&["get", "--help"], &["--output", "--timeout-total", "Exit codes:", "SAVEPEEK_WORKSPACE"])]
#[case::of_wait(&["wait", "--help"], &["--timeout", "--request-timeout", "--until", "--keep-going", "--progress", "Exit codes:"])]
#[case::of_config(&["config", "--help"], &["--sample", "SAVEPEEK_NOTIFY_ON", "Flags beat", "[default: 5s]", "Exit codes:"])]
#[case::of_the_demo(&["demo", "--help"], &["--serve", "--listen", "--faults"])]
#[case::version(&["--version"], &["savepeek ", savepeek::VERSION])]
#[case::completions(&["completions", "bash"], &["_savepeek", "--keep-going"])]
#[case::manual(&["man"], &[".TH savepeek 1", "savepeek demo"])]
#[case::manual_of_a_command(&["man", "wait"], &[".TH savepeek-wait 1", "130"])]
fn help_exits_0(#[case] args: &[&str], #[case] says: &[&str]) {
    let output = run(args, &[]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(text(&output.stderr), "");
    for words in says {
        assert!(text(&output.stdout).contains(words), "{words:?} in {}", text(&output.stdout));
    }
}

#[rstest::rstest]
#[case::unknown_flag(&["get", "--colour", "a"], &["--colour"])]
#[case::no_ids(&["get", "-w", "w"], &["<ID>"])]
#[case::a_manual_of_nothing(&["man", "dance"], &["there is no command dance"])]
#[case::a_log_in_no_directory(&["--log-file", "/dev/null/log", "demo"], &["cannot log to /dev/null/log"])]
#[case::no_region(&["get", "-w", "w", "-n", "n", "a"], &["--region", "--endpoint", "SAVEPEEK_ENDPOINT", "ALIBABA_CLOUD_REGION_ID"])]
#[case::no_workspace(&["get", "--region", "r", "-n", "n", "a"], &["--workspace", "SAVEPEEK_WORKSPACE"])]
#[case::no_namespace(&["get", "--region", "r", "-w", "w", "a"], &["--namespace", "SAVEPEEK_NAMESPACE"])]
#[case::bad_workspace(&["get", "--region", "r", "-w", "a b", "-n", "n", "a"], &["--workspace"])]
#[case::bad_namespace(&["list", "--region", "r", "-w", "w", "-n", ".."], &["namespace"])]
#[case::nothing_to_wait_for(&["wait", "--region", "r", "-w", "w", "-n", "n", "-"], &["no savepoint ID on standard input"])]
#[case::nothing_to_get(&["get", "--region", "r", "-w", "w", "-n", "n", "-"], &["no savepoint ID on standard input"])]
#[case::a_deployment_beside_an_id(&["wait", "--deployment", "d", "a"], &["--deployment", "[ID]"])]
#[case::bad_interval(&["get", "--interval", "0", "a"], &["--interval", "from 1 s to 1 h"])]
#[case::plain_http(&["get", "--endpoint", "http://example.com", "-w", "w", "-n", "n", "a"], &["plain http to example.com", "--allow-http"])]
#[case::no_faults(&["demo", "--faults", "nowhere.toml"], &["--faults nowhere.toml"])]
fn usage_errors_exit_2_and_name_the_flag(#[case] args: &[&str], #[case] says: &[&str]) {
    let output = run(args, &[]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(text(&output.stdout), "");
    for words in says {
        assert!(text(&output.stderr).contains(words), "{words:?} in {}", text(&output.stderr));
    }
}

#[test]
fn a_log_file_that_is_a_pipe_is_refused_without_waiting() {
    let home = TempDir::new().unwrap();
    let pipe = home.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let output = savepeek(&home).arg("--log-file").arg(&pipe).args(["man"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("but a pipe"), "{}", text(&output.stderr));
}

#[test]
fn flags_beat_the_environment() {
    let env = [
        ("SAVEPEEK_ENDPOINT", "http://127.0.0.1:1"),
        ("SAVEPEEK_WORKSPACE", "w-env"),
        ("SAVEPEEK_NAMESPACE", "n-env"),
    ];
    let output = run(&["get", "-w", "w-flag", "--output", "json", ".."], &env);
    let line = &json(&output)[0];
    assert_eq!((&line["workspace"], &line["namespace"]), (&"w-flag".into(), &"n-env".into()));
}

/// The program in a home with this configuration.
fn configured(config: &str) -> (TempDir, Command) {
    let home = TempDir::new().unwrap();
    std::fs::create_dir(home.path().join("savepeek")).unwrap();
    std::fs::write(home.path().join("savepeek/config.toml"), config).unwrap();
    let command = savepeek(&home);
    (home, command)
}

const CONTEXT: &str = "context = \"prod\"\n[contexts.prod]\nendpoint = \"http://127.0.0.1:1\"\n\
                       workspace = \"w-file\"\nnamespace = \"n-file\"\n";

#[test]
fn flags_beat_the_file() {
    let (_home, mut command) = configured(CONTEXT);
    let get = ["get", "-w", "w-flag", "--output", "json", ".."];
    let output = command.args(get).output().unwrap();
    let line = &json(&output)[0];
    let place = (&line["workspace"], &line["namespace"]);
    assert_eq!(place, (&"w-flag".into(), &"n-file".into()), "{}", text(&output.stderr));
}

#[rstest::rstest]
#[case::of_get(&["get", "a"])]
#[case::of_wait(&["wait", "a"])]
#[case::of_the_screen(&[])]
#[case::of_the_demo(&["demo"])]
#[case::of_the_journal(&["journal"])]
#[case::of_config(&["config"])]
fn an_invalid_file_stops_every_command_that_needs_it(#[case] args: &[&str]) {
    let (home, mut command) = configured("interval = \"5s\"\nratee = 5");
    let output = command.args(args).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(text(&output.stdout), "");
    let path = home.path().join("savepeek/config.toml");
    let said = format!(
        "savepeek: {}:2: there is no key \"ratee\"; did you mean \"rate\"?\n",
        path.display()
    );
    assert_eq!(text(&output.stderr), said);
}

#[rstest::rstest]
#[case::help(&["--help"])]
#[case::completions(&["completions", "fish"])]
#[case::the_sample(&["config", "--sample"])]
fn an_invalid_file_does_not_stop_help(#[case] args: &[&str]) {
    let (_home, mut command) = configured("ratee = 5");
    assert_eq!(command.args(args).output().unwrap().status.code(), Some(0));
}

#[test]
fn another_file_can_be_named_and_must_exist() {
    let (home, mut command) = configured("ratee = 5");
    let other = home.path().join("other.toml");
    std::fs::write(&other, "rate = 7").unwrap();
    command.env("SAVEPEEK_CONFIG", "/nowhere.toml");
    let output = command.args(["config", "--config"]).arg(&other).output().unwrap();
    assert!(text(&output.stdout).contains("# other.toml:1"), "{}", text(&output.stderr));
    let output =
        savepeek(&home).env("SAVEPEEK_CONFIG", "/nowhere.toml").arg("demo").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("cannot read the file that SAVEPEEK_CONFIG names: "),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn without_credentials_no_request_is_sent_and_the_exit_is_3() {
    let output = get(&["--output", "json", "a"]);
    assert_eq!(output.status.code(), Some(3));
    let line = &json(&output)[0];
    let keys: Vec<_> = line.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = ["error", "fetchedAt", "namespace", "requestId", "savepointId", "workspace"];
    assert_eq!(keys, expected, "sorted by the reader");
    assert_eq!(line["error"]["kind"], "credentials");
    assert_eq!(line["error"]["httpStatus"], serde_json::Value::Null);
    let stderr = text(&output.stderr);
    assert!(stderr.starts_with("savepeek: a: no credentials"), "{stderr}");
    assert!(stderr.contains("ALIBABA_CLOUD_ACCESS_KEY_ID"), "{stderr}");
}

#[rstest::rstest]
#[case::invalid_only(&["..", ""], 4)]
#[case::worse_first(&["a", ".."], 3)]
#[case::worse_last(&["..", "a"], 3)]
fn the_exit_code_is_the_worst(#[case] ids: &[&str], #[case] code: i32) {
    let output = get(ids);
    assert_eq!(output.status.code(), Some(code), "{}", text(&output.stderr));
}

#[test]
fn ids_are_read_from_stdin_and_after_the_flags() {
    let home = TempDir::new().unwrap();
    let mut child = savepeek(&home)
        .args(["get", "--rate", "100"])
        .args(PLACE)
        .args(["--output", "json", "first", "-", "--", "--rate", "a b"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all("one\r\n\n two \n快照".as_bytes()).unwrap();
    let lines = json(&child.wait_with_output().unwrap());
    let ids: Vec<_> = lines.iter().map(|line| line["savepointId"].as_str().unwrap()).collect();
    assert_eq!(ids, ["first", "one", " two ", "快照", "--rate", "a b"]);
}

#[test]
fn a_closed_pipe_ends_the_output_quietly() {
    const MANY: usize = 50_000;
    let home = TempDir::new().unwrap();
    let errors = home.path().join("stderr");
    let mut child = savepeek(&home)
        .arg("get")
        .args(PLACE)
        .args(["--output", "json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(File::create(&errors).unwrap())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all("..\n".repeat(MANY).as_bytes()).unwrap();
    let mut first = String::new();
    // Dropped at once, as `head -1` would.
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert!(first.contains("invalid-id"), "{first}");
    assert_eq!(child.wait().unwrap().code(), Some(4));
    let errors = std::fs::read_to_string(errors).unwrap();
    assert!(errors.lines().count() < MANY, "it went on writing to a closed pipe");
    assert!(errors.lines().all(|line| line.starts_with("savepeek: ..: invalid ID")));
}

#[test]
fn no_secret_is_ever_printed() {
    let secrets = [
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI-invented"),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "hunter2-secret"),
        ("ALIBABA_CLOUD_SECURITY_TOKEN", "hunter2-token"),
    ];
    let runs: [&[&str]; 3] = [
        &[
            "get",
            "--endpoint",
            "http://127.0.0.1:1",
            "-w",
            "w",
            "-n",
            "n",
            "--timeout-total",
            "1",
            "a",
        ],
        &["get", "--endpoint", "https://u:hunter2-password@example.com", "-w", "w", "-n", "n", "a"],
        &["get", "--help"],
    ];
    for args in runs {
        let output = run(args, &secrets);
        let all = [output.stdout, output.stderr].concat();
        assert!(!all.is_empty());
        assert!(!text(&all).contains("hunter2"), "{}", text(&all));
    }
}
