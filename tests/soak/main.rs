//! Thirty nights, compressed: the real poller and the real `update` over a service on which
//! everything goes wrong now and then, with a user who comes by every few hours. Whatever happens,
//! every bounded thing stays within its bound, and no request exceeds the rate.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod service;
mod watch;

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use savepeek::domain::savepoint::Target;
use savepeek::tui::model::feed::Freshness;
use tokio::time::Instant;

use service::{CONCURRENCY, DAY, ENDLESS, RATE, Service, elsewhere, target};
use watch::{INTERVAL, Watch};

const SAVEPOINTS: u64 = 200;
const DAYS: u32 = 30;

#[tokio::test(start_paused = true)]
async fn thirty_days_of_two_hundred_savepoints() {
    let began = Instant::now();
    let service = Arc::new(Service::open(DAYS));
    let all: Vec<Target> = (0..SAVEPOINTS).map(target).collect();
    let mut watch = Watch::open(&service, INTERVAL);
    let mut rng = fastrand::Rng::with_seed(8);
    watch.ask_for(&all);
    while began.elapsed() < DAY * DAYS {
        watch.pass(Duration::from_secs(rng.u64(8..32) * 3600)).await;
        watch.visit(&mut rng).await;
        disturb(&mut watch, &service, &mut rng).await;
        watch.ask_for(&all);
    }
    // A quiet end, long enough for every recheck.
    watch.pass(Duration::from_secs(9 * 3600)).await;

    let state = &watch.state;
    assert_eq!(state.feeds.len(), all.len());
    for (target, feed) in &state.feeds {
        assert_eq!(state.freshness(target, feed), Freshness::Live, "{} at the end", target.id);
    }
    let log = service.log();
    assert!(log.asked > 30_000, "{log:?}");
    // Ninety deployments an hour would be too many by far where their savepoints are asked for
    // every eight hours.
    assert!((1_000..20_000).contains(&log.helped), "{log:?}");
    assert!(watch.recorded > 500 && watch.alerts > 20, "{} {}", watch.recorded, watch.alerts);
    assert!(log.most_under_way <= CONCURRENCY, "{log:?}");
    assert!(log.least_gap.as_secs_f64() > 1.0 / RATE - 0.001, "{log:?}");
}

/// The process is stopped for a while, or its clock is set.
async fn disturb(watch: &mut Watch, service: &Service, rng: &mut fastrand::Rng) {
    // From seconds to hours.
    let seconds = 1_u32 << rng.u32(2..14);
    let seconds = rng.u32(seconds / 2..seconds);
    match rng.u8(..4) {
        0 => service.set_clock(seconds.into()),
        1 => service.set_clock(-i64::from(seconds)),
        _ => watch.stop(Duration::from_secs(seconds.into())).await,
    }
}

/// The service answers well. It is the program that stops, the clock that steps, and the resolver
/// that finds one of two endpoints no more.
#[tokio::test(start_paused = true)]
async fn thirty_days_of_stops_and_steps_lose_only_what_does_not_answer() {
    let began = Instant::now();
    let service = Arc::new(Service::open(1));
    let mut watch = Watch::open(&service, Duration::from_secs(180));
    let mut rng = fastrand::Rng::with_seed(11);
    let here: Vec<Target> = (12..20).chain(ENDLESS..ENDLESS + 3).map(target).collect();
    let there: Vec<Target> = (ENDLESS..ENDLESS + 4).map(elsewhere).collect();
    watch.ask_for(&here);
    watch.ask_for(&there);
    let mut disturbed = 0;
    while began.elapsed() < DAY * DAYS {
        let gone = began.elapsed() > DAY && began.elapsed() < DAY * (DAYS - 1);
        service.resolver_hangs.store(gone, Relaxed);
        watch.pass(Duration::from_secs(rng.u64(60..3 * 3600))).await;
        disturb(&mut watch, &service, &mut rng).await;
        disturbed += 1;
        // A step is noticed within an interval, and then everything is asked for.
        watch.pass(Duration::from_secs(190)).await;
        assert_live(&watch, &here);
    }
    // The terminal takes nothing for an hour: all goes on, and the frame after that is whole.
    watch.pass(Duration::from_secs(3600)).await;
    let frame = watch.frame();
    assert!(frame.contains("● live") && frame.contains("1000"), "{frame}");
    assert_live(&watch, &there);
    watch.assert_small();
    assert!(disturbed > 300, "{disturbed}");
    for lost in [&mut watch.lost, &mut watch.back] {
        lost.sort();
        assert!(*lost == there, "each once, and nothing else: {}", lost.len());
    }
    assert!(watch.recorded > 200, "each stop is in the journal: {}", watch.recorded);
}

fn assert_live(watch: &Watch, targets: &[Target]) {
    let (now, timing) = (watch.state.now, watch.state.timing());
    for target in targets {
        let trust = watch.state.feeds[target].freshness(now, timing);
        assert_eq!(trust, Freshness::Live, "{} at {now}", target.id);
    }
}
