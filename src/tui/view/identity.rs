//! Formats the identity: provider, masked key and time to expiry.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::glyphs::Symbol;
use crate::api::Identity;
use crate::tui::model::State;
use crate::tui::model::identity::CredentialLifetime;
use crate::tui::model::role::Role;
use crate::util::text;

/// The identity in full, for the form.
pub(super) fn full_text(identity: &Identity, now: Timestamp) -> (String, Role) {
    let (lifetime, role) = lifetime(identity, now);
    let lifetime = lifetime.map(|lifetime| format!(", {lifetime}")).unwrap_or_default();
    let Identity { access_key_id_masked: id, provider, .. } = identity;
    (text::clean(&format!("{id} from {provider}{lifetime}")).into_owned(), role)
}

/// Texts for the header, from longest to shortest: without the provider, then without the
/// key. A warning stays.
pub(super) fn variants(state: &State) -> (Vec<String>, Role) {
    let identity = match state.identity() {
        None => return (Vec::new(), Role::Label),
        Some(Err(_why)) => return (vec!["no credentials".to_owned()], Role::Warning),
        Some(Ok(identity)) => identity,
    };
    let (lifetime, role) = lifetime(identity, state.now);
    let id = identity.access_key_id_masked.as_str();
    let provider = identity.provider.replace('"', "");
    let dot = format!(" {} ", state.settings.glyphs.symbol(Symbol::Separator));
    let join = |parts: &[&str]| text::clean(&parts.join(&dot)).into_owned();
    let variants = match &lifetime {
        None => vec![join(&[id, &provider]), join(&[id])],
        Some(lifetime) if role == Role::Warning => {
            vec![
                join(&[id, &provider, lifetime]),
                join(&[id, lifetime]),
                format!("keys {lifetime}"),
            ]
        }
        Some(lifetime) => vec![join(&[id, &provider, lifetime]), join(&[id, lifetime])],
    };
    (variants, role)
}

fn lifetime(identity: &Identity, now: Timestamp) -> (Option<String>, Role) {
    let renewal_error = if identity.renewal_error.is_some() { ", not renewed" } else { "" };
    match CredentialLifetime::of(identity, now) {
        CredentialLifetime::Permanent => (None, Role::Label),
        CredentialLifetime::Unverified => (Some("not read again".to_owned()), Role::Warning),
        CredentialLifetime::Valid(left) => (Some(format!("{} left", minutes(left))), Role::Label),
        CredentialLifetime::Expiring(left) => {
            (Some(format!("{} left{renewal_error}", minutes(left))), Role::Warning)
        }
        CredentialLifetime::Expired => (Some("expired".to_owned()), Role::Warning),
    }
}

fn minutes(left: SignedDuration) -> String {
    match Duration::try_from(left).unwrap_or_default() {
        left if left.as_secs() < 60 => "under 1 min".to_owned(),
        left => text::age(left),
    }
}
