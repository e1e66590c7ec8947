//! `savepeek completions`.

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::{Cli, Error, man, runtime};

const HELP: &str = "\
Examples:
  savepeek completions bash > ~/.local/share/bash-completion/completions/savepeek
  savepeek completions zsh > \"${fpath[1]}/_savepeek\"
  savepeek completions fish > ~/.config/fish/completions/savepeek.fish";

#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub struct Args {
    /// The shell.
    pub shell: Shell,
}

pub fn run(args: &Args) -> Result<u8, Error> {
    runtime::print(&script(args.shell))
}

fn script(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), man::PROGRAM, &mut script);
    script
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;

    use super::*;

    #[test]
    fn every_shell_gets_completions_that_know_the_commands() {
        for shell in Shell::value_variants() {
            let script = String::from_utf8(script(*shell)).unwrap();
            for word in ["wait", "keep-going", "log-file"] {
                assert!(script.contains(word), "{word:?} is missing for {shell}");
            }
        }
    }
}
