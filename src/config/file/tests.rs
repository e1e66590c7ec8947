//! Which file is read, and which files are rejected.

use std::os::unix::fs::symlink;
use std::process::Command;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::*;

/// A home directory, the path of its configuration, and its environment.
fn home() -> (TempDir, PathBuf, Environment) {
    let home = TempDir::new().unwrap();
    let path = home.path().join("savepeek").join("config.toml");
    std::fs::create_dir(path.parent().unwrap()).unwrap();
    let environment = Environment::of([("XDG_CONFIG_HOME", home.path().to_str().unwrap())]);
    (home, path, environment)
}

#[test]
fn a_missing_default_file_is_no_error() {
    let (_home, _, environment) = home();
    assert!(File::find(None, &environment).unwrap().path.is_none());
}

#[test]
fn a_link_that_leads_nowhere_is_refused() {
    let (home, path, environment) = home();
    symlink(home.path().join("dotfiles.toml"), &path).unwrap();
    let refused = File::find(None, &environment).unwrap_err().to_string();
    assert!(refused.contains("config.toml: No such file"), "{refused}");
    std::fs::write(home.path().join("dotfiles.toml"), "rate = 7").unwrap();
    assert_eq!(File::find(None, &environment).unwrap().values["rate"].text, "7");
}

#[test]
fn a_pipe_is_rejected_unless_a_flag_names_it() {
    let (_home, path, environment) = home();
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    let (done, result) = mpsc::channel();
    std::thread::spawn(move || done.send(File::find(None, &environment).map(drop)));
    let result = result.recv_timeout(Duration::from_secs(20)).expect("it waits");
    let refused = result.unwrap_err().to_string();
    assert!(refused.contains("it is no regular file"), "{refused}");
}

#[test]
fn a_pipe_that_a_flag_names_is_read() {
    let (_home, path, environment) = home();
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    let writer = path.clone();
    let writer = std::thread::spawn(move || std::fs::write(writer, "rate = 7"));
    let file = File::find(Some(&path), &environment).unwrap();
    writer.join().unwrap().unwrap();
    assert_eq!(file.values["rate"].text, "7");
}

#[test]
fn dev_null_means_no_configuration() {
    let (_home, path, environment) = home();
    std::fs::write(&path, "ratee = 7").unwrap();
    let file = File::find(Some(Path::new("/dev/null")), &environment).unwrap();
    assert!(file.values.is_empty());
}

#[test]
fn an_error_in_the_encoding_names_its_line() {
    let (_home, path, environment) = home();
    std::fs::write(&path, b"rate = 7\n# gr\xfc\xdfe\n").unwrap();
    let refused = File::find(None, &environment).unwrap_err().to_string();
    assert!(refused.ends_with("config.toml:2: this is not UTF-8: save the file as UTF-8"));
}

/// Counting the lines for each key instead of once would take minutes.
#[test]
fn a_huge_file_is_parsed_quickly() {
    let context = |n: usize| format!("[contexts.c{n}]\nregion = \"r\"\nworkspace = \"w\"\n");
    let text: String = (0..20_000).map(context).collect();
    let start = Instant::now();
    let file = File::parse(&text, None).unwrap();
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    assert_eq!(file.contexts["c19999"]["workspace"].line, 60_000);
}
