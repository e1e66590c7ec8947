//! Where a value comes from, decided here and nowhere else: a flag beats the environment, which
//! beats the file, which beats the default.
//!
//! What says where to ask has two more layers, for contexts: see [`super::place`].

use std::collections::BTreeMap;
use std::fmt;

use clap::ValueEnum;

use super::Error;
use super::explicit_args::ExplicitArgs;
use super::file::File;
use super::nearest::did_you_mean;
use crate::config::appearance::Source;
use crate::util::environment::Environment;
use crate::util::quote::quoted_or;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A flag, by its long name.
    Flag(&'static str),
    /// A variable of the environment.
    Variable(String),
    /// A line of the file: the file, the line, the key.
    Line(String, usize, String),
    /// The region of the profile that is used.
    Profile,
    /// Nobody said anything.
    Default,
}

impl Origin {
    /// Who said it, if anybody did.
    pub fn by(&self) -> Option<Source> {
        match self {
            Self::Flag(_) => Some(Source::Flag),
            Self::Variable(_) => Some(Source::Variable),
            Self::Line(..) => Some(Source::File),
            Self::Profile | Self::Default => None,
        }
    }
}

/// Where every value comes from, by name.
pub type Origins = BTreeMap<&'static str, Origin>;

/// What an error begins with.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => write!(f, "--{name}"),
            Self::Variable(name) => f.write_str(name),
            Self::Line(path, line, key) => write!(f, "{path}:{line}: {key}"),
            Self::Profile => f.write_str("the profile's region_id"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// The variable that stands for a flag.
pub fn variable(name: &str) -> String {
    format!("SAVEPEEK_{}", name.to_uppercase().replace('-', "_"))
}

/// Everything that is said, and by whom.
#[derive(Debug)]
pub struct Layers<'a> {
    given: &'a ExplicitArgs,
    environment: &'a Environment,
    file: &'a File,
    /// Where each value that was decided comes from.
    pub origins: Origins,
}

impl<'a> Layers<'a> {
    /// Nothing is decided yet.
    pub fn new(given: &'a ExplicitArgs, environment: &'a Environment, file: &'a File) -> Self {
        Self { given, environment, file, origins: Origins::new() }
    }

    /// The variables.
    pub fn environment(&self) -> &'a Environment {
        self.environment
    }

    /// The file.
    pub fn file(&self) -> &'a File {
        self.file
    }

    /// Decides a value that the flag, or its default, has put at `value`.
    ///
    /// # Errors
    /// When the environment, or the file, says what cannot be; the file is read even where it does
    /// not matter, because it holds as a whole or not at all.
    pub fn decide<T, E: fmt::Display>(
        &mut self,
        name: &'static str,
        value: &mut T,
        read: impl Fn(&str) -> Result<T, E>,
    ) -> Result<(), Error> {
        let read = |text: &str, origin: &Origin| {
            read(text)
                .map_err(|why| Error::Value { from: origin.to_string(), why: why.to_string() })
        };
        let line = self.file.values.get(name).map(|entry| {
            let origin = Origin::Line(self.file.shown(), entry.line, name.to_owned());
            read(&entry.text, &origin).map(|value| (value, origin))
        });
        let line = line.transpose()?;
        let origin = if self.given.contains(name) {
            Origin::Flag(name)
        } else if let Some(text) = self.environment.get(&variable(name)) {
            let origin = Origin::Variable(variable(name));
            *value = read(&text, &origin)?;
            origin
        } else if let Some((said, origin)) = line {
            *value = said;
            origin
        } else {
            Origin::Default
        };
        self.origins.insert(name, origin);
        Ok(())
    }
}

/// Reads one of a few words.
pub fn word<T: ValueEnum>(text: &str) -> Result<T, String> {
    T::from_str(text.trim(), false).map_err(|_unknown| {
        let values = T::value_variants().iter().filter_map(T::to_possible_value);
        let names: Vec<String> = values.map(|value| value.get_name().to_owned()).collect();
        let hint = did_you_mean(text, names.iter().map(String::as_str));
        let hint = hint.map(|hint| format!("; {hint}")).unwrap_or_default();
        format!("{} is none of {}{hint}", quoted_or(text, "this"), names.join(", "))
    })
}

/// Reads some of a few words, separated by commas; of nothing, none.
pub fn words<T: ValueEnum>(text: &str) -> Result<Vec<T>, String> {
    text.split(',').filter(|word| !word.trim().is_empty()).map(word).collect()
}

/// The word for a value.
pub fn name_of(value: &impl ValueEnum) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}
