//! Where something is, in as few words as tell it from what is elsewhere.

use std::collections::BTreeSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::theme::Meaning;
use super::{heading, words};
use crate::savepoint::Place;
use crate::state::State;
use crate::text;

/// The places of all that is watched or followed, each once.
pub(super) fn all(state: &State) -> Vec<&Place> {
    let mut places: BTreeSet<&Place> = state.places.iter().collect();
    places.extend(state.histories.followed().map(|(_, deployment, _)| &deployment.place));
    places.into_iter().collect()
}

/// What the user calls a place; else all that names it.
fn full(state: &State, place: &Place) -> String {
    let known = state.name_of(place).map(|name| text::clean(name).into_owned());
    known.unwrap_or_else(|| joined(parts(place).iter()))
}

/// What the user calls a place; else only what tells it from the others: what all have in common
/// is in the header.
pub(super) fn short(state: &State, place: &Place, all: &[&Place]) -> String {
    if let Some(name) = state.name_of(place) {
        return text::clean(name).into_owned();
    }
    let all: Vec<_> = all.iter().map(|place| parts(place)).collect();
    let differs = |at: usize, part: &String| all.iter().any(|other| other[at] != *part);
    let parts = parts(place);
    let own = parts.iter().enumerate().filter(|&(at, part)| differs(at, part));
    joined(own.map(|(_, part)| part))
}

/// Draws the heading of a place: where, as whom, how many, and how far to trust them.
pub(super) fn head(area: Rect, buffer: &mut Buffer, state: &State, index: usize) {
    let (Some(place), Some(group)) = (state.places.get(index), state.groups.get(index)) else {
        return;
    };
    let mut parts = vec![(words::savepoints(group.count()), Meaning::Label)];
    let (trust, meaning) = words::group(state, group);
    parts.extend(trust.map(|trust| (trust, meaning)));
    let names = [full(state, place), short(state, place, &all(state))];
    heading::draw(area, buffer, state, &names, parts);
}

/// Region, workspace, namespace and profile of a place; empty where there is none.
fn parts(place: &Place) -> [String; 4] {
    let profile = place.profile.as_ref().map(|profile| format!("as {profile}"));
    let names = [place.workspace.as_str(), place.namespace.as_str(), &profile.unwrap_or_default()]
        .map(|name| text::clean(name).into_owned());
    let [workspace, namespace, profile] = names;
    [place.endpoint.to_string(), workspace, namespace, profile]
}

fn joined<'a>(parts: impl Iterator<Item = &'a String>) -> String {
    parts.filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join("  ")
}
