//! What stands where it would not be heard: a flag before the command that it is meant for, a
//! command where savepoints stand.

use clap::{Arg, ArgMatches, Command};

use crate::config::explicit_args::is_given;

/// Why a command line cannot be meant as it was read, if so. After `--` everything is an ID.
pub(super) fn of(command: &Command, matches: &ArgMatches, verbatim: usize) -> Option<String> {
    if let Some((name, _)) = matches.subcommand() {
        let mut unheard = command.get_arguments().filter(|it| !it.is_global_set());
        let flag = called(unheard.find(|it| is_given(matches, it))?);
        return Some(format!("{flag} comes after the command: savepeek {name} {flag} ..."));
    }
    let ids = matches.get_many::<String>("ids")?;
    let named = ids.len().saturating_sub(verbatim);
    ids.take(named).find_map(|id| {
        let alike = |it: &&Command| strsim::damerau_levenshtein(it.get_name(), id) <= 1;
        let name = command.get_subcommands().find(alike)?.get_name();
        let what = if name == id {
            format!("the command {name} comes first: savepeek {name} ...")
        } else {
            format!("there is no command {id}, did you mean {name}?")
        };
        Some(format!("{what} (a savepoint that is called so: savepeek -- {id})"))
    })
}

fn called(argument: &Arg) -> String {
    argument.get_long().map_or_else(|| "an ID".to_owned(), |long| format!("--{long}"))
}

#[cfg(test)]
mod tests {
    use crate::commands::cli::{Cli, Command};

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
    fn what_all_have_may_come_first_and_nothing_else(#[case] line: &str) {
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
    fn a_command_is_no_savepoint(#[case] line: &str, #[case] why: &str) {
        let error = read(line).unwrap_err();
        assert!(error.contains(why), "{error}");
    }

    #[rstest::rstest]
    #[case("-- get", &["get"])]
    #[case("a -- lst wait", &["a", "lst", "wait"])]
    #[case("sp-1 b", &["sp-1", "b"])]
    fn after_two_dashes_and_elsewhere_ids_are_ids(#[case] line: &str, #[case] ids: &[&str]) {
        let cli = read(line).unwrap();
        assert!(cli.command.is_none());
        assert_eq!(cli.ids, ids);
        assert!(matches!(read("get -- get").unwrap().command, Some(Command::Get(_))));
    }
}
