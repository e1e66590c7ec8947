//! What `get`, `wait`, `list` and `latest` request, and the result for one savepoint.

use std::io::{self, BufRead};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Error, Output};
use crate::api::{self, Answer, Cause, Unreachable};
use crate::config::{self, Config};
use crate::domain::savepoint::{InvalidName, Place, SavepointId, Target};
use crate::poller::{self, Poll};
use crate::util::text;

/// The default timeout of a list page, and of a `get` beyond what the rate limit needs.
pub(super) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Debug, Clone)]
pub struct Request {
    pub(super) place: Place,
    pub(super) ids: Vec<String>,
    pub(super) output: Output,
    /// The zone of the times in a table.
    pub(super) zone: TimeZone,
    pub(super) poller: poller::Settings,
    pub(super) timeout_total: Option<Duration>,
}

/// The last result for one savepoint.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) result: Result<Answer, api::Error>,
    /// `None` if no response came.
    pub(super) received_at: Option<Timestamp>,
}

impl From<Poll> for Fetched {
    fn from(poll: Poll) -> Self {
        Self { result: poll.result, received_at: Some(poll.received_at) }
    }
}

impl From<InvalidName> for Fetched {
    fn from(why: InvalidName) -> Self {
        Self { result: Err(invalid_id(&why)), received_at: None }
    }
}

pub(super) fn invalid_id(why: &InvalidName) -> api::Error {
    api::Error::local(Cause::InvalidId, why.to_string())
}

impl Request {
    /// # Errors
    /// When the configuration leaves the place open, or names an invalid one.
    pub fn new(
        config: Config,
        output: Output,
        timeout_total: Option<Duration>,
    ) -> Result<Self, config::Error> {
        Ok(Self {
            place: config.place.complete()?,
            ids: config.ids,
            output,
            zone: config.options.time_zone(),
            poller: config.options.poller(),
            timeout_total,
        })
    }

    /// Replaces each `-` among the IDs by the IDs on standard input.
    ///
    /// # Errors
    /// When no ID is left: a script must not go on as if all were well.
    pub(super) fn read_stdin_ids(&mut self) -> Result<(), Error> {
        match self.read_ids(io::stdin().lock()).map_err(Error::Input)? {
            0 => Err(Error::NoIds),
            _ => Ok(()),
        }
    }

    /// Replaces each `-` among the IDs by the non-blank lines of `input`. Returns
    /// the number of IDs.
    pub(super) fn read_ids(&mut self, input: impl BufRead) -> io::Result<usize> {
        let mut lines = input.lines();
        let mut ids = Vec::with_capacity(self.ids.len());
        for id in self.ids.drain(..) {
            if id != "-" {
                ids.push(id);
                continue;
            }
            for line in lines.by_ref() {
                let line = line?;
                if !line.trim().is_empty() {
                    ids.push(line);
                }
            }
        }
        self.ids = ids;
        Ok(self.ids.len())
    }

    pub(super) fn timeout(&self) -> Duration {
        self.timeout_total.unwrap_or_else(|| {
            let requests = f64::from(u32::try_from(self.ids.len()).unwrap_or(u32::MAX));
            DEFAULT_TIMEOUT + Duration::from_secs_f64(requests / self.poller.rate)
        })
    }

    pub(super) fn target(&self, id: &str) -> Result<Target, InvalidName> {
        Ok(Target { place: self.place.clone(), id: SavepointId::new(id)? })
    }
}

pub(super) fn too_late(timeout: Duration) -> api::Error {
    let message = format!("not within {} in all", text::duration(timeout));
    api::Error::local(Cause::Unreachable(Unreachable::Timeout), message)
}
