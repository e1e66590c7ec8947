//! What one identity may ask of one service: so many requests a second, and so many at once. Lines
//! that turn out to be asked as the same identity share it, because the service counts by identity.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::Settings;

/// One limit.
#[derive(Debug, Default)]
pub(super) struct Limit {
    /// When the last requests started, as many as may start together: what keeps the rate.
    started: VecDeque<Instant>,
    /// How many slots are taken.
    pub(super) in_use: usize,
    /// How many of those what only helps has taken.
    pub(super) background_in_use: usize,
    /// Nothing is due before, unless by hand.
    pub(super) held_until: Option<Instant>,
}

impl Limit {
    /// Notes that a request started, which takes a slot.
    pub(super) fn start(&mut self, settings: &Settings, now: Instant, is_background: bool) {
        self.acquire(1, is_background);
        self.started.push_back(now);
        self.trim(settings);
    }

    /// Takes slots.
    pub(super) fn acquire(&mut self, slots: usize, is_background: bool) {
        self.in_use += slots;
        self.background_in_use += if is_background { slots } else { 0 };
    }

    /// Gives slots back.
    pub(super) fn release(&mut self, slots: usize, is_background: bool) {
        self.in_use -= slots;
        self.background_in_use -= if is_background { slots } else { 0 };
    }

    /// Whether what only helps may take another slot: one that hangs leaves the savepoints theirs.
    pub(super) fn has_background_slot(&self, settings: &Settings) -> bool {
        self.background_in_use < (settings.concurrency / 2).max(1)
    }

    pub(super) fn after_hold(&self, due: Instant) -> Instant {
        self.held_until.map_or(due, |until| due.max(until))
    }

    /// Before when the rate allows no further request.
    pub(super) fn next_allowed(&self, settings: &Settings) -> Option<Instant> {
        let burst = settings.burst();
        let first = self.started.front().filter(|_| self.started.len() == usize::from(burst))?;
        Some(*first + Duration::from_secs_f64(f64::from(burst) / settings.rate))
    }

    /// Keeps to what another one, under which the same identity asked, has to keep to.
    pub(super) fn merge(&mut self, settings: &Settings, other: &Self) {
        let mut started: Vec<_> = self.started.iter().chain(&other.started).copied().collect();
        started.sort_unstable();
        self.started = started.into();
        self.trim(settings);
        self.held_until = self.held_until.max(other.held_until);
    }

    fn trim(&mut self, settings: &Settings) {
        let surplus = self.started.len().saturating_sub(usize::from(settings.burst()));
        self.started.drain(..surplus);
    }
}
