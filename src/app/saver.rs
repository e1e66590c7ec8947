//! The user's changes on their way to the disk: in order, one write at a time, off the loop.
//!
//! While a write is under way further changes gather, and go together in the next one. What could
//! not be written is kept, and tried again with the next change and at the end.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::{JoinError, JoinHandle, spawn_blocking};
use tokio::time::timeout;

use crate::watch_list::{Edit, Error, SetAside, Store};

/// How long the end of the program waits for the disk.
const LAST_WRITE: Duration = Duration::from_secs(1);

/// Writes down what the user changes.
#[derive(Debug, Default)]
pub(super) struct Saver {
    /// Nowhere, where nothing is to be kept.
    store: Option<Arc<Store>>,
    unsaved: Vec<Edit>,
    under_way: Option<JoinHandle<Written>>,
}

/// What was to be written, and how that ended.
type Written = (Vec<Edit>, Result<Option<SetAside>, Error>);

impl Saver {
    pub(super) fn new(store: Option<Store>) -> Self {
        Self { store: store.map(Arc::new), unsaved: Vec::new(), under_way: None }
    }

    /// Takes some changes; each is a part of exactly one write.
    pub(super) fn save(&mut self, edits: Vec<Edit>) {
        for edit in edits {
            if !matches!(edit, Edit::Add(..) | Edit::Follow(..)) {
                self.unsaved.retain(|earlier| !edit.supersedes(earlier));
            }
            self.unsaved.push(edit);
        }
        self.write();
    }

    /// The end of the write that is under way, in words for the user where there is something to
    /// say; never, where there is none. Can be dropped and asked again.
    pub(super) async fn saved(&mut self) -> Result<Option<String>, String> {
        let Some(under_way) = &mut self.under_way else { return std::future::pending().await };
        let ended = under_way.await;
        self.under_way = None;
        let (edits, result) = ended.map_err(|error: JoinError| error.to_string())?;
        match result {
            Ok(aside) => {
                self.write();
                Ok(aside.map(|aside| aside.to_string()))
            }
            Err(error) => {
                self.unsaved.splice(0..0, edits);
                Err(error.to_string())
            }
        }
    }

    /// Writes what is left, unless the disk does not answer.
    pub(super) async fn finish(mut self) {
        self.write();
        let all = async { while self.under_way.is_some() && self.saved().await.is_ok() {} };
        let _disk_hangs = timeout(LAST_WRITE, all).await;
    }

    /// Begins the next write, where there is something to write and none is under way.
    fn write(&mut self) {
        let Some(store) = &self.store else { return self.unsaved.clear() };
        if self.under_way.is_some() || self.unsaved.is_empty() {
            return;
        }
        let (store, edits) = (Arc::clone(store), std::mem::take(&mut self.unsaved));
        self.under_way = Some(spawn_blocking(move || {
            let result = store.edit(&edits);
            (edits, result)
        }));
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;
    use crate::endpoint::Endpoint;
    use crate::environment::Environment;
    use crate::savepoint::{Namespace, Place, SavepointId, Target, Workspace};
    use crate::watch_list::Remark;

    fn store(home: &TempDir) -> Store {
        Store::of(&Environment::of([("HOME", home.path().to_str().unwrap())])).unwrap()
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
        vec![Edit::Add(target(id), Remark { note: String::new(), added_at })]
    }

    fn ids(store: &Store) -> Vec<String> {
        store.read().unwrap().watched.keys().map(|target| target.id.to_string()).collect()
    }

    #[tokio::test]
    async fn changes_during_a_write_go_together_in_the_next() {
        let home = TempDir::new().unwrap();
        let mut saver = Saver::new(Some(store(&home)));
        saver.save(add("a"));
        saver.save(add("b"));
        saver.save(vec![Edit::Remove(target("a"))]);
        saver.save(add("c"));
        assert_eq!(saver.unsaved.len(), 3, "gathered while the first is under way");
        assert_eq!(saver.saved().await, Ok(None));
        assert_eq!(ids(&store(&home)), ["a"]);
        assert_eq!(saver.saved().await, Ok(None));
        assert_eq!(ids(&store(&home)), ["b", "c"]);
        assert!(saver.under_way.is_none());
    }

    #[tokio::test]
    async fn the_end_waits_for_all_of_them() {
        let home = TempDir::new().unwrap();
        let mut saver = Saver::new(Some(store(&home)));
        saver.save(add("a"));
        saver.save(add("b"));
        saver.finish().await;
        assert_eq!(ids(&store(&home)), ["a", "b"]);
    }

    #[tokio::test]
    async fn what_could_not_be_written_is_written_with_the_next_change() {
        let home = TempDir::new().unwrap();
        let in_the_way = home.path().join(".local");
        fs::write(&in_the_way, "").unwrap();
        let mut saver = Saver::new(Some(store(&home)));
        saver.save(add("a"));
        assert!(saver.saved().await.unwrap_err().contains("watch-list"));
        fs::remove_file(&in_the_way).unwrap();
        saver.save(add("b"));
        assert_eq!(saver.saved().await, Ok(None));
        assert_eq!(ids(&store(&home)), ["a", "b"]);
    }

    #[tokio::test]
    async fn a_disk_that_refuses_does_not_keep_the_program_from_ending() {
        let home = TempDir::new().unwrap();
        fs::write(home.path().join(".local"), "").unwrap();
        let mut saver = Saver::new(Some(store(&home)));
        saver.save(add("a"));
        saver.finish().await;
    }

    #[tokio::test]
    async fn with_no_store_nothing_gathers() {
        let mut saver = Saver::new(None);
        saver.save(add("a"));
        assert!(saver.unsaved.is_empty() && saver.under_way.is_none());
    }
}
