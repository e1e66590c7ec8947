//! The invented keys. They open nothing but the embedded service, and look like it.

use secrecy::SecretString;

use crate::credentials::Credentials;

/// The access key that a user of the demo gets.
pub(super) fn permanent() -> Credentials {
    Credentials {
        access_key_id: "LTAI5tDEMODEMODEMODEMO01".to_owned(),
        access_key_secret: SecretString::from("invented-secret-of-the-demo"),
        security_token: None,
        expires_at: None,
    }
}

/// A second identity, as STS would give it.
pub(super) fn temporary() -> Credentials {
    Credentials {
        access_key_id: "STS.DEMODEMODEMODEMO02".to_owned(),
        access_key_secret: SecretString::from("invented-temporary-secret-of-the-demo"),
        security_token: Some(SecretString::from("invented-security-token-of-the-demo")),
        expires_at: None,
    }
}
