//! Journeys through the program without terminal, network and disk: messages in, effects and frames
//! out.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod alerts;
mod appearance;
mod bounds;
mod changes;
mod clock;
mod contexts;
mod copying;
mod ends_of_time;
mod entry;
mod failures;
mod following;
mod glance;
mod harness;
mod hostile;
mod identity;
mod journal;
mod metadata;
mod mouse;
mod never_panics;
mod overdue;
mod picker;
mod places;
mod rebinding;
mod saving;
mod sizes;
mod trust;
mod watching;
