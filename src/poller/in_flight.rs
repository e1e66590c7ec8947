//! What is in flight: requests, and reloads of credentials.

use std::fmt;
use std::future::poll_fn;
use std::task::Poll;

use futures_util::future::BoxFuture;

/// Futures by key. The schedule keeps them few, so all are polled on every wake; a cancelled one
/// is dropped at once.
pub(super) struct InFlight<K, T>(Vec<(K, BoxFuture<'static, T>)>);

impl<K, T> Default for InFlight<K, T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K, T> InFlight<K, T> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn push(&mut self, key: K, future: BoxFuture<'static, T>) {
        self.0.push((key, future));
    }

    pub(super) fn cancel(&mut self, which: impl Fn(&K) -> bool) {
        self.0.retain(|(key, _)| !which(key));
    }

    pub(super) fn cancel_all(&mut self) {
        self.0.clear();
    }

    /// Returns the next result; pending for ever while nothing is in flight.
    pub(super) async fn next(&mut self) -> (K, T) {
        poll_fn(|context| {
            for (index, (_, future)) in self.0.iter_mut().enumerate() {
                if let Poll::Ready(result) = future.as_mut().poll(context) {
                    return Poll::Ready((self.0.remove(index).0, result));
                }
            }
            Poll::Pending
        })
        .await
    }
}

impl<K: fmt::Debug, T> fmt::Debug for InFlight<K, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(key, _)| key)).finish()
    }
}
