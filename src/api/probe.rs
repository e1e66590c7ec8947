//! An unsigned request, to see whether a service answers.

use std::time::Duration;

use jiff::SignedDuration;
use reqwest::{Method, Request};
use tokio::time::Instant;
use url::Url;

use super::error::{Cause, Error};
use super::{Client, clock_ahead};
use crate::domain::endpoint::Endpoint;
use crate::util::redact::Redactor;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Usually an error's, because the request is unsigned.
    pub status: u16,
    /// From connecting to the last byte.
    pub round_trip: Duration,
    /// How far the service's clock is ahead of the local one, from the `date` header.
    pub ahead: Option<SignedDuration>,
}

impl Client {
    /// Sends an unsigned `GET /` to see whether anything answers.
    ///
    /// # Errors
    /// No response was received.
    pub async fn probe(&self, endpoint: &Endpoint) -> Result<Probe, Error> {
        let url = Url::parse(endpoint.as_str())
            .map_err(|error| Error::local(Cause::Unreadable, error.to_string()))?;
        let sent = Instant::now();
        let request = Request::new(Method::GET, url);
        let reply = self.transport.exchange(endpoint, request, &Redactor::default()).await?;
        let ahead = clock_ahead(reply.headers());
        Ok(Probe { status: reply.status(), round_trip: sent.elapsed(), ahead })
    }
}
