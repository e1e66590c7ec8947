//! The service's error responses: their bodies, and the cause behind an error code.
//!
//! The gateway sends `{Code, Message, RequestId, ...}` as JSON or XML with a status from 400 up,
//! the product itself `{errorCode, errorMessage, requestId, ...}` with 200. Either may come in the
//! other's place, and the letter case varies.

use std::borrow::Cow;
use std::time::Duration;

use reqwest::header;
use roxmltree::{Document, Node, ParsingOptions};
use serde_json::Value;

use super::decode;
use super::error::{Cause, Error};
use super::response::{HttpResponse, one_line};
use crate::util::json::read::{self, Object};

/// Some messages contain the server's whole string to sign.
const MAX_MESSAGE_CHARS: usize = 300;

/// Also bounds the depth. A full error has about fifty nodes.
const MAX_XML_NODES: u32 = 200;

/// Longer requested pauses are cut to this.
const MAX_WAIT: Duration = Duration::from_secs(600);

/// Parses the error in a body; `None` if the body has no error code.
pub(crate) fn parse(response: &HttpResponse<'_>) -> Option<Error> {
    let body = read::object(response.body).or_else(|| xml(response))?;
    let known = find(&body, &["errorCode", "code"], code).is_some() || denied(&body).is_some();
    known.then(|| error(response, &body))
}

/// Cuts off a quoted string to sign or canonical request: it repeats the request and does
/// not help the user.
pub(super) fn without_string_to_sign(message: &str) -> Cow<'_, str> {
    const BEGIN: [&str; 3] = ["string to sign is", "canonical request is", "canonicalrequest is"];
    let lower = message.to_ascii_lowercase();
    let ends = BEGIN.iter().filter_map(|words| Some(lower.find(words)? + words.len()));
    match ends.min() {
        Some(end) => format!("{}:…", &message[..end]).into(),
        None => message.into(),
    }
}

/// An error code. The vendor's literal `""`, quotes included, counts as none.
pub(super) fn code(value: &Value) -> Option<String> {
    decode::text(value).filter(|code| !matches!(code.trim(), "" | "\"\""))
}

/// The pause that the service requests: a header in milliseconds, or `TimeLeft` in an older one.
pub(super) fn wait(response: &HttpResponse<'_>) -> Option<Duration> {
    let older = |name: &str| {
        let pairs = response.header(name)?;
        let mut pairs = pairs.split(',').filter_map(|pair| pair.split_once(':'));
        let (_, milliseconds) = pairs.find(|(key, _)| key.trim() == "TimeLeft")?;
        positive(milliseconds)
    };
    let milliseconds = retry_after(response)
        .or_else(|| older("x-ratelimit-user-api"))
        .or_else(|| older("x-ratelimit-user"))?;
    Some(Duration::from_millis(milliseconds).min(MAX_WAIT))
}

/// `x-acs-retry-after`. A positive value means throttling, whatever the code.
fn retry_after(response: &HttpResponse<'_>) -> Option<u64> {
    positive(&response.header("x-acs-retry-after")?)
}

fn positive(text: &str) -> Option<u64> {
    text.trim().parse().ok().filter(|number| *number > 0)
}

/// Builds the error from an error body's fields.
pub(super) fn error(response: &HttpResponse<'_>, body: &Object<'_>) -> Error {
    let code = find(body, &["errorCode", "code"], code);
    let message = find(body, &["errorMessage", "message"], self::code);
    let request_id = find(body, &["requestId"], decode::text).or_else(|| response.request_id());
    let shown = |text: String| one_line(&text, MAX_MESSAGE_CHARS);
    Error {
        cause: cause(response, code.as_deref().unwrap_or_default().trim(), body),
        code: code.map(shown),
        message: message.map(shown).unwrap_or_default(),
        request_id: request_id.map(shown),
        http_status: Some(response.status),
    }
}

fn cause(response: &HttpResponse<'_>, code: &str, body: &Object<'_>) -> Cause {
    let is = |prefix: &str| code.starts_with(prefix);
    match code {
        "990301" => return Cause::NotFound,
        "InvalidSecurityToken.Expired" => return Cause::TokenExpired,
        "InvalidTimeStamp.Expired" => return Cause::ClockSkew { ahead: None },
        "SignatureDoesNotMatch" | "IncompleteSignature" | "MissingSecurityToken" => {
            return Cause::CredentialsRejected;
        }
        "SignatureNonceUsed" | "InternalError" | "ServiceUnavailable" => {
            return Cause::Service { transient: true };
        }
        _ if is("InvalidAccessKeyId") || is("InvalidSecurityToken") => {
            return Cause::CredentialsRejected;
        }
        _ => {}
    }
    let denied = denied(body);
    if is("NoPermission") || is("Forbidden") || (response.status == 403 && denied.is_some()) {
        return no_permission(response, denied.as_ref());
    }
    if is("Throttling") || code == "Rejected.Throttling" || retry_after(response).is_some() {
        return Cause::Throttled { wait: wait(response) };
    }
    // A business code may also be a 5xx, and 998001 is the product family's "try again".
    let transient = code == "998001"
        || (is("5") && code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_digit()));
    response.cause_by_status().unwrap_or(Cause::Service { transient })
}

fn ram_action(operation: &str) -> String {
    format!("stream:{operation}")
}

/// `AccessDeniedDetail`: an object, or its JSON in a text, or just a text.
fn denied(body: &Object<'_>) -> Option<Value> {
    let detail = find(body, &["accessDeniedDetail"], |value| Some(value.clone()))?;
    match &detail {
        Value::String(text) if text.trim().is_empty() => None,
        Value::String(text) => match read::object(text.as_bytes()) {
            Some(fields) => Some(fields.into_iter().collect()),
            None => Some(detail),
        },
        Value::Object(_) => Some(detail),
        _ => None,
    }
}

fn no_permission(response: &HttpResponse<'_>, denied: Option<&Value>) -> Cause {
    let of = |name: &str| find(denied?.as_object()?, &[name], decode::text);
    let parts = ["NoPermissionType", "PolicyType", "AuthPrincipalDisplayName"];
    let parts: Vec<_> = parts.into_iter().filter_map(of).collect();
    let detail = match denied {
        Some(Value::String(text)) => Some(text.clone()),
        _ => Some(parts.join(", ")).filter(|parts| !parts.is_empty()),
    };
    Cause::NoPermission {
        action: of("AuthAction")
            .map_or_else(|| ram_action(response.action), |action| one_line(&action, 100)),
        detail: detail.map(|detail| one_line(&detail, MAX_MESSAGE_CHARS)),
    }
}

/// The first readable field with one of these names, in any letter case.
fn find<'a, K: AsRef<str> + 'a, T>(
    body: impl IntoIterator<Item = (&'a K, &'a Value)> + Copy,
    names: &[&str],
    read: impl Fn(&Value) -> Option<T>,
) -> Option<T> {
    names.iter().find_map(|name| {
        let fields = body.into_iter();
        let mut same = fields.filter(|(key, _)| key.as_ref().eq_ignore_ascii_case(name));
        same.find_map(|(_, value)| read(value))
    })
}

/// Converts an XML error to the equivalent JSON.
fn xml(response: &HttpResponse<'_>) -> Option<Object<'static>> {
    let text = std::str::from_utf8(response.body).ok()?;
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let declared = response.header(header::CONTENT_TYPE).is_some_and(|kind| kind.contains("xml"));
    if !declared && !text.starts_with("<?xml") && !text.starts_with("<Error") {
        return None;
    }
    let options = ParsingOptions { nodes_limit: MAX_XML_NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).ok()?;
    Some(children(document.root_element()))
}

fn children<O: FromIterator<(Cow<'static, str>, Value)>>(element: Node<'_, '_>) -> O {
    let value = |child: Node<'_, '_>| {
        if child.children().any(|grandchild| grandchild.is_element()) {
            children(child)
        } else {
            Value::String(child.text().unwrap_or_default().trim().to_owned())
        }
    };
    let elements = element.children().filter(Node::is_element);
    elements.map(|child| (child.tag_name().name().to_owned().into(), value(child))).collect()
}
