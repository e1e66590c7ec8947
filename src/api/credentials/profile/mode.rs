//! The modes of a CLI profile.

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::{FILE, Fields, File, problem, unknown};
use crate::api::credentials::{CredentialSource, Credentials, CredentialsError, Role};
use crate::util::quote::quotable;
use crate::util::{clock, text};

/// The longest chain of `source_profile`s.
const MAX_DEPTH: usize = 8;

const MODES: &str = "AK, StsToken, RamRoleArn, ChainableRamRoleArn, EcsRamRole, OIDC, External, \
                     CredentialsURI, CloudSSO and OAuth";

/// A profile. Fields are decoded when needed, so a malformed field that is not used does no harm.
pub(super) struct ProfileEntry<'a> {
    pub(super) name: String,
    pub(super) fields: Fields<'a>,
}

impl File {
    pub(super) fn source(&self, name: &str) -> Result<CredentialSource, CredentialsError> {
        self.source_within(name, MAX_DEPTH)
    }

    fn source_within(
        &self,
        name: &str,
        depth: usize,
    ) -> Result<CredentialSource, CredentialsError> {
        let profile = self.profile(name).ok_or_else(|| unknown(name, &self.not_found(name)))?;
        // Modes are case-sensitive, and the CLI treats an absent mode as AK.
        Ok(match profile.text("mode")?.as_deref().unwrap_or_default() {
            "" | "AK" => CredentialSource::Keys(profile.keys()?),
            "StsToken" => CredentialSource::Keys(profile.temporary_keys()?),
            "RamRoleArn" => CredentialSource::Assume {
                source: Box::new(CredentialSource::Keys(profile.keys()?)),
                role: profile.role()?,
            },
            "ChainableRamRoleArn" => {
                let from = profile.required("source_profile")?;
                let depth = depth.checked_sub(1);
                let depth =
                    depth.ok_or_else(|| problem(name, "source_profile goes in a circle"))?;
                let source = Box::new(self.source_within(&from, depth)?);
                CredentialSource::Assume { source, role: profile.role()? }
            }
            "EcsRamRole" => CredentialSource::EcsRamRole {
                role: profile.text("ram_role_name")?,
                wanted_by: Some("ram_role_name"),
            },
            "OIDC" => CredentialSource::Oidc {
                role: profile.role()?,
                provider_arn: profile.required("oidc_provider_arn")?,
                token_file: profile.required("oidc_token_file")?.into(),
            },
            "External" => CredentialSource::Command(profile.required_secret("process_command")?),
            "CredentialsURI" => CredentialSource::Uri(profile.required_secret("credentials_uri")?),
            mode @ ("CloudSSO" | "OAuth") => {
                CredentialSource::Keys(profile.cached_keys(mode, clock::now())?)
            }
            mode => {
                let mode = quotable(mode).map(|mode| format!(" {mode:?}")).unwrap_or_default();
                let why = format!("savepeek cannot use its mode{mode}, only {MODES}");
                return Err(problem(name, &why));
            }
        })
    }
}

impl<'a> ProfileEntry<'a> {
    /// Returns `None` if the JSON is not an object with a name.
    pub(super) fn parse(raw: &'a RawValue) -> Option<Self> {
        let fields: Fields<'a> = serde_json::from_str(raw.get()).ok()?;
        let name = serde_json::from_str(fields.get("name")?.get()).ok()?;
        Some(Self { name, fields })
    }

    pub(super) fn region(&self) -> Result<Option<String>, CredentialsError> {
        self.text("region_id")
    }

    /// Whether the mode needs keys and the profile has none.
    pub(super) fn is_blank(&self) -> Result<bool, CredentialsError> {
        Ok(matches!(self.text("mode")?.as_deref(), None | Some("AK"))
            && self.text("access_key_id")?.is_none()
            && self.secret("access_key_secret")?.is_none())
    }

    fn keys(&self) -> Result<Credentials, CredentialsError> {
        Ok(Credentials {
            access_key_id: self.required("access_key_id")?,
            access_key_secret: self.required_secret("access_key_secret")?,
            security_token: None,
            expires_at: None,
        })
    }

    fn temporary_keys(&self) -> Result<Credentials, CredentialsError> {
        let token = self.required_secret("sts_token")?;
        Ok(Credentials { security_token: Some(token), ..self.keys()? })
    }

    /// The temporary keys that the CLI cached in the file. Only the CLI renews them, because a
    /// renewal changes the file. Any CLI command that sends a request does so while the login
    /// lasts; after that, a browser is needed.
    fn cached_keys(&self, mode: &str, now: Timestamp) -> Result<Credentials, CredentialsError> {
        let login = match mode {
            "CloudSSO" => "cloud_sso_access_token_expire",
            _ => "oauth_access_token_expire",
        };
        let until = self.time("sts_expiration")?;
        let logged_in = self.time(login)?.is_some_and(|end| now < end);
        let refresh = |state: &str| {
            let name = shlex::try_quote(&self.name).unwrap_or_default();
            let command = if logged_in {
                format!("aliyun sts GetCallerIdentity --profile {name}")
            } else {
                format!("aliyun configure --mode {mode} --profile {name}")
            };
            let command = text::clean(&command);
            self.problem(&format!("its temporary keys {state}: run `{command}`"))
        };
        match (until, self.temporary_keys()) {
            (Some(until), _) if until <= now => Err(refresh(&format!("ended at {until}"))),
            (Some(until), Ok(keys)) => Ok(Credentials { expires_at: Some(until), ..keys }),
            _ => Err(refresh("are not there yet")),
        }
    }

    fn role(&self) -> Result<Role, CredentialsError> {
        let session = match self.text("ram_session_name")? {
            None => self.text("role_session_name")?, // The Python SDK's name.
            given => given,
        };
        Ok(Role {
            arn: self.required("ram_role_arn")?,
            session_name: session,
            duration: self.field("expired_seconds", "a whole number")?,
            policy: self.text("policy")?,
            external_id: self.text("external_id")?,
            sts_region: self.text("sts_region")?,
            vpc: self.field("enable_vpc", "true or false")?,
        })
    }

    /// A time in Unix seconds; 0 is absent.
    fn time(&self, name: &str) -> Result<Option<Timestamp>, CredentialsError> {
        let seconds: Option<i64> = self.field(name, "a whole number")?;
        Ok(seconds
            .filter(|seconds| *seconds > 0)
            .and_then(|seconds| Timestamp::from_second(seconds).ok()))
    }

    fn required(&self, name: &str) -> Result<String, CredentialsError> {
        self.text(name)?.ok_or_else(|| self.missing(name))
    }

    fn required_secret(&self, name: &str) -> Result<SecretString, CredentialsError> {
        self.secret(name)?.ok_or_else(|| self.missing(name))
    }

    fn text(&self, name: &str) -> Result<Option<String>, CredentialsError> {
        let text: Option<String> = self.field(name, "text")?;
        Ok(text.filter(|text| !text.is_empty()))
    }

    fn secret(&self, name: &str) -> Result<Option<SecretString>, CredentialsError> {
        let secret: Option<SecretString> = self.field(name, "text")?;
        Ok(secret.filter(|secret| !secret.expose_secret().is_empty()))
    }

    /// Decodes a field; null is absent. The error for a wrong type does not quote the value.
    fn field<T: DeserializeOwned>(
        &self,
        name: &str,
        kind: &str,
    ) -> Result<Option<T>, CredentialsError> {
        let Some(raw) = self.fields.get(name) else { return Ok(None) };
        let is_not = |_may_quote_it| self.problem(&format!("its {name} in {FILE} is not {kind}"));
        serde_json::from_str(raw.get()).map_err(is_not)
    }

    fn missing(&self, field: &str) -> CredentialsError {
        self.problem(&format!("has no {field} in {FILE}"))
    }

    fn problem(&self, what: &str) -> CredentialsError {
        problem(&self.name, what)
    }
}
