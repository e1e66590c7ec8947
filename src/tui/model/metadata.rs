//! Cache of deployment names and job states. Entries are fetched once and again after a while.
//! Each shows its own age and never affects the freshness of a savepoint.

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

use crate::domain::deployment::{DeploymentId, DeploymentTarget};
use crate::domain::job::{Job, JobId};
use crate::domain::savepoint::{Place, Profile, State, Target};
use crate::poller::Query;

/// Maximum number of cached deployments. At the limit, entries not requested lately are
/// evicted.
const DEPLOYMENTS: usize = 10_000;

/// Maximum number of cached jobs. Job failures can be long, so only the last viewed are kept.
const JOBS: usize = 50;

/// Maximum length of a name, in characters.
const NAME: usize = 256;

/// Age at which an entry is fetched again.
const GOOD_FOR: SignedDuration = SignedDuration::from_hours(1);

/// Minimum time between two requests for one job, and how long a job state counts as fresh.
pub const NEWS: SignedDuration = SignedDuration::from_mins(1);

/// A cached value and the request for it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct CacheEntry<T> {
    /// When it was last requested; `None` if it may be requested right away.
    asked_at: Option<Timestamp>,
    /// Whether the last request is still in flight.
    waits: bool,
    /// The last successful answer, and when it arrived.
    said: Option<(T, Timestamp)>,
}

/// An API operation that savepeek can do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OptionalApi {
    /// `GetDeployment`.
    Deployment,
    /// `GetJob`.
    Job,
    /// `ListSavepoints`.
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
    pub fn adds(self) -> &'static str {
        match self {
            Self::Deployment => "the names of deployments",
            Self::Job => "the states of jobs, and why they failed",
            Self::Savepoints => "following, and a word on what takes too long",
        }
    }
}

/// A denied permission.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Refusal {
    /// The RAM action.
    action: String,
    /// False after a change of credentials: the denial may be gone, but it was already
    /// reported.
    holds: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MetadataCache {
    deployments: BTreeMap<Place, BTreeMap<String, CacheEntry<String>>>,
    /// Least recently requested first.
    jobs: VecDeque<(Place, JobId, CacheEntry<Job>)>,
    refused: BTreeMap<(Place, OptionalApi), Refusal>,
    /// The savepoint selected last, and its state then.
    looked_at: Option<(Target, Option<State>)>,
    /// Whether its job has not been requested since.
    wanted: bool,
    /// Counts changes of deployment names.
    revision: u64,
}

impl MetadataCache {
    pub fn deployment(&self, target: &DeploymentTarget) -> Option<&str> {
        self.of(&target.place, target.id.as_str()).map(|(name, _)| name)
    }

    /// The name of the deployment with this ID, and when it was received.
    pub fn of(&self, place: &Place, id: &str) -> Option<(&str, Timestamp)> {
        let heard = self.deployments.get(place)?.get(id)?;
        heard.said.as_ref().map(|(name, at)| (name.as_str(), *at))
    }

    pub fn is_known(&self) -> bool {
        self.deployments.values().flat_map(BTreeMap::values).any(|heard| heard.said.is_some())
    }

    /// The last received state of a job, and when it was received.
    pub fn job(&self, place: &Place, id: &str) -> Option<(&Job, Timestamp)> {
        let (.., heard) =
            self.jobs.iter().find(|(its, job, _)| job.as_str() == id && its == place)?;
        heard.said.as_ref().map(|(job, at)| (job, *at))
    }

    /// The RAM action that an operation is denied there.
    pub fn missing_permission(&self, place: &Place, help: OptionalApi) -> Option<&str> {
        let refusal = self.refused.iter().find(|((its, of), _)| *of == help && its == place)?.1;
        refusal.holds.then_some(refusal.action.as_str())
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
        let name: String = name.chars().take(NAME).collect();
        let heard = self.deployments.entry(place).or_default();
        let heard = heard.entry(id.as_str().to_owned()).or_default();
        let news = heard.said.as_ref().is_none_or(|(before, _)| *before != name);
        *heard = CacheEntry { asked_at: Some(at), waits: false, said: Some((name, at)) };
        self.revision += u64::from(news);
        news
    }

    pub fn insert_job(&mut self, place: &Place, id: &JobId, job: Job, at: Timestamp) {
        if let Some(heard) = self.job_mut(place, id) {
            heard.waits = false;
            heard.said = Some((job, at));
        }
    }

    /// Whether the name of a deployment is due. If so, marks it as requested.
    pub fn ask(&mut self, place: &Place, id: &DeploymentId, now: Timestamp) -> bool {
        let known = self.deployments.get(place).and_then(|of| of.get(id.as_str()));
        let due = known.is_none_or(|heard| heard.is_due(now, GOOD_FOR));
        if !due
            || self.missing_permission(place, OptionalApi::Deployment).is_some()
            || (known.is_none() && self.is_full(now))
        {
            return false;
        }
        let of = self.deployments.entry(place.clone()).or_default();
        of.entry(id.as_str().to_owned()).or_default().ask(now);
        true
    }

    /// Notes the selected savepoint and its state. A change of either makes its job due.
    pub fn look(&mut self, target: &Target, word: Option<&State>) {
        let same = |(its, was): &(Target, Option<State>)| its == target && was.as_ref() == word;
        if !self.looked_at.as_ref().is_some_and(same) {
            self.looked_at = Some((target.clone(), word.cloned()));
            self.wanted = true;
        }
    }

    /// Whether the job of the selected savepoint is due. If so, marks it as requested and
    /// returns the queries of evicted jobs to cancel.
    pub fn ask_job(&mut self, place: &Place, id: &JobId, now: Timestamp) -> (bool, Vec<Query>) {
        let rest = if self.wanted { NEWS } else { GOOD_FOR };
        let at = self.jobs.iter().position(|(its, job, _)| job == id && its == place);
        let known = at.and_then(|at| self.jobs.get(at));
        if known.is_some_and(|(.., heard)| !heard.is_due(now, rest))
            || self.missing_permission(place, OptionalApi::Job).is_some()
        {
            return (false, Vec::new());
        }
        self.wanted = false;
        let known = at.and_then(|at| self.jobs.remove(at));
        let mut asked = known.unwrap_or_else(|| (place.clone(), id.clone(), CacheEntry::default()));
        asked.2.ask(now);
        self.jobs.push_back(asked);
        let surplus = if self.jobs.len() > JOBS { self.jobs.pop_front() } else { None };
        let vain = surplus.filter(|(.., heard)| heard.waits);
        (true, vain.into_iter().map(|(place, id, _)| Query::Job(place, id)).collect())
    }

    /// Ends a request that failed permanently.
    pub fn fail(&mut self, query: &Query) {
        let waits = match query {
            Query::Deployment(place, id) => {
                let of = self.deployments.get_mut(place);
                of.and_then(|of| of.get_mut(id.as_str())).map(|heard| &mut heard.waits)
            }
            Query::Job(place, id) => self.job_mut(place, id).map(|heard| &mut heard.waits),
            _ => None,
        };
        if let Some(waits) = waits {
            *waits = false;
        }
    }

    /// Records a denied permission and stops requests for this operation. Returns the
    /// queries to cancel, and whether the denial is new.
    pub fn refuse(&mut self, place: &Place, help: OptionalApi, action: &str) -> (Vec<Query>, bool) {
        let refusal = Refusal { action: action.to_owned(), holds: true };
        let new = self.refused.insert((place.clone(), help), refusal).is_none();
        let vain = match help {
            OptionalApi::Deployment => {
                let of = self.deployments.get_mut(place).into_iter().flatten();
                let waiting = of.filter(|(_, heard)| heard.waits);
                let queries = waiting.filter_map(|(id, heard)| {
                    heard.give_up();
                    Some(Query::Deployment(place.clone(), DeploymentId::new(id).ok()?))
                });
                queries.collect()
            }
            OptionalApi::Job => {
                let of = self.jobs.iter_mut().filter(|(its, _, heard)| heard.waits && its == place);
                let queries = of.map(|(place, id, heard)| {
                    heard.give_up();
                    Query::Job(place.clone(), id.clone())
                });
                queries.collect()
            }
            OptionalApi::Savepoints => Vec::new(),
        };
        (vain, new)
    }

    /// Records that an operation is allowed.
    pub fn allow(&mut self, place: &Place, help: OptionalApi) {
        self.refused.remove(&(place.clone(), help));
    }

    /// Retries denied operations after the credentials of a profile changed.
    pub fn credentials_changed(&mut self, profile: Option<&Profile>) {
        let of = self.refused.iter_mut();
        let of = of.filter(|((place, _), _)| place.profile.as_ref() == profile);
        of.for_each(|(_, refusal)| refusal.holds = false);
    }

    /// Forgets all denials, because the user refreshes everything.
    pub fn reset_denied(&mut self) {
        self.refused.clear();
    }

    fn job_mut(&mut self, place: &Place, id: &JobId) -> Option<&mut CacheEntry<Job>> {
        let mut jobs = self.jobs.iter_mut();
        jobs.find(|(its, job, _)| job == id && its == place).map(|(.., heard)| heard)
    }

    /// Whether the cache is full, after evicting old deployments.
    fn is_full(&mut self, now: Timestamp) -> bool {
        let count = |names: &Self| names.deployments.values().map(BTreeMap::len).sum::<usize>();
        if count(self) < DEPLOYMENTS {
            return false;
        }
        // Watched deployments are requested every hour, so they stay.
        for of in self.deployments.values_mut() {
            of.retain(|_, heard| !heard.is_due(now, GOOD_FOR * 2));
        }
        self.deployments.retain(|_, of| !of.is_empty());
        count(self) >= DEPLOYMENTS
    }
}

impl<T> Default for CacheEntry<T> {
    fn default() -> Self {
        Self { asked_at: None, waits: false, said: None }
    }
}

impl<T> CacheEntry<T> {
    /// Whether the last request is older than `rest`. A clock step makes it due as well.
    fn is_due(&self, now: Timestamp, rest: SignedDuration) -> bool {
        self.asked_at.is_none_or(|at| now.duration_since(at).abs() >= rest)
    }

    fn ask(&mut self, now: Timestamp) {
        self.asked_at = Some(now);
        self.waits = true;
    }

    fn give_up(&mut self) {
        self.asked_at = None;
        self.waits = false;
    }
}
