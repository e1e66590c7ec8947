//! Keys, pastes and resizes, as many at once as have come.

use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use crossterm::event::{Event, EventStream, KeyEventKind, MouseButton, MouseEventKind};
use futures_util::StreamExt as _;
use futures_util::task::AtomicWaker;
use ratatui::layout::Position;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::stdio::stdin;
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

use crate::message::{Input, Turn};

/// Events taken in one batch, so that an endless stream of them cannot hold up everything else.
const BATCH: usize = 1024;

/// What the terminal sends.
#[derive(Debug)]
pub struct Keys {
    stream: Option<EventStream>,
    bell: Arc<Bell>,
}

/// Rings when the stream has something, and remembers that it did.
///
/// Asking the stream for nothing costs a dozen system calls (it tries for a lock that its own
/// thread holds), and the loop would ask with every answer of the service. Besides, the stream
/// keeps the first waker that it is given until that has been woken: this one is always the same.
#[derive(Debug)]
struct Bell {
    rung: AtomicBool,
    sleeper: AtomicWaker,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.rung.store(true, Ordering::Release);
        self.sleeper.wake();
    }
}

impl Keys {
    /// Begins to listen. To be called before the first frame is drawn: the size that a window gets
    /// between that frame and this call is never heard of.
    pub fn open() -> Self {
        let bell = Bell { rung: AtomicBool::new(true), sleeper: AtomicWaker::new() };
        Self { stream: Some(EventStream::new()), bell: Arc::new(bell) }
    }

    /// Waits for input and takes all that is there: one frame answers it.
    ///
    /// Cancel safe. May be empty, when nothing came that means anything.
    ///
    /// # Errors
    /// When the terminal cannot be read; that it went away is for [`hangup`](super::hangup).
    pub async fn batch(&mut self) -> io::Result<Vec<Input>> {
        let stream = self.stream.get_or_insert_with(EventStream::new);
        let bell = &self.bell;
        let waker = Waker::from(Arc::clone(bell));
        poll_fn(|context| {
            bell.sleeper.register(context.waker());
            if !bell.rung.swap(false, Ordering::Acquire) {
                return Poll::Pending;
            }
            let mut batch = Vec::new();
            let mut taken = 0;
            while taken < BATCH {
                match stream.poll_next_unpin(&mut Context::from_waker(&waker)) {
                    Poll::Ready(Some(Ok(event))) => batch.extend(input(event)),
                    Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(error)),
                    Poll::Ready(None) => {
                        return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
                    }
                    Poll::Pending if taken == 0 => return Poll::Pending,
                    Poll::Pending => break,
                }
                taken += 1;
            }
            // What is left of more than a batch has rung already.
            bell.rung.fetch_or(taken == BATCH, Ordering::AcqRel);
            hurry_what_is_left();
            Poll::Ready(Ok(batch))
        })
        .await
    }

    /// Reads no more, so that the next program can; the next [`Keys::batch`] begins anew.
    pub fn close(&mut self) {
        self.stream = None;
        self.bell.rung.store(true, Ordering::Release);
    }
}

/// Has what the terminal still holds read, if it holds anything.
///
/// crossterm reads 1,024 bytes at a time and then waits for the kernel's next edge, so that the
/// rest of a longer burst (a paste without brackets) would lie there until the next key. Setting
/// the modes that are set already makes the edge.
fn hurry_what_is_left() {
    let waiting = poll(&mut [PollFd::new(&stdin(), PollFlags::IN)], Some(&Timespec::default()));
    if waiting == Ok(1)
        && let Ok(modes) = tcgetattr(stdin())
    {
        let _gone = tcsetattr(stdin(), OptionalActions::Now, &modes);
    }
}

/// What an event means to the program, if anything.
fn input(event: Event) -> Option<Input> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => Some(Input::Key(key)),
        Event::Paste(text) => Some(Input::Paste(text)),
        Event::Resize(..) => Some(Input::Resize),
        Event::Mouse(mouse) => {
            let at = Position::new(mouse.column, mouse.row);
            match mouse.kind {
                MouseEventKind::Down(MouseButton::Left) => Some(Input::Click(at)),
                MouseEventKind::ScrollUp => Some(Input::Wheel(at, Turn::Up)),
                MouseEventKind::ScrollDown => Some(Input::Wheel(at, Turn::Down)),
                _ => None,
            }
        }
        Event::Key(_) | Event::FocusGained | Event::FocusLost => None,
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseEvent};
    use rstest::rstest;

    use super::*;

    fn key(kind: KeyEventKind) -> KeyEvent {
        KeyEvent::new_with_kind(KeyCode::Char('j'), KeyModifiers::NONE, kind)
    }

    fn mouse(kind: MouseEventKind) -> Event {
        Event::Mouse(MouseEvent { kind, column: 7, row: 3, modifiers: KeyModifiers::NONE })
    }

    #[rstest]
    #[case::press(Event::Key(key(KeyEventKind::Press)), Some(Input::Key(key(KeyEventKind::Press))))]
    #[case::repeat(
        Event::Key(key(KeyEventKind::Repeat)),
        Some(Input::Key(key(KeyEventKind::Repeat)))
    )]
    #[case::release(Event::Key(key(KeyEventKind::Release)), None)]
    #[case::paste(Event::Paste("a\nb".into()), Some(Input::Paste("a\nb".into())))]
    #[case::resize(Event::Resize(1, 1), Some(Input::Resize))]
    #[case::focus(Event::FocusGained, None)]
    #[case::click(
        mouse(MouseEventKind::Down(MouseButton::Left)),
        Some(Input::Click(Position::new(7, 3)))
    )]
    #[case::wheel_up(
        mouse(MouseEventKind::ScrollUp),
        Some(Input::Wheel(Position::new(7, 3), Turn::Up))
    )]
    #[case::wheel_down(
        mouse(MouseEventKind::ScrollDown),
        Some(Input::Wheel(Position::new(7, 3), Turn::Down))
    )]
    #[case::another_button(mouse(MouseEventKind::Down(MouseButton::Right)), None)]
    #[case::button_released(mouse(MouseEventKind::Up(MouseButton::Left)), None)]
    #[case::mouse_moved(mouse(MouseEventKind::Moved), None)]
    fn only_what_means_something_comes_in(#[case] event: Event, #[case] expected: Option<Input>) {
        assert_eq!(input(event), expected);
    }
}
