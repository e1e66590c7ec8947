//! A service of canned answers on loopback, and the real binary that asks it.
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use tempfile::TempDir;

pub const SECRET: &str = "hunter2-secret";
pub const TOKEN: &str = "hunter2-token";
pub const EXAMPLE: &str = include_str!("../data/get-savepoint-example.json");

/// The documented answer, about this savepoint in the namespace that is asked.
pub fn example(id: &str) -> String {
    EXAMPLE
        .replace("354dde66-a3ae-463e-967a-0b4107fd****", id)
        .replace("\"namespacetest\"", "\"n\"")
}

/// Status and body, by the last segment of the path as it came and how often it was asked before.
pub type Answers = fn(&str, usize) -> (u16, String);

/// A service that lives as long as the test's process.
pub struct Service {
    pub url: String,
    pub asked: Arc<Mutex<Vec<String>>>,
    pub home: TempDir,
}

impl Service {
    pub fn start(answers: Answers) -> Self {
        Self::listening(TcpListener::bind("127.0.0.1:0").unwrap(), answers)
    }

    pub fn listening(listener: TcpListener, answers: Answers) -> Self {
        let service = Self::nobody_at(listener.local_addr().unwrap().port());
        let log = Arc::clone(&service.asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let log = Arc::clone(&log);
                std::thread::spawn(move || serve(&stream, &log, answers));
            }
        });
        service
    }

    /// A port that nobody listens to yet.
    pub fn nobody_at(port: u16) -> Self {
        let url = format!("http://127.0.0.1:{port}");
        Self { url, asked: Arc::default(), home: TempDir::new().unwrap() }
    }

    /// The program, with invented keys and nobody's configuration.
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

/// One answer a connection. A client that leaves early is none of the service's business.
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

/// What the product answers when it refuses.
pub fn business(code: &str) -> String {
    format!(
        r#"{{"requestId":"R-B","success":false,"httpCode":200,"errorCode":"{code}","errorMessage":"says no"}}"#
    )
}

/// What the gateway answers when it refuses.
pub fn gateway(code: &str) -> String {
    format!(r#"{{"RequestId":"R-G","Message":"says no","HostId":"h","Code":"{code}"}}"#)
}
