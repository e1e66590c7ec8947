use std::fs;
use std::fs::File;

use rustix::fs::{FlockOperation, flock};
use tempfile::TempDir;

use super::*;
use crate::storage::watch_list;
use crate::storage::watch_list::tests::target;
use crate::util::environment::Environment;

/// Longer than any write takes.
const LONG: Duration = Duration::from_secs(60);

fn store(home: &TempDir) -> WatchListStore {
    WatchListStore::from_environment(&Environment::of([("HOME", home.path().to_str().unwrap())]))
        .unwrap()
}

fn add(id: &str) -> Vec<Edit> {
    vec![watch_list::tests::add(id, "")]
}

fn ids(store: &WatchListStore) -> Vec<String> {
    store.read().unwrap().watched.keys().map(|target| target.id.to_string()).collect()
}

/// Holds the lock, as another program does.
fn hold(store: &WatchListStore) -> File {
    store.edit(&[]).unwrap();
    let lock = File::open(store.path().with_file_name("watch-list.lock")).unwrap();
    flock(&lock, FlockOperation::LockExclusive).unwrap();
    lock
}

/// Waits until the writer thread has found the lock held.
fn wait_for_the_lock(writer: &WatchListWriter) {
    let queue = writer.queue.as_ref().unwrap();
    let within = std::time::Instant::now() + LONG;
    while queue.lock().lock_holder.is_none() {
        assert!(std::time::Instant::now() < within, "no writer waits for the lock");
        std::thread::yield_now();
    }
}

#[tokio::test]
async fn edits_during_a_write_are_saved_together_by_the_next() {
    let home = TempDir::new().unwrap();
    let held = hold(&store(&home));
    let mut writer = WatchListWriter::new(Some(store(&home)));
    writer.save(add("a"));
    wait_for_the_lock(&writer);
    writer.save(add("b"));
    writer.save(vec![Edit::Remove(target("a"))]);
    writer.save(add("c"));
    assert_eq!(writer.queue.as_ref().unwrap().lock().unsaved.len(), 3, "gathered meanwhile");
    drop(held);
    assert_eq!(writer.saved().await, Ok(None));
    assert_eq!(writer.saved().await, Ok(None));
    assert_eq!(ids(&store(&home)), ["b", "c"]);
    assert!(writer.queue.as_ref().unwrap().lock().is_empty());
}

#[tokio::test]
async fn finish_waits_until_all_edits_are_saved() {
    let home = TempDir::new().unwrap();
    let held = hold(&store(&home));
    let mut writer = WatchListWriter::new(Some(store(&home)));
    writer.save(add("a"));
    wait_for_the_lock(&writer);
    writer.save(add("b"));
    drop(held);
    assert_eq!(writer.finish(LONG).await, None);
    assert_eq!(ids(&store(&home)), ["a", "b"]);
}

#[tokio::test]
async fn a_failed_edit_is_saved_with_the_next_one() {
    let home = TempDir::new().unwrap();
    let in_the_way = home.path().join(".local");
    fs::write(&in_the_way, "").unwrap();
    let mut writer = WatchListWriter::new(Some(store(&home)));
    writer.save(add("a"));
    assert!(writer.saved().await.unwrap_err().contains("watch-list"));
    fs::remove_file(&in_the_way).unwrap();
    writer.save(add("b"));
    assert_eq!(writer.saved().await, Ok(None));
    assert_eq!(ids(&store(&home)), ["a", "b"]);
}

#[tokio::test]
async fn finish_retries_a_failed_edit() {
    let home = TempDir::new().unwrap();
    let in_the_way = home.path().join(".local");
    fs::write(&in_the_way, "").unwrap();
    let mut writer = WatchListWriter::new(Some(store(&home)));
    writer.save(add("a"));
    assert!(writer.saved().await.is_err());
    fs::remove_file(&in_the_way).unwrap();
    assert_eq!(writer.finish(LONG).await, None);
    assert_eq!(ids(&store(&home)), ["a"]);
}

#[tokio::test]
async fn finish_returns_what_a_failing_disk_does_not_take() {
    let home = TempDir::new().unwrap();
    fs::write(home.path().join(".local"), "").unwrap();
    let mut writer = WatchListWriter::new(Some(store(&home)));
    writer.save(add("a"));
    let unsaved = writer.finish(LONG).await.unwrap();
    assert_eq!(unsaved.edits, add("a"));
    assert!(unsaved.why.contains("watch-list.lock"), "{}", unsaved.why);
}

#[tokio::test]
async fn finish_names_a_held_lock_and_the_unsaved_edits() {
    let home = TempDir::new().unwrap();
    let _held = hold(&store(&home));
    let mut writer = WatchListWriter::new(Some(store(&home)));
    writer.save(add("a"));
    wait_for_the_lock(&writer);
    writer.save(add("b"));
    let unsaved = writer.finish(Duration::ZERO).await.unwrap();
    assert_eq!(unsaved.edits, [add("a"), add("b")].concat());
    assert!(unsaved.why.contains("watch-list.lock is held by"), "{}", unsaved.why);
}

#[tokio::test]
async fn without_a_store_nothing_is_queued() {
    let mut writer = WatchListWriter::new(None);
    writer.save(add("a"));
    assert_eq!(writer.finish(LONG).await, None);
}
