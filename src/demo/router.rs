//! Finds the operation of a request.

use std::collections::BTreeMap;

use hyper::{HeaderMap, Method, Uri};
use percent_encoding::percent_decode_str;

use super::error_response::{ErrorResponse, mandatory};

const VERSION: &str = "2022-07-18";

/// The operations, with the collection in the path and whether an ID follows it.
const OPERATIONS: [(Action, &str, &str, bool); 6] = [
    (Action::GetSavepoint, "GetSavepoint", "savepoints", true),
    (Action::ListSavepoints, "ListSavepoints", "savepoints", false),
    (Action::GetDeployment, "GetDeployment", "deployments", true),
    (Action::ListDeployments, "ListDeployments", "deployments", false),
    (Action::GetJob, "GetJob", "jobs", true),
    (Action::ListJobs, "ListJobs", "jobs", false),
];

/// An operation of the API, as `x-acs-action` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    GetSavepoint,
    ListSavepoints,
    GetDeployment,
    ListDeployments,
    GetJob,
    ListJobs,
}

impl Action {
    pub(super) const COUNT: usize = OPERATIONS.len();

    /// All actions with their names in `x-acs-action`.
    pub(super) fn all() -> impl Iterator<Item = (Self, &'static str)> {
        OPERATIONS.iter().map(|(action, name, ..)| (*action, *name))
    }

    /// The action with this name in `x-acs-action`.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::all().find(|(_, known)| *known == name).map(|(action, _)| action)
    }
}

/// An operation with its parameters, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Operation {
    pub(super) action: Action,
    pub(super) namespace: String,
    /// The ID in the path; empty for a list.
    pub(super) id: String,
    pub(super) query: BTreeMap<String, String>,
}

impl Operation {
    /// Parses method, path, query, action and version, which must agree on one operation.
    pub(super) fn of(
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Result<Self, ErrorResponse> {
        if method != Method::GET {
            return Err(ErrorResponse::method());
        }
        let name = mandatory(headers, "x-acs-action", "Action")?;
        if mandatory(headers, "x-acs-version", "Version")? != VERSION {
            return Err(ErrorResponse::no_such_api());
        }
        let segments: Vec<&str> = uri.path().split('/').collect();
        let ["", "api", "v2", "namespaces", namespace, collection, id @ ..] = segments.as_slice()
        else {
            return Err(ErrorResponse::no_such_api());
        };
        let mut known = OPERATIONS.iter();
        let operation = known.find(|(_, action, path, _)| *action == name && path == collection);
        let id = match (operation, id) {
            (Some((.., true)), [id]) => decode(id)?,
            (Some((.., false)), []) => String::new(),
            _ => return Err(ErrorResponse::no_such_api()),
        };
        let action =
            operation.map(|(action, ..)| *action).ok_or_else(ErrorResponse::no_such_api)?;
        let query = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
        let query = query.into_owned().filter(|(_, value)| !value.is_empty()).collect();
        Ok(Self { action, namespace: decode(namespace)?, id, query })
    }
}

/// Decodes one path parameter. With an empty one the path is that of another operation.
fn decode(segment: &str) -> Result<String, ErrorResponse> {
    match percent_decode_str(segment).decode_utf8() {
        Ok(text) if !text.is_empty() => Ok(text.into_owned()),
        _ => Err(ErrorResponse::no_such_api()),
    }
}
