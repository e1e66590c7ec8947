//! Keeps the journal on disk without ever making the screen wait for it.
//!
//! Entries go through a bounded channel to a thread of their own, so that they never wait behind
//! other work that blocks. What is observed at once goes together, for hundreds of savepoints can
//! be lost in one moment. A disk that hangs fills the channel, and what then finds no room is lost
//! to the disk, which is said. At the end, what is not on the disk is counted.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::RECENT_ENTRIES;
use super::{Entry, JournalStore};

/// How many times something was observed may wait to be written; and how many entries, where the
/// disk fails.
const ROOM: usize = 256;

/// What there is to tell about the journal on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriterReport {
    /// What earlier runs observed last, oldest first.
    Loaded(Vec<Entry>),
    /// It cannot be read: why.
    Unreadable(String),
    /// It cannot be written: why. What waits is tried again with the next entry.
    Failing(String),
    /// The disk is so slow that entries find no room to wait, and are lost to it.
    Behind,
    /// It is written again.
    Recovered {
        /// How many entries found no room to wait, and are lost to it.
        lost: usize,
    },
}

/// Takes the entries that are to be kept.
#[derive(Debug)]
pub struct JournalWriter {
    entries: mpsc::Sender<Vec<Entry>>,
    /// How many found no room since the last that did.
    refused: usize,
    unwritten: Arc<Unwritten>,
    /// What there is to tell.
    pub reports: mpsc::Receiver<WriterReport>,
}

/// The end of keeping, once the keeper is dropped.
#[derive(Debug)]
pub struct WriterHandle {
    ended: oneshot::Receiver<()>,
    unwritten: Arc<Unwritten>,
    store: Option<JournalStore>,
}

/// What is not on the disk.
#[derive(Debug, Default)]
struct Unwritten {
    /// How many entries, including those that are lost but were not told to be.
    entries: AtomicUsize,
    /// Why, as far as the disk says.
    why: Mutex<Option<String>>,
}

impl Unwritten {
    fn set_why(&self, why: Option<String>) {
        *self.why.lock().unwrap_or_else(PoisonError::into_inner) = why;
    }
}

impl JournalWriter {
    /// Leaves entries to be written together; what there is to tell about the room for them.
    pub fn record(&mut self, entries: Vec<Entry>) -> Option<WriterReport> {
        let count = entries.len();
        self.unwritten.entries.fetch_add(count, Ordering::Relaxed);
        match self.entries.try_send(entries) {
            Err(TrySendError::Full(_)) => {
                let first = self.refused == 0;
                self.refused += count;
                return first.then_some(WriterReport::Behind);
            }
            // There is no journal to be kept.
            Err(TrySendError::Closed(_)) => {
                self.unwritten.entries.fetch_sub(count, Ordering::Relaxed);
            }
            Ok(()) => {}
        }
        let lost = std::mem::take(&mut self.refused);
        self.unwritten.entries.fetch_sub(lost, Ordering::Relaxed);
        (lost > 0).then_some(WriterReport::Recovered { lost })
    }
}

impl WriterHandle {
    /// Waits until everything is written, but no longer than `limit`; how many entries are not
    /// written by then, and why.
    pub async fn finish(self, limit: Duration) -> Option<(usize, String)> {
        let _hangs = timeout(limit, self.ended).await;
        let entries = self.unwritten.entries.load(Ordering::Relaxed);
        let why = self.unwritten.why.lock().unwrap_or_else(PoisonError::into_inner).take();
        let path = || self.store.map(|store| store.path().display().to_string());
        let hangs = || format!("the disk does not answer: {}", path().unwrap_or_default());
        (entries > 0).then(|| (entries, why.unwrap_or_else(hangs)))
    }
}

/// Begins to keep the journal in a store, or nowhere. The thread ends, after it has written what
/// waits, when the keeper is dropped.
pub fn spawn_writer(store: Option<JournalStore>) -> (JournalWriter, WriterHandle) {
    let (entries, inbox) = mpsc::channel(ROOM);
    let (sender, reports) = mpsc::channel(4);
    let (ending, ended) = oneshot::channel();
    let unwritten = Arc::<Unwritten>::default();
    let kept = WriterHandle { ended, unwritten: Arc::clone(&unwritten), store: store.clone() };
    if let Some(store) = store {
        let (unwritten, failed) = (Arc::clone(&unwritten), sender.clone());
        let thread = std::thread::Builder::new().name("journal".into()).spawn(move || {
            run(&store, inbox, &sender, &unwritten);
            drop(ending);
        });
        if let Err(error) = thread {
            let _has_room = failed.try_send(WriterReport::Failing(error.to_string()));
        }
    }
    (JournalWriter { entries, refused: 0, unwritten, reports }, kept)
}

/// The thread.
fn run(
    store: &JournalStore,
    mut inbox: mpsc::Receiver<Vec<Entry>>,
    reports: &mpsc::Sender<WriterReport>,
    unwritten: &Unwritten,
) {
    // Nobody listens to the last reports of all: the program is being left.
    let tell = |report| drop(reports.blocking_send(report));
    // Before anything is written, so that this run's own entries are not among the earlier ones.
    match store.recent(RECENT_ENTRIES) {
        Ok(earlier) => tell(WriterReport::Loaded(earlier)),
        Err(error) => tell(WriterReport::Unreadable(complaint(store, &error))),
    }
    let mut waiting = VecDeque::new();
    let mut lost = 0;
    let mut failing: Option<String> = None;
    let mut new = Vec::new();
    while inbox.blocking_recv_many(&mut new, ROOM) > 0 {
        waiting.extend(new.drain(..).flatten());
        let before = waiting.len();
        let written = store.append(&mut waiting);
        unwritten.entries.fetch_sub(before - waiting.len(), Ordering::Relaxed);
        let excess = waiting.len().saturating_sub(ROOM);
        waiting.drain(..excess);
        lost += excess;
        let written = written.map_err(|error| complaint(store, &error));
        unwritten.set_why(written.as_ref().err().cloned());
        match written {
            Ok(()) if failing.take().is_some() => {
                unwritten.entries.fetch_sub(lost, Ordering::Relaxed);
                tell(WriterReport::Recovered { lost: std::mem::take(&mut lost) });
            }
            Ok(()) => {}
            Err(why) if failing.as_ref() == Some(&why) => {}
            Err(why) => {
                failing = Some(why.clone());
                tell(WriterReport::Failing(why));
            }
        }
    }
}

fn complaint(store: &JournalStore, error: &std::io::Error) -> String {
    format!("{error}: {}", store.path().display())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::store::tests::{append, entry, store};
    use super::*;
    use crate::util::small_file::tests::{SPECIAL, put};

    /// Longer than any write takes.
    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn earlier_entries_come_first_and_new_ones_are_written_before_the_end() {
        let home = tempfile::tempdir().unwrap();
        let store = store(&home, u64::MAX);
        append(&store, 0..2).unwrap();
        let (mut keeper, kept) = spawn_writer(Some(store.clone()));
        assert_eq!(keeper.record(vec![entry(2)]), None);
        assert_eq!(
            keeper.reports.recv().await,
            Some(WriterReport::Loaded(vec![entry(0), entry(1)]))
        );
        assert_eq!(keeper.record(vec![entry(3)]), None);
        drop(keeper);
        assert_eq!(kept.finish(LONG).await, None);
        assert_eq!(store.recent(10).unwrap(), [entry(0), entry(1), entry(2), entry(3)]);
    }

    #[tokio::test]
    async fn whatever_is_observed_at_once_is_written() {
        let home = tempfile::tempdir().unwrap();
        let store = store(&home, u64::MAX);
        let (mut keeper, kept) = spawn_writer(Some(store.clone()));
        assert_eq!(keeper.record((0..ROOM * 3).map(entry).collect()), None);
        drop(keeper);
        assert_eq!(kept.finish(LONG).await, None);
        assert_eq!(store.recent(ROOM * 4).unwrap().len(), ROOM * 3);
    }

    #[tokio::test]
    async fn trouble_is_told_once_and_what_waits_is_written_when_it_ends() {
        let home = tempfile::tempdir().unwrap();
        let store = store(&home, u64::MAX);
        fs::create_dir_all(store.path().parent().unwrap()).unwrap();
        std::os::unix::fs::symlink("/dev/full", store.path()).unwrap();
        let (mut keeper, kept) = spawn_writer(Some(store.clone()));
        assert_eq!(keeper.reports.recv().await, Some(WriterReport::Loaded(vec![])));
        keeper.record(vec![entry(0)]);
        let Some(WriterReport::Failing(why)) = keeper.reports.recv().await else {
            panic!("no trouble")
        };
        assert!(why.starts_with("No space left on device"), "{why}");
        fs::remove_file(store.path()).unwrap();
        keeper.record(vec![entry(1)]);
        assert_eq!(keeper.reports.recv().await, Some(WriterReport::Recovered { lost: 0 }));
        drop(keeper);
        assert_eq!(kept.finish(LONG).await, None);
        assert_eq!(store.recent(10).unwrap(), [entry(0), entry(1)]);
    }

    #[tokio::test]
    async fn during_trouble_the_oldest_give_way_and_are_counted() {
        let home = tempfile::tempdir().unwrap();
        let store = store(&home, u64::MAX);
        fs::create_dir_all(store.path()).unwrap();
        let (mut keeper, kept) = spawn_writer(Some(store.clone()));
        assert!(matches!(keeper.reports.recv().await, Some(WriterReport::Unreadable(_))));
        assert_eq!(keeper.record((0..=ROOM).map(entry).collect()), None);
        assert!(matches!(keeper.reports.recv().await, Some(WriterReport::Failing(_))));
        fs::remove_dir(store.path()).unwrap();
        keeper.record(vec![entry(ROOM + 1)]);
        assert_eq!(keeper.reports.recv().await, Some(WriterReport::Recovered { lost: 1 }));
        drop(keeper);
        assert_eq!(kept.finish(LONG).await, None);
        let kept: Vec<Entry> = (1..=ROOM + 1).map(entry).collect();
        assert_eq!(store.recent(1000).unwrap(), kept);
    }

    #[tokio::test]
    async fn a_full_channel_refuses_and_counts_until_there_is_room() {
        let (entries, mut inbox) = mpsc::channel(ROOM);
        let (_sender, reports) = mpsc::channel(1);
        let unwritten = Arc::<Unwritten>::default();
        let count = Arc::clone(&unwritten);
        let mut keeper = JournalWriter { entries, refused: 0, unwritten, reports };
        assert!((0..ROOM).all(|n| keeper.record(vec![entry(n)]).is_none()));
        assert_eq!(keeper.record(vec![entry(ROOM)]), Some(WriterReport::Behind));
        assert_eq!(keeper.record(vec![entry(ROOM), entry(ROOM)]), None);
        assert_eq!(count.entries.load(Ordering::Relaxed), ROOM + 3);
        inbox.recv().await.unwrap();
        assert_eq!(keeper.record(vec![entry(ROOM)]), Some(WriterReport::Recovered { lost: 3 }));
        inbox.recv().await.unwrap();
        assert_eq!(keeper.record(vec![entry(ROOM)]), None);
        assert_eq!(count.entries.load(Ordering::Relaxed), ROOM + 2, "those lost were told");
    }

    #[tokio::test]
    async fn without_a_store_everything_is_taken() {
        let (mut keeper, kept) = spawn_writer(None);
        assert!((0..=ROOM).all(|n| keeper.record(vec![entry(n)]).is_none()));
        drop(keeper);
        assert_eq!(kept.finish(LONG).await, None);
    }

    #[tokio::test]
    async fn what_is_not_written_at_the_end_is_counted_with_the_reason() {
        let home = tempfile::tempdir().unwrap();
        let store = store(&home, u64::MAX);
        fs::create_dir_all(store.path().parent().unwrap()).unwrap();
        std::os::unix::fs::symlink("/dev/full", store.path()).unwrap();
        let (mut keeper, kept) = spawn_writer(Some(store));
        keeper.record((0..ROOM + 5).map(entry).collect());
        drop(keeper);
        let (count, why) = kept.finish(LONG).await.unwrap();
        assert_eq!(count, ROOM + 5, "also those that no longer wait");
        assert!(why.starts_with("No space left on device"), "{why}");
    }

    #[tokio::test]
    async fn whatever_stands_in_the_journal_s_place_is_said() {
        let devices = ["zero", "full"];
        for (kind, why) in SPECIAL.into_iter().filter(|(kind, _)| !devices.contains(kind)) {
            let home = tempfile::tempdir().unwrap();
            let store = store(&home, 1 << 20);
            put(kind, &store.path());
            let (mut keeper, kept) = spawn_writer(Some(store.clone()));
            keeper.record(vec![entry(0)]);
            if kind == "gigabyte" {
                // It is put aside like every journal that is long enough.
                assert_eq!(keeper.reports.recv().await, Some(WriterReport::Loaded(vec![])));
                drop(keeper);
                assert_eq!(kept.finish(LONG).await, None);
                assert_eq!(store.recent(10).unwrap(), [entry(0)]);
                continue;
            }
            let Some(WriterReport::Unreadable(read)) = keeper.reports.recv().await else {
                panic!("{kind} is read")
            };
            let Some(WriterReport::Failing(written)) = keeper.reports.recv().await else {
                panic!("{kind} is written")
            };
            assert!(read.contains(why) && written.contains(why), "{kind}: {read}; {written}");
            drop(keeper);
            assert_eq!(kept.finish(LONG).await.unwrap().0, 1);
        }
    }
}
