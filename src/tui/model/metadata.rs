//! What deployments are called and how jobs are, beside the savepoints: heard once, and again after
//! a while. Each is as old as it says; none of it touches how far a savepoint is trusted.

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

use crate::domain::deployment::{DeploymentId, DeploymentTarget};
use crate::domain::job::{Job, JobId};
use crate::domain::savepoint::{Place, Profile, State, Target};
use crate::poller::Query;

/// How many deployments are known. When so many are, those not asked for lately make room.
const DEPLOYMENTS: usize = 10_000;

/// How many jobs are known: those looked at last, whose failures can be long.
const JOBS: usize = 50;

/// The longest name that is kept, in characters.
const NAME: usize = 256;

/// How old anything becomes before it is asked for again.
const GOOD_FOR: SignedDuration = SignedDuration::from_hours(1);

/// The least time between two requests for one job, and how long its state is news.
pub const NEWS: SignedDuration = SignedDuration::from_mins(1);

/// What the service said, if it did.
#[derive(Debug, Clone, PartialEq, Eq)]
struct CacheEntry<T> {
    /// When it was last asked for; `None` where that may be done anew.
    asked_at: Option<Timestamp>,
    /// Whether that is still unanswered.
    waits: bool,
    /// The last good answer, and when it came.
    said: Option<(T, Timestamp)>,
}

/// An operation of the service that only helps.
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
    /// The one that a question is, of those that are asked by the way.
    pub fn of(query: &Query) -> Option<Self> {
        match query {
            Query::Deployment(..) => Some(Self::Deployment),
            Query::Job(..) => Some(Self::Job),
            _ => None,
        }
    }

    /// What it adds.
    pub fn adds(self) -> &'static str {
        match self {
            Self::Deployment => "the names of deployments",
            Self::Job => "the states of jobs, and why they failed",
            Self::Savepoints => "following, and a word on what takes too long",
        }
    }
}

/// A permission that is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Refusal {
    /// The RAM action.
    action: String,
    /// Whether it holds: not after the credentials changed, when it is only known to have been
    /// told.
    holds: bool,
}

/// Everything heard.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MetadataCache {
    deployments: BTreeMap<Place, BTreeMap<String, CacheEntry<String>>>,
    /// The one asked for last is the last one.
    jobs: VecDeque<(Place, JobId, CacheEntry<Job>)>,
    refused: BTreeMap<(Place, OptionalApi), Refusal>,
    /// The savepoint that was looked at last, and its state then.
    looked_at: Option<(Target, Option<State>)>,
    /// Whether its job was not asked for since.
    wanted: bool,
    /// How often a deployment's name became known.
    revision: u64,
}

impl MetadataCache {
    /// What a deployment is called.
    pub fn deployment(&self, target: &DeploymentTarget) -> Option<&str> {
        self.of(&target.place, target.id.as_str()).map(|(name, _)| name)
    }

    /// What the deployment with this ID is called, and when that was heard.
    pub fn of(&self, place: &Place, id: &str) -> Option<(&str, Timestamp)> {
        let heard = self.deployments.get(place)?.get(id)?;
        heard.said.as_ref().map(|(name, at)| (name.as_str(), *at))
    }

    /// Whether any name is known.
    pub fn is_known(&self) -> bool {
        self.deployments.values().flat_map(BTreeMap::values).any(|heard| heard.said.is_some())
    }

    /// A job as the service last described it, and when that was.
    pub fn job(&self, place: &Place, id: &str) -> Option<(&Job, Timestamp)> {
        let (.., heard) =
            self.jobs.iter().find(|(its, job, _)| job.as_str() == id && its == place)?;
        heard.said.as_ref().map(|(job, at)| (job, *at))
    }

    /// The permission that an operation lacks there.
    pub fn missing_permission(&self, place: &Place, help: OptionalApi) -> Option<&str> {
        let refusal = self.refused.iter().find(|((its, of), _)| *of == help && its == place)?.1;
        refusal.holds.then_some(refusal.action.as_str())
    }

    /// Changes whenever a deployment's name becomes known.
    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    /// Hears a deployment's name; whether it is news.
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

    /// Hears how a job is.
    pub fn insert_job(&mut self, place: &Place, id: &JobId, job: Job, at: Timestamp) {
        if let Some(heard) = self.job_mut(place, id) {
            heard.waits = false;
            heard.said = Some((job, at));
        }
    }

    /// Whether it is time to ask for a deployment; if so it counts as asked for.
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

    /// Somebody looks at a savepoint in some state: its job is wanted anew if either is another.
    pub fn look(&mut self, target: &Target, word: Option<&State>) {
        let same = |(its, was): &(Target, Option<State>)| its == target && was.as_ref() == word;
        if !self.looked_at.as_ref().is_some_and(same) {
            self.looked_at = Some((target.clone(), word.cloned()));
            self.wanted = true;
        }
    }

    /// Whether it is time to ask for the job of the savepoint that is looked at; if so it counts as
    /// asked for, and another question may have to be forgotten for it.
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

    /// It was answered for good, and yet nothing was said.
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

    /// A permission is missing: nothing of this kind is asked there. Gives what waits for a reply
    /// in vain, and whether that was never told.
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

    /// An operation was answered there: it is allowed.
    pub fn allow(&mut self, place: &Place, help: OptionalApi) {
        self.refused.remove(&(place.clone(), help));
    }

    /// A profile's credentials changed: what they did not allow may be allowed now.
    pub fn credentials_changed(&mut self, profile: Option<&Profile>) {
        let of = self.refused.iter_mut();
        let of = of.filter(|((place, _), _)| place.profile.as_ref() == profile);
        of.for_each(|(_, refusal)| refusal.holds = false);
    }

    /// The user wishes everything to be asked anew: nothing is refused any more.
    pub fn reset_denied(&mut self) {
        self.refused.clear();
    }

    fn job_mut(&mut self, place: &Place, id: &JobId) -> Option<&mut CacheEntry<Job>> {
        let mut jobs = self.jobs.iter_mut();
        jobs.find(|(its, job, _)| job == id && its == place).map(|(.., heard)| heard)
    }

    /// Whether there is no room for another deployment, after room was made.
    fn is_full(&mut self, now: Timestamp) -> bool {
        let count = |names: &Self| names.deployments.values().map(BTreeMap::len).sum::<usize>();
        if count(self) < DEPLOYMENTS {
            return false;
        }
        // Those still watched are asked for every hour.
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
    /// Whether it was last asked for so long ago. A clock that was set makes it due, too.
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
