//! The limit of one identity at one service: requests per second, and requests in flight. Queues
//! with the same identity share it, because the service counts by identity.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::Settings;

#[derive(Debug, Default)]
pub(super) struct Limit {
    /// Start times of the last requests, at most [`Settings::burst`] of them: they keep the rate.
    started: VecDeque<Instant>,
    /// How many slots are in use.
    pub(super) in_use: usize,
    /// How many of those background queries use.
    pub(super) background_in_use: usize,
    /// Only manual refreshes are due before this time.
    pub(super) held_until: Option<Instant>,
}

impl Limit {
    /// Records the start of a request, which takes a slot.
    pub(super) fn start(&mut self, settings: &Settings, now: Instant, is_background: bool) {
        self.acquire(1, is_background);
        self.started.push_back(now);
        self.trim(settings);
    }

    pub(super) fn acquire(&mut self, slots: usize, is_background: bool) {
        self.in_use += slots;
        self.background_in_use += if is_background { slots } else { 0 };
    }

    pub(super) fn release(&mut self, slots: usize, is_background: bool) {
        self.in_use -= slots;
        self.background_in_use -= if is_background { slots } else { 0 };
    }

    /// Whether a background query may take another slot. The savepoints keep the rest, even
    /// when background requests hang.
    pub(super) fn has_background_slot(&self, settings: &Settings) -> bool {
        self.background_in_use < (settings.concurrency / 2).max(1)
    }

    pub(super) fn after_hold(&self, due: Instant) -> Instant {
        self.held_until.map_or(due, |until| due.max(until))
    }

    /// Returns the earliest time at which the rate allows a request; `None` means now.
    pub(super) fn next_allowed(&self, settings: &Settings) -> Option<Instant> {
        let burst = settings.burst();
        let first = self.started.front().filter(|_| self.started.len() == usize::from(burst))?;
        Some(*first + Duration::from_secs_f64(f64::from(burst) / settings.rate))
    }

    /// Adds the history and the wait of another limit, which the same identity used until now.
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
