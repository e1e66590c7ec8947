//! The RAM role of the ECS instance that the program runs on, from its metadata service.
//!
//! Most machines are not ECS instances. The service therefore gets one second to answer, and a
//! failure to connect is cached for [`ABSENCE`].

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Request};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;
use url::Url;

use super::remote_provider::{self, CredentialsResponse, MetadataAbsence, RemoteProvider};
use super::{CredentialSource, Credentials, CredentialsError, Declined, Provider};
use crate::api::reply::Reply;
use crate::api::{Cause, Unreachable};
use crate::domain::endpoint::Endpoint;
use crate::util::environment::Environment;
use crate::util::quote::quoted_or;
use crate::util::redact::{Redactor, Secrets};

const DISABLED: &str = "ALIBABA_CLOUD_ECS_METADATA_DISABLED";
const ROLE: &str = "ALIBABA_CLOUD_ECS_METADATA";
const V1_DISABLED: &str = "ALIBABA_CLOUD_IMDSV1_DISABLED";

/// The metadata service's address, the same on every instance.
const SERVICE: &str = "http://100.100.100.200";
const TOKEN_PATH: &str = "/latest/api/token";
const ROLES_PATH: &str = "/latest/meta-data/ram/security-credentials/";
const TOKEN: HeaderName = HeaderName::from_static("x-aliyun-ecs-metadata-token");
const LIFETIME: HeaderName = HeaderName::from_static("x-aliyun-ecs-metadata-token-ttl-seconds");

/// How long the absence of a metadata service is cached.
const ABSENCE: Duration = Duration::from_secs(300);

/// The RAM role named by `ALIBABA_CLOUD_ECS_METADATA`, else the one that the instance has.
#[derive(Debug)]
pub struct EcsRamRole(Environment);

impl EcsRamRole {
    pub fn new(environment: Environment) -> Self {
        Self(environment)
    }
}

impl Provider for EcsRamRole {
    fn name(&self) -> String {
        "ECS RAM role".to_owned()
    }

    fn source(&self) -> Result<CredentialSource, Declined> {
        let role = self.0.get(ROLE);
        Ok(CredentialSource::EcsRamRole { wanted_by: role.is_some().then_some(ROLE), role })
    }
}

/// Fetches the credentials of `role`, or of the role that the instance has.
pub(super) async fn fetch(
    remote: &RemoteProvider,
    role: Option<&str>,
    wanted_by: Option<&'static str>,
) -> Result<Credentials, Declined> {
    let declined = |reason: String| {
        if wanted_by.is_some() {
            Declined::Failed(CredentialsError::new(reason))
        } else {
            Declined::Skipped(reason)
        }
    };
    if remote.environment.is_true(DISABLED) {
        // A profile that wants the role must fail. Setting both variables is not a mistake.
        let reason = format!("turned off by {DISABLED}=true");
        return Err(match wanted_by {
            None | Some(ROLE) => Declined::Skipped(reason),
            Some(_) => declined(reason),
        });
    }
    if let Some(reason) = remembered(remote) {
        return Err(declined(reason));
    }
    let service = Service::open(remote).await.map_err(|error| absent(remote, error, &declined))?;
    let (role, from) = match role {
        Some(role) => (role.to_owned(), wanted_by.unwrap_or(ROLE)),
        None => match service.get("").await {
            Ok((200, text)) => first_role(&text)
                .map(|role| (role, "the metadata service"))
                .ok_or_else(|| declined("what the metadata service names is no role".to_owned()))?,
            Ok((404, _)) => {
                return Err(declined("this instance has no RAM role (HTTP 404)".to_owned()));
            }
            Ok((status, _)) => {
                let what = "the metadata service does not say which RAM role this instance has";
                return Err(declined(format!("{what} (HTTP {status})")));
            }
            Err(error) => return Err(absent(remote, error, &declined)),
        },
    };
    let reply = service.exchange(&role).await?;
    if reply.status() == 404 {
        let role = quoted_or(&role, "of that name");
        let why = format!("this instance has no RAM role {role} (from {from})");
        return Err(CredentialsError::new(why).into());
    }
    let response: CredentialsResponse = remote_provider::decode(&service.at, reply)?;
    Ok(response.credentials(&service.at)?)
}

/// The metadata service, with a session token if it supports version 2.
struct Service<'a> {
    remote: &'a RemoteProvider,
    at: Endpoint,
    token: Option<SecretString>,
}

impl<'a> Service<'a> {
    async fn open(remote: &'a RemoteProvider) -> Result<Self, CredentialsError> {
        let at = match &remote.hosts.metadata {
            Some(endpoint) => endpoint.clone(),
            None => Endpoint::of_url(SERVICE, true)
                .map_err(|why| CredentialsError::new(why.to_string()))?,
        };
        let mut request = Request::new(Method::PUT, url(&at, TOKEN_PATH)?);
        request.headers_mut().insert(LIFETIME, HeaderValue::from_static("21600"));
        let nothing = Redactor::default();
        let reply =
            remote_provider::exchange(&remote.metadata_transport, &at, request, &nothing).await;
        let first_only = remote.environment.is_true(V1_DISABLED);
        let token = match reply {
            Ok(reply) if reply.status() == 200 && !reply.body().trim_ascii().is_empty() => {
                String::from_utf8(reply.into_body()).ok()
            }
            Ok(reply) if first_only => {
                let status = reply.status();
                let problem = format!("the metadata service gave no token (HTTP {status})");
                return Err(CredentialsError::new(format!("{problem}, and {V1_DISABLED}=true")));
            }
            // No service. One that only times out on the token request may know version 1.
            Err(error) if first_only || error.cause != Cause::Unreachable(Unreachable::Timeout) => {
                return Err(error);
            }
            _ => None,
        };
        Ok(Self { remote, at, token: token.map(SecretString::from) })
    }

    fn request(&self, role: &str) -> Result<Request, CredentialsError> {
        let role = crate::api::signing::encode(role);
        let mut request = Request::new(Method::GET, url(&self.at, &format!("{ROLES_PATH}{role}"))?);
        let token = self.token.as_ref().map(|token| HeaderValue::from_str(token.expose_secret()));
        if let Some(mut token) = token.transpose().map_err(|_not_one| unusable_token())? {
            token.set_sensitive(true);
            request.headers_mut().extend(HeaderMap::from_iter([(TOKEN, token)]));
        }
        Ok(request)
    }

    async fn get(&self, role: &str) -> Result<(u16, String), CredentialsError> {
        let reply = self.exchange(role).await?;
        Ok((reply.status(), String::from_utf8_lossy(reply.body()).into_owned()))
    }

    async fn exchange(&self, role: &str) -> Result<Reply, CredentialsError> {
        let token = self.token.as_ref().map(ExposeSecret::expose_secret);
        let redactor = Redactor::new([Arc::new(Secrets::of(token))]);
        let request = self.request(role)?;
        remote_provider::exchange(&self.remote.metadata_transport, &self.at, request, &redactor)
            .await
    }
}

fn unusable_token() -> CredentialsError {
    CredentialsError::new("the metadata service's token cannot be sent back")
}

fn url(at: &Endpoint, path: &str) -> Result<Url, CredentialsError> {
    Url::parse(&format!("{}{path}", at.as_str()))
        .map_err(|error| CredentialsError::new(format!("the metadata service: {error}")))
}

/// Returns the first line if it is a valid role name. In networks that use the same address range,
/// some other server may answer.
fn first_role(text: &str) -> Option<String> {
    let role = text.lines().next()?.trim();
    let fits = |c: char| c.is_ascii_alphanumeric() || "._-@".contains(c);
    (!role.is_empty() && role.len() <= 64 && role.chars().all(fits)).then(|| role.to_owned())
}

/// Caches the absence of the service if the error shows it.
fn absent(
    remote: &RemoteProvider,
    error: CredentialsError,
    declined: &impl Fn(String) -> Declined,
) -> Declined {
    if !matches!(error.cause, Cause::Unreachable(_)) {
        return declined(error.message);
    }
    let reason = format!("no ECS metadata service ({})", error.message);
    let absence = MetadataAbsence { since: Instant::now(), reason: reason.clone() };
    *remote.metadata_absence.lock().unwrap_or_else(PoisonError::into_inner) = Some(absence);
    declined(reason)
}

fn remembered(remote: &RemoteProvider) -> Option<String> {
    let absence = remote.metadata_absence.lock().unwrap_or_else(PoisonError::into_inner);
    let recent = absence.as_ref().filter(|absence| absence.since.elapsed() < ABSENCE);
    recent.map(|absence| absence.reason.clone())
}
