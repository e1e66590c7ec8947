//! A signed request that a test can change before or after signing.

use std::collections::BTreeMap;
use std::io;

use jiff::{SignedDuration, Timestamp};
use savepeek::api::credentials::Credentials;
use savepeek::api::signing;
use savepeek::demo::Service;
use savepeek::util::clock;
use secrecy::ExposeSecret as _;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

/// A story with a savepoint for each behaviour.
pub(crate) const STORY: &str = include_str!("../data/story.toml");

/// The savepoint in [`STORY`] without any fault.
pub(crate) const PLAIN: &str = "00000000-0000-4000-8000-000000000001";

pub(crate) async fn start() -> Service {
    let story = savepeek::demo::Story::parse(STORY).unwrap();
    Service::start("127.0.0.1:0".parse().unwrap(), story).await.unwrap()
}

pub(crate) struct Call {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) query: &'static str,
    pub(crate) headers: BTreeMap<String, String>,
    /// Sent, but not signed.
    pub(crate) unsigned: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
    /// The keys that sign it.
    pub(crate) key: Credentials,
    /// Another identity that the service knows.
    pub(crate) temporary: Credentials,
}

impl Call {
    /// A correct request for a savepoint.
    pub(crate) fn get(service: &Service, id: &str) -> Self {
        let namespace = signing::encode(service.namespace().as_str());
        let mut call = Self {
            method: "GET",
            path: format!("/api/v2/namespaces/{namespace}/savepoints/{}", signing::encode(id)),
            query: "",
            headers: BTreeMap::new(),
            unsigned: BTreeMap::new(),
            body: Vec::new(),
            key: service.credentials(),
            temporary: service.temporary_credentials(),
        };
        call.set("host", service.endpoint().host());
        call.set("workspace", service.workspace().as_str());
        call.set("x-acs-action", "GetSavepoint");
        call.set("x-acs-version", "2022-07-18");
        call.set("x-acs-signature-nonce", &format!("{:032x}", fastrand::u128(..)));
        call.set("x-acs-content-sha256", &signing::sha256_hex(b""));
        call.date(SignedDuration::ZERO);
        call
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.headers.insert(name.to_owned(), value.to_owned());
    }

    pub(crate) fn remove(&mut self, name: &str) {
        assert!(self.headers.remove(name).is_some(), "{name} is not there");
    }

    /// Sets the date to this far from now.
    pub(crate) fn date(&mut self, offset: SignedDuration) {
        let date: Timestamp = clock::now() + offset;
        self.set("x-acs-date", &date.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    }

    /// Uses other keys, with their token if they have one.
    pub(crate) fn sign_as(&mut self, key: Credentials) {
        if let Some(token) = &key.security_token {
            self.set("x-acs-accesskey-id", &key.access_key_id);
            self.set("x-acs-security-token", token.expose_secret());
        }
        self.key = key;
    }

    /// Adds the signature. It does not cover later changes.
    pub(crate) fn sign(&mut self) {
        let headers = self.headers.iter();
        let headers = headers.map(|(name, value)| (name.as_str(), value.as_str().into())).collect();
        let request = signing::Request {
            method: self.method,
            path: &self.path,
            query: self.query,
            headers: &headers,
            body_sha256: &signing::sha256_hex(&self.body),
        };
        let value = request.authorization(&self.key.access_key_id, &self.key.access_key_secret);
        self.unsigned.insert("authorization".to_owned(), value);
    }

    fn bytes(&self) -> Vec<u8> {
        let query = if self.query.is_empty() { "" } else { "?" };
        let mut head = vec![format!("{} {}{query}{} HTTP/1.1", self.method, self.path, self.query)];
        let headers = self.headers.iter().chain(&self.unsigned);
        head.extend(headers.map(|(name, value)| format!("{name}: {value}")));
        if !self.body.is_empty() {
            head.push(format!("content-length: {}", self.body.len()));
        }
        let mut bytes = (head.join("\r\n") + "\r\n\r\n").into_bytes();
        bytes.extend(&self.body);
        bytes
    }

    /// Signs the request and sends it on a new connection.
    pub(crate) async fn send(mut self, service: &Service) -> Reply {
        self.sign();
        self.send_as_it_is(service).await
    }

    pub(crate) async fn send_as_it_is(self, service: &Service) -> Reply {
        Connection::open(service).await.ask(&self).await
    }
}

pub(crate) struct Connection(BufReader<TcpStream>);

impl Connection {
    pub(crate) async fn open(service: &Service) -> Self {
        Self(BufReader::new(TcpStream::connect(service.address()).await.unwrap()))
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        self.0.get_mut().write_all(bytes).await.unwrap();
    }

    /// Whether the service has closed the connection.
    pub(crate) async fn is_over(&mut self) -> bool {
        self.0.read_u8().await.is_err()
    }

    pub(crate) async fn ask(&mut self, call: &Call) -> Reply {
        self.write(&call.bytes()).await;
        let status = self.line().await.split(' ').nth(1).unwrap().parse().unwrap();
        let mut headers = BTreeMap::new();
        loop {
            let line = self.line().await;
            let Some((name, value)) = line.split_once(": ") else { break };
            headers.insert(name.to_lowercase(), value.to_owned());
        }
        let mut body = vec![0; headers["content-length"].parse().unwrap()];
        self.0.read_exact(&mut body).await.unwrap();
        Reply { status, headers, body: serde_json::from_slice(&body).unwrap() }
    }

    /// All bytes until the connection ends, and how it ends.
    pub(crate) async fn ask_raw(&mut self, call: &Call) -> (Vec<u8>, io::Result<usize>) {
        self.write(&call.bytes()).await;
        let mut bytes = Vec::new();
        let end = self.0.read_to_end(&mut bytes).await;
        (bytes, end)
    }

    async fn line(&mut self) -> String {
        let mut line = String::new();
        assert_ne!(self.0.read_line(&mut line).await.unwrap(), 0, "the connection is over");
        line.trim_end().to_owned()
    }
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Value,
}

impl Reply {
    /// The status, and the gateway's error code, the savepoint's state or the product's error code.
    pub(crate) fn gist(&self) -> (u16, &str) {
        let fields =
            [&self.body["Code"], &self.body["data"]["status"]["state"], &self.body["errorCode"]];
        (self.status, fields.iter().find_map(|field| field.as_str()).unwrap())
    }
}
