//! Sets `SAVEPEEK_VERSION`: the version and, in a git checkout, the commit. In an unpacked tarball,
//! or without git, there is no commit.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let commit = commit().map(|commit| format!(" ({commit})")).unwrap_or_default();
    println!("cargo::rustc-env=SAVEPEEK_VERSION={}{commit}", env!("CARGO_PKG_VERSION"));
}

/// The commit that is checked out. Cargo reruns this script when it may have changed.
fn commit() -> Option<String> {
    // An unpacked tarball may lie inside the repository of another project.
    if !Path::new(".git").exists() {
        return None;
    }
    // Every commit, checkout and reset appends a line to this file.
    let log = git(&["rev-parse", "--git-path", "logs/HEAD"])?;
    println!("cargo::rerun-if-changed={log}");
    git(&["rev-parse", "--short=10", "HEAD"])
}

/// What git prints, if it can.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}
