//! The files in use: whether they exist, who may read them, whether they can be written.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

use super::{Case, Finding, Section};
use crate::api::credentials::Chain;
use crate::storage::journal;
use crate::storage::watch_list::{self, FileProblem, WatchList};
use crate::util::environment::Environment;

const SECTION: Section = Section::Files;

const WATCH_LIST: &str = "watch-list";

/// How the program uses a file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Written,
    /// Read only, without secrets. Others must not write it: it can name commands.
    Read,
    /// Read only, with secrets.
    Secret,
}

impl Use {
    /// The permission bits that group and others must not have.
    fn forbidden_bits(self) -> u32 {
        match self {
            Self::Read => 0o022,
            Self::Written | Self::Secret => 0o077,
        }
    }
}

pub(super) fn check(case: &Case, chain: &Chain, watched: &WatchList) -> Vec<Finding> {
    let environment = &case.environment;
    let mut files: Vec<(&'static str, Option<PathBuf>, Use)> = vec![
        (WATCH_LIST, state(environment, "watch-list.json"), Use::Written),
        (
            "journal",
            journal::JournalStore::from_environment(environment).ok().map(|it| it.path()),
            Use::Written,
        ),
    ];
    files.extend(case.file.clone().map(|path| ("config", Some(path), Use::Read)));
    files.extend(
        case.config
            .options
            .flags
            .logging
            .log_file
            .clone()
            .map(|path| ("log", Some(path), Use::Written)),
    );
    let keys = chain.files().into_iter().filter(|path| path.exists());
    files.extend(keys.map(|path| ("keys-file", Some(path), Use::Secret)));
    let home = environment.home();
    let findings = files.into_iter().map(|(kind, path, how)| match path {
        Some(path) if kind == WATCH_LIST => {
            with_contents(check_file(kind, &path, how, home.as_deref()), environment, watched)
        }
        Some(path) => check_file(kind, &path, how, home.as_deref()),
        None => SECTION.warn(kind, "there is no place for it", "set HOME or XDG_STATE_HOME"),
    });
    findings.collect()
}

fn state(environment: &Environment, name: &str) -> Option<PathBuf> {
    Some(environment.state_directory()?.join(name))
}

fn check_file(kind: &'static str, path: &Path, how: Use, home: Option<&Path>) -> Finding {
    let shown = match home.and_then(|home| path.strip_prefix(home).ok()) {
        Some(rest) => format!("~/{}", rest.display()),
        None => path.display().to_string(),
    };
    let writable = how != Use::Written || is_writable(path);
    let (size, mode) = match fs::metadata(path) {
        Ok(metadata) => (metadata.len(), metadata.permissions().mode() & 0o777),
        Err(error) if error.kind() == ErrorKind::NotFound && writable => {
            return SECTION.ok(kind, format!("{shown}: not there yet"));
        }
        Err(error) => {
            return SECTION.warn(
                kind,
                format!("{shown}: {error}"),
                "check its folder's owner and mode",
            );
        }
    };
    let words = format!("{shown}: {size} bytes, mode {mode:04o}");
    if !writable {
        let advice = "check owner and mode, and whether the file system is full or read-only";
        SECTION.warn(kind, format!("{words}, not writable"), advice)
    } else if mode & how.forbidden_bits() != 0 {
        let advice = format!("chmod 600 {shown}");
        SECTION.warn(kind, format!("{words}, open to others"), &advice)
    } else {
        SECTION.ok(kind, words)
    }
}

/// Adds the contents of the watch list to the finding of its file.
fn with_contents(file: Finding, environment: &Environment, watched: &WatchList) -> Finding {
    let trouble = watch_list::WatchListStore::from_environment(environment)
        .ok()
        .and_then(|store| store.problem());
    match trouble {
        Some(FileProblem::Damaged(why)) => {
            let advice = "the next start keeps what can be read of it and sets the file aside";
            return SECTION.warn(file.kind, format!("{}, damaged: {why}", file.words), advice);
        }
        Some(FileProblem::Unusable(why)) => {
            let advice = "until this is mended nothing that is added or removed is kept";
            return SECTION.warn(file.kind, format!("{}, not used: {why}", file.words), advice);
        }
        None => {}
    }
    let counted = |count: usize, what: &str| match count {
        0 => String::new(),
        1 => format!(", 1 {what}"),
        count => format!(", {count} {what}s"),
    };
    let savepoints = counted(watched.watched.len(), "savepoint");
    let deployments = counted(watched.followed.len(), "deployment");
    Finding { words: file.words + &savepoints + &deployments, ..file }
}

/// Whether the file, or the folder that it will be created in, is writable. Writes nothing.
fn is_writable(path: &Path) -> bool {
    let there = path.ancestors().find(|path| path.as_os_str().is_empty() || path.exists());
    let there = there.filter(|path| !path.as_os_str().is_empty()).unwrap_or(Path::new("."));
    access(there, Access::WRITE_OK).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_permissions_decide_the_verdict() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("journal.jsonl");
        let finding = || check_file("journal", &path, Use::Written, Some(home.path()));
        assert_eq!(finding().words, "~/journal.jsonl: not there yet");
        fs::write(&path, "four").unwrap();
        let set = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        set(0o600);
        assert_eq!(finding().words, "~/journal.jsonl: 4 bytes, mode 0600");
        assert_eq!(finding().advice, None);
        for mode in [0o640, 0o604, 0o620] {
            set(mode);
            assert_eq!(finding().advice.unwrap(), "chmod 600 ~/journal.jsonl");
        }
        let advice = |mode, how| {
            set(mode);
            super::check_file("config", &path, how, Some(home.path())).advice
        };
        assert_eq!(advice(0o644, Use::Read), None, "there is no secret in it");
        assert!(advice(0o664, Use::Read).is_some(), "a command in it is run");
        assert!(advice(0o644, Use::Secret).is_some());
    }
}
