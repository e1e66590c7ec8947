//! Hands entries to a thread that appends them to the file (`journal/store.rs`), so that the screen
//! never waits for the disk.
//!
//! Entries reach the thread through a bounded channel, in batches: hundreds of savepoints can
//! change at the same moment. While the disk hangs the channel fills up; entries that find it full
//! are not written, and the writer reports that. At the end it counts the unwritten entries.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::RECENT_ENTRIES;
use super::{Entry, JournalStore};

/// The capacity of the channel in batches, and of the queue in entries while the disk fails.
const CAPACITY: usize = 256;

/// A report of the writer thread to the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriterReport {
    /// The last entries of earlier runs, oldest first.
    Loaded(Vec<Entry>),
    /// The journal cannot be read, for this reason.
    Unreadable(String),
    /// The journal cannot be written, for this reason. The next entry triggers a retry.
    Failing(String),
    /// The disk is so slow that the channel is full: entries are not written.
    Behind,
    Recovered {
        /// How many entries were not written because the channel or the queue was full.
        lost: usize,
    },
}

/// Sends entries to the writer thread. Dropping it ends the thread, once the channel is empty.
#[derive(Debug)]
pub struct JournalWriter {
    entries: mpsc::Sender<Vec<Entry>>,
    /// How many entries found the channel full since the last success.
    dropped: usize,
    unwritten: Arc<Unwritten>,
    pub reports: mpsc::Receiver<WriterReport>,
}

/// Waits for the writer thread to end, after the [`JournalWriter`] was dropped.
#[derive(Debug)]
pub struct WriterHandle {
    ended: oneshot::Receiver<()>,
    unwritten: Arc<Unwritten>,
    store: Option<JournalStore>,
}

/// The count of entries that are not on disk.
#[derive(Debug, Default)]
struct Unwritten {
    /// How many entries, including lost ones that were not reported yet.
    entries: AtomicUsize,
    /// The last error of the disk, if any.
    why: Mutex<Option<String>>,
}

impl Unwritten {
    fn set_why(&self, why: Option<String>) {
        *self.why.lock().unwrap_or_else(PoisonError::into_inner) = why;
    }
}

impl JournalWriter {
    /// Queues entries that belong together. Returns a report when the channel fills up or recovers.
    pub fn record(&mut self, entries: Vec<Entry>) -> Option<WriterReport> {
        let count = entries.len();
        self.unwritten.entries.fetch_add(count, Ordering::Relaxed);
        match self.entries.try_send(entries) {
            Err(TrySendError::Full(_)) => {
                let first = self.dropped == 0;
                self.dropped += count;
                return first.then_some(WriterReport::Behind);
            }
            // There is no store.
            Err(TrySendError::Closed(_)) => {
                self.unwritten.entries.fetch_sub(count, Ordering::Relaxed);
            }
            Ok(()) => {}
        }
        let lost = std::mem::take(&mut self.dropped);
        self.unwritten.entries.fetch_sub(lost, Ordering::Relaxed);
        (lost > 0).then_some(WriterReport::Recovered { lost })
    }
}

impl WriterHandle {
    /// Waits up to `limit` until everything is written. Returns how many entries are not, and why.
    pub async fn finish(self, limit: Duration) -> Option<(usize, String)> {
        let _hangs = timeout(limit, self.ended).await;
        let entries = self.unwritten.entries.load(Ordering::Relaxed);
        let why = self.unwritten.why.lock().unwrap_or_else(PoisonError::into_inner).take();
        let path = || self.store.map(|store| store.path().display().to_string());
        let hangs = || format!("the disk does not answer: {}", path().unwrap_or_default());
        (entries > 0).then(|| (entries, why.unwrap_or_else(hangs)))
    }
}

/// Starts the writer thread; without a store, entries are discarded. Once the [`JournalWriter`] is
/// dropped, the thread writes what is queued and ends.
pub fn spawn_writer(store: Option<JournalStore>) -> (JournalWriter, WriterHandle) {
    let (entries, inbox) = mpsc::channel(CAPACITY);
    let (sender, reports) = mpsc::channel(4);
    let (ending, ended) = oneshot::channel();
    let unwritten = Arc::<Unwritten>::default();
    let handle = WriterHandle { ended, unwritten: Arc::clone(&unwritten), store: store.clone() };
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
    (JournalWriter { entries, dropped: 0, unwritten, reports }, handle)
}

/// Runs the writer thread.
fn run(
    store: &JournalStore,
    mut inbox: mpsc::Receiver<Vec<Entry>>,
    reports: &mpsc::Sender<WriterReport>,
    unwritten: &Unwritten,
) {
    // At the end of the program the receiver is gone.
    let send = |report| drop(reports.blocking_send(report));
    // Read before the first write, so that these are entries of earlier runs only.
    match store.recent(RECENT_ENTRIES) {
        Ok(earlier) => send(WriterReport::Loaded(earlier)),
        Err(error) => send(WriterReport::Unreadable(error_text(store, &error))),
    }
    let mut waiting = VecDeque::new();
    let mut lost = 0;
    let mut failing: Option<String> = None;
    let mut new = Vec::new();
    while inbox.blocking_recv_many(&mut new, CAPACITY) > 0 {
        waiting.extend(new.drain(..).flatten());
        let before = waiting.len();
        let written = store.append(&mut waiting);
        unwritten.entries.fetch_sub(before - waiting.len(), Ordering::Relaxed);
        let excess = waiting.len().saturating_sub(CAPACITY);
        waiting.drain(..excess);
        lost += excess;
        let written = written.map_err(|error| error_text(store, &error));
        unwritten.set_why(written.as_ref().err().cloned());
        match written {
            Ok(()) if failing.take().is_some() => {
                unwritten.entries.fetch_sub(lost, Ordering::Relaxed);
                send(WriterReport::Recovered { lost: std::mem::take(&mut lost) });
            }
            Ok(()) => {}
            Err(why) if failing.as_ref() == Some(&why) => {}
            Err(why) => {
                failing = Some(why.clone());
                send(WriterReport::Failing(why));
            }
        }
    }
}

fn error_text(store: &JournalStore, error: &std::io::Error) -> String {
    format!("{error}: {}", store.path().display())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::store::tests::{append, entry, store};
    use super::*;
    use crate::util::small_file::tests::{SPECIAL, put};

    /// Longer than any write should take.
    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn earlier_entries_come_first_and_new_ones_are_written_before_the_end() {
        let home = tempfile::tempdir().unwrap();
        let store = store(&home, u64::MAX);
        append(&store, 0..2).unwrap();
        let (mut writer, handle) = spawn_writer(Some(store.clone()));
        assert_eq!(writer.record(vec![entry(2)]), None);
        assert_eq!(
            writer.reports.recv().await,
            Some(WriterReport::Loaded(vec![entry(0), entry(1)]))
        );
        assert_eq!(writer.record(vec![entry(3)]), None);
        drop(writer);
        assert_eq!(handle.finish(LONG).await, None);
        assert_eq!(store.recent(10).unwrap(), [entry(0), entry(1), entry(2), entry(3)]);
    }

    #[tokio::test]
    async fn a_batch_larger_than_the_channel_is_written() {
        let home = tempfile::tempdir().unwrap();
        let store = store(&home, u64::MAX);
        let (mut writer, handle) = spawn_writer(Some(store.clone()));
        assert_eq!(writer.record((0..CAPACITY * 3).map(entry).collect()), None);
        drop(writer);
        assert_eq!(handle.finish(LONG).await, None);
        assert_eq!(store.recent(CAPACITY * 4).unwrap().len(), CAPACITY * 3);
    }

    #[tokio::test]
    async fn a_failing_disk_is_reported_once_and_queued_entries_are_written_when_it_recovers() {
        let home = tempfile::tempdir().unwrap();
        let store = store(&home, u64::MAX);
        fs::create_dir_all(store.path().parent().unwrap()).unwrap();
        std::os::unix::fs::symlink("/dev/full", store.path()).unwrap();
        let (mut writer, handle) = spawn_writer(Some(store.clone()));
        assert_eq!(writer.reports.recv().await, Some(WriterReport::Loaded(vec![])));
        writer.record(vec![entry(0)]);
        let Some(WriterReport::Failing(why)) = writer.reports.recv().await else {
            panic!("no trouble")
        };
        assert!(why.starts_with("No space left on device"), "{why}");
        fs::remove_file(store.path()).unwrap();
        writer.record(vec![entry(1)]);
        assert_eq!(writer.reports.recv().await, Some(WriterReport::Recovered { lost: 0 }));
        drop(writer);
        assert_eq!(handle.finish(LONG).await, None);
        assert_eq!(store.recent(10).unwrap(), [entry(0), entry(1)]);
    }

    #[tokio::test]
    async fn while_the_disk_fails_the_oldest_entries_are_dropped_and_counted() {
        let home = tempfile::tempdir().unwrap();
        let store = store(&home, u64::MAX);
        fs::create_dir_all(store.path()).unwrap();
        let (mut writer, handle) = spawn_writer(Some(store.clone()));
        assert!(matches!(writer.reports.recv().await, Some(WriterReport::Unreadable(_))));
        assert_eq!(writer.record((0..=CAPACITY).map(entry).collect()), None);
        assert!(matches!(writer.reports.recv().await, Some(WriterReport::Failing(_))));
        fs::remove_dir(store.path()).unwrap();
        writer.record(vec![entry(CAPACITY + 1)]);
        assert_eq!(writer.reports.recv().await, Some(WriterReport::Recovered { lost: 1 }));
        drop(writer);
        assert_eq!(handle.finish(LONG).await, None);
        let kept: Vec<Entry> = (1..=CAPACITY + 1).map(entry).collect();
        assert_eq!(store.recent(1000).unwrap(), kept);
    }

    #[tokio::test]
    async fn a_full_channel_drops_and_counts_entries_until_there_is_room() {
        let (entries, mut inbox) = mpsc::channel(CAPACITY);
        let (_sender, reports) = mpsc::channel(1);
        let unwritten = Arc::<Unwritten>::default();
        let count = Arc::clone(&unwritten);
        let mut writer = JournalWriter { entries, dropped: 0, unwritten, reports };
        assert!((0..CAPACITY).all(|n| writer.record(vec![entry(n)]).is_none()));
        assert_eq!(writer.record(vec![entry(CAPACITY)]), Some(WriterReport::Behind));
        assert_eq!(writer.record(vec![entry(CAPACITY), entry(CAPACITY)]), None);
        assert_eq!(count.entries.load(Ordering::Relaxed), CAPACITY + 3);
        inbox.recv().await.unwrap();
        assert_eq!(writer.record(vec![entry(CAPACITY)]), Some(WriterReport::Recovered { lost: 3 }));
        inbox.recv().await.unwrap();
        assert_eq!(writer.record(vec![entry(CAPACITY)]), None);
        assert_eq!(
            count.entries.load(Ordering::Relaxed),
            CAPACITY + 2,
            "the lost entries are counted"
        );
    }

    #[tokio::test]
    async fn without_a_store_entries_are_discarded() {
        let (mut writer, handle) = spawn_writer(None);
        assert!((0..=CAPACITY).all(|n| writer.record(vec![entry(n)]).is_none()));
        drop(writer);
        assert_eq!(handle.finish(LONG).await, None);
    }

    #[tokio::test]
    async fn unwritten_entries_are_counted_at_the_end_with_the_reason() {
        let home = tempfile::tempdir().unwrap();
        let store = store(&home, u64::MAX);
        fs::create_dir_all(store.path().parent().unwrap()).unwrap();
        std::os::unix::fs::symlink("/dev/full", store.path()).unwrap();
        let (mut writer, handle) = spawn_writer(Some(store));
        writer.record((0..CAPACITY + 5).map(entry).collect());
        drop(writer);
        let (count, why) = handle.finish(LONG).await.unwrap();
        assert_eq!(count, CAPACITY + 5, "also those that no longer wait");
        assert!(why.starts_with("No space left on device"), "{why}");
    }

    #[tokio::test]
    async fn a_special_file_in_place_of_the_journal_is_reported() {
        let devices = ["zero", "full"];
        for (kind, why) in SPECIAL.into_iter().filter(|(kind, _)| !devices.contains(kind)) {
            let home = tempfile::tempdir().unwrap();
            let store = store(&home, 1 << 20);
            put(kind, &store.path());
            let (mut writer, handle) = spawn_writer(Some(store.clone()));
            writer.record(vec![entry(0)]);
            if kind == "gigabyte" {
                // It is rotated like every journal of this size.
                assert_eq!(writer.reports.recv().await, Some(WriterReport::Loaded(vec![])));
                drop(writer);
                assert_eq!(handle.finish(LONG).await, None);
                assert_eq!(store.recent(10).unwrap(), [entry(0)]);
                continue;
            }
            let Some(WriterReport::Unreadable(read)) = writer.reports.recv().await else {
                panic!("{kind} is read")
            };
            let Some(WriterReport::Failing(written)) = writer.reports.recv().await else {
                panic!("{kind} is written")
            };
            assert!(read.contains(why) && written.contains(why), "{kind}: {read}; {written}");
            drop(writer);
            assert_eq!(handle.finish(LONG).await.unwrap().0, 1);
        }
    }
}
