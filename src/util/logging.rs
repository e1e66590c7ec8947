//! The optional log file.
//!
//! The writer thread is our own: that of tracing-appender drops lines without a note in the file.
//! Only events of this crate are written. Its libraries could log headers, and with them a security
//! token.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use clap::ValueEnum;
use rustix::fs::OFlags;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};

use crate::util::clock;
use crate::util::small_file::{self, Accept};

/// How many lines may wait for the disk; lines beyond that are dropped and counted.
const CHANNEL_CAPACITY: usize = 1024;

/// How long the program waits for the disk at its end.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(1);

/// How much to log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Level {
    /// What ends the program
    Error,
    /// Requests that failed
    Warn,
    /// Every request
    Info,
    /// What the poller decides
    Debug,
}

impl From<Level> for LevelFilter {
    fn from(level: Level) -> Self {
        match level {
            Level::Error => Self::ERROR,
            Level::Warn => Self::WARN,
            Level::Info => Self::INFO,
            Level::Debug => Self::DEBUG,
        }
    }
}

/// The open log; dropping it flushes it to the disk.
#[must_use]
#[derive(Debug)]
pub struct Log(Lines);

/// Logs to a file for the life of the program. An existing file is appended to, and keeps its
/// permissions; only its owner can read a new one. A pipe is refused: it would wait for a reader.
pub fn open(path: &Path, level: Level) -> io::Result<Log> {
    let mut options = OpenOptions::new();
    options.append(true).create(true).mode(0o600);
    let file = small_file::open(path, &options, Accept::Device)?;
    // From here on only the thread blocks, also if the file is a terminal.
    rustix::fs::fcntl_setfl(&file, OFlags::APPEND)?;
    let (queue, entries) = sync_channel(CHANNEL_CAPACITY);
    let lines = Lines { queue, lost: Arc::default() };
    let lost = Arc::clone(&lines.lost);
    std::thread::Builder::new().name("log".into()).spawn(move || write(file, &entries, &lost))?;

    let writer = lines.clone();
    let layer = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_timer(WallClock)
        .with_writer(move || writer.clone())
        .with_filter(Targets::new().with_target(env!("CARGO_CRATE_NAME"), level));
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer))
        .map_err(io::Error::other)?;
    Ok(Log(lines))
}

impl Drop for Log {
    fn drop(&mut self) {
        let (done, written) = sync_channel(1);
        if self.0.queue.try_send(Entry::Flush(done)).is_ok() {
            let _disk_is_stuck = written.recv_timeout(FLUSH_TIMEOUT);
        }
    }
}

/// A message to the writer thread.
#[derive(Debug)]
enum Entry {
    Line(Vec<u8>),
    /// Signals that everything before it is written.
    Flush(SyncSender<()>),
}

/// Accepts whole lines, and never waits for the disk.
#[derive(Debug, Clone)]
struct Lines {
    queue: SyncSender<Entry>,
    lost: Arc<AtomicU64>,
}

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if let Err(TrySendError::Full(_)) = self.queue.try_send(Entry::Line(line.to_vec())) {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The writer thread, the only one that waits for the disk.
fn write(mut file: File, entries: &Receiver<Entry>, lost: &AtomicU64) {
    for entry in entries {
        match entry {
            // A full disk must not disturb the program, and there is nowhere to report it.
            Entry::Line(line) => drop(file.write_all(&line)),
            Entry::Flush(done) => drop(done.send(())),
        }
        let lost = lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            drop(writeln!(file, "{lost} lines were lost, for the disk was too slow"));
        }
    }
}

struct WallClock;

impl FormatTime for WallClock {
    fn format_time(&self, writer: &mut Writer<'_>) -> std::fmt::Result {
        write!(writer, "{:.3}", clock::now())
    }
}
