//! The pane of the journal: what was observed, newest first, with its honesty.

use jiff::Timestamp;
use savepeek::poller::Event;
use savepeek::storage::journal::RECENT_ENTRIES;
use savepeek::storage::journal::{Entry, ProgramEvent, WriterReport};
use savepeek::tui::effect::{Clip, Effect};
use savepeek::tui::message::{Message, Outcome};
use savepeek::tui::model::journal::Disk;

use crate::stage::{Harness, answer, deployment, not_found, target, unavailable};

const A: &str = "354dde66-a3ae-463e-967a-0b4107fd0001";
const B: &str = "4b1f0c57-91d8-4d52-8e0c-6f2b7c1d0002";

/// A night: A goes from STARTED to COMPLETED during an outage, B is deleted.
fn night(width: u16, height: u16) -> Harness {
    let mut stage = Harness::watching(width, height, &[A, B]);
    stage.state.journal.disk = Disk::Kept;
    stage.polled(A, Ok(answer(A, "STARTED"))).polled(B, Ok(answer(B, "COMPLETED")));
    stage.after(5).polled(A, Err(unavailable())).polled(B, Err(not_found()));
    stage.after(60).after(60).polled(A, Ok(answer(A, "COMPLETED")));
    stage
}

fn copied(stage: &mut Harness, keys: &str) -> Clip {
    stage.effects();
    match stage.keys(keys).effects().pop() {
        Some(Effect::Copy(clip)) => clip,
        other => panic!("{keys} copied nothing: {other:?}"),
    }
}

fn recorded(stage: &mut Harness) -> Vec<Entry> {
    let entries = |effect| match effect {
        Effect::Record(entries) => Some(entries),
        _ => None,
    };
    std::mem::take(&mut stage.effects).into_iter().filter_map(entries).flatten().collect()
}

fn paused(second: i64) -> Entry {
    Entry::program(Timestamp::from_second(second).unwrap(), None, ProgramEvent::Paused)
}

#[test]
fn a_narrow_one_still_says_what_happened() {
    night(40, 10).keys("e e").see("11:02:05  354dde66").see("STARTED -> C");
}

#[test]
fn of_all_newest_first() {
    insta::assert_snapshot!(night(100, 24).keys("e e").screen());
}

#[test]
fn whose_savepoint_it_was_is_said_where_there_is_room() {
    let mut stage = night(100, 24);
    stage.keys("e e").see("first seen: STARTED · before upgrade 4.2");
    // With a name for the deployment, that says more.
    stage.state.names.insert(deployment(), "orders", stage.state.now);
    stage.after(0).see("first seen: STARTED · orders").miss("upgrade 4.2");
    stage.see("(between 11:00:00 and 11:02:05)").miss("11:02:05) ·");
    night(80, 24).keys("e e").see("first seen: STARTED · before upgrade 4.2");
    night(50, 24).keys("e e").see("first seen: STARTED").miss("before");
}

#[test]
fn of_the_selected_one_with_what_explains_its_gaps() {
    let mut stage = night(100, 24);
    stage.keys("g p").send(Message::Poller(Event::Paused));
    stage.after(3600).send(Message::Poller(Event::Resumed));
    stage.keys("e").see(&format!("journal of {B}: "));
    stage.see("COMPLETED -> not found by the service (between 11:00:00 and 11:00:05)");
    stage.see("not observed 11:02:05-12:02:05: paused").see("paused: nothing is asked");
    stage.miss("STARTED -> COMPLETED");
    stage.keys("e").see("journal of everything").see("STARTED -> COMPLETED");
}

#[test]
fn an_outage_and_a_sleeping_machine_are_gaps_with_a_cause() {
    let mut stage = night(100, 24);
    stage.keys("e e").see("not observed 11:00:00-11:02:05: service trouble (Serv");
    stage.see("STARTED -> COMPLETED (between 11:00:00 and 11:02:05)");
    stage.asleep(8 * 3600);
    stage.see("not observed 11:02:05-19:02:05: this machine slept");
    stage.asleep(-7200).see("this machine's clock was set back from 19:02:05");
}

#[test]
fn while_nothing_is_watched_nothing_is_missed() {
    let mut stage = Harness::new(100, 24);
    stage.asleep(8 * 3600).keys("e").see("nothing was observed so far");
    assert_eq!(recorded(&mut stage), []);
}

#[test]
fn everything_observed_is_written_down_once_and_in_order() {
    let mut stage = night(100, 24);
    let changes = stage.changes().len();
    let entries = recorded(&mut stage);
    assert_eq!(entries.len(), changes);
    assert!(entries.is_sorted_by_key(|entry| entry.at));
    assert!(stage.state.journal.newest_first().map(|(_, entry)| entry).eq(entries.iter().rev()));
}

#[test]
fn what_is_lost_at_once_is_written_down_together() {
    let ids: Vec<String> = (0..600).map(|n| format!("sp-{n}")).collect();
    let known: Vec<&str> = ids.iter().map(String::as_str).collect();
    let mut stage = Harness::watching(100, 24, &known);
    for id in known {
        stage.polled(id, Ok(answer(id, "COMPLETED")));
    }
    stage.asleep(3600);
    stage.effects.clear();
    for _ in 0..6 {
        stage.after(60);
    }
    let records: Vec<usize> = stage
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
fn what_the_demo_invents_is_shown_and_not_written_down() {
    let mut stage = Harness::new(100, 24);
    stage.send(Message::Done(Outcome::Demo(Ok(vec![target(A)]))));
    stage.polled(A, Ok(answer(A, "STARTED"))).keys("e").see("first seen: STARTED");
    assert_eq!(recorded(&mut stage), []);
}

#[test]
fn filters_and_gives_the_filter_back() {
    let mut stage = night(100, 24);
    stage.keys("e e /").text("not FOUND").see("1 entry with \"not FOUND\"").see("/not FOUND");
    stage.miss("first seen").keys("Enter").miss("first seen");
    stage.keys("/").text("zzz").see("no entry has this text").keys("Esc").see("1 entry with");
    stage.keys("Esc").see("first seen").see("journal of").keys("Esc").miss("journal of");
}

#[test]
fn a_paste_goes_where_one_types() {
    let mut stage = night(100, 24);
    stage.keys("e e /").paste("not\n found").see("/not found").see("1 entry with");
}

#[test]
fn the_cursor_stays_on_its_entry_when_news_come() {
    let mut stage = night(100, 24);
    stage.keys("e e j");
    let marked = |stage: &Harness| {
        let line = |line: &str| line.contains("│> ").then(|| line.to_owned());
        stage.screen().lines().find_map(line).unwrap()
    };
    let before = marked(&stage);
    stage.after(5).polled(A, Ok(answer(A, "FAILED"))).see("COMPLETED -> FAILED");
    assert_eq!(marked(&stage), before);
    stage.keys("g").after(5).polled(A, Ok(answer(A, "STARTED")));
    assert!(marked(&stage).contains("FAILED -> STARTED"), "{}", marked(&stage));
}

#[test]
fn scrolls_to_the_oldest_and_back() {
    let mut stage = Harness::watching(100, 24, &[A]);
    let earlier = (0..100).map(|n| paused(1_790_000_000 + n)).collect();
    stage.send(Message::Done(Outcome::Journal(WriterReport::Loaded(earlier))));
    stage.polled(A, Ok(answer(A, "STARTED"))).keys("e").see("101 entries").see("first seen");
    stage.keys("G").miss("first seen").see("> 09-21 22:13:20");
    stage.keys("PgUp PgUp").miss("22:13:20").keys("g").see("first seen");
}

#[test]
fn one_entry_or_all_that_are_shown_are_copied() {
    let mut stage = night(40, 12);
    stage.keys("e e");
    let one = copied(&mut stage, "j y");
    assert_eq!(one.what, "journal entry");
    assert_eq!(
        one.text,
        format!(
            "2026-11-23 11:02:05 +08:00  {A}  not observed 11:00:00-11:02:05: service trouble (ServiceUnavailable)"
        )
    );
    stage.keys("/").text("first").keys("Enter");
    let all = copied(&mut stage, "Y");
    assert_eq!(all.what, "2 journal entries");
    let lines: Vec<&str> = all.text.lines().collect();
    assert!(lines[0].contains(A) && lines[1].contains(B), "oldest first: {lines:?}");
}

#[test]
fn times_are_in_the_zone_that_was_chosen() {
    let mut stage = night(100, 24);
    stage.keys("e e").see("11-23 11:02:05").keys("t").see("11-23 03:02:05");
    stage.see("(between 03:00:00 and 03:02:05)").see("03:02:05 UTC");
}

#[test]
fn a_disk_in_trouble_is_named_until_it_is_well() {
    let mut stage = night(100, 24);
    let report = |report| Message::Done(Outcome::Journal(report));
    let why = "No space left on device: /home/x/journal.jsonl";
    stage.send(report(WriterReport::Failing(why.to_owned())));
    stage
        .see("journal not written (the next entry tries again): No space left on device: /home/x/");
    stage.keys("e").see(&format!("not on disk: {why}"));
    stage.send(report(WriterReport::Recovered { lost: 3 })).miss("not on disk");
    stage.see("the journal is written again, but for 3 entries");
}

#[test]
fn the_ring_is_bounded_in_number_and_in_size() {
    let mut stage = Harness::watching(100, 24, &[A]);
    for n in 0..20 {
        stage.polled(A, Ok(answer(A, &format!("{}{n}", "x".repeat(1 << 20)))));
    }
    let size = |entry: &Entry| format!("{entry:?}").len();
    assert!(stage.state.journal.newest_first().all(|(_, entry)| size(entry) < 4_000));
    let earlier = (0..5_000).map(paused).collect();
    stage.send(Message::Done(Outcome::Journal(WriterReport::Loaded(earlier))));
    assert_eq!(stage.state.journal.newest_first().count(), RECENT_ENTRIES);
}

#[test]
fn hostile_text_acts_on_nothing() {
    let hostile = "\x1b]52;c;ZXZpbA==\x07\u{9b}31m\u{7f}\u{202e}\u{2066}\u{200b}\0\r\nx";
    let mut stage = Harness::watching(200, 24, &[A]);
    stage.polled(A, Ok(answer(A, hostile))).keys("e").see("\\x1b]52");
    let acts = |c: char| c.is_control() || ('\u{200b}'..='\u{2069}').contains(&c);
    let painted = |c: char| c != '\n' && acts(c);
    assert!(!stage.screen().contains(painted), "{}", stage.screen());
    assert!(!copied(&mut stage, "y").text.contains(acts));
}
