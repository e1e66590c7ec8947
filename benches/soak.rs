//! CPU, memory and requests of the program while it stays open: the real binary in a terminal, with
//! the embedded service, sampled from outside once a second.
//!
//! `cargo bench --bench soak` leaves the demo's savepoints open for ten minutes, `cargo bench
//! --bench soak -- 3` for three. Names of [`SCENARIOS`] after that run those, one after
//! the other: `cargo bench --bench soak -- 3 few many followed`. Not part of a plain `cargo bench`,
//! and Linux only: it reads `/proc`.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement ends where it fails")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use savepeek::demo::Service;
use savepeek::domain::deployment::{DeploymentId, DeploymentTarget};
use savepeek::domain::savepoint::Place;
use savepeek::storage::watch_list::{Annotation, Edit, WatchListStore};
use savepeek::util::clock;
use savepeek::util::environment::Environment;
use support::service::Running;
use support::session::Session;

/// The time between two samples.
const LOOK: Duration = Duration::from_secs(1);

/// The deadline until every savepoint has been polled once.
const DEADLINE: Duration = Duration::from_secs(3600);

/// The deployments of the watched savepoints.
const OWNERS: usize = 200;

/// One unit of the times in `/proc/PID/stat`.
const JIFFY_MS: u64 = 10;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        // As a test it only has to compile.
        return;
    }
    let minutes = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(10.0);
    let time = Duration::from_secs_f64(minutes * 60.0);
    let named =
        |scenario: &&Scenario| arguments.iter().skip(2).any(|argument| *argument == scenario.name);
    let mut scenarios: Vec<&Scenario> = SCENARIOS.iter().filter(named).collect();
    if scenarios.is_empty() {
        scenarios.push(&SCENARIOS[0]);
    }
    let memory: Vec<(u64, u64)> =
        scenarios.iter().map(|scenario| (scenario.watched as u64, scenario.run(time))).collect();
    if let [(few, before), .., (many, after)] = memory.as_slice()
        && many > few
    {
        let each = after.saturating_sub(*before) * 1024 / (many - few);
        println!("{each} bytes for each of {} savepoints", many - few);
    }
}

/// A load to run with.
struct Scenario {
    name: &'static str,
    /// Watched savepoints; every tenth can still change.
    watched: usize,
    /// Followed deployments, with ten savepoints each.
    followed: usize,
    /// More arguments for the program.
    flags: &'static [&'static str],
}

const SCENARIOS: [Scenario; 4] = [
    Scenario { name: "demo", watched: 0, followed: 0, flags: &[] },
    Scenario { name: "few", watched: 50, followed: 0, flags: &[] },
    Scenario { name: "followed", watched: 0, followed: 50, flags: &[] },
    // At the usual rate one round over all of them takes half an hour.
    Scenario { name: "many", watched: 10_000, followed: 0, flags: &["--rate", "100"] },
];

impl Scenario {
    /// Runs the program for this time, prints the figures, and returns the memory at the end in KB.
    fn run(&self, time: Duration) -> u64 {
        let running = Running::playing(&self.story());
        let service = &*running.service;
        let home = tempfile::tempdir().unwrap();
        let state = home.path().to_str().unwrap();
        let edits = self.watch_list(service);
        let store = WatchListStore::from_environment(&Environment::of([("XDG_STATE_HOME", state)]))
            .unwrap();
        assert_eq!(store.edit(&edits).unwrap(), None);
        let launch = running.savepeek(self.flags).environment("XDG_STATE_HOME", state);
        let begun = Instant::now();
        let mut session = launch.size(120, 40).start();
        let lists = u64::try_from(self.followed).unwrap();
        let all = u64::try_from(edits.len()).unwrap() - lists;
        while service.operation_counts()["GetSavepoint"] < all
            || service.operation_counts()["ListSavepoints"] < lists
        {
            assert!(begun.elapsed() < DEADLINE, "the screen:\n{}", session.screen());
            sleep(LOOK);
        }
        println!("\n{}: all asked after {:.0} s", self.name, begun.elapsed().as_secs_f64());
        let samples = sample(&session, service, time);
        session.send("q");
        assert_eq!(session.exit(), 0);
        print(&samples, time);
        samples[samples.len() - 1].rss_kb
    }

    fn watch_list(&self, service: &Service) -> Vec<Edit> {
        let now = clock::now();
        let remark = || Annotation { note: String::new(), added_at: now };
        let watched = service.targets().into_iter().map(|target| Edit::Add(target, remark()));
        let followed = (0..self.followed).map(|n| {
            let place = Place {
                endpoint: service.endpoint().clone(),
                workspace: service.workspace().clone(),
                namespace: service.namespace().clone(),
                profile: None,
            };
            let id = DeploymentId::new(&deployment(n)).unwrap();
            Edit::Follow(DeploymentTarget { place, id }, now)
        });
        watched.chain(followed).collect()
    }

    fn story(&self) -> String {
        if self.watched + self.followed == 0 {
            return include_str!("../assets/story.toml").to_owned();
        }
        let mut text = "workspace = \"a14bd5d90a0001\"\nnamespace = \"prod-default\"\n".to_owned();
        for n in 0..self.watched {
            // Every tenth is STARTED, in all deployments.
            let owner = (n + n / OWNERS) % OWNERS;
            let (id, deployment, job) = (savepoint(n), deployment(owner), job(owner));
            let end = format!(
                ", {{ at = \"-30m\", state = \"COMPLETED\", location = \"oss://acme-flink-prod/\
                 flink-savepoints/namespaces/prod-default/deployments/{deployment}/{id}\" }}"
            );
            let (begin, end) = if n % 10 == 0 { ("-15m", "") } else { ("-2h", end.as_str()) };
            write!(
                text,
                r#"
                [[savepoint]]
                id = "{id}"
                deploymentId = "{deployment}"
                jobId = "{job}"
                savepointOrigin = "USER_REQUEST"
                nativeFormat = true
                description = "nightly savepoint {n}"
                steps = [{{ at = "{begin}", state = "STARTED" }}{end}]
                "#
            )
            .unwrap();
        }
        let deployments = if self.followed > 0 { self.followed } else { OWNERS };
        for n in 0..deployments {
            let (id, job) = (deployment(n), job(n));
            write!(
                text,
                r#"
                [[deployment]]
                id = "{id}"
                name = "orders-enrichment-{n}"
                created = "-2100h"
                modified = "-26h"
                jobs = [{{ id = "{job}", state = "RUNNING", started = "-300h" }}]
                "#
            )
            .unwrap();
            if self.followed > 0 {
                let from = 36_000 + n * 36;
                write!(
                    text,
                    r#"
                    [[deployment.series]]
                    job = "{job}"
                    origin = "AUTO_TRIGGERED"
                    from = "-{from}s"
                    every = "30m"
                    took = ["40s", "50s"]
                    keep = 10
                    "#
                )
                .unwrap();
            }
        }
        text
    }
}

fn savepoint(n: usize) -> String {
    format!("354dde66-a3ae-463e-967a-{n:012}")
}

fn deployment(n: usize) -> String {
    format!("1d716b22-6aad-4be2-85c2-{n:012}")
}

fn job(n: usize) -> String {
    format!("5af678c0-7db0-4650-94c2-{n:012}")
}

/// The figures of a process at a moment. Counters count from its start.
struct Sample {
    rss_kb: u64,
    cpu_ms: u64,
    bytes: u64,
    threads: u64,
    descriptors: u64,
    connections: u64,
    /// Requests by operation, as the service counts them.
    requests: BTreeMap<&'static str, u64>,
}

fn sample(session: &Session, service: &Service, time: Duration) -> Vec<Sample> {
    let process = PathBuf::from(format!("/proc/{}", session.pid()));
    let mut sockets = HashSet::new();
    let mut samples = Vec::new();
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
        // The fields follow the name in parentheses, which may contain anything; the first is the state.
        let stat = read("stat");
        let stat: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        let jiffies: u64 = stat[11].parse::<u64>().unwrap() + stat[12].parse::<u64>().unwrap();
        let open: Vec<PathBuf> = fs::read_dir(process.join("fd"))
            .unwrap()
            .filter_map(|entry| fs::read_link(entry.unwrap().path()).ok())
            .collect();
        let is_socket = |file: &&PathBuf| file.to_string_lossy().starts_with("socket:");
        sockets.extend(open.iter().filter(is_socket).cloned());
        samples.push(Sample {
            rss_kb: field("VmRSS:"),
            cpu_ms: jiffies * JIFFY_MS,
            bytes: session.written() as u64,
            threads: field("Threads:"),
            descriptors: open.len() as u64,
            connections: sockets.len() as u64,
            requests: service.operation_counts(),
        });
    }
    samples
}

/// Prints the second minute beside the last one; for a short run, the second quarter and the last.
fn print(samples: &[Sample], time: Duration) {
    let slice = (samples.len() / 4).clamp(1, 60);
    let (second, last) = (&samples[slice..=2 * slice], &samples[samples.len() - 1 - slice..]);
    println!("{} min, second and last {slice} s:", time.as_secs_f64() / 60.0);
    println!("{:<28}{:>12}{:>12}{:>12}", "", "second", "last", "difference");
    let line = |name: &str, of: &dyn Fn(&[Sample]) -> u64| {
        let (second, last) = (of(second), of(last));
        let difference = last.cast_signed() - second.cast_signed();
        println!("{name:<28}{second:>12}{last:>12}{difference:>+12}");
    };
    type Of = fn(&Sample) -> u64;
    let most: [(&str, Of); 3] = [
        ("memory (RSS), KB, most", |sample| sample.rss_kb),
        ("threads, most", |sample| sample.threads),
        ("descriptors, most", |sample| sample.descriptors),
    ];
    for (name, of) in most {
        line(name, &|samples| samples.iter().map(of).max().unwrap_or_default());
    }
    let spent = |samples: &[Sample], of: &dyn Fn(&Sample) -> u64| {
        let spent = of(&samples[samples.len() - 1]) - of(&samples[0]);
        spent * 60 / u64::try_from(slice).unwrap()
    };
    println!("a minute:");
    let costs: [(&str, Of); 3] = [
        ("CPU, ms", |sample| sample.cpu_ms),
        ("bytes to the terminal", |sample| sample.bytes),
        ("sockets opened", |sample| sample.connections),
    ];
    for (name, of) in costs {
        line(name, &|samples| spent(samples, &of));
    }
    let whole = &samples[samples.len() - 1];
    for (name, _) in whole.requests.iter().filter(|(_, count)| **count > 0) {
        line(name, &|samples| spent(samples, &|sample| sample.requests[name]));
    }
    println!(
        "in all: CPU {} ms, {} bytes, {} sockets, {} requests",
        whole.cpu_ms,
        whole.bytes,
        whole.connections,
        whole.requests.values().sum::<u64>()
    );
}
