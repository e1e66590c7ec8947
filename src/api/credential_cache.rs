//! Cached credentials: those of the request's profile, or of its endpoint if it has its own.

mod cached_provider;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::error::Error;
use crate::api::credentials::{Chain, Credentials};
use crate::domain::endpoint::Endpoint;
use crate::domain::savepoint::{Place, Profile};
use crate::util::redact::Secrets;
use cached_provider::CachedProvider;

/// Credentials, and the provider that they came from.
#[derive(Debug, Clone)]
pub(super) struct CachedCredentials {
    pub provider: Arc<str>,
    pub credentials: Arc<Credentials>,
    /// What must be redacted in responses.
    pub secrets: Arc<Secrets>,
    /// Counts the different credentials of one provider, from 1.
    pub generation: u64,
}

impl CachedCredentials {
    fn new(provider: Arc<str>, credentials: Arc<Credentials>, generation: u64) -> Self {
        let secrets = Arc::new(credentials.secrets());
        Self { provider, credentials, secrets, generation }
    }
}

/// One provider for each profile, created on first use, and credentials of single endpoints.
pub(super) struct CredentialCache {
    make_chain: Box<MakeChain>,
    providers: Mutex<BTreeMap<Option<Profile>, CachedProvider>>,
    endpoint_credentials: Mutex<BTreeMap<Endpoint, CachedCredentials>>,
}

type MakeChain = dyn Fn(Option<&Profile>) -> Chain + Send + Sync;

impl CredentialCache {
    pub(super) fn new(
        make_chain: impl Fn(Option<&Profile>) -> Chain + Send + Sync + 'static,
    ) -> Self {
        Self {
            make_chain: Box::new(make_chain),
            providers: Mutex::default(),
            endpoint_credentials: Mutex::default(),
        }
    }

    /// Sets the credentials of one endpoint, for which no chain is used.
    pub(super) fn add(&self, endpoint: Endpoint, credentials: Credentials) {
        let credentials = Arc::new(credentials);
        let held = CachedCredentials::new("added".into(), credentials, 0);
        self.endpoint_credentials
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(endpoint, held);
    }

    pub(super) fn provider(&self, profile: Option<&Profile>) -> CachedProvider {
        let mut providers = self.providers.lock().unwrap_or_else(PoisonError::into_inner);
        let provider = providers.entry(profile.cloned());
        provider.or_insert_with(|| CachedProvider::new((self.make_chain)(profile))).clone()
    }

    pub(super) async fn get(&self, place: &Place) -> Result<CachedCredentials, Error> {
        match self.endpoint_credentials(&place.endpoint) {
            Some(held) => Ok(held),
            None => self.provider(place.profile.as_ref()).get().await,
        }
    }

    /// The latest credentials, even if expired or rejected.
    pub(super) fn last(&self, place: &Place) -> Option<CachedCredentials> {
        self.endpoint_credentials(&place.endpoint)
            .or_else(|| self.provider(place.profile.as_ref()).last())
    }

    /// Fetches credentials other than the rejected ones, if the chain has any.
    ///
    /// # Errors
    /// The chain has no credentials at all.
    pub(super) async fn replacement_for(
        &self,
        rejected: &CachedCredentials,
        place: &Place,
    ) -> Result<Option<CachedCredentials>, Error> {
        if self.endpoint_credentials(&place.endpoint).is_some() {
            return Ok(None);
        }
        self.provider(place.profile.as_ref()).replacement_for(rejected).await
    }

    /// Marks credentials as rejected by the service, so that the next request runs the chain.
    pub(super) fn mark_rejected(&self, rejected: &CachedCredentials, place: &Place) {
        self.provider(place.profile.as_ref()).mark_rejected(rejected);
    }

    /// Notes that a request failed with these credentials, or without any, and waits for others.
    pub(super) fn add_waiter(&self, held: Option<&CachedCredentials>, place: &Place) {
        if self.endpoint_credentials(&place.endpoint).is_none() {
            self.provider(place.profile.as_ref()).add_waiter(held);
        }
    }

    fn endpoint_credentials(&self, endpoint: &Endpoint) -> Option<CachedCredentials> {
        self.endpoint_credentials
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(endpoint)
            .cloned()
    }
}

impl fmt::Debug for CredentialCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CredentialCache")
            .field("providers", &self.providers)
            .field("endpoint_credentials", &self.endpoint_credentials)
            .finish_non_exhaustive()
    }
}
