//! Who we are to the service, as far as that may be shown.

use jiff::{SignedDuration, Timestamp};

use super::State;
use crate::api::Identity;
use crate::domain::savepoint::Profile;

/// How old the answer may become while something is asked for. Files and a process that lends keys
/// are looked at no more often for it.
const GOOD_FOR: SignedDuration = SignedDuration::from_mins(1);

/// Temporary keys that last less than this need somebody's attention: they are renewed earlier.
const SOON: SignedDuration = SignedDuration::from_mins(5);

/// What is known of it, and as of when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CachedIdentity {
    /// Who we are; or why we are nobody, and what to do about it. `None` until it is answered.
    pub known: Option<Result<Identity, String>>,
    /// When that was last asked or answered.
    pub asked_at: Timestamp,
}

impl CachedIdentity {
    /// Asked, and not answered.
    pub const PENDING: Self = Self { known: None, asked_at: Timestamp::UNIX_EPOCH };
}

/// How long keys last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialLifetime {
    /// They do not end.
    Permanent,
    /// They do not end, but may be others by now: where they are written down cannot be read.
    Unverified,
    /// This long from now, and nothing is wrong.
    Valid(SignedDuration),
    /// This long from now, and they should have been renewed.
    Expiring(SignedDuration),
    /// They are over.
    Expired,
}

impl CredentialLifetime {
    /// How long these keys last from now.
    pub fn of(identity: &Identity, now: Timestamp) -> Self {
        let Some(end) = identity.expires_at else {
            return identity
                .renewal_error
                .as_ref()
                .map_or(Self::Permanent, |_why| Self::Unverified);
        };
        match end.duration_since(now) {
            left if left <= SignedDuration::ZERO => Self::Expired,
            left if left < SOON || identity.renewal_error.is_some() => Self::Expiring(left),
            left => Self::Valid(left),
        }
    }
}

impl State {
    /// Who we are to the service of the selected savepoint; nothing where that is invented.
    pub fn identity(&self) -> Option<&Result<Identity, String>> {
        let known = self.identities.get(&self.profile_in_view())?.known.as_ref();
        known.filter(|_| !self.demo_in_view())
    }

    /// Who we are with the profile that the form starts with.
    pub fn default_identity(&self) -> Option<&Result<Identity, String>> {
        self.identities.get(&self.default_profile())?.known.as_ref()
    }

    /// Whether it is time to ask for the profile in view: its keys may have been renewed, refused
    /// or put in place since.
    pub fn identity_is_old(&self) -> bool {
        if self.paused() || self.feeds.is_empty() || self.identities.is_empty() {
            return false;
        }
        let old =
            |known: &CachedIdentity| self.now.duration_since(known.asked_at).abs() >= GOOD_FOR;
        !self.demo_in_view() && self.identities.get(&self.profile_in_view()).is_none_or(old)
    }

    /// The profile of the selected savepoint.
    pub fn profile_in_view(&self) -> Option<Profile> {
        match self.selected() {
            Some((target, _)) => target.place.profile.clone(),
            None => self.default_profile(),
        }
    }

    fn demo_in_view(&self) -> bool {
        self.selected().is_some_and(|(target, _)| self.is_demo(&target.place))
    }

    fn default_profile(&self) -> Option<Profile> {
        Profile::new(&self.defaults[3]).ok()
    }
}
