//! HTTP providers of temporary credentials (STS, ECS metadata, URI): request and response.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::{Method, Request};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::time::Instant;
use url::Url;

use super::{Credentials, CredentialsError};
use crate::api::http::Transport;
use crate::api::reply::Reply;
use crate::api::{Cause, Settings, clock_ahead, error_response};
use crate::domain::endpoint::Endpoint;
use crate::util::environment::Environment;
use crate::util::redact::{Redactor, Secrets};

/// The vendor SDKs' own timeout for STS and credentials URIs.
const DEADLINE: Duration = Duration::from_secs(10);

/// Replacements for the vendor's hosts, for tests. No variable or file can set them.
#[derive(Debug, Clone, Default)]
pub struct Hosts {
    /// STS of all regions.
    pub sts: Option<Endpoint>,
    pub metadata: Option<Endpoint>,
}

/// The connections and settings that remote sources share.
#[derive(Debug)]
pub(super) struct RemoteProvider {
    pub environment: Environment,
    pub hosts: Hosts,
    /// For STS and URIs.
    pub transport: Transport,
    /// For the metadata service: no proxy, short timeouts.
    pub metadata_transport: Transport,
    pub metadata_absence: Mutex<Option<MetadataAbsence>>,
}

/// When and why the metadata service was last found absent.
#[derive(Debug)]
pub(super) struct MetadataAbsence {
    pub since: Instant,
    pub reason: String,
}

/// Credentials as STS, the metadata service and URIs return them.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CredentialsResponse {
    code: Option<String>,
    access_key_id: Option<String>,
    access_key_secret: Option<SecretString>,
    security_token: Option<SecretString>,
    expiration: Option<String>,
}

impl RemoteProvider {
    pub(super) fn new(environment: Environment, hosts: Hosts) -> Self {
        let transport = Transport::new(Settings { timeout: DEADLINE }, environment.clone());
        let metadata_transport = Transport::direct(Duration::from_secs(1));
        Self {
            environment,
            hosts,
            transport,
            metadata_transport,
            metadata_absence: Mutex::default(),
        }
    }

    /// Fetches the credentials at a URI: https, or http on this machine only. The vendor's SDKs
    /// accept http to any host, which exposes the keys to the network.
    pub(super) async fn fetch_uri(
        &self,
        uri: &SecretString,
    ) -> Result<Credentials, CredentialsError> {
        let problem =
            |problem: &str| CredentialsError::new(format!("the credentials URI {problem}"));
        let url = Url::parse(uri.expose_secret()).ok();
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https"));
        let url = url.ok_or_else(|| problem("is no http or https URL"))?;
        let endpoint = Endpoint::of_url(&url.origin().ascii_serialization(), false)
            .map_err(|why| problem(&format!("cannot be used: {why}")))?;
        let redactor = Redactor::new([Arc::new(secrets_of(&url))]);
        let request = Request::new(Method::GET, url);
        let response: CredentialsResponse =
            fetch(&self.transport, &endpoint, request, &redactor).await?;
        response.credentials(&endpoint)
    }
}

impl CredentialsResponse {
    /// Checks the response of `from` for completeness.
    pub(super) fn credentials(self, from: &Endpoint) -> Result<Credentials, CredentialsError> {
        let without = |what: &str| {
            CredentialsError::new(format!("{}: an answer without {what}", from.host()))
        };
        if self.code.is_some_and(|code| code != "Success") {
            return Err(without("success"));
        }
        let filled = |secret: &SecretString| !secret.expose_secret().is_empty();
        let expires_at = self.expiration.filter(|text| !text.is_empty()).map(|text| text.parse());
        Ok(Credentials {
            access_key_id: self
                .access_key_id
                .filter(|id| !id.is_empty())
                .ok_or_else(|| without("AccessKeyId"))?,
            access_key_secret: self
                .access_key_secret
                .filter(filled)
                .ok_or_else(|| without("AccessKeySecret"))?,
            security_token: Some(
                self.security_token.filter(filled).ok_or_else(|| without("SecurityToken"))?,
            ),
            expires_at: expires_at.transpose().map_err(|_text| without("a usable Expiration"))?,
        })
    }
}

/// Every part of a URL but its host may be a secret.
fn secrets_of(url: &Url) -> Secrets {
    let mut secrets = Secrets::default();
    let password = url.password().unwrap_or_default();
    let parts = [url.username(), password, url.path(), url.query().unwrap_or_default()];
    for part in parts {
        secrets.hide(part.trim_matches('/'));
        let decoded = percent_encoding::percent_decode_str(part).decode_utf8_lossy();
        if decoded != part {
            secrets.hide(decoded.trim_matches('/'));
        }
    }
    secrets.index()
}

/// Sends a request and decodes its response.
pub(super) async fn fetch<T: DeserializeOwned>(
    transport: &Transport,
    endpoint: &Endpoint,
    request: Request,
    redactor: &Redactor,
) -> Result<T, CredentialsError> {
    decode(endpoint, exchange(transport, endpoint, request, redactor).await?)
}

/// Decodes a response and wipes its body. An error shows only the code and message of an error
/// response, because a successful one contains keys.
pub(super) fn decode<T: DeserializeOwned>(
    endpoint: &Endpoint,
    reply: Reply,
) -> Result<T, CredentialsError> {
    let answer = decode_body(endpoint, &reply);
    drop(Zeroizing::new(reply.into_body()));
    answer
}

fn decode_body<T: DeserializeOwned>(
    endpoint: &Endpoint,
    reply: &Reply,
) -> Result<T, CredentialsError> {
    let (status, host) = (reply.status(), endpoint.host());
    let as_response = reply.as_response("");
    let parsed = serde_json::from_slice(reply.body());
    if let (200..=299, Ok(answer)) = (status, parsed) {
        return Ok(answer);
    }
    let unreadable = || {
        let cause = as_response.cause_by_status().unwrap_or(Cause::Unreadable);
        CredentialsError::with_cause(
            cause,
            format!("{host}: HTTP {status}, and not what it should answer"),
        )
    };
    let Some(refusal) = error_response::parse(&as_response) else { return Err(unreadable()) };
    let code = refusal.code.unwrap_or_default();
    let id = refusal.request_id.map(|id| format!(" [requestId {id}]")).unwrap_or_default();
    let message = format!("{host}: {code}: {}{id}", refusal.message);
    // The advice for other causes is about the Flink service and would mislead here.
    let cause = match refusal.cause {
        Cause::ClockSkew { .. } => Cause::ClockSkew { ahead: clock_ahead(reply.headers()) },
        transient @ (Cause::Throttled { .. } | Cause::Service { transient: true }) => transient,
        _ => Cause::CredentialsUnusable,
    };
    Err(CredentialsError::with_cause(cause, message))
}

/// Sends a request. The error for an incomplete response does not quote it.
pub(super) async fn exchange(
    transport: &Transport,
    endpoint: &Endpoint,
    request: Request,
    redactor: &Redactor,
) -> Result<Reply, CredentialsError> {
    transport.exchange(endpoint, request, redactor).await.map_err(|error| {
        let message = match error.http_status {
            Some(status) => format!("{}: the answer, HTTP {status}, broke off", endpoint.host()),
            None => error.message,
        };
        CredentialsError::with_cause(error.cause, message)
    })
}
