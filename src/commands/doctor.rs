//! `savepeek doctor`: checks whether a request would succeed, and why not.
//!
//! ```text
//! credentials ──────────────────────────┐
//! endpoint ─ proxy ─ name ─ connection ─┼─ a signed request ─ the clock
//!                    TLS ─ round trip ──┘
//! terminal, files                          beside it
//! ```
//!
//! Each check returns [`Finding`]s: plain data, without any secret. A check that depends on a failed
//! one is skipped, and says why. Nothing is changed, nothing is sent to the terminal, and each step
//! ends within the timeout of a request; credential providers have their own timeout.

mod clock;
mod credentials;
mod files;
mod permission;
mod print;
mod service;
mod terminal;
mod tmux;

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;

use super::exit::{self, FetchOutcome};
use super::results::{Output, error_details};
use super::{Error, runtime};
use crate::api::credentials::{self as api_credentials, Chain, Credentials};
use crate::api::{self, Cause, Client};
use crate::config::flags::{Flags, Shared};
use crate::config::{Config, ConfigSources};
use crate::domain::savepoint::Profile;
use crate::storage::watch_list;
use crate::util::environment::Environment;

const HELP: &str = "\
Examples:
  savepeek doctor --region cn-hangzhou -w a14bd5d90a1b2c -n default
  savepeek doctor --output json ID > doctor.json

Looks and changes nothing: it asks the service for a savepoint, and the terminal
for nothing. No secret is printed; what it prints names hosts, files, profiles
and, masked, the access key: safe to share where those may be known.

Exit codes:
  0  a request would succeed
  2  usage, a configuration file that is refused; nobody said where to ask or in
     which workspace and namespace, or the service has no such workspace; an ID
     that none can be, like .. (4 elsewhere)
  3  credentials, permission or this machine's clock
  5  the service was unreachable, throttled, failed or gave no readable answer,
     or nothing could be printed
  4  the ID given was not found
Where several apply, the first of 2, 3, 5, 4.";

#[derive(Debug, clap::Args)]
#[command(after_help = HELP, mut_arg("timeout", |arg| arg.visible_alias("timeout")))]
pub struct Args {
    #[command(flatten)]
    pub shared: Shared,
    /// How to print it: lines for people, or one JSON object
    #[arg(long, value_enum, default_value_t = Output::Table)]
    pub output: Output,
    /// A savepoint to ask for, verbatim; without one, one of the watch list, else the newest that can be listed, else an invented ID
    #[arg(value_name = "ID")]
    pub id: Option<String>,
}

/// `log_error` is the reason why the log cannot be opened.
pub fn run(
    args: Args,
    sources: &ConfigSources,
    flags: Flags,
    log_error: Option<Error>,
) -> Result<u8, Error> {
    // A profile that cannot be read is a finding, and does not stop the examination.
    let no_region = RefCell::new(HashMap::new());
    let region_of = |profile: Option<&str>| {
        let region = api_credentials::profile_region(&sources.environment, profile);
        Ok(region.unwrap_or_else(|why| {
            no_region.borrow_mut().insert(profile.map(str::to_owned), why.to_string());
            None
        }))
    };
    let flags = Flags { shared: args.shared, ..flags };
    let ids: Vec<String> = args.id.into_iter().collect();
    let (config, refused) = match sources.config_with(flags.clone(), ids.clone(), &region_of) {
        Ok(config) => (config, log_error.map(|error| error.to_string())),
        // So is a refused file. An error that remains without the file is one of the arguments.
        Err(error) => match sources.config_without_file(flags, ids, &region_of) {
            Ok(config) => (config, Some(error.to_string())),
            Err(_) => return Err(error.into()),
        },
    };
    let profile = config.place.profile.as_ref().map(ToString::to_string);
    let no_region = no_region.into_inner().remove(&profile);
    let environment = sources.environment.clone();
    let file = sources.file().ok().and_then(|file| file.path.clone());
    let case = Case { config, refused, no_region, environment, file };
    let report = runtime::block_on_until_signal(examine(case))?;
    let text = match args.output {
        Output::Table => report.to_text(),
        Output::Json => report.to_json(),
    };
    runtime::write_stdout(text.as_bytes()).map_err(Error::Write)?;
    Ok(report.exit_code())
}

#[derive(Debug)]
pub struct Case {
    /// The place may be incomplete.
    pub config: Config,
    /// Why the program would not start; `config` is then read without the file.
    pub refused: Option<String>,
    /// Why the region of the profile cannot be read.
    pub no_region: Option<String>,
    pub environment: Environment,
    /// The configuration file, if one was read.
    pub file: Option<PathBuf>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub at: Timestamp,
    /// In the order of the report.
    pub findings: Vec<Finding>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub section: Section,
    /// The name of the check, which does not change between versions.
    pub kind: &'static str,
    pub verdict: Verdict,
    /// Not yet cleaned.
    pub words: String,
    /// What to do, if something is wrong.
    pub advice: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// Only if the configuration is refused.
    Configuration,
    Credentials,
    /// The endpoint, and the network between.
    Service,
    Clock,
    Permission,
    Terminal,
    Files,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Ok,
    /// A request can succeed, but something should be fixed.
    Warn,
    /// A request cannot succeed.
    Failed(Blame),
    /// Not checked, or not used.
    Skipped,
}

/// What a failure counts as for the exit code, in ascending order: the last decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Blame {
    /// A request would end with this outcome.
    Request(FetchOutcome),
    /// An argument is missing or wrong.
    Usage,
}

impl Blame {
    fn from_cause(cause: &Cause) -> Self {
        Self::Request(FetchOutcome::from_cause(cause))
    }

    fn exit_code(self) -> u8 {
        match self {
            Self::Request(outcome) => outcome.exit_code(),
            Self::Usage => exit::USAGE,
        }
    }
}

impl Section {
    /// The word in the report, which does not change between versions.
    pub fn word(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Credentials => "credentials",
            Self::Service => "service",
            Self::Clock => "clock",
            Self::Permission => "permission",
            Self::Terminal => "terminal",
            Self::Files => "files",
        }
    }

    fn ok(self, kind: &'static str, words: impl Into<String>) -> Finding {
        self.found(Verdict::Ok, kind, words, None)
    }

    fn skipped(self, kind: &'static str, why: impl Into<String>) -> Finding {
        self.found(Verdict::Skipped, kind, why, None)
    }

    fn warn(self, kind: &'static str, words: impl Into<String>, advice: &str) -> Finding {
        self.found(Verdict::Warn, kind, words, Some(advice.to_owned()))
    }

    fn failed(self, kind: &'static str, blame: Blame, words: String, advice: &str) -> Finding {
        self.found(Verdict::Failed(blame), kind, words, Some(advice.to_owned()))
    }

    /// The finding of a failed request.
    fn error(self, kind: &'static str, error: &api::Error) -> Finding {
        let advice = match error.cause {
            // The doctor does not retry.
            Cause::Throttled { .. } | Cause::Service { transient: true } => {
                "this may pass: run the doctor again in a while".to_owned()
            }
            _ => error.advice(),
        };
        self.failed(kind, Blame::from_cause(&error.cause), error_details(error), &advice)
    }

    fn found(
        self,
        verdict: Verdict,
        kind: &'static str,
        words: impl Into<String>,
        advice: Option<String>,
    ) -> Finding {
        Finding { section: self, kind, verdict, words: words.into(), advice }
    }
}

impl Verdict {
    /// The word in the report, which does not change between versions.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Failed(_) => "FAILED",
            Self::Skipped => "skipped",
        }
    }
}

impl Report {
    /// 0 only if a request would succeed.
    pub fn exit_code(&self) -> u8 {
        let blames = self.findings.iter().filter_map(|finding| match finding.verdict {
            Verdict::Failed(blame) => Some(blame),
            _ => None,
        });
        blames.max().map_or(exit::SUCCESS, Blame::exit_code)
    }
}

/// Runs all checks, one after the other.
///
/// Must run on a tokio runtime with I/O and time.
async fn examine(case: Case) -> Report {
    let limit = case.config.options.client().timeout;
    let environment = &case.environment;
    // The watch list completes the place where the configuration does not.
    let watched = watch_list::read(environment).unwrap_or_default();
    let place = permission::place(&case, &watched);
    let endpoint = place.endpoint.clone();

    let profile = place.profile.as_ref().map(Profile::as_str);
    let chain = Chain::standard(environment, profile);
    let mut findings: Vec<Finding> = case.refused.iter().map(|why| refused(why)).collect();
    let (found, credentials) = credentials::check(&chain, &case, profile).await;
    findings.extend(found);
    let client = client(&case, endpoint.as_ref().map(|endpoint| &endpoint.value), credentials);
    let route = service::check(&case, endpoint, &client, limit).await;
    let permission = permission::check(&case, place, &watched, &client, &route).await;
    findings.extend(route.findings);
    findings.push(clock::check(permission.clock_ahead.or(route.clock_ahead), permission.answered));
    findings.extend(permission.findings);
    let tmux = tmux::read_options(environment).await;
    let (appearance, size) = (&case.config.options.appearance, terminal::size());
    findings.extend(terminal::check(environment, appearance, size, tmux.as_ref()));
    findings.extend(files::check(&case, &chain, &watched));
    Report { at: crate::util::clock::now(), findings }
}

/// Why the program does not start comes first: the other checks run without the file.
fn refused(why: &str) -> Finding {
    let advice = "mend it: until then savepeek does not start; the rest is examined without it";
    Section::Configuration.failed("start", Blame::Usage, why.to_owned(), advice)
}

/// Returns a client with the credentials that were found. It calls no provider again.
fn client(
    case: &Case,
    endpoint: Option<&crate::domain::endpoint::Endpoint>,
    credentials: Option<Credentials>,
) -> DoctorClient {
    let environment = case.environment.clone();
    let settings = case.config.options.client();
    let client = Client::with_environment(settings, |_| Chain::new(Vec::new()), environment);
    let has_credentials = credentials.is_some();
    if let (Some(endpoint), Some(credentials)) = (endpoint, credentials) {
        client.add_identity(endpoint, credentials);
    }
    DoctorClient { client, has_credentials }
}

struct DoctorClient {
    client: Client,
    has_credentials: bool,
}

fn timeout_message(limit: Duration) -> String {
    format!("nothing within {} (--request-timeout)", crate::util::text::duration(limit))
}
