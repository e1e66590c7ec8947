//! Credentials from the `aliyun` CLI's `~/.aliyun/config.json`.
//!
//! The file is read anew each time, because the CLI and others rotate the keys in it; it is never
//! written.

use std::io;
use std::path::Path;

use futures_util::future::{self, BoxFuture, FutureExt as _};
use secrecy::{ExposeSecret as _, SecretString, zeroize::Zeroizing};
use serde::Deserialize;

use super::{Credentials, CredentialsError, Provider};
use crate::environment::Environment;

const DISABLED: &str = "ALIBABA_CLOUD_CLI_PROFILE_DISABLED";
const NAMED: &str = "ALIBABA_CLOUD_PROFILE";
const FILE: &str = "~/.aliyun/config.json";

/// One profile of the CLI's: the one named on the command line, else by `ALIBABA_CLOUD_PROFILE`,
/// else the file's `current`.
#[derive(Debug)]
pub struct CliProfile {
    environment: Environment,
    named: Option<String>,
}

/// The file, as far as it matters; every field is optional so that the errors can be ours.
#[derive(Default, Deserialize)]
#[serde(default)]
struct File {
    current: Option<String>,
    profiles: Vec<Profile>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Profile {
    name: Option<String>,
    mode: Option<String>,
    access_key_id: Option<String>,
    access_key_secret: Option<SecretString>,
    sts_token: Option<SecretString>,
    region_id: Option<String>,
}

/// The region of the profile that [`CliProfile`] would use, whatever that profile's mode is.
///
/// # Errors
/// When the file is damaged, or holds no such profile.
pub fn profile_region(
    environment: &Environment,
    named: Option<&str>,
) -> Result<Option<String>, CredentialsError> {
    let cli = CliProfile::new(environment.clone(), named.map(str::to_owned));
    let profile = cli.select()?;
    Ok(profile.and_then(|(_, profile)| profile.region_id).filter(|region| !region.is_empty()))
}

impl CliProfile {
    /// The profile with this name, or the one that is current in this environment.
    pub fn new(environment: Environment, named: Option<String>) -> Self {
        Self { environment, named }
    }

    /// The profile and its name; `None` when there is no file and nobody named a profile.
    fn select(&self) -> Result<Option<(String, Profile)>, CredentialsError> {
        if self.environment.is_true(DISABLED) {
            return match &self.named {
                Some(name) => Err(error(name, &format!("is turned off by {DISABLED}=true"))),
                None => Ok(None),
            };
        }
        let named = self.named.clone().or_else(|| self.environment.get(NAMED));
        let path = self.environment.home().map(|home| home.join(".aliyun").join("config.json"));
        let file = match path {
            Some(path) => File::read(&path)?,
            None => None,
        };
        let Some(file) = file else {
            return match named {
                Some(name) => Err(error(&name, &format!("does not exist: there is no {FILE}"))),
                None => Ok(None),
            };
        };
        let name = named
            .or(file.current.filter(|name| !name.is_empty()))
            .unwrap_or_else(|| "default".to_owned());
        let mut profiles = file.profiles.into_iter();
        match profiles.find(|profile| profile.name.as_deref() == Some(name.as_str())) {
            Some(profile) => Ok(Some((name, profile))),
            None => Err(error(&name, &format!("does not exist in {FILE}"))),
        }
    }

    fn read(&self) -> Result<Option<Credentials>, CredentialsError> {
        let Some((name, profile)) = self.select()? else { return Ok(None) };
        let missing = |field: &str| error(&name, &format!("has no {field} in {FILE}"));
        let filled = |secret: &SecretString| !secret.expose_secret().is_empty();
        // The vendor compares the mode with its case, and takes an absent one as AK.
        let temporary = match profile.mode.as_deref() {
            None | Some("" | "AK") => false,
            Some("StsToken") => true,
            Some(mode) => {
                return Err(error(
                    &name,
                    &format!(
                        "has the mode {mode:?}, which savepeek cannot use: it can AK and StsToken"
                    ),
                ));
            }
        };
        let token = profile.sts_token.filter(filled);
        Ok(Some(Credentials {
            access_key_id: profile
                .access_key_id
                .filter(|id| !id.is_empty())
                .ok_or_else(|| missing("access_key_id"))?,
            access_key_secret: profile
                .access_key_secret
                .filter(filled)
                .ok_or_else(|| missing("access_key_secret"))?,
            security_token: if temporary {
                Some(token.ok_or_else(|| missing("sts_token"))?)
            } else {
                None
            },
            expires_at: None,
        }))
    }
}

impl Provider for CliProfile {
    fn name(&self) -> String {
        match self.select() {
            Ok(Some((name, _))) => format!("profile {name:?}"),
            _ => FILE.to_owned(),
        }
    }

    fn provide(&self) -> BoxFuture<'_, Result<Option<Credentials>, CredentialsError>> {
        future::ready(self.read()).boxed()
    }
}

impl File {
    fn read(path: &Path) -> Result<Option<Self>, CredentialsError> {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => Zeroizing::new(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(CredentialsError(format!("{FILE} cannot be read: {error}"))),
        };
        // Only where: the parser's own words may quote the value it stumbled over, a secret.
        serde_json::from_slice(&bytes).map(Some).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            CredentialsError(format!("{FILE} is damaged at line {line}, column {column}"))
        })
    }
}

fn error(name: &str, problem: &str) -> CredentialsError {
    CredentialsError(format!("the profile {name:?} {problem}"))
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    const CONFIG: &str = r#"{"current": "prod", "unknown": [1], "profiles": [
        {"name": "default", "mode": "AK", "access_key_id": "LTAI0", "access_key_secret": "s0"},
        {"name": "prod", "mode": "AK", "access_key_id": "LTAI1", "access_key_secret": "s1",
         "sts_token": "left over", "region_id": "cn-hangzhou", "output_format": "json"},
        {"name": "sts", "mode": "StsToken", "access_key_id": "STS.2", "access_key_secret": "s2",
         "sts_token": "t2", "region_id": ""},
        {"name": "old", "access_key_id": "LTAI3", "access_key_secret": "s3"},
        {"name": "role", "mode": "RamRoleArn", "region_id": "cn-beijing"},
        {"name": "case", "mode": "ak", "access_key_id": "LTAI4", "access_key_secret": "s4"},
        {"name": "new", "mode": "AK", "access_key_id": "", "access_key_secret": "s5"},
        {"name": "half", "mode": "AK", "access_key_id": "LTAI6", "access_key_secret": null},
        {"name": "tokenless", "mode": "StsToken", "access_key_id": "STS.7", "access_key_secret": "s7"}
    ]}"#;

    fn home(config: &str) -> TempDir {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".aliyun")).unwrap();
        std::fs::write(home.path().join(".aliyun/config.json"), config).unwrap();
        home
    }

    fn cli(home: &TempDir, variables: (&str, &str), named: Option<&str>) -> CliProfile {
        let environment = Environment::of([("HOME", home.path().to_str().unwrap()), variables]);
        CliProfile::new(environment, named.map(str::to_owned))
    }

    #[rstest::rstest]
    #[case::current(("", ""), None, "prod", "LTAI1")]
    #[case::of_the_environment((NAMED, "old"), None, "old", "LTAI3")]
    #[case::named((NAMED, "old"), Some("default"), "default", "LTAI0")]
    fn the_profile_is_the_one_that_was_meant(
        #[case] variable: (&str, &str),
        #[case] named: Option<&str>,
        #[case] name: &str,
        #[case] id: &str,
    ) {
        let home = home(CONFIG);
        let cli = cli(&home, variable, named);
        let keys = cli.read().unwrap().unwrap();
        assert_eq!(keys.access_key_id, id);
        assert!(keys.security_token.is_none(), "the mode decides, not a token left over");
        assert_eq!(cli.name(), format!("profile {name:?}"));
    }

    #[test]
    fn temporary_keys_carry_their_token() {
        let home = home(CONFIG);
        let keys = cli(&home, ("", ""), Some("sts")).read().unwrap().unwrap();
        assert_eq!(keys.security_token.unwrap().expose_secret(), "t2");
    }

    #[rstest::rstest]
    #[case::unknown("nobody", "the profile \"nobody\" does not exist")]
    #[case::other_mode("role", "the profile \"role\" has the mode \"RamRoleArn\"")]
    #[case::mode_in_another_case("case", "has the mode \"ak\"")]
    #[case::no_id("new", "has no access_key_id")]
    #[case::no_secret("half", "has no access_key_secret")]
    #[case::no_token("tokenless", "has no sts_token")]
    fn what_cannot_be_used_is_named(#[case] name: &str, #[case] why: &str) {
        let home = home(CONFIG);
        let error = cli(&home, ("", ""), Some(name)).read().unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }

    #[rstest::rstest]
    #[case::cut_off(r#"{"current": "default", "profiles": [{"name""#)]
    #[case::empty("")]
    #[case::a_secret_of_the_wrong_type(
        r#"{"profiles": [{"name": "default", "mode": ["hunter2"], "access_key_secret": 42424242}]}"#
    )]
    #[case::a_secret_in_the_wrong_place(r#"{"profiles": "hunter2"}"#)]
    fn a_damaged_file_is_named_and_not_quoted(#[case] config: &str) {
        let home = home(config);
        let error = cli(&home, ("", ""), None).read().unwrap_err().to_string();
        assert!(error.starts_with("~/.aliyun/config.json is damaged at line 1"), "{error}");
        assert!(!error.contains("hunter2") && !error.contains("42424242"), "{error}");
    }

    #[test]
    fn no_file_matters_only_to_whoever_named_a_profile() {
        let home = tempfile::tempdir().unwrap();
        assert!(cli(&home, ("", ""), None).read().unwrap().is_none());
        for cli in [cli(&home, (NAMED, "work"), None), cli(&home, ("", ""), Some("work"))] {
            let error = cli.read().unwrap_err().to_string();
            assert!(error.contains("\"work\" does not exist"), "{error}");
        }
    }

    #[test]
    fn profiles_can_be_turned_off() {
        let home = home(CONFIG);
        assert!(cli(&home, (DISABLED, "true"), None).read().unwrap().is_none());
        let error = cli(&home, (DISABLED, "true"), Some("prod")).read().unwrap_err().to_string();
        assert!(error.contains(DISABLED), "{error}");
    }

    #[test]
    fn rotated_keys_are_seen() {
        let home = home(CONFIG);
        let cli = cli(&home, ("", ""), None);
        assert_eq!(cli.read().unwrap().unwrap().access_key_secret.expose_secret(), "s1");
        let rotated = CONFIG.replace("s1", "rotated");
        std::fs::write(home.path().join(".aliyun/config.json"), rotated).unwrap();
        assert_eq!(cli.read().unwrap().unwrap().access_key_secret.expose_secret(), "rotated");
    }

    #[rstest::rstest]
    #[case::current(None, Some("cn-hangzhou"))]
    #[case::of_a_mode_without_keys(Some("role"), Some("cn-beijing"))]
    #[case::empty(Some("sts"), None)]
    #[case::absent(Some("default"), None)]
    fn the_region_comes_from_the_profile(
        #[case] named: Option<&str>,
        #[case] region: Option<&str>,
    ) {
        let home = home(CONFIG);
        let environment = Environment::of([("HOME", home.path().to_str().unwrap())]);
        assert_eq!(profile_region(&environment, named).unwrap().as_deref(), region);
    }
}
