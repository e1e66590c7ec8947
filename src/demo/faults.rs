//! The faults file: how the service misbehaves on demand.
//!
//! ```toml
//! [[fault]]                # the first one that applies takes effect
//! kind = { status = 503 }  # see below
//! id = "79b4e2ca-..."      # only for this savepoint; default: for all
//! operation = "ListSavepoints"   # only for this one; default: for all
//! from = "10s"             # since the start; default: from the start
//! until = "1m"             # since the start; default: no end
//! answers = 3              # at most this many responses; default: no limit
//! ```
//!
//! | `kind`                             | what happens                                            |
//! |------------------------------------|---------------------------------------------------------|
//! | `{ delay = "2s" }`                 | the response is correct, and late                       |
//! | `{ status = 503 }`                 | a proxy's page with this HTTP status                    |
//! | `{ error = { status = 400, code = "X", message = "x" } }` | the gateway's error with this code |
//! | `{ throttle = "4s" }`              | too many requests: retry after this wait                |
//! | `"close"`                          | the connection closes without a response                |
//! | `"reset"`                          | the connection is reset (TCP RST)                       |
//! | `"truncate"`                       | the connection closes in the middle of the response     |
//! | `{ drip = "100ms" }`               | one byte of the response at a time, with this pause     |
//! | `"huge"`                           | a response longer than any client should read: 5 MiB    |
//! | `"garbage"`                        | bytes that are not text, with terminal control codes    |
//! | `{ clock = "2h" }`                 | the service's clock is ahead, or behind: `"-2h"`        |
//! | `"expired-token"`                  | the temporary credentials expired, the renewed ones work |
//! | `"disabled-key"`                   | the access key is disabled, the rotated one works       |
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
use crate::util::toml::{self, TomlError};

pub(super) use active::ActiveFaults;
pub(super) use delivery::{Body, Disconnect, send};

/// A parsed faults file; no faults by default.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Faults {
    #[serde(default, rename = "fault")]
    all: Vec<Fault>,
}

/// Why a faults file is invalid, with the place in it.
#[derive(Debug, thiserror::Error)]
#[error("the faults cannot be read: {0}")]
pub struct FaultsError(#[from] TomlError);

/// One fault: what happens, to which requests, and when.
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
    /// Parses the text of a faults file.
    ///
    /// # Errors
    /// [`FaultsError`], with the place in the text.
    pub fn parse(text: &str) -> Result<Self, FaultsError> {
        Ok(toml::parse(text)?)
    }

    /// Reads the file that the command line names.
    ///
    /// # Errors
    /// When the file cannot be read or parsed.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = small_file::read(path, SETTINGS, Accept::Pipe).map_err(|why| why.to_string())?;
        let text =
            String::from_utf8(text).map_err(|_not_quoted| "it is no UTF-8 text".to_owned())?;
        Self::parse(&text).map_err(|error| error.to_string())
    }

    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

impl Kind {
    /// The error response that replaces the normal one, if the fault is one.
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

/// A final status: an interim one would leave the client waiting for a response.
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
