//! The client: one method per operation, timeouts, a size limit, typed errors. Every call is
//! read-only.

mod credential_cache;
pub mod credentials;
mod decode;
pub mod error;
pub(crate) mod error_response;
pub(crate) mod http;
pub mod lists;
pub mod pagination;
mod probe;
pub(crate) mod proxy;
pub(crate) mod reply;
mod request;
mod resolver;
pub mod response;
pub mod signing;
mod verify;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::header::{DATE, HeaderMap};
use tokio::time::Instant;

pub use error::{Cause, Error, Retry, Unreachable};
pub use probe::Probe;
pub use resolver::Resolver;
pub(crate) use resolver::first_non_loopback;

use self::credential_cache::{CachedCredentials, CredentialCache};
use self::http::Transport;
use self::reply::Reply;
use self::request::{Attempt, Operation};
use self::response::Envelope;
use self::verify::Match;
use crate::api::credentials::{Chain, Credentials};
use crate::domain::endpoint::Endpoint;
use crate::domain::savepoint::{Place, Profile, Savepoint, Target};
use crate::util::clock;
use crate::util::environment::Environment;
use crate::util::redact::Redactor;

/// The service's response for one savepoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub savepoint: Savepoint,
    /// The response's `data`, verbatim JSON.
    pub data: Box<str>,
    /// How many bytes were cut off the end of `data`; 0 in a new response.
    pub omitted_bytes: usize,
    /// `requestId`, or the header `x-acs-request-id`.
    pub request_id: Option<String>,
    /// From sending to the last byte.
    pub round_trip: Duration,
    /// The correction of the local clock, if the service rejected its time.
    pub clock_correction: Option<SignedDuration>,
}

struct Response<T> {
    value: T,
    request_id: Option<String>,
    round_trip: Duration,
    clock_correction: Option<SignedDuration>,
}

type Decode<T> = fn(&Envelope<'_>) -> Result<T, Error>;

/// Checks a response against its request. Removes foreign items from a list.
type Verify<'a, T> = &'a (dyn Fn(&mut T) -> Match + Send + Sync);

#[derive(Debug, Clone)]
pub struct Settings {
    /// The timeout of a whole request.
    pub timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(10) }
    }
}

/// The identity that signs requests, for display.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The provider's name, such as `environment` or `profile "default"`.
    pub provider: String,
    pub access_key_id_masked: String,
    /// When temporary credentials expire, if the provider says so.
    pub expires_at: Option<Timestamp>,
    /// The error of the latest renewal, while the credentials are still valid.
    pub renewal_error: Option<String>,
}

/// A smaller clock offset needs no correction: the service accepts 15 minutes.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(1);

/// Sends requests to the service. Shared by the whole program.
#[derive(Debug)]
pub struct Client {
    transport: Transport,
    credentials: CredentialCache,
    /// How far each service's clock is ahead of the local one, for services that rejected its time.
    clock_offsets: Mutex<BTreeMap<Endpoint, SignedDuration>>,
}

impl Client {
    /// A client that signs with the credentials of a place's profile and uses the proxies of the
    /// process's environment.
    ///
    /// `chain` returns the chain of a profile, or the default one. It is called on first use, once
    /// for each profile.
    pub fn new(
        settings: Settings,
        chain: impl Fn(Option<&Profile>) -> Chain + Send + Sync + 'static,
    ) -> Self {
        Self::with_environment(settings, chain, Environment::of_process())
    }

    /// Like [`Client::new`], with the proxies of another environment.
    pub fn with_environment(
        settings: Settings,
        chain: impl Fn(Option<&Profile>) -> Chain + Send + Sync + 'static,
        environment: Environment,
    ) -> Self {
        Self {
            transport: Transport::new(settings, environment),
            credentials: CredentialCache::new(chain),
            clock_offsets: Mutex::default(),
        }
    }

    /// Replaces the system's resolver.
    #[must_use]
    pub fn with_resolver(self, resolver: Resolver) -> Self {
        Self { transport: self.transport.with_resolver(resolver), ..self }
    }

    /// Sets the credentials of one endpoint, for which no chain is used.
    pub fn add_identity(&self, endpoint: &Endpoint, credentials: Credentials) {
        self.credentials.add(endpoint.clone(), credentials);
    }

    /// The identity that signs a profile's requests.
    ///
    /// # Errors
    /// [`Cause::CredentialsUnusable`].
    pub async fn identity(&self, profile: Option<&Profile>) -> Result<Identity, Error> {
        let source = self.credentials.provider(profile);
        let held = source.get_fresh().await?;
        Ok(Identity {
            provider: held.provider.to_string(),
            access_key_id_masked: held.credentials.masked_id(),
            expires_at: held.credentials.expires_at,
            renewal_error: source.renewal_error(),
        })
    }

    /// Returns whether a profile has other credentials than those that its failed requests used, so
    /// that a retry can succeed. Runs the chain if its files have changed or a
    /// request `needs` other credentials.
    pub async fn reload_credentials(&self, profile: Option<&Profile>, needs: bool) -> bool {
        self.credentials.provider(profile).reload(needs).await
    }

    /// The ID of the credentials last used for a place. For comparison only, not for display.
    pub fn access_key_id(&self, place: &Place) -> Option<String> {
        Some(self.credentials.last(place)?.credentials.access_key_id.clone())
    }

    /// `GetSavepoint`.
    ///
    /// # Errors
    /// [`Error`], after one retry for a wrong clock or an expired token.
    pub async fn get_savepoint(&self, target: &Target) -> Result<Answer, Error> {
        let operation = Operation {
            action: "GetSavepoint",
            place: &target.place,
            segments: &["savepoints", target.id.as_str()],
            query: BTreeMap::new(),
        };
        let decode: Decode<_> = |envelope| envelope.savepoint();
        let verify: Verify<'_, _> = &|answer| verify::savepoint(target, answer);
        let response = self.send(&operation, decode, verify).await?;
        Ok(Answer {
            savepoint: response.value.savepoint,
            data: response.value.data,
            omitted_bytes: 0,
            request_id: response.request_id,
            round_trip: response.round_trip,
            clock_correction: response.clock_correction,
        })
    }

    /// Sends an operation. If it fails and other credentials may help, registers it
    /// as waiting for them.
    async fn send<T>(
        &self,
        operation: &Operation<'_>,
        decode: Decode<T>,
        verify: Verify<'_, T>,
    ) -> Result<Response<T>, Error> {
        let mut held = None;
        let response = self.send_with_retries(&mut held, operation, decode, verify).await;
        if response.as_ref().is_err_and(|error| error.retry() == Retry::WhenChanged) {
            self.credentials.add_waiter(held.as_ref(), operation.place);
        }
        response
    }

    /// Sends an operation. Retries once with the service's time after a clock error, and once with
    /// new credentials after an expired token.
    async fn send_with_retries<T>(
        &self,
        held: &mut Option<CachedCredentials>,
        operation: &Operation<'_>,
        decode: Decode<T>,
        verify: Verify<'_, T>,
    ) -> Result<Response<T>, Error> {
        let place = operation.place;
        let held = held.insert(self.credentials.get(place).await?);
        let (mut may_correct, mut may_renew) = (true, true);
        loop {
            let error = match self.send_once(operation, held, decode, verify).await {
                Err(error) => error,
                answer => return answer,
            };
            match error.cause {
                Cause::ClockSkew { ahead: Some(ahead) } if may_correct => {
                    may_correct = false;
                    self.set_clock_offset(&place.endpoint, ahead);
                }
                Cause::TokenExpired if may_renew => {
                    may_renew = false;
                    *held = self.credentials.replacement_for(held, place).await?.ok_or(error)?;
                }
                Cause::TokenExpired | Cause::CredentialsRejected => {
                    self.credentials.mark_rejected(held, place);
                    return Err(error);
                }
                _ => return Err(error),
            }
        }
    }

    /// Sends one request, with its own date and nonce.
    async fn send_once<T>(
        &self,
        operation: &Operation<'_>,
        held: &CachedCredentials,
        decode: Decode<T>,
        verify: Verify<'_, T>,
    ) -> Result<Response<T>, Error> {
        let credentials = &held.credentials;
        let endpoint = &operation.place.endpoint;
        let correction = self.clock_offsets().get(endpoint).copied();
        let now = clock::now();
        let date = correction.and_then(|ahead| now.checked_add(ahead).ok()).unwrap_or(now);
        let unsigned = operation.prepare(credentials, Attempt::at(date));
        let (request, sent_secrets) = unsigned.sign(credentials)?;
        let redactor = Redactor::new([Arc::clone(&held.secrets), Arc::new(sent_secrets)]);
        let sent = Instant::now();
        let reply = self.transport.exchange(endpoint, request, &redactor).await;
        let round_trip = sent.elapsed();
        let status = reply.as_ref().map(Reply::status).ok();

        let decoded = reply.and_then(|reply| {
            let response = reply.as_response(operation.action);
            let decoded = response::open(&response).and_then(|envelope| {
                let mut value = decode(&envelope)?;
                let matched = verify(&mut value);
                if matched != Match::Full {
                    self.transport.disconnect(&reply);
                }
                match matched {
                    Match::Mismatch(expected) => Err(response.mismatch(expected)),
                    Match::Full | Match::Partial => Ok((value, envelope.request_id)),
                }
            });
            decoded.map_err(|error| match error.cause {
                Cause::ClockSkew { .. } => Error {
                    cause: Cause::ClockSkew { ahead: clock_ahead(reply.headers()) },
                    ..error
                },
                _ => error,
            })
        });
        let request_id = decoded.as_ref().map(|(_, request_id)| request_id.as_deref());
        log_request(operation, status, round_trip, request_id);
        let (value, request_id) = decoded?;
        Ok(Response { value, request_id, round_trip, clock_correction: correction })
    }

    /// Stores a service's clock offset. If it is negligible, the service rejected an outdated
    /// correction, which is removed.
    fn set_clock_offset(&self, endpoint: &Endpoint, ahead: SignedDuration) {
        if ahead.abs() < CLOCK_TOLERANCE {
            self.clock_offsets().remove(endpoint);
        } else {
            self.clock_offsets().insert(endpoint.clone(), ahead);
        }
    }

    fn clock_offsets(&self) -> MutexGuard<'_, BTreeMap<Endpoint, SignedDuration>> {
        self.clock_offsets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Logs a request and its result, without headers and bodies, which contain secrets.
fn log_request(
    operation: &Operation<'_>,
    status: Option<u16>,
    round_trip: Duration,
    request_id: Result<Option<&str>, &Error>,
) {
    if !tracing::enabled!(tracing::Level::WARN) {
        return;
    }
    let (method, path, took) = ("GET", operation.path(), crate::util::text::duration(round_trip));
    let place = operation.place;
    let query = Some(signing::query(&operation.query)).filter(|query| !query.is_empty());
    let (host, workspace) = (place.endpoint.host(), place.workspace.as_str());
    let profile = place.profile.as_ref().map(Profile::as_str);
    match request_id {
        Ok(request_id) => {
            tracing::info!(
                method, host, profile, workspace, path, query, status, request_id, took, "answered"
            );
        }
        Err(error) => {
            let (kind, code) = (error.kind(), error.code.as_deref());
            let request_id = error.request_id.as_deref();
            tracing::warn!(
                method, host, profile, workspace, path, query, status, request_id, took, kind,
                code, "failed"
            );
        }
    }
}

/// How far the service's clock is ahead of the local one, from the `date` header.
pub(crate) fn clock_ahead(headers: &HeaderMap) -> Option<SignedDuration> {
    let date = headers.get(DATE)?.to_str().ok()?;
    let date =
        jiff::fmt::rfc2822::DateTimeParser::new().relaxed_weekday(true).parse_timestamp(date);
    Some(date.ok()?.duration_since(clock::now()))
}
