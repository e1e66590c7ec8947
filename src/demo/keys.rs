//! The invented keys. They work for the embedded service only, and their names say so.

use secrecy::SecretString;

use crate::api::credentials::Credentials;

/// The access key for users of the demo.
pub(super) fn permanent() -> Credentials {
    key("LTAI5tDEMODEMODEMODEMO01", "invented-secret-of-the-demo", None)
}

/// Temporary credentials, as STS would issue them.
pub(super) fn temporary() -> Credentials {
    key(
        "STS.DEMODEMODEMODEMO02",
        "invented-temporary-secret-of-the-demo",
        Some("invented-security-token-of-the-demo"),
    )
}

/// Replaces [`permanent`] when that key is disabled.
pub(super) fn rotated() -> Credentials {
    key("LTAI5tDEMODEMODEMODEMO03", "invented-rotated-secret-of-the-demo", None)
}

/// Replaces [`temporary`] when those credentials expire.
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
