//! The panic hook: restores the terminal, prints the report, exits.
//!
//! It also exits after a panic in a task or thread, which would otherwise leave the program running
//! and drawing over the shell.

use std::io::Write as _;
use std::sync::Once;
use std::thread;
use std::time::Duration;

use color_eyre::config::{HookBuilder, Theme};
use signal_hook::low_level::exit;

use super::hangup;
use crate::util::text::clean;

/// The exit code of a Rust program that panics.
const PANICKED: i32 = 101;

/// How long writing the report may take.
const REPORT_TIMEOUT: Duration = Duration::from_secs(1);

/// Installs the hook once.
pub(super) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let (report, _) = HookBuilder::new()
            .theme(Theme::new())
            .panic_section("This is a mistake in savepeek itself. Your savepoints are untouched: it only reads.")
            .into_hooks();
        std::panic::set_hook(Box::new(move |info| {
            super::restore();
            // Resolving the backtrace can take seconds, which do not count against the terminal.
            let report = report.panic_report(info).to_string();
            exit_after_timeout();
            // The message may quote the service, whose text must not control the terminal.
            let mut stderr = std::io::stderr().lock();
            for line in report.lines() {
                let _closed = writeln!(stderr, "{}", clean(line));
            }
            exit(exit_code());
        }));
    });
}

/// Exits even if the terminal does not accept the report.
fn exit_after_timeout() {
    let _no_thread = thread::Builder::new().spawn(|| {
        thread::sleep(REPORT_TIMEOUT);
        exit(exit_code());
    });
}

/// A hang-up may have caused the panic; its exit code then takes precedence.
fn exit_code() -> i32 {
    if hangup::has_hung_up() { hangup::HUNG_UP } else { PANICKED }
}

/// Panics in the place that `SAVEPEEK_PANIC` names, `ui` or `task`, to test the hook in the real
/// program. Does nothing in a release build.
pub(crate) fn panic_if_requested() {
    if !cfg!(debug_assertions) {
        return;
    }
    match std::env::var("SAVEPEEK_PANIC").as_deref() {
        Ok("ui") => panic_in("ui"),
        Ok("task") => drop(tokio::spawn(async { panic_in("task") })),
        _ => {}
    }
}

#[expect(clippy::panic, reason = "panics on request")]
fn panic_in(place: &str) {
    panic!("asked to panic in the {place}");
}
