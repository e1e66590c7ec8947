//! What a shell and `man` can know of the program, generated from the definition of the arguments.

use std::io::{self, Write as _};

use clap::{Command, CommandFactory as _};
use clap_complete::Shell;
use clap_mangen::Man;

use crate::commands::cli::Cli;

const NAME: &str = "savepeek";

/// The script that completes the program's arguments in a shell.
pub fn completions(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), NAME, &mut script);
    script
}

/// The manual page of the program, or of one of its commands, in roff; `None` if there is no such
/// command.
pub fn page(of: Option<&str>) -> Option<Vec<u8>> {
    let mut command = Cli::command();
    command.build();
    let command = match of {
        None => &command,
        Some(name) => command.find_subcommand(name)?,
    };
    render(command).ok()
}

fn render(command: &Command) -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    let man = Man::new(command.clone()).source(format!("{NAME} {}", crate::VERSION));
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    if let Some(more) = command.get_after_help() {
        // Examples and tables of exit codes stand as they were written.
        writeln!(page, ".SH NOTES\n.nf")?;
        for line in more.to_string().lines() {
            writeln!(page, "\\&{}", line.replace('\\', "\\e"))?;
        }
        writeln!(page, ".fi")?;
    }
    Ok(page)
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;

    use super::*;

    #[test]
    fn every_shell_gets_completions_that_know_the_commands() {
        for shell in Shell::value_variants() {
            let script = String::from_utf8(completions(*shell)).unwrap();
            for word in ["wait", "keep-going", "log-file"] {
                assert!(script.contains(word), "{word:?} is missing for {shell}");
            }
        }
    }

    #[rstest::rstest]
    #[case::program(None, "savepeek 1")]
    #[case::command(Some("wait"), "savepeek-wait 1")]
    fn a_page_names_what_it_is_about(#[case] of: Option<&str>, #[case] title: &str) {
        let page = String::from_utf8(page(of).unwrap()).unwrap();
        assert!(page.contains(&format!(".TH {title}")), "{page}");
        assert!(page.contains("Exit codes"), "{page}");
    }

    #[test]
    fn there_is_no_page_about_nothing() {
        assert_eq!(page(Some("dance")), None);
    }
}
