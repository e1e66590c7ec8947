//! The precedence of settings: a flag beats the environment, which beats the file, which beats the
//! default.
//!
//! Places have two more layers, for contexts: see [`super::place`].

use std::collections::BTreeMap;
use std::fmt;

use clap::ValueEnum;

use super::Error;
use super::explicit_args::ExplicitArgs;
use super::file::File;
use super::nearest::did_you_mean;
use super::settings::{Group, Setting};
use crate::config::appearance::Source;
use crate::util::environment::Environment;
use crate::util::quote::quoted_or;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A flag, by its long name.
    Flag(&'static str),
    Variable(String),
    /// A line of the file: the file, the line, the key.
    Line(String, usize, String),
    /// The region of the profile that is used.
    Profile,
    /// Not set anywhere.
    Default,
}

impl Origin {
    /// The source, if the value was set explicitly.
    pub fn source(&self) -> Option<Source> {
        match self {
            Self::Flag(_) => Some(Source::Flag),
            Self::Variable(_) => Some(Source::Variable),
            Self::Line(..) => Some(Source::File),
            Self::Profile | Self::Default => None,
        }
    }
}

/// The origin of each value, by the name of its flag.
pub type Origins = BTreeMap<&'static str, Origin>;

/// The beginning of an error about the value.
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

/// The environment variable for a flag.
pub fn variable(name: &str) -> String {
    format!("SAVEPEEK_{}", name.to_uppercase().replace('-', "_"))
}

/// The sources of settings, and the origins of the values resolved so far.
#[derive(Debug)]
pub struct Layers<'a> {
    explicit: &'a ExplicitArgs,
    environment: &'a Environment,
    file: &'a File,
    pub origins: Origins,
}

impl<'a> Layers<'a> {
    pub fn new(explicit: &'a ExplicitArgs, environment: &'a Environment, file: &'a File) -> Self {
        Self { explicit, environment, file, origins: Origins::new() }
    }

    pub fn environment(&self) -> &'a Environment {
        self.environment
    }

    pub fn file(&self) -> &'a File {
        self.file
    }

    /// Resolves the settings of a group, which holds the values of the flags and the defaults.
    ///
    /// # Errors
    /// When a variable or a line of the file is invalid. The file is checked even if a flag beats
    /// it, because the file is valid as a whole or not at all.
    pub fn resolve<G: Group>(&mut self, flags: &mut G) -> Result<(), Error> {
        for Setting { name, read, .. } in G::SETTINGS {
            let read = |group: &mut G, text: &str, origin: Origin| match read(group, text) {
                Ok(()) => Ok(origin),
                Err(why) => Err(Error::of(&origin, &why)),
            };
            let mut by_file = flags.clone();
            let line = self.file.values.get(*name).map(|entry| {
                let origin = Origin::Line(self.file.shown(), entry.line, (*name).to_owned());
                read(&mut by_file, &entry.text, origin)
            });
            let line = line.transpose()?;
            let origin = if self.explicit.contains(name) {
                Origin::Flag(name)
            } else if let Some(text) = self.environment.get(&variable(name)) {
                read(flags, &text, Origin::Variable(variable(name)))?
            } else if let Some(origin) = line {
                *flags = by_file;
                origin
            } else {
                Origin::Default
            };
            self.origins.insert(name, origin);
        }
        Ok(())
    }
}

/// Parses a value of an enum by its name.
pub fn parse_word<T: ValueEnum>(text: &str) -> Result<T, String> {
    T::from_str(text.trim(), false).map_err(|_unknown| {
        let values = T::value_variants().iter().filter_map(T::to_possible_value);
        let names: Vec<String> = values.map(|value| value.get_name().to_owned()).collect();
        let hint = did_you_mean(text, names.iter().map(String::as_str));
        let hint = hint.map(|hint| format!("; {hint}")).unwrap_or_default();
        format!("{} is none of {}{hint}", quoted_or(text, "this"), names.join(", "))
    })
}

/// Parses a list of enum values, separated by commas; an empty text is an empty list.
pub fn parse_words<T: ValueEnum>(text: &str) -> Result<Vec<T>, String> {
    text.split(',').filter(|word| !word.trim().is_empty()).map(parse_word).collect()
}

/// The name of an enum value.
pub fn name_of(value: &impl ValueEnum) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}
