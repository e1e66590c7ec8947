//! savepeek: a terminal inspector for Apache Flink savepoints on Alibaba Cloud Realtime Compute.
//!
//! ```text
//!    keys, paste, resize ──┐
//!    signals, hang-up ─────┤                        ┌──────────────┐
//!    clock ────────────────┼─► Message ─► update ─► │    State     │ ─► draw ─► Geometry ─┐
//!    poller events ────────┘      ▲          │      └──────────────┘                      │
//!                                 │          ▼              ▲                             │
//!                                 └──── Effect ─► world     └─────── what was measured ───┘
//! ```
//!
//! One circle, and nothing beside it: [`app`] waits for something to happen, [`update`] is the
//! only writer of the [`state`], [`view`] draws it and changes nothing, and every [`effect`] that
//! leaves the program comes back as one [`message`]. When nothing happens, nothing runs.
//!
//! | to change                                     | look at                                     |
//! |-----------------------------------------------|---------------------------------------------|
//! | what a savepoint is, what its failure means   | [`savepoint`]                               |
//! | what a deployment or a job is                 | [`deployment`], [`job`]                     |
//! | how the service is asked, what its answers mean | [`api`], [`endpoint`], [`credentials`]    |
//! | when it is asked                              | [`poller`]                                  |
//! | what a key does                               | [`keymap`] (the table), then [`update`]     |
//! | what is kept on the screen's behalf, and how far to trust it | [`state`]                    |
//! | what is followed, and what takes too long     | [`state::history`], [`state::pace`], [`state::outlook`] |
//! | how it looks                                  | [`view`] (styles: [`view::theme`], signs: [`view::glyphs`]), chosen in [`looks`] |
//! | how the terminal is taken and given back, how a copy leaves | [`terminal`]                  |
//! | what the user is told of, and how it rings    | [`state::alerts`], [`terminal::notification`], [`on_change`] |
//! | how the user's own programs are run            | [`apart`]                                   |
//! | what the program is told, and how it opens    | [`cli`], [`config`], [`environment`], [`launch`] |
//! | what is still watched after the next start    | [`watch_list`]                              |
//! | what runs without a screen                    | [`headless`], [`json`], [`manual`]          |
//! | what `doctor` examines                        | [`doctor`]                                  |
//! | what is written to a log                      | [`log`]                                     |
//! | the service that needs no account             | [`demo`]                                    |
//! | what an error may quote                    | `quote`                                     |
//! | what is hidden in foreign text              | [`redact`]                                  |
//! | words, widths, and what must not reach a terminal | [`text`]                                |
//! | what was observed, on disk and in print       | [`journal`]                                 |
//! | the time                                      | [`clock`]                                   |

pub mod apart;
pub mod api;
pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod credentials;
pub mod demo;
pub mod deployment;
pub mod doctor;
pub mod effect;
pub mod endpoint;
pub mod environment;
pub mod headless;
pub mod job;
pub mod journal;
pub mod json;
pub mod keymap;
pub mod launch;
pub mod log;
pub mod looks;
pub mod manual;
pub mod message;
pub mod on_change;
pub mod poller;
mod quote;
pub mod redact;
pub mod savepoint;
mod small_file;
pub mod state;
pub mod terminal;
pub mod text;
pub mod update;
pub mod view;
pub mod watch_list;

/// The program's version and, where that is known, the commit it was built from.
pub const VERSION: &str = env!("SAVEPEEK_VERSION");
