//! A non-blocking writer for a terminal that may accept no bytes for any length of time: a frozen
//! ssh connection, Ctrl-S.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::net::unix::pipe;

/// Whether the terminal has accepted only a part of a write. Global, because [`super::restore`] has
/// no access to the [`TerminalWriter`].
static MID_WRITE: AtomicBool = AtomicBool::new(false);

/// Whether the last bytes that the terminal accepted may be the middle of a sequence.
pub(super) fn is_mid_write() -> bool {
    MID_WRITE.load(Ordering::SeqCst)
}

/// Writes to a non-blocking `W` and keeps the bytes that it does not accept.
///
/// It keeps the rest of one frame (callers send no other while [`is_blocked`](Self::is_blocked)),
/// the latest copy and the latest alert, so its size is bounded.
#[derive(Debug)]
pub(super) struct TerminalWriter<W> {
    out: W,
    unsent: VecDeque<u8>,
    copy: Vec<u8>,
    alert: Vec<u8>,
}

impl<W: Write + AsFd> TerminalWriter<W> {
    pub(super) fn new(out: W) -> Self {
        MID_WRITE.store(false, Ordering::SeqCst);
        Self { out, unsent: VecDeque::new(), copy: Vec::new(), alert: Vec::new() }
    }

    /// Whether bytes wait for the terminal to accept them.
    pub(super) fn is_blocked(&self) -> bool {
        !self.unsent.is_empty()
    }

    /// Sends a clipboard sequence. Replaces one that still waits, as the clipboard would.
    pub(super) fn copy(&mut self, bytes: Vec<u8>) -> io::Result<()> {
        self.copy = bytes;
        self.send_waiting()
    }

    /// Sends an alert. Replaces one that still waits.
    pub(super) fn alert(&mut self, bytes: Vec<u8>) -> io::Result<()> {
        self.alert = bytes;
        self.send_waiting()
    }

    /// Waits until the terminal has accepted all bytes. Cancel safe.
    ///
    /// Registers the terminal with the reactor only while waiting, so that a terminal that keeps
    /// up causes no wake-ups.
    pub(super) async fn drained(&mut self) -> io::Result<()> {
        while self.is_blocked() {
            let terminal = self.out.as_fd().try_clone_to_owned()?;
            // A terminal is not a pipe, but readiness works the same, and this needs no `unsafe`.
            pipe::Sender::from_owned_fd_unchecked(terminal)?.writable().await?;
            self.send_unsent()?;
            self.send_waiting()?;
        }
        Ok(())
    }

    fn send_unsent(&mut self) -> io::Result<()> {
        while let (front @ [_, ..], _) = self.unsent.as_slices() {
            match write(&mut self.out, front)? {
                0 => return Ok(()),
                count => drop(self.unsent.drain(..count)),
            }
        }
        // Frees the memory: the frame that waited may have been large.
        self.unsent = VecDeque::new();
        MID_WRITE.store(false, Ordering::SeqCst);
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

    /// Sends bytes after those that already wait.
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut left = bytes;
        while !left.is_empty() {
            match if self.is_blocked() { 0 } else { write(&mut self.out, left)? } {
                0 => {
                    self.unsent.extend(left);
                    MID_WRITE.store(true, Ordering::SeqCst);
                    break;
                }
                count => left = &left[count..],
            }
        }
        Ok(())
    }
}

/// Writes some of the bytes and returns how many; 0 when the write would block.
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

/// Accepts all bytes at once: those that the terminal does not accept now are sent later.
impl<W: Write + AsFd> Write for TerminalWriter<W> {
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

    /// A writer and its peer, which has read nothing yet.
    fn writer() -> (TerminalWriter<UnixStream>, UnixStream) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        (TerminalWriter::new(ours), theirs)
    }

    /// A frame larger than a socket's buffer.
    fn frame(byte: u8) -> Vec<u8> {
        vec![byte; 1 << 20]
    }

    /// Drains the writer; returns all that its peer reads.
    async fn drain(mut writer: TerminalWriter<UnixStream>, mut peer: UnixStream) -> Vec<u8> {
        let reader = std::thread::spawn(move || {
            let mut all = Vec::new();
            peer.read_to_end(&mut all).unwrap();
            all
        });
        writer.drained().await.unwrap();
        assert!(!writer.is_blocked());
        drop(writer);
        reader.join().unwrap()
    }

    #[tokio::test]
    async fn accepted_bytes_are_sent_at_once() {
        let (mut writer, peer) = writer();
        writer.write_all(b"frame").unwrap();
        writer.alert(b"\x07".into()).unwrap();
        assert!(!writer.is_blocked());
        assert_eq!(drain(writer, peer).await, b"frame\x07");
    }

    #[tokio::test]
    async fn the_rest_of_a_blocked_frame_is_sent_later() {
        let (mut writer, peer) = writer();
        writer.write_all(&frame(b'a')).unwrap();
        assert!(writer.is_blocked());
        assert_eq!(drain(writer, peer).await, frame(b'a'));
    }

    #[tokio::test]
    async fn the_latest_copy_and_alert_follow_a_blocked_frame() {
        let (mut writer, peer) = writer();
        writer.write_all(&frame(b'a')).unwrap();
        for word in ["one", "two"] {
            writer.copy(format!("copy {word}").into()).unwrap();
            writer.alert(format!("alert {word};").into()).unwrap();
        }
        let all = drain(writer, peer).await;
        assert_eq!(all[..1 << 20], frame(b'a'));
        assert_eq!(all[1 << 20..], *b"alert two;copy two");
    }

    #[tokio::test]
    async fn the_rest_of_a_blocked_copy_is_sent_later() {
        let (mut writer, peer) = writer();
        writer.copy(frame(b'c')).unwrap();
        assert!(writer.is_blocked());
        writer.copy(b"d".into()).unwrap();
        let all = drain(writer, peer).await;
        assert_eq!((all.len(), all.last()), ((1 << 20) + 1, Some(&b'd')));
    }

    #[tokio::test]
    async fn writing_to_a_closed_peer_fails() {
        let (mut writer, peer) = writer();
        drop(peer);
        assert!(writer.write_all(b"frame").is_err());
    }
}
