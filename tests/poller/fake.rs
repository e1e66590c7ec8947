//! A scripted service that logs its requests, and a poller that polls it.

use std::collections::{HashMap, HashSet};
use std::future::pending;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use savepeek::api::{Answer, Cause, Error};
use savepeek::domain::endpoint::Endpoint;
use savepeek::domain::job::{Job, JobId};
use savepeek::domain::savepoint::{
    Namespace, Place, Profile, Savepoint, SavepointId, State, Target, Workspace,
};
use savepeek::poller::{self, Command, Event, Fetch, Handle, Poll, Query, Settings};
use tokio::time::{Instant, sleep, timeout, timeout_at};

#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// A savepoint with this state, or with none if empty.
    State(&'static str),
    Error(Cause),
}

/// The reply to the nth request for a savepoint (from 0), and its delay.
type Script = Box<dyn Fn(&str, usize) -> (Duration, Reply) + Send + Sync>;

pub(crate) struct Fake {
    script: Script,
    began: Instant,
    log: Mutex<Log>,
    pub(crate) credentials_changed: AtomicBool,
    /// Reloads of credentials hang.
    pub(crate) credentials_hang: AtomicBool,
    pub(crate) reloads: AtomicUsize,
    /// The identity of all profiles, if known.
    pub(crate) identity: Mutex<Option<String>>,
}

#[derive(Default)]
struct Log {
    asked: Vec<(Duration, Target)>,
    times: HashMap<Target, usize>,
    in_flight: HashSet<Target>,
    /// In any one queue.
    max_in_flight: usize,
    max_in_flight_overall: usize,
    twice_at_once: bool,
}

/// A request in flight; dropped when it is answered or cancelled.
struct InFlight<'a>(&'a Fake, Target);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.log.lock().unwrap().in_flight.remove(&self.1);
    }
}

impl Fake {
    async fn get_savepoint(&self, target: &Target) -> Result<Answer, Error> {
        let (delay, reply) = {
            let mut log = self.log.lock().unwrap();
            log.asked.push((self.began.elapsed(), target.clone()));
            log.twice_at_once |= !log.in_flight.insert(target.clone());
            let of_queue =
                log.in_flight.iter().filter(|it| queue_of(it) == queue_of(target)).count();
            log.max_in_flight = log.max_in_flight.max(of_queue);
            log.max_in_flight_overall = log.max_in_flight_overall.max(log.in_flight.len());
            let times = log.times.entry(target.clone()).or_default();
            *times += 1;
            (self.script)(target.id.as_str(), *times - 1)
        };
        let _under_way = InFlight(self, target.clone());
        sleep(delay).await;
        match reply {
            Reply::State(word) => Ok(answer(word)),
            Reply::Error(cause) => Err(Error::local(cause, "")),
        }
    }
}

impl Fetch for Fake {
    async fn fetch(&self, query: &Query) -> Result<poller::Reply, Error> {
        match query {
            Query::Savepoint(target) => {
                self.get_savepoint(target).await.map(poller::Reply::Savepoint)
            }
            // Logged like a savepoint of that ID.
            Query::Job(place, id) => {
                let id = SavepointId::new(id.as_str()).unwrap();
                let reply = self.get_savepoint(&Target { place: place.clone(), id }).await;
                reply.map(|_| poller::Reply::Job(Job::default()))
            }
            other => unreachable!("{other} is asked"),
        }
    }

    async fn reload_credentials(&self, _: Option<&Profile>, needs: bool) -> bool {
        self.reloads.fetch_add(usize::from(needs), Relaxed);
        if self.credentials_hang.load(Relaxed) {
            pending::<()>().await;
        }
        self.credentials_changed.swap(false, Relaxed)
    }

    fn identity(&self, _: &Place) -> Option<String> {
        self.identity.lock().unwrap().clone()
    }
}

/// A poller, its service, and a wall clock that can jump.
pub(crate) struct Harness {
    pub(crate) service: Arc<Fake>,
    pub(crate) poller: Handle,
    /// Every event so far.
    pub(crate) events: Vec<Event>,
    ahead: Arc<AtomicI64>,
    /// How often the poller read the wall clock: at least once a wake.
    pub(crate) clock_reads: Arc<AtomicUsize>,
}

/// The wall clock when a world begins.
pub(crate) fn epoch() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

impl Harness {
    pub(crate) fn new(
        settings: Settings,
        script: impl Fn(&str, usize) -> (Duration, Reply) + Send + Sync + 'static,
    ) -> Self {
        let began = Instant::now();
        let service = Arc::new(Fake {
            script: Box::new(script),
            began,
            log: Mutex::default(),
            credentials_changed: AtomicBool::new(false),
            credentials_hang: AtomicBool::new(false),
            reloads: AtomicUsize::new(0),
            identity: Mutex::default(),
        });
        let (ahead, clock_reads) = (Arc::new(AtomicI64::new(0)), Arc::new(AtomicUsize::new(0)));
        let clock = {
            let (ahead, clock_reads) = (Arc::clone(&ahead), Arc::clone(&clock_reads));
            move || {
                clock_reads.fetch_add(1, Relaxed);
                epoch() + began.elapsed() + SignedDuration::from_secs(ahead.load(Relaxed))
            }
        };
        let rng = fastrand::Rng::with_seed(1);
        let poller = poller::spawn(Arc::clone(&service), settings, clock, rng);
        Self { service, poller, events: Vec::new(), ahead, clock_reads }
    }

    /// A world in which every answer takes 100 ms.
    pub(crate) fn answering(script: impl Fn(&str, usize) -> Reply + Send + Sync + 'static) -> Self {
        Self::new(Settings::default(), move |id, nth| (Duration::from_millis(100), script(id, nth)))
    }

    pub(crate) async fn send(&self, command: Command) {
        self.poller.commands.send(command).await.unwrap();
    }

    pub(crate) async fn watch(&self, ids: &[&str]) {
        self.send(Command::watch(targets(ids))).await;
    }

    /// Lets time pass while events are read.
    pub(crate) async fn pass(&mut self, seconds: f64) {
        let end = Instant::now() + Duration::from_secs_f64(seconds);
        while let Ok(Some(event)) = timeout_at(end, self.poller.events.recv()).await {
            self.events.push(event);
        }
        assert!(Instant::now() >= end, "the poller died");
    }

    /// The next event that is not a result.
    pub(crate) async fn signal(&mut self) -> Event {
        let next = async {
            loop {
                match self.poller.events.recv().await.unwrap() {
                    polled @ Event::Polled(_) => self.events.push(polled),
                    signal => return signal,
                }
            }
        };
        timeout(Duration::from_secs(3600), next).await.unwrap()
    }

    /// The results so far.
    pub(crate) fn polls(&self) -> Vec<&Poll> {
        let mut polls = Vec::new();
        for event in &self.events {
            if let Event::Polled(poll) = event {
                polls.push(&**poll);
            }
        }
        polls
    }

    /// Sets the wall clock forward or back.
    pub(crate) fn jump(&self, seconds: i64) {
        self.ahead.fetch_add(seconds, Relaxed);
    }

    /// The requests with their times, in seconds since the start.
    pub(crate) fn asked(&self) -> Vec<(f64, String)> {
        let log = self.service.log.lock().unwrap();
        log.asked.iter().map(|(at, who)| (at.as_secs_f64(), who.id.to_string())).collect()
    }

    /// The times of the requests for a savepoint, in seconds since the start.
    pub(crate) fn times(&self, id: &str) -> Vec<f64> {
        self.asked().into_iter().filter(|(_, who)| who == id).map(|(at, _)| at).collect()
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.service.log.lock().unwrap().in_flight.len()
    }

    pub(crate) fn max_in_flight(&self) -> usize {
        self.service.log.lock().unwrap().max_in_flight
    }

    pub(crate) fn max_in_flight_overall(&self) -> usize {
        self.service.log.lock().unwrap().max_in_flight_overall
    }

    /// When requests of each queue started, in seconds since the start.
    pub(crate) fn queues(&self) -> Vec<Vec<f64>> {
        let log = self.service.log.lock().unwrap();
        let mut queues: HashMap<_, Vec<f64>> = HashMap::new();
        for (at, target) in &log.asked {
            queues.entry(queue_of(target)).or_default().push(at.as_secs_f64());
        }
        queues.into_values().collect()
    }

    pub(crate) fn twice_at_once(&self) -> bool {
        self.service.log.lock().unwrap().twice_at_once
    }
}

/// Targets with the same value share a queue.
fn queue_of(target: &Target) -> (Endpoint, Option<Profile>) {
    (target.place.endpoint.clone(), target.place.profile.clone())
}

/// A query for a job.
pub(crate) fn job(id: &str) -> Query {
    let Target { place, id } = target(id);
    Query::Job(place, JobId::new(id.as_str()).unwrap())
}

/// A savepoint. `@` in the ID names its region, and ` as ` its profile.
pub(crate) fn target(id: &str) -> Target {
    let (rest, profile) =
        id.split_once(" as ").map_or((id, None), |(rest, name)| (rest, Profile::new(name).ok()));
    let region = rest.split_once('@').map_or("cn-hangzhou", |(_, region)| region);
    let place = Place {
        endpoint: Endpoint::of_region(region).unwrap(),
        workspace: Workspace::new("w").unwrap(),
        namespace: Namespace::new("n").unwrap(),
        profile,
    };
    Target { place, id: SavepointId::new(id).unwrap() }
}

pub(crate) fn targets(ids: &[&str]) -> Vec<Target> {
    ids.iter().map(|id| target(id)).collect()
}

pub(crate) fn state(word: &'static str) -> Reply {
    Reply::State(word)
}

pub(crate) fn error(cause: Cause) -> Reply {
    Reply::Error(cause)
}

fn answer(word: &str) -> Answer {
    let state = (!word.is_empty()).then(|| State::parse(word));
    Answer {
        savepoint: Savepoint { state, ..Savepoint::default() },
        data: "{}".into(),
        omitted_bytes: 0,
        request_id: None,
        round_trip: Duration::from_millis(100),
        clock_correction: None,
    }
}

/// Asserts that two lists of seconds are equal to the millisecond, the resolution of timers.
pub(crate) fn assert_times(times: &[f64], expected: &[f64]) {
    let same = |(a, b): (&f64, &f64)| (a - b).abs() < 0.002;
    let equal = times.len() == expected.len() && times.iter().zip(expected).all(same);
    assert!(equal, "{times:?} are not {expected:?}");
}
