//! Defaults, then the file, then the environment, then the flags: one checked [`Config`].
//!
//! | to change                                   | look at                          |
//! |---------------------------------------------|----------------------------------|
//! | what the file may say                       | [`mod@file`], `assets/config.toml`   |
//! | who beats whom                              | [`layers`]; for places [`place`] |
//! | a value                                     | [`options`], its flag in [`flags`] |
//! | what a command needs of all that            | [`sources`]                         |
//! | what `savepeek config` prints               | [`mod@print`]                    |

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

/// Which region a profile names, if the profile can be read and names one.
pub type Region<'a> = dyn Fn(Option<&str>) -> Result<Option<String>, CredentialsError> + 'a;

/// How the program was told to run. What may still be unknown is for the form to ask.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to ask, and as whom.
    pub place: PartialPlace,
    /// The context that holds, and who named it.
    pub context: Option<(String, Origin)>,
    /// All contexts.
    pub contexts: Vec<Context>,
    /// How to ask, to tell and to show.
    pub options: Options,
    /// Savepoint IDs, verbatim.
    pub ids: Vec<String>,
    /// Neither read nor change the watch list of earlier starts.
    pub fresh: bool,
}

/// Why the program cannot run as it was told; every one is the user's to mend.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The file is refused.
    #[error(transparent)]
    File(#[from] FileError),
    /// A value that cannot be.
    #[error("{from}: {why}")]
    Value {
        /// The flag, variable or line it came from.
        from: String,
        /// What is wrong with it.
        why: String,
    },
    /// An ID, a namespace or a profile that can name nothing.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// The profile that was to name the region cannot be read.
    #[error(transparent)]
    Profile(#[from] CredentialsError),
    /// Something needed was given nowhere.
    #[error("no {what}: give {flags}, or set {variables}, or write it into the configuration file")]
    Missing {
        /// What it is.
        what: &'static str,
        /// The flags that give it.
        flags: &'static str,
        /// The variables that give it.
        variables: &'static str,
    },
}

impl Error {
    fn of(origin: &Origin, why: &impl std::fmt::Display) -> Self {
        Self::Value { from: origin.to_string(), why: why.to_string() }
    }
}

impl Config {
    /// The configuration that these options, environment and file amount to.
    ///
    /// An empty variable counts as unset. A flag beats every variable, so `--region` beats
    /// `SAVEPEEK_ENDPOINT`; of two flags or two variables the endpoint beats the region.
    ///
    /// # Errors
    /// When something that was said cannot be.
    pub fn new(
        options: Options,
        ids: Vec<String>,
        environment: &Environment,
        file: &File,
        region_of: &Region,
    ) -> Result<Self, Error> {
        let resolver = PlaceResolver { flags: &options.shared, environment, file, region_of };
        let context = resolver.context()?;
        let place = resolver.locate(context.as_ref())?;
        let contexts = resolver.contexts()?;
        Ok(Self { place, context, contexts, options, ids, fresh: false })
    }

    /// The context to start in: the one that was named, unless what else was said leads elsewhere.
    pub fn starting_context(&self) -> Option<&Context> {
        let (name, _) = self.context.as_ref()?;
        let named = self.contexts.iter().find(|context| context.name == *name);
        named.filter(|context| context.fields == self.place.fields())
    }
}

#[cfg(test)]
mod tests;
