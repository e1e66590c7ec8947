//! When the chain runs, and which result requests get.

use std::collections::VecDeque;
use std::path::PathBuf;

use super::*;
use crate::api::credentials::{CredentialSource, CredentialsError, Declined, Provider};

/// Returns these credentials one after the other, then fails. Reports the file as its own.
#[derive(Debug, Default, Clone)]
struct Script(Arc<Mutex<VecDeque<Credentials>>>, Option<PathBuf>);

impl Provider for Script {
    fn name(&self) -> String {
        "script".to_owned()
    }

    fn source(&self) -> Result<CredentialSource, Declined> {
        let next = self.0.lock().unwrap().pop_front();
        Ok(CredentialSource::Keys(next.ok_or_else(|| CredentialsError::new("out of keys"))?))
    }

    fn files(&self) -> Vec<PathBuf> {
        self.1.iter().cloned().collect()
    }
}

/// Credentials that expire after this many seconds.
fn expiring_in(id: &str, seconds: i64) -> Credentials {
    Credentials {
        access_key_id: id.to_owned(),
        access_key_secret: "hunter2".into(),
        security_token: Some("hunter3".into()),
        expires_at: Some(clock::now() + SignedDuration::from_secs(seconds)),
    }
}

fn keys(given: impl IntoIterator<Item = Credentials>) -> (CachedProvider, Script) {
    let script = Script(Arc::new(Mutex::new(given.into_iter().collect())), None);
    (CachedProvider::new(Chain::new(vec![Box::new(script.clone())])), script)
}

async fn id(keys: &CachedProvider) -> Result<String, String> {
    let held = keys.get().await.map_err(|error| error.message)?;
    Ok(held.credentials.access_key_id.clone())
}

/// Makes a renewal due.
fn make_due(keys: &CachedProvider) {
    keys.0.state().renew_at = Some(clock::now());
}

/// Waits until the chain has run this often.
async fn asked(keys: &CachedProvider, times: u64) {
    let all = async {
        while keys.0.state().fetches < times {
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
fn credentials_are_renewed_before_they_expire(#[case] life: i64, #[case] after: Option<i64>) {
    let now = Timestamp::UNIX_EPOCH;
    let at = renewal_time(now, Some(now + SignedDuration::from_secs(life)));
    assert_eq!(at.map(Timestamp::as_second), after);
    assert_eq!(renewal_time(now, None), None);
}

#[tokio::test]
async fn requests_do_not_wait_for_a_renewal() {
    let (keys, _) = keys([expiring_in("old", 3600), expiring_in("new", 3600)]);
    assert_eq!(id(&keys).await.unwrap(), "old");
    make_due(&keys);
    assert_eq!(id(&keys).await.unwrap(), "old");
    asked(&keys, 2).await;
    assert_eq!(id(&keys).await.unwrap(), "new");
}

#[tokio::test]
async fn a_failed_renewal_keeps_the_credentials_and_is_not_retried_at_once() {
    let (keys, _) = keys([expiring_in("old", 3600)]);
    id(&keys).await.unwrap();
    make_due(&keys);
    for _ in 0..5 {
        assert_eq!(id(&keys).await.unwrap(), "old");
        asked(&keys, 2).await;
    }
    assert_eq!(keys.0.state().fetches, 2);
    assert_eq!(keys.renewal_error().unwrap(), "out of keys");
}

#[tokio::test]
async fn expired_credentials_are_not_used() {
    let (keys, script) = keys([expiring_in("old", -1)]);
    assert_eq!(id(&keys).await.unwrap(), "old", "this clock may be wrong");
    make_due(&keys);
    assert_eq!(id(&keys).await.unwrap_err(), "out of keys");
    script.0.lock().unwrap().push_back(expiring_in("new", 3600));
    assert_eq!(keys.get_fresh().await.unwrap().credentials.access_key_id, "new");
}

#[tokio::test]
async fn files_are_checked_once_a_second() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let given = ["old", "new"].map(|id| expiring_in(id, 3600));
    let script = Script(Arc::new(Mutex::new(given.into())), Some(file.path().to_owned()));
    let keys = CachedProvider::new(Chain::new(vec![Box::new(script)]));
    let begin = clock::now();
    let at = async |millis| {
        let held = keys.get_at(begin + SignedDuration::from_millis(millis)).await.unwrap();
        held.credentials.access_key_id.clone()
    };
    assert_eq!(at(0).await, "old");
    std::fs::write(file.path(), "changed").unwrap();
    assert_eq!(at(999).await, "old");
    assert_eq!(at(1000).await, "new");
    assert_eq!(at(-5000).await, "new", "with a clock that was set back they are looked at");
}

#[tokio::test]
async fn a_failure_is_cached_for_a_while() {
    let (keys, script) = keys([]);
    keys.add_waiter(None);
    for _ in 0..3 {
        assert_eq!(id(&keys).await.unwrap_err(), "out of keys");
    }
    assert_eq!(keys.0.state().fetches, 1);
    let later = clock::now() + FAILURE_TTL;
    assert!(keys.get_at(later).await.is_err());
    assert_eq!(keys.0.state().fetches, 2);
    script.0.lock().unwrap().push_back(expiring_in("new", 3600));
    assert!(keys.reload(true).await, "reading again does not wait");
    assert_eq!(id(&keys).await.unwrap(), "new");
}

#[tokio::test]
async fn a_late_rejection_of_old_credentials_does_not_hide_newer_ones() {
    let (keys, _) = keys([expiring_in("old", 3600), expiring_in("new", 3600)]);
    let old = keys.get().await.unwrap();
    assert!(!keys.reload(true).await, "no request waits for new credentials");
    let new = keys.replacement_for(&old).await.unwrap().unwrap();
    assert_eq!((old.generation, new.generation), (1, 2));
    keys.add_waiter(Some(&new));
    keys.add_waiter(Some(&old));
    assert!(keys.reload(true).await, "a request used the old ones");
}

#[tokio::test]
async fn usable_temporary_credentials_are_not_fetched_again() {
    let (keys, _) = keys([expiring_in("one", 3600), expiring_in("two", 3600)]);
    keys.add_waiter(Some(&keys.get().await.unwrap()));
    assert!(!keys.reload(true).await, "it is the permission that lacks");
    assert_eq!(keys.0.state().fetches, 1);
    make_due(&keys);
    id(&keys).await.unwrap();
    asked(&keys, 2).await;
    assert!(keys.reload(false).await, "renewed credentials count for background requests, too");
}

#[tokio::test]
async fn reload_without_need_checks_the_files_and_does_not_run_the_chain() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let given = ["old", "new"].map(|id| Credentials { expires_at: None, ..expiring_in(id, 0) });
    let script = Script(Arc::new(Mutex::new(given.into())), Some(file.path().to_owned()));
    let keys = CachedProvider::new(Chain::new(vec![Box::new(script)]));
    keys.add_waiter(Some(&keys.get().await.unwrap()));
    assert!(!keys.reload(false).await);
    assert_eq!(keys.0.state().fetches, 1);
    std::fs::write(file.path(), "changed").unwrap();
    assert!(keys.reload(false).await);
    assert_eq!(id(&keys).await.unwrap(), "new");
}

/// A program that takes a while and always prints the same keys.
#[derive(Debug)]
struct Slow;

impl Provider for Slow {
    fn name(&self) -> String {
        "slow".to_owned()
    }

    fn source(&self) -> Result<CredentialSource, Declined> {
        let keys = r#"{"mode":"AK","access_key_id":"LTAI.1","access_key_secret":"hunter2"}"#;
        Ok(CredentialSource::Command(
            format!("sh -c \"sleep 0.1; echo '{}'\"", keys.replace('"', "\\\"")).into(),
        ))
    }
}

#[tokio::test]
async fn concurrent_rejections_share_one_run_of_the_chain() {
    let keys = CachedProvider::new(Chain::new(vec![Box::new(Slow)]));
    let old = keys.get().await.unwrap();
    let mut others: tokio::task::JoinSet<_> = (0..4)
        .map(|_| {
            let (keys, old) = (keys.clone(), old.clone());
            async move { keys.replacement_for(&old).await.map(|held| held.is_some()) }
        })
        .collect();
    while let Some(replaced) = others.join_next().await {
        assert_eq!(replaced.unwrap(), Ok(false), "there are no others");
    }
    assert_eq!(id(&keys).await.unwrap(), "LTAI.1", "an early request uses these");
    assert_eq!(keys.0.state().fetches, 2);
    keys.add_waiter(Some(&old));
    assert!(!keys.reload(true).await);
}

#[tokio::test]
async fn concurrent_requests_share_one_run_of_the_chain() {
    let (keys, _) = keys([expiring_in("one", 3600), expiring_in("two", 3600)]);
    let (first, second) = tokio::join!(id(&keys), id(&keys));
    assert_eq!((first.unwrap(), second.unwrap()), ("one".to_owned(), "one".to_owned()));
    assert_eq!(keys.0.state().fetches, 1);
}

#[tokio::test]
async fn rejected_credentials_are_replaced_or_the_failure_is_returned() {
    let (keys, _) = keys([expiring_in("old", 3600), expiring_in("new", 3600)]);
    let old = keys.get().await.unwrap();
    let new = keys.replacement_for(&old).await.unwrap().unwrap();
    assert_eq!(new.credentials.access_key_id, "new");
    let error = keys.replacement_for(&new).await.unwrap_err();
    assert_eq!((error.cause, error.message.as_str()), (Cause::CredentialsUnusable, "out of keys"));
}
