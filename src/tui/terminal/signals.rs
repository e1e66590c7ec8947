//! Signals, on a thread of their own: a loop that is blocked, by whatever mistake, would never come
//! to take one.

use std::io;
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::iterator::Signals;
use signal_hook::low_level::exit;
use tokio::sync::mpsc;

/// How long the loop has to leave by itself.
const GRACE: Duration = Duration::from_secs(1);

/// What the loop is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// The window has another size (SIGWINCH).
    Resize,
    /// Stop, as Ctrl-Z does (SIGTSTP).
    Stop,
    /// Leave with this exit code: 128 and the signal's number.
    Leave(u8),
}

/// Begins to listen to all that concerns a screen. Whoever ignores [`Signal::Leave`] is left
/// behind after a second.
pub fn watch() -> io::Result<mpsc::Receiver<Signal>> {
    listen(&[SIGTERM, SIGINT, SIGHUP, SIGTSTP, SIGWINCH])
}

/// The same without a screen: what stops the job or takes its terminal away does its usual work.
pub fn watch_headless() -> io::Result<mpsc::Receiver<Signal>> {
    listen(&[SIGTERM, SIGINT])
}

fn listen(signals: &[i32]) -> io::Result<mpsc::Receiver<Signal>> {
    let mut signals = Signals::new(signals)?;
    let (sender, receiver) = mpsc::channel(4);
    thread::Builder::new().name("signals".into()).spawn(move || {
        // A full channel loses nothing: after each of these the loop looks for the size anew, and
        // a loop that far behind is stopped already, or overtaken.
        for signal in signals.forever() {
            if let Some(told) = without_end(signal) {
                let _full = sender.try_send(told);
                continue;
            }
            let code = 128 + signal;
            let _full = sender.try_send(Signal::Leave(u8::try_from(code).unwrap_or(u8::MAX)));
            thread::sleep(GRACE);
            super::leave();
            exit(code);
        }
    })?;
    Ok(receiver)
}

/// What a signal says that does not end the program.
fn without_end(signal: i32) -> Option<Signal> {
    match signal {
        SIGWINCH => Some(Signal::Resize),
        SIGTSTP => Some(Signal::Stop),
        _ => None,
    }
}
