//! What becomes of an answer on its way to the client.

use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Bytes, Frame};
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use tokio::task::yield_now;
use tokio::time::sleep;

use super::Kind;

/// How much longer than it should be a huge answer is.
const HUGE: usize = 5 << 20;

/// Not UTF-8, and it would set a title, clear the screen and ring if a terminal got to see it.
const GARBAGE: &[u8] = b"\xff\xfe\x00garbage\x1b]0;owned\x07\x1b[2J\x9b31m\xc3\x28";

/// A body as it is sent, perhaps not whole.
pub(in super::super) type Body = UnsyncBoxBody<Bytes, Disconnect>;

/// How a connection ends in place of an answer, or in the middle of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(in super::super) enum Disconnect {
    /// Orderly, as if everything had been said.
    #[error("closed as told")]
    Closed,
    /// With a reset.
    #[error("reset as told")]
    Reset,
}

/// The answer as it is sent under a fault, or how the connection ends instead.
pub(in super::super) fn send(
    answer: Response<Bytes>,
    fault: Option<&Kind>,
) -> Result<Response<Body>, Disconnect> {
    match fault {
        Some(Kind::Close) => Err(Disconnect::Closed),
        Some(Kind::Reset) => Err(Disconnect::Reset),
        Some(Kind::Truncate) => Ok(announced(answer, |body| truncated(&body))),
        Some(&Kind::Drip(pause)) => Ok(announced(answer, |body| dripping(body, pause))),
        Some(Kind::Huge) => Ok(whole(answer.map(padded))),
        Some(Kind::Garbage) => Ok(whole(answer.map(|_| Bytes::from_static(GARBAGE)))),
        Some(Kind::Status(status)) => Ok(whole(page(answer, *status))),
        _ => Ok(whole(answer)),
    }
}

fn whole(answer: Response<Bytes>) -> Response<Body> {
    answer.map(|body| Full::new(body).map_err(|never| match never {}).boxed_unsync())
}

/// An answer that promises its whole length, whatever comes of that.
fn announced(answer: Response<Bytes>, body: impl FnOnce(Bytes) -> Body) -> Response<Body> {
    let length = answer.body().len();
    let mut answer = answer.map(body);
    answer.headers_mut().insert(CONTENT_LENGTH, length.into());
    answer
}

fn truncated(body: &Bytes) -> Body {
    let half = stream::iter([Ok(Frame::data(body.slice(..body.len() / 2)))]);
    let end = stream::once(async {
        // The half is sent while this waits.
        yield_now().await;
        Err(Disconnect::Closed)
    });
    StreamBody::new(half.chain(end)).boxed_unsync()
}

fn dripping(body: Bytes, pause: Duration) -> Body {
    let drops = stream::unfold(body, move |mut rest| async move {
        if rest.is_empty() {
            return None;
        }
        sleep(pause).await;
        Some((Ok(Frame::data(rest.split_to(1))), rest))
    });
    StreamBody::new(drops).boxed_unsync()
}

/// Still right, if anybody reads it to its end.
fn padded(body: Bytes) -> Bytes {
    let mut padded = Vec::from(body);
    padded.resize(padded.len() + HUGE, b' ');
    padded.into()
}

/// What a proxy says when it finds nobody behind it.
fn page(answer: Response<Bytes>, status: StatusCode) -> Response<Bytes> {
    let mut page = answer.map(|_| format!("<html><h1>{status}</h1></html>\n").into());
    *page.status_mut() = status;
    page.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
    page
}
