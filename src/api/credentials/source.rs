//! What a provider's configuration names, and how to fetch credentials from it.

use std::path::PathBuf;

use futures_util::future::BoxFuture;
use secrecy::SecretString;

use super::remote_provider::RemoteProvider;
use super::{Credentials, Declined, Role, ecs_ram_role, external, sts};

/// Where to fetch credentials. Not `Debug`: a command or a URI may contain a password.
pub enum CredentialSource {
    /// The configuration itself contains the keys.
    Keys(Credentials),
    /// `AssumeRole` at STS.
    Assume {
        /// The credentials that may assume the role.
        source: Box<CredentialSource>,
        role: Role,
    },
    /// `AssumeRoleWithOIDC` at STS.
    Oidc {
        role: Role,
        provider_arn: String,
        /// The file with the identity provider's token, read again for each request.
        token_file: PathBuf,
    },
    /// The metadata service has the credentials of the ECS instance's RAM role.
    EcsRamRole {
        /// `None`: the role that the metadata service names.
        role: Option<String>,
        /// The setting that requires a role. Having none is then a failure.
        wanted_by: Option<&'static str>,
    },
    Command(SecretString),
    Uri(SecretString),
}

impl CredentialSource {
    pub(super) fn fetch<'a>(
        &'a self,
        remote: &'a RemoteProvider,
    ) -> BoxFuture<'a, Result<Credentials, Declined>> {
        Box::pin(async move {
            match self {
                Self::Keys(credentials) => Ok(credentials.clone()),
                Self::Assume { source, role } => {
                    let source = source.fetch(remote).await?;
                    Ok(sts::assume(remote, &source, role).await?)
                }
                Self::Oidc { role, provider_arn, token_file } => {
                    Ok(sts::assume_with_oidc(remote, role, provider_arn, token_file).await?)
                }
                Self::EcsRamRole { role, wanted_by } => {
                    ecs_ram_role::fetch(remote, role.as_deref(), *wanted_by).await
                }
                Self::Command(command) => Ok(external::run(command, external::TIMEOUT).await?),
                Self::Uri(uri) => Ok(remote.fetch_uri(uri).await?),
            }
        })
    }
}
