//! Reports flags placed before their subcommand, which clap would ignore, and commands placed where
//! savepoint IDs belong.

use clap::{Arg, ArgMatches, Command};

use crate::config::explicit_args::is_given;

/// Returns what is wrong with a command line, if anything. The last `after_dashes` IDs follow `--`
/// and are not checked.
pub(super) fn find(command: &Command, matches: &ArgMatches, after_dashes: usize) -> Option<String> {
    if let Some((name, _)) = matches.subcommand() {
        let mut ignored = command.get_arguments().filter(|it| !it.is_global_set());
        let flag = name_of(ignored.find(|it| is_given(matches, it))?);
        return Some(format!("{flag} comes after the command: savepeek {name} {flag} ..."));
    }
    let ids = matches.get_many::<String>("ids")?;
    let checked = ids.len().saturating_sub(after_dashes);
    ids.take(checked).find_map(|id| {
        let similar = |it: &&Command| strsim::damerau_levenshtein(it.get_name(), id) <= 1;
        let name = command.get_subcommands().find(similar)?.get_name();
        let what = if name == id {
            format!("the command {name} comes first: savepeek {name} ...")
        } else {
            format!("there is no command {id}, did you mean {name}?")
        };
        Some(format!("{what} (a savepoint that is called so: savepeek -- {id})"))
    })
}

fn name_of(argument: &Arg) -> String {
    argument.get_long().map_or_else(|| "an ID".to_owned(), |long| format!("--{long}"))
}

#[cfg(test)]
mod tests {
    use crate::commands::{Cli, Command};

    fn read(line: &str) -> Result<Cli, String> {
        let read = Cli::read(["savepeek"].into_iter().chain(line.split(' ')));
        read.map(|(cli, _)| cli).map_err(|error| {
            assert_eq!(error.exit_code(), 2);
            error.to_string()
        })
    }

    #[rstest::rstest]
    #[case("get a")]
    #[case("wait a")]
    #[case("list")]
    #[case("latest --deployment d")]
    #[case("journal")]
    #[case("report")]
    #[case("doctor")]
    #[case("demo")]
    #[case("config")]
    #[case("completions bash")]
    #[case("man")]
    fn only_global_flags_may_come_before_the_command(#[case] line: &str) {
        let global = read(&format!("--config f --log-file l --log-level debug {line}")).unwrap();
        assert!(global.command.is_some() && global.flags.logging.log_file.is_some());
        let name = line.split(' ').next().unwrap();
        let error = read(&format!("--region r {line}")).unwrap_err();
        assert!(error.contains(&format!("savepeek {name} --region ...")), "{error}");
    }

    #[rstest::rstest]
    #[case::a_command_after_an_id("354dde66-a3ae get", "the command get comes first")]
    #[case::a_typo("gett a", "there is no command gett, did you mean get?")]
    #[case::another("lst", "savepeek -- lst")]
    #[case::a_flag_of_the_screen("--theme dark demo", "savepeek demo --theme ...")]
    fn a_command_among_ids_is_an_error(#[case] line: &str, #[case] why: &str) {
        let error = read(line).unwrap_err();
        assert!(error.contains(why), "{error}");
    }

    #[rstest::rstest]
    #[case("-- get", &["get"])]
    #[case("a -- lst wait", &["a", "lst", "wait"])]
    #[case("sp-1 b", &["sp-1", "b"])]
    fn ids_that_are_no_command_are_accepted_and_everything_after_dashes(
        #[case] line: &str,
        #[case] ids: &[&str],
    ) {
        let cli = read(line).unwrap();
        assert!(cli.command.is_none());
        assert_eq!(cli.ids, ids);
        assert!(matches!(read("get -- get").unwrap().command, Some(Command::Get(_))));
    }
}
