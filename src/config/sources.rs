//! Everything that tells the program how to run, beside the values of the flags: for a command that
//! needs all of it, and for one that goes on without the file.

use std::path::Path;

use super::explicit_args::ExplicitArgs;
use super::file::{File, FileError};
use super::flags::{Flags, Logging};
use super::layers::Layers;
use super::options::{self, Options};
use super::{Config, Error, Region};
use crate::api::credentials;
use crate::util::environment::Environment;

/// The variables, the file, and which flags were given.
#[derive(Debug)]
pub struct ConfigSources {
    given: ExplicitArgs,
    /// The variables.
    pub environment: Environment,
    file: Result<File, FileError>,
}

impl ConfigSources {
    /// Reads the file that was named, or the user's own.
    pub fn new(given: ExplicitArgs, named: Option<&Path>) -> Self {
        let environment = Environment::of_process();
        Self { given, file: File::find(named, &environment), environment }
    }

    /// The file. Commands that need none do not mind one that is refused.
    pub fn file(&self) -> Result<&File, Error> {
        self.file.as_ref().map_err(|refused| refused.clone().into())
    }

    /// How to ask, to tell and to show.
    pub fn options(&self, flags: Flags) -> Result<Options, Error> {
        Options::new(flags, Layers::new(&self.given, &self.environment, self.file()?))
    }

    /// The same, and where to ask.
    pub fn config(&self, flags: Flags, ids: Vec<String>) -> Result<Config, Error> {
        let region_of =
            |profile: Option<&str>| credentials::profile_region(&self.environment, profile);
        self.config_with(flags, ids, &region_of)
    }

    /// The same, where somebody else knows the regions of profiles.
    pub fn config_with(
        &self,
        flags: Flags,
        ids: Vec<String>,
        region_of: &Region,
    ) -> Result<Config, Error> {
        Config::new(self.options(flags)?, ids, &self.environment, self.file()?, region_of)
    }

    /// The same as if there were no file, nor a context, which only a file can know.
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

    /// What to log, before anything else is decided. What cannot be is an error for whoever needs
    /// the rest; until then the flags hold.
    pub fn logging(&self, flags: &Logging) -> Logging {
        let none = File::default();
        let file = self.file.as_ref().unwrap_or(&none);
        let mut layers = Layers::new(&self.given, &self.environment, file);
        options::logging(flags.clone(), &mut layers).unwrap_or_else(|_said_later| flags.clone())
    }
}
