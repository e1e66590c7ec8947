//! The result of each credential provider of the chain.

use jiff::{SignedDuration, Timestamp};

use super::{Blame, Case, Finding, Section};
use crate::api::Cause;
use crate::api::credentials::{Chain, ChainStep, Credentials, ProviderOutcome};
use crate::commands::exit::FetchOutcome;
use crate::util::clock;
use crate::util::quote::quoted_or;
use crate::util::text;

const SECTION: Section = Section::Credentials;

/// Temporary credentials that expire earlier are worth a warning.
const EXPIRES_SOON: SignedDuration = SignedDuration::from_mins(5);

/// The variables that name a profile.
const PROFILE_VARIABLES: [&str; 3] =
    ["ALIBABA_CLOUD_PROFILE", "ALIBABACLOUD_PROFILE", "ALICLOUD_PROFILE"];

pub(super) async fn check(
    chain: &Chain,
    case: &Case,
    named: Option<&str>,
) -> (Vec<Finding>, Option<Credentials>) {
    let steps = chain.explain().await;
    let mut findings = vec![profile(case, named)];
    findings.extend(step_findings(&steps));
    let used = steps.into_iter().find_map(|step| match step.outcome {
        ProviderOutcome::Used(credentials) => Some((step.provider, credentials)),
        _ => None,
    });
    match &used {
        Some((provider, credentials)) => {
            findings.extend(identity(provider, credentials, clock::now()));
        }
        None => findings.push(no_credentials(&findings)),
    }
    (findings, used.map(|(_, credentials)| credentials))
}

fn profile(case: &Case, named: Option<&str>) -> Finding {
    let variable =
        |name: &&str| case.environment.get(name).map(|value| (value, (*name).to_owned()));
    let by = match case.config.place.profile {
        Some(_) => case.config.place.origin("profile"),
        None => "the watch list".to_owned(),
    };
    let flag = named.map(|name| (name.to_owned(), by));
    match flag.or_else(|| PROFILE_VARIABLES.iter().find_map(variable)) {
        Some((name, by)) if PROFILE_VARIABLES.contains(&by.as_str()) => {
            SECTION.ok("profile", format!("{}, named by {by}", quoted_or(&name, "one")))
        }
        Some((name, by)) => SECTION.ok("profile", format!("{name:?}, named by {by}")),
        None => SECTION.skipped("profile", "none named: the current one, if there is a file"),
    }
}

fn step_findings(steps: &[ChainStep]) -> Vec<Finding> {
    let failed = steps.iter().any(|step| matches!(step.outcome, ProviderOutcome::Failed(_)));
    let finding = |step: &ChainStep| {
        let provider = &step.provider;
        match &step.outcome {
            ProviderOutcome::Used(_) => SECTION.ok("provider", format!("{provider}: used")),
            ProviderOutcome::Skipped(why) => {
                SECTION.skipped("provider", format!("{provider}: {why}"))
            }
            ProviderOutcome::NotTried if failed => {
                SECTION.skipped("provider", format!("{provider}: not asked, the chain ended"))
            }
            ProviderOutcome::NotTried => {
                SECTION.skipped("provider", format!("{provider}: not asked, one before it is used"))
            }
            ProviderOutcome::Failed(error) => {
                let words = if error.message.starts_with(provider.as_str()) {
                    error.message.clone()
                } else {
                    format!("{provider}: {}", error.message)
                };
                let advice = match error.cause {
                    Cause::CredentialsUnusable if steps.len() == 1 => {
                        "mend the profile, or name another one: nothing else is asked"
                    }
                    Cause::CredentialsUnusable => {
                        "mend it, or take it away: nothing after it is asked while it is there"
                    }
                    Cause::ClockSkew { .. } => "set this machine's clock",
                    _ => "check the way to whoever lends the credentials, or try again",
                };
                SECTION.failed("provider", Blame::from_cause(&error.cause), words, advice)
            }
        }
    };
    steps.iter().map(finding).collect()
}

/// The masked access key in use, and when it expires.
fn identity(provider: &str, credentials: &Credentials, now: Timestamp) -> [Finding; 2] {
    let temporary = credentials.security_token.is_some();
    let kind = if temporary { "temporary" } else { "lasting" };
    let id = credentials.masked_id();
    let identity = SECTION.ok("identity", format!("{id}, {kind}, from {provider}"));
    let advice = if provider.starts_with("profile") {
        "renew the profile's keys with whatever wrote them there, such as `aliyun configure`"
    } else {
        "new ones are borrowed before a request; if that fails, see who lends them"
    };
    let expiry = match credentials.expires_at {
        None if temporary => SECTION.ok("expiry", "not said by whoever lent them"),
        None => SECTION.ok("expiry", "none"),
        Some(end) => {
            let left = end.duration_since(now);
            let words = |what: &str| {
                let span = text::duration(left.unsigned_abs());
                format!("{what} {span}, at {}", text::seconds(end))
            };
            if left <= SignedDuration::ZERO {
                SECTION.warn("expiry", words("over since"), advice)
            } else if left < EXPIRES_SOON {
                SECTION.warn("expiry", words("in"), advice)
            } else {
                SECTION.ok("expiry", words("in"))
            }
        }
    };
    [identity, expiry]
}

fn no_credentials(so_far: &[Finding]) -> Finding {
    let failed = so_far.iter().any(|finding| finding.advice.is_some());
    let advice = "set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or run \
                  `aliyun configure`";
    if failed {
        SECTION.skipped("identity", "none: a provider failed")
    } else {
        let words = "none: no provider has credentials".to_owned();
        SECTION.failed("identity", Blame::Request(FetchOutcome::Refused), words, advice)
    }
}
