//! `savepeek` without a subcommand: the screen.

use std::sync::Arc;

use super::{Error, runtime};
use crate::config::flags::{Flags, FollowFlags};
use crate::config::{Config, ConfigSources};
use crate::tui::startup::{self, Launch};
use crate::tui::{app, terminal};

/// The arguments that only the screen takes.
#[derive(Debug)]
pub struct Args {
    pub fresh: bool,
    pub newest: FollowFlags,
    pub ids: Vec<String>,
}

pub fn run(sources: &ConfigSources, flags: Flags, args: Args) -> Result<u8, Error> {
    let config = Config { fresh: args.fresh, ..sources.config(flags, args.ids)? };
    // Before the watch list is read, because reading sets a damaged file aside.
    terminal::check()?;
    let client = Arc::new(runtime::client(config.options.client()));
    open(startup::screen(config, args.newest, &client)?)
}

/// Runs the screen until the user or a signal ends it.
pub(super) fn open(launch: Launch) -> Result<u8, Error> {
    Ok(runtime::block_on(app::run(launch.state, launch.initial_effects, launch.dependencies))??)
}
