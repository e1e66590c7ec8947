//! Files of the user's that are read whole, because they are small: settings and credentials.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;

/// A file that is larger is none of those.
const LIMIT: u64 = 1 << 20;

/// Reads a file. A pipe, which a shell's `<(...)` is, too, may be waited for where the command line
/// names it, but not at every start.
pub(crate) fn read(path: &Path, may_wait: bool) -> io::Result<Vec<u8>> {
    let kind = path.metadata()?.file_type();
    if !(kind.is_file() || kind.is_char_device() || may_wait) {
        return Err(io::Error::other("it is no regular file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(LIMIT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LIMIT {
        return Err(io::Error::other("it is larger than 1 MiB"));
    }
    Ok(bytes)
}

/// The same for text.
pub(crate) fn read_text(path: &Path) -> io::Result<String> {
    let text = String::from_utf8(read(path, false)?);
    text.map_err(|_not_quoted| io::Error::other("it is no UTF-8 text"))
}
