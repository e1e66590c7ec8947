//! Files that outlive the program: the watch list and the journal.

pub mod journal;
pub mod watch_list;
