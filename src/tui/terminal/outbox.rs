//! What is on its way to the terminal, which may take no bytes for as long as it likes: a frozen
//! ssh, a stopped pager. Nobody waits for it but this.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::net::unix::pipe;

/// Whether the terminal has taken a part of something and not its end. Global, because whoever
/// gives the terminal back does not reach the [`Outbox`].
static CUT: AtomicBool = AtomicBool::new(false);

/// Whether the last bytes that the terminal took may be the middle of a sequence.
pub(super) fn is_cut() -> bool {
    CUT.load(Ordering::SeqCst)
}

/// Writes to `W`, which never waits, and keeps what that does not take.
///
/// It keeps the rest of one frame (no other is to be sent while [`is_blocked`](Self::is_blocked)),
/// the latest copy and the latest alert; so its size is bounded, however long that lasts.
#[derive(Debug)]
pub(super) struct Outbox<W> {
    out: W,
    rest: VecDeque<u8>,
    copy: Vec<u8>,
    alert: Vec<u8>,
}

impl<W: Write + AsFd> Outbox<W> {
    pub(super) fn new(out: W) -> Self {
        CUT.store(false, Ordering::SeqCst);
        Self { out, rest: VecDeque::new(), copy: Vec::new(), alert: Vec::new() }
    }

    /// Whether the terminal has not taken yet what it was sent.
    pub(super) fn is_blocked(&self) -> bool {
        !self.rest.is_empty()
    }

    /// Sends a copy; one that still waits is replaced, as it would be on the clipboard.
    pub(super) fn copy(&mut self, bytes: Vec<u8>) -> io::Result<()> {
        self.copy = bytes;
        self.send_waiting()
    }

    /// Sends an alert; one that still waits is replaced.
    pub(super) fn alert(&mut self, bytes: Vec<u8>) -> io::Result<()> {
        self.alert = bytes;
        self.send_waiting()
    }

    /// Waits until the terminal has taken everything. Cancel safe.
    ///
    /// The terminal is registered with the reactor only while this waits, so that one that keeps
    /// up causes no wake-ups.
    pub(super) async fn drained(&mut self) -> io::Result<()> {
        while self.is_blocked() {
            let terminal = self.out.as_fd().try_clone_to_owned()?;
            // No pipe; but what is asked of it here is the same, and it needs no `unsafe`.
            pipe::Sender::from_owned_fd_unchecked(terminal)?.writable().await?;
            self.send_rest()?;
            self.send_waiting()?;
        }
        Ok(())
    }

    fn send_rest(&mut self) -> io::Result<()> {
        while let (front @ [_, ..], _) = self.rest.as_slices() {
            match write(&mut self.out, front)? {
                0 => return Ok(()),
                count => drop(self.rest.drain(..count)),
            }
        }
        // A frame that had to wait may be the largest there is.
        self.rest = VecDeque::new();
        CUT.store(false, Ordering::SeqCst);
        Ok(())
    }

    fn send_waiting(&mut self) -> io::Result<()> {
        if !self.is_blocked() {
            let alert = std::mem::take(&mut self.alert);
            self.send(&alert)?;
        }
        if !self.is_blocked() {
            let copy = std::mem::take(&mut self.copy);
            self.send(&copy)?;
        }
        Ok(())
    }

    /// Sends bytes after those that wait already.
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut left = bytes;
        while !left.is_empty() {
            match if self.is_blocked() { 0 } else { write(&mut self.out, left)? } {
                0 => {
                    self.rest.extend(left);
                    CUT.store(true, Ordering::SeqCst);
                    break;
                }
                count => left = &left[count..],
            }
        }
        Ok(())
    }
}

/// Writes some of the bytes; how many, which is 0 when none are taken now.
fn write(out: &mut impl Write, bytes: &[u8]) -> io::Result<usize> {
    loop {
        match out.write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(0),
            written => return written,
        }
    }
}

/// Takes everything at once: what the terminal does not take now, it gets later.
impl<W: Write + AsFd> Write for Outbox<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.send(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::os::unix::net::UnixStream;

    use super::*;

    /// An outbox to a peer that has not read yet.
    fn outbox() -> (Outbox<UnixStream>, UnixStream) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        (Outbox::new(ours), theirs)
    }

    /// More than a socket takes unread.
    fn frame(byte: u8) -> Vec<u8> {
        vec![byte; 1 << 20]
    }

    /// Reads all that comes until the outbox is gone, while that is drained.
    async fn drain(mut outbox: Outbox<UnixStream>, mut peer: UnixStream) -> Vec<u8> {
        let reader = std::thread::spawn(move || {
            let mut all = Vec::new();
            peer.read_to_end(&mut all).unwrap();
            all
        });
        outbox.drained().await.unwrap();
        assert!(!outbox.is_blocked());
        drop(outbox);
        reader.join().unwrap()
    }

    #[tokio::test]
    async fn what_is_taken_at_once_waits_for_nobody() {
        let (mut outbox, peer) = outbox();
        outbox.write_all(b"frame").unwrap();
        outbox.alert(b"\x07".into()).unwrap();
        assert!(!outbox.is_blocked());
        assert_eq!(drain(outbox, peer).await, b"frame\x07");
    }

    #[tokio::test]
    async fn a_frame_that_is_not_taken_is_sent_to_its_end_later() {
        let (mut outbox, peer) = outbox();
        outbox.write_all(&frame(b'a')).unwrap();
        assert!(outbox.is_blocked());
        assert_eq!(drain(outbox, peer).await, frame(b'a'));
    }

    #[tokio::test]
    async fn the_latest_copy_and_the_latest_alert_wait_behind_the_frame() {
        let (mut outbox, peer) = outbox();
        outbox.write_all(&frame(b'a')).unwrap();
        for word in ["one", "two"] {
            outbox.copy(format!("copy {word}").into()).unwrap();
            outbox.alert(format!("alert {word};").into()).unwrap();
        }
        let all = drain(outbox, peer).await;
        assert_eq!(all[..1 << 20], frame(b'a'));
        assert_eq!(all[1 << 20..], *b"alert two;copy two");
    }

    #[tokio::test]
    async fn a_large_copy_that_is_not_taken_is_sent_to_its_end_later() {
        let (mut outbox, peer) = outbox();
        outbox.copy(frame(b'c')).unwrap();
        assert!(outbox.is_blocked());
        outbox.copy(b"d".into()).unwrap();
        let all = drain(outbox, peer).await;
        assert_eq!((all.len(), all.last()), ((1 << 20) + 1, Some(&b'd')));
    }

    #[tokio::test]
    async fn a_peer_that_is_gone_is_an_error() {
        let (mut outbox, peer) = outbox();
        drop(peer);
        assert!(outbox.write_all(b"frame").is_err());
    }
}
