//! A program of the user's that prints credentials (`process_command`).
//!
//! The program has no terminal: stdin and stderr are null, and it runs in a session of its own
//! (see [`crate::util::subprocess`]), so a prompt on the terminal fails. No error quotes its
//! output, which may contain keys.
//!
//! The program inherits the whole environment, which it may need to find its keys. It is killed
//! when savepeek stops waiting for it, on Linux also when savepeek is killed or loses its
//! terminal. Processes that it leaves behind when it exits by itself are kept: one may be an
//! agent that holds a password.

use std::io::ErrorKind;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use tokio::io::AsyncReadExt as _;

use super::{Credentials, CredentialsError};
use crate::api::{Cause, Unreachable};
use crate::util::quote::quoted_or;
use crate::util::subprocess::{self, Group, Leftovers};
use crate::util::text;

/// The vendor SDKs' own timeout.
pub(super) const TIMEOUT: Duration = Duration::from_secs(60);

/// In bytes; output beyond it is not read.
const MAX_OUTPUT: u64 = 1 << 20;

#[derive(Deserialize)]
struct ProcessOutput {
    mode: Option<String>,
    access_key_id: Option<String>,
    access_key_secret: Option<SecretString>,
    sts_token: Option<SecretString>,
    expiration: Option<String>,
}

/// Runs the command without a shell, split into words as a shell would.
pub(super) async fn run(
    command: &SecretString,
    limit: Duration,
) -> Result<Credentials, CredentialsError> {
    let words = shlex::split(command.expose_secret()).unwrap_or_default();
    let Some((program, arguments)) = words.split_first() else {
        return Err(CredentialsError::new("process_command is no command: check its quotes"));
    };
    // This is an assignment, not a program's name, and its value may be a password.
    if program.split_once('=').is_some_and(|(name, _)| !name.contains('/')) {
        let why = "process_command begins with an assignment, which only a shell understands, and \
                   none runs it: put `env` before it, or make it a script";
        return Err(CredentialsError::new(why));
    }
    let named = quoted_or(program.rsplit('/').next().unwrap_or_default(), "process_command");
    let problem = |problem: &str| CredentialsError::new(format!("{named} {problem}"));
    let child = subprocess::command(program, Leftovers::Stay)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| problem(&format!("cannot be started: {error}")))?;
    let mut group = Group(child);
    let finished = tokio::time::timeout(limit, wait_for_output(&mut group)).await;
    let (output, status) = finished
        .map_err(|_elapsed| CredentialsError {
            cause: Cause::Unreachable(Unreachable::Timeout),
            ..problem(&format!("printed no credentials within {}", text::duration(limit)))
        })?
        .map_err(|error| problem(&format!("broke off: {error}")))?;
    if let Some(error) = subprocess::not_started(status) {
        let why = match error.kind() {
            ErrorKind::NotFound => "was not found, or something that it runs was not",
            _ => "may not be run, or something that it runs may not",
        };
        return Err(problem(why));
    }
    if !status.success() {
        return Err(problem(&format!("failed ({status}); run it by hand to see why")));
    }
    let printed: ProcessOutput = serde_json::from_slice(&output)
        .map_err(|_may_quote_it| problem("printed no JSON with credentials"))?;
    printed.credentials().map_err(|missing| problem(&format!("printed no {missing}")))
}

impl ProcessOutput {
    /// # Errors
    /// The name of the missing or invalid field.
    fn credentials(self) -> Result<Credentials, &'static str> {
        let filled = |secret: &SecretString| !secret.expose_secret().is_empty();
        let token = self.sts_token.filter(filled);
        if self.mode.as_deref() == Some("StsToken") && token.is_none() {
            return Err("sts_token");
        }
        let expires_at = self.expiration.filter(|text| !text.is_empty()).map(|text| text.parse());
        Ok(Credentials {
            access_key_id: self.access_key_id.filter(|id| !id.is_empty()).ok_or("access_key_id")?,
            access_key_secret: self.access_key_secret.filter(filled).ok_or("access_key_secret")?,
            security_token: token,
            expires_at: expires_at.transpose().map_err(|_text| "usable expiration")?,
        })
    }
}

/// Reads the program's output and waits for its exit.
async fn wait_for_output(group: &mut Group) -> std::io::Result<(Zeroizing<Vec<u8>>, ExitStatus)> {
    let mut output = Zeroizing::new(Vec::new());
    if let Some(stdout) = group.0.stdout.take() {
        stdout.take(MAX_OUTPUT).read_to_end(&mut output).await?;
    }
    Ok((output, group.0.wait().await?))
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;
    use crate::util::subprocess::probe;

    #[tokio::test(start_paused = true)]
    async fn a_program_that_times_out_is_killed_with_its_children() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("id");
        let command = format!("sh -c 'sleep 600 & echo $! > {}; wait'", file.display());
        let command = SecretString::from(command);
        let mut run = Box::pin(run(&command, Duration::from_secs(60)));
        // The program is started, and the paused clock has not yet advanced to the timeout.
        assert!((&mut run).now_or_never().is_none());
        let sleeper = probe::line(&file);
        let error = run.await.unwrap_err();
        assert_eq!(error.message, "\"sh\" printed no credentials within 1 min 00 s");
        assert_eq!(error.cause, Cause::Unreachable(Unreachable::Timeout));
        probe::wait_for_the_end_of(&sleeper);
    }
}
