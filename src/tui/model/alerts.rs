//! Which changes the user is told of, and when.
//!
//! The row's mark and the window's title say what is so; an alert is for whoever looks elsewhere,
//! and is worth little where it comes too often. Two rules keep it rare:
//!
//! - One savepoint is told of at most once in [`MIN_ALERT_GAP`] for each [`Transition`]. What is held back
//!   is counted, and when the time is up its last change is told after all if the savepoint did
//!   not change in another way since: the last word is never lost.
//! - What changes within one round of polls rings once (see [`gather`]).

pub mod batch;

use std::time::Duration;

use indexmap::IndexMap;
use jiff::{SignedDuration, Timestamp};

use crate::config::notifications::{AlertPolicy, Notify, Transition};
use crate::domain::change::Change;
use crate::domain::savepoint::Target;
use batch::{Alert, AlertBatch};

/// The least time between two alerts about one savepoint and one kind of transition.
pub const MIN_ALERT_GAP: SignedDuration = SignedDuration::from_secs(60);

/// One change that is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeReport {
    /// What changed.
    pub change: Change,
    /// How many changes of the same kind were held back before it.
    pub held_back: u32,
    /// The state that the service named last; empty where it named none.
    pub state: String,
    /// The savepoint's description, as the service gave it.
    pub description: Option<String>,
}

/// What was told lately, and what is still to be told.
///
/// Bounded: for each savepoint at most seven windows, each forgotten when its time is up.
#[derive(Debug, Clone, Default)]
pub struct Alerts {
    /// What the user wants.
    pub policy: AlertPolicy,
    windows: IndexMap<(Target, Transition), Window>,
    gathered: AlertBatch,
}

/// The time after an alert in which no other of its kind is given.
#[derive(Debug, Clone)]
struct Window {
    opened_at: Timestamp,
    /// When the last change came, told or not.
    changed_at: Timestamp,
    held: Option<HeldBack>,
}

/// What a window holds back: how many, and the last one.
#[derive(Debug, Clone)]
struct HeldBack {
    count: u32,
    last: Change,
}

impl Window {
    fn opened(now: Timestamp, change: &Change) -> Self {
        Self { opened_at: now, changed_at: change.at, held: None }
    }

    fn is_up(&self, now: Timestamp) -> bool {
        // A clock that was set back must not make the window last for hours.
        now < self.opened_at || now >= self.ends_at()
    }

    fn ends_at(&self) -> Timestamp {
        self.opened_at.saturating_add(MIN_ALERT_GAP).unwrap_or(Timestamp::MAX)
    }
}

impl Alerts {
    /// Takes a change: how many of its kind were held back before it if it is to be told now,
    /// `None` if it is not, or not yet.
    pub fn admit(&mut self, change: &Change, now: Timestamp) -> Option<u32> {
        let kind = Transition::from_change(&change.kind)?;
        let key = (change.target.clone(), kind);
        let window = self.windows.get_mut(&key);
        if let Some(window) = window.filter(|window| !window.is_up(now)) {
            let count = window.held.take().map_or(0, |held| held.count).saturating_add(1);
            window.held = Some(HeldBack { count, last: change.clone() });
            window.changed_at = change.at;
            return None;
        }
        let before = self.windows.insert(key, Window::opened(now, change));
        let held_back = before.and_then(|window| window.held).map_or(0, |held| held.count);
        self.wants(kind).then_some(held_back)
    }

    /// Closes the windows whose time is up: the changes that are told after all, each with how
    /// many were held back before it; and how many never will be told, because the savepoint
    /// changed in another way since.
    pub fn close(&mut self, now: Timestamp) -> (Vec<(Change, u32)>, u32) {
        let (mut told, mut dropped) = (Vec::new(), 0_u32);
        let up: Vec<_> = self.windows.extract_if(.., |_, window| window.is_up(now)).collect();
        for ((target, kind), window) in &up {
            let Some(HeldBack { count, last }) = window.held.as_ref().filter(|_| self.wants(*kind))
            else {
                continue;
            };
            let others = self.windows.iter().chain(up.iter().map(|(key, window)| (key, window)));
            let mut others = others.filter(|((other, _), _)| other == target);
            if others.any(|(_, other)| other.changed_at > window.changed_at) {
                dropped = dropped.saturating_add(*count);
            } else {
                told.push((last.clone(), count - 1));
            }
        }
        for (change, _) in &told {
            if let Some(kind) = Transition::from_change(&change.kind) {
                self.windows.insert((change.target.clone(), kind), Window::opened(now, change));
            }
        }
        (told, dropped)
    }

    /// Forgets a savepoint that is no longer watched.
    pub fn forget(&mut self, target: &Target) {
        self.windows.retain(|(other, _), _| other != target);
    }

    /// Adds to what the next alert tells, which comes after `patience` counted from its first.
    pub fn gather(&mut self, news: &ChangeReport, now: Timestamp, patience: Duration) {
        if self.policy.notify != Notify::Off {
            self.gathered.add(news, now, patience);
        }
    }

    /// The alert that is due.
    pub fn ring(&mut self, now: Timestamp) -> Option<Alert> {
        self.gathered.take(now)
    }

    /// When there will be something to do although nothing happened.
    pub fn next(&self) -> Option<Timestamp> {
        let holding = self.windows.values().filter(|window| window.held.is_some());
        holding.map(Window::ends_at).chain(self.gathered.due()).min()
    }

    fn wants(&self, kind: Transition) -> bool {
        self.policy.on.contains(&kind)
    }
}

#[cfg(test)]
mod tests;
