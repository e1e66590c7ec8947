//! Classification of an HTTP response: the requested object or a typed error. Pure functions.
//!
//! | response | result |
//! |---|---|
//! | an encoding that was not requested | unreadable |
//! | 2xx, `success` true, or absent beside `data` and no `errorCode` | the requested object |
//! | the same about another object | unreadable, and its connection is closed |
//! | 2xx, `success` false or an `errorCode` | an error by its code |
//! | 3xx | unreadable, never followed: it would carry the token to another host |
//! | from 400 up, JSON or XML with a code | an error by its code |
//! | anything else | a service failure from 500 up, throttled with 429, else unreadable |

use reqwest::header::{self, HeaderMap};
use serde_json::value::RawValue;

use super::error::{Cause, Error};
use super::{decode, error_response};
use crate::domain::savepoint::Savepoint;
use crate::util::json::read::{self, Object};
use crate::util::text;

const NO_DATA: &str = "the service sent no data";

const MAX_EXCERPT_CHARS: usize = 120;

/// A complete HTTP response, with the request's secrets redacted.
#[derive(Clone, Copy)]
pub struct HttpResponse<'a> {
    pub status: u16,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
    /// The operation, which names a missing permission; empty for responses of other services.
    pub action: &'a str,
}

pub struct Envelope<'a> {
    response: &'a HttpResponse<'a>,
    data: Option<&'a RawValue>,
    /// The fields beside `data`.
    pub(super) fields: Object<'a>,
    /// `requestId`, or the header `x-acs-request-id`.
    pub request_id: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawSavepoint {
    pub savepoint: Savepoint,
    /// Verbatim JSON.
    pub data: Box<str>,
}

/// Classifies a response. The envelope's methods decode its content.
///
/// # Errors
/// Every response that is not successful.
pub fn open<'a>(response: &'a HttpResponse<'a>) -> Result<Envelope<'a>, Error> {
    if let Some(encoding) = response.header(&header::CONTENT_ENCODING)
        && !encoding.eq_ignore_ascii_case("identity")
    {
        let encoding = one_line(&encoding, 40);
        return Err(response.unusable(&format!("encoded as {encoding}, which was not asked for")));
    }
    match response.status {
        200..=299 => success(response),
        300..=399 => Err(redirect(response)),
        _ => Err(error_response::parse(response).unwrap_or_else(|| response.unusable_body())),
    }
}

/// A 2xx response: the envelope `{requestId, success, httpCode, errorCode, errorMessage, data}`.
/// `httpCode` is always 200; `success` decides.
fn success<'a>(response: &'a HttpResponse<'a>) -> Result<Envelope<'a>, Error> {
    let mut raw = read::fields(response.body).ok_or_else(|| response.unusable_body())?;
    let data = raw.remove("data").filter(|data| data.get() != "null");
    let envelope: Object = raw.into_iter().map(|(name, raw)| (name, read::value(raw))).collect();

    let succeeded = envelope.get("success").and_then(decode::boolean);
    if succeeded == Some(false)
        || envelope.get("errorCode").and_then(error_response::code).is_some()
    {
        return Err(error_response::error(response, &envelope));
    }
    if data.is_none() && succeeded.is_none() {
        let other_shape = error_response::parse(response);
        return Err(other_shape.unwrap_or_else(|| response.unusable(NO_DATA)));
    }
    let request_id = envelope.get("requestId").and_then(decode::text);
    let request_id = request_id.or_else(|| response.request_id());
    Ok(Envelope { response, data, fields: envelope, request_id })
}

impl<'a> Envelope<'a> {
    /// Decodes a savepoint.
    ///
    /// # Errors
    /// `data` is absent or not an object.
    pub fn savepoint(&self) -> Result<RawSavepoint, Error> {
        let data = self.data.ok_or_else(|| self.response.unusable(NO_DATA))?;
        raw_savepoint(data).ok_or_else(|| self.response.unusable("its data is no savepoint"))
    }

    /// Decodes an object; `what` names it in errors.
    pub(super) fn object<T>(
        &self,
        what: &str,
        read: impl Fn(&Object<'_>) -> T,
    ) -> Result<T, Error> {
        let data = self.data.ok_or_else(|| self.response.unusable(NO_DATA))?;
        let data = object(data).as_ref().map(read);
        data.ok_or_else(|| self.response.unusable(&format!("its data is no {what}")))
    }

    /// The items of a list. A list without `data` is empty only if its total is 0: an incomplete
    /// response must not look like a place without savepoints.
    pub(super) fn items(&self) -> Result<Vec<&'a RawValue>, Error> {
        let Some(data) = self.data else {
            let total = self.fields.get("totalSize").and_then(decode::number);
            let no_data = || self.response.unusable(NO_DATA);
            return if total == Some(0) { Ok(Vec::new()) } else { Err(no_data()) };
        };
        let items = serde_json::from_str(data.get());
        items.map_err(|_not_a_list| self.response.unusable("its data is no list"))
    }
}

/// Decodes a savepoint if the JSON is an object.
pub(super) fn raw_savepoint(data: &RawValue) -> Option<RawSavepoint> {
    let savepoint = decode::savepoint(object(data)?);
    Some(RawSavepoint { savepoint, data: data.get().into() })
}

/// The JSON's readable fields if it is an object.
pub(super) fn object(data: &RawValue) -> Option<Object<'_>> {
    read::object(data.get().as_bytes())
}

fn redirect(response: &HttpResponse<'_>) -> Error {
    let location = response.header(&header::LOCATION).and_then(|url| url::Url::parse(&url).ok());
    let host = location.as_ref().and_then(url::Url::host_str).unwrap_or("another address");
    let message = format!("redirects to {}, which is not followed", one_line(host, 100));
    Error { message, ..response.unusable("") }
}

/// Sanitizes text from the server: without the string to sign, on one line, without control
/// characters, and at most `length` characters long.
pub(super) fn one_line(text: &str, length: usize) -> String {
    let text = error_response::without_string_to_sign(text);
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let clean = text::clean(&line);
    match clean.char_indices().nth(length) {
        None => clean.into_owned(),
        Some(_) => clean.chars().take(length - 1).chain(['…']).collect(),
    }
}

impl HttpResponse<'_> {
    /// The cause that the status alone determines.
    pub(crate) fn cause_by_status(&self) -> Option<Cause> {
        match self.status {
            429 => Some(Cause::Throttled { wait: error_response::wait(self) }),
            500.. => Some(Cause::Service { transient: true }),
            _ => None,
        }
    }

    /// The error for an unreadable response, with an excerpt of its body.
    pub(super) fn unusable(&self, problem: &str) -> Error {
        let excerpt = one_line(&String::from_utf8_lossy(self.body), MAX_EXCERPT_CHARS);
        let message =
            if excerpt.is_empty() { problem.to_owned() } else { format!("{problem}: {excerpt}") };
        Error {
            cause: self.cause_by_status().unwrap_or(Cause::Unreadable),
            code: None,
            message,
            request_id: self.request_id().map(|id| one_line(&id, MAX_EXCERPT_CHARS)),
            http_status: Some(self.status),
        }
    }

    /// The error for a response about another object.
    pub(super) fn mismatch(&self, asked: &str) -> Error {
        let message = format!("the service answered about another {asked}");
        Error { message, ..self.unusable("") }
    }

    /// The error for an unreadable body, naming what it is instead.
    fn unusable_body(&self) -> Error {
        if self.body.trim_ascii().is_empty() {
            return self.unusable("an empty body");
        }
        if std::str::from_utf8(self.body).is_err() {
            return self.unusable("a body that is not UTF-8");
        }
        match self.header(&header::CONTENT_TYPE) {
            Some(kind) if !kind.contains("json") => {
                self.unusable(&format!("a body of type {}", one_line(&kind, 40)))
            }
            _ => self.unusable("a body that is no answer of the service"),
        }
    }

    /// A header's value, if it is non-empty text.
    pub(super) fn header(&self, name: impl header::AsHeaderName) -> Option<String> {
        let value = self.headers.get(name)?.to_str().ok()?.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// The request ID in the headers.
    pub(super) fn request_id(&self) -> Option<String> {
        self.header("x-acs-request-id")
    }
}

#[cfg(test)]
mod tests;
