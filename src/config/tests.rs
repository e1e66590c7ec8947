//! The precedence of every setting, and the text of every error.

use std::path::PathBuf;

use clap::{CommandFactory as _, FromArgMatches as _, Parser};
use proptest::prelude::*;

use super::explicit_args::ExplicitArgs;
use super::flags::{ConfigFileFlag, Flags};
use super::*;
use crate::config::keymap::Keymap;
use crate::poller;

/// A command with every flag that can be configured.
#[derive(Parser)]
struct Screen {
    #[command(flatten)]
    flags: Flags,
    #[command(flatten)]
    _source: ConfigFileFlag,
    ids: Vec<String>,
}

/// Resolves a configuration from arguments, environment and the text of a file.
fn config(args: &[&str], env: &[(&str, &str)], file: &str) -> Result<Config, Error> {
    let command = Screen::command();
    let matches = command.clone().get_matches_from(["savepeek"].iter().chain(args));
    let given = ExplicitArgs::from_matches(&command, &matches);
    let cli = Screen::from_arg_matches(&matches).unwrap();
    let environment = Environment::of_all(env);
    let file = File::parse(file, Some(PathBuf::from("/etc/config.toml")))?;
    let region_of = |name: Option<&str>| match name {
        Some("none") => Err(CredentialsError::new("there is no profile \"none\"")),
        _ => Ok(Some(format!("of-{}", name.unwrap_or("current")))),
    };
    let layers = Layers::new(&given, &environment, &file);
    let options = Options::new(cli.flags, layers)?;
    Config::new(options, cli.ids, &environment, &file, &region_of)
}

fn values(config: &Config) -> Vec<(&'static str, Option<String>)> {
    config.options.values().collect()
}

/// The line that `savepeek config` prints for a setting.
fn printed(args: &[&str], env: &[(&str, &str)], file: &str, name: &str) -> String {
    let parsed = File::parse(file, Some(PathBuf::from("/etc/config.toml"))).unwrap();
    let text = print::effective(&config(args, env, file).unwrap(), &parsed);
    let line = text.lines().find(|line| line.starts_with(&format!("{name} = ")));
    let words: Vec<&str> = line.unwrap_or_default().split_whitespace().collect();
    words.join(" ")
}

const ENDPOINT: (&str, &str) = ("SAVEPEEK_ENDPOINT", "https://env.example");
const REGION: (&str, &str) = ("ALIBABA_CLOUD_REGION_ID", "env-1");

#[rstest::rstest]
#[case::an_endpoint_beats_a_region(&["--region", "r", "--endpoint", "https://e.example"], &[], "e.example")]
#[case::a_flag_beats_a_variable(&["--endpoint", "https://e.example"], &[ENDPOINT], "e.example")]
#[case::even_a_region_an_endpoint(&["--region", "r"], &[ENDPOINT], "r")]
#[case::of_variables_too(&[], &[REGION, ENDPOINT], "env.example")]
#[case::region_by_variable(&[], &[REGION, ("ALICLOUD_REGION_ID", "other")], "env-1")]
#[case::our_own_name_first(&[], &[REGION, ("SAVEPEEK_REGION", "ours")], "ours")]
#[case::older_names(&[], &[("ALIBABACLOUD_REGION_ID", "a"), ("ALICLOUD_REGION_ID", "b")], "a")]
#[case::oldest_name(&[], &[("ALICLOUD_REGION_ID", "b")], "b")]
#[case::empty_is_unset(&[], &[("SAVEPEEK_ENDPOINT", ""), REGION], "env-1")]
#[case::then_the_profile(&[], &[], "of-current")]
#[case::the_one_that_is_named(&["--profile", "work"], &[], "of-work")]
#[case::by_variable_too(&[], &[("SAVEPEEK_PROFILE", "work")], "of-work")]
fn finds_the_endpoint(#[case] args: &[&str], #[case] env: &[(&str, &str)], #[case] endpoint: &str) {
    let at = config(args, env, "").unwrap().place;
    assert_eq!(at.endpoint.unwrap().to_string(), endpoint);
}

#[rstest::rstest]
#[case(&["--endpoint", "http://example.com"], &[], "--endpoint: plain http to example.com")]
#[case(&["--region", "Beijing!"], &[], "--region: this is not a region")]
#[case(&[], &[("SAVEPEEK_ENDPOINT", "ftp://x")], "SAVEPEEK_ENDPOINT: ")]
#[case(&[], &[("ALICLOUD_REGION_ID", "?")], "ALICLOUD_REGION_ID: ")]
#[case(&["-w", "a b"], &[], "--workspace: the workspace ID may hold only")]
#[case(&[], &[("SAVEPEEK_WORKSPACE", "a b")], "SAVEPEEK_WORKSPACE: ")]
#[case(&["--profile", "none"], &[], "there is no profile \"none\"")]
#[case(&[], &[("SAVEPEEK_PROFILE", "none")], "there is no profile \"none\"")]
#[case(&["--profile", ""], &[], "--profile: the profile's name is empty")]
#[case(&[], &[("SAVEPEEK_INTERVAL", "1 day")], "SAVEPEEK_INTERVAL: a duration looks like 5s")]
#[case(&["--columns", "id,seen"], &[], "--columns: state, id and seen must be among them")]
#[case(&["--columns", "id,id,seen,state"], &[("SAVEPEEK_COLUMNS", "")], "--columns: each can be there once")]
#[case(&[], &[("SAVEPEEK_NEWEST", "51")], "SAVEPEEK_NEWEST: must be a whole number from 1 to 50")]
#[case(&["--context", "prod"], &[], "--context: there is no context \"prod\"; /etc/config.toml has none")]
fn an_error_names_its_source(
    #[case] args: &[&str],
    #[case] env: &[(&str, &str)],
    #[case] start: &str,
) {
    let error = config(args, env, "").unwrap_err().to_string();
    assert!(error.starts_with(start), "{error}");
}

#[test]
fn flags_beat_variables_and_missing_fields_stay_unknown() {
    let env = [("SAVEPEEK_WORKSPACE", "w-env"), ("SAVEPEEK_NAMESPACE", "n-env")];
    let both = config(&["-w", "w", "-n", "n", "a", " b"], &env, "").unwrap();
    assert_eq!(both.place.workspace.unwrap().as_str(), "w");
    assert_eq!(both.place.namespace.as_deref(), Some("n"));
    assert_eq!(both.ids, ["a", " b"]);
    let neither = config(&[], &[], "").unwrap().place;
    assert_eq!((neither.workspace, neither.namespace), (None, None));
}

/// Every value: as a flag, a variable, a line; each beats what comes after it, and the default.
#[rstest::rstest]
#[case("allow-http", Some("true"), "false", "true", "false")]
#[case("request-timeout", Some("7s"), "8s", "\"9s\"", "\"10s\"")]
#[case("interval", Some("7s"), "1500ms", "\"9s\"", "\"5s\"")]
#[case("rate", Some("7"), "8.5", "9", "5")]
#[case("concurrency", Some("7"), "8", "9", "4")]
#[case("notify", Some("off"), "all", "\"desktop\"", "\"bell\"")]
#[case(
    "notify-on",
    Some("lost"),
    "back",
    "[\"state\"]",
    "[\"state\", \"vanished\", \"appeared\", \"new\", \"overdue\", \"lost\", \"back\"]"
)]
#[case("on-change", Some("flag"), "variable", "\"line\"", "")]
#[case("newest", Some("7"), "8", "9", "10")]
#[case(
    "columns",
    Some("seen, state, id"),
    "id, state, seen",
    "[\"seen\", \"id\", \"state\"]",
    "[\"state\", \"id\", \"namespace\", \"deployment\", \"origin\", \"created\", \"seen\", \"description\"]"
)]
#[case("theme", Some("dark"), "light", "\"contrast\"", "\"terminal\"")]
#[case("ascii", Some("false"), "true", "false", "false")]
#[case("mouse", Some("false"), "true", "false", "false")]
#[case("time-zone", Some("Europe/Berlin"), "utc", "\"Asia/Shanghai\"", "\"local\"")]
#[case("log-file", Some("/a"), "/b", "\"/c\"", "")]
#[case("log-level", Some("warn"), "debug", "\"error\"", "\"info\"")]
#[case("region", Some("a"), "b", "\"c\"", "\"of-current\"")]
#[case("endpoint", Some("https://a.example"), "https://b.example", "\"https://c.example\"", "")]
#[case("workspace", Some("a"), "b", "\"c\"", "")]
#[case("namespace", Some("a"), "b", "\"c\"", "")]
#[case("profile", Some("a"), "b", "\"c\"", "")]
fn flags_beat_the_environment_beats_the_file_beats_the_default(
    #[case] name: &str,
    #[case] flag: Option<&str>,
    #[case] variable: &str,
    #[case] line: &str,
    #[case] default: &str,
) {
    let flag_text = flag.map(|value| format!("--{name}={}", value.replace(", ", ",")));
    let flags: Vec<&str> = flag_text.as_deref().into_iter().collect();
    let upper = layers::variable(name);
    let depth = ("COLORTERM", "truecolor");
    let env = [(upper.as_str(), variable), depth];
    let file = format!("\n{name} = {line}");
    let bare = |text: &str| text.replace(['[', ']', '"'], "");
    let value = |args: &[&str], env: &[(&str, &str)], file: &str| {
        let line = printed(args, env, file, name);
        let (start, source) = line.split_once(" # ").unwrap_or_default();
        let value = bare(start.split_once(" = ").map_or("", |(_, value)| value));
        (value, source.to_owned())
    };
    if let Some(flag) = flag {
        assert_eq!(value(&flags, &env, &file), (flag.to_owned(), format!("flag --{name}")));
    }
    assert_eq!(value(&[], &env, &file), (variable.to_owned(), upper.clone()));
    assert_eq!(value(&[], &[depth], &file), (bare(line), "config.toml:2".to_owned()));
    let (found, source) = value(&[], &[], "");
    assert_eq!(found, bare(default));
    assert!(["default", "the profile's region_id", ""].contains(&source.as_str()), "{source}");
}

#[rstest::rstest]
#[case::by_nobody("ascii", &[("LANG", "C.UTF-8")], "", "ascii = false # LANG=C.UTF-8")]
#[case::by_the_locale("ascii", &[("LANG", "C")], "", "ascii = true # LANG=C")]
#[case::by_the_file("ascii", &[("LANG", "C")], "ascii = false", "ascii = false # config.toml:1")]
#[case::against_the_file("theme", &[("NO_COLOR", "1")], "theme = \"dark\"", "theme = \"mono\" # NO_COLOR, against config.toml:1")]
#[case::by_a_variable("theme", &[("SAVEPEEK_THEME", "mono")], "theme = \"dark\"", "theme = \"mono\" # SAVEPEEK_THEME")]
#[case::against_a_variable("theme", &[("SAVEPEEK_THEME", "light"), ("TERM", "linux")], "", "theme = \"terminal\" # COLORTERM, which does not say truecolor, against SAVEPEEK_THEME")]
#[case::switched_on_as_by_a_number("mouse", &[("SAVEPEEK_MOUSE", "1")], "", "mouse = true # SAVEPEEK_MOUSE")]
#[case::and_off("ascii", &[("SAVEPEEK_ASCII", "0"), ("LANG", "C")], "", "ascii = false # SAVEPEEK_ASCII")]
fn the_source_of_the_appearance_is_printed(
    #[case] name: &str,
    #[case] env: &[(&str, &str)],
    #[case] file: &str,
    #[case] line: &str,
) {
    assert_eq!(printed(&[], env, file, name), line);
}

const CONTEXTS: &str = r#"
workspace = "top"
namespace = "top"
context = "staging"
[contexts.staging]
region = "cn-staging"
workspace = "w-staging"
[contexts.prod]
endpoint = "https://prod.example"
workspace = "w-prod"
profile = "ops"
[keys]
refresh = ["f5", "r"]
undo = []
"#;

#[rstest::rstest]
#[case::the_file_s(&[], &[], ["cn-staging", "w-staging", "top", ""])]
#[case::a_variable_names_another(&[], &[("SAVEPEEK_CONTEXT", "prod")], ["https://prod.example", "w-prod", "top", "ops"])]
#[case::a_flag_names_another(&["--context", "prod"], &[("SAVEPEEK_CONTEXT", "staging")], ["https://prod.example", "w-prod", "top", "ops"])]
#[case::a_variable_beats_the_file_s(&[], &[REGION, ("SAVEPEEK_WORKSPACE", "w-env")], ["env-1", "w-env", "top", ""])]
#[case::the_named_one_beats_variables(&["--context", "prod"], &[REGION, ("SAVEPEEK_WORKSPACE", "w-env"), ("SAVEPEEK_NAMESPACE", "n-env")], ["https://prod.example", "w-prod", "n-env", "ops"])]
#[case::a_flag_beats_it(&["--context", "prod", "-w", "w", "--region", "r"], &[], ["r", "w", "top", "ops"])]
#[case::the_vendor_s_profile_is_a_variable(&[], &[("SAVEPEEK_CONTEXT", "prod"), ("ALIBABA_CLOUD_PROFILE", "x")], ["https://prod.example", "w-prod", "top", ""])]
fn the_precedence_of_a_context_depends_on_where_it_is_named(
    #[case] args: &[&str],
    #[case] env: &[(&str, &str)],
    #[case] fields: [&str; 4],
) {
    assert_eq!(config(args, env, CONTEXTS).unwrap().place.fields().in_order(), fields);
}

#[rstest::rstest]
#[case::of_the_file(&[], &[], Some("staging"))]
#[case::of_a_flag(&["--context", "prod"], &[], Some("prod"))]
#[case::flags_lead_elsewhere(&["--context", "prod", "-w", "w"], &[], None)]
#[case::variables_beat_the_file_s(&[], &[("SAVEPEEK_WORKSPACE", "w")], None)]
#[case::what_says_the_same_leads_nowhere_else(&["-w", "w-staging"], &[], Some("staging"))]
fn the_starting_context_is_the_named_one_unless_the_place_differs(
    #[case] args: &[&str],
    #[case] env: &[(&str, &str)],
    #[case] name: Option<&str>,
) {
    let config = config(args, env, CONTEXTS).unwrap();
    assert_eq!(config.starting_context().map(|context| context.name.as_str()), name);
}

#[test]
fn contexts_keep_the_order_of_the_file() {
    let config = config(&["-n", "flag"], &[], CONTEXTS).unwrap();
    let [staging, prod] = &config.contexts[..] else { panic!("{:?}", config.contexts) };
    assert_eq!((staging.name.as_str(), prod.name.as_str()), ("staging", "prod"));
    let place = prod.place.as_ref().unwrap();
    assert_eq!(place.workspace.as_str(), "w-prod");
    assert_eq!(place.namespace.as_str(), "top", "a flag is for what is started, not for contexts");
    assert_eq!(place.profile.as_ref().unwrap().as_str(), "ops");
}

/// Invalid files; the snapshot has the error of each.
const INVALID: &[&str] = &[
    "intervall = \"5s\"",
    "\ninterval = \"0s\"",
    "interval = [\"5s\"]",
    "interval = 2020-01-01",
    "rate = 1000",
    "notify = \"bel\"",
    "notify-on = \"state\"",
    "notify-on = [\"state\", \"stat\"]",
    "on-change = \"'\"",
    "time-zone = \"Asia/Shanghay\"",
    "newest = 0",
    "newest = \"all\"",
    "log-level = \"inf\"",
    "columns = [\"id\"]",
    "columns = [\"id\", \"state\", \"seen\", \"id\"]",
    "columns = [\"id\", \"state\", \"sen\"]",
    "allow-http = 2",
    "access-key-secret = \"hunter2\"",
    "[contexts.prod]\nsecurity_token = \"hunter2\"",
    "[contexts.prod]\nregoin = \"cn-hangzhou\"",
    "[contexts.prod]\nregion = \"Hangzhou\"",
    "[contexts.prod]\nregion = \"r\"\nworkspace = \"a b\"",
    "[contexts.prod]\nregion = \"r\"\nnamespace = \"..\"",
    "[contexts.prod]\nendpoint = \"https://u:hunter2@example.com\"",
    "[keys]\nrefesh = \"r\"",
    "[keys]\nfrobnicate = \"r\"",
    "[keys]\nevents = \"r\"",
    "[keys]\ndrop = \"r\"",
    "[keys]\nrefresh = \"hyper-r\"",
    "[keys]\nrefresh = 5.5",
    "[keys]\nquit = []",
    "[keys]\nrefresh = [\"f5\", \"ctrl-c\"]",
    "\n[keys]\nnote = \"m\"\nrefresh = \"J\"",
    "keys = \"vi\"",
    "[contexts]\nprod = 1",
    "contexts = 1",
    "context = \"prd\"\n[contexts.prod]\nregion = \"r\"",
    "interval = \"5s",
    "rate = 5\nrate = 6",
    "access-key-secret = hunter2",
];

#[test]
fn an_error_in_the_file_names_its_line() {
    let mut errors = Vec::new();
    for text in INVALID {
        let error = config(&[], &[], text).unwrap_err().to_string();
        assert!(!error.contains("hunter2"), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
        errors.push(format!("{text}\n    {error}\n"));
    }
    insta::assert_snapshot!("refused", errors.join("\n"));
}

#[test]
fn the_file_is_checked_even_if_a_flag_beats_it() {
    let error = config(&["--interval", "7s"], &[], "interval = \"x\"").unwrap_err().to_string();
    assert!(error.starts_with("/etc/config.toml:1: interval: a duration looks like"), "{error}");
    let secret = "endpoint = \"https://u:hunter2@example.com\"";
    let error = config(&["--endpoint", "https://example.com"], &[], secret).unwrap_err();
    assert!(error.to_string().starts_with("/etc/config.toml:1: endpoint: "), "{error}");
    let error = config(&["--context", "b"], &[], "context = \"a\"\n[contexts.b]").unwrap_err();
    assert!(error.to_string().starts_with("/etc/config.toml:1: context: "), "{error}");
}

/// The sample with its settings uncommented.
fn sample() -> String {
    let force = |line: &str| match line.strip_prefix('#') {
        Some(setting) if !setting.starts_with(' ') && !setting.is_empty() => setting.to_owned(),
        _ => line.to_owned(),
    };
    print::sample().unwrap().lines().map(|line| force(line) + "\n").collect()
}

#[test]
fn the_sample_equals_the_defaults_and_contains_every_setting() {
    let (defaults, sampled) = (config(&[], &[], ""), config(&[], &[], &sample()));
    let (defaults, sampled) = (defaults.unwrap(), sampled.unwrap());
    assert_eq!(values(&sampled), values(&defaults));
    assert_eq!(sampled.options.keys, Keymap::default());
    let text = print::sample().unwrap();
    for (action, _) in Keymap::default().actions() {
        assert!(text.contains(&format!("\n#{} = ", action.name())), "{action:?}");
    }
    assert_eq!(config(&[], &[], &text).unwrap().options.origins, defaults.options.origins);
    for (name, value) in values(&defaults) {
        let from_file = matches!(sampled.options.origins[name], Origin::Line(..));
        assert_eq!(from_file, value.is_some(), "{name}");
        assert!(text.contains(&format!("{name} = ")), "{name}");
    }
}

#[test]
fn the_printed_configuration_is_an_equivalent_file() {
    let args = ["--rate", "7", "--on-change", "true"];
    let env = [("SAVEPEEK_INTERVAL", "1500ms")];
    let file = File::parse(CONTEXTS, None).unwrap();
    let before = config(&args, &env, CONTEXTS).unwrap();
    let text = print::effective(&before, &file);
    let after = config(&[], &[], &text).unwrap();
    assert_eq!(values(&after), values(&before));
    assert_eq!(after.place.fields(), before.place.fields());
    assert_eq!(after.contexts, before.contexts);
    assert_eq!(after.options.keys, before.options.keys);
    insta::assert_snapshot!("effective", text);
}

#[test]
fn arguments_of_the_command_are_not_printed() {
    let url = "curl -d @- https://chat.example/hunter2";
    let text = print::effective(&config(&["--on-change", url], &[], "").unwrap(), &File::default());
    assert!(text.contains("on-change = \"curl\"") && !text.contains("hunter2"), "{text}");
    let after = config(&[], &[], &text).unwrap().options.flags.notifications.on_change;
    assert_eq!(after, None, "another command is not the same");
}

#[test]
fn plain_http_needs_loopback_or_allow_http() {
    assert!(config(&["--endpoint", "http://127.0.0.1:1"], &[], "").is_ok());
    assert!(config(&["--endpoint", "http://example.com", "--allow-http"], &[], "").is_ok());
    assert!(config(&["--endpoint", "http://example.com"], &[], "allow-http = true").is_ok());
    let refused = ["--endpoint", "http://example.com", "--allow-http=false"];
    assert!(config(&refused, &[], "allow-http = true").is_err());
}

#[test]
fn the_defaults_of_the_flags_are_those_of_the_poller_and_the_client() {
    let options = config(&[], &[], "").unwrap().options;
    assert_eq!(options.poller(), poller::Settings::default());
    assert_eq!(options.client().timeout, crate::api::Settings::default().timeout);
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in ".{0,200}") {
        drop(config(&[], &[], &text));
    }

    #[test]
    fn no_almost_valid_file_makes_the_parser_panic(
        key in "(interval|rate|notify-on|contexts|keys|columns|contexts\\.a|keys\\.quit|[a-z-]{1,9})",
        value in "(\"[^\"\\\\]{0,9}\"|-?[0-9]{1,20}|[0-9]\\.[0-9]|true|\\[(\"[a-z]{0,5}\",?){0,2}\\]|\\{ [a-z]{1,9} = \"x\" \\})",
        line in "(\\[[a-z.]{1,12}\\]|[a-z]{1,5} = 1)?",
    ) {
        drop(config(&[], &[], &format!("{key} = {value}\n{line}")));
    }
}
