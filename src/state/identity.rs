//! Who we are to the service, as far as that may be shown.

use jiff::{SignedDuration, Timestamp};

use super::State;
use crate::api::Identity;
use crate::endpoint::Endpoint;

/// How old the answer may become while something is asked for. Files and a process that lends keys
/// are looked at no more often for it.
const GOOD_FOR: SignedDuration = SignedDuration::from_mins(1);

/// Temporary keys that last less than this need somebody's attention: they are renewed earlier.
const SOON: SignedDuration = SignedDuration::from_mins(5);

/// What is known of it, and as of when.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Whoami {
    /// Who we are; or why we are nobody, and what to do about it.
    pub known: Option<Result<Identity, String>>,
    /// When that was last asked or answered; never in the demo, which lends its own keys.
    pub asked_at: Option<Timestamp>,
}

/// How long keys last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// They do not end.
    Lasting,
    /// This long from now, and nothing is wrong.
    Left(SignedDuration),
    /// This long from now, and they should have been renewed.
    Ending(SignedDuration),
    /// They are over.
    Over,
}

impl Life {
    /// How long these keys last from now.
    pub fn of(identity: &Identity, now: Timestamp) -> Self {
        let Some(end) = identity.expires_at else { return Self::Lasting };
        match end.duration_since(now) {
            left if left <= SignedDuration::ZERO => Self::Over,
            left if left < SOON || identity.not_renewed.is_some() => Self::Ending(left),
            left => Self::Left(left),
        }
    }
}

impl State {
    /// Who we are to the service that the header is about; nothing where only what is invented is
    /// watched.
    pub fn identity(&self) -> Option<&Result<Identity, String>> {
        let invented = self.journal.invented.as_ref();
        let all = |endpoint: &Endpoint| self.places.iter().all(|place| place.endpoint == *endpoint);
        self.identity.known.as_ref().filter(|_| !invented.is_some_and(all))
    }

    /// Whether it is time to ask again: keys may have been renewed, refused or put in place since.
    pub fn identity_is_old(&self) -> bool {
        let old = |at| self.now.duration_since(at).abs() >= GOOD_FOR;
        !self.paused() && !self.feeds.is_empty() && self.identity.asked_at.is_some_and(old)
    }
}
