//! The journal's files: append and rotate.
//!
//! The file is opened for every batch of lines. So the store notices when another program rotated
//! it, when the folder was removed, and when a failed disk works again.

use std::collections::VecDeque;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use super::Entry;
use crate::util::environment::Environment;
use crate::util::small_file::{self, Accept};

/// The size in bytes from which the current file is rotated.
const LIMIT: u64 = 10 * 1024 * 1024;

/// How many older files are kept beside the current one.
pub(super) const MAX_OLD_FILES: usize = 5;

/// Neither `XDG_STATE_HOME` nor `HOME` is set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no place for the journal: set XDG_STATE_HOME or HOME")]
pub struct NoStateDir;

/// The journal's folder and its rotation.
#[derive(Debug, Clone)]
pub struct JournalStore {
    folder: PathBuf,
    limit: u64,
}

impl JournalStore {
    /// The store in `$XDG_STATE_HOME/savepeek`, by default `~/.local/state/savepeek`. Creates nothing.
    ///
    /// # Errors
    /// [`NoStateDir`] without either variable.
    pub fn from_environment(environment: &Environment) -> Result<Self, NoStateDir> {
        let folder = environment.state_directory().ok_or(NoStateDir)?;
        Ok(Self { folder, limit: LIMIT })
    }

    pub fn path(&self) -> PathBuf {
        self.file(0)
    }

    /// The path of a file by its number: 0 is the current file, higher numbers are older.
    pub(super) fn file(&self, number: usize) -> PathBuf {
        match number {
            0 => self.folder.join("journal.jsonl"),
            _ => self.folder.join(format!("journal.{number}.jsonl")),
        }
    }

    /// Appends entries, oldest first, and removes written ones from the front. Writes each with one
    /// call, so that lines of several programs do not mix. Blocks for as long as the disk does.
    pub(crate) fn append(&self, entries: &mut VecDeque<Entry>) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        let mut file = self.open()?;
        if file.metadata()?.len() >= self.limit {
            self.rotate()?;
            file = self.open()?;
        }
        let mut torn = ends_torn(&file)?;
        while let Some(entry) = entries.front() {
            let mut line = entry.to_line()?;
            if std::mem::take(&mut torn) {
                line.insert(0, '\n');
            }
            if file.write(line.as_bytes())? < line.len() {
                return Err(io::ErrorKind::StorageFull.into());
            }
            entries.pop_front();
        }
        Ok(())
    }

    fn open(&self) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true).mode(0o600);
        small_file::open(&self.path(), &options, Accept::Device)
    }

    /// Rotates the files, unless another program is doing so.
    fn rotate(&self) -> io::Result<()> {
        let lock = self.folder.join("journal.lock");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o600);
        let lock = small_file::open(&lock, &options, Accept::Regular)?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Err(rustix::io::Errno::WOULDBLOCK) => return Ok(()),
            locked => locked?,
        }
        // Another program may have rotated already, and may not have created the next file yet.
        let length = match self.path().metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            there => there?.len(),
        };
        if length < self.limit {
            return Ok(());
        }
        for number in (0..MAX_OLD_FILES).rev() {
            rename_if_there(&self.file(number), &self.file(number + 1))?;
        }
        Ok(())
    }
}

fn rename_if_there(from: &Path, to: &Path) -> io::Result<()> {
    match std::fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        renamed => renamed,
    }
}

/// Whether the last line has no line break, after a full disk or a power cut truncated a write.
fn ends_torn(file: &File) -> io::Result<bool> {
    let mut last = *b"\n";
    if let Some(at) = file.metadata()?.len().checked_sub(1) {
        file.read_at(&mut last, at)?;
    }
    Ok(last != *b"\n")
}

#[cfg(test)]
pub(crate) mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::super::entry::tests::change;
    use super::*;
    use crate::domain::change::Kind;

    pub(crate) fn store(home: &tempfile::TempDir, limit: u64) -> JournalStore {
        JournalStore { folder: home.path().join("state/savepeek"), limit }
    }

    pub(crate) fn entry(n: usize) -> Entry {
        let state = format!("S{n}");
        change(&format!("sp-{n}"), "2026-11-23T04:03:11Z", Kind::First { state })
    }

    pub(crate) fn append(store: &JournalStore, numbers: std::ops::Range<usize>) -> io::Result<()> {
        let mut entries = numbers.map(entry).collect();
        store.append(&mut entries)?;
        assert!(entries.is_empty());
        Ok(())
    }

    #[rstest::rstest]
    #[case::given(&[("XDG_STATE_HOME", "/s"), ("HOME", "/h")], Some("/s/savepeek/journal.jsonl"))]
    #[case::default(&[("HOME", "/h")], Some("/h/.local/state/savepeek/journal.jsonl"))]
    #[case::empty(&[("XDG_STATE_HOME", ""), ("HOME", "/h")], Some("/h/.local/state/savepeek/journal.jsonl"))]
    #[case::relative(&[("XDG_STATE_HOME", "s"), ("HOME", "/h")], Some("/h/.local/state/savepeek/journal.jsonl"))]
    #[case::neither(&[], None)]
    fn the_folder_follows_the_environment(
        #[case] variables: &[(&str, &str)],
        #[case] path: Option<&str>,
    ) {
        let environment = match *variables {
            [one, two] => Environment::of([one, two]),
            [one] => Environment::of([one]),
            _ => Environment::of([]),
        };
        assert_eq!(
            JournalStore::from_environment(&environment).ok().map(|store| store.path()),
            path.map(PathBuf::from)
        );
    }

    #[test]
    fn only_the_owner_can_read_the_journal() {
        let home = tempfile::tempdir().unwrap();
        let store = store(&home, LIMIT);
        append(&store, 0..1).unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&store.folder), 0o700);
        assert_eq!(mode(&store.path()), 0o600);
    }

    #[test]
    fn an_entry_after_a_truncated_line_starts_a_new_line() {
        let home = tempfile::tempdir().unwrap();
        let store = store(&home, LIMIT);
        append(&store, 0..2).unwrap();
        let whole = fs::read(store.path()).unwrap();
        fs::write(store.path(), &whole[..whole.len() - 20]).unwrap();
        append(&store, 2..4).unwrap();
        let text = fs::read_to_string(store.path()).unwrap();
        let read: Vec<_> = text.lines().map(Entry::from_line).collect();
        assert_eq!(read, [Some(entry(0)), None, Some(entry(2)), Some(entry(3))]);
    }

    #[test]
    fn rotation_keeps_five_old_files() {
        let home = tempfile::tempdir().unwrap();
        let store = store(&home, 1);
        for n in 0..9 {
            append(&store, n..n + 1).unwrap();
        }
        for number in 0..=MAX_OLD_FILES {
            let text = fs::read_to_string(store.file(number)).unwrap();
            assert_eq!(Entry::from_line(&text), Some(entry(8 - number)), "file {number}");
        }
        assert!(!store.file(MAX_OLD_FILES + 1).exists());
    }

    #[test]
    fn does_not_wait_for_another_program_that_rotates() {
        let home = tempfile::tempdir().unwrap();
        let store = store(&home, 1);
        append(&store, 0..1).unwrap();
        let lock = File::create(store.folder.join("journal.lock")).unwrap();
        flock(&lock, FlockOperation::LockExclusive).unwrap();
        append(&store, 1..2).unwrap();
        assert_eq!(fs::read_to_string(store.path()).unwrap().lines().count(), 2);
        drop(lock);
        append(&store, 2..3).unwrap();
        assert_eq!(fs::read_to_string(store.path()).unwrap().lines().count(), 1);
    }

    #[test]
    fn concurrent_programs_lose_no_line_even_while_they_rotate() {
        let home = tempfile::tempdir().unwrap();
        let [writers, each] = [4, 200];
        // Enough files for all lines: rotation deletes none.
        let size = entry(0).to_line().unwrap().len() * writers * each;
        let store = store(&home, u64::try_from(size / 4).unwrap());
        std::thread::scope(|scope| {
            for writer in 0..writers {
                let store = &store;
                scope.spawn(move || {
                    for n in writer * each..(writer + 1) * each {
                        append(store, n..n + 1).unwrap();
                    }
                });
            }
        });
        assert!(store.file(1).exists());
        let read = store.read().unwrap().map(|read| read.unwrap().entry.unwrap());
        let mut states: Vec<String> = read.map(|entry| format!("{:?}", entry.what)).collect();
        states.sort();
        states.dedup();
        assert_eq!(states.len(), writers * each);
    }

    #[test]
    fn a_full_disk_is_an_error_and_loses_nothing() {
        let home = tempfile::tempdir().unwrap();
        let store = store(&home, LIMIT);
        fs::create_dir_all(&store.folder).unwrap();
        std::os::unix::fs::symlink("/dev/full", store.path()).unwrap();
        let mut entries: VecDeque<_> = (0..3).map(entry).collect();
        let error = store.append(&mut entries).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert_eq!(entries.len(), 3);
    }
}
