//! The decision table: an HTTP answer becomes what was asked for or a typed error. Pure.
//!
//! | answer | is |
//! |---|---|
//! | an encoding that was not asked for | unreadable |
//! | 2xx, `success` true, or absent beside `data` and no `errorCode` | what was asked for |
//! | the same about something else than was asked for | unreadable, and its connection is closed |
//! | 2xx, `success` false or an `errorCode` | a refusal, by its code |
//! | 3xx | unreadable, never followed: it would carry the token to another host |
//! | from 400 up, JSON or XML with a code | a refusal, by its code |
//! | anything else | service trouble from 500 up, throttled with 429, else unreadable |

use reqwest::header::{self, HeaderMap};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::error::{Cause, Error};
use super::{decode, error_response};
use crate::domain::savepoint::Savepoint;
use crate::util::json::read;
use crate::util::text;

/// What is wrong with an answer that succeeded and says nothing.
const NO_DATA: &str = "the service sent no data";

/// The longest excerpt of an answer that was not meant for us, in characters.
const MAX_EXCERPT_CHARS: usize = 120;

/// An HTTP answer, whole. What was sent with the request does not come back in it any more.
#[derive(Clone, Copy)]
pub struct HttpResponse<'a> {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The body.
    pub body: &'a [u8],
    /// The operation that is answered, by which a missing permission is called; empty where the
    /// answer is none of this API's.
    pub action: &'a str,
}

/// An answer that is no refusal.
pub struct Envelope<'a> {
    response: &'a HttpResponse<'a>,
    data: Option<&'a RawValue>,
    /// The fields beside `data`.
    pub(super) fields: Map<String, Value>,
    /// `requestId`, or the header `x-acs-request-id`.
    pub request_id: Option<String>,
}

/// A savepoint as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawSavepoint {
    /// As far as we understand it.
    pub savepoint: Savepoint,
    /// Its JSON, verbatim.
    pub data: Box<str>,
}

/// Opens an answer: what is inside is read by one of the envelope's methods.
///
/// # Errors
/// Whatever the answer is instead.
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

/// A 2xx answer: the envelope `{requestId, success, httpCode, errorCode, errorMessage, data}`.
/// Its `httpCode` is 200 whatever happened; `success` is the truth.
fn success<'a>(response: &'a HttpResponse<'a>) -> Result<Envelope<'a>, Error> {
    let mut raw = read::fields(response.body).ok_or_else(|| response.unusable_body())?;
    let data = raw.remove("data").filter(|data| data.get() != "null");
    let envelope: Map<String, Value> =
        raw.into_iter().map(|(name, raw)| (name, read::value(raw))).collect();

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
    /// The savepoint that was asked for.
    ///
    /// # Errors
    /// When there is none in it.
    pub fn savepoint(&self) -> Result<RawSavepoint, Error> {
        let data = self.data.ok_or_else(|| self.response.unusable(NO_DATA))?;
        raw_savepoint(data).ok_or_else(|| self.response.unusable("its data is no savepoint"))
    }

    /// The object that was asked for; `what` is what it should be.
    pub(super) fn object<T>(
        &self,
        what: &str,
        read: impl Fn(&Map<String, Value>) -> T,
    ) -> Result<T, Error> {
        let data = self.data.ok_or_else(|| self.response.unusable(NO_DATA))?;
        let data = object(data).as_ref().map(read);
        data.ok_or_else(|| self.response.unusable(&format!("its data is no {what}")))
    }

    /// The items of a list. One without `data` is empty only if the service counts none: half an
    /// answer must not look like a place without savepoints.
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

/// The savepoint in this JSON, if it is one.
pub(super) fn raw_savepoint(data: &RawValue) -> Option<RawSavepoint> {
    let savepoint = decode::savepoint(&object(data)?);
    Some(RawSavepoint { savepoint, data: data.get().into() })
}

/// The object that this JSON is, if it is one, as far as its fields can be read.
pub(super) fn object(data: &RawValue) -> Option<Map<String, Value>> {
    read::object(data.get().as_bytes())
}

fn redirect(response: &HttpResponse<'_>) -> Error {
    let location = response.header(&header::LOCATION).and_then(|url| url::Url::parse(&url).ok());
    let host = location.as_ref().and_then(url::Url::host_str).unwrap_or("another address");
    let message = format!("redirects to {}, which is not followed", one_line(host, 100));
    Error { message, ..response.unusable("") }
}

/// Text of the other side as it may be shown: without the string to sign, in one line, harmless to a
/// terminal, and not longer than so many characters.
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
    /// The cause that the transport alone tells, whatever the body says.
    pub(crate) fn cause_by_status(&self) -> Option<Cause> {
        match self.status {
            429 => Some(Cause::Throttled { wait: error_response::wait(self) }),
            500.. => Some(Cause::Service { transient: true }),
            _ => None,
        }
    }

    /// The error for an answer that nothing can be made of, with an excerpt.
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

    /// The error for an answer about something else than was asked for.
    pub(super) fn mismatch(&self, asked: &str) -> Error {
        let message = format!("the service answered about another {asked}");
        Error { message, ..self.unusable("") }
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
                self.unusable(&format!("a body of type {}", one_line(&kind, 40)))
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
}

#[cfg(test)]
mod tests;
