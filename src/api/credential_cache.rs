//! Which keys a request is sent with: its profile's, unless its endpoint has some of its own.

mod source;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::error::Error;
use crate::api::credentials::{Chain, Credentials};
use crate::domain::endpoint::Endpoint;
use crate::domain::savepoint::{Place, Profile};
use crate::util::redact::Secrets;
use source::CachedProvider;

/// Keys and where they came from.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub provider: Arc<str>,
    pub credentials: Arc<Credentials>,
    /// What must not come back in an answer.
    pub secrets: Arc<Secrets>,
    /// Counts the different keys that one source gave, from 1.
    pub turn: u64,
}

impl Held {
    fn new(provider: Arc<str>, credentials: Arc<Credentials>, turn: u64) -> Self {
        let secrets = Arc::new(credentials.secrets());
        Self { provider, credentials, secrets, turn }
    }
}

/// The chain of each profile, made when it is first needed, and the keys that belong to single
/// endpoints.
pub(super) struct CredentialCache {
    make: Box<MakeChain>,
    sources: Mutex<BTreeMap<Option<Profile>, CachedProvider>>,
    added: Mutex<BTreeMap<Endpoint, Held>>,
}

type MakeChain = dyn Fn(Option<&Profile>) -> Chain + Send + Sync;

impl CredentialCache {
    pub(super) fn new(make: impl Fn(Option<&Profile>) -> Chain + Send + Sync + 'static) -> Self {
        Self { make: Box::new(make), sources: Mutex::default(), added: Mutex::default() }
    }

    /// Makes requests to one endpoint use these keys instead of any chain's.
    pub(super) fn add(&self, endpoint: Endpoint, credentials: Credentials) {
        let credentials = Arc::new(credentials);
        let held = Held::new("added".into(), credentials, 0);
        self.added.lock().unwrap_or_else(PoisonError::into_inner).insert(endpoint, held);
    }

    /// Where the keys of a profile come from.
    pub(super) fn source(&self, profile: Option<&Profile>) -> CachedProvider {
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        let source = sources.entry(profile.cloned());
        source.or_insert_with(|| CachedProvider::new((self.make)(profile))).clone()
    }

    /// The keys for a place.
    pub(super) async fn of(&self, place: &Place) -> Result<Held, Error> {
        match self.added(&place.endpoint) {
            Some(held) => Ok(held),
            None => self.source(place.profile.as_ref()).keys().await,
        }
    }

    /// The keys that a place was asked with last, if its chain gave any.
    pub(super) fn last(&self, place: &Place) -> Option<Held> {
        self.added(&place.endpoint).or_else(|| self.source(place.profile.as_ref()).last())
    }

    /// Other keys than those that a place refused, if its chain has them by now.
    ///
    /// # Errors
    /// Why it has none at all.
    pub(super) async fn instead_of(
        &self,
        refused: &Held,
        place: &Place,
    ) -> Result<Option<Held>, Error> {
        if self.added(&place.endpoint).is_some() {
            return Ok(None);
        }
        self.source(place.profile.as_ref()).instead_of(refused).await
    }

    /// Notes that a place refused keys: the chain will be asked again.
    pub(super) fn refuse(&self, refused: &Held, place: &Place) {
        self.source(place.profile.as_ref()).refuse(refused);
    }

    /// Notes that a place was asked with these keys, or for want of any not at all, and that this
    /// waits for others.
    pub(super) fn last_rejected(&self, held: Option<&Held>, place: &Place) {
        if self.added(&place.endpoint).is_none() {
            self.source(place.profile.as_ref()).last_rejected(held);
        }
    }

    fn added(&self, endpoint: &Endpoint) -> Option<Held> {
        self.added.lock().unwrap_or_else(PoisonError::into_inner).get(endpoint).cloned()
    }
}

impl fmt::Debug for CredentialCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys")
            .field("sources", &self.sources)
            .field("added", &self.added)
            .finish_non_exhaustive()
    }
}
