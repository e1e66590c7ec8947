//! `savepeek demo`.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Error, exit, runtime, screen};
use crate::config::ConfigSources;
use crate::config::flags::{Flags, Notifications, ScreenFlags};
use crate::config::values::loopback;
use crate::demo::{self, Faults};
use crate::tui::{startup, terminal};

const HELP: &str = "\
Examples:
  savepeek demo
  savepeek demo --faults assets/faults.toml --notify all
  savepeek demo --serve --listen 127.0.0.1:8080 > demo.env";

#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub struct Args {
    /// Open no screen: only serve, and print how other clients reach the service
    #[arg(long)]
    pub serve: bool,
    /// Misbehave as this file says: slow, broken, throttled ... (assets/faults.toml is a sample)
    #[arg(long, value_name = "FILE")]
    pub faults: Option<PathBuf>,
    /// Where to listen: an address of this machine only
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0", requires = "serve", value_parser = loopback)]
    pub listen: SocketAddr,
    #[command(flatten)]
    pub notifications: Notifications,
    #[command(flatten)]
    pub screen: ScreenFlags,
}

pub fn run(args: Args, sources: &ConfigSources, flags: Flags) -> Result<u8, Error> {
    let faults = args.faults.as_deref().map(read_faults).transpose()?.unwrap_or_default();
    if args.serve {
        let mut out = io::stdout();
        let serve = demo::serve(args.listen, faults, &mut out);
        return runtime::block_on(serve)?.map(|()| exit::SUCCESS).map_err(Error::Serve);
    }
    let Args { notifications, screen, .. } = args;
    let options = sources.options(Flags { notifications, screen, ..flags })?;
    terminal::check()?;
    let client = Arc::new(runtime::client(options.client()));
    screen::open(startup::demo(&client, faults, options))
}

fn read_faults(path: &Path) -> Result<Faults, Error> {
    Faults::read(path).map_err(|why| Error::Faults(path.display().to_string(), why))
}
