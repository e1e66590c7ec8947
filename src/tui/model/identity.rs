//! The identity used with each profile, with secrets masked.

use jiff::{SignedDuration, Timestamp};

use super::State;
use crate::api::Identity;
use crate::domain::savepoint::Profile;

/// Maximum age of a resolved identity while polling. Limits how often credential files and
/// processes are read for display.
const MAX_AGE: SignedDuration = SignedDuration::from_mins(1);

/// Temporary credentials with less time left than this need attention: they should
/// have been renewed earlier.
const EXPIRES_SOON: SignedDuration = SignedDuration::from_mins(5);

/// A resolved identity, and when it was requested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CachedIdentity {
    /// The identity, or why there is none and what to do about it. `None` until resolved.
    pub result: Option<Result<Identity, String>>,
    /// When it was last requested or resolved.
    pub asked_at: Timestamp,
}

impl CachedIdentity {
    pub const PENDING: Self = Self { result: None, asked_at: Timestamp::UNIX_EPOCH };
}

/// How long credentials stay valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialLifetime {
    /// No expiry.
    Permanent,
    /// No expiry, but the credential files cannot be read again, so they may have changed.
    Unverified,
    /// Expires after this time, and renewal works.
    Valid(SignedDuration),
    /// Expires after this time, and should have been renewed.
    Expiring(SignedDuration),
    Expired,
}

impl CredentialLifetime {
    pub fn of(identity: &Identity, now: Timestamp) -> Self {
        let Some(end) = identity.expires_at else {
            return identity
                .renewal_error
                .as_ref()
                .map_or(Self::Permanent, |_why| Self::Unverified);
        };
        match end.duration_since(now) {
            left if left <= SignedDuration::ZERO => Self::Expired,
            left if left < EXPIRES_SOON || identity.renewal_error.is_some() => Self::Expiring(left),
            left => Self::Valid(left),
        }
    }
}

impl State {
    /// The identity used for the selected savepoint; none for the demo.
    pub fn identity(&self) -> Option<&Result<Identity, String>> {
        let result = self.identities.get(&self.profile_in_view())?.result.as_ref();
        result.filter(|_| !self.demo_in_view())
    }

    /// The identity used with the profile that the form starts with.
    pub fn default_identity(&self) -> Option<&Result<Identity, String>> {
        self.identities.get(&self.default_profile())?.result.as_ref()
    }

    /// Whether the identity of the selected savepoint is due: credentials may have been
    /// renewed, rejected or installed since.
    pub fn identity_is_old(&self) -> bool {
        if self.paused() || self.feeds.is_empty() || self.identities.is_empty() {
            return false;
        }
        let old =
            |result: &CachedIdentity| self.now.duration_since(result.asked_at).abs() >= MAX_AGE;
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
        Profile::new(&self.defaults.profile).ok()
    }
}
