//! `savepeek doctor` against the embedded service, with a key that the service does not know.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;

use savepeek::demo::{Service, Story};

/// The report, with everything that differs between runs replaced.
pub(crate) async fn words() -> String {
    let local = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let service = Service::start(local, Story::embedded()).await.unwrap();
    let id = service.targets()[0].id.to_string();
    let address = service.address().to_string();
    let home = tempfile::tempdir().unwrap();
    let mut doctor = Command::new(env!("CARGO_BIN_EXE_savepeek"));
    doctor.env_clear().env("HOME", home.path()).args(["doctor", "-n", "demo-default", &id]);
    doctor.args(["-w", "a14bd5d90a0001", "--endpoint", &format!("http://{address}")]);
    let environment = [
        ("LANG", "C.UTF-8"),
        ("TERM", "tmux-256color"),
        ("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true"),
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI5tROTATEDLASTWEEK"),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "invented"),
    ];
    doctor.envs(environment);
    let output = tokio::task::spawn_blocking(move || doctor.output()).await.unwrap().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap().replace(&address, "127.0.0.1:40123");
    text.lines().map(pinned).collect()
}

/// A line with the time and the durations replaced by fixed values.
fn pinned(line: &str) -> String {
    if line.starts_with("savepeek ") {
        return "savepeek 0.1.0 doctor, 2026-11-23 03:04:05 UTC\n".to_owned();
    }
    let mut words: Vec<&str> = line.split(' ').collect();
    for at in 1..words.len() {
        if words[at].trim_end_matches([',', ')']) == "ms" {
            words[at - 1] = "1";
        }
    }
    words.join(" ") + "\n"
}
