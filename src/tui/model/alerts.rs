//! Alerts: which changes to report, and when.
//!
//! The row marker and the window title show the current state; an alert is for a user who looks
//! elsewhere and must stay rare. Two rules keep it so:
//!
//! - One savepoint is reported at most once in [`MIN_ALERT_GAP`] for each [`Transition`]. Suppressed
//!   changes are counted. When the time is up, the last one is reported after all, unless the
//!   savepoint changed in another way since: the latest change is never lost.
//! - Changes within one round of polls produce one alert (see [`batch`]).

pub mod batch;

use std::time::Duration;

use indexmap::IndexMap;
use jiff::{SignedDuration, Timestamp};

use crate::config::notifications::{AlertPolicy, Notify, Transition};
use crate::domain::change::Change;
use crate::domain::savepoint::Target;
use batch::{Alert, AlertBatch};

/// Minimum time between two alerts for one savepoint and kind of transition.
pub const MIN_ALERT_GAP: SignedDuration = SignedDuration::from_secs(60);

/// A change to report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeReport {
    pub change: Change,
    /// Suppressed changes of the same kind before it.
    pub suppressed: u32,
    /// The last state from the service; empty for none.
    pub state: String,
    /// Raw description of the savepoint.
    pub description: Option<String>,
}

/// Recent and pending alerts.
///
/// Bounded: at most seven windows per savepoint, each dropped after its time.
#[derive(Debug, Clone, Default)]
pub struct Alerts {
    pub policy: AlertPolicy,
    windows: IndexMap<(Target, Transition), Window>,
    batch: AlertBatch,
}

/// Time after an alert in which further alerts of its kind are suppressed.
#[derive(Debug, Clone)]
struct Window {
    opened_at: Timestamp,
    /// Time of the last change, reported or suppressed.
    changed_at: Timestamp,
    suppressed: Option<Suppressed>,
}

/// Suppressed changes of a window: their number, and the last one.
#[derive(Debug, Clone)]
struct Suppressed {
    count: u32,
    last: Change,
}

impl Window {
    fn opened(now: Timestamp, change: &Change) -> Self {
        Self { opened_at: now, changed_at: change.at, suppressed: None }
    }

    fn is_up(&self, now: Timestamp) -> bool {
        // A clock step back must not extend the window for hours.
        now < self.opened_at || now >= self.ends_at()
    }

    fn ends_at(&self) -> Timestamp {
        self.opened_at.saturating_add(MIN_ALERT_GAP).unwrap_or(Timestamp::MAX)
    }
}

impl Alerts {
    /// Takes a change. Returns the number of suppressed changes before it if it is to be
    /// reported now; `None` if it is suppressed.
    pub fn record(&mut self, change: &Change, now: Timestamp) -> Option<u32> {
        let kind = Transition::from_change(&change.kind)?;
        let key = (change.target.clone(), kind);
        let window = self.windows.get_mut(&key);
        if let Some(window) = window.filter(|window| !window.is_up(now)) {
            let count =
                window.suppressed.take().map_or(0, |suppressed| suppressed.count).saturating_add(1);
            window.suppressed = Some(Suppressed { count, last: change.clone() });
            window.changed_at = change.at;
            return None;
        }
        let before = self.windows.insert(key, Window::opened(now, change));
        let suppressed =
            before.and_then(|window| window.suppressed).map_or(0, |suppressed| suppressed.count);
        self.wants(kind).then_some(suppressed)
    }

    /// Closes expired windows. Returns the suppressed changes to report after all, each
    /// with the number suppressed before it; and the number of dropped ones, whose
    /// savepoint changed in another way since.
    pub fn close_expired(&mut self, now: Timestamp) -> (Vec<(Change, u32)>, u32) {
        let (mut reported, mut dropped) = (Vec::new(), 0_u32);
        let up: Vec<_> = self.windows.extract_if(.., |_, window| window.is_up(now)).collect();
        for ((target, kind), window) in &up {
            let Some(Suppressed { count, last }) =
                window.suppressed.as_ref().filter(|_| self.wants(*kind))
            else {
                continue;
            };
            let others = self.windows.iter().chain(up.iter().map(|(key, window)| (key, window)));
            let mut others = others.filter(|((other, _), _)| other == target);
            if others.any(|(_, other)| other.changed_at > window.changed_at) {
                dropped = dropped.saturating_add(*count);
            } else {
                reported.push((last.clone(), count - 1));
            }
        }
        for (change, _) in &reported {
            if let Some(kind) = Transition::from_change(&change.kind) {
                self.windows.insert((change.target.clone(), kind), Window::opened(now, change));
            }
        }
        (reported, dropped)
    }

    /// Drops the windows of a savepoint.
    pub fn forget(&mut self, target: &Target) {
        self.windows.retain(|(other, _), _| other != target);
    }

    /// Adds a change to the next alert, which is due `patience` after its first change.
    pub fn add(&mut self, news: &ChangeReport, now: Timestamp, patience: Duration) {
        if self.policy.notify != Notify::Off {
            self.batch.add(news, now, patience);
        }
    }

    /// Takes the alert that is due.
    pub fn take_due(&mut self, now: Timestamp) -> Option<Alert> {
        self.batch.take(now)
    }

    /// When the next window or alert is due.
    pub fn next(&self) -> Option<Timestamp> {
        let holding = self.windows.values().filter(|window| window.suppressed.is_some());
        holding.map(Window::ends_at).chain(self.batch.due()).min()
    }

    fn wants(&self, kind: Transition) -> bool {
        self.policy.on.contains(&kind)
    }
}

#[cfg(test)]
mod tests;
