//! `savepeek demo`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use crate::config::flags::{Notifications, ScreenFlags};
use crate::config::values::loopback;

const HELP: &str = "\
Examples:
  savepeek demo
  savepeek demo --faults assets/faults.toml --notify all
  savepeek demo --serve --listen 127.0.0.1:8080 > demo.env";

/// `savepeek demo`.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct Demo {
    /// Open no screen: only serve, and print how other clients reach the service
    #[arg(long)]
    pub serve: bool,
    /// Misbehave as this file says: slow, broken, throttled ... (assets/faults.toml is a sample)
    #[arg(long, value_name = "FILE")]
    pub faults: Option<PathBuf>,
    /// Where to listen: an address of this machine only
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0", requires = "serve", value_parser = loopback)]
    pub listen: SocketAddr,
    /// How to tell of changes.
    #[command(flatten)]
    pub notifications: Notifications,
    /// How it looks.
    #[command(flatten)]
    pub screen: ScreenFlags,
}
