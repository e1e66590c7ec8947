//! Keys, pastes and the mouse, as many at once as have come.
//!
//! A thread reads and decodes them. Standard input shares its open file with the shell, so it must
//! not be made non-blocking for an asynchronous reader.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::stdio::stdin;
use tokio::sync::mpsc;

use super::decode::Decoder;
use super::hangup;
use crate::tui::message::Input;

/// Reads taken in one batch, so that an endless stream of them cannot hold up everything else.
const BATCH: usize = 16;

/// The most bytes read at once: what a terminal holds.
const READ: usize = 4096;

/// What the terminal sends. Dropping it leaves what comes to others.
#[derive(Debug)]
pub struct Keys {
    inputs: mpsc::Receiver<Vec<Input>>,
    gate: Arc<Gate>,
}

impl Keys {
    /// Begins to read.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn open() -> io::Result<Self> {
        let (sender, inputs) = mpsc::channel(BATCH);
        let gate = Arc::new(Gate { open: Mutex::new(true), opened: Condvar::new() });
        let reader = Arc::clone(&gate);
        thread::Builder::new().name("input".into()).spawn(move || read(&reader, &sender))?;
        Ok(Self { inputs, gate })
    }

    /// Waits for input and takes all that is there: one frame answers it.
    ///
    /// Cancel safe.
    ///
    /// # Errors
    /// When the terminal cannot be read; that it went away is for [`hangup`].
    pub async fn batch(&mut self) -> io::Result<Vec<Input>> {
        let first = self.inputs.recv().await;
        let mut batch = first.ok_or(io::ErrorKind::UnexpectedEof)?;
        for _ in 1..BATCH {
            match self.inputs.try_recv() {
                Ok(more) => batch.extend(more),
                Err(_none) => break,
            }
        }
        Ok(batch)
    }

    /// Reads no more, so that the next program can. Nothing is read once this has returned.
    pub fn close(&self) {
        *self.gate.lock() = false;
    }

    /// Reads again.
    pub fn reopen(&self) {
        *self.gate.lock() = true;
        self.gate.opened.notify_one();
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.close();
    }
}

/// Whether the thread may read; locked while it does.
#[derive(Debug)]
struct Gate {
    open: Mutex<bool>,
    opened: Condvar,
}

impl Gate {
    fn lock(&self) -> MutexGuard<'_, bool> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the gate is open.
    fn pass(&self) -> MutexGuard<'_, bool> {
        let waiting = self.opened.wait_while(self.lock(), |open| !*open);
        waiting.unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads until nobody listens or the terminal cannot be read.
fn read(gate: &Gate, listener: &mpsc::Sender<Vec<Input>>) {
    let mut decoder = Decoder::default();
    let mut buffer = [0; READ];
    loop {
        let mut inputs = Vec::new();
        match comes_within(decoder.patience()) {
            Ok(false) => decoder.silence(&mut inputs),
            Ok(true) => match read_now(gate, &mut buffer) {
                Ok(count) => decoder.feed(&buffer[..count], &mut inputs),
                Err(Errno::INTR | Errno::AGAIN) => {}
                Err(_unreadable) => return,
            },
            Err(Errno::INTR) => {}
            Err(_unreadable) => return,
        }
        // Waits for a loop that is behind; meanwhile the terminal holds what comes.
        if !inputs.is_empty() && listener.blocking_send(inputs).is_err() {
            return;
        }
    }
}

/// Reads what is there, once that is allowed; none when others have read it meanwhile.
fn read_now(gate: &Gate, buffer: &mut [u8]) -> rustix::io::Result<usize> {
    let _open = gate.pass();
    if comes_within(Some(Duration::ZERO))? { rustix::io::read(stdin(), buffer) } else { Ok(0) }
}

/// Whether there is something to read, or comes to be within `limit`.
fn comes_within(limit: Option<Duration>) -> rustix::io::Result<bool> {
    let limit = limit.and_then(|limit| Timespec::try_from(limit).ok());
    let stdin = stdin();
    let mut terminal = [PollFd::new(&stdin, PollFlags::IN)];
    poll(&mut terminal, limit.as_ref())?;
    let came = terminal[0].revents();
    if came.intersects(PollFlags::HUP | PollFlags::ERR) {
        hangup::gone();
    }
    Ok(!came.is_empty())
}
