//! Credentials from the `aliyun` CLI's `~/.aliyun/config.json`: selection of the profile.
//!
//! savepeek never writes the file, although the CLI caches temporary credentials in it.

mod mode;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use secrecy::zeroize::Zeroizing;
use serde_json::value::RawValue;

use self::mode::ProfileEntry;
use super::variables::CLI_PROFILES;
use super::{CredentialSource, CredentialsError, Declined, Ini, Provider};
use crate::util::environment::Environment;
use crate::util::quote::{quoted, quoted_or};
use crate::util::small_file::{self, Accept, SETTINGS};

/// Variables that disable profiles: the SDKs' and the CLI's.
const DISABLED: [&str; 2] = ["ALIBABA_CLOUD_CLI_PROFILE_DISABLED", "ALIBABA_CLOUD_IGNORE_PROFILE"];
const PROFILE_VARIABLE: &str = "ALIBABA_CLOUD_PROFILE";
const FILE: &str = "~/.aliyun/config.json";

/// How many existing names the error for an unknown profile lists.
const MAX_SUGGESTIONS: usize = 10;

/// One profile of the CLI's: the one named on the command line, else by `ALIBABA_CLOUD_PROFILE`,
/// `ALIBABACLOUD_PROFILE` or `ALICLOUD_PROFILE`, else the file's `current`.
#[derive(Debug)]
pub struct CliProfile {
    environment: Environment,
    named: Option<String>,
}

/// The fields of an object, each decoded only when needed.
type Fields<'a> = BTreeMap<String, &'a RawValue>;

/// The file's text. Profiles other than the selected one may have any shape.
struct File {
    text: Zeroizing<Vec<u8>>,
    current: Option<String>,
}

/// Returns the region of the profile that [`CliProfile`] would use, in any mode.
///
/// # Errors
/// A file is damaged, or the named profile does not exist.
pub fn profile_region(
    environment: &Environment,
    named: Option<&str>,
) -> Result<Option<String>, CredentialsError> {
    let cli = CliProfile::new(environment.clone(), named.map(str::to_owned));
    match cli.select() {
        Ok((name, file)) => file.profile(&name).map_or(Ok(None), |profile| profile.region()),
        Err(Declined::Failed(error)) => Err(error),
        // The name may be a section of the INI file, which has no regions.
        Err(Declined::Skipped(_)) => match Ini::new(environment.clone()).section() {
            Err(Declined::Failed(error)) => Err(error),
            _ => Ok(None),
        },
    }
}

impl CliProfile {
    /// The profile with this name, else the environment's or the file's current one.
    pub fn new(environment: Environment, named: Option<String>) -> Self {
        Self { environment, named }
    }

    fn path(&self) -> Option<PathBuf> {
        Some(self.environment.home()?.join(".aliyun").join("config.json"))
    }

    /// Selects the profile and returns its name and the file.
    ///
    /// A missing profile that only `ALIBABA_CLOUD_PROFILE` names is skipped, because the variable
    /// also names sections of the INI file, the next provider.
    fn select(&self) -> Result<(String, File), Declined> {
        let variable = self.environment.get(PROFILE_VARIABLE);
        let cli_profile =
            || CLI_PROFILES.into_iter().find_map(|by| Some((self.environment.get(by)?, by)));
        let cli_profile = if variable.is_none() { cli_profile() } else { None };
        let missing = |why: String| match (&self.named, &cli_profile) {
            (Some(name), _) => Declined::Failed(problem(name, &why)),
            (None, Some((name, by))) => {
                Declined::Failed(unknown(name, &format!("{why}, and {by} names it")))
            }
            (None, None) => Declined::Skipped(why),
        };
        if let Some(off) = DISABLED.into_iter().find(|name| self.environment.is_true(name)) {
            let off = format!("turned off by {off}=true");
            return Err(match &self.named {
                Some(name) => Declined::Failed(problem(name, &off)),
                None => Declined::Skipped(off),
            });
        }
        let file = match self.path() {
            Some(path) => File::read(&path)?,
            None => None,
        };
        let file = file.ok_or_else(|| missing(format!("there is no {FILE}")))?;
        let cli = cli_profile.as_ref().map(|(name, _)| name.clone());
        let name = self.named.clone().or_else(|| variable.clone()).or(cli);
        let current = || file.current.clone().filter(|name| !name.is_empty());
        let Some(name) = name.or_else(current) else {
            let name = "default".to_owned();
            return match file.profile(&name) {
                Some(_) => Ok((name, file)),
                None => Err(missing(format!("{FILE} names no current profile"))),
            };
        };
        if file.profile(&name).is_some() {
            return Ok((name, file));
        }
        let not_found = file.not_found(&name);
        if self.named.is_none() && variable.is_some() {
            let name = quoted(&name);
            return Err(Declined::Skipped(format!("the profile {name}{not_found}")));
        }
        match cli_profile {
            Some(_) => Err(missing(not_found)),
            None if self.named.is_some() => Err(problem(&name, &not_found).into()),
            None => Err(unknown(&name, &not_found).into()),
        }
    }
}

impl Provider for CliProfile {
    fn name(&self) -> String {
        match self.select() {
            Ok((name, _)) => format!("profile {name:?}"),
            Err(_) => FILE.to_owned(),
        }
    }

    fn files(&self) -> Vec<PathBuf> {
        self.path().into_iter().collect()
    }

    fn source(&self) -> Result<CredentialSource, Declined> {
        let (name, file) = self.select()?;
        let by = |name: &&str| self.environment.get(name).is_some();
        let named = self.named.is_some() || by(&PROFILE_VARIABLE) || CLI_PROFILES.iter().any(by);
        // `aliyun configure` leaves an empty profile behind if the user enters nothing.
        let blank = || file.profile(&name).map_or(Ok(false), |profile| profile.is_blank());
        if !named && blank()? {
            return Err(Declined::Skipped(format!("the profile {name:?} is empty")));
        }
        Ok(file.source(&name)?)
    }
}

impl File {
    fn read(path: &Path) -> Result<Option<Self>, CredentialsError> {
        let bytes = match small_file::read(path, SETTINGS, Accept::Device) {
            Ok(bytes) => Zeroizing::new(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(CredentialsError::new(format!("{FILE} cannot be read: {error}")));
            }
        };
        Self::parse(bytes).map(Some)
    }

    fn parse(text: Zeroizing<Vec<u8>>) -> Result<Self, CredentialsError> {
        // Only the position: the parser's message may quote a secret.
        let fields: Fields<'_> = serde_json::from_slice(&text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            CredentialsError::new(format!("{FILE} is damaged at line {line}, column {column}"))
        })?;
        let is_not = |what: &str| CredentialsError::new(format!("{FILE} is damaged: its {what}"));
        let current = fields.get("current").map_or(Ok(None), |raw| serde_json::from_str(raw.get()));
        let current = current.map_err(|_may_quote_it| is_not("\"current\" is not text"))?;
        profile_list(&fields).ok_or_else(|| is_not("\"profiles\" is not a list"))?;
        Ok(Self { text, current })
    }

    fn profile(&self, name: &str) -> Option<ProfileEntry<'_>> {
        self.profiles().into_iter().find(|profile| profile.name == name)
    }

    /// The profiles that have a name.
    fn profiles(&self) -> Vec<ProfileEntry<'_>> {
        let all = serde_json::from_slice(&self.text).ok().and_then(|fields| profile_list(&fields));
        all.unwrap_or_default().into_iter().filter_map(ProfileEntry::parse).collect()
    }

    /// The error text for an unknown profile, with the most similar names first. What does not look
    /// like a name is not quoted: in a damaged file it may be a secret.
    fn not_found(&self, name: &str) -> String {
        let mut names: Vec<String> = self.profiles().into_iter().map(|it| it.name).collect();
        let likeness = |known: &str| strsim::jaro_winkler(known, name);
        names.sort_by(|a, b| likeness(b).total_cmp(&likeness(a)));
        let plain = names.iter().filter(|name| is_plain(name)).take(MAX_SUGGESTIONS);
        let plain: Vec<String> = plain.map(|name| format!("{name:?}")).collect();
        let known = match (plain.len(), names.len()) {
            (0, 0) => ", which has none".to_owned(),
            (0, _) => String::new(),
            (shown, all) if shown < all => format!(", which has {} and others", plain.join(", ")),
            _ => format!(", which has {}", plain.join(", ")),
        };
        format!("does not exist in {FILE}{known}")
    }
}

/// Whether a name is short and one word.
fn is_plain(name: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '@' | ':');
    name.chars().count() <= 64 && name.chars().all(part)
}

/// The items of `profiles`, which may be absent; `None` if it is not a list.
fn profile_list<'a>(fields: &Fields<'a>) -> Option<Vec<&'a RawValue>> {
    let list: Option<Vec<&RawValue>> = match fields.get("profiles") {
        None => None,
        Some(raw) => serde_json::from_str(raw.get()).ok()?,
    };
    Some(list.unwrap_or_default())
}

/// The error for an unusable profile in a readable file.
fn problem(name: &str, problem: &str) -> CredentialsError {
    CredentialsError::new(format!("the profile {name:?}: {problem}")).withdrawn()
}

/// The error for a missing profile. Its name comes from a variable or a file, so it may be a
/// misplaced secret and is quoted only if it looks like a name.
fn unknown(name: &str, problem: &str) -> CredentialsError {
    let name = quoted_or(name, "that is named");
    CredentialsError::new(format!("the profile {name}: {problem}")).withdrawn()
}

#[cfg(test)]
mod tests;
