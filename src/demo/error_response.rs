//! Every way in which the service says no, with the vendor's codes, statuses and words.
//!
//! Taken from answers that people published and from the vendor's error tables. Where neither
//! fixes the spelling (a request without `workspace`, say), the tables' own pattern is followed.

use std::borrow::Cow;
use std::time::Duration;

use hyper::{HeaderMap, StatusCode};

/// One refusal, on the channel on which the real service would send it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ErrorResponse {
    /// By the API gateway: an HTTP error.
    Gateway {
        /// The HTTP status.
        status: StatusCode,
        /// The error code.
        code: Cow<'static, str>,
        /// The words.
        message: Cow<'static, str>,
        /// Sent as `x-acs-retry-after`, in milliseconds.
        retry_after: Option<Duration>,
    },
    /// By the product behind it: HTTP 200 with `success: false`.
    Business {
        /// Six digits.
        code: &'static str,
        /// The words.
        message: Cow<'static, str>,
    },
}

impl ErrorResponse {
    /// By the gateway, without a wait.
    pub(super) fn gateway(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::Gateway { status, code: code.into(), message: message.into(), retry_after: None }
    }

    fn bad_request(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::gateway(StatusCode::BAD_REQUEST, code, message)
    }

    /// Another method than GET.
    pub(super) fn method() -> Self {
        Self::gateway(
            StatusCode::FORBIDDEN,
            "UnsupportedHTTPMethod",
            "This http method is not supported.",
        )
    }

    /// No such path, action or version.
    pub(super) fn no_such_api() -> Self {
        Self::gateway(
            StatusCode::NOT_FOUND,
            "InvalidApi.NotFound",
            "Specified api is not found, please check your url and method.",
        )
    }

    /// A body longer than any request of this API has.
    pub(super) fn body() -> Self {
        Self::gateway(
            StatusCode::PAYLOAD_TOO_LARGE,
            "RequestEntityTooLarge",
            "The request body is too large, or was cut off.",
        )
    }

    /// A mandatory parameter is missing.
    pub(super) fn missing(parameter: &str) -> Self {
        Self::gateway(
            StatusCode::BAD_REQUEST,
            format!("Missing{parameter}"),
            format!("{parameter} is mandatory for this action."),
        )
    }

    /// A parameter has a value that it cannot have.
    pub(super) fn invalid(parameter: &str) -> Self {
        Self::gateway(
            StatusCode::BAD_REQUEST,
            format!("Invalid{parameter}"),
            format!("Specified parameter {parameter} is not valid."),
        )
    }

    /// The signature is not one, whatever the secret.
    pub(super) fn incomplete(why: &str) -> Self {
        Self::bad_request(
            "IncompleteSignature",
            format!("The request signature does not conform to Aliyun standards: {why}."),
        )
    }

    /// The signature is another than ours.
    pub(super) fn signature(string_to_sign: &str) -> Self {
        Self::bad_request(
            "SignatureDoesNotMatch",
            format!(
                "Specified signature is not matched with our calculation. server string to sign is:{string_to_sign}"
            ),
        )
    }

    /// `x-acs-content-sha256` speaks of another body.
    pub(super) fn content() -> Self {
        Self::bad_request(
            "SignatureDoesNotMatch",
            "Specified signature is not matched with our calculation: x-acs-content-sha256 is not the hash of the request's body.",
        )
    }

    /// The nonce was used before.
    pub(super) fn nonce() -> Self {
        Self::bad_request("SignatureNonceUsed", "Specified signature nonce was used already.")
    }

    /// The date is none.
    pub(super) fn date_format() -> Self {
        Self::bad_request(
            "InvalidTimeStamp.Format",
            "Specified time stamp or date value is not well formatted.",
        )
    }

    /// The date is outside the window.
    pub(super) fn date_window() -> Self {
        Self::bad_request(
            "InvalidTimeStamp.Expired",
            "Specified time stamp or date value is expired.",
        )
    }

    /// Nobody has this access key.
    pub(super) fn access_key() -> Self {
        Self::gateway(
            StatusCode::NOT_FOUND,
            "InvalidAccessKeyId.NotFound",
            "Specified access key is not found.",
        )
    }

    /// The security token is none.
    pub(super) fn token_malformed() -> Self {
        Self::bad_request("InvalidSecurityToken.Malformed", "Specified SecurityToken is malformed.")
    }

    /// The security token belongs to another access key.
    pub(super) fn token_mismatch() -> Self {
        Self::bad_request(
            "InvalidSecurityToken.MismatchWithAccessKey",
            "Specified SecurityToken mismatch with the AccessKey.",
        )
    }

    /// The temporary identity is over.
    pub(super) fn token_expired() -> Self {
        Self::bad_request("InvalidSecurityToken.Expired", "Specified SecurityToken is expired.")
    }

    /// The access key was disabled.
    pub(super) fn key_disabled() -> Self {
        Self::bad_request("InvalidAccessKeyId.Inactive", "Specified access key is disabled.")
    }

    /// The identity may not do this.
    pub(super) fn not_authorised() -> Self {
        Self::gateway(
            StatusCode::FORBIDDEN,
            "NoPermission",
            "You are not authorized to perform this operation.",
        )
    }

    /// Too many requests.
    pub(super) fn throttled(wait: Duration) -> Self {
        Self::Gateway {
            status: StatusCode::BAD_REQUEST,
            code: "Throttling.User".into(),
            message: "Request was denied due to user flow control.".into(),
            retry_after: Some(wait),
        }
    }

    /// The service failed.
    pub(super) fn internal() -> Self {
        Self::gateway(
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalError",
            "The request processing has failed due to some unknown error.",
        )
    }

    /// There is no such workspace.
    pub(super) fn workspace() -> Self {
        Self::Business { code: "903021", message: "workspace not exist".into() }
    }

    /// There is no such savepoint, deployment or job.
    pub(super) fn not_found(what: &str) -> Self {
        Self::Business { code: "990301", message: format!("{what} not exist").into() }
    }
}

/// A header's value, or the refusal that calls it missing by the parameter's name.
pub(super) fn mandatory<'a>(
    headers: &'a HeaderMap,
    name: &str,
    parameter: &str,
) -> Result<&'a str, ErrorResponse> {
    let value = headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    value.filter(|value| !value.is_empty()).ok_or_else(|| ErrorResponse::missing(parameter))
}
