//! A service, a network, keys and a clock that fail by a timetable.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use savepeek::api::{Answer, Cause, Error, Unreachable};
use savepeek::domain::deployment::Deployment;
use savepeek::domain::endpoint::Endpoint;
use savepeek::domain::job::Job;
use savepeek::domain::savepoint::{
    Namespace, Place, Profile, Savepoint, SavepointId, State, Target, Workspace,
};
use savepeek::poller::{Fetch, Query, Reply};
use tokio::time::{Instant, sleep};

pub(crate) const RATE: f64 = 5.0;
pub(crate) const CONCURRENCY: usize = 4;
pub(crate) const DAY: Duration = Duration::from_secs(24 * 3600);

/// Savepoints from this number on stay STARTED.
pub(crate) const ENDLESS: u64 = 1000;

pub(crate) struct Service {
    began: Instant,
    /// When the last failure is over.
    recovered_from: Duration,
    /// The day of the current keys. Keys expire at noon.
    key_day: AtomicU64,
    /// The sum of all clock changes, in seconds.
    clock_offset: AtomicI64,
    /// Whether the other endpoint's name cannot be resolved.
    pub(crate) resolver_hangs: AtomicBool,
    log: Mutex<Log>,
}

/// The requests so far.
#[derive(Debug, Clone)]
pub(crate) struct Log {
    pub(crate) requests: u64,
    /// Requests for names and jobs among these.
    pub(crate) metadata: u64,
    pub(crate) min_gap: Duration,
    pub(crate) max_in_flight: usize,
    in_flight: usize,
    last: Option<Instant>,
}

/// A request in flight. It ends when it is answered or cancelled.
struct InFlight<'a>(&'a Service);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.lock_log().in_flight -= 1;
    }
}

impl Service {
    pub(crate) fn open(days: u32) -> Self {
        let log = Log {
            requests: 0,
            metadata: 0,
            min_gap: Duration::MAX,
            max_in_flight: 0,
            in_flight: 0,
            last: None,
        };
        Self {
            began: Instant::now(),
            recovered_from: DAY * (days - 1),
            key_day: AtomicU64::new(0),
            clock_offset: AtomicI64::new(0),
            resolver_hangs: AtomicBool::new(false),
            log: Mutex::new(log),
        }
    }

    /// Sets this machine's clock forward or back.
    pub(crate) fn set_clock(&self, seconds: i64) {
        self.clock_offset.fetch_add(seconds, Relaxed);
    }

    pub(crate) fn log(&self) -> Log {
        self.lock_log().clone()
    }

    fn lock_log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap()
    }

    /// This machine's clock. The machine sleeps for eight hours once, and the clock is set back by an
    /// hour once.
    pub(crate) fn clock(&self) -> Timestamp {
        let elapsed = self.began.elapsed();
        let slept = 8 * i64::from(elapsed > DAY * 10);
        let set_back = i64::from(elapsed > DAY * 17);
        Timestamp::from_second(1_800_000_000).unwrap()
            + elapsed
            + SignedDuration::from_hours(slept - set_back)
            + SignedDuration::from_secs(self.clock_offset.load(Relaxed))
    }

    /// The day, and the second of the day.
    fn time(&self) -> (u64, u64) {
        let seconds = self.began.elapsed().as_secs();
        (seconds / DAY.as_secs(), seconds % DAY.as_secs())
    }

    /// The day whose keys are valid.
    fn valid_key_day(&self) -> u64 {
        let (day, second) = self.time();
        day + u64::from(second >= 12 * 3600)
    }

    /// The failure of the nth savepoint at this moment, and its delay.
    fn trouble(&self, nth: u64) -> Option<(Duration, Cause)> {
        let (day, second) = self.time();
        if self.began.elapsed() > self.recovered_from {
            return None;
        }
        let minute = second / 60;
        let soon = Duration::from_millis(30);
        let deadline = Duration::from_secs(10);
        match minute {
            // The network is down at night: timeouts on some days, refused connections on others.
            120..160 if day % 5 == 1 => {
                return Some((deadline, Cause::Unreachable(Unreachable::Timeout)));
            }
            120..126 if day % 5 == 3 => {
                return Some((soon, Cause::Unreachable(Unreachable::Connect)));
            }
            // A deployment of the service.
            600..602 if day % 3 == 0 => return Some((soon, Cause::Service { transient: true })),
            // Another client uses up the account's rate.
            900..905 if nth.is_multiple_of(3) => {
                let wait = nth.is_multiple_of(2).then_some(Duration::from_secs(30));
                return Some((soon, Cause::Throttled { wait }));
            }
            _ => {}
        }
        if self.key_day.load(Relaxed) < self.valid_key_day() {
            return Some((soon, Cause::TokenExpired));
        }
        match nth {
            // Some time out for a day, fail every other minute, are unreadable, denied or not found.
            7 if day % 7 == 2 => Some((deadline, Cause::Unreachable(Unreachable::Timeout))),
            13 | 63 if minute % 2 == 0 => Some((soon, Cause::Service { transient: true })),
            17 if day % 7 == 4 => Some((soon, Cause::Unreadable)),
            20..30 if day == 4 => {
                let action = "stream:GetSavepoint".to_owned();
                Some((soon, Cause::NoPermission { action, detail: None }))
            }
            30..40 => (day % 4 == 2).then_some((soon, Cause::NotFound)),
            _ => None,
        }
    }

    /// The state of the nth savepoint at this moment.
    fn state(&self, nth: u64) -> &'static str {
        let (day, second) = self.time();
        match nth % 40 {
            3 if second < 3600 => "STARTED",
            9 if day % 2 == 0 => "FAILED",
            11 if second < 600 => "PENDING_DELETION",
            _ if nth >= ENDLESS => "STARTED",
            _ => "COMPLETED",
        }
    }
}

impl Service {
    /// Counts a request, which ends when the returned value is dropped.
    fn begin(&self) -> InFlight<'_> {
        let now = Instant::now();
        let mut log = self.lock_log();
        log.requests += 1;
        log.in_flight += 1;
        log.max_in_flight = log.max_in_flight.max(log.in_flight);
        if let Some(last) = log.last.replace(now) {
            log.min_gap = log.min_gap.min(now - last);
        }
        InFlight(self)
    }

    /// Replies with a deployment's name or a job's state. On some days permission is denied.
    async fn metadata(&self, query: &Query) -> Result<Reply, Error> {
        let _in_flight = self.begin();
        self.lock_log().metadata += 1;
        sleep(Duration::from_millis(50)).await;
        let day = self.time().0;
        match query {
            Query::Deployment(_, id) if day % 6 != 5 => Ok(Reply::Deployment(Deployment {
                name: Some(format!("deployment {id}, day {day}")),
                ..Deployment::default()
            })),
            Query::Job(..) if day % 6 != 5 => {
                Ok(Reply::Job(Job { state: Some("RUNNING".to_owned()), ..Job::default() }))
            }
            _ => {
                let action = "stream:GetSomething".to_owned();
                Err(Error::local(Cause::NoPermission { action, detail: None }, "not today"))
            }
        }
    }

    async fn get_savepoint(&self, target: &Target) -> Result<Answer, Error> {
        let _in_flight = self.begin();
        let nth = target.id.as_str().parse().unwrap();
        if self.resolver_hangs.load(Relaxed) && *target == elsewhere(nth) {
            sleep(Duration::from_secs(10)).await;
            return Err(Error::local(Cause::Unreachable(Unreachable::Dns), "no name so far"));
        }
        if let Some((delay, cause)) = self.trouble(nth) {
            sleep(delay).await;
            return Err(Error::local(cause, "by the timetable"));
        }
        sleep(Duration::from_millis(50)).await;
        let state = Some(State::parse(self.state(nth)));
        Ok(Answer {
            savepoint: Savepoint {
                state,
                deployment_id: Some(format!("d{}", nth % 90)),
                job_id: Some(format!("j{nth}")),
                ..Savepoint::default()
            },
            data: "{}".into(),
            omitted_bytes: 0,
            request_id: None,
            round_trip: Duration::from_millis(50),
            clock_correction: None,
        })
    }
}

impl Fetch for Service {
    async fn fetch(&self, query: &Query) -> Result<Reply, Error> {
        match query {
            Query::Savepoint(target) => self.get_savepoint(target).await.map(Reply::Savepoint),
            _ => self.metadata(query).await,
        }
    }

    /// New keys are available seven minutes after the old ones expired.
    async fn reload_credentials(&self, _: Option<&Profile>, _: bool) -> bool {
        let (_, second) = self.time();
        let good = self.valid_key_day();
        let there = !(12 * 3600..12 * 3600 + 420).contains(&second);
        there && self.key_day.swap(good, Relaxed) != good
    }
}

pub(crate) fn target(nth: u64) -> Target {
    let place = Place {
        endpoint: Endpoint::of_region("cn-hangzhou").unwrap(),
        workspace: Workspace::new("w").unwrap(),
        namespace: Namespace::new("n").unwrap(),
        profile: None,
    };
    Target { place, id: SavepointId::new(&nth.to_string()).unwrap() }
}

/// The same ID at another endpoint.
pub(crate) fn elsewhere(nth: u64) -> Target {
    let Target { place, id } = target(nth);
    let endpoint = Endpoint::of_region("cn-beijing").unwrap();
    Target { place: Place { endpoint, ..place }, id }
}
