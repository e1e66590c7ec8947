//! One request: from an operation to the headers on the wire.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use secrecy::ExposeSecret as _;
use url::Url;

use super::error::{Cause, Error};
use super::signing;
use crate::api::credentials::Credentials;
use crate::domain::endpoint::Endpoint;
use crate::domain::savepoint::Place;
use crate::util::redact::Secrets;

/// The version of the product's API.
const VERSION: &str = "2022-07-18";

/// A read-only API call.
pub(super) struct Operation<'a> {
    pub action: &'static str,
    pub place: &'a Place,
    /// The path segments after the namespace.
    pub segments: &'a [&'a str],
    pub query: BTreeMap<String, String>,
}

/// The parts of a request that differ for each attempt.
pub(super) struct Attempt {
    /// The time, corrected to the service's clock if that is known.
    pub date: Timestamp,
    pub nonce: String,
}

/// A request before signing. Not `Debug`: its headers contain the token.
pub(super) struct UnsignedRequest<'a> {
    endpoint: &'a Endpoint,
    path: String,
    query: String,
    headers: BTreeMap<&'static str, Cow<'a, str>>,
}

impl<'a> Operation<'a> {
    pub(super) fn prepare(
        &self,
        credentials: &'a Credentials,
        attempt: Attempt,
    ) -> UnsignedRequest<'a> {
        let endpoint = &self.place.endpoint;
        let date = attempt.date.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let mut headers = BTreeMap::from([
            ("host", Cow::from(endpoint.host())),
            ("workspace", self.place.workspace.as_str().into()),
            ("x-acs-action", self.action.into()),
            ("x-acs-content-sha256", signing::NO_BODY.into()),
            ("x-acs-date", date.into()),
            ("x-acs-signature-nonce", attempt.nonce.into()),
            ("x-acs-version", VERSION.into()),
        ]);
        if let Some(token) = &credentials.security_token {
            headers.insert("x-acs-accesskey-id", credentials.access_key_id.as_str().into());
            headers.insert("x-acs-security-token", token.expose_secret().into());
        }
        UnsignedRequest { endpoint, path: self.path(), query: signing::query(&self.query), headers }
    }
}

impl Operation<'_> {
    pub(super) fn path(&self) -> String {
        let mut path =
            format!("/api/v2/namespaces/{}", signing::encode(self.place.namespace.as_str()));
        for segment in self.segments {
            path.push('/');
            path.push_str(&signing::encode(segment));
        }
        path
    }
}

impl Attempt {
    /// An attempt at this time, with a random nonce.
    pub(super) fn at(date: Timestamp) -> Self {
        Self { date, nonce: format!("{:032x}", fastrand::u128(..)) }
    }
}

impl UnsignedRequest<'_> {
    /// The signed part: every header except those that proxies rewrite or the transport adds.
    fn signable(&self) -> signing::Request<'_> {
        signing::Request {
            method: "GET",
            path: &self.path,
            query: &self.query,
            headers: &self.headers,
            body_sha256: &self.headers["x-acs-content-sha256"],
        }
    }

    /// The path on the wire is the signed one, because a URL keeps the encoding.
    fn url(&self) -> Url {
        let query = Some(self.query.as_str()).filter(|query| !query.is_empty());
        let url = self.endpoint.url(&self.path, query);
        debug_assert_eq!(url.path(), self.path, "the signed path is the one on the wire");
        url
    }

    /// Signs the request. Also returns what must be redacted in its response, in addition to the
    /// credentials.
    ///
    /// # Errors
    /// The ID or token contains characters that are invalid in a header.
    pub(super) fn sign(
        &self,
        credentials: &Credentials,
    ) -> Result<(reqwest::Request, Secrets), Error> {
        let mut request = reqwest::Request::new(Method::GET, self.url());
        let signable = self.signable();
        let string_to_sign = signable.string_to_sign();
        let signature = signing::signature_of(&string_to_sign, &credentials.access_key_secret);
        let authorization = signable.authorization_with(&credentials.access_key_id, &signature);
        let headers = request.headers_mut();
        headers.reserve(self.headers.len() + 1);
        headers.insert(AUTHORIZATION, header_value(&authorization)?);
        for (name, value) in &self.headers {
            headers.insert(HeaderName::from_static(name), header_value(value)?);
        }
        Ok((request, self.secrets(&authorization, &signature, &string_to_sign)))
    }

    fn secrets(&self, authorization: &str, signature: &str, string_to_sign: &str) -> Secrets {
        let mut secrets = Secrets::default();
        secrets.hide_around_words(authorization, &[signature]);
        secrets.hide(signature);
        let digest = string_to_sign.rsplit('\n').next().unwrap_or_default();
        secrets.hide_around_words(string_to_sign, &[digest]);
        let nonce = &self.headers["x-acs-signature-nonce"];
        secrets.hide_around_words(nonce, &[nonce]);
        secrets.index()
    }
}

fn header_value(text: &str) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::from_str(text).map_err(|_not_a_value| unsendable())?;
    value.set_sensitive(true);
    Ok(value)
}

fn unsendable() -> Error {
    let message = "the access key ID or token holds characters that cannot be sent";
    Error::local(Cause::CredentialsUnusable, message)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;
    use crate::domain::savepoint::{Namespace, SavepointId, Workspace};

    /// The parts of the published vectors that the tests need.
    #[derive(Deserialize)]
    struct Vectors {
        official_example: Official,
        cases: Vec<Case>,
    }

    #[derive(Deserialize)]
    struct Case {
        name: String,
        operation: String,
        input: Input,
        canonical_uri: String,
        canonical_query: String,
        profiles: BTreeMap<String, Expected>,
    }

    #[derive(Deserialize)]
    struct Input {
        namespace: String,
        id: Option<String>,
        query: BTreeMap<String, String>,
        workspace: String,
        endpoint: String,
        access_key_id: String,
        access_key_secret: String,
        security_token: Option<String>,
        date: String,
        nonce: String,
    }

    #[derive(Deserialize)]
    struct Expected {
        headers: BTreeMap<String, String>,
        canonical_request: String,
        string_to_sign: String,
        authorization: String,
    }

    #[derive(Deserialize)]
    struct Official {
        method: String,
        canonical_uri: String,
        query: BTreeMap<String, String>,
        headers: BTreeMap<String, String>,
        access_key_id: String,
        access_key_secret: String,
        canonical_query: String,
        canonical_request: String,
        string_to_sign: String,
        authorization: String,
    }

    fn vectors() -> Vectors {
        serde_json::from_str(include_str!("../../tests/data/acs3-vectors.json")).unwrap()
    }

    /// An operation's action and collection.
    fn operation(name: &str) -> (&'static str, &'static str) {
        match name {
            "GetSavepoint" => ("GetSavepoint", "savepoints"),
            "ListSavepoints" => ("ListSavepoints", "savepoints"),
            "GetDeployment" => ("GetDeployment", "deployments"),
            "ListDeployments" => ("ListDeployments", "deployments"),
            "GetJob" => ("GetJob", "jobs"),
            "ListJobs" => ("ListJobs", "jobs"),
            other => panic!("no operation {other}"),
        }
    }

    fn place(endpoint: &str, workspace: &str, namespace: &str) -> Place {
        let scheme = if endpoint.starts_with("127.") { "http" } else { "https" };
        Place {
            endpoint: Endpoint::of_url(&format!("{scheme}://{endpoint}"), false).unwrap(),
            workspace: Workspace::new(workspace).unwrap(),
            namespace: Namespace::new(namespace).unwrap(),
            profile: None,
        }
    }

    fn borrowed(headers: &BTreeMap<String, String>) -> signing::Headers<'_> {
        headers.iter().map(|(name, value)| (name.as_str(), value.as_str().into())).collect()
    }

    #[test]
    fn every_vector_is_reproduced_byte_for_byte() {
        let vectors = vectors();
        assert_eq!(vectors.cases.len(), 25);
        for case in vectors.cases {
            let (name, input) = (&case.name, case.input);
            let place = place(&input.endpoint, &input.workspace, &input.namespace);
            let (action, collection) = operation(&case.operation);
            let mut segments = vec![collection];
            segments.extend(input.id.as_deref());
            let operation =
                Operation { action, place: &place, segments: &segments, query: input.query };
            let credentials = Credentials {
                access_key_id: input.access_key_id,
                access_key_secret: input.access_key_secret.into(),
                security_token: input.security_token.map(Into::into),
                expires_at: None,
            };
            let attempt = Attempt { date: input.date.parse().unwrap(), nonce: input.nonce };
            let unsigned = operation.prepare(&credentials, attempt);
            let expected = &case.profiles["spec_plus_workspace"];

            assert_eq!(unsigned.path, case.canonical_uri, "{name}");
            assert_eq!(unsigned.query, case.canonical_query, "{name}");
            assert_eq!(unsigned.headers, borrowed(&expected.headers), "{name}");
            let signable = unsigned.signable();
            assert_eq!(signable.canonical(), expected.canonical_request, "{name}");
            assert_eq!(signable.string_to_sign(), expected.string_to_sign, "{name}");

            let (request, _) = unsigned.sign(&credentials).unwrap();
            assert_eq!(request.headers()["authorization"], expected.authorization, "{name}");
            for (header, value) in &expected.headers {
                assert_eq!(request.headers()[header], value, "{name}: {header}");
            }
            assert_eq!(request.headers().len(), expected.headers.len() + 1, "{name}");
            assert_eq!(request.url().path(), case.canonical_uri, "{name}");
            assert_eq!(request.url().query().unwrap_or_default(), case.canonical_query, "{name}");
        }
    }

    #[test]
    fn the_documentation_s_own_example_is_reproduced() {
        let official = vectors().official_example;
        let query = signing::query(&official.query);
        assert_eq!(query, official.canonical_query);
        let request = signing::Request {
            method: &official.method,
            path: &official.canonical_uri,
            query: &query,
            headers: &borrowed(&official.headers),
            body_sha256: &official.headers["x-acs-content-sha256"],
        };
        assert_eq!(request.canonical(), official.canonical_request);
        assert_eq!(request.string_to_sign(), official.string_to_sign);
        let secret = official.access_key_secret.into();
        assert_eq!(request.authorization(&official.access_key_id, &secret), official.authorization);
    }

    fn keys(id: &str, token: Option<&str>) -> Credentials {
        Credentials {
            access_key_id: id.to_owned(),
            access_key_secret: "secret".into(),
            security_token: token.map(Into::into),
            expires_at: None,
        }
    }

    proptest! {
        #[test]
        fn names_with_any_characters_keep_the_path_s_shape(namespace in ".+", id in ".+") {
            let (Ok(namespace), Ok(id)) = (Namespace::new(&namespace), SavepointId::new(&id)) else {
                return Ok(());
            };
            let place = Place { namespace, ..place("127.0.0.1:1", "w", "n") };
            let segments = ["savepoints", id.as_str()];
            let operation = Operation {
                action: "GetSavepoint", place: &place, segments: &segments, query: BTreeMap::new(),
            };
            let keys = keys("id", None);
            let unsigned = operation.prepare(&keys, Attempt::at(Timestamp::UNIX_EPOCH));
            let url = unsigned.url();
            prop_assert_eq!(url.path(), &unsigned.path);
            prop_assert_eq!(url.path().split('/').count(), 7);
            prop_assert_eq!((url.query(), url.fragment()), (None, None));
            let sent = url.path().rsplit('/').next().unwrap();
            let sent = percent_encoding::percent_decode_str(sent).decode_utf8().unwrap();
            prop_assert_eq!(sent, id.as_str());
        }
    }

    #[rstest::rstest]
    #[case::id("LTAI\r\nx: y", None)]
    #[case::token("STS.x", Some("hunter2\n"))]
    fn credentials_that_are_invalid_in_a_header_are_an_error(
        #[case] id: &str,
        #[case] token: Option<&str>,
    ) {
        let place = place("127.0.0.1:1", "w", "n");
        let operation =
            Operation { action: "GetJob", place: &place, segments: &[], query: BTreeMap::new() };
        let keys = keys(id, token);
        let unsigned = operation.prepare(&keys, Attempt::at(Timestamp::UNIX_EPOCH));
        let error = unsigned.sign(&keys).unwrap_err();
        assert_eq!(error.cause, Cause::CredentialsUnusable);
        assert!(!error.to_string().contains("hunter2"));
    }
}
