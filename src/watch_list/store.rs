//! The file on the disk: locked while it is changed, replaced as a whole, never lost.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use super::{Edit, WatchList, format};
use crate::clock;
use crate::environment::Environment;

const FILE: &str = "watch-list.json";

/// What is to be the file; a kill can leave one behind.
const NEXT: &str = "watch-list.json.new";

/// Locked by whoever changes the file. Not the file itself, which is another one after each change.
const LOCK: &str = "watch-list.lock";

/// Where the watch list is kept.
#[derive(Debug, Clone)]
pub struct Store {
    directory: PathBuf,
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
}

/// A file of which a part could not be read was given another name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("damaged watch list set aside as {name}: {damage}")]
pub struct SetAside {
    /// Its new name, in the same directory.
    pub name: String,
    /// What is wrong with it first.
    pub damage: String,
}

impl Store {
    /// The place that the environment says; nothing is touched yet.
    pub fn of(environment: &Environment) -> Result<Self, Error> {
        let directory = environment.state_directory().ok_or(Error::Nowhere)?;
        Ok(Self { directory })
    }

    /// What is watched, as far as it can be read.
    ///
    /// # Errors
    /// When the file is there and cannot be read at all.
    pub fn read(&self) -> Result<WatchList, Error> {
        Ok(self.load(true)?.0)
    }

    /// What is wrong with the file, if a part of it cannot be read.
    pub fn damage(&self) -> Option<String> {
        self.load(true).ok()?.1
    }

    /// What to go on watching, and what to tell the user: that a damaged file was set aside, or why
    /// there is none to read. Touches nothing where nothing is damaged.
    pub fn restore(&self, allow_http: bool) -> (WatchList, Option<String>) {
        match self.load(allow_http) {
            Err(error) => (WatchList::default(), Some(format!("no watch list: {error}"))),
            Ok((list, None)) => (list, None),
            // What only this instance may not ask is no damage: the file stays as it is.
            Ok((list, Some(refused))) if self.damage().is_none() => {
                (list, Some(format!("not all of the watch list is watched: {refused}")))
            }
            Ok((list, Some(damage))) => match self.edit(&[]) {
                Ok(aside) => (list, aside.map(|aside| aside.to_string())),
                Err(error) => {
                    (list, Some(format!("damaged watch list not set aside ({damage}): {error}")))
                }
            },
        }
    }

    /// Makes some changes, in order, to whatever the file holds by now. Waits for other instances
    /// and for the disk.
    ///
    /// # Errors
    /// When that cannot be; the file is as it was before, then.
    pub fn edit(&self, edits: &[Edit]) -> Result<Option<SetAside>, Error> {
        let _lock = self.lock().map_err(|error| self.error(LOCK, error))?;
        // What this instance may ask is no reason to take from another what that one may.
        let (mut list, damage) = self.load(true)?;
        for edit in edits {
            list.apply(edit);
        }
        self.write(&list, damage)
    }

    fn load(&self, allow_http: bool) -> Result<(WatchList, Option<String>), Error> {
        match fs::read(self.directory.join(FILE)) {
            Ok(text) => Ok(format::parse(&text, allow_http)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok((WatchList::default(), None)),
            Err(error) => Err(self.error(FILE, error)),
        }
    }

    /// Waits for the right to change the file; it ends with the value, or with the process.
    fn lock(&self) -> io::Result<File> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.directory)?;
        let mut options = OpenOptions::new();
        let lock = options.write(true).create(true).truncate(false).mode(0o600);
        let lock = lock.open(self.directory.join(LOCK))?;
        rustix::io::retry_on_intr(|| flock(&lock, FlockOperation::LockExclusive))?;
        Ok(lock)
    }

    /// Replaces the file, setting a damaged one aside: whoever reads it, whenever, finds the old one
    /// or the new one whole.
    fn write(&self, list: &WatchList, damage: Option<String>) -> Result<Option<SetAside>, Error> {
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
    fn set_aside(&self, damage: String) -> Result<SetAside, Error> {
        let name = clock::now().strftime("watch-list.damaged-%Y%m%dT%H%M%S%.3fZ.json").to_string();
        let (file, aside) = (self.directory.join(FILE), self.directory.join(&name));
        // Some file systems know no second names.
        let named = fs::hard_link(&file, &aside).or_else(|_| fs::rename(&file, &aside));
        named.map_err(|error| self.error(&name, error))?;
        Ok(SetAside { name, damage })
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
