use std::fs;
use std::fs::File;

use rustix::fs::{FlockOperation, flock};
use tempfile::TempDir;

use super::*;
use crate::domain::endpoint::Endpoint;
use crate::domain::savepoint::{Namespace, Place, SavepointId, Target, Workspace};
use crate::storage::watch_list::Annotation;
use crate::util::environment::Environment;

/// Longer than any write takes.
const LONG: Duration = Duration::from_secs(60);

fn store(home: &TempDir) -> WatchListStore {
    WatchListStore::from_environment(&Environment::of([("HOME", home.path().to_str().unwrap())]))
        .unwrap()
}

fn target(id: &str) -> Target {
    let place = Place {
        endpoint: Endpoint::of_region("cn-hangzhou").unwrap(),
        workspace: Workspace::new("w").unwrap(),
        namespace: Namespace::new("n").unwrap(),
        profile: None,
    };
    Target { place, id: SavepointId::new(id).unwrap() }
}

fn add(id: &str) -> Vec<Edit> {
    let added_at = "2026-11-23T03:00:00Z".parse().unwrap();
    vec![Edit::Add(target(id), Annotation { note: String::new(), added_at })]
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

/// Waits until the thread has met the lock.
fn wait_for_the_lock(saver: &WatchListWriter) {
    let queue = saver.queue.as_ref().unwrap();
    let within = std::time::Instant::now() + LONG;
    while queue.lock().lock_holder.is_none() {
        assert!(std::time::Instant::now() < within, "no writer waits");
        std::thread::yield_now();
    }
}

#[tokio::test]
async fn changes_during_a_write_go_together_in_the_next() {
    let home = TempDir::new().unwrap();
    let held = hold(&store(&home));
    let mut saver = WatchListWriter::new(Some(store(&home)));
    saver.save(add("a"));
    wait_for_the_lock(&saver);
    saver.save(add("b"));
    saver.save(vec![Edit::Remove(target("a"))]);
    saver.save(add("c"));
    assert_eq!(saver.queue.as_ref().unwrap().lock().unsaved.len(), 3, "gathered meanwhile");
    drop(held);
    assert_eq!(saver.saved().await, Ok(None));
    assert_eq!(saver.saved().await, Ok(None));
    assert_eq!(ids(&store(&home)), ["b", "c"]);
    assert!(saver.queue.as_ref().unwrap().lock().is_empty());
}

#[tokio::test]
async fn the_end_lock_holder_all_of_them() {
    let home = TempDir::new().unwrap();
    let held = hold(&store(&home));
    let mut saver = WatchListWriter::new(Some(store(&home)));
    saver.save(add("a"));
    wait_for_the_lock(&saver);
    saver.save(add("b"));
    drop(held);
    assert_eq!(saver.finish(LONG).await, None);
    assert_eq!(ids(&store(&home)), ["a", "b"]);
}

#[tokio::test]
async fn what_could_not_be_written_is_written_with_the_next_change() {
    let home = TempDir::new().unwrap();
    let in_the_way = home.path().join(".local");
    fs::write(&in_the_way, "").unwrap();
    let mut saver = WatchListWriter::new(Some(store(&home)));
    saver.save(add("a"));
    assert!(saver.saved().await.unwrap_err().contains("watch-list"));
    fs::remove_file(&in_the_way).unwrap();
    saver.save(add("b"));
    assert_eq!(saver.saved().await, Ok(None));
    assert_eq!(ids(&store(&home)), ["a", "b"]);
}

#[tokio::test]
async fn what_could_not_be_written_is_tried_once_more_at_the_end() {
    let home = TempDir::new().unwrap();
    let in_the_way = home.path().join(".local");
    fs::write(&in_the_way, "").unwrap();
    let mut saver = WatchListWriter::new(Some(store(&home)));
    saver.save(add("a"));
    assert!(saver.saved().await.is_err());
    fs::remove_file(&in_the_way).unwrap();
    assert_eq!(saver.finish(LONG).await, None);
    assert_eq!(ids(&store(&home)), ["a"]);
}

#[tokio::test]
async fn a_disk_that_refuses_does_not_keep_the_program_from_ending_and_loses_nothing_in_silence() {
    let home = TempDir::new().unwrap();
    fs::write(home.path().join(".local"), "").unwrap();
    let mut saver = WatchListWriter::new(Some(store(&home)));
    saver.save(add("a"));
    let unsaved = saver.finish(LONG).await.unwrap();
    assert_eq!(unsaved.edits, add("a"));
    assert!(unsaved.why.contains("watch-list.lock"), "{}", unsaved.why);
}

#[tokio::test]
async fn a_lock_that_is_held_at_the_end_is_named_with_what_is_not_saved() {
    let home = TempDir::new().unwrap();
    let _held = hold(&store(&home));
    let mut saver = WatchListWriter::new(Some(store(&home)));
    saver.save(add("a"));
    wait_for_the_lock(&saver);
    saver.save(add("b"));
    let unsaved = saver.finish(Duration::ZERO).await.unwrap();
    assert_eq!(unsaved.edits, [add("a"), add("b")].concat());
    assert!(unsaved.why.contains("watch-list.lock is held by"), "{}", unsaved.why);
}

#[tokio::test]
async fn with_no_store_nothing_gathers() {
    let mut saver = WatchListWriter::new(None);
    saver.save(add("a"));
    assert_eq!(saver.finish(LONG).await, None);
}
