//! Is it hung? What is STARTED, held against the earlier ones of its deployment.

use jiff::{SignedDuration, Timestamp};
use ratatui::style::Modifier;
use savepeek::domain::change::{Change, Kind};
use savepeek::poller::{Event, Query, Recurrence};
use savepeek::storage::journal::{Entry, WriterReport};
use savepeek::tui::effect::Effect;
use savepeek::tui::message::{Message, Outcome};
use savepeek::tui::model::history::query;
use savepeek::tui::model::journal::Disk;

use crate::following::{denied, ids, made, twelve};
use crate::stage::{Harness, START, deployment, target, unavailable};

#[test]
fn what_takes_longer_than_any_before_is_told_once() {
    let mut stage = Harness::watching(120, 40, &["run"]);
    stage.polled("run", Ok(made("run", "STARTED", 0, 0)));
    let asked = Effect::Ask(vec![query(&deployment())], Recurrence::Once);
    assert!(stage.effects.contains(&asked));
    stage.effects.clear();
    stage.after(5).polled("run", Ok(made("run", "STARTED", 0, 0)));
    assert!(!stage.effects.contains(&asked), "once in a while is enough");
    stage.see("Elapsed").miss("the last 12");
    stage.listed(Ok(twelve())).see("the last 12 took 1 min");
    assert_eq!(ids(&stage), ["run"], "nobody follows it");
    stage.changes();
    for _ in 0..12 {
        stage.after(6).polled("run", Ok(made("run", "STARTED", 0, 0)));
    }
    assert_eq!(overdue(&mut stage), 1);
    stage.see("▸ STARTED x1.").miss("STARTED !");
    stage.polled("run", Ok(made("run", "COMPLETED", 0, 80))).miss("x1.").miss("Elapsed");
}

#[test]
fn one_deployment_s_list_is_not_asked_for_again_because_many_have_something_started() {
    let ids: Vec<String> = (0..100).map(|n| format!("run-{n}")).collect();
    let mut stage = Harness::watching(120, 40, &ids.iter().map(String::as_str).collect::<Vec<_>>());
    let round = |stage: &mut Harness, word: &str| {
        stage.effects.clear();
        for id in &ids {
            let mut run = made(id, word, 0, 0);
            run.savepoint.deployment_id = Some(format!("of {id}"));
            stage.polled(id, Ok(run));
        }
        let lists = |effect: &&Effect| matches!(effect, Effect::Ask(queries, Recurrence::Once) if matches!(queries[..], [Query::Savepoints(..)]));
        stage.effects.iter().filter(lists).count()
    };
    assert_eq!(round(&mut stage, "STARTED"), 100);
    assert_eq!(round(&mut stage, "STARTED"), 0, "each is remembered");
    // Those of which nothing is STARTED any more make room.
    round(&mut stage, "COMPLETED");
    stage.polled("run-99", Ok(made("run-99", "STARTED", 0, 0)));
    let remembered = (0..).map_while(|at| stage.state.histories.at(at)).count();
    assert_eq!(remembered, 64);
}

#[test]
fn a_list_that_is_not_allowed_is_asked_for_again_only_once_it_may_be() {
    let mut stage = Harness::watching(120, 40, &["run"]);
    let asks = |stage: &mut Harness| {
        stage.effects.clear();
        stage.polled("run", Ok(made("run", "STARTED", 0, 0)));
        stage.effects.contains(&Effect::Ask(vec![query(&deployment())], Recurrence::Once))
    };
    assert!(asks(&mut stage));
    stage.listed(Err(denied()));
    assert!(stage.effects.contains(&Effect::Forget(vec![query(&deployment())])));
    stage.after(3600);
    assert!(!asks(&mut stage));
    stage.keys("R");
    assert!(asks(&mut stage));
}

/// How many were told since the last look that they take longer than any before.
fn overdue(stage: &mut Harness) -> usize {
    stage.changes().iter().filter(|it| matches!(it.kind, Kind::Overdue { .. })).count()
}

#[test]
fn time_alone_tells_nobody_that_anything_takes_too_long() {
    let mut stage = Harness::watching(120, 40, &["run", "done"]);
    for id in ["run", "done"] {
        stage.polled(id, Ok(made(id, "STARTED", 0, 0)));
    }
    stage.listed(Ok(twelve())).after(60);
    for id in ["run", "done"] {
        stage.polled(id, Ok(made(id, "STARTED", 0, 0)));
    }
    assert_eq!(overdue(&mut stage), 0);
    // The slowest took 71 s; that it is complete is only seen after that.
    stage.after(15).polled("done", Ok(made("done", "COMPLETED", 0, 70)));
    assert_eq!(overdue(&mut stage), 0);
    stage.polled("run", Ok(made("run", "STARTED", 0, 0)));
    assert_eq!(overdue(&mut stage), 1);
}

#[test]
fn what_an_earlier_run_told_to_take_too_long_is_not_told_again() {
    let slow = || made("run", "STARTED", 60, 0);
    let kind = Kind::Overdue { elapsed: 80, slowest: 71, of: 12 };
    let at: Timestamp = START.parse().unwrap();
    let told = Entry::of(&Change { target: target("run"), at, since: None, kind });
    for (earlier, told_now) in [(vec![told], 0), (vec![], 1)] {
        let mut stage = Harness::watching(120, 40, &["run"]);
        stage.state.journal.disk = Disk::DetailView;
        stage.polled("run", Ok(slow())).listed(Ok(twelve()));
        stage.after(5).polled("run", Ok(slow()));
        assert_eq!(overdue(&mut stage), 0, "whether it was told is not known yet");
        stage.send(Message::Done(Outcome::Journal(WriterReport::Loaded(earlier))));
        stage.after(5).polled("run", Ok(slow())).see("STARTED x");
        assert_eq!(overdue(&mut stage), told_now);
    }
}

#[test]
fn nobody_is_overdue_because_our_clock_is_fast() {
    let mut stage = Harness::watching(120, 40, &["run"]);
    // By the service's clock it began one minute ago.
    let mut run = made("run", "STARTED", 21, 0);
    run.clock_correction = Some(-SignedDuration::from_mins(20));
    stage.polled("run", Ok(run.clone()));
    let mut items = twelve();
    items.insert(0, run.clone());
    stage.listed(Ok(items));
    stage.after(5).polled("run", Ok(run.clone())).see("1 min 05 s");
    assert_eq!(overdue(&mut stage), 0);
    stage.after(7).polled("run", Ok(run));
    assert_eq!(overdue(&mut stage), 1, "for 72 s, and the slowest took 71");
}

#[test]
fn what_was_seen_to_take_too_long_is_marked_also_while_nothing_answers() {
    let mut stage = Harness::watching(120, 40, &["run"]);
    stage.polled("run", Ok(made("run", "STARTED", 0, 0))).listed(Ok(twelve()));
    for _ in 0..12 {
        stage.after(6).polled("run", Ok(made("run", "STARTED", 0, 0)));
    }
    let mark = |stage: &Harness| {
        let screen = stage.screen();
        let mut lines = screen.lines().enumerate();
        let (y, line) = lines.find(|(_, line)| line.contains("STARTED x")).unwrap();
        let dim = stage.buffer()[(7, u16::try_from(y).unwrap())].modifier.contains(Modifier::DIM);
        (line[..line.find("run").unwrap()].to_owned(), dim)
    };
    let (words, dim) = mark(&stage);
    assert!(!dim, "{words}");
    stage.polled("run", Err(unavailable())).after(600);
    assert_eq!(mark(&stage), (words.clone(), true), "as it was when last seen");
    stage.polled("run", Ok(made("run", "STARTED", 0, 0))).send(Message::Poller(Event::Paused));
    let paused = mark(&stage);
    assert!(paused.1, "{paused:?}");
    stage.after(600);
    assert_eq!(mark(&stage), paused);
}

#[test]
fn no_verdict_on_what_is_not_live() {
    let mut stage = Harness::watching(120, 40, &["run"]);
    stage.polled("run", Ok(made("run", "STARTED", 0, 0)));
    stage.listed(Ok(twelve()));
    stage.changes();
    stage.after(600);
    assert_eq!(overdue(&mut stage), 0);
    stage.miss("x8").see("when last seen");
}
