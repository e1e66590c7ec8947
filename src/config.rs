//! Defaults, then the environment, then the flags: one checked [`Config`].

use crate::api;
use crate::cli::Shared;
use crate::credentials::CredentialsError;
use crate::endpoint::{Endpoint, InvalidEndpoint};
use crate::poller;
use crate::savepoint::{InvalidName, Profile, Workspace};

/// Variables that name a region, as the vendor's own tools read them.
const REGIONS: [&str; 3] =
    ["ALIBABA_CLOUD_REGION_ID", "ALIBABACLOUD_REGION_ID", "ALICLOUD_REGION_ID"];

/// How the program was told to run. What may still be unknown is for the form to ask.
#[derive(Debug, Clone)]
pub struct Config {
    /// The service to ask.
    pub endpoint: Option<Endpoint>,
    /// The workspace.
    pub workspace: Option<Workspace>,
    /// The namespace as it was given: whether it can name one is found out where it is used.
    pub namespace: Option<String>,
    /// Savepoint IDs, verbatim.
    pub ids: Vec<String>,
    /// The profile that was asked for by name, as which the IDs are asked for.
    pub profile: Option<Profile>,
    /// Whether endpoints given later may use plain `http`.
    pub allow_http: bool,
    /// How often to ask.
    pub poller: poller::Settings,
    /// How to ask.
    pub client: api::Settings,
    /// Neither read nor change the watch list of earlier starts.
    pub fresh: bool,
}

/// Why the program cannot run as it was told; every one is the user's to mend.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A region or URL that is none.
    #[error("{from}: {why}")]
    Endpoint {
        /// The flag or variable it came from.
        from: String,
        /// What is wrong with it.
        why: InvalidEndpoint,
    },
    /// A workspace that is none.
    #[error("{from}: {why}")]
    Workspace {
        /// The flag or variable it came from.
        from: &'static str,
        /// What is wrong with it.
        why: InvalidName,
    },
    /// An ID, a namespace or a profile that can name nothing.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// The profile that was to name the region cannot be read.
    #[error(transparent)]
    Profile(#[from] CredentialsError),
    /// Something needed was given nowhere.
    #[error("no {what}: give {flags}, or set {variables}")]
    Missing {
        /// What it is.
        what: &'static str,
        /// The flags that give it.
        flags: &'static str,
        /// The variables that give it.
        variables: &'static str,
    },
}

impl Config {
    /// The configuration that flags and environment amount to.
    ///
    /// An empty variable counts as unset. A flag beats every variable, so `--region` beats
    /// `SAVEPEEK_ENDPOINT`; of two flags or two variables the endpoint beats the region.
    pub fn new(
        flags: Shared,
        ids: Vec<String>,
        env: impl Fn(&str) -> Option<String>,
        profile_region: impl Fn(Option<&str>) -> Result<Option<String>, CredentialsError>,
    ) -> Result<Self, Error> {
        let env = |name: &str| env(name).filter(|value| !value.is_empty());
        let at = |url: &str, from: &str| {
            Endpoint::of_url(url, flags.allow_http)
                .map_err(|why| Error::Endpoint { from: from.to_owned(), why })
        };
        let within = |region: &str, from: &str| {
            Endpoint::of_region(region)
                .map_err(|why| Error::Endpoint { from: from.to_owned(), why })
        };
        let profile = flags.profile.or_else(|| env("SAVEPEEK_PROFILE"));
        let profile = profile.map(|name| Profile::new(&name)).transpose()?;
        let endpoint = if let Some(url) = &flags.endpoint {
            Some(at(url, "--endpoint")?)
        } else if let Some(region) = &flags.region {
            Some(within(region, "--region")?)
        } else if let Some(url) = env("SAVEPEEK_ENDPOINT") {
            Some(at(&url, "SAVEPEEK_ENDPOINT")?)
        } else if let Some((name, region)) =
            REGIONS.iter().find_map(|name| Some((name, env(name)?)))
        {
            Some(within(&region, name)?)
        } else if let Some(region) = profile_region(profile.as_ref().map(Profile::as_str))? {
            Some(within(&region, "the profile's region_id")?)
        } else {
            None
        };
        let workspace = match (flags.workspace, env("SAVEPEEK_WORKSPACE")) {
            (Some(text), _) => Some((text, "--workspace")),
            (None, Some(text)) => Some((text, "SAVEPEEK_WORKSPACE")),
            (None, None) => None,
        };
        let workspace = workspace.map(|(text, from)| {
            Workspace::new(&text).map_err(|why| Error::Workspace { from, why })
        });
        Ok(Self {
            endpoint,
            workspace: workspace.transpose()?,
            namespace: flags.namespace.or_else(|| env("SAVEPEEK_NAMESPACE")),
            ids,
            profile,
            allow_http: flags.allow_http,
            poller: poller::Settings {
                interval: flags.interval,
                concurrency: flags.concurrency.into(),
                rate: flags.rate,
                ..poller::Settings::default()
            },
            client: api::Settings { timeout: flags.timeout },
            fresh: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use clap::Parser as _;

    use super::*;
    use crate::cli::Cli;

    fn config(args: &[&str], env: &[(&str, &str)]) -> Result<Config, Error> {
        let cli = Cli::try_parse_from(["savepeek"].iter().chain(args)).unwrap();
        let env: HashMap<_, _> = env.iter().copied().collect();
        let env = |name: &str| env.get(name).map(|value| (*value).to_owned());
        let profile_region = |name: Option<&str>| match name {
            Some("none") => Err(CredentialsError::new("there is no profile \"none\"")),
            _ => Ok(Some(format!("of-{}", name.unwrap_or("current")))),
        };
        Config::new(cli.shared, cli.ids, env, profile_region)
    }

    const ENDPOINT: (&str, &str) = ("SAVEPEEK_ENDPOINT", "https://env.example");
    const REGION: (&str, &str) = ("ALIBABA_CLOUD_REGION_ID", "env-1");

    #[rstest::rstest]
    #[case::an_endpoint_beats_a_region(&["--region", "r", "--endpoint", "https://e.example"], &[], "e.example")]
    #[case::a_flag_beats_a_variable(&["--endpoint", "https://e.example"], &[ENDPOINT], "e.example")]
    #[case::even_a_region_an_endpoint(&["--region", "r"], &[ENDPOINT], "r")]
    #[case::of_variables_too(&[], &[REGION, ENDPOINT], "env.example")]
    #[case::region_by_variable(&[], &[REGION, ("ALICLOUD_REGION_ID", "other")], "env-1")]
    #[case::older_names(&[], &[("ALIBABACLOUD_REGION_ID", "a"), ("ALICLOUD_REGION_ID", "b")], "a")]
    #[case::oldest_name(&[], &[("ALICLOUD_REGION_ID", "b")], "b")]
    #[case::empty_is_unset(&[], &[("SAVEPEEK_ENDPOINT", ""), REGION], "env-1")]
    #[case::then_the_profile(&[], &[], "of-current")]
    #[case::the_one_that_is_named(&["--profile", "work"], &[], "of-work")]
    #[case::by_variable_too(&[], &[("SAVEPEEK_PROFILE", "work")], "of-work")]
    fn finds_the_endpoint(
        #[case] args: &[&str],
        #[case] env: &[(&str, &str)],
        #[case] endpoint: &str,
    ) {
        assert_eq!(config(args, env).unwrap().endpoint.unwrap().to_string(), endpoint);
    }

    #[rstest::rstest]
    #[case(&["--endpoint", "http://example.com"], &[], "--endpoint: plain http to example.com")]
    #[case(&["--region", "Beijing!"], &[], "--region: \"Beijing!\" is not a region")]
    #[case(&[], &[("SAVEPEEK_ENDPOINT", "ftp://x")], "SAVEPEEK_ENDPOINT: ")]
    #[case(&[], &[("ALICLOUD_REGION_ID", "?")], "ALICLOUD_REGION_ID: ")]
    #[case(&["-w", "a b"], &[], "--workspace: the workspace ID may hold only")]
    #[case(&[], &[("SAVEPEEK_WORKSPACE", "a b")], "SAVEPEEK_WORKSPACE: ")]
    #[case(&["--profile", "none"], &[], "there is no profile \"none\"")]
    #[case(&[], &[("SAVEPEEK_PROFILE", "none")], "there is no profile \"none\"")]
    #[case(&["--profile", ""], &[], "the profile's name is empty")]
    fn an_error_names_its_source(
        #[case] args: &[&str],
        #[case] env: &[(&str, &str)],
        #[case] start: &str,
    ) {
        let error = config(args, env).unwrap_err().to_string();
        assert!(error.starts_with(start), "{error}");
    }

    #[test]
    fn flags_beat_variables_and_what_is_missing_stays_open() {
        let env = [("SAVEPEEK_WORKSPACE", "w-env"), ("SAVEPEEK_NAMESPACE", "n-env")];
        let both = config(&["-w", "w", "-n", "n", "a", " b"], &env).unwrap();
        assert_eq!(both.workspace.unwrap().as_str(), "w");
        assert_eq!(both.namespace.as_deref(), Some("n"));
        assert_eq!(both.ids, ["a", " b"]);
        let variables = config(&[], &env).unwrap();
        assert_eq!(variables.workspace.unwrap().as_str(), "w-env");
        assert_eq!(variables.namespace.as_deref(), Some("n-env"));
        let neither = config(&[], &[]).unwrap();
        assert_eq!((neither.workspace, neither.namespace), (None, None));
    }

    #[test]
    fn plain_http_is_for_loopback_or_by_permission() {
        assert!(config(&["--endpoint", "http://127.0.0.1:1"], &[]).is_ok());
        assert!(config(&["--endpoint", "http://example.com", "--allow-http"], &[]).is_ok());
    }

    #[test]
    fn the_defaults_of_the_flags_are_those_of_the_poller() {
        assert_eq!(config(&[], &[]).unwrap().poller, poller::Settings::default());
    }
}
