//! The chain with the sample files, and with STS, the metadata service and credentials URIs as
//! servers on loopback.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod external;
mod metadata;
mod renewal;
mod samples;
mod server;
mod sts;
mod uri;

use savepeek::api::credentials::{
    Chain, ChainStep, Credentials, CredentialsError, Hosts, ProviderOutcome,
};
use savepeek::domain::endpoint::Endpoint;
use savepeek::util::environment::Environment;
use secrecy::ExposeSecret;
use tempfile::TempDir;

const NO_METADATA: (&str, &str) = ("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true");
const CREDENTIALS_RESPONSE: &str = include_str!("../data/credentials/imds-or-uri-response.json");

/// Key ID, secret and token.
fn parts(keys: &Credentials) -> [&str; 3] {
    let token = keys.security_token.as_ref().map(ExposeSecret::expose_secret);
    [&keys.access_key_id, keys.access_key_secret.expose_secret(), token.unwrap_or_default()]
}

/// A home directory with this as the CLI's configuration.
fn home(config: &str) -> TempDir {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(".aliyun")).unwrap();
    std::fs::write(home.path().join(".aliyun/config.json"), config).unwrap();
    home
}

/// A home with a profile `p` of these fields.
fn profile(fields: &str) -> TempDir {
    home(&format!(r#"{{"profiles": [{{"name": "p", {fields}}}]}}"#))
}

/// The chain for this home's profile `p`.
fn chain_of(home: &TempDir, hosts: Hosts) -> Chain {
    let environment = Environment::of([("HOME", home.path().to_str().unwrap())]);
    Chain::with_hosts(&environment, Some("p"), hosts)
}

async fn keys_of(chain: &Chain) -> Result<Credentials, CredentialsError> {
    chain.provide().await.map(|(_, keys)| keys)
}

fn loopback(server: &server::Server) -> Endpoint {
    Endpoint::of_url(&server.url, false).unwrap()
}

/// The result of the provider with this name.
async fn outcome(chain: &Chain, provider: &str) -> ProviderOutcome {
    let mut steps = chain.explain().await.into_iter();
    let step: ChainStep = steps.find(|step| step.provider == provider).unwrap();
    step.outcome
}
