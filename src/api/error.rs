//! Errors of requests, classified by what the user can do about them.

use std::fmt;
use std::mem::discriminant;
use std::time::Duration;

use jiff::SignedDuration;

/// A failed request: its cause and the service's own error.
///
/// Contains no secret. Texts from the service are redacted and sanitized, and text that is not an
/// error of the service is cut to a short excerpt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    pub cause: Cause,
    /// The service's error code, verbatim.
    pub code: Option<String>,
    /// The service's message, or our own if it sent none.
    pub message: String,
    /// The service's request ID, which its support asks for.
    pub request_id: Option<String>,
    /// `None` without an HTTP response.
    pub http_status: Option<u16>,
}

/// The cause of an error, classified by what the user can do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// The savepoint does not exist (business code 990301; HTTP 404 alone is not enough).
    NotFound,
    /// No credentials are configured; nothing was sent.
    CredentialsNotFound,
    /// The configured credentials are unusable; nothing was sent.
    CredentialsUnusable,
    /// The access key is unknown, disabled, or does not match its secret or token.
    CredentialsRejected,
    /// The temporary credentials expired, and the provider had no newer ones.
    TokenExpired,
    /// The identity lacks a permission.
    NoPermission {
        action: String,
        /// The service's `AccessDeniedDetail`, in one line.
        detail: Option<String>,
    },
    Throttled {
        /// The pause that the service requests.
        wait: Option<Duration>,
    },
    /// The local clock is outside the service's window, and a corrected time did not help.
    ClockSkew {
        /// How far the service's clock is ahead of the local one, if its `date` header says so.
        ahead: Option<SignedDuration>,
    },
    /// The service failed (5xx), or refused with an unknown code.
    Service {
        /// Whether the failure looks transient (5xx), so that a retry can help.
        transient: bool,
    },
    /// No complete response was received.
    Unreachable(Unreachable),
    /// The response is not the service's: HTML, other XML, truncated, too long, a redirect.
    Unreadable,
    /// The ID or namespace cannot be put into a request; nothing was sent.
    InvalidId,
}

/// Why no complete response was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreachable {
    /// The host's name could not be resolved.
    Dns,
    /// Plain http to a local host name that resolves to another machine; nothing was sent.
    PlainHttp,
    Connect,
    Tls,
    /// No complete response within the timeout.
    Timeout,
    /// The connection broke before the response was complete.
    Broken,
}

/// Whether a retry can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Yes, after at least this pause.
    After(Duration),
    /// Only after the user changes something: credentials, a permission, the clock.
    WhenChanged,
    Never,
}

impl Error {
    /// An error without a response of the service.
    pub fn local(cause: Cause, message: impl Into<String>) -> Self {
        Self { cause, code: None, message: message.into(), request_id: None, http_status: None }
    }

    /// The stable word for scripts (`get --output json`).
    pub fn kind(&self) -> &'static str {
        match self.cause {
            Cause::NotFound => "not-found",
            Cause::CredentialsNotFound
            | Cause::CredentialsUnusable
            | Cause::CredentialsRejected
            | Cause::TokenExpired => "credentials",
            Cause::NoPermission { .. } => "permission",
            Cause::Throttled { .. } => "throttled",
            Cause::ClockSkew { .. } => "clock",
            Cause::Service { .. } => "service",
            Cause::Unreachable(_) => "unreachable",
            Cause::Unreadable => "unreadable",
            Cause::InvalidId => "invalid-id",
        }
    }

    /// Whether a retry can help.
    pub fn retry(&self) -> Retry {
        match &self.cause {
            Cause::Throttled { wait } => Retry::After(wait.unwrap_or_default()),
            Cause::Service { transient: true } | Cause::Unreachable(_) | Cause::Unreadable => {
                Retry::After(Duration::ZERO)
            }
            Cause::CredentialsNotFound
            | Cause::CredentialsUnusable
            | Cause::CredentialsRejected
            | Cause::TokenExpired
            | Cause::NoPermission { .. }
            | Cause::ClockSkew { .. } => Retry::WhenChanged,
            Cause::Service { transient: false } | Cause::NotFound | Cause::InvalidId => {
                Retry::Never
            }
        }
    }

    /// Whether both errors have the same [summary](Self::summary), ignoring measured times.
    pub fn same_summary(&self, other: &Self) -> bool {
        let coded = || self.code == other.code && self.http_status == other.http_status;
        match (&self.cause, &other.cause) {
            (Cause::NoPermission { action: a, .. }, Cause::NoPermission { action: b, .. }) => {
                a == b
            }
            (Cause::Service { transient: a }, Cause::Service { transient: b }) => a == b && coded(),
            (Cause::Unreachable(a), Cause::Unreachable(b)) => a == b,
            (Cause::CredentialsRejected, Cause::CredentialsRejected)
            | (Cause::Unreadable, Cause::Unreadable) => coded(),
            (a, b) => discriminant(a) == discriminant(b),
        }
    }

    /// The cause in a few words, for a header or a row.
    pub fn summary(&self) -> String {
        let code = |words: &str| match (&self.code, self.http_status) {
            (Some(code), _) => format!("{words} ({code})"),
            (None, Some(status)) => format!("{words} (HTTP {status})"),
            (None, None) => words.to_owned(),
        };
        match &self.cause {
            Cause::NotFound => "not found".to_owned(),
            Cause::CredentialsNotFound | Cause::CredentialsUnusable => "no credentials".to_owned(),
            Cause::CredentialsRejected => code("credentials refused"),
            Cause::TokenExpired => "token expired".to_owned(),
            Cause::NoPermission { action, .. } => format!("no permission {action}"),
            Cause::Throttled { .. } => "throttled by the service".to_owned(),
            Cause::ClockSkew { ahead: Some(ahead) } => {
                format!("this clock is {} off", crate::util::text::duration(ahead.unsigned_abs()))
            }
            Cause::ClockSkew { ahead: None } => "this clock is wrong".to_owned(),
            Cause::Service { transient: true } => code("service trouble"),
            Cause::Service { transient: false } => code("refused by the service"),
            Cause::Unreachable(why) => match why {
                Unreachable::Dns => "name not resolved".to_owned(),
                Unreachable::PlainHttp => "plain http refused".to_owned(),
                Unreachable::Connect => "no connection".to_owned(),
                Unreachable::Tls => "TLS failed".to_owned(),
                Unreachable::Timeout => "no answer in time".to_owned(),
                Unreachable::Broken => "connection broke".to_owned(),
            },
            Cause::Unreadable => code("unreadable answer"),
            Cause::InvalidId => "invalid ID".to_owned(),
        }
    }

    /// The error without its [summary](Self::summary): message, request ID and advice.
    pub fn why(&self) -> String {
        let id = self.request_id.as_ref().map(|id| format!(" [requestId {id}]"));
        format!("{}{} - {}", self.message, id.unwrap_or_default(), self.advice())
    }

    /// What the user can do about it.
    pub fn advice(&self) -> String {
        match &self.cause {
            Cause::NotFound => {
                "check the ID, the namespace and the workspace; a savepoint may also have been deleted".to_owned()
            }
            Cause::CredentialsUnusable => "`savepeek doctor` says more".to_owned(),
            Cause::CredentialsNotFound => {
                "set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or run `aliyun configure`".to_owned()
            }
            Cause::CredentialsRejected => "check the access key and its secret".to_owned(),
            Cause::TokenExpired => "renew the temporary credentials".to_owned(),
            Cause::NoPermission { action, detail } => {
                let detail = detail.as_ref().map(|detail| format!(" ({detail})")).unwrap_or_default();
                format!("ask for the RAM permission {action} (AliyunStreamReadOnlyAccess has it){detail}")
            }
            Cause::Throttled { .. } => "asked again after the wait; a longer --interval or lower --rate helps".to_owned(),
            Cause::ClockSkew { .. } => "set this machine's clock (the service accepts 15 minutes)".to_owned(),
            Cause::Service { transient: true } => "asked again by itself".to_owned(),
            Cause::Service { transient: false } => "check the workspace, namespace and endpoint".to_owned(),
            Cause::Unreachable(why) => match why {
                Unreachable::Dns => "check the region or --endpoint, and this machine's DNS".to_owned(),
                Unreachable::PlainHttp => "check the endpoint, and this machine's hosts file and DNS".to_owned(),
                Unreachable::Connect => "check the endpoint, the network and the proxy".to_owned(),
                Unreachable::Tls => "check the endpoint's certificate, the proxy and this machine's certificates".to_owned(),
                Unreachable::Timeout | Unreachable::Broken => "asked again by itself; --request-timeout sets the deadline".to_owned(),
            },
            Cause::Unreadable => "something between here and the service may have answered; check the endpoint and the proxy".to_owned(),
            Cause::InvalidId => "give the ID as the service shows it".to_owned(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.message.is_empty() { "" } else { ": " };
        write!(f, "{}{mark}{}", self.summary(), self.why())
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_to_configure_credentials_is_given_only_if_there_are_none() {
        let failed = Error::local(Cause::CredentialsUnusable, "profile \"p\": it ended");
        assert_eq!(failed.why(), "profile \"p\": it ended - `savepeek doctor` says more");
        assert_eq!(failed.to_string(), format!("no credentials: {}", failed.why()));
        let none = Error::local(Cause::CredentialsNotFound, "none found");
        assert!(none.why().contains("run `aliyun configure`"), "{none}");
    }
}
