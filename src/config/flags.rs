//! The flags that several commands share, with their defaults; a flag's name is also its key in the
//! file. The keys of a place are in `config/file.rs`.

#![expect(clippy::doc_markdown, reason = "these comments are the help, printed as they stand")]

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use clap::{ArgAction, Args, Parser};

use super::columns::{self, ListColumn};
use super::command_line::CommandLine;
use super::layers::{parse_word, parse_words};
use super::notifications::{Notify, Transition};
use super::print::{list, plain, quoted, span, text, word, words};
use super::settings::{Group, Setting, Shape, settings};
use super::values::{
    boolean, concurrency, interval, newest, rate, request_timeout, variable, variables,
};
use super::zone::ZoneName;
use crate::config::appearance::Theme;
use crate::domain::deployment::DEFAULT_NEWEST;
use crate::util::logging::Level;

/// The flags of the screen that a variable and a key of the file can stand for. Other commands have
/// some of them; what they have not, has its default here.
#[derive(Debug, Clone, Parser)]
pub struct Flags {
    #[command(flatten)]
    pub shared: Shared,
    #[command(flatten)]
    pub logging: Logging,
    #[command(flatten)]
    pub notifications: Notifications,
    #[command(flatten)]
    pub screen: ScreenFlags,
}

/// What the screen, `get` and `wait` have in common.
#[derive(Debug, Clone, Args)]
pub struct Shared {
    /// Take region, workspace, namespace and profile from this context of the
    /// configuration file [env: SAVEPEEK_CONTEXT]
    #[arg(long, value_name = "NAME")]
    pub context: Option<String>,
    #[command(flatten)]
    pub place: PlaceFlags,
    #[command(flatten)]
    pub polling: Polling,
}

/// The place and the profile. [`place`](super::place) resolves them: a context can set them, too.
#[derive(Debug, Clone, Default, Args)]
pub struct PlaceFlags {
    /// Region of the workspace, as cn-hangzhou [env: ALIBABA_CLOUD_REGION_ID, or the profile's]
    #[arg(long)]
    pub region: Option<String>,
    /// Ask this host instead of the region's public endpoint, for instance a
    /// VPC one [env: SAVEPEEK_ENDPOINT]
    #[arg(long, value_name = "URL")]
    pub endpoint: Option<String>,
    /// Workspace ID [env: SAVEPEEK_WORKSPACE]
    #[arg(short, long)]
    pub workspace: Option<String>,
    /// Namespace [env: SAVEPEEK_NAMESPACE]
    #[arg(short, long)]
    pub namespace: Option<String>,
    /// Profile of the aliyun CLI to take credentials and region from, for the savepoints given here
    /// [env: SAVEPEEK_PROFILE, or ALIBABA_CLOUD_PROFILE]
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
}

/// Where else to look for what is not given.
#[derive(Debug, Args)]
pub struct ConfigFileFlag {
    /// Read this configuration file
    /// [env: SAVEPEEK_CONFIG] [default: $XDG_CONFIG_HOME/savepeek/config.toml]
    #[arg(long = "config", value_name = "FILE", global = true)]
    pub file: Option<PathBuf>,
}

/// What the screen shows, and how.
#[derive(Debug, Clone, Args)]
pub struct ScreenFlags {
    #[command(flatten)]
    pub list: ListFlags,
    #[command(flatten)]
    pub time: TimeFlags,
    #[command(flatten)]
    pub appearance: AppearanceFlags,
}

settings! {
    /// How to send requests, and how often.
    Polling {
        /// Accept an --endpoint with plain http on another machine
        #[arg(value_name = "BOOL", action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_value_t = false, default_missing_value = "true", value_parser = boolean)]
        "allow-http" => allow_http: bool, One(boolean, plain);
        /// Deadline of one request
        #[arg(value_name = "DURATION", default_value = "10s", value_parser = request_timeout)]
        "request-timeout" => timeout: Duration, One(request_timeout, span);
        /// Between two requests for a savepoint that may still change
        #[arg(value_name = "DURATION", default_value = "5s", value_parser = interval)]
        "interval" => interval: Duration, One(interval, span);
        /// Requests started a second at most, for each service and identity
        #[arg(value_name = "NUMBER", default_value = "5", value_parser = rate)]
        "rate" => rate: f64, One(rate, plain);
        /// Requests under way at once, for each service and identity
        #[arg(value_name = "NUMBER", default_value = "4", value_parser = concurrency)]
        "concurrency" => concurrency: u8, One(concurrency, plain);
    }

    /// How the screen tells of changes, besides showing them.
    Notifications {
        /// How to ring when something changes
        #[arg(value_name = "HOW", value_enum, default_value_t)]
        "notify" => notify: Notify, One(parse_word::<Notify>, word);
        /// Which changes to tell of, separated by commas
        #[arg(value_name = "WHICH", value_enum, value_delimiter = ',', default_values_t = Transition::ALL)]
        "notify-on" => notify_on: Vec<Transition>, List(parse_words::<Transition>, words);
        /// Run this for each change, with the event as JSON on its input and in SAVEPEEK_* variables:
        /// no shell unless you write one, no output on the screen, killed after 30 s
        #[arg(value_name = "CMD")]
        "on-change" => on_change: Option<CommandLine>, One(str::parse::<CommandLine>, |it: &CommandLine| quoted(it.program()));
        /// Let the --on-change command see this variable, too; it sees only PATH, HOME, LANG and their
        /// like, no credentials and no proxy. Can be given again
        #[arg(value_name = "NAME", value_delimiter = ',', value_parser = variable)]
        "on-change-env" => on_change_env: Vec<String>, List(variables, |names: &[String]| list(names.iter().map(text)));
    }

    ListFlags {
        /// How many of the newest savepoints of a followed deployment, or of a --job, are watched
        #[arg(value_name = "N", default_value_t = DEFAULT_NEWEST, value_parser = newest)]
        "newest" => newest: usize, One(newest, plain);
        /// The list's columns from left to right, separated by commas; state, id and seen must be there
        #[arg(value_name = "LIST", value_enum, value_delimiter = ',', default_values_t = ListColumn::ALL)]
        "columns" => columns: Vec<ListColumn>, List(|text| columns::check(parse_words(text)?), words);
    }

    AppearanceFlags {
        /// Colours of the screen [default: terminal, or mono where the environment wants no colours]
        #[arg(value_enum, value_name = "NAME")]
        "theme" => theme: Option<Theme>, One(parse_word::<Theme>, word::<Theme>);
        /// Draw with ASCII only [default: where the locale is not UTF-8]
        #[arg(value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = boolean)]
        "ascii" => ascii: Option<bool>, One(boolean, plain::<bool>);
        /// The mouse selects and scrolls; the terminal's own selection then mostly needs Shift
        #[arg(value_name = "BOOL", action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_value_t = false, default_missing_value = "true", value_parser = boolean)]
        "mouse" => mouse: bool, One(boolean, plain);
    }

    /// How the screen, `journal` and `report` show times.
    TimeFlags {
        /// Show times in this zone: local, utc, or a name as Asia/Shanghai
        #[arg(value_name = "ZONE", default_value_t)]
        "time-zone" => zone: ZoneName, One(str::parse::<ZoneName>, text);
    }

    Logging {
        /// Append a log to this file, which is created for its owner only; secrets are never logged
        #[arg(value_name = "FILE", global = true)]
        "log-file" => log_file: Option<PathBuf>, One(str::parse::<PathBuf>, |it: &PathBuf| quoted(&it.to_string_lossy()));
        /// How much to log
        #[arg(value_enum, value_name = "LEVEL", default_value_t = Level::Info, global = true)]
        "log-level" => log_level: Level, One(parse_word::<Level>, word);
    }
}

/// Whose savepoints to watch.
#[derive(Debug, Clone, Default, Args)]
pub struct FollowFlags {
    /// Follow this deployment: its savepoints come as they appear; a name that fits
    /// several opens the choice
    #[arg(long, value_name = "NAME_OR_ID", conflicts_with = "job", value_parser = NonEmptyStringValueParser::new())]
    pub deployment: Option<String>,
    /// Watch the newest savepoints of this job
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    pub job: Option<String>,
}
