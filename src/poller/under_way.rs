//! The requests under way.

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use futures_util::future::BoxFuture;

use crate::api::{Answer, Error};
use crate::savepoint::Target;

type Request = BoxFuture<'static, Result<Answer, Error>>;

/// The requests under way: never more than a handful, so all are polled on every wake, and a
/// cancelled one is dropped on the spot.
#[derive(Default)]
pub(super) struct UnderWay(Vec<(Arc<Target>, Request)>);

impl UnderWay {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn push(&mut self, target: Arc<Target>, request: Request) {
        self.0.push((target, request));
    }

    pub(super) fn cancel(&mut self, target: &Target) {
        self.0.retain(|(asked, _)| **asked != *target);
    }

    pub(super) fn cancel_all(&mut self) {
        self.0.clear();
    }

    /// The next answer; pending for ever while nothing is under way.
    pub(super) async fn next(&mut self) -> (Arc<Target>, Result<Answer, Error>) {
        poll_fn(|context| {
            for (index, (_, request)) in self.0.iter_mut().enumerate() {
                if let Poll::Ready(result) = request.as_mut().poll(context) {
                    return Poll::Ready((self.0.remove(index).0, result));
                }
            }
            Poll::Pending
        })
        .await
    }
}

impl fmt::Debug for UnderWay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(target, _)| target)).finish()
    }
}
