//! Which flags are on the command line, as opposed to having their defaults.

use std::collections::BTreeSet;

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};

/// The flags on the command line, by their long names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExplicitArgs(BTreeSet<String>);

/// Whether an argument is on the command line.
pub(crate) fn is_given(matches: &ArgMatches, argument: &Arg) -> bool {
    let id = argument.get_id().as_str();
    matches.try_contains_id(id).is_ok()
        && matches.value_source(id) == Some(ValueSource::CommandLine)
}

impl ExplicitArgs {
    /// Collects the flags of a command line, including its subcommand.
    pub(crate) fn from_matches(command: &Command, matches: &ArgMatches) -> Self {
        let given = command.get_arguments().filter(|argument| is_given(matches, argument));
        let mut longs: BTreeSet<String> =
            given.filter_map(|argument| argument.get_long()).map(str::to_owned).collect();
        if let Some((name, matches)) = matches.subcommand()
            && let Some(command) = command.find_subcommand(name)
        {
            longs.extend(Self::from_matches(command, matches).0);
        }
        Self(longs)
    }

    pub fn contains(&self, long: &str) -> bool {
        self.0.contains(long)
    }
}
