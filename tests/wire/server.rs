//! A hand-made server that can misbehave: it sends exactly the given bytes.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// The server's reaction to a request's head.
pub(crate) enum Reply {
    /// Sends these bytes and waits for the next request.
    KeepAlive(Vec<u8>),
    /// Sends these bytes and closes the connection.
    Close(Vec<u8>),
    /// Sends these bytes and resets the connection.
    Reset(Vec<u8>),
    /// Sends these bytes and nothing more.
    Stall(Vec<u8>),
}

/// The head of one request.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Method, target and version.
    pub line: String,
    /// In the order sent, names as sent.
    pub headers: Vec<(String, String)>,
}

impl Request {
    /// The value of a header that was sent exactly once.
    pub(crate) fn header(&self, name: &str) -> &str {
        let mut values = self.headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
        let (_, value) = values.next().unwrap_or_else(|| panic!("no {name} in {self:?}"));
        assert!(values.next().is_none(), "{name} was sent twice");
        value
    }
}

/// A listening server. It ends with the test.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    connections: Arc<Mutex<usize>>,
}

impl Server {
    /// A server that reacts to the nth request (from 0) as the script says.
    pub(crate) async fn new(script: impl Fn(usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            requests: Arc::default(),
            connections: Arc::default(),
        };
        let (requests, connections) = (server.requests.clone(), server.connections.clone());
        let script = Arc::new(script);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *connections.lock().unwrap() += 1;
                tokio::spawn(serve(stream, requests.clone(), script.clone()));
            }
        });
        server
    }

    /// A server that reacts to every request in the same way.
    pub(crate) async fn always(reply: impl Fn() -> Reply + Send + Sync + 'static) -> Self {
        Self::new(move |_| reply()).await
    }

    /// The requests so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// How many connections clients have opened so far.
    pub(crate) fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }
}

async fn serve(
    mut stream: TcpStream,
    requests: Arc<Mutex<Vec<Request>>>,
    script: Arc<impl Fn(usize) -> Reply>,
) {
    let mut unread = Vec::new();
    loop {
        let Some(request) = head(&mut stream, &mut unread).await else { return };
        let reply = {
            let mut requests = requests.lock().unwrap();
            requests.push(request);
            script(requests.len() - 1)
        };
        // A write may fail: the client closes the connection on a bad response.
        match reply {
            Reply::KeepAlive(bytes) => drop(stream.write_all(&bytes).await),
            Reply::Close(bytes) => {
                drop(stream.write_all(&bytes).await);
                drop(stream.shutdown().await);
                return;
            }
            Reply::Reset(bytes) => {
                drop(stream.write_all(&bytes).await);
                stream.set_zero_linger().unwrap();
                return;
            }
            Reply::Stall(bytes) => {
                drop(stream.write_all(&bytes).await);
                std::future::pending::<()>().await;
            }
        }
    }
}

async fn head(stream: &mut TcpStream, unread: &mut Vec<u8>) -> Option<Request> {
    loop {
        if let Some(end) = unread.windows(4).position(|window| window == b"\r\n\r\n") {
            let head: Vec<u8> = unread.drain(..end + 4).collect();
            let head = String::from_utf8(head).unwrap();
            let mut lines = head.trim_end().split("\r\n");
            let line = lines.next().unwrap().to_owned();
            let headers = lines.map(|line| {
                let (name, value) = line.split_once(": ").unwrap();
                (name.to_owned(), value.to_owned())
            });
            return Some(Request { line, headers: headers.collect() });
        }
        if stream.read_buf(unread).await.ok()? == 0 {
            return None;
        }
    }
}

/// A response with these headers and the right content length.
pub(crate) fn http(status: u16, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let length = body.len();
    let bytes = format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n{headers}\r\n");
    [bytes.as_bytes(), body].concat()
}

/// The service's response for a savepoint.
pub(crate) fn savepoint() -> Vec<u8> {
    let body = r#"{"requestId": "R-1", "success": true, "data": {"savepointId": "sp/1"}}"#;
    http(200, "content-type: application/json\r\n", body)
}

/// An error response of the gateway, with additional headers.
pub(crate) fn refusal(status: u16, code: &str, headers: &str) -> Vec<u8> {
    let body = format!(r#"{{"RequestId": "R-2", "Code": "{code}", "Message": "no"}}"#);
    http(status, &format!("content-type: application/json\r\n{headers}"), body)
}
