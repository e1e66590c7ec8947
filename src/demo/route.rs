//! Which operation a request asks for.

use hyper::{HeaderMap, Method};
use percent_encoding::percent_decode_str;

use super::refusal::{Refusal, mandatory};

/// The API's version.
const VERSION: &str = "2022-07-18";

/// An operation with its path's parameters, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Operation {
    /// `GET /api/v2/namespaces/{namespace}/savepoints/{id}`
    GetSavepoint { namespace: String, id: String },
}

impl Operation {
    /// The savepoint that it asks for.
    pub(super) fn id(&self) -> &str {
        match self {
            Self::GetSavepoint { id, .. } => id,
        }
    }

    /// Reads method, path, action and version, which must all mean the same operation.
    pub(super) fn of(method: &Method, path: &str, headers: &HeaderMap) -> Result<Self, Refusal> {
        if method != Method::GET {
            return Err(Refusal::method());
        }
        let action = mandatory(headers, "x-acs-action", "Action")?;
        if mandatory(headers, "x-acs-version", "Version")? != VERSION {
            return Err(Refusal::no_such_api());
        }
        let segments: Vec<&str> = path.split('/').collect();
        match (action, segments.as_slice()) {
            ("GetSavepoint", ["", "api", "v2", "namespaces", namespace, "savepoints", id]) => {
                Ok(Self::GetSavepoint { namespace: decode(namespace)?, id: decode(id)? })
            }
            _ => Err(Refusal::no_such_api()),
        }
    }
}

/// One path parameter. An empty one makes the path another operation's.
fn decode(segment: &str) -> Result<String, Refusal> {
    match percent_decode_str(segment).decode_utf8() {
        Ok(text) if !text.is_empty() => Ok(text.into_owned()),
        _ => Err(Refusal::no_such_api()),
    }
}
