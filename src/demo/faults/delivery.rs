//! Sends a response as its fault demands: late, damaged, or not at all.

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

/// Padding of a `huge` response, in bytes.
const HUGE: usize = 5 << 20;

/// Not UTF-8. In a terminal it would set the title, clear the screen and ring the bell.
const GARBAGE: &[u8] = b"\xff\xfe\x00garbage\x1b]0;owned\x07\x1b[2J\x9b31m\xc3\x28";

/// A body as it is sent; it may end early.
pub(in super::super) type Body = UnsyncBoxBody<Bytes, Disconnect>;

/// How a fault closes a connection, before or within a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(in super::super) enum Disconnect {
    #[error("closed as told")]
    Closed,
    /// Reset (TCP RST).
    #[error("reset as told")]
    Reset,
}

/// Applies a fault to a response, or returns how to close the connection instead.
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

/// Sets `content-length` to the full length, whatever part of the body is sent.
fn announced(answer: Response<Bytes>, body: impl FnOnce(Bytes) -> Body) -> Response<Body> {
    let length = answer.body().len();
    let mut answer = answer.map(body);
    answer.headers_mut().insert(CONTENT_LENGTH, length.into());
    answer
}

fn truncated(body: &Bytes) -> Body {
    let half = stream::iter([Ok(Frame::data(body.slice(..body.len() / 2)))]);
    let end = stream::once(async {
        // Lets hyper send the first half before the connection closes.
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

/// Appends spaces: the JSON stays valid.
fn padded(body: Bytes) -> Bytes {
    let mut padded = Vec::from(body);
    padded.resize(padded.len() + HUGE, b' ');
    padded.into()
}

/// The page of a proxy whose upstream does not respond.
fn page(answer: Response<Bytes>, status: StatusCode) -> Response<Bytes> {
    let mut page = answer.map(|_| format!("<html><h1>{status}</h1></html>\n").into());
    *page.status_mut() = status;
    page.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
    page
}
