//! savepeek: a terminal inspector for Apache Flink savepoints on Alibaba Cloud Realtime Compute.
//!
//! ```text
//!    keys, paste, resize ──┐
//!    signals, hang-up ─────┤                        ┌──────────────┐
//!    clock ────────────────┼─► Message ─► update ─► │    State     │ ─► draw ─► Geometry ─┐
//!    poller events ────────┘      ▲          │      └──────────────┘                      │
//!                                 │          ▼              ▲                             │
//!                                 └──── Effect ─► world     └───────── hit areas, sizes ──┘
//! ```
//!
//! One loop: [`tui::app`] waits for an event, [`tui::update`] is the only writer of the state in
//! [`tui::model`], [`tui::view`] draws it and changes nothing, and the result of every
//! [`tui::effect`] comes back as a [`tui::message`]. When nothing happens, nothing runs. Each update
//! says with `Redraw` whether a frame is needed; `tui/frame_scheduler.rs` decides when it is drawn,
//! and `State::next_tick` when time alone changes the picture.
//!
//! # Layers
//!
//! A folder may use the folders below it in this table, never one above it. `tests/layers.rs` reads
//! the table and fails where an import points up.
//!
//! | layer | holds | may use |
//! |---|---|---|
//! | [`commands`] | one file or folder for each command: its arguments and its `run` | all below |
//! | [`tui`] | the screen: the loop, messages and effects, the model, `update`, the view, the terminal, hooks | all below |
//! | [`demo`] | the embedded service with invented savepoints | all below |
//! | [`config`] | the file, and how flags, environment, contexts and profile become one `Config`; the keymap, the appearance | all below |
//! | [`storage`] | files that outlive the program: the watch list, the journal | all below |
//! | [`poller`] | when to send a request: schedule, rate limit, backoff | all below |
//! | [`api`] | the client: signing, HTTP, decoding, errors; where credentials come from | all below |
//! | [`domain`] | savepoint, deployment, job, endpoint, changes of state, durations, failure hints; a place is an endpoint, a workspace, a namespace and a profile | `util` |
//! | [`util`] | text, JSON, the clock, the environment, small files, subprocesses, the log | nothing |
//!
//! # Three walks
//!
//! - *A poll response.* `api/http.rs` reads it, `api/response.rs` decodes it, `poller/task.rs`
//!   schedules the next request and sends an event, `tui/app.rs` turns it into a `Message`,
//!   `tui/update/poll.rs` stores it in a feed of `tui/model/feed.rs`, `tui/model/derived.rs`
//!   recomputes order and counts, `tui/view/list.rs` and `tui/view/detail.rs` draw it.
//! - *A key.* `tui/terminal/input.rs` reads it, `tui/update.rs` finds its action in the keymap
//!   (`config/keymap/effective.rs`), `tui/update/browse.rs` (or the file of the dialog that is open)
//!   changes the model and returns an `Effect`, `tui/app/effects.rs` performs it, for instance by a
//!   command to `poller/task.rs`.
//! - *A flag.* `config/flags.rs` declares its name, which is also its key in the file, and its
//!   default. `config/options.rs` resolves flag, variable and file (`config/layers.rs`),
//!   `tui/startup.rs` passes the value to the one struct that uses it, for instance
//!   `poller::Settings`.

pub mod api;
pub mod commands;
pub mod config;
pub mod demo;
pub mod domain;
pub mod poller;
pub mod storage;
pub mod tui;
pub mod util;

/// The program's version and, if known, the commit it was built from.
pub const VERSION: &str = env!("SAVEPEEK_VERSION");
