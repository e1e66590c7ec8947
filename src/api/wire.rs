//! The decision table: an HTTP answer becomes a savepoint or a typed error. Pure.
//!
//! | answer | is |
//! |---|---|
//! | an encoding that was not asked for | unreadable |
//! | 2xx, `success` true, or absent beside `data` and no `errorCode` | the savepoint |
//! | 2xx, `success` false or an `errorCode` | a refusal, by its code |
//! | 3xx | unreadable, never followed: it would carry the token to another host |
//! | from 400 up, JSON or XML with a code | a refusal, by its code |
//! | anything else | service trouble from 500 up, throttled with 429, else unreadable |

use std::collections::BTreeMap;

use reqwest::header::{self, HeaderMap};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::error::{Cause, Error};
use super::{fields, refusal};
use crate::savepoint::Savepoint;
use crate::text;

/// The longest excerpt of an answer that was not meant for us, in characters.
const EXCERPT: usize = 120;

/// An HTTP answer, whole. Not `Debug`: it knows the secrets.
#[derive(Clone, Copy)]
pub struct Received<'a> {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The body.
    pub body: &'a [u8],
    /// What must not come back in an error even where the other side echoes it.
    pub hide: &'a [&'a str],
}

/// What an answer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// As far as we understand it.
    pub savepoint: Savepoint,
    /// The answer's `data`, verbatim JSON.
    pub data: Box<str>,
    /// `requestId`, or the header `x-acs-request-id`.
    pub request_id: Option<String>,
}

/// Decodes an answer of `GetSavepoint`.
///
/// # Errors
/// Whatever the answer is instead.
pub fn decode(received: &Received<'_>) -> Result<Decoded, Error> {
    if let Some(encoding) = received.header(&header::CONTENT_ENCODING)
        && !encoding.eq_ignore_ascii_case("identity")
    {
        let encoding = received.shown(&encoding, 40);
        return Err(received.unusable(&format!("encoded as {encoding}, which was not asked for")));
    }
    match received.status {
        200..=299 => success(received),
        300..=399 => Err(redirect(received)),
        _ => Err(refusal::of_body(received).unwrap_or_else(|| received.unusable_body())),
    }
}

/// A 2xx answer: the envelope `{requestId, success, httpCode, errorCode, errorMessage, data}`.
/// Its `httpCode` is 200 whatever happened; `success` is the truth.
fn success(received: &Received<'_>) -> Result<Decoded, Error> {
    let mut raw: BTreeMap<String, &RawValue> =
        serde_json::from_slice(received.body).map_err(|_not_json| received.unusable_body())?;
    let data = raw.remove("data").filter(|data| data.get() != "null");
    let envelope: Map<String, Value> = raw
        .into_iter()
        .filter_map(|(name, raw)| Some((name, serde_json::from_str(raw.get()).ok()?)))
        .collect();

    let succeeded = envelope.get("success").and_then(fields::boolean);
    if succeeded == Some(false) || envelope.get("errorCode").and_then(refusal::code).is_some() {
        return Err(refusal::error(received, &envelope));
    }
    let Some(data) = data else {
        let other_shape = refusal::of_body(received).filter(|_| succeeded.is_none());
        return Err(other_shape.unwrap_or_else(|| received.unusable("the service sent no data")));
    };
    let savepoint = serde_json::from_str(data.get())
        .ok()
        .as_ref()
        .and_then(Value::as_object)
        .map(fields::savepoint)
        .ok_or_else(|| received.unusable("its data is no savepoint"))?;
    let request_id = envelope.get("requestId").and_then(fields::text);
    Ok(Decoded {
        savepoint,
        data: data.get().into(),
        request_id: request_id.or_else(|| received.request_id()),
    })
}

fn redirect(received: &Received<'_>) -> Error {
    let location = received.header(&header::LOCATION).and_then(|url| url::Url::parse(&url).ok());
    let host = location.as_ref().and_then(url::Url::host_str).unwrap_or("another address");
    let message = format!("redirects to {}, which is not followed", received.shown(host, 100));
    Error { message, ..received.unusable("") }
}

impl Received<'_> {
    /// The cause that the transport alone tells, whatever the body says.
    pub(crate) fn cause_by_status(&self) -> Option<Cause> {
        match self.status {
            429 => Some(Cause::Throttled { wait: refusal::wait(self) }),
            500.. => Some(Cause::Service { passing: true }),
            _ => None,
        }
    }

    /// The error for an answer that nothing can be made of, with an excerpt.
    pub(super) fn unusable(&self, problem: &str) -> Error {
        let excerpt = self.shown(&String::from_utf8_lossy(self.body), EXCERPT);
        let message =
            if excerpt.is_empty() { problem.to_owned() } else { format!("{problem}: {excerpt}") };
        Error {
            cause: self.cause_by_status().unwrap_or(Cause::Unreadable),
            code: None,
            message,
            request_id: self.request_id().map(|id| self.shown(&id, EXCERPT)),
            http_status: Some(self.status),
        }
    }

    /// The error for a body that is not what it should be, saying what it is instead.
    fn unusable_body(&self) -> Error {
        if self.body.trim_ascii().is_empty() {
            return self.unusable("an empty body");
        }
        if std::str::from_utf8(self.body).is_err() {
            return self.unusable("a body that is not UTF-8");
        }
        match self.header(&header::CONTENT_TYPE) {
            Some(kind) if !kind.contains("json") => {
                self.unusable(&format!("a body of type {}", self.shown(&kind, 40)))
            }
            _ => self.unusable("a body that is no answer of the service"),
        }
    }

    /// A header's value, where it has one that is text.
    pub(super) fn header(&self, name: impl header::AsHeaderName) -> Option<String> {
        let value = self.headers.get(name)?.to_str().ok()?.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// The header that names the request to the service's support.
    pub(super) fn request_id(&self) -> Option<String> {
        self.header("x-acs-request-id")
    }

    /// Text of the other side as it may be shown: without secrets, in one line, harmless to a
    /// terminal, and not longer than so many characters. In that order, or a secret that is cut
    /// in two would pass.
    pub(super) fn shown(&self, text: &str, length: usize) -> String {
        let mut text = text.to_owned();
        for secret in self.hide.iter().filter(|secret| !secret.is_empty()) {
            text = text.replace(secret, "***");
        }
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let clean = text::clean(&line);
        match clean.char_indices().nth(length) {
            None => clean.into_owned(),
            Some(_) => clean.chars().take(length - 1).chain(['…']).collect(),
        }
    }
}

#[cfg(test)]
mod tests;
