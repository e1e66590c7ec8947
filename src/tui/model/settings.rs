//! Settings fixed at startup.

use std::time::Duration;

use jiff::tz::TimeZone;

use crate::config::appearance::Glyphs;
use crate::config::appearance::Theme;
use crate::config::columns::ListColumn;
use crate::config::context::Context;
use crate::config::keymap::Keymap;
use crate::domain::deployment::DEFAULT_NEWEST;
use crate::{api, poller};

#[derive(Debug, Clone)]
pub struct Settings {
    /// Time between two polls of a savepoint that can still change.
    pub interval: Duration,
    /// Time between two polls of a final savepoint.
    pub recheck: Duration,
    /// Requests per second, for each endpoint and identity.
    pub rate: f64,
    /// Maximum requests in flight, for each endpoint and identity.
    pub concurrency: usize,
    /// Timeout of one request.
    pub timeout: Duration,
    /// Whether plain `http` endpoints are allowed.
    pub allow_http: bool,
    pub zone: TimeZone,
    pub theme: Theme,
    pub keys: Keymap,
    /// Number of newest savepoints shown of a followed deployment.
    pub newest: usize,
    pub columns: Vec<ListColumn>,
    pub contexts: Vec<Context>,
    pub glyphs: Glyphs,
}

impl Default for Settings {
    /// Defaults of the poller and the client, in UTC.
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
