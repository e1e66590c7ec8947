//! A service, a network, keys and a clock that all go wrong now and then, by a timetable.

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

/// Savepoints from this number on are taken for ever.
pub(crate) const ENDLESS: u64 = 1000;

pub(crate) struct Service {
    began: Instant,
    /// When all goes well for good.
    well_from: Duration,
    /// Which day's keys are held: they end at noon.
    keys_of: AtomicU64,
    /// By how many seconds this machine's clock was set, in all.
    ahead: AtomicI64,
    /// Whether no name is found of the other endpoint.
    pub(crate) resolver_hangs: AtomicBool,
    log: Mutex<Log>,
}

/// What was asked of it.
#[derive(Debug, Clone)]
pub(crate) struct Log {
    pub(crate) asked: u64,
    /// How many of these were for names and jobs.
    pub(crate) helped: u64,
    pub(crate) least_gap: Duration,
    pub(crate) most_under_way: usize,
    under_way: usize,
    last: Option<Instant>,
}

/// A request under way: over when it is answered or cancelled.
struct UnderWay<'a>(&'a Service);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.locked().under_way -= 1;
    }
}

impl Service {
    pub(crate) fn open(days: u32) -> Self {
        let log = Log {
            asked: 0,
            helped: 0,
            least_gap: Duration::MAX,
            most_under_way: 0,
            under_way: 0,
            last: None,
        };
        Self {
            began: Instant::now(),
            well_from: DAY * (days - 1),
            keys_of: AtomicU64::new(0),
            ahead: AtomicI64::new(0),
            resolver_hangs: AtomicBool::new(false),
            log: Mutex::new(log),
        }
    }

    /// This machine's clock is set forward, or back.
    pub(crate) fn set_clock(&self, seconds: i64) {
        self.ahead.fetch_add(seconds, Relaxed);
    }

    pub(crate) fn log(&self) -> Log {
        self.locked().clone()
    }

    fn locked(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap()
    }

    /// This machine's clock. It sleeps for a night, and is once set back by an hour.
    pub(crate) fn clock(&self) -> Timestamp {
        let elapsed = self.began.elapsed();
        let slept = 8 * i64::from(elapsed > DAY * 10);
        let set_back = i64::from(elapsed > DAY * 17);
        Timestamp::from_second(1_800_000_000).unwrap()
            + elapsed
            + SignedDuration::from_hours(slept - set_back)
            + SignedDuration::from_secs(self.ahead.load(Relaxed))
    }

    /// The day, and the seconds of it.
    fn time(&self) -> (u64, u64) {
        let seconds = self.began.elapsed().as_secs();
        (seconds / DAY.as_secs(), seconds % DAY.as_secs())
    }

    /// Which day's keys are good.
    fn good_keys(&self) -> u64 {
        let (day, second) = self.time();
        day + u64::from(second >= 12 * 3600)
    }

    /// After how long something goes wrong with the nth savepoint now, and what.
    fn trouble(&self, nth: u64) -> Option<(Duration, Cause)> {
        let (day, second) = self.time();
        if self.began.elapsed() > self.well_from {
            return None;
        }
        let minute = second / 60;
        let soon = Duration::from_millis(30);
        let deadline = Duration::from_secs(10);
        match minute {
            // The network is away at night, and takes its time to say so or not.
            120..160 if day % 5 == 1 => {
                return Some((deadline, Cause::Unreachable(Unreachable::Timeout)));
            }
            120..126 if day % 5 == 3 => {
                return Some((soon, Cause::Unreachable(Unreachable::Connect)));
            }
            // The service is deployed.
            600..602 if day % 3 == 0 => return Some((soon, Cause::Service { transient: true })),
            // Somebody else uses up the account's rate.
            900..905 if nth.is_multiple_of(3) => {
                let wait = nth.is_multiple_of(2).then_some(Duration::from_secs(30));
                return Some((soon, Cause::Throttled { wait }));
            }
            _ => {}
        }
        if self.keys_of.load(Relaxed) < self.good_keys() {
            return Some((soon, Cause::TokenExpired));
        }
        match nth {
            // Some hang for a day, flap by the minute, answer rubbish, are not for us or gone.
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

    /// The word for the nth savepoint now: most are over, some come and go.
    fn word(&self, nth: u64) -> &'static str {
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
    /// A request begins; it is over when what this gives is dropped.
    fn begin(&self) -> UnderWay<'_> {
        let now = Instant::now();
        let mut log = self.locked();
        log.asked += 1;
        log.under_way += 1;
        log.most_under_way = log.most_under_way.max(log.under_way);
        if let Some(last) = log.last.replace(now) {
            log.least_gap = log.least_gap.min(now - last);
        }
        UnderWay(self)
    }

    /// What a deployment is called, and how a job is: on some days that is not allowed.
    async fn help(&self, query: &Query) -> Result<Reply, Error> {
        let _under_way = self.begin();
        self.locked().helped += 1;
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
        let _under_way = self.begin();
        let nth = target.id.as_str().parse().unwrap();
        if self.resolver_hangs.load(Relaxed) && *target == elsewhere(nth) {
            sleep(Duration::from_secs(10)).await;
            return Err(Error::local(Cause::Unreachable(Unreachable::Dns), "no name so far"));
        }
        if let Some((delay, cause)) = self.trouble(nth) {
            sleep(delay).await;
            return Err(Error::local(cause, "as the timetable says"));
        }
        sleep(Duration::from_millis(50)).await;
        let state = Some(State::parse(self.word(nth)));
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
            _ => self.help(query).await,
        }
    }

    /// The new keys are there seven minutes after the old ones ended.
    async fn reload_credentials(&self, _: Option<&Profile>, _: bool) -> bool {
        let (_, second) = self.time();
        let good = self.good_keys();
        let there = !(12 * 3600..12 * 3600 + 420).contains(&second);
        there && self.keys_of.swap(good, Relaxed) != good
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

/// The same of another endpoint.
pub(crate) fn elsewhere(nth: u64) -> Target {
    let Target { place, id } = target(nth);
    let endpoint = Endpoint::of_region("cn-beijing").unwrap();
    Target { place: Place { endpoint, ..place }, id }
}
