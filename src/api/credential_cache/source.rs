//! The keys that one chain gives, and when it is asked again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::Held;
use crate::api::credentials::{Chain, Credentials, FileStamps};
use crate::api::error::{Cause, Error};
use crate::util::clock;
use crate::util::text;

/// How long before their end temporary keys are renewed, unless a fifth of their life is less.
const MARGIN: SignedDuration = SignedDuration::from_mins(15);

/// The least time between two renewals, also when one failed or this machine's clock is wrong.
const PAUSE: SignedDuration = SignedDuration::from_secs(60);

/// How long the chain is not asked again that was asked in vain: each savepoint of a list would.
const AGAIN: SignedDuration = SignedDuration::from_secs(5);

/// The least time between two looks at the chain's files.
const LOOK: SignedDuration = SignedDuration::from_secs(1);

/// One chain and what it gave last; clones share it.
#[derive(Debug, Clone)]
pub(in crate::api) struct CachedProvider(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    chain: Chain,
    known: Mutex<Known>,
    /// Held while the chain is being asked: one at a time, and the others take its answer.
    asking: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Known {
    /// What the chain gave last; kept even when it was refused, to tell new keys from the same.
    last: Option<Held>,
    /// Whether `last` was refused, so that the chain is asked before the next request.
    refused: bool,
    /// Why the chain gave nothing when it was last asked.
    failure: Option<Error>,
    /// When `last` is to be renewed, if ever.
    renew_at: Option<Timestamp>,
    /// What the chain's files looked like when it was last asked.
    stamps: FileStamps,
    /// When they were last looked at.
    looked_at: Option<Timestamp>,
    /// How often the chain was asked.
    asked: u64,
    /// When it was asked in vain the last time: it failed, or gave keys again that were refused.
    vain_at: Option<Timestamp>,
    /// How often it gave other keys than before.
    turns: u64,
    /// The [`Held::turn`] of the earliest keys that something was asked with in vain and that waits
    /// for others since; 0 if there were none.
    in_vain: Option<u64>,
}

impl CachedProvider {
    pub(super) fn new(chain: Chain) -> Self {
        Self(Arc::new(Shared {
            chain,
            known: Mutex::default(),
            asking: tokio::sync::Mutex::default(),
        }))
    }

    /// What the chain gave last, unless that was refused, is over, or the files have changed,
    /// which is looked at once a second. Keys that are about to end are renewed while they are
    /// still used.
    pub(super) async fn keys(&self) -> Result<Held, Error> {
        self.keys_at(clock::now()).await
    }

    /// The same, with a look at the files however lately they were looked at.
    pub(in crate::api) async fn keys_as_of_now(&self) -> Result<Held, Error> {
        {
            let mut known = self.0.known();
            (known.looked_at, known.vain_at) = (None, None);
        }
        self.keys().await
    }

    async fn keys_at(&self, now: Timestamp) -> Result<Held, Error> {
        let asked = {
            let mut known = self.0.known();
            let current = !known.is_to_look(now) || known.stamps == self.0.chain.stamps();
            let lately = known.vain_at.is_some_and(|at| now.duration_since(at).abs() < AGAIN);
            if current && lately {
                return known.answer(now);
            }
            if let Some(held) = known.usable(now).filter(|_| current) {
                if known.renew_at.is_some_and(|at| at <= now) {
                    drop(self.0.ask(known.asked));
                }
                return Ok(held);
            }
            known.asked
        };
        self.read(asked).await
    }

    /// Other keys than those that were refused, if the chain has them by now.
    ///
    /// # Errors
    /// Why it has none at all.
    pub(super) async fn instead_of(&self, refused: &Held) -> Result<Option<Held>, Error> {
        self.refuse(refused);
        let held = self.keys().await?;
        if held.turn == refused.turn {
            self.refuse(&held);
            return Ok(None);
        }
        Ok(Some(held))
    }

    /// Notes that keys were refused: the chain will be asked again.
    pub(super) fn refuse(&self, refused: &Held) {
        let mut known = self.0.known();
        known.refused |= known
            .last
            .as_ref()
            .is_some_and(|last| Arc::ptr_eq(&last.credentials, &refused.credentials));
    }

    /// Notes that something was asked with these keys, or for want of any not at all, and waits for
    /// others.
    pub(super) fn last_rejected(&self, held: Option<&Held>) {
        let mut known = self.0.known();
        let turn = held.map_or(0, |held| held.turn);
        known.in_vain = Some(known.in_vain.map_or(turn, |before| before.min(turn)));
    }

    /// Whether there are other keys by now than something was asked with in vain, which is then no
    /// longer counted as waiting. Whoever read them first, so that none waits for ever.
    ///
    /// The chain is asked where its files have changed; or if somebody `needs` other keys, unless it
    /// gave some that are good and will be renewed: those are others each time.
    pub(in crate::api) async fn reload(&self, needs: bool) -> bool {
        let (refused, asked, last) = {
            let known = self.0.known();
            if known.in_vain.is_none() {
                return false;
            }
            let good = known.usable(clock::now());
            let renewed = good.as_ref().is_some_and(|held| held.credentials.expires_at.is_some());
            let current = known.stamps == self.0.chain.stamps();
            let last = known.last.clone().filter(|_| current && (renewed || !needs));
            (known.last.clone().filter(|_| known.refused), known.asked, last)
        };
        let now = match last {
            Some(last) => last,
            None => match self.read(asked).await {
                Ok(read) => read,
                Err(_none) => return false,
            },
        };
        if refused.is_some_and(|refused| refused.turn == now.turn) {
            self.refuse(&now);
        }
        self.0.known().in_vain.take_if(|turn| *turn != now.turn).is_some()
    }

    /// Why the chain gave nothing when it was last asked.
    pub(in crate::api) fn renewal_error(&self) -> Option<String> {
        self.0.known().failure.as_ref().map(|failure| failure.message.clone())
    }

    /// What the chain gave last, whatever became of it.
    pub(super) fn last(&self) -> Option<Held> {
        self.0.known().last.clone()
    }

    /// What the chain gives, unless somebody else asked it since it had been asked so often.
    async fn read(&self, asked: u64) -> Result<Held, Error> {
        self.0.ask(asked).await.unwrap_or_else(|died| {
            Err(Error::local(Cause::CredentialsUnusable, format!("asking for them ended: {died}")))
        })
    }
}

impl Shared {
    /// Asks the chain in a task of its own, which whoever waits may leave: a program that prints
    /// credentials would otherwise be started again and again, and never come to its end.
    fn ask(self: &Arc<Self>, asked: u64) -> tokio::task::JoinHandle<Result<Held, Error>> {
        let shared = Arc::clone(self);
        tokio::spawn(async move {
            let _one_at_a_time = shared.asking.lock().await;
            if shared.known().asked == asked {
                let stamps = shared.chain.stamps();
                let given = shared.chain.provide().await;
                let mut known = shared.known();
                known.asked += 1;
                known.stamps = stamps;
                match given {
                    Ok((provider, credentials)) => {
                        let (id, until) = (credentials.masked_id(), credentials.expires_at);
                        let until = until.map_or("no end".to_owned(), |end| end.to_string());
                        tracing::info!(%id, until, "credentials of {}", text::clean(&provider));
                        known.hold(provider.into(), Arc::new(credentials));
                    }
                    Err(error) => {
                        tracing::warn!("no credentials: {}", text::clean(&error.message));
                        // Those that end do so by themselves: whoever lent them may be away.
                        if error.withdrawn {
                            known.last = known
                                .last
                                .take()
                                .filter(|held| held.credentials.expires_at.is_some());
                        }
                        known.renew_at = known.renew_at.and(clock::now().checked_add(PAUSE).ok());
                        known.vain_at = Some(clock::now());
                        known.failure = Some(Error::local(error.cause, error.message));
                    }
                }
            }
            shared.known().answer(clock::now())
        })
    }

    /// Plain data behind the lock, so that a panic elsewhere leaves nothing half done in it.
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// Whether it is time to look at the files. A clock that was set back keeps nobody from it.
    fn is_to_look(&mut self, now: Timestamp) -> bool {
        let due = self.looked_at.is_none_or(|at| now.duration_since(at).abs() >= LOOK);
        if due {
            self.looked_at = Some(now);
        }
        due
    }

    fn hold(&mut self, provider: Arc<str>, credentials: Arc<Credentials>) {
        self.renew_at = renewal(clock::now(), credentials.expires_at);
        let others = |held: &Held| !held.credentials.same_keys(&credentials);
        let new = self.last.as_ref().is_none_or(others);
        self.turns += u64::from(new);
        self.vain_at = (self.refused && !new).then(clock::now);
        self.last = Some(Held::new(provider, credentials, self.turns));
        self.refused = false;
        self.failure = None;
    }

    /// What may be sent: not refused, and not over.
    fn usable(&self, now: Timestamp) -> Option<Held> {
        self.lasting(now).filter(|_| !self.refused)
    }

    /// What is not over, unless it has only just been given.
    fn lasting(&self, now: Timestamp) -> Option<Held> {
        let lasts = |held: &Held| {
            let fresh = self.failure.is_none() && self.renew_at.is_some_and(|at| now < at);
            held.credentials.expires_at.is_none_or(|end| now < end) || fresh
        };
        self.last.clone().filter(lasts)
    }

    /// What came of asking: a failure takes nothing away that can still be used; and who asked
    /// together gets the same, although one of them was refused with it meanwhile.
    fn answer(&self, now: Timestamp) -> Result<Held, Error> {
        let none = || Error::local(Cause::CredentialsUnusable, "none");
        let held = if self.failure.is_some() { self.usable(now) } else { self.lasting(now) };
        held.ok_or_else(|| self.failure.clone().unwrap_or_else(none))
    }
}

/// When keys that were given now are to be renewed.
fn renewal(now: Timestamp, expires_at: Option<Timestamp>) -> Option<Timestamp> {
    let life = expires_at?.duration_since(now);
    let until = (life - MARGIN.min(life / 5)).max(PAUSE);
    now.checked_add(until).ok()
}

#[cfg(test)]
mod tests;
