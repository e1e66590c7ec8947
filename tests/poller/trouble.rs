//! Errors: backoff, waits asked for by the service, recovery, and what waits for a person.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use savepeek::api::{Cause, Unreachable};
use savepeek::poller::Command;

use crate::fake::{World, assert_times, error, state, targets};

#[rstest::rstest]
#[case::unreachable(Cause::Unreachable(Unreachable::Connect))]
#[case::service_trouble(Cause::Service { transient: true })]
#[case::unreadable(Cause::Unreadable)]
#[case::throttled(Cause::Throttled { wait: None })]
#[tokio::test(start_paused = true)]
async fn trouble_of_one_backs_off_doubling_to_a_minute(#[case] cause: Cause) {
    let mut world = World::answering(move |id, _| match id {
        "a" => error(cause.clone()),
        _ => state("STARTED"),
    });
    world.watch(&["a", "well"]).await;
    world.pass(3600.0).await;
    let times = world.times("a");
    let gaps: Vec<_> = times.windows(2).map(|pair| pair[1] - pair[0] - 0.1).collect();
    for (n, gap) in gaps.iter().enumerate() {
        let cap = 2.0_f64.powi(i32::try_from(n).unwrap()).min(60.0);
        // The rate, too, keeps two requests 200 ms apart.
        assert!(*gap <= cap + 0.202, "gap {n} of {gaps:?}");
    }
    assert!(gaps.len() > 60, "the cap is the longest, not the usual");
    assert!(gaps.len() < 240, "far less than every five seconds: {}", gaps.len());
    assert!(gaps.iter().any(|gap| *gap > 30.0), "{gaps:?}");
    assert_eq!(world.times("well").len(), 720, "and the other one does not notice");
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_answers_nobody_is_asked_once_an_interval() {
    let mut world = World::answering(|_, _| error(Cause::Service { transient: true }));
    world.watch(&["a"]).await;
    world.pass(3600.0).await;
    let times = world.times("a");
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] < 5.102), "{times:?}");
    assert!(times.len() < 900, "and hardly oftener: {}", times.len());
}

#[tokio::test(start_paused = true)]
async fn success_forgives_all_failures() {
    let trouble = || error(Cause::Service { transient: true });
    let mut world =
        World::answering(move |_, nth| if nth == 8 { state("STARTED") } else { trouble() });
    world.watch(&["a"]).await;
    world.pass(3600.0).await;
    let times = world.times("a");
    assert_times(&[times[9] - times[8]], &[5.0]);
    assert!(times[10] - times[9] <= 1.1, "{times:?}");
}

#[tokio::test(start_paused = true)]
async fn never_sooner_than_the_service_asks() {
    let wait = Some(Duration::from_secs(90));
    let mut world = World::answering(move |_, _| error(Cause::Throttled { wait }));
    world.watch(&["a"]).await;
    world.pass(200.0).await;
    assert_times(&world.times("a"), &[0.0, 90.1, 180.2]);
    let first = world.polls()[0];
    assert_eq!(first.next_at, Some(first.received_at + Duration::from_secs(90)));
}

#[tokio::test(start_paused = true)]
async fn a_throttle_holds_back_its_line_but_not_the_user() {
    let wait = Some(Duration::from_secs(30));
    let mut world = World::answering(move |id, nth| match (id, nth) {
        ("throttled", 0) => error(Cause::Throttled { wait }),
        _ => state("STARTED"),
    });
    world.watch(&["throttled"]).await;
    world.pass(1.0).await;
    world.watch(&["same", "by hand", "other@cn-beijing"]).await;
    world.tell(Command::fetch(targets(&["by hand"]))).await;
    world.pass(35.5).await;
    assert_times(&world.times("by hand")[..1], &[1.0]);
    assert_times(&world.times("other@cn-beijing")[..2], &[1.0, 6.0]);
    let held = world.asked().into_iter().filter(|(at, who)| *at > 1.0 && !who.contains('@'));
    let mut held: Vec<_> = held.take(3).collect();
    assert!(held.iter().all(|(at, _)| (30.1..31.1).contains(at)), "{held:?}");
    held.sort_by(|a, b| a.1.cmp(&b.1));
    assert_eq!(
        held.into_iter().map(|(_, who)| who).collect::<Vec<_>>(),
        ["by hand", "same", "throttled"]
    );
}

#[tokio::test(start_paused = true)]
async fn an_absurd_wait_is_no_crash() {
    let wait = Some(Duration::MAX);
    let mut world = World::answering(move |_, _| error(Cause::Throttled { wait }));
    world.watch(&["a"]).await;
    world.pass(3600.0).await;
    assert_eq!(world.asked().len(), 1);
    assert!(world.polls()[0].next_at.is_some());
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
    let mut world = World::answering(move |_, _| error(cause.clone()));
    world.watch(&["a"]).await;
    world.pass(3600.0).await;
    assert_times(&world.times("a"), &[0.0]);
    assert_eq!(world.polls()[0].next_at, None);
    world.tell(Command::fetch(targets(&["a"]))).await;
    world.pass(3600.0).await;
    assert_times(&world.times("a"), &[0.0, 3600.0]);
}

#[tokio::test(start_paused = true)]
async fn changed_credentials_unblock_everything() {
    let mut world = World::answering(|_, nth| match nth {
        0 => error(Cause::TokenExpired),
        _ => state("COMPLETED"),
    });
    world.watch(&["a", "b"]).await;
    world.pass(65.0).await;
    assert_eq!(world.service.reloads.load(Relaxed), 6, "every ten seconds");
    world.service.credentials_changed.store(true, Relaxed);
    world.pass(10.0).await;
    let times = world.asked();
    assert_eq!(times.len(), 4);
    assert!(times[2].0 <= 75.0 && times[3].0 <= 75.0, "{times:?}");
    world.pass(600.0).await;
    assert_eq!(world.service.reloads.load(Relaxed), 7, "nothing is blocked any more");
}

#[tokio::test(start_paused = true)]
async fn credentials_that_hang_lock_nothing_up() {
    let mut world = World::answering(|id, _| match id {
        "blocked" => error(Cause::CredentialsUnusable),
        _ => state("STARTED"),
    });
    world.service.credentials_hang.store(true, Relaxed);
    world.watch(&["blocked", "a"]).await;
    world.pass(35.0).await;
    assert_eq!(world.times("a").len(), 7);
    assert_eq!(world.service.reloads.load(Relaxed), 3, "given up and tried again");
}

/// Savepoints of an endpoint that is down while this says so, and of one where only one fails.
fn outage(cause: Cause) -> (World, Arc<AtomicBool>) {
    let down = Arc::new(AtomicBool::new(false));
    let world = World::answering({
        let down = Arc::clone(&down);
        move |id, _| match id {
            "ill@cn-beijing" => error(cause.clone()),
            "well@cn-beijing" => state("STARTED"),
            _ if down.load(Relaxed) => error(cause.clone()),
            "started" => state("STARTED"),
            _ => state("COMPLETED"),
        }
    });
    (world, down)
}

/// Who was asked for since there were so many requests, without those of the other endpoint.
fn asked_since(world: &World, before: usize) -> BTreeSet<String> {
    let asked = world.asked().split_off(before).into_iter();
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
    let (mut world, down) = outage(cause);
    let ids: Vec<_> = (0..20).map(|n| n.to_string()).collect();
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    world.watch(&["ill@cn-beijing", "well@cn-beijing", "started"]).await;
    world.watch(&ids).await;
    world.pass(100.0).await;
    down.store(true, Relaxed);
    world.pass(seconds).await;
    down.store(false, Relaxed);
    let (before, ill) = (world.asked().len(), world.times("ill@cn-beijing").len());
    world.pass(5.1 + 21.0 * 0.2).await;
    assert_eq!(asked_since(&world, before).len(), 21);
    let even = |line: &Vec<f64>| line.windows(2).all(|pair| pair[1] - pair[0] > 0.199);
    assert!(world.lines().iter().all(even), "and no burst");
    let ill = world.times("ill@cn-beijing").len() - ill;
    assert!(ill <= 1, "the other endpoint is not concerned");
}

#[tokio::test(start_paused = true)]
async fn an_outage_that_comes_back_for_a_while_is_still_one() {
    let (mut world, down) = outage(Cause::Service { transient: true });
    world.watch(&["started", "a", "b", "c"]).await;
    world.pass(1.0).await;
    for (is_down, seconds) in [(true, 7200.0), (false, 3.0), (true, 90.0), (false, 0.0)] {
        down.store(is_down, Relaxed);
        world.pass(seconds).await;
    }
    let before = world.asked().len();
    world.pass(5.1 + 4.0 * 0.2).await;
    assert_eq!(asked_since(&world, before).len(), 4);
}

#[tokio::test(start_paused = true)]
async fn what_helped_one_by_hand_may_help_the_others_of_its_endpoint() {
    let helped = Arc::new(AtomicBool::new(false));
    let mut world = World::answering({
        let helped = Arc::clone(&helped);
        move |id, _| match id {
            "well" => state("STARTED"),
            "b" | "a" if helped.load(Relaxed) => state("COMPLETED"),
            _ => error(Cause::NoPermission { action: String::new(), detail: None }),
        }
    });
    world.watch(&["a", "b", "still not", "well", "elsewhere@cn-beijing"]).await;
    world.pass(600.0).await;
    let times = |world: &World, id| world.times(id).len();
    assert_eq!(times(&world, "b"), 2, "tried once more, as another one there is well");
    helped.store(true, Relaxed);
    world.tell(Command::fetch(targets(&["a"]))).await;
    world.pass(10.0).await;
    assert_eq!(times(&world, "b"), 3);
    assert_eq!(times(&world, "still not"), 3, "it is tried, and waits again");
    assert_eq!(times(&world, "elsewhere@cn-beijing"), 1);
    world.pass(600.0).await;
    assert_eq!(times(&world, "still not"), 3);
}

#[tokio::test(start_paused = true)]
async fn keys_that_are_good_for_one_are_good_for_all_of_its_endpoint() {
    let mut world = World::answering(|id, nth| match (id, nth) {
        ("late" | "elsewhere@cn-beijing", 1..) | ("well", _) => state("COMPLETED"),
        _ => error(Cause::TokenExpired),
    });
    world.watch(&["late", "elsewhere@cn-beijing"]).await;
    world.pass(600.0).await;
    assert_eq!(world.asked().len(), 2);
    // As when the keys were renewed, and this request was the first to see them.
    world.watch(&["well"]).await;
    world.pass(1.0).await;
    assert_eq!(world.times("late").len(), 2);
    assert_eq!(world.times("elsewhere@cn-beijing").len(), 1);
}
