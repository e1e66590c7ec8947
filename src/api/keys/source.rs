//! The keys that one chain gives, and when it is asked again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::Held;
use crate::api::error::{Cause, Error};
use crate::clock;
use crate::credentials::{Chain, Stamps};
use crate::text;

/// How long before their end temporary keys are renewed, unless a fifth of their life is less.
const MARGIN: SignedDuration = SignedDuration::from_mins(15);

/// The least time between two renewals, also when one failed or this machine's clock is wrong.
const PAUSE: SignedDuration = SignedDuration::from_secs(60);

/// How long a failure is the answer for all who ask: each savepoint of a list does.
const FAILED: SignedDuration = SignedDuration::from_secs(5);

/// The least time between two looks at the chain's files.
const LOOK: SignedDuration = SignedDuration::from_secs(1);

/// One chain and what it gave last; clones share it.
#[derive(Debug, Clone)]
pub(in crate::api) struct Source(Arc<Shared>);

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
    /// When that was.
    failed_at: Option<Timestamp>,
    /// When `last` is to be renewed, if ever.
    renew_at: Option<Timestamp>,
    /// What the chain's files looked like when it was last asked.
    stamps: Stamps,
    /// When they were last looked at.
    looked_at: Option<Timestamp>,
    /// How often the chain was asked.
    asked: u64,
}

impl Source {
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
            (known.looked_at, known.failed_at) = (None, None);
        }
        self.keys().await
    }

    async fn keys_at(&self, now: Timestamp) -> Result<Held, Error> {
        let (held, failure, asked, due) = {
            let mut known = self.0.known();
            let current = !known.is_to_look(now) || known.stamps == self.0.chain.stamps();
            let due = known.renew_at.is_some_and(|at| at <= now);
            let failure = known.lately_failed(now).filter(|_| current);
            (known.usable(now).filter(|_| current), failure, known.asked, due)
        };
        match (held, failure) {
            (Some(held), _) if due => {
                drop(self.0.ask(asked));
                Ok(held)
            }
            (Some(held), _) => Ok(held),
            (None, Some(failure)) => Err(failure),
            (None, None) => self.read(asked).await,
        }
    }

    /// Other keys than those that were refused, if the chain has them by now.
    ///
    /// # Errors
    /// Why it has none at all.
    pub(super) async fn instead_of(&self, refused: &Held) -> Result<Option<Held>, Error> {
        self.refuse(refused);
        let held = self.keys().await?;
        if held.credentials.same_keys(&refused.credentials) {
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

    /// Asks the chain; whether it gave other keys than the last time.
    pub(in crate::api) async fn reload(&self) -> bool {
        let (before, was_refused, asked) = {
            let known = self.0.known();
            (known.last.clone(), known.refused, known.asked)
        };
        let Ok(now) = self.read(asked).await else { return false };
        let same = before.is_some_and(|before| before.credentials.same_keys(&now.credentials));
        if same && was_refused {
            self.refuse(&now);
        }
        !same
    }

    /// Why the chain gave nothing when it was last asked.
    pub(in crate::api) fn not_renewed(&self) -> Option<String> {
        self.0.known().failure.as_ref().map(|failure| failure.message.clone())
    }

    /// What the chain gave last, whatever became of it.
    pub(super) fn last(&self) -> Option<Held> {
        self.0.known().last.clone()
    }

    /// What the chain gives, unless somebody else asked it since it had been asked so often.
    async fn read(&self, asked: u64) -> Result<Held, Error> {
        self.0.ask(asked).await.unwrap_or_else(|died| {
            Err(Error::local(Cause::NoCredentials, format!("asking for them ended: {died}")))
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
                        let credentials = Arc::new(credentials);
                        known.hold(Held { provider: provider.into(), credentials });
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
                        known.failed_at = Some(clock::now());
                        known.failure = Some(Error::local(error.cause, error.message));
                    }
                }
            }
            shared.known().answer()
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

    /// Why there is nothing, where that was found out only just now.
    fn lately_failed(&self, now: Timestamp) -> Option<Error> {
        let lately = self.failed_at.is_some_and(|at| now.duration_since(at).abs() < FAILED);
        self.failure.clone().filter(|_| lately)
    }

    fn hold(&mut self, held: Held) {
        self.renew_at = renewal(clock::now(), held.credentials.expires_at);
        self.last = Some(held);
        self.refused = false;
        self.failure = None;
    }

    /// What may be sent: not refused, and not over, unless it has only just been given.
    fn usable(&self, now: Timestamp) -> Option<Held> {
        let lasts = |held: &Held| {
            let fresh = self.failure.is_none() && self.renew_at.is_some_and(|at| now < at);
            held.credentials.expires_at.is_none_or(|end| now < end) || fresh
        };
        self.last.clone().filter(lasts).filter(|_| !self.refused)
    }

    /// What came of asking: a failure takes nothing away that can still be used.
    fn answer(&self) -> Result<Held, Error> {
        let none = || Error::local(Cause::NoCredentials, "none");
        self.usable(clock::now()).ok_or_else(|| self.failure.clone().unwrap_or_else(none))
    }
}

/// When keys that were given now are to be renewed.
fn renewal(now: Timestamp, expires_at: Option<Timestamp>) -> Option<Timestamp> {
    let life = expires_at?.duration_since(now);
    let until = (life - MARGIN.min(life / 5)).max(PAUSE);
    now.checked_add(until).ok()
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::path::PathBuf;

    use super::*;
    use crate::credentials::{Credentials, CredentialsError, Declined, Provider, Way};

    /// Gives these one after the other, then fails; written down in a file, if in any.
    #[derive(Debug, Default, Clone)]
    struct Script(Arc<Mutex<VecDeque<Credentials>>>, Option<PathBuf>);

    impl Provider for Script {
        fn name(&self) -> String {
            "script".to_owned()
        }

        fn way(&self) -> Result<Way, Declined> {
            let next = self.0.lock().unwrap().pop_front();
            Ok(Way::Keys(next.ok_or_else(|| CredentialsError::new("out of keys"))?))
        }

        fn files(&self) -> Vec<PathBuf> {
            self.1.iter().cloned().collect()
        }
    }

    /// Keys that last this many seconds from now.
    fn lasting(id: &str, seconds: i64) -> Credentials {
        Credentials {
            access_key_id: id.to_owned(),
            access_key_secret: "hunter2".into(),
            security_token: Some("hunter3".into()),
            expires_at: Some(clock::now() + SignedDuration::from_secs(seconds)),
        }
    }

    fn keys(given: impl IntoIterator<Item = Credentials>) -> (Source, Script) {
        let script = Script(Arc::new(Mutex::new(given.into_iter().collect())), None);
        (Source::new(Chain::new(vec![Box::new(script.clone())])), script)
    }

    async fn id(keys: &Source) -> Result<String, String> {
        let held = keys.keys().await.map_err(|error| error.message)?;
        Ok(held.credentials.access_key_id.clone())
    }

    /// As if the time to renew had come.
    fn make_due(keys: &Source) {
        keys.0.known().renew_at = Some(clock::now());
    }

    /// Until the chain was asked so often.
    async fn asked(keys: &Source, times: u64) {
        let all = async {
            while keys.0.known().asked < times {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(30), all).await.unwrap();
    }

    #[rstest::rstest]
    #[case::long(36_000, Some(36_000 - 900))]
    #[case::an_hour(3600, Some(2880))]
    #[case::the_shortest(900, Some(720))]
    #[case::over_already(-60, Some(60))]
    #[case::about_to_end(5, Some(60))]
    fn keys_are_renewed_before_they_end(#[case] life: i64, #[case] after: Option<i64>) {
        let now = Timestamp::UNIX_EPOCH;
        let at = renewal(now, Some(now + SignedDuration::from_secs(life)));
        assert_eq!(at.map(Timestamp::as_second), after);
        assert_eq!(renewal(now, None), None);
    }

    #[tokio::test]
    async fn a_renewal_keeps_no_request_waiting() {
        let (keys, _) = keys([lasting("old", 3600), lasting("new", 3600)]);
        assert_eq!(id(&keys).await.unwrap(), "old");
        make_due(&keys);
        assert_eq!(id(&keys).await.unwrap(), "old");
        asked(&keys, 2).await;
        assert_eq!(id(&keys).await.unwrap(), "new");
    }

    #[tokio::test]
    async fn a_renewal_that_fails_takes_nothing_away_and_is_not_tried_at_once_again() {
        let (keys, _) = keys([lasting("old", 3600)]);
        id(&keys).await.unwrap();
        make_due(&keys);
        for _ in 0..5 {
            assert_eq!(id(&keys).await.unwrap(), "old");
            asked(&keys, 2).await;
        }
        assert_eq!(keys.0.known().asked, 2);
        assert_eq!(keys.not_renewed().unwrap(), "out of keys");
    }

    #[tokio::test]
    async fn keys_that_are_over_are_not_sent() {
        let (keys, script) = keys([lasting("old", -1)]);
        assert_eq!(id(&keys).await.unwrap(), "old", "this clock may be wrong");
        make_due(&keys);
        assert_eq!(id(&keys).await.unwrap_err(), "out of keys");
        script.0.lock().unwrap().push_back(lasting("new", 3600));
        assert_eq!(keys.keys_as_of_now().await.unwrap().credentials.access_key_id, "new");
    }

    #[tokio::test]
    async fn the_files_are_looked_at_once_a_second() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let given = ["old", "new"].map(|id| lasting(id, 3600));
        let script = Script(Arc::new(Mutex::new(given.into())), Some(file.path().to_owned()));
        let keys = Source::new(Chain::new(vec![Box::new(script)]));
        let begin = clock::now();
        let at = async |millis| {
            let held = keys.keys_at(begin + SignedDuration::from_millis(millis)).await.unwrap();
            held.credentials.access_key_id.clone()
        };
        assert_eq!(at(0).await, "old");
        std::fs::write(file.path(), "changed").unwrap();
        assert_eq!(at(999).await, "old");
        assert_eq!(at(1000).await, "new");
        assert_eq!(at(-5000).await, "new", "with a clock that was set back they are looked at");
    }

    #[tokio::test]
    async fn a_failure_is_the_answer_for_all_for_a_while() {
        let (keys, script) = keys([]);
        for _ in 0..3 {
            assert_eq!(id(&keys).await.unwrap_err(), "out of keys");
        }
        assert_eq!(keys.0.known().asked, 1);
        let later = clock::now() + FAILED;
        assert!(keys.keys_at(later).await.is_err());
        assert_eq!(keys.0.known().asked, 2);
        script.0.lock().unwrap().push_back(lasting("new", 3600));
        assert!(keys.reload().await, "reading again does not wait");
        assert_eq!(id(&keys).await.unwrap(), "new");
    }

    #[tokio::test]
    async fn who_asks_together_is_answered_together() {
        let (keys, _) = keys([lasting("one", 3600), lasting("two", 3600)]);
        let (first, second) = tokio::join!(id(&keys), id(&keys));
        assert_eq!((first.unwrap(), second.unwrap()), ("one".to_owned(), "one".to_owned()));
        assert_eq!(keys.0.known().asked, 1);
    }

    #[tokio::test]
    async fn what_was_refused_is_replaced_or_its_failure_told() {
        let (keys, _) = keys([lasting("old", 3600), lasting("new", 3600)]);
        let old = keys.keys().await.unwrap();
        let new = keys.instead_of(&old).await.unwrap().unwrap();
        assert_eq!(new.credentials.access_key_id, "new");
        let error = keys.instead_of(&new).await.unwrap_err();
        assert_eq!((error.cause, error.message.as_str()), (Cause::NoCredentials, "out of keys"));
    }
}
