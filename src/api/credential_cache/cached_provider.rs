//! The keys that one chain gives, and when it is asked again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::CachedCredentials;
use crate::api::credentials::{Chain, Credentials, FileStamps};
use crate::api::error::{Cause, Error};
use crate::util::clock;
use crate::util::text;

/// How long before their end temporary keys are renewed, unless a fifth of their life is less.
const RENEWAL_MARGIN: SignedDuration = SignedDuration::from_mins(15);

/// The least time between two renewals, also when one failed or this machine's clock is wrong.
const MIN_RENEWAL_INTERVAL: SignedDuration = SignedDuration::from_secs(60);

/// How long the chain is not asked again that was asked in vain: each savepoint of a list would.
const FAILURE_TTL: SignedDuration = SignedDuration::from_secs(5);

/// The least time between two looks at the chain's files.
const FILE_CHECK_INTERVAL: SignedDuration = SignedDuration::from_secs(1);

/// One chain and what it gave last; clones share it.
#[derive(Debug, Clone)]
pub(in crate::api) struct CachedProvider(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    chain: Chain,
    state: Mutex<CacheState>,
    /// Held while the chain is being asked: one at a time, and the others take its answer.
    fetch_lock: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct CacheState {
    /// What the chain gave last; kept even when it was refused, to tell new keys from the same.
    last: Option<CachedCredentials>,
    /// Whether `last` was refused, so that the chain is asked before the next request.
    rejected: bool,
    /// Why the chain gave nothing when it was last asked.
    failure: Option<Error>,
    /// When `last` is to be renewed, if ever.
    renew_at: Option<Timestamp>,
    /// What the chain's files looked like when it was last asked.
    stamps: FileStamps,
    /// When they were last looked at.
    files_checked_at: Option<Timestamp>,
    /// How often the chain was asked.
    fetches: u64,
    /// When it was asked in vain the last time: it failed, or gave keys again that were refused.
    failed_at: Option<Timestamp>,
    /// How often it gave other keys than before.
    latest_generation: u64,
    /// The [`CachedCredentials::generation`] of the earliest keys that something was asked with in vain and that waits
    /// for others since; 0 if there were none.
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

    /// What the chain gave last, unless that was refused, is over, or the files have changed,
    /// which is looked at once a second. Keys that are about to end are renewed while they are
    /// still used.
    pub(super) async fn get(&self) -> Result<CachedCredentials, Error> {
        self.get_at(clock::now()).await
    }

    /// The same, with a look at the files however lately they were looked at.
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

    /// Other keys than those that were refused, if the chain has them by now.
    ///
    /// # Errors
    /// Why it has none at all.
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

    /// Notes that keys were refused: the chain will be asked again.
    pub(super) fn mark_rejected(&self, rejected: &CachedCredentials) {
        let mut state = self.0.state();
        state.rejected |= state
            .last
            .as_ref()
            .is_some_and(|last| Arc::ptr_eq(&last.credentials, &rejected.credentials));
    }

    /// Notes that something was asked with these keys, or for want of any not at all, and waits for
    /// others.
    pub(super) fn add_waiter(&self, held: Option<&CachedCredentials>) {
        let mut state = self.0.state();
        let generation = held.map_or(0, |held| held.generation);
        state.oldest_waiting =
            Some(state.oldest_waiting.map_or(generation, |before| before.min(generation)));
    }

    /// Whether there are other keys by now than something was asked with in vain, which is then no
    /// longer counted as waiting. Whoever read them first, so that none waits for ever.
    ///
    /// The chain is asked where its files have changed; or if somebody `needs` other keys, unless it
    /// gave some that are good and will be renewed: those are others each time.
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

    /// Why the chain gave nothing when it was last asked.
    pub(in crate::api) fn renewal_error(&self) -> Option<String> {
        self.0.state().failure.as_ref().map(|failure| failure.message.clone())
    }

    /// What the chain gave last, whatever became of it.
    pub(super) fn last(&self) -> Option<CachedCredentials> {
        self.0.state().last.clone()
    }

    /// What the chain gives, unless somebody else asked it since it had been asked so often.
    async fn fetch(&self, fetches: u64) -> Result<CachedCredentials, Error> {
        self.0.spawn_fetch(fetches).await.unwrap_or_else(|died| {
            Err(Error::local(Cause::CredentialsUnusable, format!("asking for them ended: {died}")))
        })
    }
}

impl Shared {
    /// Asks the chain in a task of its own, which whoever waits may leave: a program that prints
    /// credentials would otherwise be started again and again, and never come to its end.
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
                        // Those that end do so by themselves: whoever lent them may be away.
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

    /// Plain data behind the lock, so that a panic elsewhere leaves nothing half done in it.
    fn state(&self) -> MutexGuard<'_, CacheState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CacheState {
    /// Whether it is time to look at the files. A clock that was set back keeps nobody from it.
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

    /// What may be sent: not refused, and not over.
    fn usable(&self, now: Timestamp) -> Option<CachedCredentials> {
        self.unexpired(now).filter(|_| !self.rejected)
    }

    /// What is not over, unless it has only just been given.
    fn unexpired(&self, now: Timestamp) -> Option<CachedCredentials> {
        let lasts = |held: &CachedCredentials| {
            let fresh = self.failure.is_none() && self.renew_at.is_some_and(|at| now < at);
            held.credentials.expires_at.is_none_or(|end| now < end) || fresh
        };
        self.last.clone().filter(lasts)
    }

    /// What came of asking: a failure takes nothing away that can still be used; and who asked
    /// together gets the same, although one of them was refused with it meanwhile.
    fn outcome(&self, now: Timestamp) -> Result<CachedCredentials, Error> {
        let none = || Error::local(Cause::CredentialsUnusable, "none");
        let held = if self.failure.is_some() { self.usable(now) } else { self.unexpired(now) };
        held.ok_or_else(|| self.failure.clone().unwrap_or_else(none))
    }
}

/// When keys that were given now are to be renewed.
fn renewal_time(now: Timestamp, expires_at: Option<Timestamp>) -> Option<Timestamp> {
    let life = expires_at?.duration_since(now);
    let until = (life - RENEWAL_MARGIN.min(life / 5)).max(MIN_RENEWAL_INTERVAL);
    now.checked_add(until).ok()
}

#[cfg(test)]
mod tests;
