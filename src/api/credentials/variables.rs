//! Credentials from the environment variables that the vendor's tools read.

use secrecy::SecretString;

use super::{CredentialSource, Credentials, CredentialsError, Declined, Provider, Role};
use crate::util::environment::Environment;

/// ID, secret and token: the SDKs' names, then names that only the `aliyun` CLI reads.
const FAMILIES: [[&str; 3]; 3] = [
    [ID, SECRET, TOKEN],
    ["ALIBABACLOUD_ACCESS_KEY_ID", "ALIBABACLOUD_ACCESS_KEY_SECRET", "ALIBABACLOUD_SECURITY_TOKEN"],
    ["ALICLOUD_ACCESS_KEY_ID", "ALICLOUD_ACCESS_KEY_SECRET", "ALICLOUD_SECURITY_TOKEN"],
];

const ID: &str = "ALIBABA_CLOUD_ACCESS_KEY_ID";
const SECRET: &str = "ALIBABA_CLOUD_ACCESS_KEY_SECRET";
const TOKEN: &str = "ALIBABA_CLOUD_SECURITY_TOKEN";

/// The `aliyun` CLI's own names for `ALIBABA_CLOUD_PROFILE`.
pub(super) const CLI_PROFILES: [&str; 2] = ["ALIBABACLOUD_PROFILE", "ALICLOUD_PROFILE"];

const ROLE_ARN: &str = "ALIBABA_CLOUD_ROLE_ARN";
const OIDC_PROVIDER_ARN: &str = "ALIBABA_CLOUD_OIDC_PROVIDER_ARN";
const OIDC_TOKEN_FILE: &str = "ALIBABA_CLOUD_OIDC_TOKEN_FILE";

const URI: &str = "ALIBABA_CLOUD_CREDENTIALS_URI";

/// `ALIBABA_CLOUD_ACCESS_KEY_ID`, `ALIBABA_CLOUD_ACCESS_KEY_SECRET` and, for temporary
/// credentials, `ALIBABA_CLOUD_SECURITY_TOKEN`; or the same with the prefix `ALIBABACLOUD_` or
/// `ALICLOUD_`. Prefixes are never mixed: they may belong to two accounts.
#[derive(Debug)]
pub struct Variables(Environment);

/// The role of a pod (RRSA): `ALIBABA_CLOUD_ROLE_ARN`, `ALIBABA_CLOUD_OIDC_PROVIDER_ARN` and
/// `ALIBABA_CLOUD_OIDC_TOKEN_FILE`, all three.
#[derive(Debug)]
pub struct Oidc(Environment);

#[derive(Debug)]
pub struct Uri(Environment);

impl Variables {
    pub fn new(environment: Environment) -> Self {
        Self(environment)
    }

    fn read(&self) -> Result<Credentials, Declined> {
        let half = |set: &str, missing: &str| {
            let problem = format!("{set} is set but {missing} is not: set both, or none");
            Err(CredentialsError::new(problem).into())
        };
        for [id, secret, token] in FAMILIES {
            return match (self.0.get(id), self.0.get(secret)) {
                (Some(access_key_id), Some(secret)) => Ok(Credentials {
                    access_key_id,
                    access_key_secret: secret.into(),
                    security_token: self.0.get(token).map(Into::into),
                    expires_at: None,
                }),
                (Some(_), None) => half(id, secret),
                (None, Some(_)) => half(secret, id),
                (None, None) => continue,
            };
        }
        Err(Declined::Skipped(format!("{ID} and {SECRET} are not set")))
    }

    /// The prefix of the variables in use; `None` for the SDKs' own.
    fn family(&self) -> Option<&'static str> {
        let [_, others @ ..] = FAMILIES;
        let set = |name: &&str| self.0.get(name).is_some();
        if FAMILIES[0][..2].iter().any(set) {
            return None;
        }
        let family = others.into_iter().find(|family| family[..2].iter().any(set))?;
        family[0].strip_suffix("ACCESS_KEY_ID")
    }
}

impl Provider for Variables {
    fn name(&self) -> String {
        match self.family() {
            Some(family) => format!("environment ({family}*)"),
            None => "environment".to_owned(),
        }
    }

    fn source(&self) -> Result<CredentialSource, Declined> {
        self.read().map(CredentialSource::Keys)
    }
}

impl Oidc {
    pub fn new(environment: Environment) -> Self {
        Self(environment)
    }
}

impl Provider for Oidc {
    fn name(&self) -> String {
        "OIDC".to_owned()
    }

    fn source(&self) -> Result<CredentialSource, Declined> {
        let set = |name| get(&self.0, name);
        Ok(CredentialSource::Oidc {
            role: Role { arn: set(ROLE_ARN)?, ..Role::default() },
            provider_arn: set(OIDC_PROVIDER_ARN)?,
            token_file: set(OIDC_TOKEN_FILE)?.into(),
        })
    }
}

impl Uri {
    pub fn new(environment: Environment) -> Self {
        Self(environment)
    }
}

impl Provider for Uri {
    fn name(&self) -> String {
        "credentials URI".to_owned()
    }

    fn source(&self) -> Result<CredentialSource, Declined> {
        get(&self.0, URI).map(SecretString::from).map(CredentialSource::Uri)
    }
}

fn get(environment: &Environment, name: &str) -> Result<String, Declined> {
    environment.get(name).ok_or_else(|| Declined::Skipped(format!("{name} is not set")))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    fn read<const N: usize>(variables: [(&str, &str); N]) -> Result<Credentials, Declined> {
        Variables::new(Environment::of(variables)).read()
    }

    #[test]
    fn the_token_variable_is_optional() {
        let keys = read([(ID, "LTAI"), (SECRET, "secret"), (TOKEN, "")]).unwrap();
        assert_eq!(keys.access_key_id, "LTAI");
        assert_eq!(keys.access_key_secret.expose_secret(), "secret");
        assert!(keys.security_token.is_none());

        let keys = read([(ID, "STS.x"), (SECRET, "secret"), (TOKEN, "token")]).unwrap();
        assert_eq!(keys.security_token.unwrap().expose_secret(), "token");
    }

    #[rstest::rstest]
    #[case::of_the_cli("ALIBABACLOUD_", "environment (ALIBABACLOUD_*)")]
    #[case::of_the_old_cli("ALICLOUD_", "environment (ALICLOUD_*)")]
    fn the_sdks_names_take_precedence_over_the_cli_s(#[case] family: &str, #[case] name: &str) {
        let [id, secret, token] = ["ACCESS_KEY_ID", "ACCESS_KEY_SECRET", "SECURITY_TOKEN"]
            .map(|end| format!("{family}{end}"));
        let theirs = [(id.as_str(), "theirs"), (secret.as_str(), "s"), (token.as_str(), "t")];
        let keys = read(theirs).unwrap();
        assert_eq!((keys.access_key_id.as_str(), keys.security_token.is_some()), ("theirs", true));
        assert_eq!(Variables::new(Environment::of(theirs)).name(), name);

        let [first, second, third] = theirs;
        let both = [first, second, third, (ID, "ours"), (SECRET, "s")];
        let keys = read(both).unwrap();
        assert_eq!(keys.access_key_id, "ours");
        assert!(keys.security_token.is_none(), "a token of other keys");
        assert_eq!(Variables::new(Environment::of(both)).name(), "environment");
        let Err(Declined::Failed(error)) = read([first, (SECRET, "ours")]) else { panic!("mixed") };
        assert!(error.message.contains("ALIBABA_CLOUD_ACCESS_KEY_ID is not"), "{error}");
    }

    #[test]
    fn unset_variables_are_skipped() {
        for declined in [read([]), read([(ID, ""), (SECRET, "")])] {
            assert!(matches!(declined, Err(Declined::Skipped(_))), "{declined:?}");
        }
    }

    #[rstest::rstest]
    #[case::no_secret([(ID, "LTAI"), (SECRET, "")], "ALIBABA_CLOUD_ACCESS_KEY_SECRET is not")]
    #[case::no_id([(ID, ""), (SECRET, "hunter2")], "ALIBABA_CLOUD_ACCESS_KEY_ID is not")]
    fn an_id_or_secret_alone_is_an_error_that_names_the_other(
        #[case] variables: [(&str, &str); 2],
        #[case] why: &str,
    ) {
        let Err(Declined::Failed(error)) = read(variables) else { panic!("not an error") };
        assert!(error.message.contains(why), "{error}");
        assert!(!error.message.contains("hunter2"), "{error}");
    }

    #[rstest::rstest]
    #[case::nothing([("", ""); 2], ROLE_ARN)]
    #[case::a_role_for_something_else([(ROLE_ARN, "acs:ram::1:role/r"), ("", "")], OIDC_PROVIDER_ARN)]
    #[case::no_token([(ROLE_ARN, "arn"), (OIDC_PROVIDER_ARN, "arn")], OIDC_TOKEN_FILE)]
    fn oidc_needs_all_three_variables(#[case] variables: [(&str, &str); 2], #[case] missing: &str) {
        let declined = Oidc::new(Environment::of(variables)).source().err().unwrap();
        assert_eq!(declined, Declined::Skipped(format!("{missing} is not set")));
    }
}
