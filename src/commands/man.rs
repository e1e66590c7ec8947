//! `savepeek man`.

use std::io::{self, Write as _};

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;

use super::{Cli, Error, runtime};

/// The program's name in completions and manual pages.
pub(super) const PROGRAM: &str = "savepeek";

const HELP: &str = "\
Examples:
  savepeek man | man -l -
  savepeek man wait > savepeek-wait.1";

#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub struct Args {
    /// Of this command, instead of the program
    pub command: Option<String>,
}

pub fn run(args: Args) -> Result<u8, Error> {
    match page(args.command.as_deref()) {
        Some(page) => runtime::print(&page),
        None => Err(Error::NoCommand(args.command.unwrap_or_default())),
    }
}

/// Returns the manual page of the program or of one of its commands, in roff; `None` if there
/// is no such command.
fn page(name: Option<&str>) -> Option<Vec<u8>> {
    let mut command = Cli::command();
    command.build();
    let command = match name {
        None => &command,
        Some(name) => command.find_subcommand(name)?,
    };
    render(command).ok()
}

fn render(command: &Command) -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    let man = Man::new(command.clone()).source(format!("{PROGRAM} {}", crate::VERSION));
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    if let Some(more) = command.get_after_help() {
        // Examples and tables of exit codes keep their layout.
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
    use super::*;

    #[rstest::rstest]
    #[case::program(None, "savepeek 1")]
    #[case::command(Some("wait"), "savepeek-wait 1")]
    fn a_page_has_its_title_and_its_exit_codes(#[case] name: Option<&str>, #[case] title: &str) {
        let page = String::from_utf8(page(name).unwrap()).unwrap();
        assert!(page.contains(&format!(".TH {title}")), "{page}");
        assert!(page.contains("Exit codes"), "{page}");
    }

    #[test]
    fn an_unknown_command_has_no_page() {
        assert_eq!(page(Some("dance")), None);
    }
}
