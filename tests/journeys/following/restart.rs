//! What to restart from, and how it is handed over.

use super::*;

#[test]
fn the_one_to_restart_from_is_copied_by_a_key_and_from_the_menu() {
    let mut stage = followed(120, 40);
    let copied = |stage: &mut Harness| match stage.effects().pop() {
        Some(Effect::Copy(clip)) => clip.text,
        other => panic!("{other:?}"),
    };
    let mut items = twelve();
    items[0].savepoint.state = Some(savepeek::domain::savepoint::State::Failed);
    items.insert(0, made("s20", "FAILED", 1, 5));
    stage.polled("s00", Ok(made("s00", "FAILED", 2, 60))).listed(Ok(items));
    stage.see("2 failed in a row");
    stage.effects();
    stage.keys("Y");
    assert_eq!(copied(&mut stage), "s01");
    stage.keys("M");
    let strategy = r#"{"kind":"FROM_SAVEPOINT","savepointId":"s01"}"#;
    assert_eq!(copied(&mut stage), strategy);
    stage.keys("y v");
    assert_eq!(copied(&mut stage), strategy);
    stage.keys("y");
    assert!(matches!(&stage.state.overlay, Some(Overlay::Copy(_))));
    stage.keys("n");
    assert_eq!(copied(&mut stage), "s01");
}

#[test]
fn a_list_that_fails_does_not_push_out_what_to_restart_from() {
    let mut stage = followed(80, 24);
    stage.after(30).listed(Err(unavailable()));
    stage.see("▲ list failing: service trou").see(" · ✓ s00, 2 min ago");
    stage.miss("list failing since");
    // A list that was never seen leaves room for all of it.
    let mut never = following(80, 24);
    never.listed(Err(denied())).see("▲ list failing: no permission stream:ListSav");
    // Where there is hardly any, that it fails is all.
    let mut narrow = followed(60, 24);
    narrow.after(30).listed(Err(unavailable())).see("▲ list failing · ✓ s00, 2 min ago");
    let mut wide = followed(130, 50);
    wide.after(30).listed(Err(unavailable())).see("list failing since 11:00:30");
}

#[test]
fn the_footer_offers_to_restart_only_what_can_be() {
    let mut stage = followed(200, 50);
    stage.keys("g").see("Y restart ID");
    stage.state.watch(vec![target("other")]);
    let mut other = made("other", "FAILED", 1, 5);
    other.savepoint.deployment_id = None;
    stage.polled("other", Ok(other)).keys("g").miss("Y restart ID");
    stage.keys("f").see("the service does not say of which deployment it is");
    stage.state.watch(vec![target("gone")]);
    stage.polled("gone", Err(not_found())).keys("j f");
    stage.see("the service knows no such savepoint, nor whose it was");
    assert_eq!(stage.state.list.selected, Some(target("gone")));
}

#[test]
fn of_a_full_page_without_one_completed_no_more_is_said_than_it_shows() {
    let mut stage = following(120, 40);
    let failed = |count: u32| {
        (1..=count).map(|n| made(&format!("f{n:02}"), "FAILED", 1 + i64::from(n), 5)).collect()
    };
    stage.polled("s00", Ok(made("s00", "FAILED", 1, 60)));
    stage.listed(Ok(failed(49))).see("49 failed in a row · ▲ nothing COMPLETED");
    stage.after(30).listed(Ok(failed(HISTORY_LIMIT)));
    stage.see("50 or more failed in a row · ▲ none of the last 50 COMPLETED");
}

#[test]
fn a_retained_checkpoint_is_marked() {
    let mut stage = followed(200, 50);
    let mut items = twelve();
    items.insert(0, made("s20", "COMPLETED", 1, 5));
    items[0].savepoint.origin = Some("RETAINED_CHECKPOINT".to_owned());
    stage.listed(Ok(items)).see("not for LATEST_SAVEPOINT");
}
