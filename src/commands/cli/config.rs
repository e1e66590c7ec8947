//! `savepeek config`.

use clap::Args;

use crate::config::flags::{Notifications, ScreenFlags, Shared};

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

/// `savepeek config`.
#[derive(Debug, Args)]
#[command(after_help = HELP, mut_arg("timeout", |arg| arg.visible_alias("timeout")))]
pub struct Config {
    /// Print a commented sample of the file instead; it says what holds without one
    #[arg(long)]
    pub sample: bool,
    /// Where and how to ask.
    #[command(flatten)]
    pub shared: Shared,
    /// How to tell of changes.
    #[command(flatten)]
    pub notifications: Notifications,
    /// How it looks.
    #[command(flatten)]
    pub screen: ScreenFlags,
}
