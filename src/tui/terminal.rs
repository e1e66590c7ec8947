//! The terminal: one owner, who takes it over and always gives it back.
//!
//! Nothing here asks the terminal a question (cursor, colours, version): a terminal that stays
//! mute would hold up the first frame, and the answer would be eaten by whoever reads the keys.
//! Nothing here waits for a terminal that takes no bytes, but for a moment at the end.

pub mod clipboard;
pub mod decode;
mod diff_backend;
pub mod hangup;
pub mod input;
pub mod job;
pub mod notification;
mod outbox;
pub mod panic;
pub mod route;
pub mod signals;
mod title;
mod tty;

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crossterm::{cursor, event, queue, style, terminal as mode};
use ratatui::layout::Rect;
use ratatui::{Frame, Terminal};

use diff_backend::DiffBackend;
use outbox::Outbox;
use tty::Tty;

/// Whether the terminal is ours now. Global, because the panic hook and the signals' thread must
/// give it back without reaching the [`Screen`].
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Whether the window's title is ours, and the user's own is kept by the terminal.
static TITLED: AtomicBool = AtomicBool::new(false);

/// Why there is no screen to draw on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A stream leads elsewhere; which.
    #[error(
        "the screen needs a terminal, and {0} is not one; to print savepoints use: savepeek get"
    )]
    NotATerminal(&'static str),
    /// What `TERM` says cannot be drawn on.
    #[error(
        "the screen needs a terminal whose cursor can be moved, and TERM is {0}; what works here: savepeek get, savepeek wait, savepeek journal"
    )]
    Dumb(&'static str),
    /// The terminal, or what watches over it, does not work.
    #[error("the terminal cannot be used: {0}")]
    Unusable(#[from] io::Error),
}

/// Whether the mouse is to be ours while the terminal is.
static MOUSE: AtomicBool = AtomicBool::new(false);

/// How long a terminal that takes no bytes may hold up the end of the program, which then goes
/// without giving the screen back.
const LAST_BYTES: Duration = Duration::from_millis(200);

/// Ends what the terminal was sent a part of (CAN), be it a sequence or a string.
const CANCEL: u8 = 0x18;

/// Buttons and the wheel, in numbers of any size. Not `EnableMouseCapture`, which also asks for
/// every movement: the program would wake for each.
const MOUSE_ON: &[u8] = b"\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &[u8] = b"\x1b[?1006l\x1b[?1000l";

/// Whether there is a terminal that can be drawn on; changes nothing.
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

/// The terminal while it is ours. Dropping it gives it back.
#[derive(Debug)]
pub struct Screen {
    terminal: Terminal<DiffBackend<Outbox<Tty>>>,
    /// Whether the next frame paints everything.
    repaint: bool,
    /// The title that the window has, once it has ours.
    title: Option<String>,
}

impl Screen {
    /// Takes the terminal over, with the mouse if that was asked for. From here on a panic anywhere
    /// gives it back and ends the program.
    ///
    /// # Errors
    /// Those of [`check`], before anything was changed.
    pub fn enter(mouse: bool) -> Result<Self, Error> {
        check()?;
        panic::install();
        MOUSE.store(mouse, Ordering::SeqCst);
        // With NO_COLOR crossterm would replace each colour by a full reset, which also wipes the
        // bold and the reversed. Leaving colours out is the theme's work.
        style::force_color_output(true);
        Ok(Self { terminal: take()?, repaint: false, title: None })
    }

    /// Whether the terminal has not taken yet what it was sent. Then no frame is to be drawn: the
    /// one after [`drained`](Self::drained) shows everything.
    pub fn is_blocked(&mut self) -> bool {
        self.outbox().is_blocked()
    }

    /// Waits until the terminal has taken everything. Cancel safe.
    pub async fn drained(&mut self) -> io::Result<()> {
        self.outbox().drained().await
    }

    /// Draws one frame: one write, or none when it equals the frame before.
    pub fn draw(&mut self, view: impl FnOnce(&mut Frame)) -> io::Result<()> {
        if std::mem::take(&mut self.repaint) {
            // Not `Terminal::clear`, which asks for the cursor's position.
            let size = tty::size()?;
            self.terminal.resize(Rect::new(0, 0, size.width, size.height))?;
        }
        self.terminal.draw(view).map(drop)
    }

    /// Forgets what is on the screen; the next frame paints everything.
    pub fn repaint(&mut self) {
        self.repaint = true;
    }

    /// Gives the window a title, if it can have one; writes nothing when it has it already.
    pub fn title(&mut self, title: &str) -> io::Result<()> {
        if !TITLED.load(Ordering::SeqCst) || self.title.as_deref() == Some(title) {
            return Ok(());
        }
        self.title = Some(title.to_owned());
        self.outbox().write_all(title::sequence(title).as_bytes())
    }

    /// Sends what puts a text on the clipboard. While the terminal is blocked the latest waits.
    pub fn copy(&mut self, bytes: Vec<u8>) -> io::Result<()> {
        self.outbox().copy(bytes)
    }

    /// Sends what alerts the user. While the terminal is blocked the latest waits.
    pub fn alert(&mut self, bytes: Vec<u8>) -> io::Result<()> {
        self.outbox().alert(bytes)
    }

    /// Gives the terminal back, stops, and takes it again once `stop` has returned.
    pub fn suspend(&mut self, stop: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        leave();
        let stopped = stop();
        self.terminal = take()?;
        self.title = None;
        stopped
    }

    fn outbox(&mut self) -> &mut Outbox<Tty> {
        self.terminal.backend_mut().out()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        leave();
    }
}

/// Changes the modes and assumes an empty screen with a hidden cursor.
fn take() -> io::Result<Terminal<DiffBackend<Outbox<Tty>>>> {
    TAKEN.store(true, Ordering::SeqCst);
    let mut outbox = Outbox::new(Tty::open());
    enter_modes(&mut outbox)
        .and_then(|()| Terminal::new(DiffBackend::new(outbox)))
        .inspect_err(|_| leave())
}

fn enter_modes(outbox: &mut Outbox<Tty>) -> io::Result<()> {
    mode::enable_raw_mode()?;
    let mut bytes = Vec::new();
    if title::is_understood(|name| std::env::var_os(name)) {
        TITLED.store(true, Ordering::SeqCst);
        bytes.extend_from_slice(title::PUSH.as_bytes());
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
    outbox.write_all(&bytes)
}

/// Gives the terminal back, if it is ours, within `LAST_BYTES`. Can be called from any thread and
/// any number of times; a terminal that is gone is not an error, for there is nothing left to do
/// about it.
pub fn leave() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    // First what needs no bytes to be taken.
    let _gone = mode::disable_raw_mode();
    let mut bytes = Vec::new();
    if outbox::is_cut() {
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
    if TITLED.swap(false, Ordering::SeqCst) {
        bytes.extend_from_slice(title::POP.as_bytes());
    }
    let _gone_or_frozen = Tty::open().write_within(LAST_BYTES, &bytes);
}

/// Writes to standard error what is still to be said once the terminal is given back. Where that
/// is a terminal that takes no bytes, it holds up the end of the program for `LAST_BYTES` at most.
pub fn say_at_the_end(words: String) {
    if words.is_empty() {
        return;
    }
    let (written, end) = mpsc::sync_channel::<()>(1);
    let _no_thread = thread::Builder::new().spawn(move || {
        let _gone = io::stderr().write_all(words.as_bytes());
        drop(written);
    });
    let _written_or_frozen = end.recv_timeout(LAST_BYTES);
}
