//! STARTED savepoints that take longer than earlier ones of their deployment.

use jiff::{SignedDuration, Timestamp};
use ratatui::style::Modifier;
use savepeek::domain::change::{Change, Kind};
use savepeek::poller::{Command, Event, Query, Recurrence};
use savepeek::storage::journal::{Entry, WriterReport};
use savepeek::tui::effect::Effect;
use savepeek::tui::message::{Message, Outcome};
use savepeek::tui::model::history::list_query;
use savepeek::tui::model::journal::JournalStorage;

use crate::following::{denied, ids, made, twelve};
use crate::harness::{Harness, START, deployment, target, unavailable};

#[test]
fn overdue_savepoint_is_reported_once() {
    let mut harness = Harness::watching(120, 40, &["run"]);
    harness.polled("run", Ok(made("run", "STARTED", 0, 0)));
    let asked =
        Effect::Poller(Command::Subscribe(vec![list_query(&deployment())], Recurrence::Once));
    assert!(harness.effects.contains(&asked));
    harness.effects.clear();
    harness.after(5).polled("run", Ok(made("run", "STARTED", 0, 0)));
    assert!(!harness.effects.contains(&asked), "the history was requested just before");
    harness.assert_screen("Elapsed").assert_not_on_screen("the last 12");
    harness.listed(Ok(twelve())).assert_screen("the last 12 took 1 min");
    assert_eq!(ids(&harness), ["run"], "the deployment is not followed");
    harness.changes();
    for _ in 0..12 {
        harness.after(6).polled("run", Ok(made("run", "STARTED", 0, 0)));
    }
    assert_eq!(overdue(&mut harness), 1);
    harness.assert_screen("▸ STARTED x1.").assert_not_on_screen("STARTED !");
    harness
        .polled("run", Ok(made("run", "COMPLETED", 0, 80)))
        .assert_not_on_screen("x1.")
        .assert_not_on_screen("Elapsed");
}

#[test]
fn list_is_requested_once_with_many_started_savepoints() {
    let ids: Vec<String> = (0..100).map(|n| format!("run-{n}")).collect();
    let mut harness =
        Harness::watching(120, 40, &ids.iter().map(String::as_str).collect::<Vec<_>>());
    let round = |harness: &mut Harness, word: &str| {
        harness.effects.clear();
        for id in &ids {
            let mut run = made(id, word, 0, 0);
            run.savepoint.deployment_id = Some(format!("of {id}"));
            harness.polled(id, Ok(run));
        }
        let lists = |effect: &&Effect| matches!(effect, Effect::Poller(Command::Subscribe(queries, Recurrence::Once)) if matches!(queries[..], [Query::Savepoints(..)]));
        harness.effects.iter().filter(lists).count()
    };
    assert_eq!(round(&mut harness, "STARTED"), 100);
    assert_eq!(round(&mut harness, "STARTED"), 0, "each is remembered");
    // Histories of deployments without a STARTED savepoint are evicted.
    round(&mut harness, "COMPLETED");
    harness.polled("run-99", Ok(made("run-99", "STARTED", 0, 0)));
    let remembered = (0..).map_while(|at| harness.state.histories.at(at)).count();
    assert_eq!(remembered, 64);
}

#[test]
fn denied_list_is_requested_again_only_once_allowed() {
    let mut harness = Harness::watching(120, 40, &["run"]);
    let asks = |harness: &mut Harness| {
        harness.effects.clear();
        harness.polled("run", Ok(made("run", "STARTED", 0, 0)));
        harness.effects.contains(&Effect::Poller(Command::Subscribe(
            vec![list_query(&deployment())],
            Recurrence::Once,
        )))
    };
    assert!(asks(&mut harness));
    harness.listed(Err(denied()));
    assert!(
        harness
            .effects
            .contains(&Effect::Poller(Command::Unsubscribe(vec![list_query(&deployment())])))
    );
    harness.after(3600);
    assert!(!asks(&mut harness));
    harness.keys("R");
    assert!(asks(&mut harness));
}

/// Takes the changes so far and counts the overdue ones.
fn overdue(harness: &mut Harness) -> usize {
    harness.changes().iter().filter(|it| matches!(it.kind, Kind::Overdue { .. })).count()
}

#[test]
fn time_alone_reports_no_overdue() {
    let mut harness = Harness::watching(120, 40, &["run", "done"]);
    for id in ["run", "done"] {
        harness.polled(id, Ok(made(id, "STARTED", 0, 0)));
    }
    harness.listed(Ok(twelve())).after(60);
    for id in ["run", "done"] {
        harness.polled(id, Ok(made(id, "STARTED", 0, 0)));
    }
    assert_eq!(overdue(&mut harness), 0);
    // The slowest took 71 s; `done` took less, although the answer comes later.
    harness.after(15).polled("done", Ok(made("done", "COMPLETED", 0, 70)));
    assert_eq!(overdue(&mut harness), 0);
    harness.polled("run", Ok(made("run", "STARTED", 0, 0)));
    assert_eq!(overdue(&mut harness), 1);
}

#[test]
fn overdue_reported_by_an_earlier_run_is_not_repeated() {
    let slow = || made("run", "STARTED", 60, 0);
    let kind = Kind::Overdue { elapsed: 80, slowest: 71, of: 12 };
    let at: Timestamp = START.parse().unwrap();
    let reported = Entry::from_change(&Change { target: target("run"), at, since: None, kind });
    for (earlier, expected) in [(vec![reported], 0), (vec![], 1)] {
        let mut harness = Harness::watching(120, 40, &["run"]);
        harness.state.journal.disk = JournalStorage::Loading;
        harness.polled("run", Ok(slow())).listed(Ok(twelve()));
        harness.after(5).polled("run", Ok(slow()));
        assert_eq!(overdue(&mut harness), 0, "whether it was reported is not known yet");
        harness.send(Message::Done(Outcome::Journal(WriterReport::Loaded(earlier))));
        harness.after(5).polled("run", Ok(slow())).assert_screen("STARTED x");
        assert_eq!(overdue(&mut harness), expected);
    }
}

#[test]
fn fast_local_clock_makes_nothing_overdue() {
    let mut harness = Harness::watching(120, 40, &["run"]);
    // It began one minute ago by the service's clock.
    let mut run = made("run", "STARTED", 21, 0);
    run.clock_correction = Some(-SignedDuration::from_mins(20));
    harness.polled("run", Ok(run.clone()));
    let mut items = twelve();
    items.insert(0, run.clone());
    harness.listed(Ok(items));
    harness.after(5).polled("run", Ok(run.clone())).assert_screen("1 min 05 s");
    assert_eq!(overdue(&mut harness), 0);
    harness.after(7).polled("run", Ok(run));
    assert_eq!(overdue(&mut harness), 1, "for 72 s, and the slowest took 71");
}

#[test]
fn overdue_mark_stays_while_polls_fail() {
    let mut harness = Harness::watching(120, 40, &["run"]);
    harness.polled("run", Ok(made("run", "STARTED", 0, 0))).listed(Ok(twelve()));
    for _ in 0..12 {
        harness.after(6).polled("run", Ok(made("run", "STARTED", 0, 0)));
    }
    let mark = |harness: &Harness| {
        let screen = harness.screen();
        let mut lines = screen.lines().enumerate();
        let (y, line) = lines.find(|(_, line)| line.contains("STARTED x")).unwrap();
        let dim = harness.buffer()[(7, u16::try_from(y).unwrap())].modifier.contains(Modifier::DIM);
        (line[..line.find("run").unwrap()].to_owned(), dim)
    };
    let (words, dim) = mark(&harness);
    assert!(!dim, "{words}");
    harness.polled("run", Err(unavailable())).after(600);
    assert_eq!(mark(&harness), (words.clone(), true), "as it was when last seen");
    harness.polled("run", Ok(made("run", "STARTED", 0, 0))).send(Message::Poller(Event::Paused));
    let paused = mark(&harness);
    assert!(paused.1, "{paused:?}");
    harness.after(600);
    assert_eq!(mark(&harness), paused);
}

#[test]
fn no_verdict_unless_live() {
    let mut harness = Harness::watching(120, 40, &["run"]);
    harness.polled("run", Ok(made("run", "STARTED", 0, 0)));
    harness.listed(Ok(twelve()));
    harness.changes();
    harness.after(600);
    assert_eq!(overdue(&mut harness), 0);
    harness.assert_not_on_screen("x8").assert_screen("when last seen");
}
