//! Defaults, then the file, then the environment, then the flags: one checked [`Config`].
//!
//! | to change                      | look at                            |
//! |--------------------------------|------------------------------------|
//! | a setting                      | its entry in [`flags`], `assets/config.toml` |
//! | the syntax of the file         | [`mod@file`]                       |
//! | precedence                     | [`layers`]; for places [`place`]   |
//! | what follows from the values   | [`options`]                        |
//! | what commands get              | [`sources`]                        |
//! | what `savepeek config` prints  | [`mod@print`]                      |

pub mod appearance;
pub mod columns;
pub mod command_line;
pub mod context;
pub mod explicit_args;
pub mod file;
pub mod flags;
pub mod keymap;
pub mod layers;
pub(crate) mod nearest;
pub mod notifications;
pub mod options;
pub mod place;
pub mod print;
mod settings;
pub mod sources;
pub(crate) mod values;
pub mod zone;

pub use file::{File, FileError};
pub use layers::{Layers, Origin};
pub use options::Options;
pub use place::PartialPlace;
pub use sources::ConfigSources;

use crate::api::credentials::CredentialsError;
use crate::domain::savepoint::InvalidName;
use crate::util::environment::Environment;
use context::Context;
use place::PlaceResolver;

/// Looks up the region of a profile; `None` if the profile names none.
pub type Region<'a> = dyn Fn(Option<&str>) -> Result<Option<String>, CredentialsError> + 'a;

/// The complete configuration. A place that is incomplete is filled in on the form.
#[derive(Debug, Clone)]
pub struct Config {
    /// The place to query, and the profile.
    pub place: PartialPlace,
    /// The current context, and where it was named.
    pub context: Option<(String, Origin)>,
    pub contexts: Vec<Context>,
    /// Everything but the place.
    pub options: Options,
    /// Savepoint IDs as given on the command line.
    pub ids: Vec<String>,
    /// Neither read nor change the stored watch list.
    pub fresh: bool,
}

/// Why the configuration is invalid. The user has to fix it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("{from}: {why}")]
    Value {
        /// The flag, variable or line it came from.
        from: String,
        why: String,
    },
    /// The name of a savepoint, namespace or profile is invalid.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// The profile that should name the region cannot be read.
    #[error(transparent)]
    Profile(#[from] CredentialsError),
    #[error("no {what}: give {flags}, or set {variables}, or write it into the configuration file")]
    Missing { what: &'static str, flags: &'static str, variables: &'static str },
}

impl Error {
    fn of(origin: &Origin, why: &impl std::fmt::Display) -> Self {
        Self::Value { from: origin.to_string(), why: why.to_string() }
    }
}

impl Config {
    /// Resolves the configuration from options, environment and file.
    ///
    /// An empty variable counts as unset. A flag beats every variable, so `--region` beats
    /// `SAVEPEEK_ENDPOINT`; of two flags or two variables the endpoint beats the region.
    ///
    /// # Errors
    /// When any value is invalid.
    pub fn new(
        options: Options,
        ids: Vec<String>,
        environment: &Environment,
        file: &File,
        region_of: &Region,
    ) -> Result<Self, Error> {
        let resolver = PlaceResolver { flags: &options.flags.shared, environment, file, region_of };
        let context = resolver.context()?;
        let place = resolver.locate(context.as_ref())?;
        let contexts = resolver.contexts()?;
        Ok(Self { place, context, contexts, options, ids, fresh: false })
    }

    /// The context to start in: the one that was named, unless other values lead to another place.
    pub fn starting_context(&self) -> Option<&Context> {
        let (name, _) = self.context.as_ref()?;
        let named = self.contexts.iter().find(|context| context.name == *name);
        named.filter(|context| context.fields == self.place.fields())
    }
}

#[cfg(test)]
mod tests;
