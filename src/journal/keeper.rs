//! Keeps the journal on disk without ever making the screen wait for it.
//!
//! Entries go through a bounded channel to one task, which writes them on a thread of the pool
//! for blocking work: there is one only while something is written. What is observed at once goes
//! together, for hundreds of savepoints can be lost in one moment. A disk that hangs fills the
//! channel, and what then finds no room is lost to the disk, which is said.

use std::collections::VecDeque;

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::task::{JoinHandle, spawn_blocking};

use super::ROOM as REMEMBERED;
use super::{Entry, Store};

/// How many times something was observed may wait to be written; and how many entries, where the
/// disk fails.
const ROOM: usize = 256;

/// What there is to tell about the journal on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// What earlier runs observed last, oldest first.
    Loaded(Vec<Entry>),
    /// It cannot be read: why.
    Unreadable(String),
    /// It cannot be written: why. What waits is tried again with the next entry.
    Failing(String),
    /// The disk is so slow that entries find no room to wait, and are lost to it.
    Behind,
    /// It is written again.
    Mended {
        /// How many entries found no room to wait, and are lost to it.
        lost: usize,
    },
}

/// Takes the entries that are to be kept.
#[derive(Debug)]
pub struct Keeper {
    entries: mpsc::Sender<Vec<Entry>>,
    /// How many found no room since the last that did.
    refused: usize,
    /// What there is to tell.
    pub reports: mpsc::Receiver<Report>,
}

impl Keeper {
    /// Leaves entries to be written together; what there is to tell about the room for them.
    pub fn record(&mut self, entries: Vec<Entry>) -> Option<Report> {
        if let Err(TrySendError::Full(refused)) = self.entries.try_send(entries) {
            let first = self.refused == 0;
            self.refused += refused.len();
            return first.then_some(Report::Behind);
        }
        let lost = std::mem::take(&mut self.refused);
        (lost > 0).then_some(Report::Mended { lost })
    }
}

/// Begins to keep the journal in a store, or nowhere. The task ends, after it has written what
/// waits, when the keeper is dropped.
///
/// # Panics
/// Outside a tokio runtime.
pub fn keep(store: Option<Store>) -> (Keeper, JoinHandle<()>) {
    let (entries, inbox) = mpsc::channel(ROOM);
    let (sender, reports) = mpsc::channel(4);
    let task = tokio::spawn(async move {
        if let Some(store) = store {
            run(store, inbox, sender).await;
        }
    });
    (Keeper { entries, refused: 0, reports }, task)
}

async fn run(store: Store, mut inbox: mpsc::Receiver<Vec<Entry>>, reports: mpsc::Sender<Report>) {
    // Nobody listens to the last reports of all: the program is being left.
    let tell = async |report| drop(reports.send(report).await);
    let reader = store.clone();
    // Before anything is written, so that this run's own entries are not among the earlier ones.
    match spawn_blocking(move || reader.recent(REMEMBERED)).await {
        Ok(Ok(earlier)) => tell(Report::Loaded(earlier)).await,
        Ok(Err(error)) => tell(Report::Unreadable(complaint(&store, &error))).await,
        Err(_shut_down) => return,
    }
    let mut waiting = VecDeque::new();
    let mut lost = 0;
    let mut failing: Option<String> = None;
    let mut new = Vec::new();
    while inbox.recv_many(&mut new, ROOM).await > 0 {
        waiting.extend(new.drain(..).flatten());
        let writer = store.clone();
        let mut batch = std::mem::take(&mut waiting);
        let write = spawn_blocking(move || {
            let written = writer.append(&mut batch);
            (batch, written)
        });
        let Ok((unwritten, written)) = write.await else { return };
        waiting = unwritten;
        let excess = waiting.len().saturating_sub(ROOM);
        waiting.drain(..excess);
        lost += excess;
        match written.map_err(|error| complaint(&store, &error)) {
            Ok(()) if failing.take().is_some() => {
                tell(Report::Mended { lost: std::mem::take(&mut lost) }).await;
            }
            Ok(()) => {}
            Err(why) if failing.as_ref() == Some(&why) => {}
            Err(why) => {
                failing = Some(why.clone());
                tell(Report::Failing(why)).await;
            }
        }
    }
}

fn complaint(store: &Store, error: &std::io::Error) -> String {
    format!("{error}: {}", store.path().display())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::store::tests::{append, entry, store};
    use super::*;

    #[tokio::test]
    async fn earlier_entries_come_first_and_new_ones_are_written_before_the_end() {
        let home = tempfile::tempdir().unwrap();
        let store = store(&home, u64::MAX);
        append(&store, 0..2).unwrap();
        let (mut keeper, task) = keep(Some(store.clone()));
        assert_eq!(keeper.record(vec![entry(2)]), None);
        assert_eq!(keeper.reports.recv().await, Some(Report::Loaded(vec![entry(0), entry(1)])));
        assert_eq!(keeper.record(vec![entry(3)]), None);
        drop(keeper);
        task.await.unwrap();
        assert_eq!(store.recent(10).unwrap(), [entry(0), entry(1), entry(2), entry(3)]);
    }

    #[tokio::test]
    async fn whatever_is_observed_at_once_is_written() {
        let home = tempfile::tempdir().unwrap();
        let store = store(&home, u64::MAX);
        let (mut keeper, task) = keep(Some(store.clone()));
        assert_eq!(keeper.record((0..ROOM * 3).map(entry).collect()), None);
        drop(keeper);
        task.await.unwrap();
        assert_eq!(store.recent(ROOM * 4).unwrap().len(), ROOM * 3);
    }

    #[tokio::test]
    async fn trouble_is_told_once_and_what_waits_is_written_when_it_ends() {
        let home = tempfile::tempdir().unwrap();
        let store = store(&home, u64::MAX);
        fs::create_dir_all(store.path().parent().unwrap()).unwrap();
        std::os::unix::fs::symlink("/dev/full", store.path()).unwrap();
        let (mut keeper, task) = keep(Some(store.clone()));
        assert_eq!(keeper.reports.recv().await, Some(Report::Loaded(vec![])));
        keeper.record(vec![entry(0)]);
        let Some(Report::Failing(why)) = keeper.reports.recv().await else { panic!("no trouble") };
        assert!(why.starts_with("No space left on device"), "{why}");
        fs::remove_file(store.path()).unwrap();
        keeper.record(vec![entry(1)]);
        assert_eq!(keeper.reports.recv().await, Some(Report::Mended { lost: 0 }));
        drop(keeper);
        task.await.unwrap();
        assert_eq!(store.recent(10).unwrap(), [entry(0), entry(1)]);
    }

    #[tokio::test]
    async fn during_trouble_the_oldest_give_way_and_are_counted() {
        let home = tempfile::tempdir().unwrap();
        let store = store(&home, u64::MAX);
        fs::create_dir_all(store.path()).unwrap();
        let (mut keeper, task) = keep(Some(store.clone()));
        assert_eq!(keeper.reports.recv().await, Some(Report::Loaded(vec![])));
        assert_eq!(keeper.record((0..=ROOM).map(entry).collect()), None);
        assert!(matches!(keeper.reports.recv().await, Some(Report::Failing(_))));
        fs::remove_dir(store.path()).unwrap();
        keeper.record(vec![entry(ROOM + 1)]);
        assert_eq!(keeper.reports.recv().await, Some(Report::Mended { lost: 1 }));
        drop(keeper);
        task.await.unwrap();
        let kept: Vec<Entry> = (1..=ROOM + 1).map(entry).collect();
        assert_eq!(store.recent(1000).unwrap(), kept);
    }

    #[tokio::test]
    async fn a_full_channel_refuses_and_counts_until_there_is_room() {
        let home = tempfile::tempdir().unwrap();
        let (mut keeper, _task) = keep(Some(store(&home, u64::MAX)));
        // The task has not run yet.
        assert!((0..ROOM).all(|n| keeper.record(vec![entry(n)]).is_none()));
        assert_eq!(keeper.record(vec![entry(ROOM)]), Some(Report::Behind));
        assert_eq!(keeper.record(vec![entry(ROOM), entry(ROOM)]), None);
        assert_eq!(keeper.reports.recv().await, Some(Report::Loaded(vec![])));
        // It has taken what waits, and begins to write.
        tokio::task::yield_now().await;
        assert_eq!(keeper.record(vec![entry(ROOM)]), Some(Report::Mended { lost: 3 }));
        assert_eq!(keeper.record(vec![entry(ROOM)]), None);
    }

    #[tokio::test]
    async fn without_a_store_everything_is_taken() {
        let (mut keeper, task) = keep(None);
        task.await.unwrap();
        assert!((0..=ROOM).all(|n| keeper.record(vec![entry(n)]).is_none()));
    }
}
