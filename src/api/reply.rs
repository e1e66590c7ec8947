//! A redacted HTTP response. Everything that reads responses reads this.

use std::borrow::Cow;

use reqwest::header::{HeaderMap, HeaderValue};

use super::http::Connections;
use super::response::HttpResponse;
use crate::util::redact::Redactor;

/// An HTTP response, redacted on construction: no secret of the request gets any further. New
/// secrets in the response, such as temporary keys, are kept.
pub(crate) struct Reply {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
    connections: Connections,
}

impl Reply {
    /// Redacts a response, complete or not.
    pub(crate) fn new(
        status: u16,
        mut headers: HeaderMap,
        body: Vec<u8>,
        redactor: &Redactor,
    ) -> Self {
        for value in headers.values_mut() {
            if let Cow::Owned(redacted) = redactor.bytes(value.as_bytes()) {
                // Headers that are read contain ASCII only.
                let redacted = String::from_utf8_lossy(&redacted).replace('…', "***");
                *value = HeaderValue::from_str(&redacted)
                    .unwrap_or_else(|_unprintable| HeaderValue::from_static("***"));
            }
        }
        let redacted = match redactor.bytes(&body) {
            Cow::Borrowed(_) => None,
            Cow::Owned(redacted) => Some(redacted),
        };
        Self {
            status,
            headers,
            body: redacted.unwrap_or(body),
            connections: Connections::default(),
        }
    }

    #[must_use]
    pub(super) fn with_connections(self, connections: Connections) -> Self {
        Self { connections, ..self }
    }

    /// The pool whose connection received the response.
    pub(super) fn connections(&self) -> &Connections {
        &self.connections
    }

    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }

    pub(crate) fn into_body(self) -> Vec<u8> {
        self.body
    }

    /// `action` is the operation; empty for responses of other services.
    pub(crate) fn as_response<'a>(&'a self, action: &'a str) -> HttpResponse<'a> {
        HttpResponse { status: self.status, headers: &self.headers, body: &self.body, action }
    }
}
