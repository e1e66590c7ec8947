//! Every command that needs no terminal, with credentials from every source, against a service that
//! echoes everything.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use clap::CommandFactory as _;
use savepeek::commands::Cli;
use tempfile::TempDir;

use crate::marks::{Finder, mark, plain_mark};
use crate::reflecting::{IDS, Reflecting};
use crate::sources::{KEY_IDS, PROXIES, SECRETS, TOKENS};

/// A home directory with secrets, and a finder for them.
pub(crate) struct World {
    pub(crate) home: TempDir,
    pub(crate) finder: Finder,
    pub(crate) service: Arc<Reflecting>,
    variables: Vec<(String, String)>,
}

impl World {
    /// Creates a secret for each of these sources. The service knows the first.
    pub(crate) fn new(sources: &[&str]) -> Self {
        let secret = mark(sources.first().copied().unwrap_or("nothing"));
        let mut world = Self {
            home: tempfile::tempdir().unwrap(),
            finder: Finder::default(),
            service: Reflecting::new(&[&secret]),
            variables: Vec::new(),
        };
        for source in sources {
            world.finder.add(source, &mark(source));
        }
        let home = world.home.path().display().to_string();
        let url = world.service.url.clone();
        for (name, value) in [
            ("HOME", home.as_str()),
            ("PATH", "/usr/bin:/bin"),
            ("TZ", "UTC"),
            ("TERM", "xterm-256color"),
            ("XDG_STATE_HOME", &format!("{home}/state")),
            ("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true"),
            ("SAVEPEEK_ENDPOINT", &url),
            ("SAVEPEEK_WORKSPACE", "w"),
            ("SAVEPEEK_NAMESPACE", "n"),
            ("SAVEPEEK_RATE", "100"),
            ("SAVEPEEK_LOG_LEVEL", "debug"),
            ("SAVEPEEK_LOG_FILE", &format!("{home}/log")),
        ] {
            world.set(name, value);
        }
        for name in PROXIES {
            let password = plain_mark(name);
            world.finder.add(name, &password);
            world.set(name, &format!("http://user:{password}@127.0.0.1:9"));
        }
        world
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    pub(crate) fn variables(&self) -> &[(String, String)] {
        &self.variables
    }

    /// Writes a file in the home.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.home.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Runs a command and asserts that its output contains no secret.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> Vec<u8> {
        let output = Command::new(env!("CARGO_BIN_EXE_savepeek"))
            .env_clear()
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let bytes = [output.stdout, output.stderr].concat();
        self.finder.assert_none(&arguments.join(" "), &bytes);
        bytes
    }

    /// Asserts that no file in the home contains a secret, except those that were created with one.
    pub(crate) fn assert_nothing_left(&mut self, but: &[&str]) {
        for signature in self.service.signatures() {
            self.finder.add("the signature", &signature);
        }
        self.assert_clean(self.home.path(), but);
    }

    fn assert_clean(&self, folder: &Path, but: &[&str]) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                self.assert_clean(&path, but);
            } else if !but.iter().any(|file| path.ends_with(file)) {
                self.finder.assert_none(&path.display().to_string(), &fs::read(&path).unwrap());
            }
        }
    }
}

/// The arguments to test a command with. Panics for an unknown command.
fn calls(command: &str) -> Vec<Vec<&'static str>> {
    let json = ["--output", "json"];
    match command {
        // Unreadable responses are retried for ever.
        "get" => IDS
            .iter()
            .map(|id| vec!["get", id, "--timeout-total", "1s"])
            .flat_map(|call| [[&call[..], &json].concat(), call])
            .collect(),
        "list" => vec![
            vec!["list"],
            vec!["list", "--output", "json"],
            vec!["list", "--deployments"],
            vec!["list", "--deployments", "--output", "json"],
        ],
        "latest" => vec![
            vec!["latest", "--deployment", "d"],
            vec!["latest", "--deployment", "d", "--output", "json"],
        ],
        "wait" => vec![
            vec!["wait", "good", "failed", "state", "--timeout", "1s", "--keep-going"],
            vec!["wait", "refused", "page", "--timeout", "1s", "--output", "json"],
        ],
        "doctor" => vec![
            vec!["doctor"],
            vec!["doctor", "good", "--output", "json"],
            vec!["doctor", "refused"],
            vec!["doctor", "page"],
        ],
        "config" => vec![vec!["config"], vec!["config", "--sample"]],
        "journal" => vec![vec!["journal"], vec!["journal", "--output", "json"]],
        "report" => vec![vec!["report"]],
        "completions" => vec![vec!["completions", "bash"]],
        "man" => vec![vec!["man"]],
        // It needs a terminal: see `screen`.
        "demo" => vec![],
        other => panic!("no test looks for secrets in the output of {other}"),
    }
}

fn walk(world: &mut World, files: &[&str]) {
    let commands = Cli::command();
    let names = commands.get_subcommands().map(|command| command.get_name().to_owned());
    for name in names.filter(|name| name != "help") {
        for call in calls(&name) {
            world.run(&call);
        }
    }
    assert!(world.service.requests() > 20, "the service was hardly asked");
    let good = world.run(&["get", "good", "--output", "json"]);
    let good = String::from_utf8(good).unwrap();
    assert!(good.contains("***") && good.contains("COMPLETED"), "{good}");
    serde_json::from_str::<serde_json::Value>(&good).unwrap();
    world.assert_nothing_left(files);
}

#[rstest::rstest]
#[case(0)]
#[case(1)]
#[case(2)]
fn keys_from_variables_do_not_leak(#[case] family: usize) {
    let mut world = World::new(&[SECRETS[family], TOKENS[family], KEY_IDS[family]]);
    for name in [SECRETS[family], TOKENS[family], KEY_IDS[family]] {
        world.set(name, &mark(name));
    }
    walk(&mut world, &[]);
}

#[test]
fn keys_from_the_ini_file_do_not_leak() {
    let mut world = World::new(&["ini secret", "ini id"]);
    let (secret, id) = (mark("ini secret"), mark("ini id"));
    let text = format!(
        "[default]\ntype = access_key\naccess_key_id = {id}\naccess_key_secret = {secret}\n"
    );
    world.write(".alibabacloud/credentials", &text);
    walk(&mut world, &[".alibabacloud/credentials"]);
}

#[rstest::rstest]
#[case::permanent("AK")]
#[case::temporary("StsToken")]
fn keys_from_a_cli_profile_do_not_leak(#[case] mode: &str) {
    let mut world = World::new(&["profile secret", "profile token", "profile id"]);
    let profile = serde_json::json!({
        "name": "p", "mode": mode, "access_key_id": mark("profile id"),
        "access_key_secret": mark("profile secret"), "sts_token": mark("profile token"),
    });
    let file = serde_json::json!({"current": "p", "profiles": [profile]});
    world.write(".aliyun/config.json", &file.to_string());
    walk(&mut world, &[".aliyun/config.json"]);
}
