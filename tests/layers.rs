//! The layers of `src/`: the table in `src/lib.rs` names them from top to bottom, and no path in the
//! code points from one layer up to another. So no two layers need each other, and no cycle of files
//! crosses a folder.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The layers in the table, top to bottom.
fn layers() -> Vec<String> {
    let lib = fs::read_to_string("src/lib.rs").unwrap();
    let rows = lib.lines().filter_map(|line| line.strip_prefix("//! | [`"));
    rows.filter_map(|row| row.split_once("`]")).map(|(name, _)| name.to_owned()).collect()
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The layer of a file: its first folder below `src`, or its own name.
fn layer_of(path: &Path) -> String {
    let first = path.components().nth(1).unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

/// The first segment of each `crate::` path in some code, with the line it is on. Comments do not
/// count.
fn paths(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let lines = code.lines().map(|line| line.split("//").next().unwrap_or_default());
    let code = lines.collect::<Vec<_>>().join("\n");
    for (at, _) in code.match_indices("crate::") {
        let line = code[..at].matches('\n').count() + 1;
        let rest = &code[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            found.extend(heads(group).into_iter().map(|head| (line, head)));
        } else {
            found.push((line, word(rest)));
        }
    }
    found
}

/// The first segment of each member of a `{...}` group, which begins after the brace.
fn heads(group: &str) -> Vec<String> {
    let (mut depth, mut start, mut heads) = (0_usize, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                heads.push(word(group[start..at].trim_start()));
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    heads.retain(|head| !head.is_empty());
    heads
}

fn word(text: &str) -> String {
    text.chars().take_while(|&c| c.is_alphanumeric() || c == '_').collect()
}

#[test]
fn no_layer_uses_one_above_it() {
    let layers = layers();
    let rank = |name: &str| layers.iter().position(|layer| layer == name);
    let mut files = Vec::new();
    rust_files(Path::new("src"), &mut files);
    let (mut used, mut upward) = (0, Vec::new());
    for path in files {
        let Some(own) = rank(&layer_of(&path)) else { continue };
        for (line, other) in paths(&fs::read_to_string(&path).unwrap()) {
            let Some(there) = rank(&other) else { continue };
            used += usize::from(there != own);
            if there < own {
                upward.push(format!("{}:{line}: crate::{other}", path.display()));
            }
        }
    }
    assert!(used > 100, "only {used} paths between layers were found: the test reads nothing");
    assert!(upward.is_empty(), "these point up:\n{}", upward.join("\n"));
}

/// Within the screen, too: `update` uses the view, the view the model, and none of it the other way
/// round.
#[test]
fn model_and_view_import_nothing_above_them() {
    let rules: [(&str, &[&str]); 2] = [
        ("src/tui/model", &["tui::view", "tui::update", "tui::app"]),
        ("src/tui/view", &["tui::update", "tui::app"]),
    ];
    for (folder, above) in rules {
        let mut files = vec![PathBuf::from(folder).with_extension("rs")];
        rust_files(Path::new(folder), &mut files);
        files.retain(|path| !path.ends_with("tests.rs"));
        assert!(files.len() > 20, "only {} files were found in {folder}", files.len());
        for path in files {
            let code = fs::read_to_string(&path).unwrap();
            let found = above.iter().find(|module| code.contains(**module));
            assert_eq!(found, None, "{}", path.display());
        }
    }
}

#[test]
fn the_table_names_every_folder_once() {
    let layers = layers();
    let named: BTreeSet<String> = layers.iter().cloned().collect();
    assert_eq!(named.len(), layers.len(), "{layers:?}");
    let mut files = Vec::new();
    rust_files(Path::new("src"), &mut files);
    let modules = files.iter().map(|path| layer_of(path));
    let modules: BTreeSet<String> =
        modules.filter(|name| name != "main" && name != "lib").collect();
    assert_eq!(named, modules);
}

#[test]
fn every_form_of_a_path_is_seen() {
    let code = "use crate::api::Error; // crate::tui\nuse crate::{util::text, config::{self, Config}};\n\
                fn f(x: crate::tui::model::State) {}";
    let found = paths(code);
    let found: Vec<(usize, &str)> =
        found.iter().map(|(line, name)| (*line, name.as_str())).collect();
    assert_eq!(found, [(1, "api"), (2, "util"), (2, "config"), (3, "tui")]);
}

/// The paths in backticks that lead into a part of the repository; folders count, too. Within
/// `src/lib.rs` they are relative to `src`.
fn named_paths(text: &str, folders: &[&str]) -> Vec<String> {
    let quoted = text.split('`').skip(1).step_by(2);
    let paths = quoted.filter(|it| folders.iter().any(|folder| it.starts_with(folder)));
    paths.filter(|it| !it.contains(char::is_whitespace)).map(str::to_owned).collect()
}

#[test]
fn every_file_that_the_guides_name_exists() {
    let map = fs::read_to_string("CONTRIBUTING.md").unwrap();
    let mut paths = named_paths(&map, &["src/", "tests/", "assets/", ".ci/"]);
    assert!(paths.len() > 50, "only {} paths were found in CONTRIBUTING.md", paths.len());
    let lib = fs::read_to_string("src/lib.rs").unwrap();
    let layers: Vec<String> = layers().iter().map(|layer| format!("{layer}/")).collect();
    let folders: Vec<&str> = layers.iter().map(String::as_str).collect();
    let walks = named_paths(&lib, &folders);
    assert!(walks.len() > 10, "only {} paths were found in src/lib.rs", walks.len());
    paths.extend(walks.iter().map(|path| format!("src/{path}")));
    paths.retain(|path| !Path::new(path).exists());
    assert!(paths.is_empty(), "these do not exist: {paths:?}");
}
