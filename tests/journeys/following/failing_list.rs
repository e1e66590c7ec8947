//! A list that fails, is denied, stays away or contradicts what is known.

use super::*;

#[test]
fn list_is_not_trusted_about_missing_or_changed_savepoints() {
    let mut harness = followed(120, 40);
    let mut items = twelve();
    items.remove(3);
    items[4].savepoint.state = Some(savepeek::domain::savepoint::State::Failed);
    harness.after(30).listed(Ok(items.clone()));
    let asked: BTreeSet<_> = match &harness.effects()[..] {
        [Effect::Poller(Command::Subscribe(asked, Recurrence::Watch))] => {
            asked.iter().cloned().collect()
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(asked, BTreeSet::from(["s03", "s05"].map(|id| Query::Savepoint(target(id)))));
    let changes = harness.changes();
    assert!(!changes.iter().any(|it| it.kind.is_transition()), "no change is reported");
    harness.polled("s03", Err(not_found()));
    assert!(matches!(harness.changes()[..], [ref it] if matches!(it.kind, Kind::Vanished { .. })));
}

#[test]
fn missing_member_does_not_make_neighbours_flap() {
    let mut harness = followed(120, 40);
    let mut items = twelve();
    items.remove(3);
    harness.after(30).listed(Ok(items.clone()));
    harness.polled("s03", Err(not_found()));
    let there: Vec<String> = ids(&harness).into_iter().map(str::to_owned).collect();
    harness.changes();
    for _ in 0..4 {
        harness.after(30).polled("s00", Ok(made("s00", "COMPLETED", 2, 60)));
        harness.listed(Ok(items.clone()));
        assert_eq!(harness.changes(), []);
        assert_eq!(ids(&harness), there);
    }
}

#[test]
fn failing_list_fails_its_members_and_a_silent_one_makes_them_stale() {
    let mut harness = followed(120, 40);
    harness.after(30).listed(Err(unavailable()));
    let trust = |harness: &Harness, id: &str| {
        let known = &harness.state;
        match known.freshness(&target(id), &known.feeds[&target(id)]) {
            Freshness::Failing(_) => "failing",
            Freshness::Stale => "stale",
            Freshness::Live => "live",
            Freshness::Never => "never",
        }
    };
    assert_eq!([trust(&harness, "s00"), trust(&harness, "s05")], ["live", "failing"]);
    harness.assert_screen("list failing since").assert_screen("9 of 10 failing");
    harness.listed(Ok(twelve()));
    assert_eq!(trust(&harness, "s05"), "live");
    harness.after(600);
    assert_eq!(trust(&harness, "s05"), "stale");
    harness.assert_screen("list stale");
}

#[test]
fn denied_list_is_reported_once_and_members_are_polled() {
    let mut harness = followed(200, 50);
    harness.listed(Err(denied()));
    harness.assert_screen("stream:ListSavepoints");
    let effects = harness.effects();
    assert!(
        matches!(&effects[..], [Effect::Poller(Command::Subscribe(all, Recurrence::Watch))] if all.len() == DEFAULT_NEWEST - 1),
        "{effects:?}"
    );
    harness.keys("j").listed(Err(denied()));
    assert_eq!(harness.state.notices.shown(), None);
    assert_eq!(harness.effects(), []);
    harness.keys("R");
    let again =
        Effect::Poller(Command::Subscribe(vec![list_query(&deployment())], Recurrence::Now));
    assert!(harness.effects().contains(&again), "the permission may have been granted since");
}

#[test]
fn denied_list_promises_no_savepoints() {
    let mut harness = following(120, 40);
    harness.assert_screen("its savepoints come as they appear");
    harness.listed(Err(denied())).keys("f f");
    harness
        .assert_screen("cannot be listed without stream:ListSavepoints")
        .assert_not_on_screen("come as they appear");
    let mut paused = following(120, 40);
    paused.keys("f").send(Message::Poller(Event::Paused)).keys("f");
    paused
        .assert_screen("its savepoints come once asking goes on")
        .assert_not_on_screen("come as they appear");
}

#[test]
fn failing_list_is_shown_in_the_header() {
    let header = |harness: &Harness| harness.screen().lines().nth(1).unwrap().to_owned();
    let mut alone = Harness::watching(120, 40, &[]);
    alone.state.histories.follow(deployment(), alone.state.now);
    alone.state.derive();
    alone.after(30).listed(Err(unavailable()));
    assert_eq!(title::text(&alone.state), "savepeek", "one failure is not said there");
    let words = "list of a followed deployment failing since 11:00:30: service trouble";
    assert!(header(&alone).contains(&format!("retrying in 30 s: {words}")), "{}", header(&alone));
    alone.after(7).assert_screen("retrying in 25 s");
    alone.listed(Err(unavailable()));
    assert_eq!(title::text(&alone.state), "1 list not live - savepeek");
    alone.listed(Ok(vec![])).after(600);
    assert!(header(&alone).contains("list of a followed deployment stale"), "{}", header(&alone));
    // Its members are polled by themselves, and are live.
    let mut beside = followed(200, 50);
    beside.listed(Err(denied()));
    let words = "waiting for you: list of a followed deployment: no permission stream:ListSavepoints, \
                 since 11:00:00";
    assert!(header(&beside).contains(words), "{}", header(&beside));
    assert_eq!(title::text(&beside.state), "10 completed, 1 list not live - savepeek");
}

#[test]
fn denied_permission_is_named_beside_the_duration() {
    let mut harness = Harness::watching(200, 50, &["run"]);
    harness.polled("run", Ok(made("run", "STARTED", 3, 0)));
    harness.listed(Err(denied())).keys("j");
    harness.assert_screen("The RAM permission stream:ListSavepoints would add");
}
