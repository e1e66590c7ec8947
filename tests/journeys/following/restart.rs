//! The savepoint to restart from, and how it is copied.

use super::*;

#[test]
fn the_restart_savepoint_is_copied_by_key_and_from_the_menu() {
    let mut harness = followed(120, 40);
    let copied = |harness: &mut Harness| match harness.effects().pop() {
        Some(Effect::Copy(clip)) => clip.text,
        other => panic!("{other:?}"),
    };
    let mut items = twelve();
    items[0].savepoint.state = Some(savepeek::domain::savepoint::State::Failed);
    items.insert(0, made("s20", "FAILED", 1, 5));
    harness.polled("s00", Ok(made("s00", "FAILED", 2, 60))).listed(Ok(items));
    harness.assert_screen("2 failed in a row");
    harness.effects();
    harness.keys("Y");
    assert_eq!(copied(&mut harness), "s01");
    harness.keys("M");
    let strategy = r#"{"kind":"FROM_SAVEPOINT","savepointId":"s01"}"#;
    assert_eq!(copied(&mut harness), strategy);
    harness.keys("y v");
    assert_eq!(copied(&mut harness), strategy);
    harness.keys("y");
    assert!(matches!(&harness.state.overlay, Some(Overlay::Copy(_))));
    harness.keys("n");
    assert_eq!(copied(&mut harness), "s01");
}

#[test]
fn a_failing_list_leaves_room_for_the_restart_savepoint() {
    let mut harness = followed(80, 24);
    harness.after(30).listed(Err(unavailable()));
    harness.assert_screen("▲ list failing: service trou").assert_screen(" · ✓ s00, 2 min ago");
    harness.assert_not_on_screen("list failing since");
    // Before the first list there is room for the whole cause.
    let mut never = following(80, 24);
    never.listed(Err(denied())).assert_screen("▲ list failing: no permission stream:ListSav");
    // A narrow heading says only that it fails.
    let mut narrow = followed(60, 24);
    narrow.after(30).listed(Err(unavailable())).assert_screen("▲ list failing · ✓ s00, 2 min ago");
    let mut wide = followed(130, 50);
    wide.after(30).listed(Err(unavailable())).assert_screen("list failing since 11:00:30");
}

#[test]
fn the_footer_offers_the_restart_keys_only_where_there_is_one() {
    let mut harness = followed(200, 50);
    harness.keys("g").assert_screen("Y restart ID");
    harness.watch(vec![target("other")]);
    let mut other = made("other", "FAILED", 1, 5);
    other.savepoint.deployment_id = None;
    harness.polled("other", Ok(other)).keys("g").assert_not_on_screen("Y restart ID");
    harness.keys("f").assert_screen("the service does not say of which deployment it is");
    harness.watch(vec![target("gone")]);
    harness.polled("gone", Err(not_found())).keys("j f");
    harness.assert_screen("the service knows no such savepoint, nor whose it was");
    assert_eq!(harness.state.list.selected, Some(target("gone")));
}

#[test]
fn a_full_page_without_a_completed_savepoint_claims_nothing_beyond_it() {
    let mut harness = following(120, 40);
    let failed = |count: u32| {
        (1..=count).map(|n| made(&format!("f{n:02}"), "FAILED", 1 + i64::from(n), 5)).collect()
    };
    harness.polled("s00", Ok(made("s00", "FAILED", 1, 60)));
    harness.listed(Ok(failed(49))).assert_screen("49 failed in a row · ▲ nothing COMPLETED");
    harness.after(30).listed(Ok(failed(HISTORY_LIMIT)));
    harness.assert_screen("50 or more failed in a row · ▲ none of the last 50 COMPLETED");
}

#[test]
fn a_retained_checkpoint_is_marked() {
    let mut harness = followed(200, 50);
    let mut items = twelve();
    items.insert(0, made("s20", "COMPLETED", 1, 5));
    items[0].savepoint.origin = Some("RETAINED_CHECKPOINT".to_owned());
    harness.listed(Ok(items)).assert_screen("not for LATEST_SAVEPOINT");
}
