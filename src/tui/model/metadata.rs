//! Cache of deployment names and job states. Entries are fetched once and again after a while.
//! Each shows its own age and never affects the freshness of a savepoint.

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

use crate::domain::deployment::{DeploymentId, DeploymentTarget};
use crate::domain::job::{Job, JobId};
use crate::domain::savepoint::{Place, Profile, State, Target};
use crate::poller::Query;

/// Maximum number of cached deployments. At the limit, entries not
/// requested lately are evicted.
const MAX_DEPLOYMENTS: usize = 10_000;

/// Maximum number of cached jobs. Job failures can be long, so only the last viewed are kept.
const MAX_JOBS: usize = 50;

/// Maximum length of a name, in characters.
const MAX_NAME_LEN: usize = 256;

/// Age at which an entry is fetched again.
const MAX_AGE: SignedDuration = SignedDuration::from_hours(1);

/// Minimum time between two requests for one job, and how long a job state counts as fresh.
pub const JOB_MAX_AGE: SignedDuration = SignedDuration::from_mins(1);

/// A cached value and the request for it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct CacheEntry<T> {
    /// When it was last requested; `None` if it may be requested right away.
    requested_at: Option<Timestamp>,
    /// Whether the last request is still in flight.
    in_flight: bool,
    /// The last successful answer, and when it arrived.
    value: Option<(T, Timestamp)>,
}

/// An API operation that savepeek can do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OptionalApi {
    Deployment,
    Job,
    Savepoints,
}

impl OptionalApi {
    /// The optional operation behind a query; `None` for required operations.
    pub fn of(query: &Query) -> Option<Self> {
        match query {
            Query::Deployment(..) => Some(Self::Deployment),
            Query::Job(..) => Some(Self::Job),
            _ => None,
        }
    }

    /// What the operation adds, in words for the user.
    pub fn benefit(self) -> &'static str {
        match self {
            Self::Deployment => "the names of deployments",
            Self::Job => "the states of jobs, and why they failed",
            Self::Savepoints => "following, and a word on what takes too long",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Denial {
    action: String,
    /// False after a change of credentials: the denial may be gone, but
    /// it was already reported.
    active: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MetadataCache {
    deployments: BTreeMap<Place, BTreeMap<String, CacheEntry<String>>>,
    /// Least recently requested first.
    jobs: VecDeque<(Place, JobId, CacheEntry<Job>)>,
    denied: BTreeMap<(Place, OptionalApi), Denial>,
    /// The savepoint selected last, and its state then.
    viewed: Option<(Target, Option<State>)>,
    /// Whether its job has not been requested since.
    job_due: bool,
    /// Counts changes of deployment names.
    revision: u64,
}

impl MetadataCache {
    pub fn deployment(&self, target: &DeploymentTarget) -> Option<&str> {
        self.name_of(&target.place, target.id.as_str()).map(|(name, _)| name)
    }

    /// The name of the deployment with this ID, and when it was received.
    pub fn name_of(&self, place: &Place, id: &str) -> Option<(&str, Timestamp)> {
        let entry = self.deployments.get(place)?.get(id)?;
        entry.value.as_ref().map(|(name, at)| (name.as_str(), *at))
    }

    pub fn has_names(&self) -> bool {
        self.deployments.values().flat_map(BTreeMap::values).any(|entry| entry.value.is_some())
    }

    /// The last received state of a job, and when it was received.
    pub fn job(&self, place: &Place, id: &str) -> Option<(&Job, Timestamp)> {
        let (.., entry) =
            self.jobs.iter().find(|(its, job, _)| job.as_str() == id && its == place)?;
        entry.value.as_ref().map(|(job, at)| (job, *at))
    }

    /// The RAM action that an operation is denied there.
    pub fn missing_permission(&self, place: &Place, api: OptionalApi) -> Option<&str> {
        let denial = self.denied.iter().find(|((its, of), _)| *of == api && its == place)?.1;
        denial.active.then_some(denial.action.as_str())
    }

    /// Changes whenever a deployment name changes.
    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    /// Stores the name of a deployment. Returns whether it changed.
    pub fn insert(&mut self, target: DeploymentTarget, name: &str, at: Timestamp) -> bool {
        let DeploymentTarget { place, id } = target;
        let known = self.deployments.get(&place).is_some_and(|of| of.contains_key(id.as_str()));
        if !known && self.is_full(at) {
            return false;
        }
        let name: String = name.chars().take(MAX_NAME_LEN).collect();
        let entry = self.deployments.entry(place).or_default();
        let entry = entry.entry(id.as_str().to_owned()).or_default();
        let changed = entry.value.as_ref().is_none_or(|(before, _)| *before != name);
        *entry = CacheEntry { requested_at: Some(at), in_flight: false, value: Some((name, at)) };
        self.revision += u64::from(changed);
        changed
    }

    pub fn insert_job(&mut self, place: &Place, id: &JobId, job: Job, at: Timestamp) {
        if let Some(entry) = self.job_mut(place, id) {
            entry.in_flight = false;
            entry.value = Some((job, at));
        }
    }

    /// Whether the name of a deployment is due. If so, marks it as requested.
    pub fn request(&mut self, place: &Place, id: &DeploymentId, now: Timestamp) -> bool {
        let known = self.deployments.get(place).and_then(|of| of.get(id.as_str()));
        let due = known.is_none_or(|entry| entry.is_due(now, MAX_AGE));
        if !due
            || self.missing_permission(place, OptionalApi::Deployment).is_some()
            || (known.is_none() && self.is_full(now))
        {
            return false;
        }
        let of = self.deployments.entry(place.clone()).or_default();
        of.entry(id.as_str().to_owned()).or_default().request(now);
        true
    }

    /// Notes the selected savepoint and its state. A change of either makes its job due.
    pub fn view(&mut self, target: &Target, word: Option<&State>) {
        let same = |(its, was): &(Target, Option<State>)| its == target && was.as_ref() == word;
        if !self.viewed.as_ref().is_some_and(same) {
            self.viewed = Some((target.clone(), word.cloned()));
            self.job_due = true;
        }
    }

    /// Marks the job of the selected savepoint as requested and returns the queries of evicted
    /// jobs to cancel; `None` if the job is not due.
    pub fn request_job(&mut self, place: &Place, id: &JobId, now: Timestamp) -> Option<Vec<Query>> {
        let max_age = if self.job_due { JOB_MAX_AGE } else { MAX_AGE };
        let at = self.jobs.iter().position(|(its, job, _)| job == id && its == place);
        let known = at.and_then(|at| self.jobs.get(at));
        if known.is_some_and(|(.., entry)| !entry.is_due(now, max_age))
            || self.missing_permission(place, OptionalApi::Job).is_some()
        {
            return None;
        }
        self.job_due = false;
        let known = at.and_then(|at| self.jobs.remove(at));
        let mut asked = known.unwrap_or_else(|| (place.clone(), id.clone(), CacheEntry::default()));
        asked.2.request(now);
        self.jobs.push_back(asked);
        let evicted = if self.jobs.len() > MAX_JOBS { self.jobs.pop_front() } else { None };
        let canceled = evicted.filter(|(.., entry)| entry.in_flight);
        Some(canceled.into_iter().map(|(place, id, _)| Query::Job(place, id)).collect())
    }

    /// Ends a request that failed permanently.
    pub fn fail(&mut self, query: &Query) {
        let in_flight = match query {
            Query::Deployment(place, id) => {
                let of = self.deployments.get_mut(place);
                of.and_then(|of| of.get_mut(id.as_str())).map(|entry| &mut entry.in_flight)
            }
            Query::Job(place, id) => self.job_mut(place, id).map(|entry| &mut entry.in_flight),
            _ => None,
        };
        if let Some(in_flight) = in_flight {
            *in_flight = false;
        }
    }

    /// Records a denied permission and stops requests for this operation. Returns the
    /// queries to cancel, and whether the denial is new.
    pub fn deny(&mut self, place: &Place, api: OptionalApi, action: &str) -> (Vec<Query>, bool) {
        let denial = Denial { action: action.to_owned(), active: true };
        let new = self.denied.insert((place.clone(), api), denial).is_none();
        let canceled = match api {
            OptionalApi::Deployment => {
                let of = self.deployments.get_mut(place).into_iter().flatten();
                let waiting = of.filter(|(_, entry)| entry.in_flight);
                let queries = waiting.filter_map(|(id, entry)| {
                    entry.give_up();
                    Some(Query::Deployment(place.clone(), DeploymentId::new(id).ok()?))
                });
                queries.collect()
            }
            OptionalApi::Job => {
                let of =
                    self.jobs.iter_mut().filter(|(its, _, entry)| entry.in_flight && its == place);
                let queries = of.map(|(place, id, entry)| {
                    entry.give_up();
                    Query::Job(place.clone(), id.clone())
                });
                queries.collect()
            }
            OptionalApi::Savepoints => Vec::new(),
        };
        (canceled, new)
    }

    /// Records that an operation is allowed.
    pub fn allow(&mut self, place: &Place, api: OptionalApi) {
        self.denied.remove(&(place.clone(), api));
    }

    /// Retries denied operations after the credentials of a profile changed.
    pub fn credentials_changed(&mut self, profile: Option<&Profile>) {
        let of = self.denied.iter_mut();
        let of = of.filter(|((place, _), _)| place.profile.as_ref() == profile);
        of.for_each(|(_, denial)| denial.active = false);
    }

    /// Forgets all denials, because the user refreshes everything.
    pub fn reset_denied(&mut self) {
        self.denied.clear();
    }

    fn job_mut(&mut self, place: &Place, id: &JobId) -> Option<&mut CacheEntry<Job>> {
        let mut jobs = self.jobs.iter_mut();
        jobs.find(|(its, job, _)| job == id && its == place).map(|(.., entry)| entry)
    }

    /// Whether the cache is full, after evicting old deployments.
    fn is_full(&mut self, now: Timestamp) -> bool {
        let count = |names: &Self| names.deployments.values().map(BTreeMap::len).sum::<usize>();
        if count(self) < MAX_DEPLOYMENTS {
            return false;
        }
        // Watched deployments are requested every hour, so they stay.
        for of in self.deployments.values_mut() {
            of.retain(|_, entry| !entry.is_due(now, MAX_AGE * 2));
        }
        self.deployments.retain(|_, of| !of.is_empty());
        count(self) >= MAX_DEPLOYMENTS
    }
}

impl<T> Default for CacheEntry<T> {
    fn default() -> Self {
        Self { requested_at: None, in_flight: false, value: None }
    }
}

impl<T> CacheEntry<T> {
    /// Whether the last request is older than `max_age`. A clock step makes it due as well.
    fn is_due(&self, now: Timestamp, max_age: SignedDuration) -> bool {
        self.requested_at.is_none_or(|at| now.duration_since(at).abs() >= max_age)
    }

    fn request(&mut self, now: Timestamp) {
        self.requested_at = Some(now);
        self.in_flight = true;
    }

    fn give_up(&mut self) {
        self.requested_at = None;
        self.in_flight = false;
    }
}
