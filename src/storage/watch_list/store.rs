//! The file on disk: locked while it is changed, replaced atomically, never lost.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::format::{self, ParsedFile};
use super::lock::{self, Lock, LockError};
use super::{Edit, WatchList};
use crate::util::clock;
use crate::util::environment::Environment;
use crate::util::small_file::{self, Accept};

const FILE: &str = "watch-list.json";

/// The new content before the rename; a killed process can leave this file behind.
const NEXT: &str = "watch-list.json.new";

/// The lock file. The list itself cannot serve: each change replaces it by a new file.
const LOCK: &str = "watch-list.lock";

/// The size limit of the file, in bytes; a list of 10,000 savepoints has 3 MB.
const LIMIT: u64 = 64 << 20;

/// How long to wait for another program that changes the file. A change takes milliseconds, unless
/// that program is stopped or its disk hangs.
const PATIENCE: Duration = Duration::from_secs(2);

/// The watch list's file and its lock.
#[derive(Debug, Clone)]
pub struct WatchListStore {
    directory: PathBuf,
    patience: Duration,
}

/// Why the watch list cannot be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Neither `XDG_STATE_HOME` nor `HOME` is set.
    #[error("no place to keep the watch list: set HOME or XDG_STATE_HOME")]
    Nowhere,
    #[error("{error}: {}", path.display())]
    File { path: PathBuf, error: io::Error },
    /// Another program held the lock for too long.
    #[error("{} is held by {holder}", path.display())]
    Held {
        path: PathBuf,
        /// A description of the other program.
        holder: String,
    },
    /// A later version wrote the file: this one would lose the data it does not know.
    #[error("{} is of a newer savepeek ({version}): update this one", path.display())]
    Newer {
        path: PathBuf,
        /// The file's version, in words.
        version: String,
    },
}

/// What is wrong with the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileProblem {
    /// Some entries cannot be parsed; the first error.
    Damaged(String),
    /// The file cannot be changed, or not even be read, for this reason.
    Unusable(String),
}

/// Reports that a damaged file was renamed before it was replaced.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("damaged watch list set aside as {name}: {damage}")]
pub struct DamagedFile {
    /// The new name, in the same directory.
    pub name: String,
    /// The first error in the file.
    pub damage: String,
}

impl WatchListStore {
    /// The store in the state directory. Creates nothing.
    pub fn from_environment(environment: &Environment) -> Result<Self, Error> {
        let directory = environment.state_directory().ok_or(Error::Nowhere)?;
        Ok(Self { directory, patience: PATIENCE })
    }

    pub fn path(&self) -> PathBuf {
        self.directory.join(FILE)
    }

    /// Reads all valid entries.
    ///
    /// # Errors
    /// When the file exists and cannot be read at all.
    pub fn read(&self) -> Result<WatchList, Error> {
        Ok(self.load(true)?.list)
    }

    pub fn problem(&self) -> Option<FileProblem> {
        let read = match self.load(true) {
            Ok(read) => read,
            Err(error) => return Some(FileProblem::Unusable(error.to_string())),
        };
        let newer =
            read.newer.map(|version| FileProblem::Unusable(self.newer(version).to_string()));
        newer.or_else(|| read.damage.map(FileProblem::Damaged))
    }

    /// Loads the list at the start, with a message for the user if a damaged file was set aside or if
    /// there is none to read. Changes nothing unless the file is damaged. Blocks as long
    /// as the disk does.
    pub fn restore(&self, allow_http: bool) -> (WatchList, Option<String>) {
        let ParsedFile { list, damage, newer } = match self.load(allow_http) {
            Ok(read) => read,
            Err(error) => return (WatchList::default(), Some(format!("no watch list: {error}"))),
        };
        if let Some(version) = newer {
            let why = self.newer(version);
            return (list, Some(format!("the watch list is only read, nothing is saved: {why}")));
        }
        let words = match damage {
            None => None,
            // Endpoints that only this instance may not use are not damage: the file stays as it is.
            Some(refused) if self.problem().is_none() => {
                Some(format!("not all of the watch list is watched: {refused}"))
            }
            Some(damage) => match self.edit(&[]) {
                Ok(aside) => aside.map(|aside| aside.to_string()),
                Err(error) => Some(format!("damaged watch list not set aside ({damage}): {error}")),
            },
        };
        (list, words)
    }

    /// Applies changes, in order, to the current content of the file. Waits up to 2 s for other
    /// instances, and without limit for the disk.
    ///
    /// # Errors
    /// When the file cannot be locked, read or replaced. It is unchanged then.
    pub fn edit(&self, edits: &[Edit]) -> Result<Option<DamagedFile>, Error> {
        self.edit_reporting_wait(edits, &mut |_| {})
    }

    /// Like [`Self::edit`]; calls `waiting` with a message when another instance holds the lock.
    pub(crate) fn edit_reporting_wait(
        &self,
        edits: &[Edit],
        waiting: &mut dyn FnMut(&str),
    ) -> Result<Option<DamagedFile>, Error> {
        let _lock = self.lock(waiting)?;
        // Keep endpoints that only other instances may use.
        let ParsedFile { mut list, damage, newer } = self.load(true)?;
        if let Some(version) = newer {
            return Err(self.newer(version));
        }
        for edit in edits {
            list.apply(edit);
        }
        self.write(&list, damage)
    }

    fn load(&self, allow_http: bool) -> Result<ParsedFile, Error> {
        match small_file::read(&self.directory.join(FILE), LIMIT, Accept::Regular) {
            Ok(text) => Ok(format::parse(&text, allow_http)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(ParsedFile::default()),
            Err(error) => Err(self.error(FILE, error)),
        }
    }

    /// Takes the lock, creating the directory if necessary.
    fn lock(&self, waiting: &mut dyn FnMut(&str)) -> Result<Lock, Error> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&self.directory);
        made.map_err(|error| self.error(LOCK, error))?;
        let path = self.directory.join(LOCK);
        let mut report = |holder: &str| waiting(&self.held(holder).to_string());
        lock::acquire(&path, self.patience, &mut report).map_err(|refused| match refused {
            LockError::File(error) => self.error(LOCK, error),
            LockError::Held(holder) => self.held(&holder),
        })
    }

    fn held(&self, holder: &str) -> Error {
        Error::Held { path: self.directory.join(LOCK), holder: holder.to_owned() }
    }

    fn newer(&self, version: String) -> Error {
        Error::Newer { path: self.directory.join(FILE), version }
    }

    /// Replaces the file, setting a damaged one aside. A concurrent reader sees the complete old or
    /// the complete new content.
    fn write(
        &self,
        list: &WatchList,
        damage: Option<String>,
    ) -> Result<Option<DamagedFile>, Error> {
        let next = self.directory.join(NEXT);
        write_new(&next, list).map_err(|error| self.error(NEXT, error))?;
        let aside = damage.map(|damage| self.set_aside(damage)).transpose()?;
        let replaced = fs::rename(&next, self.directory.join(FILE));
        replaced.map_err(|error| self.error(FILE, error))?;
        // Sync the directory, where that is possible: else a power cut could undo the rename.
        drop(File::open(&self.directory).and_then(|directory| directory.sync_all()));
        Ok(aside)
    }

    /// Gives the file a second name, under which it remains when the first one is replaced.
    fn set_aside(&self, damage: String) -> Result<DamagedFile, Error> {
        let name = clock::now().strftime("watch-list.damaged-%Y%m%dT%H%M%S%.3fZ.json").to_string();
        let (file, aside) = (self.directory.join(FILE), self.directory.join(&name));
        // Some file systems have no hard links.
        let named = fs::hard_link(&file, &aside).or_else(|_| fs::rename(&file, &aside));
        named.map_err(|error| self.error(&name, error))?;
        Ok(DamagedFile { name, damage })
    }

    fn error(&self, name: &str, error: io::Error) -> Error {
        Error::File { path: self.directory.join(name), error }
    }
}

fn write_new(path: &Path, list: &WatchList) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let written = file.write_all(format::print(list)?.as_bytes()).and_then(|()| file.sync_all());
    // A partial file is useless, and takes room on a full disk.
    written.inspect_err(|_| drop(fs::remove_file(path)))
}

#[cfg(test)]
mod tests;
