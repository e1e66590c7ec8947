//! The screen: the event loop, messages and effects, the model, its updates, the view.

pub mod app;
pub mod effect;
mod exit_report;
mod frame_scheduler;
pub mod message;
pub mod model;
pub mod on_change;
pub mod startup;
pub mod terminal;
pub mod update;
pub mod view;
mod watch_list_writer;
