//! The embedded service in a process of its own, and the environment of its clients.
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

/// The process, and an empty home for its clients.
pub struct Embedded {
    process: Child,
    pub home: TempDir,
    pub environment: Vec<(String, String)>,
}

impl Embedded {
    pub fn start() -> Self {
        Self::with_faults("")
    }

    /// A service with these faults, in TOML.
    pub fn with_faults(faults: &str) -> Self {
        let home = TempDir::new().unwrap();
        let file = home.path().join("faults.toml");
        std::fs::write(&file, faults).unwrap();
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("savepeek"));
        command.env_clear().env("HOME", home.path()).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = command.args(["demo", "--serve", "--faults"]).arg(file).spawn().unwrap();
        let lines = BufReader::new(process.stdout.as_mut().unwrap()).lines().map(Result::unwrap);
        let shell = lines.take_while(|line| !line.starts_with("# export ALIBABA_CLOUD_SECURITY"));
        let exports = shell.filter_map(|line| {
            let (name, value) = line.strip_prefix("export ")?.split_once('=')?;
            Some((name.to_owned(), value.trim_matches('"').to_owned()))
        });
        let mut environment: Vec<(String, String)> = exports.collect();
        environment.push(("HOME".to_owned(), home.path().to_str().unwrap().to_owned()));
        let nowhere = ("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true");
        environment.push((nowhere.0.to_owned(), nowhere.1.to_owned()));
        Self { process, home, environment }
    }

    /// The value of a variable for its clients.
    pub fn variable(&self, name: &str) -> &str {
        &self.environment.iter().find(|(it, _)| it == name).unwrap().1
    }

    /// Runs a command of the program as a client.
    pub fn run(&self, args: &[&str]) -> Output {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("savepeek"));
        command.env_clear().stdin(Stdio::null());
        command.envs(self.environment.iter().cloned()).args(args).output().unwrap()
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
