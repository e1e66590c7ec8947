//! What holds whatever happens: random commands, answers, waits and jumps of the clock.

use std::collections::HashSet;
use std::time::Duration;

use proptest::prelude::*;
use savepeek::api::{Cause, Unreachable};
use savepeek::domain::savepoint::Target;
use savepeek::poller::{Command, Query, Settings};

use crate::fake::{Harness, Reply, error, state, target};

#[derive(Debug, Clone)]
enum Step {
    Send(Command),
    Pass(u32),
    Jump(i64),
}

fn some() -> impl Strategy<Value = Vec<Target>> {
    let places = prop::sample::select(&["", "@cn-beijing", " as ops", "@cn-beijing as ops"][..]);
    let one = (0..8_u8, places).prop_map(|(n, place)| target(&format!("{n}{place}")));
    prop::collection::vec(one, 0..6)
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => some().prop_map(|who| Step::Send(Command::watch(who))),
        2 => some().prop_map(|who| Step::Send(Command::unwatch(who))),
        2 => some().prop_map(|who| Step::Send(Command::fetch(who))),
        1 => Just(Step::Send(Command::Pause)),
        1 => Just(Step::Send(Command::Resume)),
        6 => (0..20_000_u32).prop_map(Step::Pass),
        1 => (-9000..9000_i64).prop_map(Step::Jump),
    ]
}

fn reply() -> impl Strategy<Value = (u64, Reply)> {
    let wait = prop::option::of((0..40_u64).prop_map(Duration::from_secs));
    let reply = prop_oneof![
        3 => Just(state("STARTED")),
        2 => Just(state("COMPLETED")),
        1 => Just(state("")),
        1 => Just(error(Cause::NotFound)),
        1 => Just(error(Cause::InvalidId)),
        1 => Just(error(Cause::TokenExpired)),
        2 => Just(error(Cause::Unreachable(Unreachable::Timeout))),
        1 => wait.prop_map(|wait| error(Cause::Throttled { wait })),
    ];
    (0..12_000_u64, reply)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn rate_concurrency_and_one_request_per_id_hold(
        steps in prop::collection::vec(step(), 1..40),
        replies in prop::collection::vec(reply(), 1..20),
        concurrency in 1..6_usize,
        rate in 0.5..40.0_f64,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let settings = Settings { concurrency, rate, ..Settings::default() };
            let burst = settings.burst();
            let mut harness = Harness::new(settings, move |id, nth| {
                let (delay, reply) = &replies[(id.len() * 7 + nth) % replies.len()];
                (Duration::from_millis(*delay), reply.clone())
            });
            let mut watched = HashSet::new();
            for step in steps {
                match step {
                    Step::Send(command) => {
                        match &command {
                            Command::Subscribe(who, _) => watched.extend(who.clone()),
                            Command::Unsubscribe(who) => watched.retain(|one| !who.contains(one)),
                            _ => {}
                        }
                        harness.send(command).await;
                    }
                    Step::Pass(millis) => harness.pass(f64::from(millis) / 1000.0).await,
                    Step::Jump(seconds) => harness.jump(seconds),
                }
            }
            harness.pass(0.01).await;
            // Whatever came before: a refresh asks for every one that is watched, and is answered.
            harness.events.clear();
            harness.send(Command::Fetch(watched.iter().cloned().collect())).await;
            harness.pass(8.0 / rate + 8.0 * 12.0 + 60.0).await;
            let fresh: HashSet<_> =
                harness.polls().into_iter().map(|it| Query::Savepoint(it.target.clone())).collect();
            prop_assert!(watched.iter().all(|one| fresh.contains(one)));

            let gap = f64::from(burst) / rate - 1e-6;
            let even = |some: &[f64]| some[usize::from(burst)] - some[0] >= gap;
            for asked in harness.queues() {
                prop_assert!(asked.windows(usize::from(burst) + 1).all(even), "{:?}", asked);
            }
            prop_assert!(harness.max_in_flight() <= concurrency);
            prop_assert!(!harness.twice_at_once());
            Ok(())
        })?;
    }
}
