//! The configuration file: valid as a whole, or rejected as a whole.
//!
//! Values are kept as text with their line and parsed by the parsers of the flags, so that a value
//! means the same in the file and on the command line.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use ::toml::Spanned;
use ::toml::de::{DeString, DeValue};
use indexmap::IndexMap;

use super::flags::NAMES;
use super::nearest::did_you_mean;
use super::settings::Shape;
use crate::util::environment::Environment;
use crate::util::quote::{quotable, quoted_or};
use crate::util::small_file::{self, Accept, SETTINGS};
use crate::util::{text, toml};

/// Keys of a place and its profile; at the top of the file and in each context.
pub const PLACE: [&str; 5] = ["region", "endpoint", "profile", "workspace", "namespace"];

const TABLES: [&str; 2] = ["keys", "contexts"];

#[derive(Debug, Clone, Default)]
pub struct File {
    /// The path, if a file was read.
    pub path: Option<PathBuf>,
    /// The values at the top of the file, by key.
    pub values: BTreeMap<String, Entry>,
    /// The `[keys]` table, in the order of the file.
    pub keys: Vec<Rebinding>,
    /// The contexts by name, in the order of the file.
    pub contexts: IndexMap<String, BTreeMap<String, Entry>>,
}

/// A value as text; lists are joined by commas, as on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub text: String,
    /// The line, from 1.
    pub line: usize,
}

/// The keys of one action in the `[keys]` table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebinding {
    pub action: String,
    pub keys: Vec<String>,
    /// The line, from 1.
    pub line: usize,
}

/// Why a file is rejected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    #[error("cannot read {path}: {why}; name another file with --config or SAVEPEEK_CONFIG")]
    Unreadable {
        path: String,
        /// The error of the system.
        why: String,
    },
    /// A line is invalid; nothing of the file is used.
    #[error("{path}:{line}: {problem}")]
    Line {
        path: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong, and how to fix it.
        problem: String,
    },
}

impl File {
    /// Reads the file that the flag or `SAVEPEEK_CONFIG` names, else the one in the user's
    /// configuration directory. Only the latter may be missing.
    ///
    /// # Errors
    /// When the file cannot be read, or anything in it is invalid.
    pub fn find(named: Option<&Path>, environment: &Environment) -> Result<Self, FileError> {
        let flag = named.map(Path::to_owned);
        let by_flag = flag.is_some();
        let named = flag.or_else(|| environment.get("SAVEPEEK_CONFIG").map(PathBuf::from));
        let own = || Some(environment.config_directory()?.join("config.toml"));
        let Some(path) = named.clone().or_else(own) else { return Ok(Self::default()) };
        // Wait for a pipe only if the command line names it, not at every start.
        let accept = if by_flag { Accept::Pipe } else { Accept::Device };
        let bytes = match small_file::read(&path, SETTINGS, accept) {
            Ok(bytes) => bytes,
            Err(error) if named.is_none() && is_missing(&error, &path) => {
                return Ok(Self::default());
            }
            // A wrong variable may hold anything, even a secret: do not quote it.
            Err(error) if !by_flag && named.is_some() && !path.exists() => {
                let path = "the file that SAVEPEEK_CONFIG names".to_owned();
                return Err(FileError::Unreadable { path, why: error.to_string() });
            }
            Err(error) => {
                return Err(FileError::Unreadable { path: shown(&path), why: error.to_string() });
            }
        };
        match std::str::from_utf8(&bytes) {
            Ok(text) => Self::parse(text, Some(path)),
            Err(error) => {
                let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
                let line = before.split(|&byte| byte == b'\n').count();
                let problem = "this is not UTF-8: save the file as UTF-8".to_owned();
                Err(FileError::Line { path: shown(&path), line, problem })
            }
        }
    }

    /// Parses the text of a file.
    ///
    /// # Errors
    /// When anything in it is invalid.
    pub fn parse(text: &str, path: Option<PathBuf>) -> Result<Self, FileError> {
        let reader = Reader::new(text, path.as_deref());
        // The library's own error quotes the line, which may contain a secret.
        let table = toml::table(text);
        let table = table.map_err(|error| reader.refuse(error.at(), error.message()))?;
        let settings: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
        let known = [&PLACE[..], &["context"], &settings, &TABLES].concat();
        let mut file = Self { path, ..Self::default() };
        for (key, value) in table.get_ref() {
            match key.get_ref().as_ref() {
                "keys" => file.keys = reader.keys(key, value)?,
                "contexts" => file.contexts = reader.contexts(key, value)?,
                name => {
                    let entry = reader.entry(key, value, &known)?;
                    file.values.insert(name.to_owned(), entry);
                }
            }
        }
        Ok(file)
    }

    /// The path for messages.
    pub fn shown(&self) -> String {
        self.path.as_deref().map(shown).unwrap_or_default()
    }
}

fn shown(path: &Path) -> String {
    text::clean(&path.to_string_lossy()).into_owned()
}

/// Whether there is no file. A dangling link does not count: it was meant to lead to one.
fn is_missing(error: &io::Error, path: &Path) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
        && path.symlink_metadata().is_err()
}

/// Converts TOML values, with line numbers for errors.
struct Reader {
    /// Byte offsets of the line ends.
    ends: Vec<usize>,
    path: String,
}

type Key<'a> = Spanned<DeString<'a>>;
type Value<'a> = Spanned<DeValue<'a>>;

impl Reader {
    fn new(text: &str, path: Option<&Path>) -> Self {
        let ends = text.match_indices('\n').map(|(at, _)| at).collect();
        Self { ends, path: path.map(shown).unwrap_or_default() }
    }

    fn line(&self, at: usize) -> usize {
        self.ends.partition_point(|&end| end < at) + 1
    }

    fn refuse(&self, at: usize, problem: impl Into<String>) -> FileError {
        FileError::Line { path: self.path.clone(), line: self.line(at), problem: problem.into() }
    }

    fn keys(&self, key: &Key, value: &Value) -> Result<Vec<Rebinding>, FileError> {
        let shape =
            "keys are a table: write [keys], and below it refresh = \"r\", or [\"r\", \"f5\"]";
        let table = value.get_ref().as_table();
        let table = table.ok_or_else(|| self.refuse(key.span().start, shape))?;
        let bindings = table.iter().map(|(action, value)| {
            let at = action.span().start;
            let keys = match value.get_ref() {
                DeValue::Array(keys) => keys.iter().map(|key| one(key.get_ref())).collect(),
                key => one(key).map(|key| vec![key]),
            };
            let keys: Vec<String> = keys.ok_or_else(|| self.refuse(at, shape))?;
            Ok(Rebinding { action: action.get_ref().to_string(), keys, line: self.line(at) })
        });
        let mut bindings: Vec<Rebinding> = bindings.collect::<Result<_, FileError>>()?;
        bindings.sort_by_key(|binding| binding.line);
        Ok(bindings)
    }

    fn contexts(
        &self,
        key: &Key,
        value: &Value,
    ) -> Result<IndexMap<String, BTreeMap<String, Entry>>, FileError> {
        let shape = "contexts are tables: write [contexts.NAME], and below it region, workspace, \
                     namespace and, if need be, profile";
        let contexts = value.get_ref().as_table();
        let contexts = contexts.ok_or_else(|| self.refuse(key.span().start, shape))?;
        // Sort by position: the library's map does not keep the order of the file.
        let mut found = Vec::new();
        for (name, value) in contexts {
            let at = name.span().start;
            let fields = value.get_ref().as_table().ok_or_else(|| self.refuse(at, shape))?;
            if name.get_ref().trim().is_empty() {
                return Err(self.refuse(at, "a context needs a name"));
            }
            let mut entries = BTreeMap::new();
            for (key, value) in fields {
                let entry = self.entry(key, value, &PLACE)?;
                entries.insert(key.get_ref().to_string(), entry);
            }
            found.push((at, name.get_ref().to_string(), entries));
        }
        found.sort_by_key(|(at, ..)| *at);
        Ok(found.into_iter().map(|(_, name, entries)| (name, entries)).collect())
    }

    fn entry(&self, key: &Key, value: &Value, known: &[&str]) -> Result<Entry, FileError> {
        let (name, at) = (key.get_ref().as_ref(), key.span().start);
        if !known.contains(&name) {
            return Err(self.refuse(at, unknown(name, known)));
        }
        let is_list = NAMES.contains(&(name, Shape::List));
        let text = match value.get_ref() {
            DeValue::Array(items) if is_list => {
                let items = items.iter().map(|item| one(item.get_ref()));
                items.collect::<Option<Vec<_>>>().map(|items| items.join(","))
            }
            _ if is_list => None,
            value => one(value),
        };
        let text = text.ok_or_else(|| {
            let shape = if is_list { "a list, as [\"a\", \"b\"]" } else { "one text or number" };
            self.refuse(at, format!("{name} must be {shape}"))
        })?;
        Ok(Entry { text, line: self.line(at) })
    }
}

/// The text of a single value.
fn one(value: &DeValue) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        DeValue::Boolean(boolean) => Some(boolean.to_string()),
        _ => None,
    }
}

/// The error for an unknown key.
fn unknown(name: &str, known: &[&str]) -> String {
    let plain = name.to_lowercase().replace(['_', '-'], "");
    if ["secret", "password", "token", "accesskey"].iter().any(|word| plain.contains(word)) {
        let key = quotable(name).unwrap_or("this key");
        return format!(
            "{key} has no place in this file: take it out. Secrets are read from where the \
             aliyun CLI keeps them (aliyun configure --profile NAME; then profile = \"NAME\" \
             here), or from the environment"
        );
    }
    let hint = did_you_mean(name, known.iter().copied());
    let hint = hint.unwrap_or_else(|| "savepeek config --sample shows all there are".to_owned());
    format!("there is no key {}; {hint}", quoted_or(name, "of that name"))
}

#[cfg(test)]
mod tests;
