//! Responses in the vendor's shapes: the product's envelope, the gateway's error, their headers.

use std::borrow::Cow;

use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, DATE, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::error_response::ErrorResponse;

/// What every response carries.
#[derive(Debug)]
pub(super) struct Envelope {
    /// Sent in the body and as `x-acs-request-id`.
    pub(super) request_id: String,
    /// The request's own `host`.
    pub(super) host: String,
    pub(super) date: Timestamp,
}

/// The `data` of a successful response, and how it fills the fields for errors.
#[derive(Debug)]
pub(super) struct Payload<'a> {
    /// The value of `errorCode` and `errorMessage` in a success; the real service varies it.
    no_error: &'a str,
    data: Box<RawValue>,
    /// Set if `data` is one page of a list.
    page: Option<PageInfo>,
}

/// Which page of a list `data` is.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PageInfo {
    /// From 1.
    pub(super) page_index: usize,
    pub(super) page_size: usize,
    pub(super) total_size: usize,
}

impl<'a> Payload<'a> {
    pub(super) fn of(no_error: &'a str, data: &impl Serialize) -> Self {
        // Strings, numbers and lists under fixed names: nothing in it can fail to become JSON.
        let data = to_raw_value(data).unwrap_or_default();
        Self { no_error, data, page: None }
    }

    pub(super) fn list(items: &[impl Serialize], page: PageInfo) -> Self {
        Self { page: Some(page), ..Self::of("", &items) }
    }
}

/// The service's `Savepoint`, in its own field order.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SavepointData<'a> {
    pub(super) savepoint_id: Cow<'a, str>,
    pub(super) deployment_id: Cow<'a, str>,
    pub(super) job_id: Cow<'a, str>,
    pub(super) namespace: &'a str,
    pub(super) savepoint_origin: &'a str,
    pub(super) native_format: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<&'a str>,
    pub(super) stop_with_drain_enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) savepoint_location: Option<Cow<'a, str>>,
    pub(super) status: Status<'a>,
    /// In seconds, like all of the service's times.
    pub(super) created_at: i64,
    pub(super) modified_at: i64,
}

#[derive(Debug, Serialize)]
pub(super) struct Status<'a> {
    pub(super) state: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) failure: Option<Failure<'a>>,
}

/// `status.failure`
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Failure<'a> {
    pub(super) message: &'a str,
    pub(super) reason: &'a str,
    pub(super) failed_at: i64,
}

/// The product's envelope, for successes and for business errors.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProductBody<'a> {
    request_id: &'a str,
    success: bool,
    /// Always 200, as in the real service: `success` holds the outcome.
    http_code: u16,
    error_code: &'a str,
    error_message: &'a str,
    data: Option<&'a RawValue>,
    #[serde(flatten)]
    page: Option<PageInfo>,
}

/// The body of an error of the API gateway.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct GatewayErrorBody<'a> {
    request_id: &'a str,
    message: &'a str,
    recommend: String,
    host_id: &'a str,
    code: &'a str,
}

impl Envelope {
    /// The response of an operation that succeeded.
    pub(super) fn success(&self, payload: &Payload<'_>) -> Response<Bytes> {
        self.product(true, payload.no_error, payload.no_error, Some(payload))
    }

    /// The response of an operation that failed.
    pub(super) fn refusal(&self, refusal: &ErrorResponse) -> Response<Bytes> {
        match refusal {
            ErrorResponse::Business { code, message } => self.product(false, code, message, None),
            ErrorResponse::Gateway { status, code, message, retry_after } => {
                let mut response = self.response(*status, &self.fault(code, message));
                if let Some(wait) = retry_after {
                    let milliseconds = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
                    response.headers_mut().insert("x-acs-retry-after", milliseconds.into());
                }
                response
            }
        }
    }

    fn product(
        &self,
        success: bool,
        error_code: &str,
        error_message: &str,
        payload: Option<&Payload<'_>>,
    ) -> Response<Bytes> {
        let product = ProductBody {
            request_id: &self.request_id,
            success,
            http_code: 200,
            error_code,
            error_message,
            data: payload.map(|payload| &*payload.data),
            page: payload.and_then(|payload| payload.page),
        };
        self.response(StatusCode::OK, &product)
    }

    fn fault<'a>(&'a self, code: &'a str, message: &'a str) -> GatewayErrorBody<'a> {
        let (request_id, host_id) = (&self.request_id, &self.host);
        let recommend = format!(
            "https://api.aliyun.com/troubleshoot?q={code}&product=ververica&requestId={request_id}"
        );
        GatewayErrorBody { request_id, message, recommend, host_id, code }
    }

    fn response(&self, status: StatusCode, body: &impl Serialize) -> Response<Bytes> {
        // Strings and integers under fixed names: nothing in it can fail to become JSON.
        let body = serde_json::to_string(body).unwrap_or_default();
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json;charset=utf-8"));
        headers.insert("keep-alive", HeaderValue::from_static("timeout=25"));
        let date = self.date.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let stamps =
            [(DATE, &date), (HeaderName::from_static("x-acs-request-id"), &self.request_id)];
        for (name, value) in stamps {
            headers.extend(HeaderValue::from_str(value).ok().map(|value| (name, value)));
        }
        response
    }
}
