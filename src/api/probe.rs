//! Whether a service answers at all: a request without keys.

use std::time::Duration;

use jiff::SignedDuration;
use reqwest::{Method, Request};
use tokio::time::Instant;
use url::Url;

use super::error::{Cause, Error};
use super::{Client, clock_ahead};
use crate::domain::endpoint::Endpoint;
use crate::util::redact::Redactor;

/// An answer, whatever it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Its HTTP status: a refusal, as a rule.
    pub status: u16,
    /// From sending to the last byte, with the connection.
    pub round_trip: Duration,
    /// How far the service's clock is ahead of this machine's, by the header `Date`.
    pub ahead: Option<SignedDuration>,
}

impl Client {
    /// Asks for `/`, unsigned, as whom nobody can tell.
    ///
    /// # Errors
    /// Why no answer came.
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
