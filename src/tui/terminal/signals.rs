//! Handles signals on a separate thread, so that a blocked event loop cannot prevent the exit.

use std::io;
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::iterator::Signals;
use signal_hook::low_level::exit;
use tokio::sync::mpsc;

/// How long the event loop has to exit after a fatal signal.
const GRACE: Duration = Duration::from_secs(1);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// The window was resized (SIGWINCH).
    Resize,
    /// Stop, as Ctrl-Z does (SIGTSTP).
    Stop,
    /// Exit with this code: 128 plus the signal's number.
    Exit(u8),
}

/// Listens to the signals that concern a screen. If the program still runs a second after
/// [`Signal::Exit`], the thread exits it.
pub fn watch() -> io::Result<mpsc::Receiver<Signal>> {
    listen(&[SIGTERM, SIGINT, SIGHUP, SIGTSTP, SIGWINCH])
}

/// Listens to the signals that concern a program without a screen; SIGHUP and SIGTSTP
/// keep their default actions.
pub fn watch_headless() -> io::Result<mpsc::Receiver<Signal>> {
    listen(&[SIGTERM, SIGINT])
}

fn listen(signals: &[i32]) -> io::Result<mpsc::Receiver<Signal>> {
    let mut signals = Signals::new(signals)?;
    let (sender, receiver) = mpsc::channel(4);
    thread::Builder::new().name("signals".into()).spawn(move || {
        // A full channel loses nothing: the loop reads the size after any of these, and a loop that
        // does not exit in time is exited below.
        for signal in signals.forever() {
            if let Some(signal) = non_fatal(signal) {
                let _full = sender.try_send(signal);
                continue;
            }
            let code = 128 + signal;
            let _full = sender.try_send(Signal::Exit(u8::try_from(code).unwrap_or(u8::MAX)));
            thread::sleep(GRACE);
            super::restore();
            exit(code);
        }
    })?;
    Ok(receiver)
}

fn non_fatal(signal: i32) -> Option<Signal> {
    match signal {
        SIGWINCH => Some(Signal::Resize),
        SIGTSTP => Some(Signal::Stop),
        _ => None,
    }
}
