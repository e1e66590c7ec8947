//! The client: one method an operation, deadlines, a size limit, typed errors. It knows no screen
//! and holds no call that changes anything.

pub mod error;
pub mod sign;
pub mod wire;

use std::time::Duration;

use jiff::SignedDuration;

pub use error::{Cause, Error, Retry, Unreachable};

use crate::credentials::Chain;
use crate::savepoint::{Savepoint, Target};

/// The service's answer for one savepoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What the answer says, as far as we understand it.
    pub savepoint: Savepoint,
    /// The answer's `data`, verbatim JSON.
    pub data: Box<str>,
    /// `requestId`, or the header `x-acs-request-id`.
    pub request_id: Option<String>,
    /// From sending to the last byte.
    pub round_trip: Duration,
    /// By how much this machine's clock is being corrected, if the service refused it as it was.
    pub clock_correction: Option<SignedDuration>,
}

/// How the client behaves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The deadline of a whole request.
    pub timeout: Duration,
}

/// Asks the service; one for the life of the program.
#[derive(Debug)]
pub struct Client {
    settings: Settings,
    chain: Chain,
}

impl Client {
    /// A client that will send as the first identity the chain provides.
    pub fn new(settings: Settings, chain: Chain) -> Self {
        Self { settings, chain }
    }

    /// `GetSavepoint`.
    ///
    /// # Errors
    /// [`Error`]; a wrong clock and an expired token have already been tried once more.
    pub async fn get_savepoint(&self, target: &Target) -> Result<Answer, Error> {
        let _ = (target, &self.settings, &self.chain);
        Err(Error::local(Cause::NoCredentials, ""))
    }
}
