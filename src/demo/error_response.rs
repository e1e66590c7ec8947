//! The service's errors, with the vendor's codes, statuses and messages.
//!
//! Sources: responses that people published, and the vendor's error tables. Where neither has the
//! error (a request without `workspace`, for instance), the spelling follows the tables' pattern.

use std::borrow::Cow;
use std::time::Duration;

use hyper::{HeaderMap, StatusCode};

/// An error, in the form in which the real service sends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ErrorResponse {
    /// By the API gateway: an HTTP error.
    Gateway {
        status: StatusCode,
        code: Cow<'static, str>,
        message: Cow<'static, str>,
        /// Sent as `x-acs-retry-after`, in milliseconds.
        retry_after: Option<Duration>,
    },
    /// By the product behind it: HTTP 200 with `success: false`.
    Business {
        /// Six digits.
        code: &'static str,
        message: Cow<'static, str>,
    },
}

impl ErrorResponse {
    /// An error of the gateway, without a wait.
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

    /// The body is longer than that of any request of this API.
    pub(super) fn body() -> Self {
        Self::gateway(
            StatusCode::PAYLOAD_TOO_LARGE,
            "RequestEntityTooLarge",
            "The request body is too large, or was cut off.",
        )
    }

    pub(super) fn missing(parameter: &str) -> Self {
        Self::gateway(
            StatusCode::BAD_REQUEST,
            format!("Missing{parameter}"),
            format!("{parameter} is mandatory for this action."),
        )
    }

    /// A parameter has an invalid value.
    pub(super) fn invalid(parameter: &str) -> Self {
        Self::gateway(
            StatusCode::BAD_REQUEST,
            format!("Invalid{parameter}"),
            format!("Specified parameter {parameter} is not valid."),
        )
    }

    /// The signature is malformed: no secret could match it.
    pub(super) fn incomplete(why: &str) -> Self {
        Self::bad_request(
            "IncompleteSignature",
            format!("The request signature does not conform to Aliyun standards: {why}."),
        )
    }

    pub(super) fn signature(string_to_sign: &str) -> Self {
        Self::bad_request(
            "SignatureDoesNotMatch",
            format!(
                "Specified signature is not matched with our calculation. server string to sign is:{string_to_sign}"
            ),
        )
    }

    /// `x-acs-content-sha256` does not match the body.
    pub(super) fn content() -> Self {
        Self::bad_request(
            "SignatureDoesNotMatch",
            "Specified signature is not matched with our calculation: x-acs-content-sha256 is not the hash of the request's body.",
        )
    }

    pub(super) fn nonce() -> Self {
        Self::bad_request("SignatureNonceUsed", "Specified signature nonce was used already.")
    }

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

    pub(super) fn access_key() -> Self {
        Self::gateway(
            StatusCode::NOT_FOUND,
            "InvalidAccessKeyId.NotFound",
            "Specified access key is not found.",
        )
    }

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

    pub(super) fn token_expired() -> Self {
        Self::bad_request("InvalidSecurityToken.Expired", "Specified SecurityToken is expired.")
    }

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

    pub(super) fn throttled(wait: Duration) -> Self {
        Self::Gateway {
            status: StatusCode::BAD_REQUEST,
            code: "Throttling.User".into(),
            message: "Request was denied due to user flow control.".into(),
            retry_after: Some(wait),
        }
    }

    /// An internal error of the service.
    pub(super) fn internal() -> Self {
        Self::gateway(
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalError",
            "The request processing has failed due to some unknown error.",
        )
    }

    pub(super) fn workspace() -> Self {
        Self::Business { code: "903021", message: "workspace not exist".into() }
    }

    /// There is no such savepoint, deployment or job.
    pub(super) fn not_found(what: &str) -> Self {
        Self::Business { code: "990301", message: format!("{what} not exist").into() }
    }
}

/// Returns a header's value, or the error that reports `parameter` as missing.
pub(super) fn mandatory<'a>(
    headers: &'a HeaderMap,
    name: &str,
    parameter: &str,
) -> Result<&'a str, ErrorResponse> {
    let value = headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    value.filter(|value| !value.is_empty()).ok_or_else(|| ErrorResponse::missing(parameter))
}
