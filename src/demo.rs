//! The embedded service: the read-only calls of the real service on a loopback port, with invented
//! keys and an invented story. It lets users try the program, and tests any client, without an
//! account.
//!
//! ```text
//!   connection ─► handler ─► router ─► gateway ─► scenario ─► response
//!                            which     is it      what the story
//!                            call      signed     says now
//! ```
//!
//! A faults file makes it misbehave ([`Faults`]): a fault replaces, delays or damages a response.
//!
//! There are no short cuts: a request must be signed as for the real gateway, and errors have the
//! vendor's own shapes. Like the program, the service has no call that changes anything.

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

/// Connections served at a time; more wait in the listener's queue.
const MAX_CONNECTIONS: usize = 64;

/// The longest request head, in bytes: many times what the vendor's clients send.
const MAX_REQUEST_HEAD: usize = 64 * 1024;

/// The running service. Dropping it stops it and closes its connections.
#[derive(Debug)]
pub struct Service {
    address: SocketAddr,
    place: Place,
    ids: Vec<SavepointId>,
    handler: Arc<Handler>,
    listening: JoinHandle<()>,
}

impl Service {
    /// Starts to listen, and starts the story. The system chooses the port if it is 0.
    ///
    /// # Errors
    /// When the address is not a loopback address (the keys are public, so anybody could use the
    /// service), or when listening fails.
    pub async fn start(listen: SocketAddr, story: Story) -> io::Result<Self> {
        Self::start_with_faults(listen, story, Faults::default()).await
    }

    /// Starts with faults, whose times count from now.
    ///
    /// # Errors
    /// As [`Self::start`].
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

    pub fn address(&self) -> SocketAddr {
        self.address
    }

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

    /// Every savepoint of the story, including those that the service does not find.
    pub fn targets(&self) -> Vec<Target> {
        self.ids.iter().map(|id| Target { place: self.place.clone(), id: id.clone() }).collect()
    }

    pub fn credentials(&self) -> Credentials {
        keys::permanent()
    }

    /// The demo's temporary credentials, with a security token.
    pub fn temporary_credentials(&self) -> Credentials {
        keys::temporary()
    }

    /// The access key that still works after a `disabled-key` fault.
    pub fn rotated_credentials(&self) -> Credentials {
        keys::rotated()
    }

    /// The temporary credentials that still work after an `expired-token` fault.
    pub fn renewed_credentials(&self) -> Credentials {
        keys::renewed()
    }

    /// Replaces all faults; the times of the new ones count from now.
    pub fn set_faults(&self, faults: Faults) {
        self.handler.set_faults(faults);
    }

    /// How many requests for this savepoint reached the story: those that neither a fault
    /// nor the gateway stopped.
    pub fn request_count(&self, id: &SavepointId) -> u64 {
        self.handler.request_count(id.as_str())
    }

    /// How many requests reached the story, by operation.
    pub fn operation_counts(&self) -> BTreeMap<&'static str, u64> {
        self.handler.operation_counts()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// Accepts connections and owns them: they close when this task ends.
async fn accept(listener: TcpListener, handler: Arc<Handler>) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        if connections.len() >= MAX_CONNECTIONS {
            connections.join_next().await;
        }
        match listener.accept().await {
            Ok((stream, _)) => drop(connections.spawn(serve_connection(stream, handler.clone()))),
            // Usually no file descriptor is left. Wait: a busy loop would not help.
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

/// Serves the requests of one connection until the client closes it.
async fn serve_connection(stream: TcpStream, handler: Arc<Handler>) {
    // Most responses are small: Nagle's algorithm would only delay them. Failing to turn it off
    // costs nothing but time.
    let _ = stream.set_nodelay(true);
    let response = service_fn(move |request| {
        let handler = handler.clone();
        async move { handler.answer(request).await }
    });
    let mut connection = http1::Builder::new()
        .max_buf_size(MAX_REQUEST_HEAD)
        .serve_connection(TokioIo::new(stream), response);
    // A client may disconnect at any time.
    let end = (&mut connection).await;
    let why = end.as_ref().err().and_then(|error| error.source()?.downcast_ref());
    if why == Some(&Disconnect::Reset) {
        let _ = connection.into_parts().io.into_inner().set_zero_linger();
    }
}
