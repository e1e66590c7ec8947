//! Flags that several commands share.

#![expect(clippy::doc_markdown, reason = "these comments are the help, printed as they stand")]

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use clap::{ArgAction, Args};

use super::columns::ListColumn;
use super::command_line::CommandLine;
use super::notifications::{Notify, Transition};
use super::values::{boolean, concurrency, interval, newest, rate, request_timeout, variable};
use super::zone::ZoneName;
use crate::config::appearance::Theme;
use crate::domain::deployment::DEFAULT_NEWEST;
use crate::util::logging::Level;

/// The flags of the screen that a variable and a key of the file can stand for. Other commands have
/// some of them; what they have not, has its default here.
#[derive(Debug, Clone, Args)]
pub struct Flags {
    /// Where and how to ask.
    #[command(flatten)]
    pub shared: Shared,
    /// What to write down.
    #[command(flatten)]
    pub logging: Logging,
    /// How to tell of changes.
    #[command(flatten)]
    pub notifications: Notifications,
    /// How it looks.
    #[command(flatten)]
    pub screen: ScreenFlags,
}

/// What the screen, `get` and `wait` have in common.
#[derive(Debug, Clone, Args)]
pub struct Shared {
    /// Take region, workspace, namespace and profile from this context of the configuration file
    /// [env: SAVEPEEK_CONTEXT]
    #[arg(long, value_name = "NAME")]
    pub context: Option<String>,
    /// Region of the workspace, as cn-hangzhou [env: ALIBABA_CLOUD_REGION_ID, or the profile's]
    #[arg(long)]
    pub region: Option<String>,
    /// Ask this host instead of the region's public endpoint, for instance a VPC one [env:
    /// SAVEPEEK_ENDPOINT]
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
    /// Accept an --endpoint with plain http on another machine
    #[arg(long, value_name = "BOOL", action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_value_t = false, default_missing_value = "true", value_parser = boolean)]
    pub allow_http: bool,
    /// Deadline of one request
    #[arg(long = "request-timeout", value_name = "DURATION", default_value = "10s", value_parser = request_timeout)]
    pub timeout: Duration,
    /// Between two requests for a savepoint that may still change
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = interval)]
    pub interval: Duration,
    /// Requests started a second at most, for each service and identity
    #[arg(long, value_name = "NUMBER", default_value = "5", value_parser = rate)]
    pub rate: f64,
    /// Requests under way at once, for each service and identity
    #[arg(long, value_name = "NUMBER", default_value = "4", value_parser = concurrency)]
    pub concurrency: u8,
}

/// Where else to look for what is not given.
#[derive(Debug, Args)]
pub struct ConfigFileFlag {
    /// Read this configuration file [env: SAVEPEEK_CONFIG] [default:
    /// $XDG_CONFIG_HOME/savepeek/config.toml]
    #[arg(long = "config", value_name = "FILE", global = true)]
    pub file: Option<PathBuf>,
}

/// What to write down.
#[derive(Debug, Clone, Args)]
pub struct Logging {
    /// Append a log to this file, which is created for its owner only; secrets are never logged
    #[arg(long, value_name = "FILE", global = true)]
    pub log_file: Option<PathBuf>,
    /// How much to log
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t = Level::Info, global = true)]
    pub log_level: Level,
}

/// What the screen shows, and how.
#[derive(Debug, Clone, Args)]
pub struct ScreenFlags {
    /// How many of the newest savepoints of a followed deployment, or of a --job, are watched
    #[arg(long, value_name = "N", default_value_t = DEFAULT_NEWEST, value_parser = newest)]
    pub newest: usize,
    /// The list's columns from left to right, separated by commas; state, id and seen must be there
    #[arg(long, value_name = "LIST", value_enum, value_delimiter = ',', default_values_t = ListColumn::ALL)]
    pub columns: Vec<ListColumn>,
    /// Show times in this zone: local, utc, or a name as Asia/Shanghai
    #[arg(long, value_name = "ZONE", default_value_t)]
    pub time_zone: ZoneName,
    /// Colours of the screen [default: terminal, or mono where the environment wants no colours]
    #[arg(long, value_enum, value_name = "NAME")]
    pub theme: Option<Theme>,
    /// Draw with ASCII only [default: where the locale is not UTF-8]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = boolean)]
    pub ascii: Option<bool>,
    /// The mouse selects and scrolls; the terminal's own selection then mostly needs Shift
    #[arg(long, value_name = "BOOL", action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_value_t = false, default_missing_value = "true", value_parser = boolean)]
    pub mouse: bool,
}

/// How the screen tells of changes, besides showing them.
#[derive(Debug, Clone, Args)]
pub struct Notifications {
    /// How to ring when something changes
    #[arg(long, value_name = "HOW", value_enum, default_value_t)]
    pub notify: Notify,
    /// Which changes to tell of, separated by commas
    #[arg(long, value_name = "WHICH", value_enum, value_delimiter = ',', default_values_t = Transition::ALL)]
    pub notify_on: Vec<Transition>,
    /// Run this for each change, with the event as JSON on its input and in SAVEPEEK_* variables:
    /// no shell unless you write one, no output on the screen, killed after 30 s
    #[arg(long, value_name = "CMD")]
    pub on_change: Option<CommandLine>,
    /// Let the --on-change command see this variable, too; it sees only PATH, HOME, LANG and their
    /// like, no credentials and no proxy. Can be given again
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = variable)]
    pub on_change_env: Vec<String>,
}

/// Whose savepoints to watch.
#[derive(Debug, Clone, Default, Args)]
pub struct FollowFlags {
    /// Follow this deployment: its savepoints come as they appear; a name that fits several opens
    /// the choice
    #[arg(long, value_name = "NAME_OR_ID", conflicts_with = "job", value_parser = NonEmptyStringValueParser::new())]
    pub deployment: Option<String>,
    /// Watch the newest savepoints of this job
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    pub job: Option<String>,
}
