//! Who we are to the service: a chain of providers, asked in order.

use std::fmt;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use secrecy::SecretString;

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
}
