use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, mpsc};

use futures_util::FutureExt as _;

use super::*;

const LIMIT: Duration = Duration::from_secs(4);
const HERE: &str = "127.0.0.1:0";

/// A look-up that blocks until the gate opens.
#[derive(Default)]
struct Gate {
    open: Mutex<bool>,
    opened: Condvar,
    /// How many look-ups have ever waited.
    begun: AtomicUsize,
}

impl Gate {
    fn pass(&self) {
        self.begun.fetch_add(1, Ordering::SeqCst);
        let open = self.open.lock().unwrap();
        drop(self.opened.wait_while(open, |open| !*open).unwrap());
    }

    fn open(&self) {
        *self.open.lock().unwrap() = true;
        self.opened.notify_all();
    }
}

fn gated() -> (Arc<Gate>, Resolver) {
    let gate = Arc::new(Gate::default());
    let at = Arc::clone(&gate);
    let resolver = Resolver::new(move |_| {
        at.pass();
        Ok(vec![HERE.parse().unwrap()])
    });
    (gate, resolver)
}

#[tokio::test(start_paused = true)]
async fn hanging_look_ups_use_at_most_four_threads_and_leave_no_queue() {
    let (gate, resolver) = gated();
    for hour in 0..3 {
        let names: Vec<String> = (0..100).map(|host| format!("{hour}.{host}.example")).collect();
        let look_ups = names.iter().map(|name| resolver.look_up(name, LIMIT));
        let mut look_ups = futures_util::future::join_all(look_ups);
        assert!((&mut look_ups).now_or_never().is_none());
        // There is no await, so the paused clock does not advance until the threads have started.
        while gate.begun.load(Ordering::SeqCst) < THREADS {
            thread::yield_now();
        }
        let outcomes = look_ups.await;
        assert!(outcomes.iter().all(|outcome| *outcome == Err(LookUpError::TimedOut(LIMIT))));
    }
    resolver.0.work().drop_abandoned();
    let (threads, queued, pending) = {
        let work = resolver.0.work();
        (work.threads, work.queue.len(), work.pending.len())
    };
    assert_eq!((threads, queued), (THREADS, 0));
    assert!(pending <= THREADS, "{pending}");
    gate.open();
    assert!(gate.begun.load(Ordering::SeqCst) <= THREADS);
}

#[tokio::test]
async fn concurrent_requests_share_one_look_up() {
    let (gate, resolver) = gated();
    let look_ups = (0..50).map(|_| resolver.look_up("a.example", Duration::from_secs(60)));
    let all = futures_util::future::join_all(look_ups);
    let (outcomes, ()) = tokio::join!(all, async { gate.open() });
    assert!(outcomes.iter().all(|outcome| *outcome == Ok(vec![HERE.parse().unwrap()])));
    assert_eq!(gate.begun.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_hanging_name_does_not_delay_others() {
    let (never, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let resolver = Resolver::new(move |name| {
        if name == "hangs.example" {
            let _closed = wait.lock().unwrap().recv();
        }
        Ok(vec![HERE.parse().unwrap()])
    });
    let hanging = resolver.look_up("hangs.example", Duration::from_secs(600));
    let other = resolver.look_up("b.example", Duration::from_secs(60));
    tokio::select! {
        biased;
        outcome = hanging => panic!("{outcome:?}"),
        outcome = other => assert!(outcome.is_ok(), "{outcome:?}"),
    }
    drop(never);
}

#[tokio::test]
async fn a_late_result_is_kept_for_the_next_request() {
    let (gate, resolver) = gated();
    let outcome = resolver.look_up("a.example", Duration::from_millis(1)).await;
    assert!(matches!(outcome, Err(LookUpError::TimedOut(_))), "{outcome:?}");
    gate.open();
    let outcome = resolver.look_up("a.example", Duration::from_secs(60)).await;
    assert!(outcome.is_ok(), "{outcome:?}");
    // If the look-up starts only after the first request gave up, it belongs to the second.
    assert_eq!(gate.begun.load(Ordering::SeqCst), 1);
    drop(resolver.look_up("a.example", Duration::from_secs(60)).await);
    assert_eq!(gate.begun.load(Ordering::SeqCst), 2, "answers in time are not kept");
}

#[rstest::rstest]
#[case::all_here(&["127.0.0.1:0", "[::1]:0", "[::ffff:127.0.0.2]:0"], None)]
#[case::one_elsewhere(&["127.0.0.1:0", "203.0.113.9:0"], Some("203.0.113.9"))]
#[case::mapped(&["[::ffff:203.0.113.9]:0"], Some("::ffff:203.0.113.9"))]
#[case::any_address(&["0.0.0.0:0"], Some("0.0.0.0"))]
fn the_address_decides_what_is_this_machine_and_not_the_name(
    #[case] addresses: &[&str],
    #[case] expected: Option<&str>,
) {
    let addresses: Vec<SocketAddr> = addresses.iter().map(|it| it.parse().unwrap()).collect();
    assert_eq!(first_non_loopback(&addresses).map(|it| it.to_string()).as_deref(), expected);
}
