//! What comes back from the network: all that anybody reads of it, and without the secrets that
//! were sent.

use std::borrow::Cow;

use reqwest::header::{HeaderMap, HeaderValue};

use super::http::Connections;
use super::response::HttpResponse;
use crate::util::redact::Redactor;

/// An HTTP answer. It is made of what came and of what must not be read in it, so that nothing that
/// was sent gets any further; what a good answer newly tells, keys for instance, is in it.
pub(crate) struct Reply {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
    connections: Connections,
}

impl Reply {
    /// An answer, or as much of one as came.
    pub(crate) fn new(
        status: u16,
        mut headers: HeaderMap,
        body: Vec<u8>,
        redactor: &Redactor,
    ) -> Self {
        for value in headers.values_mut() {
            if let Cow::Owned(redacted) = redactor.bytes(value.as_bytes()) {
                // A header that is read holds ASCII only.
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

    /// The same, brought by one of these connections.
    #[must_use]
    pub(super) fn with_connections(self, connections: Connections) -> Self {
        Self { connections, ..self }
    }

    /// The connections of which one brought it.
    pub(super) fn connections(&self) -> &Connections {
        &self.connections
    }

    /// The HTTP status.
    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    /// The headers.
    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The body.
    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }

    /// The body, to be kept.
    pub(crate) fn into_body(self) -> Vec<u8> {
        self.body
    }

    /// To be understood as the answer of an operation, which is empty where it is none of this API's.
    pub(crate) fn as_response<'a>(&'a self, action: &'a str) -> HttpResponse<'a> {
        HttpResponse { status: self.status, headers: &self.headers, body: &self.body, action }
    }
}
