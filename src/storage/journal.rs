//! The journal: everything that was observed, kept over restarts.
//!
//! ```text
//! update ─► Entry ─► the state's ring ─► the pane          in memory, this run and a bit before
//!             └────► Keeper ─► Store ─► journal.jsonl      on disk, never waited for
//!                                 └───► `savepeek journal`, `savepeek report`
//! ```
//!
//! On disk it is a JSON object a line. Several programs may append at once, a line may be torn by
//! a full disk or a power cut, and a later version may have written it: whoever reads leaves out
//! what it cannot read, and says how many lines those were.

pub(crate) mod entry;
pub(crate) mod format;
mod read;
pub(crate) mod store;
mod writer;

pub use entry::{Entry, Observation, ProgramEvent, Subject};
pub use format::{describe, format_line};
pub use store::{JournalStore, NoStateDir};
pub use writer::{JournalWriter, WriterHandle, WriterReport, spawn_writer};

/// How many of the last entries are remembered on the screen's behalf.
pub const RECENT_ENTRIES: usize = 2_000;
