//! The journal on disk, written and printed by the real binary.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../support/mod.rs"]
mod support;

mod keeping;
mod printing;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

const BINARY: &str = env!("CARGO_BIN_EXE_savepeek");

/// Where a journal belongs under this `XDG_STATE_HOME`.
fn journal(state: &Path) -> PathBuf {
    state.join("savepeek/journal.jsonl")
}

/// A folder for state, with or without a journal in it.
fn state(journal_text: Option<&str>) -> TempDir {
    let state = tempfile::tempdir().unwrap();
    if let Some(text) = journal_text {
        std::fs::create_dir(state.path().join("savepeek")).unwrap();
        std::fs::write(journal(state.path()), text).unwrap();
    }
    state
}

/// The program without a screen.
fn savepeek(state: &Path) -> Command {
    let mut command = Command::new(BINARY);
    command
        .env_clear()
        .env("HOME", state)
        .env("XDG_STATE_HOME", state)
        .env("TZ", "UTC")
        .env("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")
        .stdin(Stdio::null());
    command
}
