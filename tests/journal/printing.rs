//! `savepeek journal` and `savepeek report`.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Output, Stdio};

use rstest::rstest;

use savepeek::util::text::is_control;

use super::{savepeek, state};
use crate::support::text;

const A: &str = "354dde66-a3ae-463e-967a-0b4107fd0001";
const B: &str = "4b1f0c57-91d8-4d52-8e0c-6f2b7c1d0002";

/// A journal line about a savepoint.
fn line(at: &str, id: &str, event: &str) -> String {
    format!(
        r#"{{"v":1,"at":"{at}","since":"2026-11-23T04:03:06Z","savepointId":"{id}","namespace":"prod","workspace":"w","endpoint":"https://ververica.cn-hangzhou.aliyuncs.com",{event},"pid":7}}"#
    ) + "\n"
}

/// The time this many minutes ago.
fn ago(minutes: i64) -> String {
    let at = savepeek::util::clock::now() - jiff::SignedDuration::from_mins(minutes);
    format!("{at:.3}")
}

fn run(state: &Path, args: &[&str]) -> Output {
    savepeek(state).args(args).output().unwrap()
}

fn printed(state: &Path, args: &[&str]) -> String {
    let output = run(state, args);
    assert_eq!((text(&output.stderr), output.status.code()), ("", Some(0)));
    text(&output.stdout).to_owned()
}

#[test]
fn prints_entries_oldest_first() {
    let journal = [
        line("2026-11-23T04:03:11.250Z", A, r#""event":"state","from":"STARTED","to":"COMPLETED""#),
        line("2026-11-23T04:04:00Z", B, r#""event":"back","cause":"unreachable""#),
        r#"{"v":1,"at":"2026-11-23T05:00:00Z","event":"stopped","pid":7}"#.to_owned() + "\n",
    ]
    .concat();
    let state = state(Some(&journal));
    let table = format!(
        "\
WHEN                        SAVEPOINT                             WHAT
2026-11-23 04:03:11 UTC     {A}  STARTED -> COMPLETED (between 04:03:06 and 04:03:11)
2026-11-23 04:04:00 UTC     {B}  not observed 04:03:06-04:04:00: unreachable
2026-11-23 05:00:00 UTC     -                                     savepeek stopped
"
    );
    assert_eq!(printed(state.path(), &["journal"]), table);
    assert_eq!(printed(state.path(), &["journal", "--output", "json"]), journal);
}

#[rstest::rstest]
#[case::journal("journal", "2026-11-23 12:03:11 +08:00")]
#[case::report("report", " +08:00")]
fn times_are_in_the_requested_zone(#[case] command: &str, #[case] time: &str) {
    let event = r#""event":"state","from":"STARTED","to":"COMPLETED""#;
    let state = state(Some(&line("2026-11-23T04:03:11.250Z", A, event)));
    let zone = ["--time-zone", "Asia/Shanghai"];
    assert!(printed(state.path(), &[&[command], &zone[..]].concat()).contains(time));
    assert!(!printed(state.path(), &[command]).contains(time));
}

#[test]
fn prints_only_selected_entries() {
    let first = r#""event":"first","state":"STARTED""#;
    let journal =
        [line(&ago(600), A, first), line(&ago(10), A, first), line(&ago(5), B, first)].concat();
    let state = state(Some(&journal));
    let count = |args: &[&str]| {
        let args = [&["journal", "--output", "json"], args].concat();
        printed(state.path(), &args).lines().count()
    };
    assert_eq!(count(&[]), 3);
    assert_eq!(count(&["--since", "8h"]), 2);
    assert_eq!(count(&["--since", "1d"]), 3);
    assert_eq!(count(&["--id", A]), 2);
    assert_eq!(count(&["--since", "8h", "--id", A]), 1);
    assert_eq!(count(&["--id", "354dde66"]), 0);
}

#[test]
fn reads_all_files_in_order() {
    let line =
        |n: u32| line("2026-11-23T04:00:00Z", &format!("sp-{n}"), r#""event":"first-missing""#);
    let state = state(Some(&line(6)));
    for n in 1..=5 {
        let file = state.path().join(format!("savepeek/journal.{}.jsonl", 6 - n));
        std::fs::write(file, line(n)).unwrap();
    }
    let all: String = (1..=6).map(line).collect();
    assert_eq!(printed(state.path(), &["journal", "--output", "json"]), all);
}

#[rstest]
#[case::journal("journal")]
#[case::report("report")]
fn unreadable_lines_are_counted_and_the_rest_is_printed(#[case] command: &str) {
    let first = r#""event":"first","state":"STARTED""#;
    let torn = &line(&ago(5), B, first)[..60];
    let state = state(Some(&format!("{}garbage\n\n{torn}", line(&ago(6), A, first))));
    let output = run(state.path(), &[command]);
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).contains(A) && !text(&output.stdout).contains(B));
    assert!(text(&output.stderr).ends_with("later version: 2\n"), "{}", text(&output.stderr));
}

#[rstest]
#[case::journal(&["journal"], "")]
#[case::json(&["journal", "--output", "json"], "")]
#[case::report(&["report"], "None.")]
fn a_missing_journal_is_empty_and_not_created(#[case] args: &[&str], #[case] says: &str) {
    let state = state(None);
    let printed = printed(state.path(), args);
    assert!(printed.contains(says) && printed.is_empty() == says.is_empty(), "{printed}");
    assert_eq!(std::fs::read_dir(state.path()).unwrap().count(), 0);
}

#[test]
fn a_report_covers_the_last_hours() {
    let journal = [
        line(&ago(2000), A, r#""event":"first","state":"STARTED""#),
        line(&ago(30), A, r#""event":"state","from":"STARTED","to":"FAILED""#),
        line(&ago(1999), B, r#""event":"first","state":"COMPLETED""#),
    ]
    .concat();
    let state = state(Some(&journal));
    let report = printed(state.path(), &["report"]);
    let rows: Vec<&str> = report.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    assert_eq!(rows.len(), 2, "{report}");
    assert!(rows[0].starts_with(&format!("| `{A}` | `FAILED` | ")), "{report}");
    assert!(rows[1].starts_with(&format!("| `{B}` | `COMPLETED` | ")), "{report}");
    let events: Vec<&str> = report.lines().filter(|line| line.starts_with("- ")).collect();
    assert!(matches!(events[..], [event] if event.contains("`STARTED` -> `FAILED`")), "{report}");
    let all = printed(state.path(), &["report", "--since", "2d"]);
    assert_eq!(all.lines().filter(|line| line.starts_with("- ")).count(), 3);
}

/// Text that could control a terminal, or hide something from its reader.
const HOSTILE: &[&str] = &[
    "\u{1b}[31m",
    "\u{1b}]0;evil\u{7}",
    "\u{1b}]52;c;ZXZpbA==\u{7}",
    "\u{1b}P1;2q\u{1b}\\",
    "\u{9b}2J",
    "\u{90}q\u{9c}",
    "\u{7f}",
    "\0",
    "\r",
    "\n",
    "\t",
    "\u{8}",
    "\u{85}",
    "\u{202e}abc\u{202c}",
    "\u{2066}x\u{2069}",
    "\u{61c}",
    "\u{200e}\u{200f}",
    "\u{2028}",
    "\u{3164}\u{2800}\u{fe0f}\u{e0100}",
];

#[rstest]
#[case::table(&["journal"])]
#[case::json(&["journal", "--output", "json"])]
#[case::report(&["report"])]
fn printed_text_has_no_control_characters(#[case] args: &[&str]) {
    let mut journal = String::new();
    for (n, text) in HOSTILE.iter().enumerate() {
        let escaped = serde_json::to_string(text).unwrap();
        let escaped = &escaped[1..escaped.len() - 1];
        // JSON does not escape DEL, C1 and bidirectional controls.
        let event = format!(r#""event":"state","from":"{escaped}","to":"|{escaped}""#);
        journal += &line(&ago(5), &format!("sp-{n}-{escaped}"), &event);
        journal += &line(&ago(5), "sp", &format!(r#""event":"lost","cause":"{escaped}""#));
    }
    let state = state(Some(&journal));
    let output = printed(state.path(), args);
    assert!(output.lines().count() >= 2 * HOSTILE.len(), "{output:?}");
    let left: Vec<char> = output.chars().filter(|&c| c != '\n' && is_control(c)).collect();
    assert!(left.is_empty(), "{left:?}");
    if args.contains(&"json") {
        for (line, original) in output.lines().zip(journal.lines()) {
            let value = |line| serde_json::from_str::<serde_json::Value>(line).unwrap();
            assert_eq!(value(line), value(original), "the value is another one");
        }
    }
}

#[rstest]
#[case::journal(&["journal", "--since", "yesterday"])]
#[case::output(&["journal", "--output", "xml"])]
#[case::report(&["report", "--since", "0s"])]
#[case::ids(&["report", "a"])]
fn usage_errors_exit_2(#[case] args: &[&str]) {
    let state = state(None);
    let output = run(state.path(), args);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), ""));
}

#[rstest]
#[case::journal(&["journal"])]
#[case::json(&["journal", "--output", "json"])]
#[case::report(&["report"])]
fn an_io_error_exits_1(#[case] args: &[&str]) {
    let state = state(Some(&line(&ago(5), A, r#""event":"first","state":"STARTED""#)));
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = savepeek(state.path()).args(args).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("No space left on device"), "{}", text(&output.stderr));

    let file = state.path().join("savepeek/journal.jsonl");
    let output = savepeek(&file).args(args).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "below a file there is no folder");
    assert!(text(&output.stderr).contains("savepeek: cannot print the journal: "));

    let output = savepeek(&file).env_remove("XDG_STATE_HOME").env("HOME", "").args(args).output();
    assert_eq!(output.unwrap().status.code(), Some(1));
}

#[rstest]
#[case::journal(&["journal"])]
#[case::json(&["journal", "--output", "json"])]
#[case::report(&["report"])]
fn a_closed_pipe_ends_the_output_quietly(#[case] args: &[&str]) {
    let state =
        state(Some(&line(&ago(5), A, r#""event":"first","state":"STARTED""#).repeat(20_000)));
    let errors = state.path().join("stderr");
    let mut child = savepeek(state.path())
        .args(args)
        .stdout(Stdio::piped())
        .stderr(File::create(&errors).unwrap())
        .spawn()
        .unwrap();
    let mut first = String::new();
    // Dropped at once, as `head -1` would.
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(std::fs::read_to_string(errors).unwrap(), "");
}
