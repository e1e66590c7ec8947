//! `savepeek config`.

use super::{Error, runtime};
use crate::config::flags::{Flags, Notifications, ScreenFlags, Shared};
use crate::config::{ConfigSources, print};

const HELP: &str = "\
Examples:
  savepeek config
  savepeek config --sample > ~/.config/savepeek/config.toml

Flags beat the environment, which beats the file, which beats the defaults; what
--context names stands right below the flags. Each flag below is a key of the
file, and a variable: --notify-on is notify-on there, and SAVEPEEK_NOTIFY_ON.

Exit codes:
  0  printed
  1  nothing can be printed
  2  usage, or a file that is refused";

#[derive(Debug, clap::Args)]
#[command(after_help = HELP, mut_arg("timeout", |arg| arg.visible_alias("timeout")))]
pub struct Args {
    /// Print a commented sample of the file instead; it says what holds without one
    #[arg(long)]
    pub sample: bool,
    #[command(flatten)]
    pub shared: Shared,
    #[command(flatten)]
    pub notifications: Notifications,
    #[command(flatten)]
    pub screen: ScreenFlags,
}

pub fn run(args: Args, sources: &ConfigSources, flags: Flags) -> Result<u8, Error> {
    let Args { sample, shared, notifications, screen } = args;
    if sample {
        return runtime::print(print::sample()?.as_bytes());
    }
    let flags = Flags { shared, notifications, screen, ..flags };
    let config = sources.config(flags, Vec::new())?;
    runtime::print(print::effective(&config, sources.file()?).as_bytes())
}
