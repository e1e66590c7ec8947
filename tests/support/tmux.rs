//! A separate tmux server with the default configuration.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::DEADLINE;
use super::session::{demo_command, environment};

/// A tmux server that runs the demo in its only window.
pub struct Tmux {
    home: TempDir,
}

impl Tmux {
    pub fn with_demo() -> Self {
        let tmux = Self { home: tempfile::tempdir().unwrap() };
        let window = ["new-session", "-d", "-x", "100", "-y", "30", &demo_command()];
        let started = tmux.run(&window);
        assert!(started.status.success(), "{}", String::from_utf8_lossy(&started.stderr));
        tmux.wait("an answer", || tmux.screen().contains("FAILED"));
        tmux
    }

    /// Types text.
    pub fn send(&self, keys: &str) {
        assert!(self.run(&["send-keys", "-l", keys]).status.success());
    }

    /// The text on the screen.
    pub fn screen(&self) -> String {
        text(&self.run(&["capture-pane", "-p"]))
    }

    /// Waits until the pane has a title with this in it.
    pub fn wait_for_title(&self, text: &str) {
        let title = || self::text(&self.run(&["display-message", "-p", "#{pane_title}"]));
        self.wait("a title", || title().contains(text));
    }

    /// The content of tmux's paste buffer, once there is one.
    pub fn paste_buffer(&self) -> String {
        self.wait("a paste buffer", || self.run(&["show-buffer"]).status.success());
        text(&self.run(&["show-buffer"]))
    }

    fn wait(&self, what: &str, condition: impl Fn() -> bool) {
        let within = Instant::now() + DEADLINE;
        while !condition() {
            assert!(Instant::now() < within, "timed out waiting for {what}:\n{}", self.screen());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new("tmux")
            .args(["-L", "savepeek", "-f", "/dev/null"])
            .args(arguments)
            .env_clear()
            .envs(environment(&self.home))
            .env("TMUX_TMPDIR", self.home.path())
            .output()
            .expect("tmux must be installed to test copying inside it")
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        self.run(&["kill-server"]);
    }
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}
