//! What the program costs whoever leaves it open: the real binary in a terminal against the
//! embedded service in another process, looked at from outside once a second.
//!
//! `cargo bench --bench soak` takes ten minutes, `cargo bench --bench soak -- 3` three. Not part
//! of a plain `cargo bench`, and Linux only: it reads `/proc`.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement ends where it fails")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use support::session::{Launch, Session, environment};

const BINARY: &str = env!("CARGO_BIN_EXE_savepeek");

/// Between two looks.
const LOOK: Duration = Duration::from_secs(1);

/// One unit of the times in `/proc/PID/stat`.
const JIFFY_MS: u64 = 10;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        // Run as a test: it is enough that it was built.
        return;
    }
    let minutes = arguments.iter().find_map(|argument| argument.parse::<f64>().ok());
    let time = Duration::from_secs_f64(minutes.unwrap_or(10.0) * 60.0);

    let service = Serving::start();
    let mut session = service.watch();
    session.wait_for("COMPLETED");
    let looks = look(&session, time);
    session.send("q");
    assert_eq!(session.exit(), 0);
    print(&looks, time);
}

/// `savepeek demo --serve`, until it is dropped.
struct Serving {
    child: Child,
    _home: tempfile::TempDir,
    exports: BTreeMap<String, String>,
}

impl Serving {
    fn start() -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut command = Command::new(BINARY);
        command.args(["demo", "--serve"]).env_clear().envs(environment(&home));
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let lines = lines.take_while(|line| !line.starts_with("unset"));
        let exports = lines.filter_map(|line| {
            let (name, value) = line.strip_prefix("export ")?.split_once('=')?;
            Some((name.to_owned(), value.trim_matches('"').to_owned()))
        });
        let exports = exports.collect();
        Self { child, _home: home, exports }
    }

    fn watch(&self) -> Session {
        let mut command = vec![BINARY, "--fresh"];
        command.extend(self.exports["SAVEPEEK_IDS"].split(' '));
        let launch = Launch::command(&command).size(120, 40);
        let given = self
            .exports
            .iter()
            .fold(launch, |launch, (name, value)| launch.environment(name, value));
        given.start()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _reaped_already = self.child.wait();
    }
}

/// What is seen of a process at a moment; what only grows, since its start.
#[derive(Default, Clone, Copy)]
struct Look {
    rss_kb: u64,
    cpu_ms: u64,
    bytes: u64,
    threads: u64,
    descriptors: u64,
    connections: u64,
}

fn look(session: &Session, time: Duration) -> Vec<Look> {
    let process = PathBuf::from(format!("/proc/{}", session.pid()));
    let mut sockets = HashSet::new();
    let mut looks = Vec::new();
    let mut next = Instant::now();
    let end = next + time;
    while next <= end {
        sleep(next.saturating_duration_since(Instant::now()));
        next += LOOK;
        let read = |file| fs::read_to_string(process.join(file)).unwrap();
        let status = read("status");
        let field = |name: &str| -> u64 {
            let mut lines = status.lines();
            let value = lines.find_map(|line| line.strip_prefix(name)).unwrap();
            value.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap()
        };
        // Behind the name, which may hold anything, in parentheses: state is the first.
        let stat = read("stat");
        let stat: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        let jiffies: u64 = stat[11].parse::<u64>().unwrap() + stat[12].parse::<u64>().unwrap();
        let open: Vec<PathBuf> = fs::read_dir(process.join("fd"))
            .unwrap()
            .filter_map(|entry| fs::read_link(entry.unwrap().path()).ok())
            .collect();
        let is_socket = |file: &&PathBuf| file.to_string_lossy().starts_with("socket:");
        sockets.extend(open.iter().filter(is_socket).cloned());
        looks.push(Look {
            rss_kb: field("VmRSS:"),
            cpu_ms: jiffies * JIFFY_MS,
            bytes: session.written() as u64,
            threads: field("Threads:"),
            descriptors: open.len() as u64,
            connections: sockets.len() as u64,
        });
    }
    looks
}

/// The second minute beside the last one; of a short run, the second quarter and the last.
fn print(looks: &[Look], time: Duration) {
    let slice = (looks.len() / 4).clamp(1, 60);
    let (second, last) = (&looks[slice..=2 * slice], &looks[looks.len() - 1 - slice..]);
    println!("{} min, second and last {slice} s:", time.as_secs_f64() / 60.0);
    println!("{:<28}{:>12}{:>12}{:>12}", "", "second", "last", "difference");
    type Of = fn(&Look) -> u64;
    let most: [(&str, Of); 3] = [
        ("memory (RSS), KB, most", |look| look.rss_kb),
        ("threads, most", |look| look.threads),
        ("descriptors, most", |look| look.descriptors),
    ];
    let spent: [(&str, Of); 3] = [
        ("CPU, ms", |look| look.cpu_ms),
        ("bytes to the terminal", |look| look.bytes),
        ("sockets opened", |look| look.connections),
    ];
    let of_most = |looks: &[Look], of: Of| looks.iter().map(of).max().unwrap_or_default();
    let of_spent = |looks: &[Look], of: Of| of(&looks[looks.len() - 1]) - of(&looks[0]);
    let line = |name: &str, second: u64, last: u64| {
        let difference = last.cast_signed() - second.cast_signed();
        println!("{name:<28}{second:>12}{last:>12}{difference:>+12}");
    };
    for (name, of) in most {
        line(name, of_most(second, of), of_most(last, of));
    }
    for (name, of) in spent {
        line(name, of_spent(second, of), of_spent(last, of));
    }
    let whole = looks[looks.len() - 1];
    println!(
        "in all: CPU {} ms, {} bytes, {} sockets",
        whole.cpu_ms, whole.bytes, whole.connections
    );
}
