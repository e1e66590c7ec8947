//! `savepeek doctor`: why a request would succeed, or what keeps it from that.
//!
//! ```text
//! credentials ──────────────────────────┐
//! endpoint ─ proxy ─ name ─ connection ─┼─ a signed request ─ the clock
//!                    TLS ─ round trip ──┘
//! terminal, files                          beside it
//! ```
//!
//! Each check gives [`Finding`]s: plain data, without any secret. What depends on a check that
//! failed is skipped, and says why. Nothing is changed, the terminal is asked nothing, and each
//! step ends within the deadline of a request; whoever lends credentials has its own.

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

/// `savepeek doctor`.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP, mut_arg("timeout", |arg| arg.visible_alias("timeout")))]
pub struct Args {
    /// Where and how to ask.
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

/// What to examine.
#[derive(Debug)]
pub struct Case {
    /// Where and how to ask, as far as it was said.
    pub config: Config,
    /// Why the program would not start as it is configured; `config` is then without the file.
    pub refused: Option<String>,
    /// Why the profile does not name a region, if it cannot be read.
    pub no_region: Option<String>,
    /// The variables.
    pub environment: Environment,
    /// The configuration file, if one was read.
    pub file: Option<PathBuf>,
}

/// What was found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// When.
    pub at: Timestamp,
    /// In the order in which it is told.
    pub findings: Vec<Finding>,
}

/// One thing found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it belongs to.
    pub section: Section,
    /// What it is about: a stable word.
    pub kind: &'static str,
    /// How it is.
    pub verdict: Verdict,
    /// What was found, not yet cleaned.
    pub words: String,
    /// What to do next, where something is wrong.
    pub advice: Option<String>,
}

/// A part of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// How the program was told to run; only if it is not to be understood.
    Configuration,
    /// Who asks.
    Credentials,
    /// Who is asked, and the way there.
    Service,
    /// This machine's clock.
    Clock,
    /// What may be asked.
    Permission,
    /// The terminal.
    Terminal,
    /// The files.
    Files,
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// A request succeeds, and yet somebody should look at it.
    Warn,
    /// A request cannot succeed.
    Failed(Blame),
    /// Not examined, or not used.
    Skipped,
}

/// What a failure is to the shell, from the mildest to the one that decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Blame {
    /// A request ends like this.
    Request(FetchOutcome),
    /// Something was not said.
    Usage,
}

impl Blame {
    fn of(cause: &Cause) -> Self {
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
    /// Its stable word.
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

    /// What a failed request says.
    fn error(self, kind: &'static str, error: &api::Error) -> Finding {
        let advice = match error.cause {
            // Nobody asks again here.
            Cause::Throttled { .. } | Cause::Service { transient: true } => {
                "this may pass: run the doctor again in a while".to_owned()
            }
            _ => error.advice(),
        };
        self.failed(kind, Blame::of(&error.cause), error_details(error), &advice)
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
    /// Its stable word.
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
    /// The code for the shell: 0 only if a request would succeed.
    pub fn exit_code(&self) -> u8 {
        let blames = self.findings.iter().filter_map(|finding| match finding.verdict {
            Verdict::Failed(blame) => Some(blame),
            _ => None,
        });
        blames.max().map_or(exit::SUCCESS, Blame::exit_code)
    }
}

/// Examines everything, one step after the other.
///
/// Must run on a tokio runtime with I/O and time.
pub async fn examine(case: Case) -> Report {
    let limit = case.config.options.client().timeout;
    let environment = &case.environment;
    // What is watched says where to ask, where nothing else does.
    let watched = watch_list::read(environment).unwrap_or_default();
    let (endpoint, place) = permission::place(&case, &watched);

    let profile = place.profile.as_ref().map(Profile::as_str);
    let chain = Chain::standard(environment, profile);
    let mut findings: Vec<Finding> = case.refused.iter().map(|why| refused(why)).collect();
    let (found, credentials) = credentials::check(&chain, &case, profile).await;
    findings.extend(found);
    let client = client(&case, endpoint.as_ref().map(|(endpoint, _)| endpoint), credentials);
    let way = service::check(&case, endpoint, &client, limit).await;
    let asked = permission::check(&case, place, &watched, &client, &way).await;
    findings.extend(way.findings);
    findings.push(clock::check(asked.ahead.or(way.ahead), asked.answered));
    findings.extend(asked.findings);
    let tmux = tmux::ask(environment).await;
    let (appearance, size) = (&case.config.options.appearance, terminal::size());
    findings.extend(terminal::check(environment, appearance, size, tmux.as_ref()));
    findings.extend(files::check(&case, &chain, &watched));
    Report { at: crate::util::clock::now(), findings }
}

/// What keeps the program from starting comes first: what follows is examined without it.
fn refused(why: &str) -> Finding {
    let advice = "mend it: until then savepeek does not start; the rest is examined without it";
    Section::Configuration.failed("start", Blame::Usage, why.to_owned(), advice)
}

/// A client that asks as whoever was found; none of the providers is asked again.
fn client(
    case: &Case,
    endpoint: Option<&crate::domain::endpoint::Endpoint>,
    credentials: Option<Credentials>,
) -> Asker {
    let environment = case.environment.clone();
    let settings = case.config.options.client();
    let client = Client::with_environment(settings, |_| Chain::new(Vec::new()), environment);
    let known = credentials.is_some();
    if let (Some(endpoint), Some(credentials)) = (endpoint, credentials) {
        client.add_identity(endpoint, credentials);
    }
    Asker { client, known }
}

/// The client, and whether it has keys.
struct Asker {
    client: Client,
    known: bool,
}

/// A step that took too long.
fn too_long(limit: Duration) -> String {
    format!("nothing within {} (--request-timeout)", crate::util::text::duration(limit))
}
