//! Thirty days in compressed time: the real poller and the real `update` with a service on which
//! everything fails from time to time, and a user who presses keys every few hours. Memory stays within
//! its bounds and requests within the rate.

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
    watch.watch(&all);
    while began.elapsed() < DAY * DAYS {
        watch.pass(Duration::from_secs(rng.u64(8..32) * 3600)).await;
        watch.press_random_keys(&mut rng).await;
        disturb(&mut watch, &service, &mut rng).await;
        watch.watch(&all);
    }
    // Long enough without trouble for every recheck.
    watch.pass(Duration::from_secs(9 * 3600)).await;

    let state = &watch.state;
    assert_eq!(state.feeds.len(), all.len());
    for (target, feed) in &state.feeds {
        assert_eq!(state.freshness(target, feed), Freshness::Live, "{} at the end", target.id);
    }
    let log = service.log();
    assert!(log.requests > 30_000, "{log:?}");
    // Savepoints are polled every eight hours; names of ninety deployments an hour would be far too
    // many.
    assert!((1_000..20_000).contains(&log.metadata), "{log:?}");
    assert!(watch.recorded > 500 && watch.alerts > 20, "{} {}", watch.recorded, watch.alerts);
    assert!(log.max_in_flight <= CONCURRENCY, "{log:?}");
    assert!(log.min_gap.as_secs_f64() > 1.0 / RATE - 0.001, "{log:?}");
}

/// Stops the process for a while, or sets its clock.
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

/// The service works. The program is stopped, its clock is set, and one of two endpoints no longer
/// resolves.
#[tokio::test(start_paused = true)]
async fn thirty_days_of_stops_and_steps_lose_only_what_does_not_answer() {
    let began = Instant::now();
    let service = Arc::new(Service::open(1));
    let mut watch = Watch::open(&service, Duration::from_secs(180));
    let mut rng = fastrand::Rng::with_seed(11);
    let here: Vec<Target> = (12..20).chain(ENDLESS..ENDLESS + 3).map(target).collect();
    let there: Vec<Target> = (ENDLESS..ENDLESS + 4).map(elsewhere).collect();
    watch.watch(&here);
    watch.watch(&there);
    let mut disturbed = 0;
    while began.elapsed() < DAY * DAYS {
        let gone = began.elapsed() > DAY && began.elapsed() < DAY * (DAYS - 1);
        service.resolver_hangs.store(gone, Relaxed);
        watch.pass(Duration::from_secs(rng.u64(60..3 * 3600))).await;
        disturb(&mut watch, &service, &mut rng).await;
        disturbed += 1;
        // A clock step is noticed within an interval, and then everything is polled.
        watch.pass(Duration::from_secs(190)).await;
        assert_live(&watch, &here);
    }
    // After an hour in which the terminal takes no bytes, the next frame is complete.
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
