//! `savepeek demo --serve`: the service alone, and what another client needs to find it.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::net::SocketAddr;

use secrecy::ExposeSecret;

use super::{Service, Story};

/// Serves the embedded story until it is cancelled, having written the shell lines with which
/// another client reaches it.
///
/// # Errors
/// When it cannot listen there, when the lines cannot be written, or when it ended by itself.
pub async fn serve(listen: SocketAddr, out: &mut impl Write) -> io::Result<()> {
    let mut service = Service::start(listen, Story::embedded()).await?;
    out.write_all(exports(&service).as_bytes())?;
    out.flush()?;
    (&mut service.listening).await.map_err(io::Error::other)
}

/// Every value is free of quotes and spaces, but for the list of IDs.
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
    let key = service.credentials();
    let _ = write!(
        text,
        "export ALIBABA_CLOUD_ACCESS_KEY_ID={}\n\
         export ALIBABA_CLOUD_ACCESS_KEY_SECRET={}\n\
         unset ALIBABA_CLOUD_SECURITY_TOKEN\n",
        key.access_key_id,
        key.access_key_secret.expose_secret(),
    );
    let key = service.temporary_credentials();
    let token = key.security_token.as_ref().map_or("", ExposeSecret::expose_secret);
    let _ = write!(
        text,
        "# Or a temporary identity:\n\
         # export ALIBABA_CLOUD_ACCESS_KEY_ID={}\n\
         # export ALIBABA_CLOUD_ACCESS_KEY_SECRET={}\n\
         # export ALIBABA_CLOUD_SECURITY_TOKEN={token}\n",
        key.access_key_id,
        key.access_key_secret.expose_secret(),
    );
    text
}
