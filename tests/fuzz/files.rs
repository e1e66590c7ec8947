//! Files that the program or the user writes.

use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use savepeek::commands::{self, Output, report};
use savepeek::config::File;
use savepeek::storage::journal;
use savepeek::storage::watch_list::{self, FileProblem, WatchList};
use savepeek::util::environment::Environment;

use crate::{assert_harmless, assert_one_line, driver, text_of};

/// The state directory below a home, and an environment in which it is the program's.
fn state() -> (tempfile::TempDir, Environment) {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join("savepeek")).unwrap();
    let environment = Environment::of([("XDG_STATE_HOME", home.path().to_str().unwrap())]);
    (home, environment)
}

/// The program reads its configuration on the main thread, which has a stack of 8 MiB. A test's
/// thread has a quarter of it: too little for a debug build of the TOML parser. (A release build
/// needs less than 1 MiB for the most brackets that are allowed.)
#[test]
fn the_configuration() {
    let thread = std::thread::Builder::new().stack_size(8 << 20).spawn(configuration).unwrap();
    thread.join().unwrap();
}

fn configuration() {
    driver::run("config", 3_000, |bytes| {
        let raw = text_of(bytes);
        match File::parse(&raw, Some(Path::new("/x/config.toml").to_owned())) {
            Ok(file) => {
                let entries = file.values.values();
                for entry in entries.chain(file.contexts.values().flat_map(|it| it.values())) {
                    assert!(entry.line >= 1 && entry.line <= raw.lines().count());
                }
            }
            Err(refused) => assert_one_line(&refused.to_string()),
        }
    });
}

#[test]
fn the_watch_list() {
    let (home, environment) = state();
    let file = home.path().join("savepeek/watch-list.json");
    driver::run("watch_list", 1_500, |bytes| {
        std::fs::write(&file, bytes).unwrap();
        let store = watch_list::WatchListStore::from_environment(&environment).unwrap();
        let problem = store.problem();
        if let Some(FileProblem::Damaged(words) | FileProblem::Unusable(words)) = &problem {
            assert_one_line(words);
            assert!(words.len() < 2_000, "{words}");
        }
        let Ok(list) = store.read() else { return };
        assert_eq!(std::fs::read(&file).unwrap(), bytes, "reading changes nothing");
        for target in list.watched.keys() {
            assert!(!target.id.as_str().contains(char::is_control), "{target:?}");
        }
        let (restored, message) = store.restore(true);
        let parts = |list: &WatchList| (list.watched.clone(), list.followed.clone());
        assert_eq!(parts(&restored), parts(&list), "what can be read is watched");
        assert_eq!(message.is_some(), problem.is_some(), "{message:?} {problem:?}");
        if let Some(FileProblem::Damaged(_)) = problem {
            assert_eq!(parts(&store.read().unwrap()), parts(&list), "the file is rewritten");
            assert_eq!(store.problem(), None, "and whole");
        } else {
            assert_eq!(std::fs::read(&file).unwrap(), bytes, "nothing is damaged or to be lost");
        }
        for entry in std::fs::read_dir(file.parent().unwrap()).unwrap() {
            std::fs::remove_file(entry.unwrap().path()).unwrap();
        }
    });
}

#[test]
fn the_journal_and_its_report() {
    let (home, environment) = state();
    let file = home.path().join("savepeek/journal.jsonl");
    let store = journal::JournalStore::from_environment(&environment).unwrap();
    let now: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
    driver::run("journal", 1_000, |bytes| {
        std::fs::write(&file, bytes).unwrap();
        for output in [Output::Table, Output::Json] {
            let mut out = Vec::new();
            let filter = commands::journal::Filter::default();
            commands::journal::print(&store, &filter, output, &TimeZone::UTC, &mut out).unwrap();
            assert_harmless(&String::from_utf8(out).unwrap());
        }
        let mut out = Vec::new();
        report::print(&store, None, (Timestamp::MIN, now), &TimeZone::UTC, &mut out).unwrap();
        let report = String::from_utf8(out).unwrap();
        assert_harmless(&report);
        assert_no_markup(&report);
    });
}

/// Asserts that all foreign text in the report is inside code spans, where Markdown is not interpreted.
/// Spans do not cross lines; they begin and end with the same number of backticks.
fn assert_no_markup(report: &str) {
    for line in report.lines() {
        let mut ours = String::new();
        let mut rest = line;
        while let Some((before, code)) = rest.split_once('`') {
            ours += before;
            let more = code.len() - code.trim_start_matches('`').len();
            let fence = "`".repeat(1 + more);
            let mut from = more;
            let end = loop {
                let at = from + code[from..].find('`').expect("a span has an end");
                let run = code[at..].len() - code[at..].trim_start_matches('`').len();
                from = at + run;
                if run == fence.len() {
                    break from;
                }
            };
            rest = &code[end..];
        }
        ours += rest;
        let active = ours.find(['@', '\\', '<', '[', ']', '!', '&', '*', '_', '~']);
        assert_eq!(active, None, "{line}");
        assert!(!ours.contains("//") && !ours.contains("www"), "{line}");
        let bars = ours.matches('|').count();
        assert_eq!(bars, if line.starts_with('|') { 7 } else { 0 }, "{line}");
    }
}
