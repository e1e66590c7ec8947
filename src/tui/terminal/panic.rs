//! What a panic does: the terminal back first, then the report, then the end.
//!
//! Also for panics in a task or a thread, which by themselves would leave the program alive and
//! painting over the shell.

use std::io::Write as _;
use std::sync::Once;
use std::thread;
use std::time::Duration;

use color_eyre::config::{HookBuilder, Theme};
use signal_hook::low_level::exit;

use super::hangup;
use crate::util::text::clean;

/// What a panicking Rust program exits with.
const PANICKED: i32 = 101;

/// How long the terminal may take over the report.
const PATIENCE: Duration = Duration::from_secs(1);

/// Installs the hook, once in the life of the program.
pub(super) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let (report, _) = HookBuilder::new()
            .theme(Theme::new())
            .panic_section("This is a mistake in savepeek itself. Your savepoints are untouched: it only reads.")
            .into_hooks();
        std::panic::set_hook(Box::new(move |info| {
            super::leave();
            // Finding the names of the functions in a backtrace can take seconds, which are not the
            // terminal's.
            let report = report.panic_report(info).to_string();
            end_although_nobody_reads();
            // A message may quote the service, whose text must not act on the terminal.
            let mut stderr = std::io::stderr().lock();
            for line in report.lines() {
                let _terminal_is_gone = writeln!(stderr, "{}", clean(line));
            }
            exit(code());
        }));
    });
}

/// Ends the program also when the terminal takes no report.
fn end_although_nobody_reads() {
    let _no_thread = thread::Builder::new().spawn(|| {
        thread::sleep(PATIENCE);
        exit(code());
    });
}

/// A terminal that has just gone away may be what the panic is about.
fn code() -> i32 {
    if hangup::has_happened() { hangup::HUNG_UP } else { PANICKED }
}

/// Panics where `SAVEPEEK_PANIC` says, `ui` or `task`: for the tests of the hook on the real
/// program. Does nothing in a release build.
pub(crate) fn on_purpose() {
    if !cfg!(debug_assertions) {
        return;
    }
    match std::env::var("SAVEPEEK_PANIC").as_deref() {
        Ok("ui") => blow_up("ui"),
        Ok("task") => drop(tokio::spawn(async { blow_up("task") })),
        _ => {}
    }
}

#[expect(clippy::panic, reason = "a panic is what is asked for")]
fn blow_up(place: &str) {
    panic!("asked to panic in the {place}");
}
