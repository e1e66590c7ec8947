//! What goes wrong with the service when it is told to: the faults file.
//!
//! ```toml
//! [[fault]]                # of several that apply, the first one is what happens
//! kind = { status = 503 }  # see below
//! id = "79b4e2ca-..."      # only with this savepoint; without it, with all
//! operation = "ListSavepoints"   # only with this one; without it, with all
//! from = "10s"             # counted from the start; without it, from the start
//! until = "1m"             # without it, for ever
//! answers = 3              # only so many times
//! ```
//!
//! | `kind`                             | what happens                                            |
//! |------------------------------------|---------------------------------------------------------|
//! | `{ delay = "2s" }`                 | the answer is right, and late                           |
//! | `{ status = 503 }`                 | a proxy's page with this HTTP status                    |
//! | `{ error = { status = 400, code = "X", message = "x" } }` | the gateway's error with this code |
//! | `{ throttle = "4s" }`              | too many requests: come back after this wait            |
//! | `"close"`                          | the connection ends without an answer                   |
//! | `"reset"`                          | the connection is reset (TCP RST)                       |
//! | `"truncate"`                       | the connection ends in the middle of the answer         |
//! | `{ drip = "100ms" }`               | a byte of the answer, and after this pause the next one |
//! | `"huge"`                           | an answer longer than any client should read: 5 MiB     |
//! | `"garbage"`                        | bytes that are no text, with a terminal's controls      |
//! | `{ clock = "2h" }`                 | the service's clock is so far ahead, or behind: `"-2h"` |
//! | `"expired-token"`                  | the temporary identity is over, the renewed one is not  |
//! | `"disabled-key"`                   | the access key is disabled, the rotated one is not      |
//! | `"not-authorised"`                 | the identity may not do this                            |

mod active;
mod delivery;

use std::path::Path;
use std::time::Duration;

use hyper::StatusCode;
use jiff::SignedDuration;
use serde::de::{Deserialize, Deserializer, Error as _};

use super::error_response::ErrorResponse;
use super::router::Action;
use super::story::{id, length, moment};
use crate::domain::savepoint::SavepointId;
use crate::util::small_file::{self, Accept, SETTINGS};

pub(super) use active::ActiveFaults;
pub(super) use delivery::{Body, Disconnect, send};

/// Faults, read and checked; none by default.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Faults {
    #[serde(default, rename = "fault")]
    all: Vec<Fault>,
}

/// What is wrong with a faults file, with the place in it.
#[derive(Debug, thiserror::Error)]
#[error("the faults cannot be read: {0}")]
pub struct FaultsError(#[from] toml::de::Error);

/// One fault: what, with whom, and when.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Fault {
    kind: Kind,
    #[serde(default, deserialize_with = "some_id")]
    id: Option<SavepointId>,
    #[serde(default, deserialize_with = "operation")]
    operation: Option<Action>,
    #[serde(default, deserialize_with = "length")]
    from: Duration,
    #[serde(default, deserialize_with = "some_length")]
    until: Option<Duration>,
    answers: Option<u64>,
}

/// What happens.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Kind {
    Delay(#[serde(deserialize_with = "length")] Duration),
    Status(#[serde(deserialize_with = "status")] StatusCode),
    Error {
        #[serde(deserialize_with = "status")]
        status: StatusCode,
        code: String,
        message: String,
    },
    Throttle(#[serde(deserialize_with = "length")] Duration),
    Close,
    Reset,
    Truncate,
    Drip(#[serde(deserialize_with = "length")] Duration),
    Huge,
    Garbage,
    Clock(#[serde(deserialize_with = "moment")] SignedDuration),
    ExpiredToken,
    DisabledKey,
    NotAuthorised,
}

impl Faults {
    /// Reads a faults file.
    ///
    /// # Errors
    /// [`FaultsError`], with the place in the text.
    pub fn parse(text: &str) -> Result<Self, FaultsError> {
        Ok(toml::from_str(text)?)
    }

    /// Reads the file that the command line names.
    ///
    /// # Errors
    /// When it cannot be read, or is not understood: why.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = small_file::read(path, SETTINGS, Accept::Pipe).map_err(|why| why.to_string())?;
        let text =
            String::from_utf8(text).map_err(|_not_quoted| "it is no UTF-8 text".to_owned())?;
        Self::parse(&text).map_err(|error| error.to_string())
    }

    /// Whether nothing is to go wrong.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

impl Kind {
    /// The refusal that it amounts to, if it is one.
    pub(super) fn refusal(&self) -> Option<ErrorResponse> {
        match self {
            Self::Error { status, code, message } => {
                Some(ErrorResponse::gateway(*status, code.clone(), message.clone()))
            }
            Self::Throttle(wait) => Some(ErrorResponse::throttled(*wait)),
            Self::ExpiredToken => Some(ErrorResponse::token_expired()),
            Self::DisabledKey => Some(ErrorResponse::key_disabled()),
            Self::NotAuthorised => Some(ErrorResponse::not_authorised()),
            _ => None,
        }
    }
}

/// A final status: an interim one would leave the client waiting for the answer.
fn status<'de, D: Deserializer<'de>>(value: D) -> Result<StatusCode, D::Error> {
    let number = u16::deserialize(value)?;
    let status = StatusCode::from_u16(number).ok().filter(|_| (200..600).contains(&number));
    status.ok_or_else(|| D::Error::custom(format!("{number} is no status of an answer: 200-599")))
}

fn operation<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Action>, D::Error> {
    let name = String::deserialize(value)?;
    let action = Action::named(&name);
    action.map(Some).ok_or_else(|| D::Error::custom(format!("{name:?} is no operation of it")))
}

fn some_id<'de, D: Deserializer<'de>>(value: D) -> Result<Option<SavepointId>, D::Error> {
    id(value).map(Some)
}

fn some_length<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Duration>, D::Error> {
    length(value).map(Some)
}
