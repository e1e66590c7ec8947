//! The filter of the picker: on the loaded rows at once, on the service after a pause.

use super::*;

#[test]
fn filter_is_local_at_once_and_sent_after_a_debounce() {
    let mut harness = opened();
    harness
        .keys("/")
        .text("or")
        .assert_screen("10 with \"or\": 100 of 250 loaded")
        .assert_screen("orders-0013");
    harness.millis(299).assert_screen("asking for \"or\" ...");
    assert_eq!(harness.effects(), []);
    assert_eq!(
        harness.state.next_tick(),
        Some(harness.state.now + SignedDuration::from_millis(100))
    );
    harness.text("d").millis(299);
    assert_eq!(harness.effects(), []);
    harness.millis(1).assert_screen("asking for \"ord\" ...").assert_screen("10 with \"ord\"");
    assert_eq!(harness.effects(), [ask(of_deployments(Some("ord"), 1))]);

    // Another letter cancels the request, and a late reply is ignored.
    harness.text("e");
    assert_eq!(harness.effects(), [unsubscribe(of_deployments(Some("ord"), 1))]);
    let late = Reply::Deployments(page(vec![deployment(9, "order-late")], 1, 1));
    harness.replied(of_deployments(Some("ord"), 1), Ok(late)).assert_not_on_screen("order-late");
    harness.millis(300);
    let found = vec![deployment(203, "orders-0203"), deployment(7, "reorder")];
    let found = Reply::Deployments(page(found, 1, 2));
    harness.replied(of_deployments(Some("orde"), 1), Ok(found));
    harness
        .assert_screen("2 with \"orde\": all 2 loaded")
        .assert_screen("reorder")
        .assert_not_on_screen("asking for \"orde\"");
    // A longer filter applies to the loaded matches first, then on the service.
    harness.text("rs").assert_screen("1 with \"orders\"").assert_screen("orders-0203");
    harness.keys("Esc").assert_screen("100 of 250 loaded").assert_screen("job-0000");
}

#[test]
fn complete_list_is_not_searched_remotely() {
    let mut harness = Harness::watching(120, 40, &[A]);
    harness.keys("b").replied(of_deployments(None, 1), Ok(deployments(0..40, 1, 40)));
    harness.effects();
    harness.keys("/").text("ord").assert_screen("4 with \"ord\": all 40 loaded").millis(1_000);
    assert_eq!(harness.effects(), []);
    harness.text("x").assert_screen("none of the deployments loaded has \"ordx\"");
    harness.keys("Esc Enter").assert_screen("savepoints of job-0000");
}

#[test]
fn empty_result_is_shown_once() {
    let mut harness = opened();
    harness.keys("/").text("zzz").millis(300);
    harness.replied(of_deployments(Some("zzz"), 1), Ok(deployments(0..0, 1, 0)));
    harness
        .assert_screen("none of the deployments has \"zzz\"")
        .assert_not_on_screen("nothing loaded so far");
    let screen = harness.screen();
    let at = screen.lines().position(|line| line.contains("none of the")).unwrap();
    assert!((15..25).contains(&at), "{at}:\n{screen}");
}

#[test]
fn filter_typed_before_entering_a_deployment_sets_no_timer() {
    let mut harness = opened();
    harness.keys("/").text("or").keys("Enter Enter").millis(5_000);
    assert!(matches!(&harness.state.overlay, Some(Overlay::Picker(it)) if it.savepoints.is_some()));
    let next = harness.state.next_tick().unwrap();
    assert!(next > harness.state.now + SignedDuration::from_secs(1), "{next}");
}

#[test]
fn reopened_after_a_filter_it_reloads_everything() {
    let mut harness = opened();
    harness.keys("/").text("zzz").millis(300).keys("Enter");
    harness.replied(of_deployments(Some("zzz"), 1), Ok(deployments(0..0, 1, 0)));
    harness.keys("q q").effects();
    harness.after(5).keys("b");
    assert_eq!(harness.effects(), [ask(of_deployments(None, 1))]);
    harness.assert_screen("asking again ...");
}
