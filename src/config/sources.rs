//! The sources of the configuration besides the values of the flags. Commands that need no file can
//! run without a valid one.

use std::path::Path;

use super::explicit_args::ExplicitArgs;
use super::file::{File, FileError};
use super::flags::{Flags, Logging};
use super::layers::Layers;
use super::options::{self, Options};
use super::{Config, Error, Region};
use crate::api::credentials;
use crate::util::environment::Environment;

/// The environment, the file, and the names of the flags given.
#[derive(Debug)]
pub struct ConfigSources {
    given: ExplicitArgs,
    pub environment: Environment,
    file: Result<File, FileError>,
}

impl ConfigSources {
    /// Reads the environment, and the named file or the user's own.
    pub fn new(given: ExplicitArgs, named: Option<&Path>) -> Self {
        let environment = Environment::of_process();
        Self { given, file: File::find(named, &environment), environment }
    }

    /// The file, or why it is invalid: commands that do not need it ignore the error.
    pub fn file(&self) -> Result<&File, Error> {
        self.file.as_ref().map_err(|refused| refused.clone().into())
    }

    /// Resolves all settings but the place.
    pub fn options(&self, flags: Flags) -> Result<Options, Error> {
        Options::new(flags, Layers::new(&self.given, &self.environment, self.file()?))
    }

    pub fn config(&self, flags: Flags, ids: Vec<String>) -> Result<Config, Error> {
        let region_of =
            |profile: Option<&str>| credentials::profile_region(&self.environment, profile);
        self.config_with(flags, ids, &region_of)
    }

    /// Resolves the complete configuration with another lookup of profile regions.
    pub fn config_with(
        &self,
        flags: Flags,
        ids: Vec<String>,
        region_of: &Region,
    ) -> Result<Config, Error> {
        Config::new(self.options(flags)?, ids, &self.environment, self.file()?, region_of)
    }

    /// Resolves the configuration without the file, and so without contexts.
    pub fn config_without_file(
        &self,
        mut flags: Flags,
        ids: Vec<String>,
        region_of: &Region,
    ) -> Result<Config, Error> {
        flags.shared.context = None;
        let environment = self.environment.without("SAVEPEEK_CONTEXT");
        let file = File::default();
        let options = Options::new(flags, Layers::new(&self.given, &environment, &file))?;
        Config::new(options, ids, &environment, &file, region_of)
    }

    /// The settings of the log, which are needed first. If they are invalid, returns the flags: the
    /// error is reported when the rest is resolved.
    pub fn logging(&self, flags: &Logging) -> Logging {
        let none = File::default();
        let file = self.file.as_ref().unwrap_or(&none);
        let mut layers = Layers::new(&self.given, &self.environment, file);
        options::logging(flags.clone(), &mut layers).unwrap_or_else(|_said_later| flags.clone())
    }
}
