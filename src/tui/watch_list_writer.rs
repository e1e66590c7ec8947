//! Saves the user's edits of the watch list: in order, one write at a time, off the event loop.
//!
//! A dedicated thread writes: in the runtime's blocking pool writes would queue behind slow DNS
//! lookups. Edits made during a write go together into the next one. Edits that could not be
//! written are kept and retried with the next edit and at exit; [`WatchListWriter::finish`] returns
//! those that are left.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use crate::storage::watch_list::{Edit, WatchList, WatchListStore};
use crate::tui::message::Outcome;

/// The result of one write: perhaps a remark for the user, or why it failed.
type SaveResult = Result<Option<String>, String>;

/// How long a hang-up waits for the write in progress.
const EXIT_TIMEOUT: Duration = Duration::from_secs(1);

/// The pending edits. Global, because the hang-up thread has no access to the [`WatchListWriter`].
static PENDING: Mutex<Option<Arc<Queue>>> = Mutex::new(None);

/// Waits up to [`EXIT_TIMEOUT`] for the edits to be written.
pub(super) fn wait_until_saved() {
    let queue = PENDING.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let until = std::time::Instant::now() + EXIT_TIMEOUT;
    let is_busy = |queue: &Arc<Queue>| {
        let changes = queue.lock();
        !changes.is_empty() && !changes.is_idle()
    };
    while queue.as_ref().is_some_and(is_busy) && std::time::Instant::now() < until {
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The most results that wait for the event loop.
const MAX_RESULTS: usize = 16;

#[derive(Debug)]
pub(super) struct WatchListWriter {
    /// `None` if the watch list is not saved.
    queue: Option<Arc<Queue>>,
    results: mpsc::Receiver<SaveResult>,
}

/// Edits that could not be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unsaved {
    pub(super) edits: Vec<Edit>,
    pub(super) why: String,
}

impl WatchListWriter {
    pub(super) fn new(store: Option<WatchListStore>) -> Self {
        let (results_sender, results) = mpsc::channel(MAX_RESULTS);
        let queue = store.map(|store| {
            let changes = Mutex::default();
            let queue = Arc::new(Queue { store, changes, changed: Condvar::new(), results_sender });
            *PENDING.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&queue));
            queue
        });
        Self { queue, results }
    }

    /// Reads the saved watch list on another thread, so that a slow disk does not block the program.
    pub(super) fn read(&self, allow_http: bool) -> impl Future<Output = Outcome> + Send + 'static {
        let (sender, list) = oneshot::channel();
        if let Some(queue) = self.queue.clone() {
            let read = move || drop(sender.send(queue.store.restore(allow_http)));
            // Without a thread the sender is dropped, which is reported below.
            let _no_thread = std::thread::Builder::new().name("watch list".into()).spawn(read);
        }
        async {
            let (list, words) = list.await.unwrap_or_else(|_not_sent| {
                let why = "no watch list: the thread that reads it did not start";
                (WatchList::default(), Some(why.to_owned()))
            });
            Outcome::WatchListRead(Box::new(list), words)
        }
    }

    /// Queues edits for the next write. An edit replaces queued ones that it supersedes.
    pub(super) fn save(&mut self, edits: Vec<Edit>) {
        let Some(queue) = &self.queue else { return };
        let mut changes = queue.lock();
        for edit in edits {
            if !matches!(edit, Edit::Add(..) | Edit::Follow(..)) {
                changes.unsaved.retain(|earlier| !edit.supersedes(earlier));
            }
            changes.unsaved.push(edit);
        }
        drop(changes);
        queue.wake();
    }

    /// Waits for the result of a write; pending forever if nothing is saved. Cancel safe.
    pub(super) async fn saved(&mut self) -> SaveResult {
        match self.results.recv().await {
            Some(result) => result,
            None => std::future::pending().await,
        }
    }

    /// Writes the remaining edits; returns those that are not written within `limit`.
    pub(super) async fn finish(mut self, limit: Duration) -> Option<Unsaved> {
        let queue = self.queue.take()?;
        let until = Instant::now() + limit;
        if !queue.lock().is_empty() {
            queue.wake();
        }
        loop {
            {
                let mut changes = queue.lock();
                if changes.is_empty() {
                    return None;
                }
                if changes.is_idle() {
                    let why = changes.failed.take().unwrap_or_default();
                    return Some(Unsaved { edits: changes.all_edits(), why });
                }
            }
            if timeout_at(until, self.results.recv()).await.is_err() {
                let changes = queue.lock();
                let why = changes.lock_holder.clone().unwrap_or_else(|| {
                    format!("the disk does not answer: {}", queue.store.path().display())
                });
                return (!changes.is_empty()).then(|| Unsaved { edits: changes.all_edits(), why });
            }
        }
    }
}

/// Shared by the event loop and the writing thread.
#[derive(Debug)]
struct Queue {
    store: WatchListStore,
    changes: Mutex<Changes>,
    changed: Condvar,
    results_sender: mpsc::Sender<SaveResult>,
}

#[derive(Debug, Default)]
struct Changes {
    unsaved: Vec<Edit>,
    /// The edits of the write in progress.
    writing: Vec<Edit>,
    /// Whether to write again after the write in progress.
    write_requested: bool,
    /// Whether the thread has been started.
    running: bool,
    /// Why the last write failed.
    failed: Option<String>,
    /// The program that holds the file's lock, while the write waits for it.
    lock_holder: Option<String>,
}

impl Changes {
    fn is_empty(&self) -> bool {
        self.unsaved.is_empty() && self.writing.is_empty()
    }

    /// Whether no write is in progress or requested.
    fn is_idle(&self) -> bool {
        self.writing.is_empty() && !self.write_requested
    }

    fn all_edits(&self) -> Vec<Edit> {
        [&self.writing[..], &self.unsaved].concat()
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Changes> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Requests a write; starts the thread with the first one.
    fn wake(self: &Arc<Self>) {
        let mut changes = self.lock();
        changes.write_requested = true;
        if !changes.running {
            let queue = Arc::clone(self);
            let started =
                std::thread::Builder::new().name("saver".into()).spawn(move || queue.run());
            match started {
                Ok(_) => changes.running = true,
                Err(error) => {
                    changes.write_requested = false;
                    changes.failed = Some(error.to_string());
                    let _full = self.results_sender.try_send(Err(error.to_string()));
                }
            }
        }
        drop(changes);
        self.changed.notify_one();
    }

    /// The thread's loop, which never ends.
    fn run(&self) {
        loop {
            let changes = self.lock();
            let changes = self.changed.wait_while(changes, |changes| !changes.write_requested);
            let mut changes = changes.unwrap_or_else(PoisonError::into_inner);
            changes.write_requested = false;
            if changes.unsaved.is_empty() {
                continue;
            }
            changes.writing = std::mem::take(&mut changes.unsaved);
            let edits = changes.writing.clone();
            drop(changes);
            let mut report_wait = |holder: &str| self.lock().lock_holder = Some(holder.to_owned());
            let result = self.store.edit_reporting_wait(&edits, &mut report_wait);
            let mut changes = self.lock();
            changes.lock_holder = None;
            let edits = std::mem::take(&mut changes.writing);
            let end = match result {
                Ok(aside) => {
                    changes.failed = None;
                    Ok(aside.map(|aside| aside.to_string()))
                }
                Err(error) => {
                    changes.unsaved.splice(0..0, edits);
                    changes.failed = Some(error.to_string());
                    Err(error.to_string())
                }
            };
            drop(changes);
            // Fails once the event loop has ended.
            let _loop_ended = self.results_sender.blocking_send(end);
        }
    }
}

#[cfg(test)]
mod tests;
