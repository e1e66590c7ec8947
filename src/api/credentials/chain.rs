//! The chain of credential providers.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::time::SystemTime;

use super::remote_provider::{Hosts, RemoteProvider};
use super::{
    CliProfile, Credentials, CredentialsError, Declined, EcsRamRole, Ini, Oidc, Provider, Uri,
    Variables,
};
use crate::api::Cause;
use crate::util::environment::Environment;

/// The providers in the order in which they are tried.
#[derive(Debug)]
pub struct Chain {
    providers: Vec<Box<dyn Provider>>,
    remote: RemoteProvider,
}

/// One provider's part in [`Chain::explain`].
#[derive(Debug, Clone)]
pub struct ChainStep {
    pub provider: String,
    pub outcome: ProviderOutcome,
}

#[derive(Debug, Clone)]
pub enum ProviderOutcome {
    /// The chain uses its credentials.
    Used(Credentials),
    /// Not configured, for this reason.
    Skipped(String),
    /// Configured but unusable: the chain stopped here.
    Failed(CredentialsError),
    /// The chain stopped at an earlier provider.
    NotTried,
}

/// Inode, size and modification time of each of the chain's files, to notice changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileStamps(Vec<Option<(u64, u64, Option<SystemTime>)>>);

impl Chain {
    pub fn new(providers: Vec<Box<dyn Provider>>) -> Self {
        Self { providers, remote: RemoteProvider::new(Environment::of([]), Hosts::default()) }
    }

    /// The vendor's default chain: the environment, OIDC (RRSA), the `aliyun` CLI's profile, the
    /// INI file, the ECS instance's RAM role, the credentials URI. If the command line names a
    /// profile, the chain tries only that, as the CLI does.
    pub fn standard(environment: &Environment, profile: Option<&str>) -> Self {
        Self::with_hosts(environment, profile, Hosts::default())
    }

    /// Like [`Chain::standard`], with hosts other than the vendor's.
    pub fn with_hosts(environment: &Environment, profile: Option<&str>, hosts: Hosts) -> Self {
        let environment = environment.clone();
        let cli = CliProfile::new(environment.clone(), profile.map(str::to_owned));
        let mut providers: Vec<Box<dyn Provider>> = vec![Box::new(cli)];
        if profile.is_none() {
            providers.insert(0, Box::new(Variables::new(environment.clone())));
            providers.insert(1, Box::new(Oidc::new(environment.clone())));
            providers.push(Box::new(Ini::new(environment.clone())));
            providers.push(Box::new(EcsRamRole::new(environment.clone())));
            providers.push(Box::new(Uri::new(environment.clone())));
        }
        Self { providers, remote: RemoteProvider::new(environment, hosts) }
    }

    /// Returns the first provider's name and credentials.
    ///
    /// # Errors
    /// A configured provider failed, or none is configured.
    pub async fn provide(&self) -> Result<(String, Credentials), CredentialsError> {
        let mut tried = Vec::new();
        for provider in &self.providers {
            match self.try_provider(&**provider).await {
                ProviderOutcome::Used(credentials) => return Ok((provider.name(), credentials)),
                ProviderOutcome::Failed(error) => return Err(error),
                ProviderOutcome::Skipped(_) | ProviderOutcome::NotTried => {
                    tried.push(provider.name());
                }
            }
        }
        let message = format!("none found (tried: {})", tried.join(", "));
        Err(CredentialsError::with_cause(Cause::CredentialsNotFound, message).withdrawn())
    }

    /// Tries the providers, each with its own timeout, and reports the result of each.
    pub async fn explain(&self) -> Vec<ChainStep> {
        let mut steps = Vec::with_capacity(self.providers.len());
        let mut ended = false;
        for provider in &self.providers {
            let outcome = if ended {
                ProviderOutcome::NotTried
            } else {
                self.try_provider(&**provider).await
            };
            ended |= matches!(outcome, ProviderOutcome::Used(_) | ProviderOutcome::Failed(_));
            steps.push(ChainStep { provider: provider.name(), outcome });
        }
        steps
    }

    /// The files that the providers read, whether they exist or not.
    pub fn files(&self) -> Vec<PathBuf> {
        self.providers.iter().flat_map(|provider| provider.files()).collect()
    }

    pub fn stamps(&self) -> FileStamps {
        let stamp =
            |metadata: fs::Metadata| (metadata.ino(), metadata.len(), metadata.modified().ok());
        FileStamps(
            self.files().into_iter().map(|file| fs::metadata(file).ok().map(stamp)).collect(),
        )
    }

    async fn try_provider(&self, provider: &dyn Provider) -> ProviderOutcome {
        let source = match provider.source() {
            Ok(source) => source,
            Err(declined) => return declined.into(),
        };
        match source.fetch(&self.remote).await {
            Ok(credentials) => ProviderOutcome::Used(credentials),
            Err(Declined::Failed(error)) => {
                let message = format!("{}: {}", provider.name(), error.message);
                ProviderOutcome::Failed(CredentialsError { message, ..error })
            }
            Err(passed_over) => passed_over.into(),
        }
    }
}

impl From<Declined> for ProviderOutcome {
    fn from(declined: Declined) -> Self {
        match declined {
            Declined::Skipped(reason) => Self::Skipped(reason),
            Declined::Failed(error) => Self::Failed(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENVIRONMENT: [(&str, &str); 2] =
        [("ALIBABA_CLOUD_ACCESS_KEY_ID", "id"), ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "secret")];
    const NO_METADATA: (&str, &str) = ("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true");

    #[tokio::test]
    async fn the_environment_is_tried_first() {
        let chain = Chain::standard(&Environment::of(ENVIRONMENT), None);
        let (name, credentials) = chain.provide().await.unwrap();
        assert_eq!((name.as_str(), credentials.access_key_id.as_str()), ("environment", "id"));
    }

    #[tokio::test]
    async fn a_named_profile_is_the_only_provider() {
        let chain = Chain::standard(&Environment::of(ENVIRONMENT), Some("work"));
        let error = chain.provide().await.unwrap_err().to_string();
        assert!(error.contains("\"work\""), "{error}");
    }

    #[tokio::test]
    async fn without_any_configuration_the_error_lists_the_providers_tried() {
        let home = tempfile::tempdir().unwrap();
        let environment = Environment::of([("HOME", home.path().to_str().unwrap()), NO_METADATA]);
        let chain = Chain::standard(&environment, None);
        let error = chain.provide().await.unwrap_err().to_string();
        assert_eq!(
            error,
            "none found (tried: environment, OIDC, ~/.aliyun/config.json, \
             ~/.alibabacloud/credentials.ini, ECS RAM role, credentials URI)"
        );
        let reasons = chain.explain().await.into_iter().map(|step| match step.outcome {
            ProviderOutcome::Skipped(reason) => reason,
            other => panic!("{other:?}"),
        });
        let expected = [
            "ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET are not set",
            "ALIBABA_CLOUD_ROLE_ARN is not set",
            "there is no ~/.aliyun/config.json",
            "there is no ~/.alibabacloud/credentials.ini and no ~/.alibabacloud/credentials",
            "turned off by ALIBABA_CLOUD_ECS_METADATA_DISABLED=true",
            "ALIBABA_CLOUD_CREDENTIALS_URI is not set",
        ];
        assert_eq!(reasons.collect::<Vec<_>>(), expected);
    }

    #[tokio::test]
    async fn providers_after_a_failure_are_not_tried() {
        let environment = Environment::of([ENVIRONMENT[0], NO_METADATA]);
        let steps = Chain::standard(&environment, None).explain().await;
        assert!(matches!(steps[0].outcome, ProviderOutcome::Failed(_)), "{steps:?}");
        assert!(steps[1..].iter().all(|step| matches!(step.outcome, ProviderOutcome::NotTried)));
    }
}
