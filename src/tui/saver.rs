//! The user's changes on their way to the disk: in order, one write at a time, off the loop.
//!
//! They are written by a thread of their own: in the runtime's pool they would wait behind names
//! that do not resolve. While a write is in progress further changes gather, and go together in the
//! next one. What could not be written is kept, and tried again with the next change and at the
//! end; what is left then is given back, to be shown to the user.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use crate::storage::watch_list::{Edit, WatchList, WatchListStore};
use crate::tui::message::Outcome;

/// How one write ended: something to tell the user if something was found amiss, or why it failed.
type Saved = Result<Option<String>, String>;

/// How long the end of the terminal waits for what is being written.
const LAST_WRITE: Duration = Duration::from_secs(1);

/// The changes of this program. Global, because the threads that end it do not reach the [`Saver`].
static CHANGES: Mutex<Option<Arc<Queue>>> = Mutex::new(None);

/// Waits up to a second for what the user has changed to be on the disk.
pub(super) fn wait_until_saved() {
    let queue = CHANGES.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let until = std::time::Instant::now() + LAST_WRITE;
    let is_busy = |queue: &Arc<Queue>| {
        let changes = queue.lock();
        !changes.is_empty() && !changes.is_idle()
    };
    while queue.as_ref().is_some_and(is_busy) && std::time::Instant::now() < until {
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// How many ends of writes wait to be told.
const ROOM: usize = 16;

/// Writes down what the user changes.
#[derive(Debug)]
pub(super) struct Saver {
    /// Nowhere, where nothing is to be kept.
    queue: Option<Arc<Queue>>,
    ends: mpsc::Receiver<Saved>,
}

/// Changes that are not on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unsaved {
    pub(super) edits: Vec<Edit>,
    pub(super) why: String,
}

impl Saver {
    pub(super) fn new(store: Option<WatchListStore>) -> Self {
        let (told, ends) = mpsc::channel(ROOM);
        let queue = store.map(|store| {
            let changes = Mutex::default();
            let queue = Arc::new(Queue { store, changes, changed: Condvar::new(), told });
            *CHANGES.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&queue));
            queue
        });
        Self { queue, ends }
    }

    /// Reads what was watched the last time, on another thread: while the disk does not answer, the
    /// program goes on without it.
    pub(super) fn read(&self, allow_http: bool) -> impl Future<Output = Outcome> + Send + 'static {
        let (sender, list) = oneshot::channel();
        if let Some(queue) = self.queue.clone() {
            let read = move || drop(sender.send(queue.store.restore(allow_http)));
            // Without a thread the sender is dropped, and that is said.
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

    /// Takes some changes; each is a part of exactly one write.
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

    /// The end of a write, with something to say about it, perhaps; never, where nothing is written.
    /// Can be dropped and asked again.
    pub(super) async fn saved(&mut self) -> Saved {
        match self.ends.recv().await {
            Some(end) => end,
            None => std::future::pending().await,
        }
    }

    /// Writes what is left, unless that takes longer than `limit`; what is not written by then.
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
                    return Some(Unsaved { edits: changes.all(), why });
                }
            }
            if timeout_at(until, self.ends.recv()).await.is_err() {
                let changes = queue.lock();
                let why = changes.waits_for.clone().unwrap_or_else(|| {
                    format!("the disk does not answer: {}", queue.store.path().display())
                });
                return (!changes.is_empty()).then(|| Unsaved { edits: changes.all(), why });
            }
        }
    }
}

/// What the loop and the thread share.
#[derive(Debug)]
struct Queue {
    store: WatchListStore,
    changes: Mutex<Changes>,
    changed: Condvar,
    told: mpsc::Sender<Saved>,
}

/// Changes on their way.
#[derive(Debug, Default)]
struct Changes {
    unsaved: Vec<Edit>,
    /// What is being written.
    writing: Vec<Edit>,
    /// Whether to try once more, as soon as nothing is being written.
    wanted: bool,
    /// Whether the thread has been started.
    running: bool,
    /// Why the last write failed.
    failed: Option<String>,
    /// The program that holds the lock now.
    waits_for: Option<String>,
}

impl Changes {
    fn is_empty(&self) -> bool {
        self.unsaved.is_empty() && self.writing.is_empty()
    }

    /// Whether nothing happens before somebody wants it.
    fn is_idle(&self) -> bool {
        self.writing.is_empty() && !self.wanted
    }

    fn all(&self) -> Vec<Edit> {
        [&self.writing[..], &self.unsaved].concat()
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Changes> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has what is unsaved written; the thread starts with the first change.
    fn wake(self: &Arc<Self>) {
        let mut changes = self.lock();
        changes.wanted = true;
        if !changes.running {
            let queue = Arc::clone(self);
            let started =
                std::thread::Builder::new().name("saver".into()).spawn(move || queue.run());
            match started {
                Ok(_) => changes.running = true,
                Err(error) => {
                    changes.wanted = false;
                    changes.failed = Some(error.to_string());
                    let _full = self.told.try_send(Err(error.to_string()));
                }
            }
        }
        drop(changes);
        self.changed.notify_one();
    }

    /// The thread, which lives as long as the program.
    fn run(&self) {
        loop {
            let changes = self.lock();
            let changes = self.changed.wait_while(changes, |changes| !changes.wanted);
            let mut changes = changes.unwrap_or_else(PoisonError::into_inner);
            changes.wanted = false;
            if changes.unsaved.is_empty() {
                continue;
            }
            changes.writing = std::mem::take(&mut changes.unsaved);
            let edits = changes.writing.clone();
            drop(changes);
            let mut waiting = |holder: &str| self.lock().waits_for = Some(holder.to_owned());
            let result = self.store.edit_reporting_wait(&edits, &mut waiting);
            let mut changes = self.lock();
            changes.waits_for = None;
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
            // Nobody listens any more once the program is left.
            let _left = self.told.blocking_send(end);
        }
    }
}

#[cfg(test)]
mod tests;
