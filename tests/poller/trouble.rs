//! Errors: backoff, waits asked for by the service, recovery, and what waits for a person.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use savepeek::api::{Cause, Unreachable};
use savepeek::poller::Command;

use crate::fake::{Harness, assert_times, error, state, targets};

#[rstest::rstest]
#[case::unreachable(Cause::Unreachable(Unreachable::Connect))]
#[case::service_trouble(Cause::Service { transient: true })]
#[case::unreadable(Cause::Unreadable)]
#[case::throttled(Cause::Throttled { wait: None })]
#[tokio::test(start_paused = true)]
async fn trouble_of_one_backs_off_doubling_to_a_minute(#[case] cause: Cause) {
    let mut harness = Harness::answering(move |id, _| match id {
        "a" => error(cause.clone()),
        _ => state("STARTED"),
    });
    harness.watch(&["a", "well"]).await;
    harness.pass(3600.0).await;
    let times = harness.times("a");
    let gaps: Vec<_> = times.windows(2).map(|pair| pair[1] - pair[0] - 0.1).collect();
    for (n, gap) in gaps.iter().enumerate() {
        let cap = 2.0_f64.powi(i32::try_from(n).unwrap()).min(60.0);
        // The rate, too, keeps two requests 200 ms apart.
        assert!(*gap <= cap + 0.202, "gap {n} of {gaps:?}");
    }
    assert!(gaps.len() > 60, "the cap is the longest, not the usual");
    assert!(gaps.len() < 240, "far less than every five seconds: {}", gaps.len());
    assert!(gaps.iter().any(|gap| *gap > 30.0), "{gaps:?}");
    assert_eq!(harness.times("well").len(), 720, "and the other one does not notice");
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_in_outage_is_probed_once_an_interval() {
    let mut harness = Harness::answering(|_, _| error(Cause::Service { transient: true }));
    harness.watch(&["a"]).await;
    harness.pass(3600.0).await;
    let times = harness.times("a");
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] < 5.102), "{times:?}");
    assert!(times.len() < 900, "and hardly oftener: {}", times.len());
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_several_is_not_probed_oftener_than_the_interval() {
    let mut harness = Harness::answering(|_, _| error(Cause::Service { transient: true }));
    let ids = ["a", "b", "c", "d", "e", "f", "g", "h"];
    harness.watch(&ids).await;
    harness.pass(600.0).await;
    let is_quick = |pair: &[f64]| pair[1] - pair[0] < 5.0;
    let quick = ids.iter().filter(|id| harness.times(id).windows(2).any(is_quick));
    assert!(quick.count() <= 1, "only the first one cannot know of others");
}

#[tokio::test(start_paused = true)]
async fn a_success_resets_all_failures() {
    let trouble = || error(Cause::Service { transient: true });
    let mut harness =
        Harness::answering(move |_, nth| if nth == 8 { state("STARTED") } else { trouble() });
    harness.watch(&["a"]).await;
    harness.pass(3600.0).await;
    let times = harness.times("a");
    assert_times(&[times[9] - times[8]], &[5.0]);
    assert!(times[10] - times[9] <= 1.1, "{times:?}");
}

#[tokio::test(start_paused = true)]
async fn retries_wait_as_long_as_the_service_demands() {
    let wait = Some(Duration::from_secs(90));
    let mut harness = Harness::answering(move |_, _| error(Cause::Throttled { wait }));
    harness.watch(&["a"]).await;
    harness.pass(200.0).await;
    assert_times(&harness.times("a"), &[0.0, 90.1, 180.2]);
    let first = harness.polls()[0];
    assert_eq!(first.next_at, Some(first.received_at + Duration::from_secs(90)));
}

#[tokio::test(start_paused = true)]
async fn a_throttle_holds_back_its_queue_but_not_manual_refreshes() {
    let wait = Some(Duration::from_secs(30));
    let mut harness = Harness::answering(move |id, nth| match (id, nth) {
        ("throttled", 0) => error(Cause::Throttled { wait }),
        _ => state("STARTED"),
    });
    harness.watch(&["throttled"]).await;
    harness.pass(1.0).await;
    harness.watch(&["same", "by hand", "other@cn-beijing"]).await;
    harness.send(Command::fetch(targets(&["by hand"]))).await;
    harness.pass(35.5).await;
    assert_times(&harness.times("by hand")[..1], &[1.0]);
    assert_times(&harness.times("other@cn-beijing")[..2], &[1.0, 6.0]);
    let held = harness.asked().into_iter().filter(|(at, who)| *at > 1.0 && !who.contains('@'));
    let mut held: Vec<_> = held.take(3).collect();
    assert!(held.iter().all(|(at, _)| (30.1..31.1).contains(at)), "{held:?}");
    held.sort_by(|a, b| a.1.cmp(&b.1));
    assert_eq!(
        held.into_iter().map(|(_, who)| who).collect::<Vec<_>>(),
        ["by hand", "same", "throttled"]
    );
}

#[tokio::test(start_paused = true)]
async fn an_absurd_wait_does_not_panic() {
    let wait = Some(Duration::MAX);
    let mut harness = Harness::answering(move |_, _| error(Cause::Throttled { wait }));
    harness.watch(&["a"]).await;
    harness.pass(3600.0).await;
    assert_eq!(harness.asked().len(), 1);
    assert!(harness.polls()[0].next_at.is_some());
}

#[rstest::rstest]
#[case::no_credentials(Cause::CredentialsUnusable)]
#[case::refused(Cause::CredentialsRejected)]
#[case::expired(Cause::TokenExpired)]
#[case::no_permission(Cause::NoPermission { action: "stream:GetSavepoint".to_owned(), detail: None })]
#[case::clock(Cause::ClockSkew { ahead: None })]
#[case::invalid_id(Cause::InvalidId)]
#[tokio::test(start_paused = true)]
async fn what_only_a_person_can_help_waits_for_a_refresh(#[case] cause: Cause) {
    let mut harness = Harness::answering(move |_, _| error(cause.clone()));
    harness.watch(&["a"]).await;
    harness.pass(3600.0).await;
    assert_times(&harness.times("a"), &[0.0]);
    assert_eq!(harness.polls()[0].next_at, None);
    harness.send(Command::fetch(targets(&["a"]))).await;
    harness.pass(3600.0).await;
    assert_times(&harness.times("a"), &[0.0, 3600.0]);
}

#[tokio::test(start_paused = true)]
async fn changed_credentials_unblock_everything() {
    let mut harness = Harness::answering(|_, nth| match nth {
        0 => error(Cause::TokenExpired),
        _ => state("COMPLETED"),
    });
    harness.watch(&["a", "b"]).await;
    harness.pass(65.0).await;
    assert_eq!(harness.service.reloads.load(Relaxed), 6, "every ten seconds");
    harness.service.credentials_changed.store(true, Relaxed);
    harness.pass(10.0).await;
    let times = harness.asked();
    assert_eq!(times.len(), 4);
    assert!(times[2].0 <= 75.0 && times[3].0 <= 75.0, "{times:?}");
    harness.pass(600.0).await;
    assert_eq!(harness.service.reloads.load(Relaxed), 7, "nothing is blocked any more");
}

#[tokio::test(start_paused = true)]
async fn a_hanging_credential_reload_blocks_nothing() {
    let mut harness = Harness::answering(|id, _| match id {
        "blocked" => error(Cause::CredentialsUnusable),
        _ => state("STARTED"),
    });
    harness.service.credentials_hang.store(true, Relaxed);
    harness.watch(&["blocked", "a"]).await;
    harness.pass(35.0).await;
    assert_eq!(harness.times("a").len(), 7);
    assert_eq!(harness.service.reloads.load(Relaxed), 3, "given up and tried again");
}

/// Savepoints of an endpoint that is down while this says so, and of one where only one fails.
fn outage(cause: Cause) -> (Harness, Arc<AtomicBool>) {
    let down = Arc::new(AtomicBool::new(false));
    let harness = Harness::answering({
        let down = Arc::clone(&down);
        move |id, _| match id {
            "ill@cn-beijing" => error(cause.clone()),
            "well@cn-beijing" => state("STARTED"),
            _ if down.load(Relaxed) => error(cause.clone()),
            "started" => state("STARTED"),
            _ => state("COMPLETED"),
        }
    });
    (harness, down)
}

/// Who was asked for since there were so many requests, without those of the other endpoint.
fn asked_since(harness: &Harness, before: usize) -> BTreeSet<String> {
    let asked = harness.asked().split_off(before).into_iter();
    asked.map(|(_, who)| who).filter(|who| !who.contains('@')).collect()
}

#[rstest::rstest]
#[case::unreachable_for_a_minute(Cause::Unreachable(Unreachable::Connect), 60.0)]
#[case::unreachable_for_hours(Cause::Unreachable(Unreachable::Broken), 7200.0)]
#[case::service_trouble_for_hours(Cause::Service { transient: true }, 7200.0)]
#[case::unreadable_for_hours(Cause::Unreadable, 7200.0)]
#[tokio::test(start_paused = true)]
async fn after_an_outage_everything_is_fresh_within_an_interval_and_the_rate(
    #[case] cause: Cause,
    #[case] seconds: f64,
) {
    let (mut harness, down) = outage(cause);
    let ids: Vec<_> = (0..20).map(|n| n.to_string()).collect();
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    harness.watch(&["ill@cn-beijing", "well@cn-beijing", "started"]).await;
    harness.watch(&ids).await;
    harness.pass(100.0).await;
    down.store(true, Relaxed);
    harness.pass(seconds).await;
    down.store(false, Relaxed);
    let (before, ill) = (harness.asked().len(), harness.times("ill@cn-beijing").len());
    harness.pass(5.1 + 21.0 * 0.2).await;
    assert_eq!(asked_since(&harness, before).len(), 21);
    let even = |queue_of: &Vec<f64>| queue_of.windows(2).all(|pair| pair[1] - pair[0] > 0.199);
    assert!(harness.queues().iter().all(even), "and no burst");
    let ill = harness.times("ill@cn-beijing").len() - ill;
    assert!(ill <= 1, "the other endpoint is not concerned");
}

#[tokio::test(start_paused = true)]
async fn an_outage_with_a_brief_recovery_is_still_an_outage() {
    let (mut harness, down) = outage(Cause::Service { transient: true });
    harness.watch(&["started", "a", "b", "c"]).await;
    harness.pass(1.0).await;
    for (is_down, seconds) in [(true, 7200.0), (false, 3.0), (true, 90.0), (false, 0.0)] {
        down.store(is_down, Relaxed);
        harness.pass(seconds).await;
    }
    let before = harness.asked().len();
    harness.pass(5.1 + 4.0 * 0.2).await;
    assert_eq!(asked_since(&harness, before).len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_manual_success_retries_the_others_of_its_endpoint() {
    let helped = Arc::new(AtomicBool::new(false));
    let mut harness = Harness::answering({
        let helped = Arc::clone(&helped);
        move |id, _| match id {
            "well" => state("STARTED"),
            "b" | "a" if helped.load(Relaxed) => state("COMPLETED"),
            _ => error(Cause::NoPermission { action: String::new(), detail: None }),
        }
    });
    harness.watch(&["a", "b", "still not", "well", "elsewhere@cn-beijing"]).await;
    harness.pass(600.0).await;
    let times = |harness: &Harness, id| harness.times(id).len();
    assert_eq!(times(&harness, "b"), 2, "tried once more, as another one there is well");
    helped.store(true, Relaxed);
    harness.send(Command::fetch(targets(&["a"]))).await;
    harness.pass(10.0).await;
    assert_eq!(times(&harness, "b"), 3);
    assert_eq!(times(&harness, "still not"), 3, "it is tried, and waits again");
    assert_eq!(times(&harness, "elsewhere@cn-beijing"), 1);
    harness.pass(600.0).await;
    assert_eq!(times(&harness, "still not"), 3);
}

#[tokio::test(start_paused = true)]
async fn credentials_that_work_once_retry_all_of_their_endpoint() {
    let mut harness = Harness::answering(|id, nth| match (id, nth) {
        ("late" | "elsewhere@cn-beijing", 1..) | ("well", _) => state("COMPLETED"),
        _ => error(Cause::TokenExpired),
    });
    harness.watch(&["late", "elsewhere@cn-beijing"]).await;
    harness.pass(600.0).await;
    assert_eq!(harness.asked().len(), 2);
    // As when the keys were renewed, and this request was the first to see them.
    harness.watch(&["well"]).await;
    harness.pass(1.0).await;
    assert_eq!(harness.times("late").len(), 2);
    assert_eq!(harness.times("elsewhere@cn-beijing").len(), 1);
}
