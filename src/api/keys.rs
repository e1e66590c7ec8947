//! Which keys a request is sent with, and when they are read again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::error::{Cause, Error};
use crate::credentials::{Chain, Credentials};
use crate::endpoint::Endpoint;

/// Keys and where they came from.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub provider: Arc<str>,
    pub credentials: Arc<Credentials>,
}

/// The chain, what it gave last, and the keys that belong to single endpoints.
#[derive(Debug)]
pub(super) struct Keys {
    chain: Chain,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// What the chain gave last; kept even when it was refused, to tell new keys from the same.
    last: Option<Held>,
    /// Whether `last` was refused, so that the chain is asked before the next request.
    refused: bool,
    added: BTreeMap<Endpoint, Held>,
}

impl Keys {
    pub(super) fn new(chain: Chain) -> Self {
        Self { chain, known: Mutex::default() }
    }

    /// Makes requests to one endpoint use these keys instead of the chain's.
    pub(super) fn add(&self, endpoint: Endpoint, credentials: Credentials) {
        let credentials = Arc::new(credentials);
        self.known().added.insert(endpoint, Held { provider: "added".into(), credentials });
    }

    /// The keys for an endpoint.
    pub(super) async fn of(&self, endpoint: &Endpoint) -> Result<Held, Error> {
        let added = self.known().added.get(endpoint).cloned();
        match added {
            Some(held) => Ok(held),
            None => self.of_chain().await,
        }
    }

    /// The chain's keys: what it gave last, unless that was refused.
    pub(super) async fn of_chain(&self) -> Result<Held, Error> {
        let last = {
            let known = self.known();
            known.last.clone().filter(|_| !known.refused)
        };
        match last {
            Some(held) => Ok(held),
            None => self.read().await,
        }
    }

    /// Other keys than those that were refused, if the chain has them by now.
    pub(super) async fn instead_of(&self, refused: &Held) -> Option<Held> {
        self.refuse(refused);
        let is_added = |held: &Held| Arc::ptr_eq(&held.credentials, &refused.credentials);
        if self.known().added.values().any(is_added) {
            return None;
        }
        let held = self.of_chain().await.ok()?;
        if held.credentials.same_keys(&refused.credentials) {
            self.refuse(&held);
            return None;
        }
        Some(held)
    }

    /// Notes that keys were refused: the chain will be asked again.
    pub(super) fn refuse(&self, refused: &Held) {
        let mut known = self.known();
        known.refused |= known
            .last
            .as_ref()
            .is_some_and(|last| Arc::ptr_eq(&last.credentials, &refused.credentials));
    }

    /// Asks the chain; whether it gave other keys than the last time.
    pub(super) async fn reload(&self) -> bool {
        let (before, was_refused) = {
            let known = self.known();
            (known.last.clone(), known.refused)
        };
        let Ok(now) = self.read().await else { return false };
        let same = before.is_some_and(|before| before.credentials.same_keys(&now.credentials));
        if same && was_refused {
            self.refuse(&now);
        }
        !same
    }

    async fn read(&self) -> Result<Held, Error> {
        let (provider, credentials) = self
            .chain
            .provide()
            .await
            .map_err(|error| Error::local(Cause::NoCredentials, error.to_string()))?;
        let held = Held { provider: provider.into(), credentials: Arc::new(credentials) };
        let mut known = self.known();
        known.last = Some(held.clone());
        known.refused = false;
        Ok(held)
    }

    /// Plain data behind the lock, so that a panic elsewhere leaves nothing half done in it.
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
