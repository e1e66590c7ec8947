//! What is written down in the environment variables that all of the vendor's tools read.

use secrecy::SecretString;

use super::{Credentials, CredentialsError, Declined, Provider, Role, Way};
use crate::environment::Environment;

const ID: &str = "ALIBABA_CLOUD_ACCESS_KEY_ID";
const SECRET: &str = "ALIBABA_CLOUD_ACCESS_KEY_SECRET";
const TOKEN: &str = "ALIBABA_CLOUD_SECURITY_TOKEN";

const ROLE_ARN: &str = "ALIBABA_CLOUD_ROLE_ARN";
const OIDC_PROVIDER_ARN: &str = "ALIBABA_CLOUD_OIDC_PROVIDER_ARN";
const OIDC_TOKEN_FILE: &str = "ALIBABA_CLOUD_OIDC_TOKEN_FILE";

const URI: &str = "ALIBABA_CLOUD_CREDENTIALS_URI";

/// `ALIBABA_CLOUD_ACCESS_KEY_ID`, `ALIBABA_CLOUD_ACCESS_KEY_SECRET` and, for temporary
/// credentials, `ALIBABA_CLOUD_SECURITY_TOKEN`.
#[derive(Debug)]
pub struct Variables(Environment);

/// The role of a pod (RRSA): `ALIBABA_CLOUD_ROLE_ARN`, `ALIBABA_CLOUD_OIDC_PROVIDER_ARN` and
/// `ALIBABA_CLOUD_OIDC_TOKEN_FILE`, all three.
#[derive(Debug)]
pub struct Oidc(Environment);

/// `ALIBABA_CLOUD_CREDENTIALS_URI`.
#[derive(Debug)]
pub struct Uri(Environment);

impl Variables {
    /// From this environment.
    pub fn new(environment: Environment) -> Self {
        Self(environment)
    }

    fn read(&self) -> Result<Credentials, Declined> {
        let half = |set: &str, missing: &str| {
            let problem = format!("{set} is set but {missing} is not: set both, or none");
            Err(CredentialsError::new(problem).into())
        };
        match (self.0.get(ID), self.0.get(SECRET)) {
            (Some(access_key_id), Some(secret)) => Ok(Credentials {
                access_key_id,
                access_key_secret: secret.into(),
                security_token: self.0.get(TOKEN).map(Into::into),
                expires_at: None,
            }),
            (Some(_), None) => half(ID, SECRET),
            (None, Some(_)) => half(SECRET, ID),
            (None, None) => Err(Declined::PassedOver(format!("{ID} and {SECRET} are not set"))),
        }
    }
}

impl Provider for Variables {
    fn name(&self) -> String {
        "environment".to_owned()
    }

    fn way(&self) -> Result<Way, Declined> {
        self.read().map(Way::Keys)
    }
}

impl Oidc {
    /// From this environment.
    pub fn new(environment: Environment) -> Self {
        Self(environment)
    }
}

impl Provider for Oidc {
    fn name(&self) -> String {
        "OIDC".to_owned()
    }

    fn way(&self) -> Result<Way, Declined> {
        let set = |name| get(&self.0, name);
        Ok(Way::Oidc {
            role: Role { arn: set(ROLE_ARN)?, ..Role::default() },
            provider_arn: set(OIDC_PROVIDER_ARN)?,
            token_file: set(OIDC_TOKEN_FILE)?.into(),
        })
    }
}

impl Uri {
    /// From this environment.
    pub fn new(environment: Environment) -> Self {
        Self(environment)
    }
}

impl Provider for Uri {
    fn name(&self) -> String {
        "credentials URI".to_owned()
    }

    fn way(&self) -> Result<Way, Declined> {
        get(&self.0, URI).map(SecretString::from).map(Way::Uri)
    }
}

fn get(environment: &Environment, name: &str) -> Result<String, Declined> {
    environment.get(name).ok_or_else(|| Declined::PassedOver(format!("{name} is not set")))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    fn read<const N: usize>(variables: [(&str, &str); N]) -> Result<Credentials, Declined> {
        Variables::new(Environment::of(variables)).read()
    }

    #[test]
    fn two_variables_are_keys_and_a_third_makes_them_temporary() {
        let keys = read([(ID, "LTAI"), (SECRET, "secret"), (TOKEN, "")]).unwrap();
        assert_eq!(keys.access_key_id, "LTAI");
        assert_eq!(keys.access_key_secret.expose_secret(), "secret");
        assert!(keys.security_token.is_none());

        let keys = read([(ID, "STS.x"), (SECRET, "secret"), (TOKEN, "token")]).unwrap();
        assert_eq!(keys.security_token.unwrap().expose_secret(), "token");
    }

    #[test]
    fn none_is_no_mistake() {
        for declined in [read([]), read([(ID, ""), (SECRET, "")])] {
            assert!(matches!(declined, Err(Declined::PassedOver(_))), "{declined:?}");
        }
    }

    #[rstest::rstest]
    #[case::no_secret([(ID, "LTAI"), (SECRET, "")], "ALIBABA_CLOUD_ACCESS_KEY_SECRET is not")]
    #[case::no_id([(ID, ""), (SECRET, "hunter2")], "ALIBABA_CLOUD_ACCESS_KEY_ID is not")]
    fn one_alone_names_the_other(#[case] variables: [(&str, &str); 2], #[case] why: &str) {
        let Err(Declined::Failed(error)) = read(variables) else { panic!("not an error") };
        assert!(error.message.contains(why), "{error}");
        assert!(!error.message.contains("hunter2"), "{error}");
    }

    #[rstest::rstest]
    #[case::nothing([("", ""); 2], ROLE_ARN)]
    #[case::a_role_for_something_else([(ROLE_ARN, "acs:ram::1:role/r"), ("", "")], OIDC_PROVIDER_ARN)]
    #[case::no_token([(ROLE_ARN, "arn"), (OIDC_PROVIDER_ARN, "arn")], OIDC_TOKEN_FILE)]
    fn a_pod_s_role_needs_three(#[case] variables: [(&str, &str); 2], #[case] missing: &str) {
        let declined = Oidc::new(Environment::of(variables)).way().err().unwrap();
        assert_eq!(declined, Declined::PassedOver(format!("{missing} is not set")));
    }
}
