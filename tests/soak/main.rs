//! Thirty nights, compressed: the real poller and the real `update` over a service on which
//! everything goes wrong now and then, with a user who comes by every few hours. Whatever happens,
//! every bounded thing stays within its bound, and no request exceeds the rate.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod service;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use savepeek::savepoint::Target;
use savepeek::state::feed::Trust;
use tokio::time::Instant;

use service::{CONCURRENCY, DAY, RATE, Service, target};
use watch::Watch;

const SAVEPOINTS: u64 = 200;
const DAYS: u32 = 30;

#[tokio::test(start_paused = true)]
async fn thirty_days_of_two_hundred_savepoints() {
    let began = Instant::now();
    let service = Arc::new(Service::open(DAYS));
    let all: Vec<Target> = (0..SAVEPOINTS).map(target).collect();
    let mut watch = Watch::open(&service);
    let mut rng = fastrand::Rng::with_seed(8);
    watch.ask_for(&all);
    while began.elapsed() < DAY * DAYS {
        watch.pass(Duration::from_secs(rng.u64(8..32) * 3600)).await;
        watch.visit(&mut rng).await;
        watch.ask_for(&all);
    }
    // A quiet end, long enough for every recheck.
    watch.pass(Duration::from_secs(9 * 3600)).await;

    let state = &watch.state;
    let (now, cadence) = (state.now, state.cadence());
    assert_eq!(state.feeds.len(), all.len());
    for (target, feed) in &state.feeds {
        assert_eq!(feed.trust(now, cadence), Trust::Live, "{} at the end", target.id);
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
