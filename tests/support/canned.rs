//! A service of canned answers on loopback, and the real binary as its client.
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use tempfile::TempDir;

pub const SECRET: &str = "hunter2-secret";
pub const TOKEN: &str = "hunter2-token";
pub const EXAMPLE: &str = include_str!("../data/get-savepoint-example.json");

/// The documented answer with this ID, in the namespace `n`.
pub fn example(id: &str) -> String {
    EXAMPLE
        .replace("354dde66-a3ae-463e-967a-0b4107fd****", id)
        .replace("\"namespacetest\"", "\"n\"")
}

/// Status and body for the last segment of a raw path, and the number of earlier requests for it.
pub type Answers = fn(&str, usize) -> (u16, String);

/// Runs until the test's process ends.
pub struct Service {
    pub url: String,
    pub asked: Arc<Mutex<Vec<String>>>,
    pub home: TempDir,
}

impl Service {
    pub fn start(answers: Answers) -> Self {
        Self::start_on(TcpListener::bind("127.0.0.1:0").unwrap(), answers)
    }

    pub fn start_on(listener: TcpListener, answers: Answers) -> Self {
        let service = Self::without_listener(listener.local_addr().unwrap().port());
        let log = Arc::clone(&service.asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let log = Arc::clone(&log);
                std::thread::spawn(move || serve(&stream, &log, answers));
            }
        });
        service
    }

    /// A port without a listener.
    pub fn without_listener(port: u16) -> Self {
        let url = format!("http://127.0.0.1:{port}");
        Self { url, asked: Arc::default(), home: TempDir::new().unwrap() }
    }

    /// The program with invented keys and no configuration.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("savepeek"));
        command
            .env_clear()
            .env("HOME", self.home.path())
            .env("TZ", "UTC")
            .env("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")
            .env("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI-invented")
            .env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", SECRET)
            .env("SAVEPEEK_ENDPOINT", &self.url)
            .env("SAVEPEEK_WORKSPACE", "w")
            .env("SAVEPEEK_NAMESPACE", "n")
            .args(args)
            .args(["--rate", "100"])
            .stdin(Stdio::null());
        command
    }
}

/// Sends one answer a connection. Returns `None` if the client leaves early.
fn serve(stream: &TcpStream, log: &Mutex<Vec<String>>, answers: Answers) -> Option<()> {
    let mut lines = BufReader::new(stream.try_clone().ok()?).lines();
    let request = lines.next()?.ok()?;
    while !lines.next()?.ok()?.is_empty() {}
    let id = request.split(' ').nth(1)?.rsplit('/').next()?.to_owned();
    let before = {
        let mut log = log.lock().ok()?;
        log.push(id.clone());
        log.iter().filter(|other| **other == id).count() - 1
    };
    let (status, body) = answers(&id, before);
    let head =
        format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nconnection: close");
    (&*stream)
        .write_all(format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).as_bytes())
        .ok()
}

/// An error of the product.
pub fn business(code: &str) -> String {
    format!(
        r#"{{"requestId":"R-B","success":false,"httpCode":200,"errorCode":"{code}","errorMessage":"says no"}}"#
    )
}

/// An error of the gateway.
pub fn gateway(code: &str) -> String {
    format!(r#"{{"RequestId":"R-G","Message":"says no","HostId":"h","Code":"{code}"}}"#)
}
