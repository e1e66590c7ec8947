//! Credentials of a role from STS: `AssumeRole`, signed in the RPC style (version 1), and
//! `AssumeRoleWithOIDC`, which is not signed.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Body, Method, Request};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use sha1::Sha1;
use url::Url;

use super::remote_provider::{self, CredentialsResponse, RemoteProvider};
use super::{Credentials, CredentialsError};
use crate::api::{Cause, signing};
use crate::domain::endpoint::Endpoint;
use crate::util::environment::Environment;
use crate::util::redact::{Redactor, Secrets};
use crate::util::{clock, small_file};

/// The lifetime of a session, in seconds.
const DEFAULT_DURATION: u32 = 3600;

const DEFAULT_SESSION_NAME: &str = "savepeek";

/// A role to assume, and which STS to send the request to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Role {
    pub arn: String,
    /// The session's name in the account's logs.
    pub session_name: Option<String>,
    /// The requested lifetime of the credentials, in seconds.
    pub duration: Option<u32>,
    /// Restricts the role's own policy.
    pub policy: Option<String>,
    /// The role's trust policy may require it.
    pub external_id: Option<String>,
    /// The region of the STS; `None`: the environment's, else the central STS.
    pub sts_region: Option<String>,
    /// Whether to use the VPC endpoint; `None`: as the environment says.
    pub vpc: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AssumeRoleResponse {
    credentials: CredentialsResponse,
}

impl Role {
    fn endpoint(&self, remote: &RemoteProvider) -> Result<Endpoint, CredentialsError> {
        match &remote.hosts.sts {
            Some(endpoint) => Ok(endpoint.clone()),
            None => self.vendor_endpoint(&remote.environment),
        }
    }

    fn vendor_endpoint(&self, environment: &Environment) -> Result<Endpoint, CredentialsError> {
        let region =
            self.sts_region.clone().or_else(|| environment.get("ALIBABA_CLOUD_STS_REGION"));
        let vpc = || environment.is_true("ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED");
        let host = match region {
            // The central STS has no VPC endpoint.
            None => "sts.aliyuncs.com".to_owned(),
            Some(region) => {
                Endpoint::of_region(&region)
                    .map_err(|why| CredentialsError::new(format!("the STS region: {why}")))?;
                let prefix = if self.vpc.unwrap_or_else(vpc) { "sts-vpc" } else { "sts" };
                format!("{prefix}.{region}.aliyuncs.com")
            }
        };
        Endpoint::of_url(&host, false).map_err(|why| CredentialsError::new(why.to_string()))
    }

    fn parameters(&self, environment: &Environment) -> BTreeMap<String, String> {
        let session = self.session_name.clone();
        let session = session.or_else(|| environment.get("ALIBABA_CLOUD_ROLE_SESSION_NAME"));
        let duration = self.duration.filter(|seconds| *seconds > 0).unwrap_or(DEFAULT_DURATION);
        let mut parameters = owned([
            ("RoleArn", &self.arn),
            ("RoleSessionName", session.as_deref().unwrap_or(DEFAULT_SESSION_NAME)),
            ("DurationSeconds", &duration.to_string()),
        ]);
        let optional = [("Policy", &self.policy), ("ExternalId", &self.external_id)];
        let optional = optional.into_iter().filter_map(|(name, value)| {
            Some((name.to_owned(), value.clone().filter(|value| !value.is_empty())?))
        });
        parameters.extend(optional);
        parameters
    }
}

/// `AssumeRole`, signed by `source`. A clock error is retried once with the server's time.
pub(super) async fn assume(
    remote: &RemoteProvider,
    source: &Credentials,
    role: &Role,
) -> Result<Credentials, CredentialsError> {
    let endpoint = role.endpoint(remote)?;
    let secrets = Arc::new(source.secrets());
    let token = source.security_token.as_ref().map(ExposeSecret::expose_secret);
    let mut date = clock::now();
    let mut may_correct = true;
    loop {
        let mut parameters = role.parameters(&remote.environment);
        parameters.extend(common_parameters("AssumeRole", date));
        parameters.extend(owned([
            ("AccessKeyId", &source.access_key_id),
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureVersion", "1.0"),
            ("SignatureNonce", &format!("{:032x}", fastrand::u128(..))),
        ]));
        parameters.extend(token.map(|token| ("SecurityToken".to_owned(), token.to_owned())));
        let signature = signature("GET", &parameters, &source.access_key_secret);
        parameters.insert("Signature".to_owned(), signature.clone());
        let sent = Secrets::of([signature.as_str()].into_iter().chain(role.external_id.as_deref()));
        let redactor = Redactor::new([Arc::clone(&secrets), Arc::new(sent)]);
        let request = Request::new(Method::GET, url(&endpoint, &parameters)?);
        match remote_provider::fetch::<AssumeRoleResponse>(
            &remote.transport,
            &endpoint,
            request,
            &redactor,
        )
        .await
        {
            Ok(answer) => return answer.credentials.credentials(&endpoint),
            Err(CredentialsError { cause: Cause::ClockSkew { ahead: Some(ahead) }, .. })
                if may_correct =>
            {
                may_correct = false;
                date = clock::now().checked_add(ahead).unwrap_or(date);
            }
            Err(error) => return Err(error),
        }
    }
}

/// `AssumeRoleWithOIDC`. The token goes into the body, as in the vendor's Go SDK, because proxies
/// log URLs.
pub(super) async fn assume_with_oidc(
    remote: &RemoteProvider,
    role: &Role,
    provider_arn: &str,
    token_file: &Path,
) -> Result<Credentials, CredentialsError> {
    let endpoint = role.endpoint(remote)?;
    let token: SecretString = small_file::read_text(token_file)
        .map_err(|error| {
            // A value that names no file may be the token itself.
            let file = token_file.exists().then(|| format!(" {}", token_file.display()));
            let file = file.unwrap_or_default();
            CredentialsError::new(format!("the OIDC token file{file} cannot be read: {error}"))
        })?
        .into();
    let token = token.expose_secret().trim();
    let mut form = role.parameters(&remote.environment);
    form.extend(owned([("OIDCProviderArn", provider_arn), ("OIDCToken", token)]));
    let query = common_parameters("AssumeRoleWithOIDC", clock::now());
    let mut request = Request::new(Method::POST, url(&endpoint, &query)?);
    let form_type = HeaderValue::from_static("application/x-www-form-urlencoded");
    request.headers_mut().insert(CONTENT_TYPE, form_type);
    *request.body_mut() = Some(Body::from(signing::query(&form)));
    let sent = Secrets::of([token].into_iter().chain(role.external_id.as_deref()));
    let redactor = Redactor::new([Arc::new(sent)]);
    let answer: AssumeRoleResponse =
        remote_provider::fetch(&remote.transport, &endpoint, request, &redactor).await?;
    answer.credentials.credentials(&endpoint)
}

fn common_parameters(action: &str, date: Timestamp) -> BTreeMap<String, String> {
    owned([
        ("Action", action),
        ("Format", "JSON"),
        ("Version", "2015-04-01"),
        ("Timestamp", &date.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
    ])
}

fn owned<const N: usize>(parameters: [(&str, &str); N]) -> BTreeMap<String, String> {
    BTreeMap::from(parameters.map(|(name, value)| (name.to_owned(), value.to_owned())))
}

fn url(endpoint: &Endpoint, query: &BTreeMap<String, String>) -> Result<Url, CredentialsError> {
    let url = format!("{}/?{}", endpoint.as_str(), signing::query(query));
    Url::parse(&url).map_err(|_quotes_it| CredentialsError::new("the role makes no URL"))
}

/// The signature of RPC, version 1: over method, path and sorted query, keyed with `secret&`.
fn signature(method: &str, query: &BTreeMap<String, String>, secret: &SecretString) -> String {
    let text = format!("{method}&%2F&{}", signing::encode(&signing::query(query)));
    let key = SecretString::from(format!("{}&", secret.expose_secret()));
    let mut mac = Hmac::<Sha1>::new_from_slice(key.expose_secret().as_bytes())
        .expect("HMAC takes a key of any length");
    mac.update(text.as_bytes());
    BASE64_STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed by the vendor's Python library.
    #[test]
    fn the_vendor_s_signature_is_reproduced() {
        let query = owned([
            ("Action", "AssumeRole"),
            ("Format", "JSON"),
            ("Version", "2015-04-01"),
            ("DurationSeconds", "3600"),
            ("RoleArn", "acs:ram::1000000000000001:role/fake-role"),
            ("RoleSessionName", "fake-session"),
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureVersion", "1.0"),
            ("Timestamp", "2024-02-03T04:05:06Z"),
            ("SignatureNonce", "3156853299f313e23d1673dc12e1703d"),
            ("Policy", r#"{"Version":"1","x":["*~é"]}"#),
            ("AccessKeyId", "LTAI5tFAKE0000000000AK03"),
            ("SecurityToken", "CAIS+/fake=="),
        ]);
        let signature = signature("GET", &query, &"fakeSecret03".into());
        assert_eq!(signature, "0hV5FNXC4gpjA7SBn77Yg90+lPU=");
    }

    const REGION: (&str, &str) = ("ALIBABA_CLOUD_STS_REGION", "eu-central-1");
    const VPC: (&str, &str) = ("ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED", "true");

    #[rstest::rstest]
    #[case::central(None, None, [("", ""); 2], "sts.aliyuncs.com")]
    #[case::central_has_no_vpc(None, Some(true), [VPC, ("", "")], "sts.aliyuncs.com")]
    #[case::of_the_profile(Some("cn-hangzhou"), None, [REGION, ("", "")], "sts.cn-hangzhou.aliyuncs.com")]
    #[case::of_the_environment(None, None, [REGION, VPC], "sts-vpc.eu-central-1.aliyuncs.com")]
    #[case::the_profile_beats_it(None, Some(false), [REGION, VPC], "sts.eu-central-1.aliyuncs.com")]
    fn the_sts_endpoint_follows_region_and_vpc(
        #[case] region: Option<&str>,
        #[case] vpc: Option<bool>,
        #[case] variables: [(&str, &str); 2],
        #[case] host: &str,
    ) {
        let role = Role { sts_region: region.map(str::to_owned), vpc, ..Role::default() };
        let endpoint = role.vendor_endpoint(&Environment::of(variables)).unwrap();
        assert_eq!(endpoint.as_str(), format!("https://{host}"));
    }

    #[test]
    fn an_invalid_region_cannot_redirect_to_another_host() {
        let role = Role { sts_region: Some("x.example/".to_owned()), ..Role::default() };
        let error = role.vendor_endpoint(&Environment::of([])).unwrap_err().to_string();
        assert!(error.contains("is not a region"), "{error}");
    }
}
