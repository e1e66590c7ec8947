//! The cached credentials of one chain, and when the chain runs again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::CachedCredentials;
use crate::api::credentials::{Chain, Credentials, FileStamps};
use crate::api::error::{Cause, Error};
use crate::util::clock;
use crate::util::text;

/// Credentials are renewed this long before they expire, or a fifth of their lifetime
/// if that is shorter.
const RENEWAL_MARGIN: SignedDuration = SignedDuration::from_mins(15);

/// Holds also after a failed renewal and with a wrong local clock.
const MIN_RENEWAL_INTERVAL: SignedDuration = SignedDuration::from_secs(60);

/// How long a failure is cached. Otherwise every savepoint of a list would run the chain.
const FAILURE_TTL: SignedDuration = SignedDuration::from_secs(5);

const FILE_CHECK_INTERVAL: SignedDuration = SignedDuration::from_secs(1);

/// One chain and its latest result. Clones share both.
#[derive(Debug, Clone)]
pub(in crate::api) struct CachedProvider(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    chain: Chain,
    state: Mutex<CacheState>,
    /// Held while the chain runs. Tasks that wait for it take its result.
    fetch_lock: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct CacheState {
    /// The latest credentials. Rejected ones are kept, to recognize them when they come again.
    last: Option<CachedCredentials>,
    /// Whether the service rejected `last`.
    rejected: bool,
    /// The error of the chain's latest run.
    failure: Option<Error>,
    renew_at: Option<Timestamp>,
    /// The chain's files at its latest run.
    stamps: FileStamps,
    files_checked_at: Option<Timestamp>,
    /// How often the chain ran.
    fetches: u64,
    /// When the chain last failed or returned rejected credentials again.
    failed_at: Option<Timestamp>,
    latest_generation: u64,
    /// The oldest generation with which a request failed that now waits for other credentials; 0
    /// if that request had none.
    oldest_waiting: Option<u64>,
}

impl CachedProvider {
    pub(super) fn new(chain: Chain) -> Self {
        Self(Arc::new(Shared {
            chain,
            state: Mutex::default(),
            fetch_lock: tokio::sync::Mutex::default(),
        }))
    }

    /// Returns the cached credentials. Runs the chain if they were rejected, have expired, or its
    /// files have changed since (checked once a second). Renews expiring
    /// credentials in the background.
    pub(super) async fn get(&self) -> Result<CachedCredentials, Error> {
        self.get_at(clock::now()).await
    }

    /// Like [`Self::get`], but checks the files now and ignores a cached failure.
    pub(in crate::api) async fn get_fresh(&self) -> Result<CachedCredentials, Error> {
        {
            let mut state = self.0.state();
            (state.files_checked_at, state.failed_at) = (None, None);
        }
        self.get().await
    }

    async fn get_at(&self, now: Timestamp) -> Result<CachedCredentials, Error> {
        let fetches = {
            let mut state = self.0.state();
            let files_unchanged =
                !state.file_check_due(now) || state.stamps == self.0.chain.stamps();
            let failed_recently =
                state.failed_at.is_some_and(|at| now.duration_since(at).abs() < FAILURE_TTL);
            if files_unchanged && failed_recently {
                return state.outcome(now);
            }
            if let Some(held) = state.usable(now).filter(|_| files_unchanged) {
                if state.renew_at.is_some_and(|at| at <= now) {
                    drop(self.0.spawn_fetch(state.fetches));
                }
                return Ok(held);
            }
            state.fetches
        };
        self.fetch(fetches).await
    }

    /// Fetches credentials other than the rejected ones, if the chain has any.
    ///
    /// # Errors
    /// The chain has no credentials at all.
    pub(super) async fn replacement_for(
        &self,
        rejected: &CachedCredentials,
    ) -> Result<Option<CachedCredentials>, Error> {
        self.mark_rejected(rejected);
        let held = self.get().await?;
        if held.generation == rejected.generation {
            self.mark_rejected(&held);
            return Ok(None);
        }
        Ok(Some(held))
    }

    /// Marks credentials as rejected by the service, if they are still the latest.
    pub(super) fn mark_rejected(&self, rejected: &CachedCredentials) {
        let mut state = self.0.state();
        state.rejected |= state
            .last
            .as_ref()
            .is_some_and(|last| Arc::ptr_eq(&last.credentials, &rejected.credentials));
    }

    /// Notes that a request failed with these credentials, or without any, and waits for others.
    pub(super) fn add_waiter(&self, held: Option<&CachedCredentials>) {
        let mut state = self.0.state();
        let generation = held.map_or(0, |held| held.generation);
        state.oldest_waiting =
            Some(state.oldest_waiting.map_or(generation, |before| before.min(generation)));
    }

    /// Returns whether there are other credentials than those that the waiting requests failed
    /// with, and then forgets the waiters. It does not matter which task fetched them.
    ///
    /// Runs the chain if its files have changed. Also runs it if a waiter `needs` other
    /// credentials, unless the current ones are usable and temporary: a renewal
    /// would always return others.
    pub(in crate::api) async fn reload(&self, needs: bool) -> bool {
        let (rejected, fetches, last) = {
            let state = self.0.state();
            if state.oldest_waiting.is_none() {
                return false;
            }
            let good = state.usable(clock::now());
            let renewed = good.as_ref().is_some_and(|held| held.credentials.expires_at.is_some());
            let files_unchanged = state.stamps == self.0.chain.stamps();
            let last = state.last.clone().filter(|_| files_unchanged && (renewed || !needs));
            (state.last.clone().filter(|_| state.rejected), state.fetches, last)
        };
        let current = match last {
            Some(last) => last,
            None => match self.fetch(fetches).await {
                Ok(latest) => latest,
                Err(_none) => return false,
            },
        };
        if rejected.is_some_and(|rejected| rejected.generation == current.generation) {
            self.mark_rejected(&current);
        }
        self.0
            .state()
            .oldest_waiting
            .take_if(|generation| *generation != current.generation)
            .is_some()
    }

    /// The error of the chain's latest run.
    pub(in crate::api) fn renewal_error(&self) -> Option<String> {
        self.0.state().failure.as_ref().map(|failure| failure.message.clone())
    }

    /// The latest credentials, even if expired or rejected.
    pub(super) fn last(&self) -> Option<CachedCredentials> {
        self.0.state().last.clone()
    }

    /// Runs the chain, unless another task has run it since `fetches` was read.
    async fn fetch(&self, fetches: u64) -> Result<CachedCredentials, Error> {
        self.0.spawn_fetch(fetches).await.unwrap_or_else(|died| {
            Err(Error::local(Cause::CredentialsUnusable, format!("asking for them ended: {died}")))
        })
    }
}

impl Shared {
    /// Runs the chain in a task of its own, which survives a request that times out. Otherwise a
    /// slow external program would be started for each request and killed each time.
    fn spawn_fetch(
        self: &Arc<Self>,
        fetches: u64,
    ) -> tokio::task::JoinHandle<Result<CachedCredentials, Error>> {
        let shared = Arc::clone(self);
        tokio::spawn(async move {
            let _one_at_a_time = shared.fetch_lock.lock().await;
            if shared.state().fetches == fetches {
                let stamps = shared.chain.stamps();
                let result = shared.chain.provide().await;
                let mut state = shared.state();
                state.fetches += 1;
                state.stamps = stamps;
                match result {
                    Ok((provider, credentials)) => {
                        let (id, until) = (credentials.masked_id(), credentials.expires_at);
                        let until = until.map_or("no end".to_owned(), |end| end.to_string());
                        tracing::info!(%id, until, "credentials of {}", text::clean(&provider));
                        state.store(provider.into(), Arc::new(credentials));
                    }
                    Err(error) => {
                        tracing::warn!("no credentials: {}", text::clean(&error.message));
                        // Temporary credentials stay valid until they expire.
                        if error.withdrawn {
                            state.last = state
                                .last
                                .take()
                                .filter(|held| held.credentials.expires_at.is_some());
                        }
                        state.renew_at =
                            state.renew_at.and(clock::now().checked_add(MIN_RENEWAL_INTERVAL).ok());
                        state.failed_at = Some(clock::now());
                        state.failure = Some(Error::local(error.cause, error.message));
                    }
                }
            }
            shared.state().outcome(clock::now())
        })
    }

    /// Ignores poisoning: the state is plain data and never half-written.
    fn state(&self) -> MutexGuard<'_, CacheState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CacheState {
    /// Whether the files' check is due, also after the clock was set back.
    fn file_check_due(&mut self, now: Timestamp) -> bool {
        let due = self
            .files_checked_at
            .is_none_or(|at| now.duration_since(at).abs() >= FILE_CHECK_INTERVAL);
        if due {
            self.files_checked_at = Some(now);
        }
        due
    }

    fn store(&mut self, provider: Arc<str>, credentials: Arc<Credentials>) {
        self.renew_at = renewal_time(clock::now(), credentials.expires_at);
        let others = |held: &CachedCredentials| !held.credentials.same_keys(&credentials);
        let new = self.last.as_ref().is_none_or(others);
        self.latest_generation += u64::from(new);
        self.failed_at = (self.rejected && !new).then(clock::now);
        self.last = Some(CachedCredentials::new(provider, credentials, self.latest_generation));
        self.rejected = false;
        self.failure = None;
    }

    /// The latest credentials if they are neither rejected nor expired.
    fn usable(&self, now: Timestamp) -> Option<CachedCredentials> {
        self.unexpired(now).filter(|_| !self.rejected)
    }

    /// The latest credentials if they have not expired. Just after they were fetched, they count as
    /// unexpired in any case, because the local clock may be wrong.
    fn unexpired(&self, now: Timestamp) -> Option<CachedCredentials> {
        let lasts = |held: &CachedCredentials| {
            let fresh = self.failure.is_none() && self.renew_at.is_some_and(|at| now < at);
            held.credentials.expires_at.is_none_or(|end| now < end) || fresh
        };
        self.last.clone().filter(lasts)
    }

    /// The result for a request. After a failure, usable credentials remain in use. Requests that
    /// waited for the same run get the same credentials, even if one was rejected meanwhile.
    fn outcome(&self, now: Timestamp) -> Result<CachedCredentials, Error> {
        let none = || Error::local(Cause::CredentialsUnusable, "none");
        let held = if self.failure.is_some() { self.usable(now) } else { self.unexpired(now) };
        held.ok_or_else(|| self.failure.clone().unwrap_or_else(none))
    }
}

/// When to renew credentials fetched `now`.
fn renewal_time(now: Timestamp, expires_at: Option<Timestamp>) -> Option<Timestamp> {
    let life = expires_at?.duration_since(now);
    let until = (life - RENEWAL_MARGIN.min(life / 5)).max(MIN_RENEWAL_INTERVAL);
    now.checked_add(until).ok()
}

#[cfg(test)]
mod tests;
