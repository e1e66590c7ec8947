//! Who we are to the service: a chain of providers, asked in order.
//!
//! ```text
//! provider ─ what is written down ─► Way ─ files, processes, the network ─► Credentials
//! ```
//!
//! Unlike the vendor's own chain, which passes over whatever does not work, nothing is swallowed
//! here: a provider that is set up but cannot be used stops the chain and says why, and
//! [`Chain::explain`] tells of each one why it was used or passed over. Nothing is ever written
//! or asked of the user.

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

/// One identity's keys. Its `Debug` shows no secret, because [`SecretString`]'s does not.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The access key's ID: not a secret, but shown masked.
    pub access_key_id: String,
    /// The access key's secret.
    pub access_key_secret: SecretString,
    /// The security token of temporary credentials.
    pub security_token: Option<SecretString>,
    /// When temporary credentials end, where the source says so.
    pub expires_at: Option<Timestamp>,
}

impl Credentials {
    /// The access key's ID as far as it may be shown: the first and last four characters, or of
    /// a short one the first two.
    pub fn masked_id(&self) -> String {
        let id: Vec<char> = self.access_key_id.chars().collect();
        let text = |part: &[char]| part.iter().collect::<String>();
        if id.len() < 12 {
            return format!("{}…", text(&id[..id.len().min(2)]));
        }
        format!("{}…{}", text(&id[..4]), text(&id[id.len() - 4..]))
    }

    /// What must not come back in the answer to a request that is signed with them.
    pub fn secrets(&self) -> Secrets {
        let mut secrets = Secrets::default();
        secrets.mask(&self.access_key_id, &self.masked_id());
        secrets.hide(self.access_key_secret.expose_secret());
        if let Some(token) = &self.security_token {
            secrets.hide(token.expose_secret());
        }
        secrets.index()
    }

    /// Whether a request signed with the one is as good as with the other.
    pub fn same_keys(&self, other: &Self) -> bool {
        self.access_key_id == other.access_key_id
            && self.access_key_secret.expose_secret() == other.access_key_secret.expose_secret()
            && self.security_token.as_ref().map(ExposeSecret::expose_secret)
                == other.security_token.as_ref().map(ExposeSecret::expose_secret)
    }
}

/// Why a provider could not give credentials although it was meant to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CredentialsError {
    /// What is wrong, without any secret.
    pub message: String,
    /// What a request says about it: [`Cause::CredentialsNotFound`] where there is nothing,
    /// [`Cause::CredentialsUnusable`] where somebody has to mend something, else why whoever lends the credentials gave none, which may pass.
    pub cause: Cause,
    /// Whether what was given before is no longer written down, as far as that can be read: then
    /// keys without an end must not be used on.
    pub withdrawn: bool,
}

impl CredentialsError {
    /// An error that somebody has to mend.
    pub fn new(message: impl Into<String>) -> Self {
        Self::of(Cause::CredentialsUnusable, message)
    }

    /// An error of another cause.
    pub fn of(cause: Cause, message: impl Into<String>) -> Self {
        Self { message: message.into(), cause, withdrawn: false }
    }

    /// The same where nothing stands any more for what was given before.
    #[must_use]
    pub fn withdrawn(self) -> Self {
        Self { withdrawn: true, ..self }
    }
}

/// Why a provider gives no credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Declined {
    /// It is not set up, for this reason: the next one is asked.
    Skipped(String),
    /// It is set up but cannot be used: the chain stops and says so.
    Failed(CredentialsError),
}

impl From<CredentialsError> for Declined {
    fn from(error: CredentialsError) -> Self {
        Self::Failed(error)
    }
}

/// A place where it may be written down how to come by credentials.
pub trait Provider: fmt::Debug + Send + Sync {
    /// What to call it on the screen: `environment`, `profile "default"`.
    fn name(&self) -> String;

    /// The way to the credentials, as it is written down now.
    ///
    /// # Errors
    /// Why there is none, or none that can be used.
    fn source(&self) -> Result<CredentialSource, Declined>;

    /// The files in which it is written down: when one of them changes, the chain is asked again.
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
    fn an_id_is_shown_masked(#[case] id: &str, #[case] shown: &str) {
        assert_eq!(keys(id, "s", None).masked_id(), shown);
    }

    #[test]
    fn each_of_the_three_parts_makes_other_keys() {
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
