//! The signature ACS3-HMAC-SHA256, over one request.
//!
//! One HMAC with the raw secret, no scopes. Signed are `host`, `workspace`, every `x-acs-*`
//! header and `content-type` if there is one: the vendor's minimum plus the tenant selector.
//! Headers that proxies rewrite (`user-agent`, `accept`) are not signed.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use hmac::{Hmac, KeyInit as _, Mac as _};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

/// The algorithm's name, first word of the header and of the string to sign.
pub const ALGORITHM: &str = "ACS3-HMAC-SHA256";

/// The lower-case hex SHA-256 of no body, which is that of every `GET`.
pub const NO_BODY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// All characters except RFC 3986's unreserved ones are encoded.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The headers to sign: lower-case name to value. Most are constants, which every request shares.
pub type Headers<'a> = BTreeMap<&'a str, Cow<'a, str>>;

/// The parts of a request that the signature covers.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The method, upper case.
    pub method: &'a str,
    /// The path exactly as on the wire.
    pub path: &'a str,
    /// The query exactly as on the wire, keys sorted; empty for none.
    pub query: &'a str,
    pub headers: &'a Headers<'a>,
    /// The lower-case hex SHA-256 of the body.
    pub body_sha256: &'a str,
}

impl Request<'_> {
    /// The names of the signed headers, joined with `;`.
    pub fn signed_headers(&self) -> String {
        self.headers.keys().copied().collect::<Vec<_>>().join(";")
    }

    pub fn canonical(&self) -> String {
        let mut text = format!("{}\n{}\n{}\n", self.method, self.path, self.query);
        for (name, value) in self.headers {
            let _ = writeln!(text, "{name}:{}", value.trim());
        }
        let _ = write!(text, "\n{}\n{}", self.signed_headers(), self.body_sha256);
        text
    }

    pub fn string_to_sign(&self) -> String {
        format!("{ALGORITHM}\n{}", sha256_hex(self.canonical().as_bytes()))
    }

    /// The signature, lower-case hex.
    pub fn signature(&self, secret: &SecretString) -> String {
        signature_of(&self.string_to_sign(), secret)
    }

    /// The value of the header `authorization`.
    pub fn authorization(&self, access_key_id: &str, secret: &SecretString) -> String {
        self.authorization_with(access_key_id, &self.signature(secret))
    }

    /// The value of the header `authorization` with a signature.
    pub(super) fn authorization_with(&self, access_key_id: &str, signature: &str) -> String {
        format!(
            "{ALGORITHM} Credential={access_key_id},SignedHeaders={},Signature={signature}",
            self.signed_headers()
        )
    }
}

/// The signature of a string to sign, lower-case hex.
pub(super) fn signature_of(string_to_sign: &str, secret: &SecretString) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes())
        .expect("HMAC takes a key of any length");
    mac.update(string_to_sign.as_bytes());
    hex(&mac.finalize().into_bytes())
}

/// Percent-encodes one path segment or query value.
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// The canonical query: sorted by key, values encoded; an empty value keeps its `=`.
pub fn query(parameters: &BTreeMap<String, String>) -> String {
    let pairs: Vec<_> =
        parameters.iter().map(|(key, value)| format!("{key}={}", encode(value))).collect();
    pairs.join("&")
}

/// The lower-case hex SHA-256 of some bytes.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(DIGITS[usize::from(byte >> 4)]);
        text.push(DIGITS[usize::from(byte & 15)]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_of_no_body_is_right() {
        assert_eq!(sha256_hex(b""), NO_BODY);
        assert_eq!(hex(&[0, 1, 0x9a, 0xff]), "00019aff");
    }
}
