//! The vendor's API gateway: verifies a request's signature.
//!
//! It verifies the headers that `SignedHeaders` names, because the vendor's own clients differ: the
//! Python SDK signs every header it sends, the others only the minimum that is required here
//! (`host`, every `x-acs-*`, and `content-type` if there is a body).

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};

use hyper::body::Bytes;
use hyper::header::AUTHORIZATION;
use hyper::{HeaderMap, Request};
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret as _;

use super::error_response::{ErrorResponse, mandatory};
use crate::api::credentials::Credentials;
use crate::api::signing;

/// The largest difference between a request's date and the gateway's, and how long a nonce is kept.
const WINDOW: SignedDuration = SignedDuration::from_mins(15);

/// The most nonces kept: a hundred requests a second for 15 minutes.
const MAX_NONCES: usize = 90_000;

/// The gateway: the keys it knows and the nonces it has seen.
#[derive(Debug)]
pub(super) struct Gateway {
    keys: Vec<Credentials>,
    nonces: Mutex<Nonces>,
}

impl Gateway {
    pub(super) fn new(keys: Vec<Credentials>) -> Self {
        Self { keys, nonces: Mutex::default() }
    }

    /// Accepts a request whose signature is valid and whose nonce is new.
    pub(super) fn admit(
        &self,
        request: &Request<Bytes>,
        now: Timestamp,
    ) -> Result<(), ErrorResponse> {
        verify(request, now, &self.keys)?;
        // Only after verification: a client without a key must not use up nonces or memory.
        let nonce = mandatory(request.headers(), "x-acs-signature-nonce", "SignatureNonce")?;
        let mut nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
        if nonces.take(nonce, now) { Ok(()) } else { Err(ErrorResponse::nonce()) }
    }
}

/// Verifies that one of the keys signed this request, and that its date is within the window.
fn verify(
    request: &Request<Bytes>,
    now: Timestamp,
    keys: &[Credentials],
) -> Result<(), ErrorResponse> {
    let headers = request.headers();
    let authorization = Authorization::of(headers)?;

    let date = parse_date(mandatory(headers, "x-acs-date", "Timestamp")?)?;
    if date.duration_since(now).abs() > WINDOW {
        return Err(ErrorResponse::date_window());
    }
    let key = keys
        .iter()
        .find(|key| key.access_key_id == authorization.credential)
        .ok_or_else(ErrorResponse::access_key)?;
    verify_token(headers, key, keys)?;

    let body_sha256 = signing::sha256_hex(request.body());
    if mandatory(headers, "x-acs-content-sha256", "ContentSha256")? != body_sha256 {
        return Err(ErrorResponse::content());
    }
    let signed = signing::Request {
        method: request.method().as_str(),
        path: request.uri().path(),
        query: &canonical_query(request.uri().query().unwrap_or_default()),
        headers: &signed_headers(headers, authorization.signed_headers)?,
        body_sha256: &body_sha256,
    };
    if constant_time_eq(&signed.signature(&key.access_key_secret), authorization.signature) {
        Ok(())
    } else {
        Err(ErrorResponse::signature(&signed.string_to_sign()))
    }
}

/// The parts of the `authorization` header.
struct Authorization<'a> {
    credential: &'a str,
    signed_headers: &'a str,
    signature: &'a str,
}

impl<'a> Authorization<'a> {
    fn of(headers: &'a HeaderMap) -> Result<Self, ErrorResponse> {
        let value = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        value.and_then(Self::parse).ok_or_else(|| {
            ErrorResponse::incomplete(
                "authorization must be ACS3-HMAC-SHA256 Credential=...,SignedHeaders=...,Signature=...",
            )
        })
    }

    fn parse(value: &'a str) -> Option<Self> {
        let fields = value.strip_prefix(signing::ALGORITHM)?.strip_prefix(' ')?;
        let field = |name: &str| {
            fields.split(',').find_map(|field| field.strip_prefix(name)?.strip_prefix('='))
        };
        Some(Self {
            credential: field("Credential")?,
            signed_headers: field("SignedHeaders")?,
            signature: field("Signature")?,
        })
    }
}

/// Accepts one form only, UTC without a fraction; the parser alone would accept more.
fn parse_date(text: &str) -> Result<Timestamp, ErrorResponse> {
    let date = text.parse().ok();
    date.filter(|date: &Timestamp| date.strftime("%Y-%m-%dT%H:%M:%SZ").to_string() == text)
        .ok_or_else(ErrorResponse::date_format)
}

/// Temporary keys need their own token; permanent ones must come without.
fn verify_token(
    headers: &HeaderMap,
    key: &Credentials,
    keys: &[Credentials],
) -> Result<(), ErrorResponse> {
    let is = |key: &Credentials, sent: &str| {
        key.security_token
            .as_ref()
            .is_some_and(|token| constant_time_eq(token.expose_secret(), sent))
    };
    let sent = mandatory(headers, "x-acs-security-token", "SecurityToken");
    match (&key.security_token, sent) {
        (None, Err(_)) => {}
        (Some(_), Err(missing)) => return Err(missing),
        (_, Ok(sent)) if is(key, sent) => {}
        (_, Ok(sent)) if keys.iter().any(|other| is(other, sent)) => {
            return Err(ErrorResponse::token_mismatch());
        }
        (_, Ok(_)) => return Err(ErrorResponse::token_malformed()),
    }
    match mandatory(headers, "x-acs-accesskey-id", "AccessKeyId") {
        Ok(id) if id != key.access_key_id => Err(ErrorResponse::token_mismatch()),
        _ => Ok(()),
    }
}

/// The headers that the client says it signed, with the values received. The values of a repeated
/// header are sorted and joined with commas.
fn signed_headers<'a>(
    headers: &HeaderMap,
    names: &'a str,
) -> Result<signing::Headers<'a>, ErrorResponse> {
    let mut signed = signing::Headers::new();
    for name in names.split(';') {
        let arrived: Vec<_> = headers
            .get_all(name)
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .collect();
        if arrived.is_empty() {
            return Err(ErrorResponse::incomplete(&format!(
                "the signed header {name:?} did not arrive"
            )));
        }
        let mut values: Vec<_> = arrived.iter().map(|value| value.trim()).collect();
        values.sort_unstable();
        signed.insert(name, values.join(",").into());
    }
    let arrived = headers.keys().map(hyper::header::HeaderName::as_str);
    let required = arrived.filter(|name| name.starts_with("x-acs-") || *name == "content-type");
    for name in required.chain(["host"]) {
        if !signed.contains_key(name) {
            return Err(ErrorResponse::incomplete(&format!("the header {name:?} must be signed")));
        }
    }
    Ok(signed)
}

/// Decodes and re-encodes the query: one client signs `%20` and sends `+`.
fn canonical_query(query: &str) -> String {
    signing::query(&url::form_urlencoded::parse(query.as_bytes()).into_owned().collect())
}

/// Compares in constant time, so that the duration does not reveal how much matched.
fn constant_time_eq(ours: &str, theirs: &str) -> bool {
    let difference = ours.bytes().zip(theirs.bytes()).fold(0, |sum, (a, b)| sum | (a ^ b));
    ours.len() == theirs.len() && difference == 0
}

/// The nonces of the last 15 minutes.
#[derive(Debug, Default)]
struct Nonces {
    known: HashSet<String>,
    by_age: VecDeque<(Timestamp, String)>,
}

impl Nonces {
    /// Records a nonce; false if it was recorded before.
    fn take(&mut self, nonce: &str, now: Timestamp) -> bool {
        while let Some((taken, oldest)) = self.by_age.front()
            && (now.duration_since(*taken) > WINDOW || self.by_age.len() >= MAX_NONCES)
        {
            self.known.remove(oldest);
            self.by_age.pop_front();
        }
        let new = self.known.insert(nonce.to_owned());
        if new {
            self.by_age.push_back((now, nonce.to_owned()));
        }
        new
    }
}

#[cfg(test)]
mod tests;
