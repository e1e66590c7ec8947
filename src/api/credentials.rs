//! Where credentials come from: a chain of providers, tried in order.
//!
//! ```text
//! provider ─ configuration ─► CredentialSource ─ files, processes, network ─► Credentials
//! ```
//!
//! The vendor's own chain skips every provider that does not work. This one does not: a provider
//! that is configured but unusable stops the chain with an error, and [`Chain::explain`] reports
//! for each provider why it was used or skipped. The chain never writes a file and never prompts.

mod chain;
mod ecs_ram_role;
mod external;
mod ini;
mod profile;
mod remote_provider;
mod source;
mod sts;
mod variables;

use std::fmt;
use std::path::PathBuf;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

pub use chain::{Chain, ChainStep, FileStamps, ProviderOutcome};
pub use ecs_ram_role::EcsRamRole;
pub use ini::Ini;
pub use profile::{CliProfile, profile_region};
pub use remote_provider::Hosts;
pub use source::CredentialSource;
pub use sts::Role;
pub use variables::{Oidc, Uri, Variables};

use crate::api::Cause;
use crate::util::redact::Secrets;

/// One identity's keys. `Debug` shows no secret, because [`SecretString`]'s does not.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// Not a secret, but shown masked.
    pub access_key_id: String,
    pub access_key_secret: SecretString,
    /// Only temporary credentials have one.
    pub security_token: Option<SecretString>,
    /// When temporary credentials expire, if the source says so.
    pub expires_at: Option<Timestamp>,
}

impl Credentials {
    /// Returns the access key's ID for display: its first and last four characters, or only the
    /// first two of an ID shorter than 12 characters.
    pub fn masked_id(&self) -> String {
        let id: Vec<char> = self.access_key_id.chars().collect();
        let text = |part: &[char]| part.iter().collect::<String>();
        if id.len() < 12 {
            return format!("{}…", text(&id[..id.len().min(2)]));
        }
        format!("{}…{}", text(&id[..4]), text(&id[id.len() - 4..]))
    }

    /// Returns what must be redacted in the response to a request signed with these credentials.
    pub fn secrets(&self) -> Secrets {
        let mut secrets = Secrets::default();
        secrets.mask(&self.access_key_id, &self.masked_id());
        secrets.hide(self.access_key_secret.expose_secret());
        if let Some(token) = &self.security_token {
            secrets.hide(token.expose_secret());
        }
        secrets.index()
    }

    /// Whether ID, secret and token are equal. The expiry does not matter.
    pub fn same_keys(&self, other: &Self) -> bool {
        self.access_key_id == other.access_key_id
            && self.access_key_secret.expose_secret() == other.access_key_secret.expose_secret()
            && self.security_token.as_ref().map(ExposeSecret::expose_secret)
                == other.security_token.as_ref().map(ExposeSecret::expose_secret)
    }
}

/// Why a configured provider could not provide credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CredentialsError {
    /// Contains no secret.
    pub message: String,
    /// The cause of the request's error: [`Cause::CredentialsNotFound`] if no provider is
    /// configured, [`Cause::CredentialsUnusable`] if the user has to fix something, else the
    /// failure of the remote provider, which may be transient.
    pub cause: Cause,
    /// Whether the configuration of earlier credentials is known to be gone. Cached credentials
    /// without an expiry must then be dropped.
    pub withdrawn: bool,
}

impl CredentialsError {
    /// Returns an error that the user has to fix.
    pub fn new(message: impl Into<String>) -> Self {
        Self::with_cause(Cause::CredentialsUnusable, message)
    }

    pub fn with_cause(cause: Cause, message: impl Into<String>) -> Self {
        Self { message: message.into(), cause, withdrawn: false }
    }

    /// Marks the configuration of earlier credentials as gone.
    #[must_use]
    pub fn withdrawn(self) -> Self {
        Self { withdrawn: true, ..self }
    }
}

/// Why a provider provides no credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Declined {
    /// Not configured, for this reason. The next provider is tried.
    Skipped(String),
    /// Configured but unusable. The chain stops.
    Failed(CredentialsError),
}

impl From<CredentialsError> for Declined {
    fn from(error: CredentialsError) -> Self {
        Self::Failed(error)
    }
}

/// A place where credentials may be configured.
pub trait Provider: fmt::Debug + Send + Sync {
    /// The name shown on the screen, such as `environment` or `profile "default"`.
    fn name(&self) -> String;

    /// Reads the current configuration.
    ///
    /// # Errors
    /// No source is configured, or its configuration is unusable.
    fn source(&self) -> Result<CredentialSource, Declined>;

    /// The configuration files. The chain runs again when one of them changes.
    fn files(&self) -> Vec<PathBuf> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(id: &str, secret: &str, token: Option<&str>) -> Credentials {
        Credentials {
            access_key_id: id.to_owned(),
            access_key_secret: secret.into(),
            security_token: token.map(Into::into),
            expires_at: None,
        }
    }

    #[rstest::rstest]
    #[case::usual("LTAI5tFAKEFAKEFAKEFAKE01", "LTAI…KE01")]
    #[case::shortest_with_both_ends("abcdefghijkl", "abcd…ijkl")]
    #[case::short("abcdefghijk", "ab…")]
    #[case::one("a", "a…")]
    #[case::not_ascii("快照快照", "快照…")]
    fn masked_id_keeps_only_the_ends(#[case] id: &str, #[case] shown: &str) {
        assert_eq!(keys(id, "s", None).masked_id(), shown);
    }

    #[test]
    fn id_secret_and_token_are_compared() {
        let ours = keys("id", "secret", Some("token"));
        assert!(ours.same_keys(&keys("id", "secret", Some("token"))));
        assert!(!ours.same_keys(&keys("id2", "secret", Some("token"))));
        assert!(!ours.same_keys(&keys("id", "secret2", Some("token"))));
        assert!(!ours.same_keys(&keys("id", "secret", None)));
    }

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!("{:?}", keys("id", "hunter2", Some("hunter3")));
        assert!(!shown.contains("hunter"), "{shown}");
    }
}
