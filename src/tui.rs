//! The screen: the loop, the messages and effects, the model, what changes it, how it is drawn.

pub mod app;
pub mod effect;
mod frame_scheduler;
mod last_words;
pub mod message;
pub mod model;
pub mod on_change;
mod saver;
pub mod startup;
pub mod terminal;
pub mod update;
pub mod view;
