//! The file on the disk: locked while it is changed, replaced as a whole, never lost.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::format::{self, Reading};
use super::lock::{self, Lock, Refused};
use super::{Edit, WatchList};
use crate::util::clock;
use crate::util::environment::Environment;
use crate::util::small_file::{self, Accept};

const FILE: &str = "watch-list.json";

/// What is to be the file; a kill can leave one behind.
const NEXT: &str = "watch-list.json.new";

/// Locked by whoever changes the file. Not the file itself, which is another one after each change.
const LOCK: &str = "watch-list.lock";

/// The size limit of the file, in bytes; a list of 10,000 savepoints has 3 MB.
const LIMIT: u64 = 64 << 20;

/// How long to wait for another program that changes the file. It needs milliseconds, unless it is
/// stopped or its disk does not answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Where the watch list is kept.
#[derive(Debug, Clone)]
pub struct WatchListStore {
    directory: PathBuf,
    patience: Duration,
}

/// Why the watch list cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Neither a state directory nor a home.
    #[error("no place to keep the watch list: set HOME or XDG_STATE_HOME")]
    Nowhere,
    /// The file system refuses.
    #[error("{error}: {}", path.display())]
    File {
        /// What was read or written.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// Another program changes it, and does not come to an end.
    #[error("{} is held by {holder}", path.display())]
    Held {
        /// The lock.
        path: PathBuf,
        /// The other program, in words.
        holder: String,
    },
    /// A later version of this program wrote it, and this one would lose what it does not know.
    #[error("{} is of a newer savepeek ({version}): update this one", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// What the file says of its version.
        version: String,
    },
}

/// What is wrong with the file as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileProblem {
    /// A part of it cannot be understood: the first one.
    Damaged(String),
    /// It is read, but not changed, or cannot be read at all: why.
    Unusable(String),
}

/// A file of which a part could not be read was given another name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("damaged watch list set aside as {name}: {damage}")]
pub struct DamagedFile {
    /// Its new name, in the same directory.
    pub name: String,
    /// What is wrong with it first.
    pub damage: String,
}

impl WatchListStore {
    /// The place that the environment says; nothing is touched yet.
    pub fn from_environment(environment: &Environment) -> Result<Self, Error> {
        let directory = environment.state_directory().ok_or(Error::Nowhere)?;
        Ok(Self { directory, patience: PATIENCE })
    }

    /// The file.
    pub fn path(&self) -> PathBuf {
        self.directory.join(FILE)
    }

    /// What is watched, as far as it can be read.
    ///
    /// # Errors
    /// When the file is there and cannot be read at all.
    pub fn read(&self) -> Result<WatchList, Error> {
        Ok(self.load(true)?.list)
    }

    /// What is wrong with the file, if anything is.
    pub fn problem(&self) -> Option<FileProblem> {
        let read = match self.load(true) {
            Ok(read) => read,
            Err(error) => return Some(FileProblem::Unusable(error.to_string())),
        };
        let newer =
            read.newer.map(|version| FileProblem::Unusable(self.newer(version).to_string()));
        newer.or_else(|| read.damage.map(FileProblem::Damaged))
    }

    /// What to go on watching, and what to tell the user: that a damaged file was set aside, or why
    /// there is none to read. Touches nothing where nothing is damaged. May take as long as the disk
    /// does.
    pub fn restore(&self, allow_http: bool) -> (WatchList, Option<String>) {
        let Reading { list, damage, newer } = match self.load(allow_http) {
            Ok(read) => read,
            Err(error) => return (WatchList::default(), Some(format!("no watch list: {error}"))),
        };
        if let Some(version) = newer {
            let why = self.newer(version);
            return (list, Some(format!("the watch list is only read, nothing is saved: {why}")));
        }
        let words = match damage {
            None => None,
            // What only this instance may not ask is no damage: the file stays as it is.
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

    /// Makes some changes, in order, to whatever the file holds by now. Waits up to 2 s for other
    /// instances, and as long as it takes for the disk.
    ///
    /// # Errors
    /// When that cannot be; the file is as it was before, then.
    pub fn edit(&self, edits: &[Edit]) -> Result<Option<DamagedFile>, Error> {
        self.edit_reporting_wait(edits, &mut |_| {})
    }

    /// The same, and tells who must be waited for.
    pub(crate) fn edit_reporting_wait(
        &self,
        edits: &[Edit],
        waiting: &mut dyn FnMut(&str),
    ) -> Result<Option<DamagedFile>, Error> {
        let _lock = self.lock(waiting)?;
        // What this instance may ask is no reason to take from another what that one may.
        let Reading { mut list, damage, newer } = self.load(true)?;
        if let Some(version) = newer {
            return Err(self.newer(version));
        }
        for edit in edits {
            list.apply(edit);
        }
        self.write(&list, damage)
    }

    fn load(&self, allow_http: bool) -> Result<Reading, Error> {
        match small_file::read(&self.directory.join(FILE), LIMIT, Accept::Regular) {
            Ok(text) => Ok(format::parse(&text, allow_http)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Reading::default()),
            Err(error) => Err(self.error(FILE, error)),
        }
    }

    /// Takes the right to change the file.
    fn lock(&self, waiting: &mut dyn FnMut(&str)) -> Result<Lock, Error> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&self.directory);
        made.map_err(|error| self.error(LOCK, error))?;
        let path = self.directory.join(LOCK);
        let mut told = |holder: &str| waiting(&self.held(holder).to_string());
        lock::acquire(&path, self.patience, &mut told).map_err(|refused| match refused {
            Refused::File(error) => self.error(LOCK, error),
            Refused::Held(holder) => self.held(&holder),
        })
    }

    fn held(&self, holder: &str) -> Error {
        Error::Held { path: self.directory.join(LOCK), holder: holder.to_owned() }
    }

    fn newer(&self, version: String) -> Error {
        Error::Newer { path: self.directory.join(FILE), version }
    }

    /// Replaces the file, setting a damaged one aside: whoever reads it, whenever, finds the old one
    /// or the new one whole.
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
        // The new name outlives a power cut once the directory is written, where that can be.
        drop(File::open(&self.directory).and_then(|directory| directory.sync_all()));
        Ok(aside)
    }

    /// Gives the file a second name, which is its only one once the file is replaced.
    fn set_aside(&self, damage: String) -> Result<DamagedFile, Error> {
        let name = clock::now().strftime("watch-list.damaged-%Y%m%dT%H%M%S%.3fZ.json").to_string();
        let (file, aside) = (self.directory.join(FILE), self.directory.join(&name));
        // Some file systems know no second names.
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
    // Half a file is of no use, and on a full disk in the way.
    written.inspect_err(|_| drop(fs::remove_file(path)))
}

#[cfg(test)]
mod tests;
