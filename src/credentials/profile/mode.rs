//! What a profile of the CLI's says in each of its modes.

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::{FILE, File, problem};
use crate::credentials::{Credentials, CredentialsError, Role, Way};
use crate::{clock, text};

/// How many profiles may borrow from one another in a row.
const DEPTH: usize = 8;

const MODES: &str = "AK, StsToken, RamRoleArn, ChainableRamRoleArn, EcsRamRole, OIDC, External, \
                     CredentialsURI, CloudSSO and OAuth";

/// A profile, with the CLI's names.
#[derive(Default, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_field_names, reason = "the names are the file's")]
pub(super) struct Profile {
    name: Option<String>,
    mode: Option<String>,
    region_id: Option<String>,
    access_key_id: Option<String>,
    access_key_secret: Option<SecretString>,
    sts_token: Option<SecretString>,
    /// Unix seconds, or 0.
    sts_expiration: Option<i64>,
    source_profile: Option<String>,
    ram_role_arn: Option<String>,
    ram_session_name: Option<String>,
    /// What Python reads where Go and the CLI read `ram_session_name`.
    role_session_name: Option<String>,
    expired_seconds: Option<u32>,
    policy: Option<String>,
    external_id: Option<String>,
    sts_region: Option<String>,
    enable_vpc: Option<bool>,
    ram_role_name: Option<String>,
    oidc_provider_arn: Option<String>,
    oidc_token_file: Option<String>,
    process_command: Option<SecretString>,
    credentials_uri: Option<SecretString>,
}

impl Profile {
    pub(super) fn has_name(&self, name: &str) -> bool {
        self.name.as_deref() == Some(name)
    }

    pub(super) fn region(&self) -> Option<String> {
        filled(self.region_id.as_ref())
    }

    /// Whether it is one for keys, and has none.
    pub(super) fn is_blank(&self) -> bool {
        matches!(self.mode.as_deref(), None | Some("" | "AK"))
            && self.access_key_id.as_deref().is_none_or(str::is_empty)
            && hidden(self.access_key_secret.as_ref()).is_none()
    }
}

impl File {
    /// The way to the credentials of the profile with this name.
    pub(super) fn way(&self, name: &str) -> Result<Way, CredentialsError> {
        self.way_within(name, DEPTH)
    }

    fn way_within(&self, name: &str, depth: usize) -> Result<Way, CredentialsError> {
        let profile = self
            .profile(name)
            .ok_or_else(|| problem(name, &format!("does not exist in {FILE}")))?;
        let named = Named { name, profile };
        // The vendor compares the mode with its case, and the CLI takes an absent one as AK.
        Ok(match profile.mode.as_deref().unwrap_or_default() {
            "" | "AK" => Way::Keys(named.keys()?),
            "StsToken" => Way::Keys(named.temporary()?),
            "RamRoleArn" => {
                Way::Assume { source: Box::new(Way::Keys(named.keys()?)), role: named.role()? }
            }
            "ChainableRamRoleArn" => {
                let from = named.need("source_profile", profile.source_profile.as_ref())?;
                let depth = depth.checked_sub(1);
                let depth =
                    depth.ok_or_else(|| problem(name, "source_profile goes in a circle"))?;
                let source = Box::new(self.way_within(&from, depth)?);
                Way::Assume { source, role: named.role()? }
            }
            "EcsRamRole" => {
                Way::Instance { role: filled(profile.ram_role_name.as_ref()), expected: true }
            }
            "OIDC" => Way::Oidc {
                role: named.role()?,
                provider_arn: named
                    .need("oidc_provider_arn", profile.oidc_provider_arn.as_ref())?,
                token_file: named.need("oidc_token_file", profile.oidc_token_file.as_ref())?.into(),
            },
            "External" => {
                Way::Command(named.hidden("process_command", profile.process_command.as_ref())?)
            }
            "CredentialsURI" => {
                Way::Uri(named.hidden("credentials_uri", profile.credentials_uri.as_ref())?)
            }
            mode @ ("CloudSSO" | "OAuth") => Way::Keys(named.cached(mode, clock::now())?),
            mode => {
                let why = format!("savepeek cannot use its mode {mode:?}, only {MODES}");
                return Err(problem(name, &why));
            }
        })
    }
}

/// A profile that is meant, for errors that say which one.
struct Named<'a> {
    name: &'a str,
    profile: &'a Profile,
}

impl Named<'_> {
    fn keys(&self) -> Result<Credentials, CredentialsError> {
        let profile = self.profile;
        Ok(Credentials {
            access_key_id: self.need("access_key_id", profile.access_key_id.as_ref())?,
            access_key_secret: self
                .hidden("access_key_secret", profile.access_key_secret.as_ref())?,
            security_token: None,
            expires_at: None,
        })
    }

    fn temporary(&self) -> Result<Credentials, CredentialsError> {
        let token = self.hidden("sts_token", self.profile.sts_token.as_ref())?;
        Ok(Credentials { security_token: Some(token), ..self.keys()? })
    }

    /// The keys that the CLI borrowed and keeps in the file. Borrowing others is left to the CLI:
    /// it needs a browser, and the answer changes what the file must hold.
    fn cached(&self, mode: &str, now: Timestamp) -> Result<Credentials, CredentialsError> {
        let until = self.profile.sts_expiration.filter(|seconds| *seconds > 0);
        let until = until.and_then(|seconds| Timestamp::from_second(seconds).ok());
        let refresh = |state: &str| {
            let name = shlex::try_quote(self.name).unwrap_or_default();
            let command = format!("aliyun configure --mode {mode} --profile {name}");
            let command = text::clean(&command);
            problem(self.name, &format!("its temporary keys {state}: run `{command}`"))
        };
        match (until, self.temporary()) {
            (Some(until), _) if until <= now => Err(refresh(&format!("ended at {until}"))),
            (Some(until), Ok(keys)) => Ok(Credentials { expires_at: Some(until), ..keys }),
            _ => Err(refresh("are not there yet")),
        }
    }

    fn role(&self) -> Result<Role, CredentialsError> {
        let profile = self.profile;
        let session = [&profile.ram_session_name, &profile.role_session_name];
        Ok(Role {
            arn: self.need("ram_role_arn", profile.ram_role_arn.as_ref())?,
            session_name: session.into_iter().find_map(|name| filled(name.as_ref())),
            duration: profile.expired_seconds,
            policy: filled(profile.policy.as_ref()),
            external_id: filled(profile.external_id.as_ref()),
            sts_region: filled(profile.sts_region.as_ref()),
            vpc: profile.enable_vpc,
        })
    }

    fn need(&self, field: &str, value: Option<&String>) -> Result<String, CredentialsError> {
        filled(value).ok_or_else(|| self.missing(field))
    }

    fn hidden(
        &self,
        field: &str,
        value: Option<&SecretString>,
    ) -> Result<SecretString, CredentialsError> {
        hidden(value).ok_or_else(|| self.missing(field))
    }

    fn missing(&self, field: &str) -> CredentialsError {
        problem(self.name, &format!("has no {field} in {FILE}"))
    }
}

fn filled(value: Option<&String>) -> Option<String> {
    value.filter(|value| !value.is_empty()).cloned()
}

fn hidden(value: Option<&SecretString>) -> Option<SecretString> {
    value.filter(|value| !value.expose_secret().is_empty()).cloned()
}
