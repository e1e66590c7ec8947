//! Formats the identity: provider, masked key and time to expiry.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::glyphs::Sign;
use crate::api::Identity;
use crate::tui::model::State;
use crate::tui::model::identity::CredentialLifetime;
use crate::tui::model::meaning::Meaning;
use crate::util::text;

/// For the form, which has room.
pub(super) fn in_full(identity: &Identity, now: Timestamp) -> (String, Meaning) {
    let (life, meaning) = life(identity, now);
    let life = life.map(|life| format!(", {life}")).unwrap_or_default();
    let Identity { access_key_id_masked: id, provider, .. } = identity;
    (text::clean(&format!("{id} from {provider}{life}")).into_owned(), meaning)
}

/// For the header, from the longest to the shortest: the provider gives way first, then the key,
/// and what needs attention last.
pub(super) fn in_short(state: &State) -> (Vec<String>, Meaning) {
    let identity = match state.identity() {
        None => return (Vec::new(), Meaning::Label),
        Some(Err(_why)) => return (vec!["no credentials".to_owned()], Meaning::Worry),
        Some(Ok(identity)) => identity,
    };
    let (life, meaning) = life(identity, state.now);
    let id = identity.access_key_id_masked.as_str();
    let provider = identity.provider.replace('"', "");
    let dot = format!(" {} ", state.settings.glyphs.sign(Sign::Dot));
    let join = |parts: &[&str]| text::clean(&parts.join(&dot)).into_owned();
    let forms = match &life {
        None => vec![join(&[id, &provider]), join(&[id])],
        Some(life) if meaning == Meaning::Worry => {
            vec![join(&[id, &provider, life]), join(&[id, life]), format!("keys {life}")]
        }
        Some(life) => vec![join(&[id, &provider, life]), join(&[id, life])],
    };
    (forms, meaning)
}

fn life(identity: &Identity, now: Timestamp) -> (Option<String>, Meaning) {
    let renewal_error = if identity.renewal_error.is_some() { ", not renewed" } else { "" };
    match CredentialLifetime::of(identity, now) {
        CredentialLifetime::Permanent => (None, Meaning::Label),
        CredentialLifetime::Unverified => (Some("not read again".to_owned()), Meaning::Worry),
        CredentialLifetime::Valid(left) => {
            (Some(format!("{} left", minutes(left))), Meaning::Label)
        }
        CredentialLifetime::Expiring(left) => {
            (Some(format!("{} left{renewal_error}", minutes(left))), Meaning::Worry)
        }
        CredentialLifetime::Expired => (Some("expired".to_owned()), Meaning::Worry),
    }
}

fn minutes(left: SignedDuration) -> String {
    match Duration::try_from(left).unwrap_or_default() {
        left if left.as_secs() < 60 => "under 1 min".to_owned(),
        left => text::age(left),
    }
}
