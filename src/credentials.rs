//! Who we are to the service: a chain of providers, asked in order.
//!
//! Unlike the vendor's own chain, which passes over whatever does not work, nothing is swallowed
//! here: a provider that is set up but cannot be used stops the chain and says why.

mod profile;
mod variables;

use std::fmt;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

pub use profile::{CliProfile, profile_region};
pub use variables::Variables;

use crate::environment::Environment;

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
#[error("{0}")]
pub struct CredentialsError(pub String);

/// One way to get credentials.
pub trait Provider: fmt::Debug + Send + Sync {
    /// What to call it on the screen: `environment`, `profile "default"`.
    fn name(&self) -> String;

    /// The credentials as they are now; `None` when this way is not set up at all.
    ///
    /// # Errors
    /// When it is set up but cannot be used: the chain stops there and says so.
    fn provide(&self) -> BoxFuture<'_, Result<Option<Credentials>, CredentialsError>>;
}

/// The providers, in the order in which they are asked.
#[derive(Debug)]
pub struct Chain(Vec<Box<dyn Provider>>);

impl Chain {
    /// A chain of these providers.
    pub fn new(providers: Vec<Box<dyn Provider>>) -> Self {
        Self(providers)
    }

    /// The usual chain: the environment, then the `aliyun` CLI's profile. A profile named on the
    /// command line is meant, as with the CLI itself: then nothing else is asked.
    pub fn standard(environment: &Environment, profile: Option<&str>) -> Self {
        let cli = CliProfile::new(environment.clone(), profile.map(str::to_owned));
        if profile.is_some() {
            return Self(vec![Box::new(cli)]);
        }
        Self(vec![Box::new(Variables::new(environment.clone())), Box::new(cli)])
    }

    /// The first credentials that a provider has, and that provider's name.
    ///
    /// # Errors
    /// What keeps a provider from giving them, or which ones have none.
    pub async fn provide(&self) -> Result<(String, Credentials), CredentialsError> {
        for provider in &self.0 {
            if let Some(credentials) = provider.provide().await? {
                return Ok((provider.name(), credentials));
            }
        }
        let tried: Vec<_> = self.0.iter().map(|provider| provider.name()).collect();
        Err(CredentialsError(format!("none found (tried: {})", tried.join(", "))))
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

    const ENVIRONMENT: [(&str, &str); 2] =
        [("ALIBABA_CLOUD_ACCESS_KEY_ID", "id"), ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "secret")];

    #[tokio::test]
    async fn the_environment_comes_first() {
        let chain = Chain::standard(&Environment::of(ENVIRONMENT), None);
        let (name, credentials) = chain.provide().await.unwrap();
        assert_eq!((name.as_str(), credentials.access_key_id.as_str()), ("environment", "id"));
    }

    #[tokio::test]
    async fn a_named_profile_is_all_there_is() {
        let chain = Chain::standard(&Environment::of(ENVIRONMENT), Some("work"));
        let error = chain.provide().await.unwrap_err().to_string();
        assert!(error.contains("\"work\""), "{error}");
    }

    #[tokio::test]
    async fn with_nothing_anywhere_it_says_what_was_tried() {
        let home = tempfile::tempdir().unwrap();
        let environment = Environment::of([("HOME", home.path().to_str().unwrap())]);
        let error = Chain::standard(&environment, None).provide().await.unwrap_err().to_string();
        assert_eq!(error, "none found (tried: environment, ~/.aliyun/config.json)");
    }
}
