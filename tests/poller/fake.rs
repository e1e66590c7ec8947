//! A service that answers by a script and remembers who asked when, and a poller that asks it.

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

/// What the service says.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// An answer with this state, or with none.
    State(&'static str),
    Error(Cause),
}

/// What the service says to the nth request for a savepoint (from 0), and after how long.
type Script = Box<dyn Fn(&str, usize) -> (Duration, Reply) + Send + Sync>;

pub(crate) struct Fake {
    script: Script,
    began: Instant,
    log: Mutex<Log>,
    pub(crate) credentials_changed: AtomicBool,
    /// Whoever gives the credentials never answers.
    pub(crate) credentials_hang: AtomicBool,
    pub(crate) reloads: AtomicUsize,
    /// Whose keys all profiles have, if that is known.
    pub(crate) identity: Mutex<Option<String>>,
}

#[derive(Default)]
struct Log {
    asked: Vec<(Duration, Target)>,
    times: HashMap<Target, usize>,
    under_way: HashSet<Target>,
    /// Of one line.
    most_under_way: usize,
    /// Of all.
    most_in_all: usize,
    twice_at_once: bool,
}

/// A request under way: over when it is answered or cancelled.
struct UnderWay<'a>(&'a Fake, Target);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.log.lock().unwrap().under_way.remove(&self.1);
    }
}

impl Fake {
    async fn get_savepoint(&self, target: &Target) -> Result<Answer, Error> {
        let (delay, reply) = {
            let mut log = self.log.lock().unwrap();
            log.asked.push((self.began.elapsed(), target.clone()));
            log.twice_at_once |= !log.under_way.insert(target.clone());
            let of_line = log.under_way.iter().filter(|it| line(it) == line(target)).count();
            log.most_under_way = log.most_under_way.max(of_line);
            log.most_in_all = log.most_in_all.max(log.under_way.len());
            let times = log.times.entry(target.clone()).or_default();
            *times += 1;
            (self.script)(target.id.as_str(), *times - 1)
        };
        let _under_way = UnderWay(self, target.clone());
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
            // It is remembered like a savepoint of that ID.
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
pub(crate) struct World {
    pub(crate) service: Arc<Fake>,
    pub(crate) poller: Handle,
    /// Every event so far.
    pub(crate) events: Vec<Event>,
    ahead: Arc<AtomicI64>,
    /// How often the poller looked at the wall clock: once a wake at least.
    pub(crate) looks: Arc<AtomicUsize>,
}

/// The wall clock when a world begins.
pub(crate) fn epoch() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

impl World {
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
        let (ahead, looks) = (Arc::new(AtomicI64::new(0)), Arc::new(AtomicUsize::new(0)));
        let clock = {
            let (ahead, looks) = (Arc::clone(&ahead), Arc::clone(&looks));
            move || {
                looks.fetch_add(1, Relaxed);
                epoch() + began.elapsed() + SignedDuration::from_secs(ahead.load(Relaxed))
            }
        };
        let rng = fastrand::Rng::with_seed(1);
        let poller = poller::spawn(Arc::clone(&service), settings, clock, rng);
        Self { service, poller, events: Vec::new(), ahead, looks }
    }

    /// A world in which every answer takes 100 ms.
    pub(crate) fn answering(script: impl Fn(&str, usize) -> Reply + Send + Sync + 'static) -> Self {
        Self::new(Settings::default(), move |id, nth| (Duration::from_millis(100), script(id, nth)))
    }

    pub(crate) async fn tell(&self, command: Command) {
        self.poller.commands.send(command).await.unwrap();
    }

    pub(crate) async fn watch(&self, ids: &[&str]) {
        self.tell(Command::watch(targets(ids))).await;
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

    /// The clock of the wall is set forward or back.
    pub(crate) fn jump(&self, seconds: i64) {
        self.ahead.fetch_add(seconds, Relaxed);
    }

    /// Who was asked for when, in seconds since the beginning.
    pub(crate) fn asked(&self) -> Vec<(f64, String)> {
        let log = self.service.log.lock().unwrap();
        log.asked.iter().map(|(at, who)| (at.as_secs_f64(), who.id.to_string())).collect()
    }

    /// When this one was asked for, in seconds since the beginning.
    pub(crate) fn times(&self, id: &str) -> Vec<f64> {
        self.asked().into_iter().filter(|(_, who)| who == id).map(|(at, _)| at).collect()
    }

    pub(crate) fn under_way(&self) -> usize {
        self.service.log.lock().unwrap().under_way.len()
    }

    pub(crate) fn most_under_way(&self) -> usize {
        self.service.log.lock().unwrap().most_under_way
    }

    pub(crate) fn most_in_all(&self) -> usize {
        self.service.log.lock().unwrap().most_in_all
    }

    /// When requests of each line started, in seconds since the beginning.
    pub(crate) fn lines(&self) -> Vec<Vec<f64>> {
        let log = self.service.log.lock().unwrap();
        let mut lines: HashMap<_, Vec<f64>> = HashMap::new();
        for (at, target) in &log.asked {
            lines.entry(line(target)).or_default().push(at.as_secs_f64());
        }
        lines.into_values().collect()
    }

    pub(crate) fn twice_at_once(&self) -> bool {
        self.service.log.lock().unwrap().twice_at_once
    }
}

/// Who shares a rate.
fn line(target: &Target) -> (Endpoint, Option<Profile>) {
    (target.place.endpoint.clone(), target.place.profile.clone())
}

/// A question beside the savepoints.
pub(crate) fn job(id: &str) -> Query {
    let Target { place, id } = target(id);
    Query::Job(place, JobId::new(id.as_str()).unwrap())
}

/// A savepoint; an ID with an `@` lives at the endpoint named after it, and one with ` as ` is
/// asked for with the profile named after that.
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

/// Whether two lists of seconds are the same to the millisecond, which is how fine timers are.
pub(crate) fn assert_times(times: &[f64], expected: &[f64]) {
    let same = |(a, b): (&f64, &f64)| (a - b).abs() < 0.002;
    let equal = times.len() == expected.len() && times.iter().zip(expected).all(same);
    assert!(equal, "{times:?} are not {expected:?}");
}
