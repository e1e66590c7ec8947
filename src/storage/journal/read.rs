//! Reads the journal's files: the last entries for the screen, all lines for the commands.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::MetadataExt as _;

use super::store::MAX_OLD_FILES;
use super::{Entry, JournalStore};
use crate::util::small_file::{self, Accept};

/// The longest line that is read, in bytes; written lines are far shorter.
const LONGEST: u64 = 64 * 1024;

/// How many bytes from the end of the files are read for the screen.
const TAIL: u64 = 512 * 1024;

/// A line of the journal.
pub(crate) struct Read {
    /// The parsed entry; `None` if the line is truncated, or of another version.
    pub(crate) entry: Option<Entry>,
    /// The line, without its line break.
    pub(crate) line: String,
}

impl JournalStore {
    /// All lines, oldest first.
    pub(crate) fn read(&self) -> io::Result<impl Iterator<Item = io::Result<Read>> + use<>> {
        let mut files = self.files()?;
        files.reverse();
        Ok(files.into_iter().flat_map(|file| Lines(BufReader::new(file))))
    }

    /// The last entries, oldest first: at most `most`, and no more than the last [`TAIL`] bytes hold.
    pub(crate) fn recent(&self, most: usize) -> io::Result<Vec<Entry>> {
        let mut left = TAIL;
        let mut recent = VecDeque::new();
        for mut file in self.files()? {
            let length = file.metadata()?.len();
            let start = length.saturating_sub(left);
            left -= length - start;
            file.seek(SeekFrom::Start(start))?;
            let mut text = Vec::new();
            file.take(length - start).read_to_end(&mut text)?;
            let mut lines = text.split(|&byte| byte == b'\n');
            if start > 0 {
                // The first line is incomplete.
                lines.next();
            }
            let entries =
                lines.rev().filter_map(|line| Entry::from_line(str::from_utf8(line).ok()?));
            for entry in entries.take(most - recent.len()) {
                recent.push_front(entry);
            }
            if left == 0 || recent.len() == most {
                break;
            }
        }
        Ok(recent.into())
    }

    /// The existing files, newest first. A file that is rotated meanwhile is returned once.
    fn files(&self) -> io::Result<Vec<File>> {
        let mut files = Vec::new();
        let mut known = Vec::new();
        for number in 0..=MAX_OLD_FILES {
            let path = self.file(number);
            let opened = small_file::open(&path, OpenOptions::new().read(true), Accept::Device);
            let file = match opened {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                // The caller names the current file only: an error of an older one must name its file.
                Err(error) if number > 0 => {
                    let name = path.file_name().unwrap_or_default().display();
                    return Err(io::Error::other(format!("{name}: {error}")));
                }
                opened => opened?,
            };
            let metadata = file.metadata()?;
            if !metadata.is_file() {
                // /dev/null has nothing to read, and /dev/zero has no end.
                continue;
            }
            let identity = (metadata.dev(), metadata.ino());
            if !known.contains(&identity) {
                known.push(identity);
                files.push(file);
            }
        }
        Ok(files)
    }
}

/// The non-empty lines of a file.
struct Lines<R>(R);

impl<R: BufRead> Iterator for Lines<R> {
    type Item = io::Result<Read>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let mut line = Vec::new();
            match self.0.by_ref().take(LONGEST).read_until(b'\n', &mut line) {
                Ok(0) => return None,
                Ok(_) => {}
                Err(error) => return Some(Err(error)),
            }
            let whole = line.ends_with(b"\n");
            if whole {
                line.pop();
                if line.is_empty() {
                    continue;
                }
            } else if let Err(error) = self.0.skip_until(b'\n') {
                return Some(Err(error));
            }
            let line = String::from_utf8(line).unwrap_or_default();
            return Some(Ok(Read { entry: Entry::from_line(&line), line }));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::store::tests::{append, entry, store};
    use super::*;

    fn numbers(entries: &[Entry]) -> Vec<usize> {
        let number = |read: &Entry| (0..20_000).find(|&n| entry(n) == *read).unwrap();
        entries.iter().map(number).collect()
    }

    #[test]
    fn a_missing_journal_is_empty() {
        let home = tempfile::tempdir().unwrap();
        let store = store(&home, 1);
        assert_eq!(store.recent(10).unwrap(), []);
        assert_eq!(store.read().unwrap().count(), 0);
    }

    #[test]
    fn recent_entries_come_from_several_files_in_order() {
        let home = tempfile::tempdir().unwrap();
        let store = store(&home, 1);
        for n in [0..3, 3..5, 5..6] {
            append(&store, n).unwrap();
        }
        assert_eq!(numbers(&store.recent(10).unwrap()), [0, 1, 2, 3, 4, 5]);
        assert_eq!(numbers(&store.recent(4).unwrap()), [2, 3, 4, 5]);
        assert_eq!(numbers(&store.recent(1).unwrap()), [5]);
        let all: Vec<Entry> =
            store.read().unwrap().map(|read| read.unwrap().entry.unwrap()).collect();
        assert_eq!(numbers(&all), [0, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn only_the_end_of_a_large_file_is_read_for_the_screen() {
        let home = tempfile::tempdir().unwrap();
        let store = store(&home, u64::MAX);
        append(&store, 0..5_000).unwrap();
        assert!(store.path().metadata().unwrap().len() > TAIL);
        let recent = store.recent(100_000).unwrap();
        assert!((1_000..5_000).contains(&recent.len()), "{}", recent.len());
        assert_eq!(recent.last(), Some(&entry(4_999)));
    }

    #[test]
    fn invalid_lines_are_skipped() {
        let home = tempfile::tempdir().unwrap();
        let store = store(&home, u64::MAX);
        append(&store, 0..1).unwrap();
        let mut file = fs::OpenOptions::new().append(true).open(store.path()).unwrap();
        let garbage = [b"\xff\xfe\n\n{}\n".as_slice(), &vec![b'x'; 200_000], b"\n"].concat();
        io::Write::write_all(&mut file, &garbage).unwrap();
        append(&store, 1..2).unwrap();
        io::Write::write_all(&mut file, br#"{"v":1,"at":"2026-"#).unwrap();
        assert_eq!(numbers(&store.recent(10).unwrap()), [0, 1]);
        let read: Vec<bool> =
            store.read().unwrap().map(|read| read.unwrap().entry.is_some()).collect();
        assert_eq!(read, [true, false, false, false, true, false]);
    }

    #[test]
    fn a_device_is_not_read() {
        let home = tempfile::tempdir().unwrap();
        let store = store(&home, 1);
        fs::create_dir_all(store.path().parent().unwrap()).unwrap();
        std::os::unix::fs::symlink("/dev/zero", store.path()).unwrap();
        assert_eq!(store.recent(10).unwrap(), []);
    }
}
