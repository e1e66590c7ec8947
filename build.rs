//! Tells the program its version, with the commit it was built from for `--version`. Where git or
//! its repository is missing, as in an unpacked tarball, there is no commit to tell.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let commit = commit().map(|commit| format!(" ({commit})")).unwrap_or_default();
    println!("cargo::rustc-env=SAVEPEEK_VERSION={}{commit}", env!("CARGO_PKG_VERSION"));
}

/// The commit that is checked out; cargo is told when that may change.
fn commit() -> Option<String> {
    // An unpacked tarball may lie inside a repository that is somebody else's.
    if !Path::new(".git").exists() {
        return None;
    }
    // Every commit, checkout and reset leaves a line there.
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
