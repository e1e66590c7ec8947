//! The journal's dialog: entries newest first, with the gaps in which nothing was observed.

use jiff::Timestamp;
use savepeek::poller::Event;
use savepeek::storage::journal::RECENT_ENTRIES;
use savepeek::storage::journal::{Entry, ProgramEvent, WriterReport};
use savepeek::tui::effect::{Clip, Effect};
use savepeek::tui::message::{Message, Outcome};
use savepeek::tui::model::journal::JournalStorage;

use crate::harness::{Harness, answer, deployment, not_found, target, unavailable};

const A: &str = "354dde66-a3ae-463e-967a-0b4107fd0001";
const B: &str = "4b1f0c57-91d8-4d52-8e0c-6f2b7c1d0002";

/// A changes from STARTED to COMPLETED during an outage, and B is deleted.
fn night(width: u16, height: u16) -> Harness {
    let mut harness = Harness::watching(width, height, &[A, B]);
    harness.state.journal.disk = JournalStorage::Writing;
    harness.polled(A, Ok(answer(A, "STARTED"))).polled(B, Ok(answer(B, "COMPLETED")));
    harness.after(5).polled(A, Err(unavailable())).polled(B, Err(not_found()));
    harness.after(60).after(60).polled(A, Ok(answer(A, "COMPLETED")));
    harness
}

fn copied(harness: &mut Harness, keys: &str) -> Clip {
    harness.effects();
    match harness.keys(keys).effects().pop() {
        Some(Effect::Copy(clip)) => clip,
        other => panic!("{keys} copied nothing: {other:?}"),
    }
}

fn recorded(harness: &mut Harness) -> Vec<Entry> {
    let entries = |effect| match effect {
        Effect::Record(entries) => Some(entries),
        _ => None,
    };
    std::mem::take(&mut harness.effects).into_iter().filter_map(entries).flatten().collect()
}

fn paused(second: i64) -> Entry {
    Entry::program(Timestamp::from_second(second).unwrap(), None, ProgramEvent::Paused)
}

#[test]
fn narrow_journal_shows_what_happened() {
    night(40, 10).keys("e e").assert_screen("11:02:05  354dde66").assert_screen("STARTED -> C");
}

#[test]
fn the_journal_of_everything_is_newest_first() {
    insta::assert_snapshot!(night(100, 24).keys("e e").screen());
}

#[test]
fn wide_journal_shows_the_place() {
    let mut harness = night(100, 24);
    harness.keys("e e").assert_screen("first seen: STARTED · before upgrade 4.2");
    // Once the deployment's name is known, it is shown instead.
    harness.state.metadata.insert(deployment(), "orders", harness.state.now);
    harness
        .after(0)
        .assert_screen("first seen: STARTED · orders")
        .assert_not_on_screen("upgrade 4.2");
    harness.assert_screen("(between 11:00:00 and 11:02:05)").assert_not_on_screen("11:02:05) ·");
    night(80, 24).keys("e e").assert_screen("first seen: STARTED · before upgrade 4.2");
    night(50, 24).keys("e e").assert_screen("first seen: STARTED").assert_not_on_screen("before");
}

#[test]
fn journal_of_the_selected_savepoint_includes_program_events() {
    let mut harness = night(100, 24);
    harness.keys("g p").send(Message::Poller(Event::Paused));
    harness.after(3600).send(Message::Poller(Event::Resumed));
    harness.keys("e").assert_screen(&format!("journal of {B}: "));
    harness.assert_screen("COMPLETED -> not found by the service (between 11:00:00 and 11:00:05)");
    harness
        .assert_screen("not observed 11:02:05-12:02:05: paused")
        .assert_screen("paused: nothing is asked");
    harness.assert_not_on_screen("STARTED -> COMPLETED");
    harness.keys("e").assert_screen("journal of everything").assert_screen("STARTED -> COMPLETED");
}

#[test]
fn outage_and_sleep_are_gaps_with_a_cause() {
    let mut harness = night(100, 24);
    harness.keys("e e").assert_screen("not observed 11:00:00-11:02:05: service trouble (Serv");
    harness.assert_screen("STARTED -> COMPLETED (between 11:00:00 and 11:02:05)");
    harness.asleep(8 * 3600);
    harness.assert_screen("not observed 11:02:05-19:02:05: this machine slept");
    harness.asleep(-7200).assert_screen("this machine's clock was set back from 19:02:05");
}

#[test]
fn nothing_watched_means_no_gap() {
    let mut harness = Harness::new(100, 24);
    harness.asleep(8 * 3600).keys("e").assert_screen("nothing was observed so far");
    assert_eq!(recorded(&mut harness), []);
}

#[test]
fn every_change_is_recorded_once_in_order() {
    let mut harness = night(100, 24);
    let changes = harness.changes().len();
    let entries = recorded(&mut harness);
    assert_eq!(entries.len(), changes);
    assert!(entries.is_sorted_by_key(|entry| entry.at));
    assert!(harness.state.journal.newest_first().map(|(_, entry)| entry).eq(entries.iter().rev()));
}

#[test]
fn simultaneous_losses_are_recorded_together() {
    let ids: Vec<String> = (0..600).map(|n| format!("sp-{n}")).collect();
    let known: Vec<&str> = ids.iter().map(String::as_str).collect();
    let mut harness = Harness::watching(100, 24, &known);
    for id in known {
        harness.polled(id, Ok(answer(id, "COMPLETED")));
    }
    harness.asleep(3600);
    harness.effects.clear();
    for _ in 0..6 {
        harness.after(60);
    }
    let records: Vec<usize> = harness
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Record(entries) => Some(entries.len()),
            _ => None,
        })
        .collect();
    assert_eq!(records, [600]);
}

#[test]
fn demo_changes_are_shown_but_not_recorded() {
    let mut harness = Harness::new(100, 24);
    harness.send(Message::Done(Outcome::Demo(Ok(vec![target(A)]))));
    harness.polled(A, Ok(answer(A, "STARTED"))).keys("e").assert_screen("first seen: STARTED");
    assert_eq!(recorded(&mut harness), []);
}

#[test]
fn journal_filter_applies_and_is_restored_on_cancel() {
    let mut harness = night(100, 24);
    harness
        .keys("e e /")
        .text("not FOUND")
        .assert_screen("1 entry with \"not FOUND\"")
        .assert_screen("/not FOUND");
    harness.assert_not_on_screen("first seen").keys("Enter").assert_not_on_screen("first seen");
    harness
        .keys("/")
        .text("zzz")
        .assert_screen("no entry has this text")
        .keys("Esc")
        .assert_screen("1 entry with");
    harness
        .keys("Esc")
        .assert_screen("first seen")
        .assert_screen("journal of")
        .keys("Esc")
        .assert_not_on_screen("journal of");
}

#[test]
fn paste_goes_into_the_journal_filter() {
    let mut harness = night(100, 24);
    harness
        .keys("e e /")
        .paste("not\n found")
        .assert_screen("/not found")
        .assert_screen("1 entry with");
}

#[test]
fn journal_cursor_stays_on_its_entry_when_entries_arrive() {
    let mut harness = night(100, 24);
    harness.keys("e e j");
    let marked = |harness: &Harness| {
        let line = |line: &str| line.contains("│> ").then(|| line.to_owned());
        harness.screen().lines().find_map(line).unwrap()
    };
    let before = marked(&harness);
    harness.after(5).polled(A, Ok(answer(A, "FAILED"))).assert_screen("COMPLETED -> FAILED");
    assert_eq!(marked(&harness), before);
    harness.keys("g").after(5).polled(A, Ok(answer(A, "STARTED")));
    assert!(marked(&harness).contains("FAILED -> STARTED"), "{}", marked(&harness));
}

#[test]
fn journal_scrolls_to_the_oldest_and_back() {
    let mut harness = Harness::watching(100, 24, &[A]);
    let earlier = (0..100).map(|n| paused(1_790_000_000 + n)).collect();
    harness.send(Message::Done(Outcome::Journal(WriterReport::Loaded(earlier))));
    harness
        .polled(A, Ok(answer(A, "STARTED")))
        .keys("e")
        .assert_screen("101 entries")
        .assert_screen("first seen");
    harness.keys("G").assert_not_on_screen("first seen").assert_screen("> 09-21 22:13:20");
    harness
        .keys("PgUp PgUp")
        .assert_not_on_screen("22:13:20")
        .keys("g")
        .assert_screen("first seen");
}

#[test]
fn one_entry_or_all_visible_are_copied() {
    let mut harness = night(40, 12);
    harness.keys("e e");
    let one = copied(&mut harness, "j y");
    assert_eq!(one.what, "journal entry");
    assert_eq!(
        one.text,
        format!(
            "2026-11-23 11:02:05 +08:00  {A}  not observed 11:00:00-11:02:05: service trouble (ServiceUnavailable)"
        )
    );
    harness.keys("/").text("first").keys("Enter");
    let all = copied(&mut harness, "Y");
    assert_eq!(all.what, "2 journal entries");
    let lines: Vec<&str> = all.text.lines().collect();
    assert!(lines[0].contains(A) && lines[1].contains(B), "oldest first: {lines:?}");
}

#[test]
fn journal_times_use_the_selected_zone() {
    let mut harness = night(100, 24);
    harness.keys("e e").assert_screen("11-23 11:02:05").keys("t").assert_screen("11-23 03:02:05");
    harness.assert_screen("(between 03:00:00 and 03:02:05)").assert_screen("03:02:05 UTC");
}

#[test]
fn failing_disk_is_shown_until_it_recovers() {
    let mut harness = night(100, 24);
    let report = |report| Message::Done(Outcome::Journal(report));
    let why = "No space left on device: /home/x/journal.jsonl";
    harness.send(report(WriterReport::Failing(why.to_owned())));
    harness.assert_screen(
        "journal not written (the next entry tries again): No space left on device: /home/x/",
    );
    harness.keys("e").assert_screen(&format!("not on disk: {why}"));
    harness.send(report(WriterReport::Recovered { lost: 3 })).assert_not_on_screen("not on disk");
    harness.assert_screen("the journal is written again, but for 3 entries");
}

#[test]
fn journal_is_bounded_in_entries_and_bytes() {
    let mut harness = Harness::watching(100, 24, &[A]);
    for n in 0..20 {
        harness.polled(A, Ok(answer(A, &format!("{}{n}", "x".repeat(1 << 20)))));
    }
    let size = |entry: &Entry| format!("{entry:?}").len();
    assert!(harness.state.journal.newest_first().all(|(_, entry)| size(entry) < 4_000));
    let earlier = (0..5_000).map(paused).collect();
    harness.send(Message::Done(Outcome::Journal(WriterReport::Loaded(earlier))));
    assert_eq!(harness.state.journal.newest_first().count(), RECENT_ENTRIES);
}

#[test]
fn hostile_text_in_the_journal_is_escaped() {
    let hostile = "\x1b]52;c;ZXZpbA==\x07\u{9b}31m\u{7f}\u{202e}\u{2066}\u{200b}\0\r\nx";
    let mut harness = Harness::watching(200, 24, &[A]);
    harness.polled(A, Ok(answer(A, hostile))).keys("e").assert_screen("\\x1b]52");
    let acts = |c: char| c.is_control() || ('\u{200b}'..='\u{2069}').contains(&c);
    let painted = |c: char| c != '\n' && acts(c);
    assert!(!harness.screen().contains(painted), "{}", harness.screen());
    assert!(!copied(&mut harness, "y").text.contains(acts));
}
