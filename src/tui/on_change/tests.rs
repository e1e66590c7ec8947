use futures_util::FutureExt as _;
use rstest::rstest;
use tokio::time::Instant;

use super::*;
use crate::config::command_line::InvalidCommand;
use crate::domain::change::{Change, Kind};
use crate::domain::endpoint::Endpoint;
use crate::domain::savepoint::{Namespace, Place, Profile, SavepointId, Target, Workspace};
use crate::util::subprocess::probe;
use crate::util::text;

fn change(kind: Kind) -> ChangeReport {
    let place = Place {
        endpoint: Endpoint::of_region("cn-hangzhou").unwrap(),
        workspace: Workspace::new("w-1").unwrap(),
        namespace: Namespace::new("prod").unwrap(),
        profile: None,
    };
    ChangeReport {
        change: Change {
            target: Target { place, id: SavepointId::new("sp-1").unwrap() },
            at: "2026-11-23T03:00:05Z".parse().unwrap(),
            since: Some("2026-11-23T03:00:00Z".parse().unwrap()),
            kind,
        },
        suppressed: 2,
        state: "STARTED".to_owned(),
        description: None,
    }
}

fn failed() -> ChangeReport {
    change(Kind::State { from: "STARTED".into(), to: "FAILED".into() })
}

fn on_change(command: &str) -> OnChange {
    OnChange::new(command.parse().unwrap(), Vec::new())
}

fn value(event: &ChangeEvent<'_>, name: &str) -> String {
    let variables = event.variables();
    let (_, value) = variables.iter().find(|(known, _)| *known == name).unwrap();
    value.clone()
}

#[rstest]
#[case::words("notify  -x a", &["notify", "-x", "a"])]
#[case::quotes("sh -c 'a \"b\" > $HOME/*'", &["sh", "-c", "a \"b\" > $HOME/*"])]
#[case::nothing_is_expanded("echo $HOME *; ~", &["echo", "$HOME", "*;", "~"])]
fn a_command_is_split_without_expansion(#[case] text: &str, #[case] words: &[&str]) {
    let command: CommandLine = text.parse().unwrap();
    let split: Vec<&str> =
        std::iter::once(&command.program).chain(&command.arguments).map(String::as_str).collect();
    assert_eq!(split, words);
}

#[rstest]
#[case::empty("", InvalidCommand::Empty)]
#[case::blank(" \t", InvalidCommand::Empty)]
#[case::no_program("'' x", InvalidCommand::Empty)]
#[case::open_quote("echo 'a", InvalidCommand::Quotes)]
fn invalid_commands_are_rejected(#[case] text: &str, #[case] why: InvalidCommand) {
    assert_eq!(text.parse::<CommandLine>(), Err(why));
}

#[test]
fn the_event_is_one_line_of_json() {
    let report = failed();
    let expected = r#"{"event":"state","savepointId":"sp-1","namespace":"prod","workspace":"w-1","region":"cn-hangzhou","endpoint":"https://ververica.cn-hangzhou.aliyuncs.com","previous":"STARTED","state":"FAILED","cause":null,"description":null,"at":"2026-11-23T03:00:05Z","since":"2026-11-23T03:00:00Z","heldBack":2}"#;
    assert_eq!(ChangeEvent::new(&report).json(), format!("{expected}\n"));
}

#[test]
fn a_profile_is_included_if_there_is_one() {
    let mut report = failed();
    report.change.target.place.profile = Some(Profile::new("ops").unwrap());
    let event = ChangeEvent::new(&report);
    assert!(event.json().contains(r#"aliyuncs.com","profile":"ops","previous""#));
    assert_eq!(value(&event, "SAVEPEEK_PROFILE"), "ops");
}

#[rstest]
#[case::vanished(Kind::Vanished { was: "COMPLETED".into() }, ["vanished", "COMPLETED", "", ""])]
#[case::appeared(Kind::Appeared { state: "FAILED".into() }, ["appeared", "", "FAILED", ""])]
#[case::lost(Kind::Lost { cause: "no answer".into() }, ["lost", "", "STARTED", "no answer"])]
#[case::back(Kind::Back { cause: "no answer".into() }, ["back", "", "STARTED", "no answer"])]
fn every_variable_is_set_even_if_empty(#[case] kind: Kind, #[case] values: [&str; 4]) {
    let report = change(kind);
    let event = ChangeEvent::new(&report);
    let names = ["SAVEPEEK_EVENT", "SAVEPEEK_PREVIOUS", "SAVEPEEK_STATE", "SAVEPEEK_CAUSE"];
    assert_eq!(names.map(|name| value(&event, name)), values);
}

#[test]
fn control_characters_are_escaped_in_json_and_variables() {
    let hostile = "\u{0}\u{3164}\u{fe0f}\u{1b}]0;x\u{7}\u{9b}\u{202e}\n";
    let mut report = change(Kind::State { from: hostile.into(), to: "x".repeat(1 << 20) });
    report.description = Some(hostile.to_owned());
    let event = ChangeEvent::new(&report);
    let json = event.json();
    assert!(!json.trim_end().contains(text::is_control), "{json}");
    let read: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(read["description"], hostile);
    assert_eq!(read["previous"], hostile);
    for (name, value) in event.variables() {
        assert!(value.len() <= 4 * 1000, "{name} is too long");
        assert!(!value.contains(text::is_control), "{name}: {value:?}");
    }
}

#[rstest]
#[case::success("true", Ok(()))]
#[case::input_unread("sh -c 'exec <&-'", Ok(()))]
#[case::code("sh -c 'exit 3'", Err("sh: exit code 3"))]
#[case::signal("sh -c 'kill -TERM $$'", Err("sh: ended by signal 15"))]
#[case::not_found(
    "no-such-command-anywhere x",
    Err("no-such-command-anywhere: not found, or something that it runs")
)]
#[case::a_directory("/", Err("/: cannot be run: Permission denied (os error 13)"))]
#[tokio::test]
async fn failures_are_reported(#[case] command: &str, #[case] end: Result<(), &str>) {
    assert_eq!(on_change(command).run(failed()).await, end.map_err(ToOwned::to_owned));
}

#[tokio::test]
async fn the_command_gets_json_and_variables() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("event");
    let script = "{ cat; echo $SAVEPEEK_ID $SAVEPEEK_STATE $SAVEPEEK_HELD_BACK; } > $0";
    let command = format!("sh -c '{script}' {}", file.display());
    on_change(&command).run(failed()).await.unwrap();
    let received = std::fs::read_to_string(file).unwrap();
    let expected = format!("{}sp-1 FAILED 2\n", ChangeEvent::new(&failed()).json());
    assert_eq!(received, expected);
}

/// A command that starts a child and hangs, and the file that gets the child's process ID.
fn hanging(directory: &tempfile::TempDir) -> (OnChange, std::path::PathBuf) {
    let file = directory.path().join("pid");
    let command = format!("sh -c 'sleep 1000 & echo $! > $0; wait' {}", file.display());
    (on_change(&command), file)
}

#[tokio::test(start_paused = true)]
async fn a_command_and_its_children_are_killed_after_30_s() {
    let directory = tempfile::tempdir().unwrap();
    let (on_change, file) = hanging(&directory);
    let (begun, mut run) = (Instant::now(), Box::pin(on_change.run(failed())));
    // Polled once: the command is started, and the paused clock has not advanced.
    assert!((&mut run).now_or_never().is_none());
    let sleeper = probe::line(&file);
    assert_eq!(run.await, Err("sh: killed after 30 s".to_owned()));
    assert_eq!(begun.elapsed().as_secs(), 30);
    probe::wait_for_the_end_of(&sleeper);
}

#[tokio::test(start_paused = true)]
async fn running_commands_are_killed_at_exit() {
    let directory = tempfile::tempdir().unwrap();
    let (on_change, file) = hanging(&directory);
    let mut run = Box::pin(on_change.run(failed()));
    assert!((&mut run).now_or_never().is_none());
    let sleeper = probe::line(&file);
    let begun = Instant::now();
    on_change.finish().await;
    assert_eq!(begun.elapsed(), GRACE);
    drop(run);
    probe::wait_for_the_end_of(&sleeper);
}

#[tokio::test(start_paused = true)]
async fn exit_does_not_wait_when_nothing_runs() {
    let on_change = on_change("true");
    let begun = Instant::now();
    on_change.finish().await;
    assert_eq!(begun.elapsed(), Duration::ZERO);
    assert_eq!(on_change.run(failed()).await, Err("true: not run, savepeek ends".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn four_run_a_hundred_wait_and_one_more_is_rejected() {
    let on_change = on_change("sleep 1000");
    let runs: Vec<_> = (0..MAX_RUNNING + MAX_WAITING).map(|_| on_change.run(failed())).collect();
    let refused = on_change.run(failed()).await;
    assert_eq!(refused, Err("sleep: not run, 100 others are waiting".to_owned()));
    let begun = Instant::now();
    let ends = futures_util::future::join_all(runs).await;
    assert!(ends.iter().all(|end| *end == Err("sleep: killed after 30 s".to_owned())), "{ends:?}");
    // Four at a time: 26 rounds of 30 s.
    assert_eq!(begun.elapsed().as_secs(), 26 * 30);
}
