//! What was decided before the program began.

use std::time::Duration;

use jiff::tz::TimeZone;

use crate::config::appearance::Glyphs;
use crate::config::appearance::Theme;
use crate::config::columns::ListColumn;
use crate::config::context::Context;
use crate::config::keymap::Keymap;
use crate::domain::deployment::DEFAULT_NEWEST;
use crate::{api, poller};

/// What does not change while the program runs.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Between two polls of a savepoint that can still change.
    pub interval: Duration,
    /// Between two polls of a final one.
    pub recheck: Duration,
    /// Requests started a second, for each service and identity.
    pub rate: f64,
    /// How many requests may be under way at once, for each service and identity.
    pub concurrency: usize,
    /// The deadline of one request.
    pub timeout: Duration,
    /// Whether endpoints may be plain `http`.
    pub allow_http: bool,
    /// The time zone of this machine.
    pub zone: TimeZone,
    /// How meanings look.
    pub theme: Theme,
    /// Which key does what.
    pub keys: Keymap,
    /// How many of the newest savepoints of a followed deployment are watched.
    pub newest: usize,
    /// The columns of the list, from left to right.
    pub columns: Vec<ListColumn>,
    /// The places that have a name.
    pub contexts: Vec<Context>,
    /// What they are drawn with.
    pub glyphs: Glyphs,
}

impl Default for Settings {
    /// Those of the poller and the client, in UTC.
    fn default() -> Self {
        let poller::Settings { interval, recheck, rate, concurrency } = poller::Settings::default();
        Self {
            interval,
            recheck,
            rate,
            concurrency,
            timeout: api::Settings::default().timeout,
            allow_http: false,
            zone: TimeZone::UTC,
            keys: Keymap::default(),
            newest: DEFAULT_NEWEST,
            columns: ListColumn::ALL.to_vec(),
            contexts: Vec::new(),
            theme: Theme::default(),
            glyphs: Glyphs::default(),
        }
    }
}
