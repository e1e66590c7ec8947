//! Opens and reads the user's files safely.
//!
//! A pipe or a socket is refused, because it could block, and a file is never read beyond its limit:
//! a link to `/dev/zero` or a gigabyte by mistake is an error, and does not fill the memory.

use std::fs::{File, FileType, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;

/// The size limit of settings and credentials, in bytes.
pub(crate) const SETTINGS: u64 = 1 << 20;

/// Which types of file are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Accept {
    /// A regular file, or a link to one.
    Regular,
    /// Also a character device, such as `/dev/null`.
    Device,
    /// Also a pipe, which may block: a shell's `<(...)` on the command line.
    Pipe,
}

/// Opens a file without blocking, except for a pipe that is accepted.
///
/// # Errors
/// Errors of the file system, and a type of file that is not accepted.
pub(crate) fn open(path: &Path, options: &OpenOptions, accept: Accept) -> io::Result<File> {
    let mut options = options.clone();
    if accept < Accept::Pipe {
        let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
        options.custom_flags(flags.bits().cast_signed());
    }
    let file = options.open(path).map_err(|error| {
        // The kernel's error for a socket, or a pipe without a reader, speaks of a device.
        let kind = path.metadata().ok().and_then(|found| refusal(found.file_type(), accept));
        kind.map_or(error, io::Error::other)
    })?;
    match refusal(file.metadata()?.file_type(), accept) {
        Some(why) => Err(io::Error::other(why)),
        None => Ok(file),
    }
}

/// Returns why a type of file is not accepted.
fn refusal(kind: FileType, accept: Accept) -> Option<&'static str> {
    if kind.is_dir() {
        Some("it is no regular file but a directory")
    } else if kind.is_socket() {
        Some("it is no regular file but a socket")
    } else if kind.is_block_device() {
        Some("it is no regular file but a disk")
    } else if kind.is_fifo() && accept < Accept::Pipe {
        Some("it is no regular file but a pipe")
    } else if kind.is_char_device() && accept < Accept::Device {
        Some("it is no regular file but a device")
    } else {
        None
    }
}

/// Reads a whole file of at most `limit` bytes.
///
/// # Errors
/// Errors of [`open`], and a larger file.
pub(crate) fn read(path: &Path, limit: u64, accept: Accept) -> io::Result<Vec<u8>> {
    let file = open(path, OpenOptions::new().read(true), accept)?;
    let too_large =
        || io::Error::other(format!("it is larger than {} MiB", limit.div_ceil(1 << 20)));
    if file.metadata()?.len() > limit {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(too_large());
    }
    Ok(bytes)
}

/// Reads a text of the user's settings or credentials.
///
/// # Errors
/// Errors of [`read`], and text that is not UTF-8; the error does not quote it.
pub(crate) fn read_text(path: &Path) -> io::Result<String> {
    let text = String::from_utf8(read(path, SETTINGS, Accept::Device)?);
    text.map_err(|_not_quoted| io::Error::other("it is no UTF-8 text"))
}

#[cfg(test)]
pub(crate) mod tests {
    use std::fs;
    use std::os::unix::net::UnixListener;

    use super::*;

    /// Everything that can stand in a file's place and must neither hang nor fill the memory, with
    /// a part of the words for it.
    pub(crate) const SPECIAL: [(&str, &str); 7] = [
        ("pipe", "but a pipe"),
        ("directory", "but a directory"),
        ("socket", "but a socket"),
        ("zero", "but a device"),
        ("full", "but a device"),
        ("loop", "symbolic links"),
        ("gigabyte", "larger than"),
    ];

    /// Puts one of [`SPECIAL`] where a file is expected.
    pub(crate) fn put(kind: &str, path: &Path) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        match kind {
            "pipe" => {
                let made = std::process::Command::new("mkfifo").arg(path).status().unwrap();
                assert!(made.success());
            }
            "directory" => fs::create_dir(path).unwrap(),
            "socket" => drop(UnixListener::bind(path).unwrap()),
            "loop" => std::os::unix::fs::symlink(path, path).unwrap(),
            // Sparse: it takes no room on the disk.
            "gigabyte" => File::create(path).unwrap().set_len(1 << 30).unwrap(),
            device => {
                std::os::unix::fs::symlink(Path::new("/dev").join(device), path).unwrap();
            }
        }
    }

    #[test]
    fn anything_but_a_small_regular_file_is_refused_with_a_reason() {
        for (kind, why) in SPECIAL {
            let home = tempfile::tempdir().unwrap();
            let path = home.path().join("file");
            put(kind, &path);
            let error = read(&path, SETTINGS, Accept::Regular).unwrap_err().to_string();
            assert!(error.contains(why), "{kind}: {error}");
        }
    }

    #[test]
    fn an_endless_device_is_read_up_to_the_limit() {
        let error = read(Path::new("/dev/zero"), 1 << 20, Accept::Device).unwrap_err();
        assert_eq!(error.to_string(), "it is larger than 1 MiB");
        assert_eq!(read(Path::new("/dev/null"), 1, Accept::Device).unwrap(), b"");
    }

    #[test]
    fn a_file_of_exactly_the_limit_is_read() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("file");
        fs::write(&path, "1234").unwrap();
        assert_eq!(read(&path, 4, Accept::Regular).unwrap(), b"1234");
        assert!(read(&path, 3, Accept::Regular).is_err());
    }
}
