//! The journal: everything that was observed, kept across restarts.
//!
//! ```text
//! update ─► Entry ─► model ─► pane                             in memory: the last 2,000 entries
//!             └────► JournalWriter ─► JournalStore ─► journal.jsonl    the screen never waits
//!                                          └───► `savepeek journal`, `savepeek report`
//! ```
//!
//! On disk it is one JSON object a line. Several programs may append at once, a full disk or a
//! power cut may truncate a line, and a later version may have written it: readers skip the lines
//! they cannot parse, and report how many those were.

pub(crate) mod describe;
pub(crate) mod entry;
mod read;
pub(crate) mod store;
mod writer;

pub use describe::{describe, format_line};
pub use entry::{Entry, Observation, ProgramEvent, Subject};
pub use store::{JournalStore, NoStateDir};
pub use writer::{JournalWriter, WriterHandle, WriterReport, spawn_writer};

/// How many of the last entries the screen keeps in memory.
pub const RECENT_ENTRIES: usize = 2_000;
