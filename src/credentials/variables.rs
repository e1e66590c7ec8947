//! Credentials from the environment variables that all of the vendor's tools read.

use futures_util::future::{self, BoxFuture, FutureExt as _};

use super::{Credentials, CredentialsError, Provider};
use crate::environment::Environment;

const ID: &str = "ALIBABA_CLOUD_ACCESS_KEY_ID";
const SECRET: &str = "ALIBABA_CLOUD_ACCESS_KEY_SECRET";
const TOKEN: &str = "ALIBABA_CLOUD_SECURITY_TOKEN";

/// `ALIBABA_CLOUD_ACCESS_KEY_ID`, `ALIBABA_CLOUD_ACCESS_KEY_SECRET` and, for temporary
/// credentials, `ALIBABA_CLOUD_SECURITY_TOKEN`.
#[derive(Debug)]
pub struct Variables(Environment);

impl Variables {
    /// From this environment.
    pub fn new(environment: Environment) -> Self {
        Self(environment)
    }

    fn read(&self) -> Result<Option<Credentials>, CredentialsError> {
        let missing = |set: &str, missing: &str| {
            Err(CredentialsError(format!("{set} is set but {missing} is not: set both, or none")))
        };
        match (self.0.get(ID), self.0.get(SECRET)) {
            (Some(access_key_id), Some(secret)) => Ok(Some(Credentials {
                access_key_id,
                access_key_secret: secret.into(),
                security_token: self.0.get(TOKEN).map(Into::into),
                expires_at: None,
            })),
            (Some(_), None) => missing(ID, SECRET),
            (None, Some(_)) => missing(SECRET, ID),
            (None, None) => Ok(None),
        }
    }
}

impl Provider for Variables {
    fn name(&self) -> String {
        "environment".to_owned()
    }

    fn provide(&self) -> BoxFuture<'_, Result<Option<Credentials>, CredentialsError>> {
        future::ready(self.read()).boxed()
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    fn read<const N: usize>(
        variables: [(&str, &str); N],
    ) -> Result<Option<Credentials>, CredentialsError> {
        Variables::new(Environment::of(variables)).read()
    }

    #[test]
    fn two_variables_are_keys_and_a_third_makes_them_temporary() {
        let keys = read([(ID, "LTAI"), (SECRET, "secret"), (TOKEN, "")]).unwrap().unwrap();
        assert_eq!(keys.access_key_id, "LTAI");
        assert_eq!(keys.access_key_secret.expose_secret(), "secret");
        assert!(keys.security_token.is_none());

        let keys = read([(ID, "STS.x"), (SECRET, "secret"), (TOKEN, "token")]).unwrap().unwrap();
        assert_eq!(keys.security_token.unwrap().expose_secret(), "token");
    }

    #[test]
    fn none_is_no_mistake() {
        assert!(read([]).unwrap().is_none());
        assert!(read([(ID, ""), (SECRET, "")]).unwrap().is_none());
    }

    #[rstest::rstest]
    #[case::no_secret([(ID, "LTAI"), (SECRET, "")], "ALIBABA_CLOUD_ACCESS_KEY_SECRET is not")]
    #[case::no_id([(ID, ""), (SECRET, "hunter2")], "ALIBABA_CLOUD_ACCESS_KEY_ID is not")]
    fn one_alone_names_the_other(#[case] variables: [(&str, &str); 2], #[case] why: &str) {
        let error = read(variables).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}
