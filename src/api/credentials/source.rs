//! A way to credentials, from where it is written down to the keys themselves.

use std::path::PathBuf;

use futures_util::future::BoxFuture;
use secrecy::SecretString;

use super::remote_provider::RemoteProvider;
use super::{Credentials, Declined, Role, ecs_ram_role, external, sts};

/// How to come by credentials. Not `Debug`: a command or a URI may hold a password.
pub enum CredentialSource {
    /// They are at hand.
    Keys(Credentials),
    /// STS lends them to whoever may assume a role.
    Assume {
        /// The way to the credentials that may do so.
        source: Box<CredentialSource>,
        /// The role.
        role: Role,
    },
    /// STS lends them to whoever holds a token of an identity provider.
    Oidc {
        /// The role.
        role: Role,
        /// The identity provider's ARN.
        provider_arn: String,
        /// Where the token is, which is read anew each time.
        token_file: PathBuf,
    },
    /// The metadata service lends those of the ECS instance's RAM role.
    EcsRamRole {
        /// The role; the metadata service knows it too.
        role: Option<String>,
        /// What says that there is one, if anything does: then having none is a failure.
        wanted_by: Option<&'static str>,
    },
    /// A program prints them.
    Command(SecretString),
    /// They are behind a URL.
    Uri(SecretString),
}

impl CredentialSource {
    /// Goes this way to the end.
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
