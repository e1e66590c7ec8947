//! The real binary in a real terminal: input, output, and every way to end.

#[path = "../support/mod.rs"]
mod support;

mod alerts;
mod copy;
mod ends;
mod frozen;
mod named;
mod screen;
mod stopped;
mod subprocesses;
mod suspend;
mod typing;
mod wait;
