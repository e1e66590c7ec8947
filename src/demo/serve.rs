//! `savepeek demo --serve`: the service without the screen, and the variables that clients need.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::net::SocketAddr;

use secrecy::ExposeSecret;

use super::{Faults, Service, Story};
use crate::api::credentials::Credentials;

/// Writes the shell lines that point another client at the service, then serves the embedded story
/// with these faults until it is cancelled.
///
/// # Errors
/// When listening or writing fails, or when the service stops by itself.
pub async fn serve(listen: SocketAddr, faults: Faults, out: &mut impl Write) -> io::Result<()> {
    let keys_may_end = !faults.is_empty();
    let mut service = Service::start_with_faults(listen, Story::embedded(), faults).await?;
    out.write_all(exports(&service).as_bytes())?;
    if keys_may_end {
        out.write_all(replacement_keys(&service).as_bytes())?;
    }
    out.flush()?;
    (&mut service.listening).await.map_err(io::Error::other)
}

/// No value contains quotes; only the list of IDs contains spaces.
fn exports(service: &Service) -> String {
    let ids: Vec<_> = service.ids.iter().map(ToString::to_string).collect();
    let mut text = format!(
        "# The demo's service, with invented keys. Paste this into another shell; Ctrl-C ends it.\n\
         export SAVEPEEK_ENDPOINT={}\n\
         export SAVEPEEK_WORKSPACE={}\n\
         export SAVEPEEK_NAMESPACE={}\n\
         export SAVEPEEK_IDS=\"{}\"\n",
        service.endpoint().as_str(),
        service.workspace(),
        service.namespace(),
        ids.join(" "),
    );
    let KeyText { id, secret, .. } = key_text(&service.credentials());
    let _ = write!(
        text,
        "export ALIBABA_CLOUD_ACCESS_KEY_ID={id}\n\
         export ALIBABA_CLOUD_ACCESS_KEY_SECRET={secret}\n\
         unset ALIBABA_CLOUD_SECURITY_TOKEN\n",
    );
    let KeyText { id, secret, token } = key_text(&service.temporary_credentials());
    let _ = write!(
        text,
        "# Or a temporary identity:\n\
         # export ALIBABA_CLOUD_ACCESS_KEY_ID={id}\n\
         # export ALIBABA_CLOUD_ACCESS_KEY_SECRET={secret}\n\
         # export ALIBABA_CLOUD_SECURITY_TOKEN={token}\n",
    );
    text
}

/// The keys that replace those that a fault disables or expires.
fn replacement_keys(service: &Service) -> String {
    let rotated = key_text(&service.rotated_credentials());
    let renewed = key_text(&service.renewed_credentials());
    format!(
        "# After disabled-key: {} {}\n# After expired-token: {} {} {}\n",
        rotated.id, rotated.secret, renewed.id, renewed.secret, renewed.token
    )
}

/// Credentials as plain text: the demo's keys are public.
struct KeyText {
    id: String,
    secret: String,
    token: String,
}

fn key_text(key: &Credentials) -> KeyText {
    let token = key.security_token.as_ref().map_or("", ExposeSecret::expose_secret);
    KeyText {
        id: key.access_key_id.clone(),
        secret: key.access_key_secret.expose_secret().to_owned(),
        token: token.to_owned(),
    }
}
