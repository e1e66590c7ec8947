//! Name look-ups for the HTTP client: few threads, one look-up per name, a time limit.
//!
//! `getaddrinfo` respects `/etc/hosts` and `nsswitch.conf`, and it blocks for as long as the
//! system's resolver takes. On tokio's blocking pool, hanging look-ups would take all threads until
//! no file could be written. They therefore have their own threads, [`THREADS`] at most.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::util::text;

/// How many names are looked up at once. Others wait for a thread.
const THREADS: usize = 4;

/// How long a late result is kept for the next request. The system's resolver takes 5 s to skip a
/// DNS server that is down, which is longer than a request waits.
const LATE_ANSWER_TTL: Duration = Duration::from_secs(10);

/// The system's resolver, shared by every client of the process.
static SYSTEM: LazyLock<Resolver> =
    LazyLock::new(|| Resolver::new(|name| Ok((name, 0).to_socket_addrs()?.collect())));

type LookUp = dyn Fn(&str) -> io::Result<Vec<SocketAddr>> + Send + Sync;
type LookUpResult = Result<Vec<SocketAddr>, LookUpError>;

/// Looks up names. Clones share threads and look-ups in flight.
#[derive(Clone)]
pub struct Resolver(Arc<Shared>);

struct Shared {
    look_up: Box<LookUp>,
    work: Mutex<Work>,
}

/// Look-ups by name. A name is in `queue` until a thread takes it, and in `pending` until
/// its result is known.
#[derive(Default)]
struct Work {
    threads: usize,
    queue: VecDeque<String>,
    pending: HashMap<String, watch::Sender<Option<LookUpResult>>>,
    late_answers: HashMap<String, (Instant, Vec<SocketAddr>)>,
}

/// Why a name has no addresses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LookUpError {
    #[error("{0}")]
    Failed(String),
    /// The system's resolver did not return in time.
    #[error("the name was not resolved within {}", text::duration(*.0))]
    TimedOut(Duration),
    /// A name of this machine resolves to another machine.
    #[error(
        "plain http to {name}: it resolves to {address}, which is not this machine; use https, or the address with --allow-http"
    )]
    NotThisMachine {
        name: String,
        /// The first address on another machine.
        address: std::net::IpAddr,
    },
}

impl Resolver {
    /// The system's resolver. The whole process shares its threads.
    pub fn system() -> Self {
        SYSTEM.clone()
    }

    /// A resolver that uses this function, which may block.
    pub fn new(
        look_up: impl Fn(&str) -> io::Result<Vec<SocketAddr>> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(Shared { look_up: Box::new(look_up), work: Mutex::default() }))
    }

    /// The addresses of a name, with port 0.
    ///
    /// After `limit` the look-up continues without the caller. The next caller with the same name
    /// waits for the same look-up.
    pub(crate) async fn look_up(&self, name: &str, limit: Duration) -> LookUpResult {
        let mut answer = match self.0.join_or_start(name) {
            LookUpState::Known(addresses) => return Ok(addresses),
            LookUpState::Pending(answer) => answer,
        };
        let known = timeout(limit, answer.wait_for(Option::is_some)).await;
        let known = known.map_err(|_elapsed| LookUpError::TimedOut(limit))?;
        let outcome = known.ok().and_then(|outcome| outcome.clone());
        outcome.unwrap_or_else(|| Err(LookUpError::Failed("the look-up broke off".to_owned())))
    }

    pub(super) fn for_client(
        &self,
        limit: Duration,
        this_machine_only: bool,
    ) -> impl Resolve + use<> {
        ClientResolver { resolver: self.clone(), limit, this_machine_only }
    }
}

enum LookUpState {
    Known(Vec<SocketAddr>),
    Pending(watch::Receiver<Option<LookUpResult>>),
}

impl Shared {
    /// Joins the look-up of a name, or queues one and starts a thread if needed.
    fn join_or_start(self: &Arc<Self>, name: &str) -> LookUpState {
        let mut work = self.work();
        work.late_answers.retain(|_, (since, _)| since.elapsed() < LATE_ANSWER_TTL);
        if let Some((_, addresses)) = work.late_answers.remove(name) {
            return LookUpState::Known(addresses);
        }
        if let Some(pending) = work.pending.get(name) {
            return LookUpState::Pending(pending.subscribe());
        }
        work.drop_abandoned();
        let (sender, receiver) = watch::channel(None);
        work.pending.insert(name.to_owned(), sender);
        work.queue.push_back(name.to_owned());
        if work.threads < THREADS {
            let shared = Arc::clone(self);
            let thread = thread::Builder::new().name("look-up".to_owned());
            match thread.spawn(move || shared.run()) {
                Ok(_detached) => work.threads += 1,
                // A running thread will take the name.
                Err(_no_thread) if work.threads > 0 => {}
                Err(error) => {
                    work.queue.pop_back();
                    work.finish(name, Err(LookUpError::Failed(error.to_string())));
                }
            }
        }
        LookUpState::Pending(receiver)
    }

    /// A thread's loop: looks up names until the queue is empty.
    fn run(&self) {
        loop {
            let name = {
                let mut work = self.work();
                work.drop_abandoned();
                let Some(name) = work.queue.pop_front() else {
                    work.threads -= 1;
                    return;
                };
                name
            };
            let outcome = match (self.look_up)(&name) {
                Ok(addresses) => Ok(addresses),
                Err(error) => Err(LookUpError::Failed(error.to_string())),
            };
            self.work().finish(&name, outcome);
        }
    }

    fn work(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Work {
    /// Removes the names that no caller waits for any more from the queue.
    fn drop_abandoned(&mut self) {
        let pending = &mut self.pending;
        self.queue.retain(|name| {
            let wanted = pending.get(name).is_some_and(|sender| !sender.is_closed());
            if !wanted {
                pending.remove(name);
            }
            wanted
        });
    }

    fn finish(&mut self, name: &str, outcome: LookUpResult) {
        let Some(sender) = self.pending.remove(name) else { return };
        match outcome {
            Ok(addresses) if sender.is_closed() => {
                self.late_answers.insert(name.to_owned(), (Instant::now(), addresses));
            }
            outcome => drop(sender.send_replace(Some(outcome))),
        }
    }
}

/// A resolver for one HTTP client.
struct ClientResolver {
    resolver: Resolver,
    limit: Duration,
    /// Rejects a name with any address on another machine. Checked on each look-up, because
    /// the result may change.
    this_machine_only: bool,
}

impl Resolve for ClientResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let Self { resolver, limit, this_machine_only } = self;
        let (resolver, limit, this_machine_only) = (resolver.clone(), *limit, *this_machine_only);
        Box::pin(async move {
            let name = name.as_str();
            let addresses = resolver.look_up(name, limit).await?;
            match first_non_loopback(&addresses) {
                Some(address) if this_machine_only => {
                    Err(LookUpError::NotThisMachine { name: name.to_owned(), address }.into())
                }
                _ => Ok(Box::new(addresses.into_iter()) as Addrs),
            }
        })
    }
}

/// The first address on another machine.
pub(crate) fn first_non_loopback(addresses: &[SocketAddr]) -> Option<std::net::IpAddr> {
    addresses.iter().map(SocketAddr::ip).find(|address| !address.to_canonical().is_loopback())
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Resolver")
    }
}

#[cfg(test)]
mod tests;
