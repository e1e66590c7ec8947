//! The HTTP client: connections, proxies, limits, and transport errors.

use std::error::Error as StdError;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::Response;
use reqwest::header::{ACCEPT, HeaderValue};
use reqwest::redirect::Policy;
use tokio::sync::OnceCell;

use super::error::{Cause, Error, Unreachable};
use super::reply::Reply;
use super::resolver::{LookUpError, Resolver};
use super::{Settings, proxy};
use crate::domain::endpoint::Endpoint;
use crate::util::environment::Environment;
use crate::util::redact::{Redactor, Secrets};
use crate::util::text;

/// Part of the whole request's timeout.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The service closes idle connections after 25 s.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// Detects connections that died while the machine slept.
const TCP_KEEPALIVE: Duration = Duration::from_secs(15);

/// The largest response body, in bytes.
const MAX_BODY: usize = 4 << 20;

/// The HTTP client, built on first use: loading certificates takes a while, and the first frame
/// must not wait for it.
#[derive(Debug)]
pub(crate) struct Transport {
    settings: Settings,
    connect: Duration,
    /// Names the proxies; `None` for direct connections in plain http only.
    environment: Option<Environment>,
    resolver: Resolver,
    passwords: Arc<Secrets>,
    /// Those of them that are no ordinary words, for answers that no proxy can have written.
    long_passwords: Arc<Secrets>,
    shared: Pool,
    /// For plain http on this machine. Works without system certificates, and connects to loopback
    /// addresses only, whatever the host name resolves to.
    loopback: Pool,
}

/// Idle connections. They can only be closed together, because `reqwest` cannot close a single one.
#[derive(Debug, Default)]
struct Pool(Mutex<Connections>);

/// A client with its connections, once built.
pub(super) type Connections = Arc<OnceCell<reqwest::Client>>;

impl Pool {
    fn now(&self) -> MutexGuard<'_, Connections> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport {
    pub(crate) fn new(settings: Settings, environment: Environment) -> Self {
        Self::with(settings, CONNECT_TIMEOUT, Some(environment))
    }

    /// A transport to a link-local host: no proxies, no TLS. `limit` applies to the connection, and
    /// again to the response.
    pub(crate) fn direct(limit: Duration) -> Self {
        Self::with(Settings { timeout: limit * 2 }, limit, None)
    }

    fn with(settings: Settings, connect: Duration, environment: Option<Environment>) -> Self {
        let (shared, loopback) = (Pool::default(), Pool::default());
        let passwords = || environment.as_ref().map(proxy::passwords).unwrap_or_default();
        let (passwords, long_passwords) = (passwords().into(), passwords().without_short().into());
        let resolver = Resolver::system();
        Self {
            settings,
            connect,
            environment,
            resolver,
            passwords,
            long_passwords,
            shared,
            loopback,
        }
    }

    pub(crate) fn with_resolver(self, resolver: Resolver) -> Self {
        Self { resolver, ..self }
    }

    /// Sends a request and reads the whole response, with the request's secrets redacted.
    pub(crate) async fn exchange(
        &self,
        endpoint: &Endpoint,
        request: reqwest::Request,
        redactor: &Redactor,
    ) -> Result<Reply, Error> {
        let (connections, client) = self.client(endpoint).await?;
        let all = redactor.and(Arc::clone(&self.passwords));
        let no_answer = |error| {
            let error = self.no_answer(endpoint, error);
            Error { message: all.text(&error.message).into_owned(), ..error }
        };
        // A short password may be a word of the data, which must come as it is.
        let direct = endpoint.is_loopback() || endpoint.as_str().starts_with("https:");
        let passwords = if direct { &self.long_passwords } else { &self.passwords };
        let redactor = &redactor.and(Arc::clone(passwords));
        let mut response = client.execute(request).await.map_err(no_answer)?;
        let status = response.status().as_u16();
        let headers = std::mem::take(response.headers_mut());
        let mut body = Vec::new();
        let read = read(&mut response, &mut body).await;
        let length = body.len();
        let reply = Reply::new(status, headers, body, redactor);
        match read {
            Ok(true) => Ok(reply.with_connections(connections)),
            Ok(false) => Err(reply.as_response("").unusable("an answer of more than 4 MiB")),
            Err(error) => {
                let why = no_answer(error);
                let after = format!("{}, after {length} bytes of HTTP {status}", why.message);
                Err(Error { cause: why.cause, ..reply.as_response("").unusable(&after) })
            }
        }
    }

    /// Closes the connection of a response: what it returns next may not belong to
    /// the next request either.
    pub(crate) fn disconnect(&self, reply: &Reply) {
        for pool in [&self.shared, &self.loopback] {
            let mut now = pool.now();
            if Arc::ptr_eq(&now, reply.connections()) {
                *now = Connections::default();
            }
        }
    }

    async fn client(&self, endpoint: &Endpoint) -> Result<(Connections, reqwest::Client), Error> {
        let loopback = endpoint.is_loopback() && endpoint.as_str().starts_with("http:");
        let environment = self.environment.clone().filter(|_| !loopback);
        let pool = if loopback { &self.loopback } else { &self.shared };
        let connections = Arc::clone(&pool.now());
        let client = connections.get_or_try_init(|| async {
            let (timeout, connect) = (self.settings.timeout, self.connect);
            // Shorter than the connection's timeout, so that the error names the look-up.
            let resolver = self.resolver.for_client(connect.min(timeout) * 4 / 5, loopback);
            let build = move || {
                let builder = builder(timeout, connect, environment.as_ref())?;
                let built = builder.dns_resolver(Arc::new(resolver)).build();
                built.map_err(|error| build_error(&error))
            };
            match tokio::task::spawn_blocking(build).await {
                Ok(client) => client,
                Err(died) => {
                    Err(Error::local(Cause::Unreachable(Unreachable::Tls), died.to_string()))
                }
            }
        });
        let client = client.await?.clone();
        Ok((connections, client))
    }

    /// The error for a missing or incomplete response.
    fn no_answer(&self, endpoint: &Endpoint, error: reqwest::Error) -> Error {
        // The URL may contain secrets.
        let error = &error.without_url();
        let host = endpoint.host();
        if let Some(refused) = causes(error).find_map(not_this_machine) {
            return Error::local(Cause::Unreachable(Unreachable::PlainHttp), refused.to_string());
        }
        let message = match (error.is_timeout(), error.is_connect()) {
            (true, true) => {
                format!("no connection to {host} within {}", text::duration(self.connect))
            }
            (true, false) => {
                format!("no answer of {host} within {}", text::duration(self.settings.timeout))
            }
            (false, _) => format!("{host}: {}", innermost(error)),
        };
        let tls = endpoint.as_str().starts_with("https:");
        Error::local(cause(error, tls), message)
    }
}

/// Reads a body. Returns whether it is within the limit.
async fn read(response: &mut Response, body: &mut Vec<u8>) -> Result<bool, reqwest::Error> {
    if response.content_length().is_some_and(|length| length > MAX_BODY as u64) {
        return Ok(false);
    }
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > MAX_BODY {
            return Ok(false);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(true)
}

/// A client builder with the environment's proxies, or without proxies and TLS.
fn builder(
    timeout: Duration,
    connect: Duration,
    environment: Option<&Environment>,
) -> Result<reqwest::ClientBuilder, Error> {
    // An error means that a provider is already installed.
    drop(rustls::crypto::ring::default_provider().install_default());
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    let version = env!("CARGO_PKG_VERSION");
    let mut builder = reqwest::Client::builder()
        .user_agent(format!("AlibabaCloud ({os}; {arch}) savepeek/{version}"))
        .default_headers(
            [(ACCEPT, HeaderValue::from_static("application/json"))].into_iter().collect(),
        )
        .connect_timeout(connect)
        .timeout(timeout)
        .tcp_keepalive(TCP_KEEPALIVE)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .redirect(Policy::none())
        .http1_only()
        .no_proxy();
    if let Some(environment) = environment {
        for proxy in proxy::from_environment(environment)? {
            builder = builder.proxy(proxy);
        }
    } else {
        let no_roots = rustls::RootCertStore::empty();
        let tls = rustls::ClientConfig::builder().with_root_certificates(no_roots);
        builder = builder.tls_backend_preconfigured(tls.with_no_client_auth());
    }
    Ok(builder)
}

fn build_error(error: &reqwest::Error) -> Error {
    Error::local(Cause::Unreachable(Unreachable::Tls), innermost(error))
}

fn not_this_machine<'a>(cause: &'a (dyn StdError + 'static)) -> Option<&'a LookUpError> {
    let refused: &LookUpError = cause.downcast_ref()?;
    matches!(refused, LookUpError::NotThisMachine { .. }).then_some(refused)
}

fn cause(error: &reqwest::Error, tls: bool) -> Cause {
    // A connection lost during the TLS handshake: the server does not speak TLS.
    let lost = |error: &io::Error| {
        use io::ErrorKind::{BrokenPipe, ConnectionReset, InvalidData, UnexpectedEof};
        matches!(error.kind(), BrokenPipe | ConnectionReset | InvalidData | UnexpectedEof)
    };
    Cause::Unreachable(if error.is_dns() {
        Unreachable::Dns
    } else if error.is_timeout() && !error.is_connect() {
        Unreachable::Timeout
    } else if any_cause::<rustls::Error>(error, |_| true)
        || (tls && error.is_connect() && any_cause(error, lost))
    {
        Unreachable::Tls
    } else if error.is_connect() {
        Unreachable::Connect
    } else if any_cause(error, hyper::Error::is_parse) {
        return Cause::Unreadable;
    } else {
        Unreachable::Broken
    })
}

/// An error and its chain of sources.
fn causes<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| {
        // An io::Error does not return its inner error as its source.
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        wrapped.map(|error| error as _).or_else(|| error.source())
    })
}

fn any_cause<E: StdError + 'static>(error: &reqwest::Error, is: impl Fn(&E) -> bool) -> bool {
    causes(error).filter_map(|cause| cause.downcast_ref()).any(is)
}

/// The innermost source's text, which is the most specific.
fn innermost(error: &reqwest::Error) -> String {
    let last = causes(error).last().map(ToString::to_string);
    text::clean(&last.unwrap_or_default()).into_owned()
}
