//! The embedded service: the real one's reading calls on a loopback port, with invented keys and
//! an invented story, so that the program can be tried, and any client tested, without an account.
//!
//! ```text
//!   connection ─► front ─► route ─► gateway ─► stage ─► answer
//!                          which    may it     what the story
//!                          call     pass       says now
//! ```
//!
//! On demand it misbehaves ([`Faults`]): between the front and the client stands whatever is told
//! to go wrong.
//!
//! It takes no short cut and gives none: a request must be signed as for the real gateway, and
//! what is wrong with it is answered in the vendor's own shapes. Like the program, it has no call
//! that changes anything.

mod deployments;
mod error_response;
mod faults;
mod gateway;
mod handler;
mod keys;
mod lists;
mod response;
mod router;
mod scenario;
mod serve;
mod story;
mod synthetic;

use std::collections::BTreeMap;
use std::error::Error as _;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

pub use faults::{Faults, FaultsError};
pub use serve::serve;
pub use story::{Story, StoryError};

use crate::api::credentials::Credentials;
use crate::domain::endpoint::Endpoint;
use crate::domain::savepoint::{Namespace, Place, SavepointId, Target, Workspace};
use faults::Disconnect;
use handler::Handler;

/// How many connections are served at a time; more wait in the listener's queue.
const MAX_CONNECTIONS: usize = 64;

/// The longest request head, in bytes: many times what the vendor's clients send.
const MAX_REQUEST_HEAD: usize = 64 * 1024;

/// The service while it runs; dropping it ends it, with all of its connections.
#[derive(Debug)]
pub struct Service {
    address: SocketAddr,
    place: Place,
    ids: Vec<SavepointId>,
    handler: Arc<Handler>,
    listening: JoinHandle<()>,
}

impl Service {
    /// Starts to listen, and the story with it. Port 0 lets the system choose one.
    ///
    /// # Errors
    /// When the address is not a loopback address (the keys are public, so is the service then),
    /// or cannot be listened on.
    pub async fn start(listen: SocketAddr, story: Story) -> io::Result<Self> {
        Self::start_with_faults(listen, story, Faults::default()).await
    }

    /// The same with faults, whose times count from now.
    ///
    /// # Errors
    /// Those of [`Self::start`].
    pub async fn start_with_faults(
        listen: SocketAddr,
        story: Story,
        faults: Faults,
    ) -> io::Result<Self> {
        if !listen.ip().is_loopback() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("the demo listens on this machine only: give 127.0.0.1:PORT, not {listen}"),
            ));
        }
        let listener = TcpListener::bind(listen).await.map_err(|error| {
            io::Error::new(error.kind(), format!("cannot listen on {listen}: {error}"))
        })?;
        let address = listener.local_addr()?;
        let endpoint =
            Endpoint::of_url(&format!("http://{address}"), false).map_err(io::Error::other)?;
        let place = Place {
            endpoint,
            workspace: story.workspace.clone(),
            namespace: story.namespace.clone(),
            profile: None,
        };
        let ids = story.ids().cloned().collect();
        let handler = Arc::new(Handler::new(story, faults));
        let listening = tokio::spawn(accept(listener, Arc::clone(&handler)));
        Ok(Self { address, place, ids, handler, listening })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens, as a client is told.
    pub fn endpoint(&self) -> &Endpoint {
        &self.place.endpoint
    }

    /// The only workspace it knows.
    pub fn workspace(&self) -> &Workspace {
        &self.place.workspace
    }

    /// The only namespace in it.
    pub fn namespace(&self) -> &Namespace {
        &self.place.namespace
    }

    /// Every ID that the story speaks of, also those that the service will not find.
    pub fn targets(&self) -> Vec<Target> {
        self.ids.iter().map(|id| Target { place: self.place.clone(), id: id.clone() }).collect()
    }

    /// The invented access key.
    pub fn credentials(&self) -> Credentials {
        keys::permanent()
    }

    /// The invented temporary identity, with its security token.
    pub fn temporary_credentials(&self) -> Credentials {
        keys::temporary()
    }

    /// The access key after the first one was disabled.
    pub fn rotated_credentials(&self) -> Credentials {
        keys::rotated()
    }

    /// The temporary identity after the first one expired.
    pub fn renewed_credentials(&self) -> Credentials {
        keys::renewed()
    }

    /// Puts these faults in the place of those there were; their times count from now.
    pub fn set_faults(&self, faults: Faults) {
        self.handler.set_faults(faults);
    }

    /// How often the story was asked for this savepoint: every request that no fault and no
    /// refusal of the gateway kept from it.
    pub fn request_count(&self, id: &SavepointId) -> u64 {
        self.handler.request_count(id.as_str())
    }

    /// The same of each operation, by name.
    pub fn operation_counts(&self) -> BTreeMap<&'static str, u64> {
        self.handler.operation_counts()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// Owns every connection: they end when this does.
async fn accept(listener: TcpListener, handler: Arc<Handler>) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        if connections.len() >= MAX_CONNECTIONS {
            connections.join_next().await;
        }
        match listener.accept().await {
            Ok((stream, _)) => drop(connections.spawn(serve_connection(stream, handler.clone()))),
            // No file descriptor left, as a rule: it passes, and a busy loop would not help.
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

/// One connection, one request after another, until the client has enough.
async fn serve_connection(stream: TcpStream, handler: Arc<Handler>) {
    // Small answers are the rule, and a client on loopback should not wait for Nagle. Where it
    // cannot be set, nothing is lost but time.
    let _ = stream.set_nodelay(true);
    let response = service_fn(move |request| {
        let handler = handler.clone();
        async move { handler.answer(request).await }
    });
    let mut connection = http1::Builder::new()
        .max_buf_size(MAX_REQUEST_HEAD)
        .serve_connection(TokioIo::new(stream), response);
    // A client that breaks off is its own affair.
    let end = (&mut connection).await;
    let why = end.as_ref().err().and_then(|error| error.source()?.downcast_ref());
    if why == Some(&Disconnect::Reset) {
        let _ = connection.into_parts().io.into_inner().set_zero_linger();
    }
}
