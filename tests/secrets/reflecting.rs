//! A service that echoes its requests in every encoding.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// The request headers that contain secrets.
const SECRET_HEADERS: [&str; 5] = [
    "x-acs-security-token",
    "x-acs-accesskey-id",
    "x-acs-signature-nonce",
    "x-aliyun-ecs-metadata-token",
    "proxy-authorization",
];

/// Lives as long as the test process.
pub(crate) struct Reflecting {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<String>>>,
    /// Secrets that the service knows without receiving them.
    known: Vec<String>,
}

impl Reflecting {
    pub(crate) fn new(known: &[&str]) -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let known = known.iter().map(ToString::to_string).collect();
        let service = Arc::new(Self { url, seen: Arc::default(), known });
        let serving = Arc::clone(&service);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let serving = Arc::clone(&serving);
                std::thread::spawn(move || serving.serve(&stream));
            }
        });
        service
    }

    /// The signatures received so far.
    pub(crate) fn signatures(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        let signature = |text: &String| Some(text.rsplit_once("Signature=")?.1.to_owned());
        seen.iter().filter_map(signature).collect()
    }

    pub(crate) fn requests(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    fn serve(&self, stream: &TcpStream) -> Option<()> {
        let mut reader = BufReader::new(stream.try_clone().ok()?);
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            match line.trim_end() {
                "" => break,
                line => head.push(line.to_owned()),
            }
        }
        let value = |name: &str| {
            let found = head.iter().find_map(|line| {
                let (key, value) = line.split_once(": ")?;
                key.eq_ignore_ascii_case(name).then(|| value.to_owned())
            });
            found.unwrap_or_default()
        };
        let mut body = vec![0; value("content-length").parse().unwrap_or(0)];
        reader.read_exact(&mut body).ok()?;
        let target = head.first()?.split(' ').nth(1)?.to_owned();
        let mut sent: Vec<String> = self.known.clone();
        sent.push(value("authorization"));
        sent.push(target.clone());
        sent.push(String::from_utf8_lossy(&body).into_owned());
        sent.extend(SECRET_HEADERS.map(value));
        sent.retain(|text| text.len() > 15);
        self.seen.lock().unwrap().push(value("authorization"));
        let id = target.split('?').next()?.rsplit('/').next()?.to_owned();
        let before = self.seen.lock().unwrap().len();
        let wanted = match id.as_str() {
            "changing" if before < 3 => "started",
            "changing" => "failed",
            "token" => return self.token(stream),
            other => other,
        };
        let answer = answer(wanted, &id, &sent);
        (&*stream).write_all(&answer).ok()
    }
}

impl Reflecting {
    /// Responds with the metadata service's token: the known secrets.
    fn token(&self, mut stream: &TcpStream) -> Option<()> {
        let token = self.known.first()?;
        let length = token.len();
        let head = format!("HTTP/1.1 200 X\r\ncontent-length: {length}\r\nconnection: close\r\n");
        stream.write_all(format!("{head}\r\n{token}").as_bytes()).ok()
    }
}

/// A text in every encoding that another program may use.
pub(crate) fn spellings(text: &str) -> Vec<String> {
    let each = |spell: fn(char) -> String| text.chars().map(spell).collect::<String>();
    let end = text.char_indices().nth_back(0).map_or(0, |(at, _)| at);
    vec![
        text.to_owned(),
        text[1.min(end)..end].to_owned(),
        text.to_ascii_lowercase(),
        text.to_ascii_uppercase(),
        each(|c| format!("%{:02x}", u32::from(c))),
        each(|c| format!("%25{:02X}", u32::from(c))),
        each(|c| format!("&#{};", u32::from(c))),
        each(|c| format!("&#x{:X};", u32::from(c))),
        each(|c| format!("\\u{:04x}", u32::from(c))),
        each(|c| format!("\\u0026#{};", u32::from(c))),
        text.replace('/', "\\/").replace('+', "\\u002b"),
        text.replace('/', "&sol;").replace('+', "&plus;"),
        STANDARD.encode(text),
        STANDARD.encode(format!("u:{text}")),
    ]
}

/// Replaces every text in the JSON by this one, which may contain escapes.
fn filled(value: &Value, text: &str) -> String {
    value.to_string().replace("ECHO", text)
}

fn answer(wanted: &str, id: &str, sent: &[String]) -> Vec<u8> {
    let spelled: Vec<String> = sent.iter().flat_map(|text| spellings(text)).collect();
    let raw = spelled.join(" ");
    // For JSON texts: without characters that would end them.
    let echo = raw.replace('"', "'");
    let state = if wanted == "started" { "STARTED" } else { "COMPLETED" };
    let savepoint = |id: &str| {
        json!({
            "savepointId": id, "deploymentId": "d", "jobId": "j", "namespace": "n",
            "savepointOrigin": "ECHO", "description": "ECHO", "savepointLocation": "ECHO",
            "unheardOf": {"ECHO": ["ECHO"]}, "createdAt": 1_659_066_711,
            "status": {"state": state, "failure": {"message": "ECHO", "reason": "ECHO"}},
        })
    };
    let good = |data: Value| {
        let size = data.as_array().map_or(0, Vec::len);
        filled(
            &json!({"requestId": "ECHO", "success": true, "totalSize": size, "data": data}),
            &echo,
        )
    };
    let json = "application/json";
    let (status, kind, body) = match wanted {
        "good" | "started" => (200, json, good(savepoint(id))),
        "failed" => {
            let mut failed = savepoint(id);
            failed["status"]["state"] = "FAILED".into();
            (200, json, good(failed))
        }
        "state" => {
            let mut other = savepoint(id);
            other["status"]["state"] = "ECHO".into();
            (200, json, good(other))
        }
        "savepoints" => (200, json, good(json!([savepoint("good")]))),
        "deployments" => {
            let one = json!({"deploymentId": "d", "name": "ECHO", "namespace": "n",
                "executionMode": "ECHO", "creatorName": "ECHO", "engineVersion": "ECHO"});
            (200, json, good(json!([one])))
        }
        "jobs" => {
            let one = json!({"jobId": "j", "deploymentId": "d", "namespace": "n",
                "status": {"currentJobStatus": "ECHO"}});
            (200, json, good(json!([one])))
        }
        "refused" => {
            let refusal = json!({"Code": "SignatureDoesNotMatch", "RequestId": "ECHO",
                "Message": "ECHO server string to sign is:ECHO"});
            (400, json, filled(&refusal, &echo))
        }
        "code" => (400, json, filled(&json!({"Code": "ECHO", "Message": "ECHO"}), &echo)),
        "denied" => {
            let refusal = json!({"Code": "NoPermission", "Message": "ECHO", "AccessDeniedDetail":
                {"AuthAction": "ECHO", "NoPermissionType": "ECHO"}});
            (403, json, filled(&refusal, &echo))
        }
        "xml" => {
            let body = format!(
                "<Error><Code>C</Code><Message>{}</Message></Error>",
                echo.replace('&', "&amp;").replace('<', "&lt;")
            );
            (400, "text/xml", body)
        }
        "moved" => (302, "text/html", raw.clone()),
        _ => (502, "text/html", format!("<html>{raw}")),
    };
    let mut head = format!("HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\nconnection: close\r\n");
    // Each request gets another encoding.
    let pick = sent.iter().map(|text| text.chars().take(200).collect::<String>());
    let pick: Vec<String> = pick.collect();
    let one = fastrand::choice(&pick).cloned().unwrap_or_default();
    let _ = write!(head, "x-acs-request-id: {one}\r\nlocation: https://{one}.example/{one}\r\n");
    let longer = if wanted == "broken" { 10 } else { 0 };
    let _ = write!(head, "content-length: {}\r\n\r\n", body.len() + longer);
    [head.as_bytes(), body.as_bytes()].concat()
}

/// The last path segments that the service knows, and one that it does not.
pub(crate) const IDS: [&str; 10] =
    ["good", "failed", "state", "refused", "code", "denied", "xml", "moved", "broken", "page"];
