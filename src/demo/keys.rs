//! The invented keys. They open nothing but the embedded service, and look like it.

use secrecy::SecretString;

use crate::api::credentials::Credentials;

/// The access key that a user of the demo gets.
pub(super) fn permanent() -> Credentials {
    key("LTAI5tDEMODEMODEMODEMO01", "invented-secret-of-the-demo", None)
}

/// A second identity, as STS would give it.
pub(super) fn temporary() -> Credentials {
    key(
        "STS.DEMODEMODEMODEMO02",
        "invented-temporary-secret-of-the-demo",
        Some("invented-security-token-of-the-demo"),
    )
}

/// What takes the place of [`permanent`] when that is disabled.
pub(super) fn rotated() -> Credentials {
    key("LTAI5tDEMODEMODEMODEMO03", "invented-rotated-secret-of-the-demo", None)
}

/// What takes the place of [`temporary`] when that expires.
pub(super) fn renewed() -> Credentials {
    key(
        "STS.DEMODEMODEMODEMO04",
        "invented-renewed-secret-of-the-demo",
        Some("invented-renewed-token-of-the-demo"),
    )
}

fn key(id: &str, secret: &str, token: Option<&str>) -> Credentials {
    Credentials {
        access_key_id: id.to_owned(),
        access_key_secret: SecretString::from(secret),
        security_token: token.map(SecretString::from),
        expires_at: None,
    }
}
