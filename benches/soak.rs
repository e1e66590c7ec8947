//! What the program costs whoever leaves it open: the real binary in a terminal against the
//! embedded service, looked at from outside once a second.
//!
//! `cargo bench --bench soak` leaves the demo's savepoints open for ten minutes, `cargo bench
//! --bench soak -- 3` for three. Followed by names of [`SCENES`] it leaves those open, one after
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

/// Between two looks.
const LOOK: Duration = Duration::from_secs(1);

/// How long it may take until everything was asked for once.
const DEADLINE: Duration = Duration::from_secs(3600);

/// Of how many deployments the watched savepoints are.
const OWNERS: usize = 200;

/// One unit of the times in `/proc/PID/stat`.
const JIFFY_MS: u64 = 10;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        // Run as a test: it is enough that it was built.
        return;
    }
    let minutes = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(10.0);
    let time = Duration::from_secs_f64(minutes * 60.0);
    let named = |scene: &&Scene| arguments.iter().skip(2).any(|argument| *argument == scene.name);
    let mut scenes: Vec<&Scene> = SCENES.iter().filter(named).collect();
    if scenes.is_empty() {
        scenes.push(&SCENES[0]);
    }
    let memory: Vec<(u64, u64)> =
        scenes.iter().map(|scene| (scene.watched as u64, scene.run(time))).collect();
    if let [(few, before), .., (many, after)] = memory.as_slice()
        && many > few
    {
        let each = after.saturating_sub(*before) * 1024 / (many - few);
        println!("{each} bytes for each of {} savepoints", many - few);
    }
}

/// Something to leave open.
struct Scene {
    name: &'static str,
    /// How many savepoints are watched; every tenth can still change.
    watched: usize,
    /// How many deployments are followed, which have ten savepoints each.
    followed: usize,
    /// What else the program is told.
    flags: &'static [&'static str],
}

const SCENES: [Scene; 4] = [
    Scene { name: "demo", watched: 0, followed: 0, flags: &[] },
    Scene { name: "few", watched: 50, followed: 0, flags: &[] },
    Scene { name: "followed", watched: 0, followed: 50, flags: &[] },
    // At the usual rate one round over all of them takes half an hour.
    Scene { name: "many", watched: 10_000, followed: 0, flags: &["--rate", "100"] },
];

impl Scene {
    /// Leaves it open for so long, and prints what that did; the memory at the end, in KB.
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
        let looks = look(&session, service, time);
        session.send("q");
        assert_eq!(session.exit(), 0);
        print(&looks, time);
        looks[looks.len() - 1].rss_kb
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
            // Every tenth is STARTED, and they too are of all of them.
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

/// What is seen of a process at a moment; what only grows, since its start.
struct Look {
    rss_kb: u64,
    cpu_ms: u64,
    bytes: u64,
    threads: u64,
    descriptors: u64,
    connections: u64,
    /// By operation, as the service counts them.
    requests: BTreeMap<&'static str, u64>,
}

fn look(session: &Session, service: &Service, time: Duration) -> Vec<Look> {
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
            requests: service.operation_counts(),
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
    let line = |name: &str, of: &dyn Fn(&[Look]) -> u64| {
        let (second, last) = (of(second), of(last));
        let difference = last.cast_signed() - second.cast_signed();
        println!("{name:<28}{second:>12}{last:>12}{difference:>+12}");
    };
    type Of = fn(&Look) -> u64;
    let most: [(&str, Of); 3] = [
        ("memory (RSS), KB, most", |look| look.rss_kb),
        ("threads, most", |look| look.threads),
        ("descriptors, most", |look| look.descriptors),
    ];
    for (name, of) in most {
        line(name, &|looks| looks.iter().map(of).max().unwrap_or_default());
    }
    let spent = |looks: &[Look], of: &dyn Fn(&Look) -> u64| {
        let spent = of(&looks[looks.len() - 1]) - of(&looks[0]);
        spent * 60 / u64::try_from(slice).unwrap()
    };
    println!("a minute:");
    let costs: [(&str, Of); 3] = [
        ("CPU, ms", |look| look.cpu_ms),
        ("bytes to the terminal", |look| look.bytes),
        ("sockets opened", |look| look.connections),
    ];
    for (name, of) in costs {
        line(name, &|looks| spent(looks, &of));
    }
    let whole = &looks[looks.len() - 1];
    for (name, _) in whole.requests.iter().filter(|(_, count)| **count > 0) {
        line(name, &|looks| spent(looks, &|look| look.requests[name]));
    }
    println!(
        "in all: CPU {} ms, {} bytes, {} sockets, {} requests",
        whole.cpu_ms,
        whole.bytes,
        whole.connections,
        whole.requests.values().sum::<u64>()
    );
}
