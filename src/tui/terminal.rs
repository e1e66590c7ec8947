//! The terminal: [`Screen`] acquires it and always restores it.
//!
//! Nothing here queries the terminal (cursor, colours, version): a terminal that does not reply
//! would delay the first frame, and the reply would arrive among the keys. Nothing here blocks on a
//! terminal that accepts no bytes, except for `RESTORE_TIMEOUT` at the end.

pub mod clipboard;
pub mod decode;
mod diff_backend;
pub mod hangup;
pub mod input;
pub mod job_control;
pub mod multiplexer;
pub mod notification;
pub mod panic;
pub mod signals;
mod title;
mod tty;
mod writer;

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crossterm::{cursor, event, queue, style, terminal as mode};
use ratatui::layout::Rect;
use ratatui::{Frame, Terminal};

use diff_backend::DiffBackend;
use tty::Tty;
use writer::TerminalWriter;

/// Whether the terminal is in raw mode on the alternate screen. Global, because the panic hook and
/// the signal thread must restore it without access to the [`Screen`].
static ACQUIRED: AtomicBool = AtomicBool::new(false);

/// Whether the window title is ours and the terminal has saved the user's.
static TITLE_SET: AtomicBool = AtomicBool::new(false);

/// Why there is no screen to draw on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Names the stream that is not a terminal.
    #[error(
        "the screen needs a terminal, and {0} is not one; to print savepoints use: savepeek get"
    )]
    NotATerminal(&'static str),
    /// The value of `TERM` names a terminal without cursor movement.
    #[error(
        "the screen needs a terminal whose cursor can be moved, and TERM is {0}; what works here: savepeek get, savepeek wait, savepeek journal"
    )]
    Dumb(&'static str),
    /// A system call on the terminal, or starting one of its threads, failed.
    #[error("the terminal cannot be used: {0}")]
    Unusable(#[from] io::Error),
}

/// Whether to capture the mouse while the terminal is acquired.
static MOUSE: AtomicBool = AtomicBool::new(false);

/// How long a terminal that accepts no bytes may delay the exit. After that the program exits
/// without restoring the screen.
const RESTORE_TIMEOUT: Duration = Duration::from_millis(200);

/// CAN aborts a control sequence or string that was sent in part.
const CANCEL: u8 = 0x18;

/// Reports buttons and the wheel, in SGR encoding. Not crossterm's `EnableMouseCapture`, which also
/// reports every movement: each would wake the program.
const MOUSE_ON: &[u8] = b"\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &[u8] = b"\x1b[?1006l\x1b[?1000l";

/// Checks that standard input and output are a terminal that can be drawn on; changes nothing.
///
/// # Errors
/// [`Error::NotATerminal`] and [`Error::Dumb`].
pub fn check() -> Result<(), Error> {
    if !io::stdin().is_terminal() {
        return Err(Error::NotATerminal("standard input"));
    }
    if !io::stdout().is_terminal() {
        return Err(Error::NotATerminal("standard output"));
    }
    match std::env::var_os("TERM") {
        Some(term) if term == "dumb" => Err(Error::Dumb("dumb")),
        Some(term) if !term.is_empty() => Ok(()),
        _ => Err(Error::Dumb("not set")),
    }
}

/// The acquired terminal. Dropping it restores the terminal.
#[derive(Debug)]
pub struct Screen {
    terminal: Terminal<DiffBackend<TerminalWriter<Tty>>>,
    /// Whether the next frame repaints every cell.
    repaint: bool,
    /// The title last sent to the window.
    title: Option<String>,
}

impl Screen {
    /// Acquires the terminal, and the mouse if `mouse` is set. From here on a panic in any thread
    /// restores the terminal and exits.
    ///
    /// # Errors
    /// Those of [`check`], before anything was changed.
    pub fn enter(mouse: bool) -> Result<Self, Error> {
        check()?;
        panic::install();
        MOUSE.store(mouse, Ordering::SeqCst);
        // With NO_COLOR crossterm replaces each colour by a full reset, which also clears bold and
        // reversed. The theme leaves colours out instead.
        style::force_color_output(true);
        Ok(Self { terminal: acquire()?, repaint: false, title: None })
    }

    /// Whether the terminal has not accepted all bytes yet. Draw no frame then: the one
    /// after [`drained`](Self::drained) shows everything.
    pub fn is_blocked(&mut self) -> bool {
        self.writer().is_blocked()
    }

    /// Waits until the terminal has accepted all bytes. Cancel safe.
    pub async fn drained(&mut self) -> io::Result<()> {
        self.writer().drained().await
    }

    /// Draws one frame in one write, or in none if it equals the previous frame.
    pub fn draw(&mut self, view: impl FnOnce(&mut Frame)) -> io::Result<()> {
        if std::mem::take(&mut self.repaint) {
            // Not `Terminal::clear`, which queries the cursor position.
            let size = tty::size()?;
            self.terminal.resize(Rect::new(0, 0, size.width, size.height))?;
        }
        self.terminal.draw(view).map(drop)
    }

    /// Makes the next frame repaint every cell.
    pub fn repaint(&mut self) {
        self.repaint = true;
    }

    /// Sets the window title where the terminal supports one. Writes nothing if it is unchanged.
    pub fn title(&mut self, title: &str) -> io::Result<()> {
        if !TITLE_SET.load(Ordering::SeqCst) || self.title.as_deref() == Some(title) {
            return Ok(());
        }
        self.title = Some(title.to_owned());
        self.writer().write_all(title::sequence(title).as_bytes())
    }

    /// Sends a clipboard sequence. While the terminal is blocked only the latest is kept.
    pub fn copy(&mut self, bytes: Vec<u8>) -> io::Result<()> {
        self.writer().copy(bytes)
    }

    /// Sends a bell or notification. While the terminal is blocked only the latest is kept.
    pub fn alert(&mut self, bytes: Vec<u8>) -> io::Result<()> {
        self.writer().alert(bytes)
    }

    /// Restores the terminal, calls `stop`, and acquires the terminal again once it returns.
    pub fn suspend(&mut self, stop: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        restore();
        let stopped = stop();
        self.terminal = acquire()?;
        self.title = None;
        stopped
    }

    fn writer(&mut self) -> &mut TerminalWriter<Tty> {
        self.terminal.backend_mut().out()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

/// Sets the terminal modes; the screen is empty and the cursor hidden afterwards.
fn acquire() -> io::Result<Terminal<DiffBackend<TerminalWriter<Tty>>>> {
    ACQUIRED.store(true, Ordering::SeqCst);
    let mut writer = TerminalWriter::new(Tty::open());
    enter_modes(&mut writer)
        .and_then(|()| Terminal::new(DiffBackend::new(writer)))
        .inspect_err(|_| restore())
}

fn enter_modes(writer: &mut TerminalWriter<Tty>) -> io::Result<()> {
    mode::enable_raw_mode()?;
    let mut bytes = Vec::new();
    if title::supports_osc(|name| std::env::var_os(name)) {
        TITLE_SET.store(true, Ordering::SeqCst);
        bytes.extend_from_slice(title::SAVE.as_bytes());
    }
    queue!(
        bytes,
        mode::EnterAlternateScreen,
        // For terminals without an alternate screen.
        mode::Clear(mode::ClearType::All),
        event::EnableBracketedPaste,
        cursor::Hide,
    )?;
    if MOUSE.load(Ordering::SeqCst) {
        bytes.extend_from_slice(MOUSE_ON);
    }
    writer.write_all(&bytes)
}

/// Restores the terminal within `RESTORE_TIMEOUT` if it is acquired. May be called from any thread
/// and any number of times. Ignores errors: nothing can be done about a terminal that is gone.
pub fn restore() {
    if !ACQUIRED.swap(false, Ordering::SeqCst) {
        return;
    }
    // Raw mode first: that needs no bytes to be accepted.
    let _gone = mode::disable_raw_mode();
    let mut bytes = Vec::new();
    if writer::is_mid_write() {
        bytes.push(CANCEL);
    }
    if MOUSE.load(Ordering::SeqCst) {
        bytes.extend_from_slice(MOUSE_OFF);
    }
    let _infallible = queue!(
        bytes,
        style::SetAttribute(style::Attribute::Reset),
        event::DisableBracketedPaste,
        mode::LeaveAlternateScreen,
        cursor::Show,
    );
    if TITLE_SET.swap(false, Ordering::SeqCst) {
        bytes.extend_from_slice(title::RESTORE.as_bytes());
    }
    let _gone_or_frozen = Tty::open().write_within(RESTORE_TIMEOUT, &bytes);
}

/// Prints to standard error after the terminal is restored. A terminal that accepts no bytes delays
/// the exit by `RESTORE_TIMEOUT` at most.
pub fn print_after_restore(words: String) {
    if words.is_empty() {
        return;
    }
    let (written, end) = mpsc::sync_channel::<()>(1);
    let _no_thread = thread::Builder::new().spawn(move || {
        let _gone = io::stderr().write_all(words.as_bytes());
        drop(written);
    });
    let _written_or_frozen = end.recv_timeout(RESTORE_TIMEOUT);
}
