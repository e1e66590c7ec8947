//! Reads keys, pastes and mouse events in batches.
//!
//! A thread reads and decodes them. Standard input shares its open file description with the shell,
//! so it must not be made non-blocking for an asynchronous reader.

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

/// The most reads in one batch, so that an endless stream of input cannot starve everything else.
const MAX_BATCH: usize = 16;

/// The most bytes in one read: the size of the kernel's terminal buffer.
const READ_BYTES: usize = 4096;

/// Receives terminal input from the reader thread. Dropping it stops the reading.
#[derive(Debug)]
pub struct InputReader {
    inputs: mpsc::Receiver<Vec<Input>>,
    gate: Arc<Gate>,
}

impl InputReader {
    /// Starts the reader thread.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn open() -> io::Result<Self> {
        let (sender, inputs) = mpsc::channel(MAX_BATCH);
        let gate = Arc::new(Gate { open: Mutex::new(true), opened: Condvar::new() });
        let reader = Arc::clone(&gate);
        thread::Builder::new().name("input".into()).spawn(move || read(&reader, &sender))?;
        Ok(Self { inputs, gate })
    }

    /// Waits for input and returns all that is available, so that one frame answers it. Cancel safe.
    ///
    /// # Errors
    /// When the terminal cannot be read. A hang-up exits the program instead, see [`hangup`].
    pub async fn next_batch(&mut self) -> io::Result<Vec<Input>> {
        let first = self.inputs.recv().await;
        let mut batch = first.ok_or(io::ErrorKind::UnexpectedEof)?;
        for _ in 1..MAX_BATCH {
            match self.inputs.try_recv() {
                Ok(more) => batch.extend(more),
                Err(_none) => break,
            }
        }
        Ok(batch)
    }

    /// Stops reading, so that the next program can read. Nothing is read once this has returned.
    pub fn close(&self) {
        *self.gate.lock() = false;
    }

    pub fn reopen(&self) {
        *self.gate.lock() = true;
        self.gate.opened.notify_one();
    }
}

impl Drop for InputReader {
    fn drop(&mut self) {
        self.close();
    }
}

/// Whether the thread may read; the thread holds the lock while it reads.
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

/// The reader thread: ends when the receiver is dropped or the terminal cannot be read.
fn read(gate: &Gate, sender: &mpsc::Sender<Vec<Input>>) {
    let mut decoder = Decoder::default();
    let mut buffer = [0; READ_BYTES];
    loop {
        let mut inputs = Vec::new();
        match poll_stdin(decoder.timeout()) {
            Ok(false) => decoder.on_timeout(&mut inputs),
            Ok(true) => match read_now(gate, &mut buffer) {
                Ok(count) => decoder.feed(&buffer[..count], &mut inputs),
                Err(Errno::INTR | Errno::AGAIN) => {}
                Err(_unreadable) => return,
            },
            Err(Errno::INTR) => {}
            Err(_unreadable) => return,
        }
        // Blocks while the channel is full; the terminal buffers further input meanwhile.
        if !inputs.is_empty() && sender.blocking_send(inputs).is_err() {
            return;
        }
    }
}

/// Reads what is available once the gate is open; 0 bytes if another process has read them.
fn read_now(gate: &Gate, buffer: &mut [u8]) -> rustix::io::Result<usize> {
    let _open = gate.pass();
    if poll_stdin(Some(Duration::ZERO))? { rustix::io::read(stdin(), buffer) } else { Ok(0) }
}

/// Whether standard input becomes readable within `limit`.
fn poll_stdin(limit: Option<Duration>) -> rustix::io::Result<bool> {
    let limit = limit.and_then(|limit| Timespec::try_from(limit).ok());
    let stdin = stdin();
    let mut terminal = [PollFd::new(&stdin, PollFlags::IN)];
    poll(&mut terminal, limit.as_ref())?;
    let events = terminal[0].revents();
    if events.intersects(PollFlags::HUP | PollFlags::ERR) {
        hangup::exit_hung_up();
    }
    Ok(!events.is_empty())
}
