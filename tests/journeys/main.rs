//! Journeys through the program without a world: messages in, state, effects and frames out.

mod copying;
mod entry;
mod failures;
mod never_panics;
mod sizes;
mod stage;
mod trust;
mod watching;
